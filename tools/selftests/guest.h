/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests and their guests agree on: where things are in guest memory.
 * For C and for assembly.
 *
 * A guest is a file guest/NAME.S of 16-, 32- or 64-bit code (.code16, .code32,
 * .code64), linked at GUEST_CODE into a flat blob, so absolute addresses in it
 * mean what they say. What it declares .globl is to be had in C as
 * GUEST_SYM(NAME, label), for instance as an entry point.
 */
#ifndef AXV_SELFTEST_GUEST_H
#define AXV_SELFTEST_GUEST_H

/* real-mode interrupt vectors, or whatever a test puts there */
#define GUEST_IVT	0x0
/* the blob, at most up to GUEST_CODE_END */
#define GUEST_CODE	0x1000
#define GUEST_CODE_END	0xe000
/* stack pointer at the entry; grows down from here, in reach of real mode */
#define GUEST_STACK	0xff00
/* written by axt_gdt() and axt_idt(), see axvtest.h */
#define GUEST_GDT	0x10000
#define GUEST_IDT	0x11000
/* PML4, PDPT, four page directories: 4 GiB, one to one, 2 MiB pages */
#define GUEST_PML4	0x12000
#define GUEST_PDPT	0x13000
#define GUEST_PD	0x14000
/* free for tests */
#define GUEST_DATA	0x20000
/* end of RAM, in every fixture that does not say otherwise */
#define GUEST_RAM_SIZE	0x400000

/* never memory: accesses here are exits */
#define GUEST_MMIO	0x10000000
/* any port that no kernel serves, for "here I am" */
#define GUEST_PORT	0x3f0

/* selectors of SETUP and of axt_gdt() */
#define GUEST_CS	0x10
#define GUEST_DS	0x18

#endif /* AXV_SELFTEST_GUEST_H */
