/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch. Interrupts are off, EFER.SVME is on, VM_HSAVE_PA is the
 * caller's own, and the state that VMSAVE stores is in the host's page already.
 *
 * VMRUN and #VMEXIT switch CS, SS, DS, ES, GDTR, IDTR, CR0, CR3, CR4, EFER,
 * RFLAGS, RIP, RSP, RAX and CR2; VMLOAD and VMSAVE switch FS, GS, TR and LDTR
 * with their hidden parts, KernelGSBase and the SYSCALL and SYSENTER MSRs. The
 * other general registers are switched here.
 *
 * Against speculation, beside what KVM does in the same place:
 *
 *	SPEC_CTRL		nothing: the guest has no way to it and runs with
 *				the host's value (see spec.c)
 *	VERW (TSA)		SVM_CLEAR_CPU_BUFFERS
 *	return stack		FILL_RETURN_BUFFER
 *	return predictor	UNTRAIN_RET: its first half, CALL_UNTRAIN_RET
 *	IBPB on exit		its second half, done here: write_ibpb() is not
 *				exported everywhere
 *	registers cleared	as KVM
 *
 * All of them come before the first RET and before interrupts or NMIs can.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>

#include "../macros.S"
#include "entry.h"

	.section .rodata
	.balign 2
/* any writable data segment will do */
.Lverw_selector:
	.word __KERNEL_DS

	.text

/*
 * void axv_svm_run(struct axv_svm_switch *sw)
 */
SYM_FUNC_START(axv_svm_run)
	push %rbp
	push %r15
	push %r14
	push %r13
	push %r12
	push %rbx
	push %rdi

/* ---- close the door ----------------------------------------------------- */

	/*
	 * With GIF clear nothing gets in, not even an NMI. The physical
	 * interrupt flag must be set at VMRUN, or a host interrupt would not
	 * end the guest; not right before it, or VMRUN would be in the shadow
	 * of STI, which some CPUs hand on to the guest.
	 */
	clgi
	sti

/* ---- guest in ----------------------------------------------------------- */

	mov	SW_VMCB(%rdi), %rax
	vmload	%rax
	mov	SW_GPR(%rdi), %rdi
	axv_load_gprs

#ifdef X86_FEATURE_CLEAR_CPU_BUF_VM
	ALTERNATIVE "jmp .Lskip_verw", "", X86_FEATURE_CLEAR_CPU_BUF_VM
	verw	.Lverw_selector(%rip)
.Lskip_verw:
#endif

	vmrun	%rax

/* ---- guest out ---------------------------------------------------------- */

	/* RAX and RSP are the host's again, and GIF is clear. */
	cli
	mov	(%rsp), %rax
	mov	SW_GPR(%rax), %rax
	axv_save_gprs

	mov	(%rsp), %rdi
	mov	SW_VMCB(%rdi), %rax
	vmsave	%rax
	/* GS is the host's after this: per-CPU data can be reached again. */
	mov	SW_HOST(%rdi), %rax
	vmload	%rax

/* ---- no prediction of the guest's --------------------------------------- */

	FILL_RETURN_BUFFER %rax, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT

	CALL_UNTRAIN_RET
	ALTERNATIVE_2 "jmp .Lskip_ibpb", "", X86_FEATURE_ENTRY_IBPB, \
		      "", X86_FEATURE_IBPB_ON_VMEXIT
	mov	$MSR_IA32_PRED_CMD, %ecx
	mov	$PRED_CMD_IBPB, %eax
	xor	%edx, %edx
	wrmsr
	FILL_RETURN_BUFFER %rax, RSB_CLEAR_LOOPS, X86_BUG_IBPB_NO_RET
.Lskip_ibpb:

	xor	%eax, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%esi, %esi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d

/* ---- open it ------------------------------------------------------------ */

	stgi

	pop	%rdi
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET
SYM_FUNC_END(axv_svm_run)

/*
 * void axv_svm_touch(u64 vmcb_pa)
 *
 * VMRUN of a VMCB that exits before its first instruction: for what VMRUN
 * itself does, a TLB flush. No guest code runs, so nothing is to be switched.
 */
SYM_FUNC_START(axv_svm_touch)
	clgi
	mov	%rdi, %rax
	vmrun	%rax
	stgi
	RET
SYM_FUNC_END(axv_svm_touch)

	.section .note.GNU-stack, "", @progbits
