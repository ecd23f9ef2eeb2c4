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

#endif /* AXV_SELFTEST_RISCV_GUEST_STATE_H */
