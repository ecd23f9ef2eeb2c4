/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions for the mock vCPU. */
	.macro code name, bits, insn:vararg
	.globl code_\name, code_\name\()_end
	.code\bits
code_\name:
	\insn
code_\name\()_end:
	.code64
	.endm

	.section .rodata
	code load32, 64, movl (%rdi), %ecx
	code load8_sign, 64, movsbl (%rdi), %r9d
	code load16_zero, 64, movzwq (%rdi), %rdx
	code load_high, 64, movb (%rdi), %ch
	code store32, 64, movl %ecx, (%rdi)
	code store_high, 64, movb %ch, (%rdi)
	code store_imm64, 64, movq $-2, (%rdi)
	code add_mem, 64, addl %ecx, (%rdi)
	code add_reg, 64, addl (%rdi), %ecx
	code cmpxchg, 64, lock cmpxchgl %ecx, (%rdi)
	code bts, 64, btsl %ecx, (%rdi)
	code movs, 64, movsl
	code rep_movs, 64, rep movsb
	code rep_stos, 64, rep stosw
	code repe_cmps, 64, repe cmpsb
	code push_mem, 64, pushq (%rdi)
	code pop_mem, 64, popq (%rdi)
	code push_mem16, 16, pushw (%bx)
	code movups, 64, movups %xmm0, (%rdi)
	code reg_only, 64, movl %eax, %ecx
	code load_moffs, 32, movl 0x200010, %eax
	code load_gs, 64, movl %gs:8, %eax

	code insb, 64, insb
	code rep_insb, 64, rep insb
	code rep_outsb, 64, rep outsb
	code rep_outsw_fs, 64, rep outsw %fs:(%rsi), %dx
	code out_imm, 64, outb %al, $0x80
	code in_dx, 64, inl %dx, %eax

	.section .note.GNU-stack, "", @progbits
