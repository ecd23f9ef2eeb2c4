/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that the test's own mode cannot execute: 16- and 32-bit instructions,
 * those that are intercepted, and those that must be refused. What decoding
 * must give stands beside each.
 */
#include <asm-generic/errno.h>
#include "tables.h"

	/* The bytes of an instruction: labels 7 and 8, its name: 9 */
	.macro assemble bits, insn:vararg
	.pushsection .rodata.code, "a"
	.code\bits
7:	\insn
8:	.code64
	.popsection
	.pushsection .rodata.names, "a"
9:	.asciz "\insn"
	.popsection
	.endm

	/* an instruction behind prefixes that the assembler would not write */
	.macro prefixed count, byte, insn:vararg
	.rept \count
	.byte \byte
	.endr
	\insn
	.endm

	.macro name text
	.pushsection .rodata.names, "a"
6:	.asciz "\text"
	.popsection
	.endm

	/* what its memory operand is */
	.macro want bits, op, width, seg, off, insn:vararg
	assemble \bits, \insn
	name \op
	.quad 7b, 8b, 9b, 6b
	.long \bits, 0, \width, \seg
	.quad \off
	.endm

	/* the errno it is refused with */
	.macro refuse bits, err, insn:vararg
	assemble \bits, \insn
	.quad 7b, 8b, 9b, 0
	.long \bits, \err, 0, 0
	.quad 0
	.endm

#define ES	0
#define CS	1
#define SS	2
#define DS	3
#define FS	4
#define GS	5

	.section .rodata.names, "a"
	.section .rodata.code, "a"
	.section .rodata
	.balign 8
	.globl places, places_end
places:
	/* 16-bit addresses */
	want 16, MOV, 1, DS, ((EBX + ESI) & 0xffff), movb %al, (%bx, %si)
	want 16, MOV, 2, DS, ((EBX + EDI) & 0xffff), movw %ax, (%bx, %di)
	want 16, MOV, 4, SS, ((EBP + ESI) & 0xffff), movl %eax, (%bp, %si)
	want 16, MOV, 1, SS, ((EBP + EDI) & 0xffff), movb (%bp, %di), %al
	want 16, MOV, 2, DS, (ESI & 0xffff), movw (%si), %ax
	want 16, MOV, 2, DS, (EDI & 0xffff), movw (%di), %ax
	want 16, MOV, 2, DS, 0x1234, movw %cx, 0x1234
	want 16, MOV, 2, DS, (EBX & 0xffff), movw (%bx), %ax
	want 16, ADD, 1, DS, ((EBX + ESI - 1) & 0xffff), addb %al, -1(%bx, %si)
	want 16, OR, 2, DS, ((EBX + EDI + 0x7f) & 0xffff), orw %ax, 0x7f(%bx, %di)
	want 16, ADC, 4, SS, ((EBP + ESI + 0x80) & 0xffff), adcl %eax, 0x80(%bp, %si)
	want 16, SBB, 1, SS, ((EBP + EDI + 0xfff0) & 0xffff), sbbb 0xfff0(%bp, %di), %al
	want 16, AND, 2, SS, (EBP & 0xffff), andw (%bp), %ax
	want 16, SUB, 2, SS, ((EBP - 0x80) & 0xffff), subw -0x80(%bp), %ax
	want 16, XOR, 2, DS, ((EDI + 0x20) & 0xffff), xorw 0x20(%di), %ax
	want 16, CMP, 2, DS, ((ESI + 0x7000) & 0xffff), cmpw $0x1234, 0x7000(%si)
	want 16, TEST, 4, DS, (EBX & 0xffff), testl $0x12345678, (%bx)
	want 16, MOV, 2, ES, ((EBX + ESI) & 0xffff), movw %ax, %es:(%bx, %si)
	want 16, MOV, 2, CS, (EBP & 0xffff), movw %ax, %cs:(%bp)
	want 16, MOV, 2, FS, (EBX & 0xffff), movw %ax, %fs:(%bx)
	want 16, MOV, 1, DS, 0x8000, movb %al, 0x8000
	want 16, MOV, 4, GS, 0xffff, movl %gs:0xffff, %eax
	want 16, PUSH, 2, DS, (EBX & 0xffff), pushw (%bx)
	want 16, PUSH, 4, DS, (EBX & 0xffff), pushl (%bx)
	want 16, POP, 2, DS, (EDI & 0xffff), popw (%di)
	want 16, BTS, 2, DS, (((EDI + (0x4011 >> 3)) & 0xfffe) & 0xffff), btsw %si, (%di)
	want 16, MOVS, 1, DS, (ESI & 0xffff), movsb
	want 16, STOS, 2, ES, (EDI & 0xffff), stosw
	want 16, LODS, 4, FS, (ESI & 0xffff), lodsl %fs:(%si)
	/* 32-bit addresses in 16-bit code, and the other way */
	want 16, MOV, 2, DS, (EBX + ESI * 4 + 8), movw %ax, 8(%ebx, %esi, 4)
	want 16, MOV, 4, SS, ESP, movl (%esp), %edx
	want 16, STOS, 1, ES, EDI, addr32 stosb
	want 16, MOV, 2, DS, 0x12345678, addr32 movw 0x12345678, %cx
	want 32, MOV, 4, DS, ((EBX + ESI + 8) & 0xffff), movl %ecx, 8(%bx, %si)
	want 32, MOV, 2, DS, 0x1234, addr16 movw %ax, 0x1234
	want 32, SCAS, 4, ES, (EDI & 0xffff), addr16 scasl

	/* 32-bit addresses */
	want 32, MOV, 1, DS, EAX, movb %cl, (%eax)
	want 32, MOV, 2, SS, (EBP - 4), movw -4(%ebp), %cx
	want 32, MOV, 4, SS, (ESP + 4), movl 4(%esp), %ecx
	want 32, MOV, 4, DS, EBX, movl (%ebx), %ebx
	want 32, MOV, 4, DS, (EBX + EBP * 8), movl (%ebx, %ebp, 8), %ebx
	want 32, MOV, 4, SS, (EBP + EBX * 2 + 0x12345678), movl 0x12345678(%ebp, %ebx, 2), %ebx
	want 32, MOV, 4, DS, ((EDX * 4 + 0x10) & 0xffffffff), movl 0x10(, %edx, 4), %ecx
	want 32, MOV, 4, DS, 0x87654320, movl %eax, 0x87654320
	want 32, MOV, 1, DS, 0x87654321, movb 0x87654321, %dh
	want 32, MOV, 4, DS, 0x87654324, movl $0x11223344, 0x87654324
	want 32, MOV, 4, DS, ((EAX + EDI - 0x80000000) & 0xffffffff), movl %ecx, -0x80000000(%eax, %edi)
	want 32, MOV, 1, ES, EDI, movzbl %es:(%edi), %eax
	want 32, MOV, 2, DS, ESI, movswl (%esi), %eax
	want 32, INC, 4, DS, ECX, incl (%ecx)
	want 32, NOT, 1, DS, EDX, notb (%edx)
	want 32, BT, 4, DS, (EBX + 0x4040), bt %ecx, (%ebx)
	want 32, BTR, 4, DS, (EBX - 0x160), btr %edx, (%ebx)
	want 32, BTC, 2, DS, (EBX - 0x160), btc %dx, (%ebx)
	want 32, BTS, 4, DS, EBX, btsl $31, (%ebx)
	want 32, CMPXCHG8B, 8, DS, EDI, lock cmpxchg8b (%edi)
	want 32, XADD, 4, DS, EDI, lock xadd %ebx, (%edi)
	want 32, SETCC, 1, DS, EDI, seta (%edi)
	want 32, CMOV, 2, DS, EDI, cmovbe (%edi), %dx
	want 32, PUSH, 4, FS, EDI, pushl %fs:(%edi)
	want 32, POP, 4, SS, (ESP + 8), popl 4(%esp)
	want 32, SHL, 4, DS, EDI, shll %cl, (%edi)
	/* opcode 82, an alias of 80 that assemblers do not make */
	want 32, CMP, 1, DS, EAX, .byte 0x82, 0x38, 0x01
	/* 40 to 4F are not REX here, and 63 is not MOVSXD */
	refuse 32, EINVAL, incl %eax
	refuse 32, EINVAL, arpl %ax, (%ebx)
	/* segment overrides: the last one counts, the old ones not in 64-bit code */
	want 32, MOV, 4, GS, EDI, prefixed 1, 0x26, movl %gs:(%edi), %eax
	want 64, MOV, 4, FS, EDI, prefixed 1, 0x64, prefixed 1, 0x2e, movl (%rdi), %eax
	want 64, MOV, 4, SS, EBP, prefixed 1, 0x3e, movl (%rbp), %eax
	/* REX that is not the last prefix is none */
	want 64, MOV, 2, DS, EDI, prefixed 1, 0x4f, movw (%rdi), %ax
	/* "no base" stays so with REX.B */
	want 64, MOV, 4, DS, (EIP + 0x1007), prefixed 1, 0x41, movl 0x1000(%rip), %eax
	want 64, MOV, 4, DS, (ECX * 4 + 0x10), prefixed 1, 0x41, movl 0x10(, %rcx, 4), %eax
	/* REX.W wins over 66 */
	want 64, MOV, 8, DS, EDI, prefixed 1, 0x66, movq (%rdi), %rax
	want 64, PUSH, 8, DS, EDI, pushq (%rdi)
	want 64, PUSH, 2, DS, EDI, pushw (%rdi)
	want 64, MOV, 2, DS, EDI, .byte 0x66, 0x63, 0x07
	/* 15 bytes are allowed, 16 are not */
	want 64, MOV, 4, DS, EDI, prefixed 13, 0x2e, movl (%rdi), %eax
	refuse 64, EINVAL, prefixed 14, 0x2e, movl (%rdi), %eax
	refuse 64, EINVAL, prefixed 16, 0x66

	/* no operand in memory */
	refuse 64, ENOENT, movl %eax, %ecx
	refuse 64, ENOENT, addq $1, %r9
	refuse 64, ENOENT, setc %al
	refuse 64, ENOENT, prefixed 1, 0xf0, addl %eax, %ecx
	/* LOCK where it is not allowed */
	refuse 64, EINVAL, prefixed 1, 0xf0, movl %eax, (%rdi)
	refuse 64, EINVAL, prefixed 1, 0xf0, cmpl %eax, (%rdi)
	refuse 64, EINVAL, prefixed 1, 0xf0, addl (%rdi), %eax
	refuse 64, EINVAL, prefixed 1, 0xf0, btl $1, (%rdi)
	refuse 64, EINVAL, prefixed 1, 0xf0, shll (%rdi)
	refuse 64, EINVAL, prefixed 1, 0xf0, stosl
	/* not served */
	refuse 64, EINVAL, cmpxchg16b (%rdi)
	refuse 64, EINVAL, mull (%rdi)
	refuse 64, EINVAL, shldl $1, %eax, (%rdi)
	refuse 64, EINVAL, movups %xmm0, (%rdi)
	refuse 64, EINVAL, vmovups %ymm0, (%rdi)
	refuse 64, EINVAL, fldl (%rdi)
	refuse 64, EINVAL, crc32l (%rdi), %eax
	refuse 64, EINVAL, callq *(%rdi)
	refuse 64, EINVAL, jmpq *(%rdi)
	refuse 64, EINVAL, prefixed 1, 0x66, movntil %eax, (%rdi)
	refuse 64, EINVAL, .byte 0x82, 0x38, 0x01
places_end:

/* ---- instructions a hypervisor intercepts ---------------------------------------- */

	/* without operands, in all modes */
	.macro bare op, insn:vararg
	.irp bits, 16, 32, 64
	intercept \bits, \op, 0, 0, -1, -1, \bits, -1, \insn
	.endr
	.endm

	.macro intercept bits, op, width, cr, gpr, seg, addr_bits, port, insn:vararg
	assemble \bits, \insn
	name \op
	.quad 7b, 8b, 9b, 6b
	.long \bits, 0, \width, \cr, \gpr, \seg, \addr_bits, \port
	.endm

	.macro pass bits, err, insn:vararg
	assemble \bits, \insn
	.quad 7b, 8b, 9b, 0
	.long \bits, \err, 0, 0, 0, 0, 0, 0
	.endm

	.balign 8
	.globl intercepts, intercepts_end
intercepts:
	bare HLT, hlt
	bare PAUSE, pause
	bare IRET, iretl
	bare INT3, int3
	bare ICEBP, .byte 0xf1
	bare CLTS, clts
	bare INVD, invd
	bare WBINVD, wbinvd
	bare RDMSR, rdmsr
	bare WRMSR, wrmsr
	bare CPUID, cpuid
	bare RDTSC, rdtsc
	bare RDTSCP, rdtscp
	bare RDPMC, rdpmc
	bare RDPRU, rdpru
	bare MONITOR, monitor
	bare MWAIT, mwait
	bare MONITOR, monitorx
	bare MWAIT, mwaitx
	bare XGETBV, xgetbv
	bare XSETBV, xsetbv
	bare VMCALL, vmcall
	bare VMMCALL, vmmcall
	bare VMRUN, vmrun
	bare VMLOAD, vmload
	bare VMSAVE, vmsave
	bare STGI, stgi
	bare CLGI, clgi
	bare SKINIT, skinit
	bare RSM, rsm
	bare INVLPGA, invlpga
	bare CPUID, prefixed 3, 0x66, cpuid
	intercept 64, SWAPGS, 0, 0, -1, -1, 64, -1, swapgs
	intercept 64, RDMSR, 0, 0, -1, -1, 64, -1, prefixed 1, 0x48, rdmsr
	intercept 32, INTO, 0, 0, -1, -1, 32, -1, into
	intercept 64, INT, 0, 0, -1, -1, 64, 0x80, int $0x80
	intercept 16, INT, 0, 0, -1, -1, 16, 0x10, int $0x10
	intercept 64, PUSHF, 8, 0, -1, -1, 64, -1, pushfq
	intercept 64, PUSHF, 2, 0, -1, -1, 64, -1, pushfw
	intercept 32, POPF, 4, 0, -1, -1, 32, -1, popfl
	intercept 16, POPF, 2, 0, -1, -1, 16, -1, popfw
	intercept 64, IRET, 8, 0, -1, -1, 64, -1, iretq
	intercept 64, IRET, 4, 0, -1, -1, 64, -1, iretl

	intercept 64, MOV_FROM_CR, 8, 0, 1, -1, 64, -1, movq %cr0, %rcx
	intercept 64, MOV_FROM_CR, 8, 8, 15, -1, 64, -1, movq %cr8, %r15
	intercept 64, MOV_TO_CR, 8, 4, 9, -1, 64, -1, movq %r9, %cr4
	intercept 64, MOV_TO_CR, 8, 8, 0, -1, 64, -1, movq %rax, %cr8
	intercept 32, MOV_TO_CR, 4, 3, 2, -1, 32, -1, movl %edx, %cr3
	intercept 16, MOV_FROM_CR, 4, 0, 7, -1, 16, -1, movl %cr0, %edi
	intercept 32, MOV_TO_CR, 4, 8, 3, -1, 32, -1, prefixed 1, 0xf0, movl %ebx, %cr0
	/* the mod field does not matter: this is no memory operand */
	intercept 32, MOV_TO_CR, 4, 0, 5, -1, 32, -1, .byte 0x0f, 0x22, 0x05
	intercept 64, MOV_FROM_DR, 8, 7, 12, -1, 64, -1, movq %db7, %r12
	intercept 64, MOV_TO_DR, 8, 0, 0, -1, 64, -1, movq %rax, %db0

	intercept 64, SMSW, 4, 0, 1, -1, 64, -1, smswl %ecx
	intercept 64, SMSW, 0, 0, -1, -1, 64, -1, smsw 8(%rsp, %rcx, 4)
	intercept 64, LMSW, 0, 0, 10, -1, 64, -1, lmsw %r10w
	intercept 32, LMSW, 0, 0, -1, -1, 32, -1, lmsw 0x1234
	intercept 16, LMSW, 0, 0, 0, -1, 16, -1, lmsw %ax
	intercept 64, INVLPG, 0, 0, -1, -1, 64, -1, invlpg 0x1000(%rip)
	intercept 64, INVPCID, 0, 0, -1, -1, 64, -1, invpcid (%rax), %rcx
	intercept 64, SGDT, 0, 0, -1, -1, 64, -1, sgdt (%r13)
	intercept 64, SIDT, 0, 0, -1, -1, 64, -1, sidt -4(%rsp)
	intercept 32, LGDT, 0, 0, -1, 1, 32, -1, lgdtl %cs:0x1234
	intercept 16, LIDT, 0, 0, -1, -1, 16, -1, lidtw (%bx, %si)
	intercept 64, SLDT, 0, 0, 3, -1, 64, -1, sldt %ebx
	intercept 64, STR, 0, 0, -1, -1, 64, -1, str (%rbx)
	intercept 64, LLDT, 0, 0, 0, -1, 64, -1, lldt %ax
	intercept 64, LTR, 0, 0, 0, -1, 64, -1, ltr %ax

	intercept 64, IN, 1, 0, -1, -1, 64, 0x71, inb $0x71, %al
	intercept 64, IN, 2, 0, -1, -1, 64, -1, inw %dx, %ax
	intercept 64, IN, 4, 0, -1, -1, 64, -1, inl %dx, %eax
	intercept 64, IN, 4, 0, -1, -1, 64, -1, prefixed 1, 0x48, inl %dx, %eax
	intercept 16, OUT, 1, 0, -1, -1, 16, 0x70, outb %al, $0x70
	intercept 16, OUT, 2, 0, -1, -1, 16, 0xff, outw %ax, $0xff
	intercept 16, OUT, 4, 0, -1, -1, 16, -1, outl %eax, %dx
	intercept 32, OUT, 2, 0, -1, -1, 32, -1, outw %ax, %dx
	intercept 64, INS, 1, 0, -1, -1, 64, -1, insb
	intercept 64, INS, 2, 0, -1, -1, 64, -1, rep insw
	intercept 64, INS, 4, 0, -1, -1, 32, -1, addr32 rep insl
	intercept 32, INS, 4, 0, -1, -1, 16, -1, addr16 insl
	intercept 64, OUTS, 1, 0, -1, 5, 64, -1, rep outsb %gs:(%rsi), %dx
	intercept 16, OUTS, 2, 0, -1, 0, 16, -1, rep outsw %es:(%si), %dx
	intercept 16, OUTS, 4, 0, -1, -1, 32, -1, addr32 outsl

	pass 64, EINVAL, nop
	pass 64, EINVAL, .byte 0xce
	pass 64, EINVAL, syscall
	pass 64, EINVAL, movl %eax, (%rdi)
	pass 64, EINVAL, prefixed 15, 0x66, hlt
	pass 64, EINVAL, clac
intercepts_end:

	.section .note.GNU-stack, "", @progbits
