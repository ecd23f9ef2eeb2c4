/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch. Interrupts are off and stay off; the guest's VMCS is current.
 *
 * The entry and the exit switch all but the general registers other than RSP, CR2, DR6
 * and the MSRs that no field holds; see host.c for those. NMIs come in at any
 * time but in the guest, where they exit.
 *
 * Against speculation, beside what KVM does in the same place:
 *
 *	VERW (MDS and its like)	CLEAR_CPU_BUFFERS; MMIO stale data: section.c
 *	L1D flush		section.c
 *	return stack		FILL_RETURN_BUFFER
 *	SPEC_CTRL		legacy IBRS is written anew, as KVM does; else nothing: the
 *				guest has no way to it and runs with the host's value
 *	branch history		a loop as CLEAR_BRANCH_HISTORY_VMEXIT, whose function is
 *				not exported everywhere
 *	registers cleared	as KVM
 *
 * All of them come before the first RET.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>

#include "../macros.S"
#include "entry.h"

#if defined(X86_FEATURE_CLEAR_BHB_VMEXIT)
#define FEATURE_BHB	X86_FEATURE_CLEAR_BHB_VMEXIT
#elif defined(X86_FEATURE_CLEAR_BHB_LOOP_ON_VMEXIT)
#define FEATURE_BHB	X86_FEATURE_CLEAR_BHB_LOOP_ON_VMEXIT
#endif

	.section .rodata
	.balign 2
/* any writable data segment will do */
.Lverw_selector:
	.word __KERNEL_DS

	.text

/*
 * u32 axv_vmx_run(struct axv_vmx_switch *sw)
 */
SYM_FUNC_START(axv_vmx_run)
	push %rbp
	push %r15
	push %r14
	push %r13
	push %r12
	push %rbx
	push %rdi

	/* The exit has this stack pointer; it seldom is another one. */
	cmp	%rsp, SW_RSP(%rdi)
	je	.Lrsp_there
	mov	$FIELD_HOST_RSP, %eax
	vmwrite	%rsp, %rax
	mov	%rsp, SW_RSP(%rdi)
.Lrsp_there:

/* ---- guest in ----------------------------------------------------------- */

	/* CF, which none of what follows changes: launched already */
	btl	$0, SW_LAUNCHED(%rdi)
	mov	SW_GPR(%rdi), %rdi
	mov	GPR_RAX(%rdi), %rax
	axv_load_gprs

#ifdef X86_FEATURE_CLEAR_CPU_BUF_VM
	ALTERNATIVE_2 "jmp .Lskip_verw", "", X86_FEATURE_CLEAR_CPU_BUF, \
		      "", X86_FEATURE_CLEAR_CPU_BUF_VM
#else
	ALTERNATIVE "jmp .Lskip_verw", "", X86_FEATURE_CLEAR_CPU_BUF
#endif
	verw	.Lverw_selector(%rip)
.Lskip_verw:

	jnc	.Llaunch

	/* What was known of the stack holds behind the exit, too. */
	UNWIND_HINT_SAVE

.Lresume:
	vmresume
	jmp	.Lfailed
.Llaunch:
	vmlaunch
	jmp	.Lfailed

	_ASM_EXTABLE(.Lresume, .Lfault)
	_ASM_EXTABLE(.Llaunch, .Lfault)

/* ---- guest out ---------------------------------------------------------- */

SYM_INNER_LABEL_ALIGN(axv_vmx_exit, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR

	push	%rax
	mov	8(%rsp), %rax
	mov	SW_GPR(%rax), %rax
	axv_save_gprs
	pop	GPR_RAX(%rax)
	mov	$RUN_EXIT, %ebx

/* ---- no prediction of the guest's --------------------------------------- */

.Lback:
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_VMEXIT_LITE

	pop	%rdi
	ALTERNATIVE "jmp .Lskip_ibrs", "", X86_FEATURE_KERNEL_IBRS
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	mov	SW_SPEC_CTRL(%rdi), %eax
	mov	SW_SPEC_CTRL + 4(%rdi), %edx
	wrmsr
.Lskip_ibrs:

#ifdef FEATURE_BHB
	ALTERNATIVE "", "call axv_vmx_clear_bhb", FEATURE_BHB
#endif

	mov	%ebx, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d

	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET

/* ---- not even in -------------------------------------------------------- */

.Lfailed:
	mov	$RUN_INVALID, %ebx
	jc	.Lback
	mov	$RUN_VALID, %ebx
	jmp	.Lback
.Lfault:
	mov	$RUN_FAULT, %ebx
	jmp	.Lback
SYM_FUNC_END(axv_vmx_run)

/* A VMWRITE failed, of the field in EAX: axv_vmwrite_failed(), with all registers kept. */
SYM_FUNC_START(axv_vmx_write_failed)
	push	%rbp
	mov	%rsp, %rbp
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	%eax, %edi
	call	axv_vmwrite_failed
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	pop	%rbp
	RET
SYM_FUNC_END(axv_vmx_write_failed)

#ifdef FEATURE_BHB
/*
 * Branches enough, of the kinds that count, that none of the guest's is left in the
 * branch history: Intel's sequence against BHI. Clobbers EAX and ECX.
 */
SYM_FUNC_START_LOCAL(axv_vmx_clear_bhb)
	push	%rbp
	mov	%rsp, %rbp
	mov	$5, %ecx
	ANNOTATE_INTRA_FUNCTION_CALL
	call	.Louter
	jmp	.Lcleared
	.balign 64, 0xcc
	ANNOTATE_INTRA_FUNCTION_CALL
.Louter:
	call	.Linner
	ANNOTATE_UNRET_SAFE
	ret
	int3
	.balign 64, 0xcc
.Linner:
	mov	$5, %eax
.Lbranch:
	jmp	.Lcount
	nop
.Lcount:
	sub	$1, %eax
	jnz	.Lbranch
	sub	$1, %ecx
	jnz	.Louter
	ANNOTATE_UNRET_SAFE
	ret
	int3
.Lcleared:
	lfence
	pop	%rbp
	RET
SYM_FUNC_END(axv_vmx_clear_bhb)
STACK_FRAME_NON_STANDARD axv_vmx_clear_bhb
#endif

	.section .note.GNU-stack, "", @progbits
