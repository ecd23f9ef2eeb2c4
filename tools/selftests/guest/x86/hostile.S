/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit code that means no good: hostile_*.c. */
#include "common.h"
#include "traps.h"

	.code64
	entry	done
	vmmcall
	jmp	done

/* ---- what never ends by itself ---------------------------------------------- */

	entry	spin_masked
	cli
1:	jmp	1b

	entry	spin_open
	sti
1:	pause
	jmp	1b

	entry	halt_masked
	cli
	hlt
	jmp	done

	entry	flood_soft
1:	int	$0x80
	jmp	1b

	entry	flood_cpuid
1:	xor	%eax, %eax
	cpuid
	jmp	1b

	entry	flood_msr
	mov	$0xc0000080, %ecx
1:	rdmsr
	wrmsr
	jmp	1b

	entry	flood_cr
	mov	%cr0, %rax
	mov	%cr3, %rdx
	mov	%cr4, %rbx
1:	mov	%rax, %cr0
	mov	%rdx, %cr3
	mov	%rbx, %cr4
	jmp	1b

	entry	flood_invlpg
1:	invlpg	GUEST_DATA
	wbinvd
	jmp	1b

	entry	flood_window
1:	sti
	nop
	cli
	jmp	1b

/* more than can be done before the next interrupt of the host */
	entry	endless_string
	mov	$GUEST_DATA, %edi
	cld
1:	mov	$0x10000, %ecx
	rep stosb
	mov	$GUEST_DATA, %edi
	jmp	1b

/* a breakpoint on the very stack that its frame goes to */
	entry	stack_watch
	lea	-8(%rsp), %rax
	mov	%rax, %db0
	sub	$0x30, %rax
	mov	%rax, %db1
	mov	$0x00dd040f, %eax
	mov	%rax, %db7
	push	%rax
1:	push	%rax
	pop	%rax
	jmp	1b

/* the trap flag, with a handler that sets it anew */
	entry	flood_step
	pushq	$0x102
	popfq
1:	nop
	jmp	1b

	entry	step_handler
	orl	$0x100, 16(%rsp)
	iretq

	entry	soft_handler
	iretq

/* a handler that needs itself */
	entry	recursion
	ud2
	entry	recursion_handler
	ud2

	entry	no_handler
	lidt	no_idt
	ud2
no_idt:	.word	0
	.quad	0

/* a stack that is no memory: every fault is a double fault */
	entry	no_stack
	mov	$GUEST_MMIO, %esp
	push	%rax
	jmp	done

/* ---- registers: rdmsr and wrmsr of everything --------------------------------- */

/*
 * esi to edi: numbers; r8: what is written changes by it. Vector 13 is gp_skip.
 * r9 counts what was read, r10 faults.
 */
	entry	msr_walk
1:	mov	%esi, %ecx
	xor	%r11d, %r11d
	rdmsr
	test	%r11d, %r11d
	jnz	2f
	inc	%r9
2:	mov	%r8, %rax
	shl	$13, %rax
	xor	%rax, %r8
	mov	%r8, %rax
	shr	$7, %rax
	xor	%rax, %r8
	mov	%r8, %rax
	shl	$17, %rax
	xor	%rax, %r8
	mov	%r8d, %eax
	mov	%r8, %rdx
	shr	$32, %rdx
	wrmsr
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	inc	%esi
	jz	3f
	cmp	%edi, %esi
	jbe	1b
3:	vmmcall
	jmp	3b

/* behind the two bytes of the instruction */
	entry	gp_skip
	lea	8(%rsp), %rsp
	addq	$2, (%rsp)
	inc	%r10
	mov	$1, %r11d
	iretq

/* ---- one instruction with registers that the test loads -------------------------- */

.macro PIECE name, insn:vararg
	entry	\name
	\insn
	jmp	done
.endm

	PIECE	to_cr0, mov %rax, %cr0
	PIECE	to_cr2, mov %rax, %cr2
	PIECE	to_cr3, mov %rax, %cr3
	PIECE	to_cr4, mov %rax, %cr4
	PIECE	to_cr8, mov %rax, %cr8
	PIECE	to_dr0, mov %rax, %db0
	PIECE	to_dr3, mov %rax, %db3
	PIECE	to_dr6, mov %rax, %db6
	PIECE	to_dr7, mov %rax, %db7
	PIECE	to_msr, wrmsr
	PIECE	to_xcr, xsetbv
	PIECE	to_gdt, lgdt (%rsi)
	PIECE	to_idt, lidt (%rsi)
	PIECE	to_ldt, lldt %ax
	PIECE	to_task, ltr %ax
	PIECE	to_ds, mov %eax, %ds
	PIECE	to_ss, mov %eax, %ss
	PIECE	to_fs, mov %eax, %fs
	PIECE	to_gs, mov %eax, %gs
	PIECE	lmsw_ax, lmsw %ax
	PIECE	clts_insn, clts
	PIECE	swap_gs, swapgs
	PIECE	cpuid_insn, cpuid
	PIECE	far_return, lretq
	PIECE	out8, out %al, %dx
	PIECE	out16, out %ax, %dx
	PIECE	out32, out %eax, %dx
	PIECE	store32, mov %eax, (%rsi)
	PIECE	load32, mov (%rsi), %eax
	PIECE	jump, jmp *%rsi
	PIECE	rep_out, rep outsb
	PIECE	rep_in, rep insb
	PIECE	hypercall, vmmcall

/* control registers that there are not, and all those there are, read and written */
	.macro CR_PIECE n
	entry	cr_\n
	/* mov %rax, %crN; mov %crN, %rax */
	.byte	(0x40 | ((\n >> 3) << 2)), 0x0f, 0x22, (0xc0 | ((\n & 7) << 3))
	jmp	done
	.balign	16
	entry	crr_\n
	.byte	(0x40 | ((\n >> 3) << 2)), 0x0f, 0x20, (0xc0 | ((\n & 7) << 3))
	jmp	done
	.balign	16
	.endm
	.balign	16
	entry	cr_table
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	CR_PIECE \n
	.endr

/* ---- an instruction that changes while it is executed ------------------------------ */

/* the slot is written by the other vCPU; all registers are new each time */
	.balign	64
	entry	race
	mov	$GUEST_MMIO, %ebx
	mov	$GUEST_PORT, %edx
	mov	$0x11223344, %eax
	mov	$5, %ecx
	mov	$GUEST_DATA, %esi
	mov	$GUEST_DATA + 0x1000, %edi
	jmp	race_slot
	.balign	64
	entry	race_slot
	.skip	8, 0x90
	jmp	race

/* the other vCPU: rax and rbx by turns into the word at rsi, every rcx loops */
	.balign	4096
	entry	flip
1:	mov	%rax, (%rsi)
	mov	%ecx, %edx
2:	dec	%edx
	jnz	2b
	mov	%rbx, (%rsi)
	mov	%ecx, %edx
3:	dec	%edx
	jnz	3b
	incq	GUEST_DATA + 0x8000
	jmp	1b

/*
 * One instruction of eight bytes each, by prefixes that change nothing: were there
 * more of them or shorter ones, a change could be met between two. Those that are
 * put in each other's place differ in one byte, where that can be: an emulated CPU
 * reads them one by one.
 */
.macro SLOT name, insn:vararg
	.balign	16, 0x90
\name\()_first:
	\insn
\name\()_last:
	.balign	16, 0x90
	entry	\name
	.fill	8 - (\name\()_last - \name\()_first), 1, 0x3e
	\insn
.endm
	SLOT	s_write32, mov %eax, (%rbx)
	SLOT	s_read32, mov (%rbx), %eax
	SLOT	s_write8, mov %al, (%rbx)
	SLOT	s_modify, add %eax, (%rbx)
	SLOT	s_register, mov %eax, %ebx
	SLOT	s_read64, mov (%rbx), %rax
	SLOT	s_read_zx8, movzbl (%rbx), %ebp
	SLOT	s_read_zx16, movzwl (%rbx), %ebp
	SLOT	s_out8, out %al, %dx
	SLOT	s_in8, in %dx, %al
	SLOT	s_hlt, hlt
	SLOT	s_out32_imm, out %eax, $0x84
	SLOT	s_in32_imm, in $0x84, %eax
	SLOT	s_outs, outsb
	SLOT	s_rep_outs, rep outsb
	SLOT	s_outsl, outsl
	SLOT	s_insl, insl
	SLOT	s_rdmsr, rdmsr
	SLOT	s_wrmsr, wrmsr
	SLOT	s_cpuid, cpuid
	SLOT	s_vmmcall, vmmcall
	SLOT	s_vmload, vmload
	SLOT	s_smsw, smsw %eax
	SLOT	s_lmsw, lmsw %ax
	SLOT	s_to_cr0, mov %rax, %cr0
	SLOT	s_clts, clts
	SLOT	s_to_cr4, mov %rax, %cr4
	SLOT	s_xsetbv, xsetbv
/* an access, and the same with one of the prefixes made a 0f: UD2 and a rest */
	SLOT	s_read_or, .byte 0x0b, 0x03
	.balign	16, 0x90
	entry	s_ud
	.fill	5, 1, 0x3e
	.byte	0x0f, 0x0b, 0x03

/* ---- page tables that change while they are walked ------------------------------------ */

/* writes edx and reads at rsi, for ever */
	.balign	64
	entry	touch
	mov	%edx, (%rsi)
	mov	(%rsi), %ebp
	invlpg	(%rsi)
	jmp	touch

	.balign	16
	TRAPS64
