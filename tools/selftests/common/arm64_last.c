// SPDX-License-Identifier: GPL-2.0-only
/* The part of last.c that is for arm64. */
#define _GNU_SOURCE
#include <linux/kexec.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/last.h"

/* An Image has what /proc/version begins with somewhere in it. */
bool last_is_this_kernel(int kernel)
{
	struct utsname u;
	struct stat st;
	char text[120];
	void *image;
	bool is;

	ASSERT_EQ(uname(&u), 0);
	snprintf(text, sizeof(text), "Linux version %s ", u.release);
	ASSERT_EQ(fstat(kernel, &st), 0);
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, kernel, 0);
	ASSERT_TRUE(image != MAP_FAILED);
	is = memmem(image, st.st_size, text, strlen(text));
	munmap(image, st.st_size);
	return is;
}

int last_kexec(int kernel, int initrd, bool crash)
{
	static const char line[] = "console=ttyAMA0 quiet panic=-1";

	return syscall(SYS_kexec_file_load, kernel, initrd, sizeof(line), line,
		       crash ? KEXEC_FILE_ON_CRASH : 0) ? -errno : 0;
}
