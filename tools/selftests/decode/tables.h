/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of instructions, as forms.S, lea.S and modes.S write them. */
#ifndef DECODE_TABLES_H
#define DECODE_TABLES_H

/* flags that a form leaves undefined */
#define UNDEF_NONE	0
#define UNDEF_LOGIC	0x010	/* AF */
#define UNDEF_BITS	0x894	/* OF SF AF PF */
#define UNDEF_SHIFT1	0x010	/* AF */
#define UNDEF_SHIFT	0x810	/* OF AF */
#define UNDEF_SHORT	0x811	/* ... and CF of counts beyond the operand */
#define UNDEF_ROTATE	0x800	/* OF */

/* Offset of the operand at rdi and rsi in the memory forms work on. */
#define MEM_SIZE	16384
#define MEM_MIDDLE	8192

/* The base of GS. */
#define GS_BASE		64

/* Registers of the 16- and 32-bit cases. */
#define EAX		0x00018001
#define ECX		0x00020203
#define EDX		0xfffff505
#define EBX		0x00040807
#define ESP		0x0005100b
#define EBP		0x0006200d
#define ESI		0x00074011
#define EDI		0x0008fff0
#define EIP		0x00001000

#ifndef __ASSEMBLER__

#include <linux/types.h>

/* an instruction of forms.S; start 0: a group's name */
struct form {
	u64 start;
	u64 end;
	const char *name;
	u64 undef;
};
extern const struct form forms[], forms_end[];

/* a LEA of lea.S; start 0: a group's name */
struct lea {
	u64 start;
	u64 end;
	const char *name;
};
extern const struct lea leas[], leas_end[];

/*
 * An instruction of modes.S and what its memory operand is. err: the errno
 * that decoding gives instead.
 */
struct place {
	u64 start;
	u64 end;
	const char *name;
	const char *op;
	u32 bits;
	u32 err;
	u32 width;
	u32 seg;
	u64 off;
};
extern const struct place places[], places_end[];

/* An instruction of modes.S that is intercepted; -1: none; width 0: any. */
struct intercept {
	u64 start;
	u64 end;
	const char *name;
	const char *op;
	u32 bits;
	u32 err;
	s32 width;
	s32 cr;
	s32 gpr;
	s32 seg;
	s32 addr_bits;
	s32 port;
};
extern const struct intercept intercepts[], intercepts_end[];

extern u8 mem[MEM_SIZE];

#endif /* __ASSEMBLER__ */
#endif
