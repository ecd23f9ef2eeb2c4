/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where guest/riscv/state.S loads a hart's registers from, and dumps them to: an area
 * for each vCPU, whose address it has in s0. For C and for assembly.
 */
#ifndef AXV_SELFTEST_RISCV_GUEST_STATE_H
#define AXV_SELFTEST_RISCV_GUEST_STATE_H

#define STATE_AREA	0x100000
#define STATE_SIZE	0x8000

/* 64-bit words of either form: by register, with a free one for s0 */
#define STATE_X		0
#define STATE_F		32
#define STATE_FCSR	64
#define STATE_SSCRATCH	65
#define STATE_SEPC	66
#define STATE_SCAUSE	67
#define STATE_STVAL	68
#define STATE_STVEC	69
#define STATE_COUNTEREN	70
#define STATE_VSTART	71
#define STATE_VL	72
#define STATE_VTYPE	73
#define STATE_VCSR	74
#define STATE_WORDS	75

/* in the area: what is loaded, the dump, and the vector registers of both */
#define STATE_LOAD	0
#define STATE_DUMP	0x400
#define STATE_LOAD_V	0x1000
#define STATE_DUMP_V	0x3000
/* words: bytes of a vector register, 0: none; rounds that were right */
#define STATE_VLENB	0x7f8
#define STATE_ROUNDS	0x7f0

/*
 * Words of keeper.S: what is to stay, how it goes on, and where memory is looked at. The
 * last times of the two clocks are the guest's to write.
 */
#define KEEP_SATP	0x700
#define KEEP_SIE	0x708
#define KEEP_SIP	0x710	/* of the bit that a guest can write */
#define KEEP_STIMECMP	0x718	/* 0: there is none */
#define KEEP_TIME	0x720
#define KEEP_TIME_END	0x728
#define KEEP_PAGES	0x730
#define KEEP_NR_PAGES	0x738
#define KEEP_SEED	0x740	/* a page has this, and its address, exclusive or */
#define KEEP_SPIN	0x748
#define KEEP_TICKS	0x750	/* until the timer rings, 0: it does not */
#define KEEP_RINGS	0x758	/* how often it has */
#define KEEP_SCRATCH	0x760

/* What it says: all is well, or what is not. */
#define KEEP_WELL	1
#define KEEP_REGS	2
#define KEEP_VECTORS	3
#define KEEP_CSRS	4
#define KEEP_CLOCK	5
#define KEEP_MEMORY	6
#define KEEP_EARLY	7
#define KEEP_TRAP	8

#endif /* AXV_SELFTEST_RISCV_GUEST_STATE_H */
