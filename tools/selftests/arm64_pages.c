// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a kernel with larger pages than those of stage-2 tables the module loads, and says
 * that and what to do.
 *
 * rig: timeout=60 arch=arm64 kernels=6.12-16k
 */
#include <unistd.h>

#include "axvtest.h"

TEST_UNUSABLE_TOO;

TEST(says_why, NULL)
{
	if (sysconf(_SC_PAGESIZE) == 4096)
		axt_skip("pages are of 4 KiB");
	axt_diag("%s", f->dev.info.why_text);
	EXPECT_EQ(f->dev.info.backend, AXVCPU_BACKEND_NONE);
	EXPECT_EQ(f->dev.info.why, AXVCPU_WHY_NO_STAGE2);
	EXPECT_TRUE(strstr(f->dev.info.why_text, "4 KiB"));
	EXPECT_ERR(ENODEV, axv_vm_create(&f->dev, 0));
}
