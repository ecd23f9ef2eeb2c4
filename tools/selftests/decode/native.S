/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void native_run(struct axvcpu_x86_gpr *gpr)
 *
 * Execute the one instruction at gpr->rip with these registers and flags, and
 * give them back. Every instruction of the tables is followed by a jump to
 * native_back. All sixteen registers are the instruction's own, the stack
 * pointer too, so that what is kept meanwhile has fixed addresses.
 */
#define GPR(n)	(native_gpr + 8 * (n))
#define RIP	GPR(16)
#define RFLAGS	GPR(17)
#define SIZE	(18 * 8)

	.bss
	.balign 16
native_gpr:
	.skip SIZE
host_rsp:
	.skip 8

	.text
	.globl native_run
	.type native_run, @function
native_run:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdi
	mov %rsp, host_rsp

	mov %rdi, %rsi
	mov $native_gpr, %edi
	mov $SIZE, %ecx
	rep movsb

	push RFLAGS
	popf
	mov GPR(0), %rax
	mov GPR(1), %rcx
	mov GPR(2), %rdx
	mov GPR(3), %rbx
	mov GPR(4), %rsp
	mov GPR(5), %rbp
	mov GPR(6), %rsi
	mov GPR(7), %rdi
	mov GPR(8), %r8
	mov GPR(9), %r9
	mov GPR(10), %r10
	mov GPR(11), %r11
	mov GPR(12), %r12
	mov GPR(13), %r13
	mov GPR(14), %r14
	mov GPR(15), %r15
	jmp *RIP

	.globl native_back
native_back:
	mov %rax, GPR(0)
	mov %rcx, GPR(1)
	mov %rdx, GPR(2)
	mov %rbx, GPR(3)
	mov %rsp, GPR(4)
	mov %rbp, GPR(5)
	mov %rsi, GPR(6)
	mov %rdi, GPR(7)
	mov %r8, GPR(8)
	mov %r9, GPR(9)
	mov %r10, GPR(10)
	mov %r11, GPR(11)
	mov %r12, GPR(12)
	mov %r13, GPR(13)
	mov %r14, GPR(14)
	mov %r15, GPR(15)
	mov host_rsp, %rsp
	pushf
	pop RFLAGS
	cld

	pop %rdi
	mov $native_gpr, %esi
	mov $SIZE, %ecx
	rep movsb
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
	.size native_run, . - native_run

	.section .note.GNU-stack, "", @progbits
