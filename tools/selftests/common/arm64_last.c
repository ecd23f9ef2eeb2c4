// SPDX-License-Identifier: GPL-2.0-only
/* The part of last.c that is for arm64. */
#include "common/last_tree.h"

DECLARE_GUEST(last);

/* The kernel's boot protocol: the tree in x0, x1 to x3 zero. Two words follow the code. */
asm("	.pushsection .rodata\n"
	"	.balign	8\n"
	"guest_last_start:\n"
	"	ldr	x4, guest_last_end\n"
	"	ldr	x0, guest_last_end + 8\n"
	"	mov	x1, xzr\n"
	"	mov	x2, xzr\n"
	"	mov	x3, xzr\n"
	"	br	x4\n"
	"guest_last_end:\n"
	"	.popsection");

static size_t start_code(void *to, uint64_t kernel, uint64_t tree)
{
	uint64_t words[2] = { kernel, tree };
	size_t len = guest_last_end - guest_last_start;

	memcpy(to, guest_last_start, len);
	memcpy((char *)to + len, words, sizeof(words));
	return len + sizeof(words);
}

bool last_is_this_kernel(int kernel)
{
	return last_tree_is_this_kernel(kernel);
}

int last_kexec(int kernel, int initrd, bool crash)
{
	return last_tree_kexec(kernel, initrd, crash, "ARM\x64", start_code);
}
