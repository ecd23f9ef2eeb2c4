/* SPDX-License-Identifier: GPL-2.0-only */
#include "classified.inc"

	is	-, nop
	is	RDMSR, rdmsr
	is	WRMSR, wrmsr
	is	VMRUN, vmrun %rax
	is	VMLOAD, vmload %rax
	is	VMSAVE, vmsave %rax
	is	CLGI, clgi
	is	STGI, stgi
	is	INVLPGA, invlpga %rax, %ecx
	is	XSETBV, xsetbv
	is	WRPKRU, wrpkru
	is	-, xgetbv
	is	XSAVE, xsaves (%rdi)
	is	XSAVE, xsaveopt64 (%r8)
	is	XSAVE, fxsave (%rdi)
	is	XRSTOR, xrstors (%rdi)
	is	XRSTOR, fxrstor64 (%r9)
	is	-, clwb (%rdi)
	is	-, mfence
	is	CRWRITE, mov %rax, %cr3
	is	CRWRITE, clts
	is	CRWRITE, lmsw %ax
	is	-, mov %cr3, %rax
	is	DRWRITE, mov %rax, %dr7
	is	INVLPG, invlpg (%rdi)
	is	INVLPG, invpcid (%rdi), %rax
	is	SEGLOAD, mov %eax, %ds
	is	SEGLOAD, ltr %ax
	is	SEGLOAD, lgdt (%rdi)
	is	VERW, verw %ax
	is	SYSRET, sysretq
	is	IRET, iretq
	is	-, swapgs
