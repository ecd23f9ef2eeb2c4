/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What hello.c and its guests agree on: the machine. */
#define GUEST_PUTC	0x10000000	/* store a byte: print it */
#define GUEST_EXIT	0x10000004	/* store a word: end with this status */
#define GUEST_RAM	0x40000000	/* the guest is loaded and starts here */
#define GUEST_RAM_SIZE	0x10000		/* the stack starts at the end */
