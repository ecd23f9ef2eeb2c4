/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests and their guests agree on: where things are in guest memory.
 * For C and for assembly.
 *
 * A guest is a file guest/ARCH/NAME.S, linked at GUEST_CODE into a flat blob, so
 * absolute addresses in it mean what they say. What it declares .globl is to be
 * had in C as GUEST_SYM(NAME, label), for instance as an entry point. Guests of
 * one name do the same on all architectures, as far as shared tests use them.
 */
#ifndef AXV_SELFTEST_GUEST_H
#define AXV_SELFTEST_GUEST_H

/* the blob, at most up to GUEST_CODE_END */
#define GUEST_CODE	0x1000
#define GUEST_CODE_END	0xe000
/* stack pointer at the entry; grows down from here */
#define GUEST_STACK	0xff00
/* page tables of axt_page_tables(), and what else the architecture has, up to ... */
#define GUEST_PML4	0x12000
/* free for tests */
#define GUEST_DATA	0x20000
/* end of RAM, in every fixture that does not say otherwise */
#define GUEST_RAM_SIZE	0x400000

/* never memory: accesses here are exits */
#define GUEST_MMIO	0x10000000

#if defined(__x86_64__)
#include "guest/x86/layout.h"
#elif defined(__riscv)
#include "guest/riscv/layout.h"
#elif defined(__aarch64__)
#include "guest/arm64/layout.h"
#endif

#endif /* AXV_SELFTEST_GUEST_H */
