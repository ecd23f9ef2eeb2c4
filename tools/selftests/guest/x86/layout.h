/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of guest.h that is for x86. Guests are .code16, .code32 or .code64. */
#ifndef AXV_SELFTEST_GUEST_X86_LAYOUT_H
#define AXV_SELFTEST_GUEST_X86_LAYOUT_H

/* real-mode interrupt vectors, or whatever a test puts there */
#define GUEST_IVT	0x0
/* written by axt_gdt() and axt_idt_set(), see axvtest_x86.h */
#define GUEST_GDT	0x10000
#define GUEST_IDT	0x11000
/* PML4, PDPT, four page directories: 4 GiB, one to one, 2 MiB pages */
#define GUEST_PDPT	0x13000
#define GUEST_PD	0x14000
/* where the user sees what the kernel sees at 0 */
#define GUEST_USER	0x0

/* any port that no kernel serves, for "here I am" */
#define GUEST_PORT	0x3f0

/* selectors of SETUP and of axt_gdt() */
#define GUEST_CS	0x10
#define GUEST_DS	0x18

#endif /* AXV_SELFTEST_GUEST_X86_LAYOUT_H */
