// SPDX-License-Identifier: GPL-2.0-only
/* The part of last.c that is for x86. */
#define _GNU_SOURCE
#include <linux/kexec.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/last.h"

/*
 * A bzImage: its setup header has the place of its release (the boot protocol's
 * "kernel_version").
 */
bool last_is_this_kernel(int kernel)
{
	char release[80] = "";
	struct utsname u;
	uint16_t at;
	size_t len;

	ASSERT_EQ(uname(&u), 0);
	ASSERT_EQ(pread(kernel, &at, sizeof(at), 0x20e), (long)sizeof(at));
	ASSERT_GE(pread(kernel, release, sizeof(release) - 1, at + 0x200), 1);
	len = strlen(u.release);
	return !strncmp(release, u.release, len) && (!release[len] || release[len] == ' ');
}

int last_kexec(int kernel, int initrd, bool crash)
{
	static const char line[] = "console=ttyS0,115200 quiet panic=-1";

	return syscall(SYS_kexec_file_load, kernel, initrd, sizeof(line), line,
		       crash ? KEXEC_FILE_ON_CRASH : 0) ? -errno : 0;
}
