/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms of arm64_mmio.c: one load or store each, which the test executes on memory
 * and on a hole. For C and for assembly.
 *
 * The base register of a form holds FORM_PTR, its index register what FORM_I_* says, all
 * others any value.
 */
#ifndef AXV_SELFTEST_ARM64_MMIO_FORMS_H
#define AXV_SELFTEST_ARM64_MMIO_FORMS_H

/* a page: memory for one vCPU, a hole for the other; in reach of the code */
#define FORM_WINDOW		0x20000
#define FORM_WINDOW_SIZE	0x1000
#define FORM_PTR		0x20800

/* a base that there is not: the address is the instruction's */
#define FORM_NO_BASE		32

/* the index: 0x28 in the low half and junk above, or -0x28, or -0x28 of 64 bits */
#define FORM_I_NONE		0
#define FORM_I_UXTW		1
#define FORM_I_SXTW		2
#define FORM_I_X		3

/* groups, a case each */
#define FORM_G_LOAD		0
#define FORM_G_STORE		1
#define FORM_G_BASE		2
#define FORM_G_OFFSET		3
#define FORM_G_INDEX		4
#define FORM_G_WRITEBACK	5
#define FORM_G_PAIR		6
#define FORM_G_PAIR_WRITEBACK	7
#define FORM_G_USER		8
#define FORM_G_ORDERED		9
#define FORM_G_ORDERED_LATER	10	/* not in the first version of the architecture */
#define FORM_G_LITERAL		11
#define FORM_G_FLOAT		12
#define FORM_G_FLOAT_WRITEBACK	13
#define FORM_G_FLOAT_INDEX	14
#define FORM_G_FLOAT_PAIR	15
#define FORM_NR_GROUPS		16

#endif
