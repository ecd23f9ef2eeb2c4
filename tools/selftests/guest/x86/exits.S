/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 64-bit code that makes exits: exit_*.c. Each piece ends at done. The test
 * loads registers itself and jumps to the piece it wants.
 */
#include "common.h"
#include "traps.h"

/* One instruction between NAME and NAME_end, then the end. */
.macro INSN name, insn:vararg
	entry	\name
	\insn
	entry	\name\()_end
	jmp	done
.endm

	.code64
	entry	done
	vmmcall
	jmp	done

	INSN	hypercall, vmmcall

/* ---- MMIO: rsi points to a hole --------------------------------------------- */

	INSN	read8, movb (%rsi), %dl
	INSN	read8_high, movb (%rsi), %ch
	INSN	read16, movw 2(%rsi), %bx
	INSN	read32, movl 4(%rsi), %r9d
	INSN	read64, movq 8(%rsi), %r15
	INSN	read_zx8, movzbl (%rsi), %ebp
	INSN	read_zx16, movzwq (%rsi), %r8
	INSN	read_sx8, movsbw (%rsi), %ax
	INSN	read_sx16, movswl (%rsi), %edi
	INSN	read_sx32, movslq (%rsi), %r10
	INSN	write8, movb %dl, (%rsi)
	INSN	write8_high, movb %ch, 1(%rsi)
	INSN	write16, movw %bx, 2(%rsi)
	INSN	write32, movl %r9d, 4(%rsi)
	INSN	write64, movq %r15, 8(%rsi)
	INSN	write_imm, movl $0x89abcdef, (%rsi)
	INSN	read_cmp, cmpl %edx, (%rsi)
	INSN	modify, addl %edx, (%rsi)
	INSN	stos8, stosb
	INSN	movs_hole_hole, movsl
	INSN	rep_stos, rep stosl
	INSN	push_hole, pushq (%rsi)

/* ---- what is not decoded -------------------------------------------------------- */

	INSN	sse_store, movups %xmm1, 0x40(%rsi)
	INSN	sse_load, movdqa (%rsi), %xmm2
	INSN	call_hole, call *(%rsi)
	INSN	straddle, movq %rdx, 0xffc(%rsi)

/* ---- MSRs: number in ecx ---------------------------------------------------------- */

	INSN	rdmsr_insn, rdmsr
	INSN	wrmsr_insn, wrmsr

/* ---- ports: number in dx ------------------------------------------------------------ */

	INSN	in8, inb %dx, %al
	INSN	in16, inw %dx, %ax
	INSN	in32, inl %dx, %eax
	INSN	in8_imm, inb $0x61, %al
	INSN	in16_imm, inw $0x62, %ax
	INSN	in32_imm, inl $0x64, %eax
	INSN	out8, outb %al, %dx
	INSN	out16, outw %ax, %dx
	INSN	out32, outl %eax, %dx
	INSN	out8_imm, outb %al, $0x80
	INSN	out16_imm, outw %ax, $0x82
	INSN	out32_imm, outl %eax, $0x84
	INSN	ins8, insb
	INSN	ins16, insw
	INSN	ins32, insl
	INSN	outs8, outsb
	INSN	outs16, outsw
	INSN	outs32, outsl
	INSN	rep_ins8, rep insb
	INSN	rep_ins16, rep insw
	INSN	rep_ins32, rep insl
	INSN	rep_outs8, rep outsb
	INSN	rep_outs16, rep outsw
	INSN	rep_outs32, rep outsl
	INSN	outs8_fs, outsb %fs:(%rsi), %dx
	INSN	rep_outs8_addr32, rep addr32 outsb
	INSN	rep_ins8_addr32, rep addr32 insb

/* ---- the rest -------------------------------------------------------------------------- */

	INSN	halt, hlt
	INSN	write_ro, movl %edx, (%rsi)
	INSN	jump_out, jmp *%rsi
	INSN	invalid, ud2
	INSN	breakpoint, int3
	INSN	divide, divl %ecx
	INSN	load, movl (%rsi), %edx
	INSN	general_protection, movw %dx, %ss

/* interrupts are on: one instruction of grace, then the window */
	entry	sti_nop
	sti
	entry	sti_shadow
	nop
	entry	sti_open
	nop
	jmp	done

	entry	sti_vmmcall
	sti
	entry	in_shadow
	vmmcall
	jmp	done

/* halted until something comes */
	entry	halt_if
	sti
	hlt
	entry	halt_if_end
	incl	GUEST_DATA
	jmp	done

	entry	spin
	pause
	jmp	spin

	entry	spin_if
	sti
1:	incl	GUEST_DATA
	jmp	1b

/* no IDT: three faults in a row */
	entry	triple
	lidt	no_idt
	entry	triple_at
	ud2

no_idt:	.word	0
	.quad	0

	TRAPS64
