/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every form of address of 64-bit code, as LEA: the CPU computes it without
 * touching memory. The decoder is given the same bytes with the opcode of MOV.
 */
#include "tables.h"

	.macro group name:vararg
	.pushsection .rodata.names, "a"
9:	.asciz \name
	.popsection
	.quad 0, 0, 9b
	.endm

	.macro address where:vararg
	.pushsection .text
7:	lea \where, %rax
8:	jmp native_back
	.popsection
	.pushsection .rodata.names
9:	.asciz "\where"
	.popsection
	.quad 7b, 8b, 9b
	.endm

	/* all displacements that are encoded differently */
	.macro displaced rest:vararg
	address (\rest)
	address 0x7f(\rest)
	address -0x80(\rest)
	address 0x12345678(\rest)
	address -0x7fffffff(\rest)
	.endm

	.macro scaled base, indexes:vararg
	displaced \base
	.irp index, \indexes
	.irp scale, 1, 2, 4, 8
	displaced \base, \index, \scale
	.endr
	.endr
	.endm

	.section .rodata.names, "a"
	.section .rodata
	.balign 8
	.globl leas, leas_end
leas:
	.irp base, rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	group "addresses with base \base"
	scaled %\base, %rax, %rcx, %rdx, %rbx, %rbp, %rsi, %rdi, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15
	.endr

	.irp base, eax, ecx, edx, ebx, esp, ebp, esi, edi, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
	group "addresses with base \base"
	scaled %\base, %eax, %ecx, %edx, %ebx, %ebp, %esi, %edi, %r8d, %r9d, %r10d, %r11d, %r12d, %r13d, %r14d, %r15d
	.endr

	group "addresses without a base"
	.irp index, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	.irp scale, 1, 2, 4, 8
	address 0(,%\index,\scale)
	address 0x12345678(,%\index,\scale)
	address -0x7fffffff(,%\index,\scale)
	.endr
	.endr
	.irp index, eax, ecx, ebp, esi, r8d, r12d, r13d
	address -0x7fffffff(,%\index,8)
	.endr
	address 0x12345678
	address -0x7fffffff
	address 0x1000(%rip)
	address -0x7fffffff(%rip)
	address 0x1000(%eip)
	address -0x7fffffff(%eip)
leas_end:

	.section .note.GNU-stack, "", @progbits
