/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms of riscv_mmio.c: one load or store each, which the test executes on memory
 * and on a hole. For C and for assembly.
 *
 * The base register of a form holds FORM_PTR; all others hold any value.
 */
#ifndef AXV_SELFTEST_RISCV_MMIO_FORMS_H
#define AXV_SELFTEST_RISCV_MMIO_FORMS_H

/* a page: memory for one vCPU, a hole for the other; at 0, where x0 points */
#define FORM_WINDOW		0
#define FORM_WINDOW_SIZE	0x1000
#define FORM_PTR		0x800

/* groups, a case each */
#define FORM_G_LOAD		0
#define FORM_G_LOAD_UNSIGNED	1
#define FORM_G_STORE		2
#define FORM_G_BASE		3
#define FORM_G_OFFSET		4
#define FORM_G_SHORT		5
#define FORM_G_SHORT_STACK	6
#define FORM_G_ZCB		7
#define FORM_G_FLOAT		8
#define FORM_G_FLOAT_HALF	9
#define FORM_G_FLOAT_SHORT	10
#define FORM_NR_GROUPS		11

#endif
