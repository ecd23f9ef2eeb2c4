/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions a hypervisor has to do with, one between NAME and NAME_end:
 * cpu_*.c. The test loads the registers; each piece ends at done.
 */
#include "common.h"
#include "traps.h"

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

	INSN	cpuid_plain, cpuid
	INSN	cpuid_data16, data16 cpuid
	INSN	cpuid_addr32, addr32 cpuid
	INSN	cpuid_segment, cs cpuid
	INSN	cpuid_rex, rex.w cpuid
/* the assembler takes these prefixes by themselves only */
	entry	cpuid_rep
	rep
	cpuid
	jmp	done
	entry	cpuid_repne
	repne
	cpuid
	jmp	done
	entry	cpuid_many
	rep
	data16 addr32 fs rex.wrxb cpuid
	jmp	done

	INSN	xgetbv_insn, xgetbv
	INSN	xsetbv_insn, xsetbv
	INSN	rdmsr_insn, rdmsr
	INSN	wrmsr_insn, wrmsr

	INSN	write_cr0, mov %rax, %cr0
	INSN	write_cr2, mov %rax, %cr2
	INSN	write_cr3, mov %rax, %cr3
	INSN	write_cr4, mov %rax, %cr4
	INSN	write_cr8, mov %rax, %cr8
	INSN	read_cr0, mov %cr0, %rbx
	INSN	read_cr4, mov %cr4, %rbx
	INSN	read_cr8, mov %cr8, %rbx
	INSN	write_cr0_r9, mov %r9, %cr0
	INSN	write_dr7, mov %rax, %db7
	INSN	write_dr6, mov %rax, %db6
	INSN	write_dr4, mov %rax, %db4
	INSN	clts_insn, clts
	INSN	lmsw_ax, lmsw %ax
	INSN	lmsw_mem, lmsw (%rsi)
	INSN	smsw_rbx, smsw %rbx
	INSN	smsw_mem, smsw (%rsi)
	INSN	fpu_insn, fld1
	INSN	sse_insn, xorps %xmm0, %xmm0
	INSN	invlpg_insn, invlpg (%rsi)
	INSN	invd_insn, invd
	INSN	wbinvd_insn, wbinvd
	INSN	rdtsc_insn, rdtsc
	INSN	rdtscp_insn, rdtscp
	INSN	rdpmc_insn, rdpmc
	INSN	hlt_insn, hlt
	INSN	in_insn, in %dx, %al
	INSN	out_insn, out %al, %dx
	INSN	swapgs_insn, swapgs
	INSN	cli_insn, cli
	INSN	lidt_insn, lidt (%rsi)
	INSN	vmmcall_insn, vmmcall

	INSN	vmcall_insn, vmcall
	INSN	vmrun_insn, vmrun
	INSN	vmload_insn, vmload
	INSN	vmsave_insn, vmsave
	INSN	stgi_insn, stgi
	INSN	clgi_insn, clgi
	INSN	skinit_insn, skinit
	INSN	invlpga_insn, invlpga
	INSN	monitor_insn, monitor
	INSN	mwait_insn, mwait
	INSN	rsm_insn, rsm

	INSN	load, movb (%rsi), %dl
	INSN	store, movb %dl, (%rsi)
	entry	jump
	jmp	*%rsi

	.balign	16
	TRAPS64
