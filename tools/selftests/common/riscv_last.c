// SPDX-License-Identifier: GPL-2.0-only
/* The part of last.c that is for RISC-V. */
#include "common/last_tree.h"

bool last_is_this_kernel(int kernel)
{
	return last_tree_is_this_kernel(kernel);
}

int last_kexec(int kernel, int initrd, bool crash)
{
	return last_tree_kexec(kernel, initrd, crash, "RSC\5", NULL);
}
