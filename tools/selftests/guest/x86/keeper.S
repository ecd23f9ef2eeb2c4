/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that goes round and round: it loads all that a CPU holds, stays a while, and
 * dumps it, to be compared by those who run it; looks at its clock and its memory itself;
 * and says so with an exit that any hypervisor has. Interrupts are on, and none comes.
 */
#include "common.h"
#include "keeper.h"
#include "state_asm.h"

.macro say what
	mov	$\what, %al
	sync
.endm

.macro each_gpr insn
	.set	offset, 0
	.irp	reg, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	\insn	\reg, offset
	.set	offset, offset + 8
	.endr
.endm

.macro load_gpr reg, offset
	mov	KEEP_GPRS + \offset, %\reg
.endm

.macro dump_gpr reg, offset
	mov	%\reg, KEEP_GPRS_DUMP + \offset
.endm

	.code64
	entry	keeper
	xor	%ecx, %ecx
	mov	KEEP_XCR0, %eax
	xor	%edx, %edx
	xsetbv
	sti
again:
	call	load_all
	each_gpr load_gpr
	mov	KEEP_SPIN, %rcx
1:	dec	%rcx
	jg	1b
	each_gpr dump_gpr
	call	dump_all

	/* time goes on, and is this machine's */
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	cmp	KEEP_TSC, %rax
	jb	wrong_clock
	cmp	KEEP_TSC_END, %rax
	jae	wrong_clock
	mov	%rax, KEEP_TSC

	/* memory */
	mov	KEEP_PAGES, %rsi
	mov	KEEP_NR_PAGES, %rcx
2:	mov	%rsi, %rax
	xor	KEEP_SEED, %rax
	cmp	(%rsi), %rax
	jne	wrong_memory
	mov	%rax, 8(%rsi)
	add	$0x1000, %rsi
	dec	%rcx
	jnz	2b
	say	KEEP_ROUND
	jmp	again

wrong_clock:
	say	KEEP_CLOCK
	jmp	wrong_clock
wrong_memory:
	say	KEEP_MEMORY
	jmp	wrong_memory

	DUMP_AND_LOAD
