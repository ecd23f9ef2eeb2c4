/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit code to be stepped through and stopped in: debug_exits.c. */
#include "common.h"
#include "traps.h"

	.code64
	entry	done
	vmmcall
	jmp	done

	entry	steps
	nop
	entry	step1
	mov	$1, %eax
	entry	step2
	jmp	step3
	nop
	entry	step3
	add	%eax, GUEST_DATA
	entry	step4
	call	step5
	entry	step6
	nop
	jmp	done
	entry	step5
	ret

	entry	flags
	pushf
	entry	flags1
	popq	%rbx
	entry	flags2
	push	%rbx
	entry	flags3
	popf
	entry	flags4
	nop
	jmp	done

	entry	shadows
	sti
	entry	shadows1
	nop
	entry	shadows2
	mov	%ss, %eax
	entry	shadows3
	mov	%eax, %ss
	entry	shadows4
	nop
	entry	shadows5
	nop
	jmp	done

/* instructions that axvcpu carries out itself */
	entry	served
	mov	$0x40000000, %eax
	entry	served1
	cpuid
	entry	served2
	mov	%rbx, %rcx
	entry	served3
	mov	$0xc0000082, %ecx
	entry	served4
	rdmsr
	entry	served5
	mov	%cr0, %rax
	entry	served6
	mov	%rax, %cr0
	entry	served7
	mov	GUEST_MMIO, %eax
	entry	served8
	in	$0x70, %al
	entry	served9
	nop
	jmp	done

	entry	software
	int3
	entry	software1
	nop
	jmp	done

	entry	call_int
	int	$0x41
	entry	call_int1
	nop
	jmp	done

	entry	access
	mov	GUEST_DATA, %eax
	entry	access1
	movl	$5, GUEST_DATA
	entry	access2
	nop
	entry	access3
	movl	$6, GUEST_DATA + 4
	entry	access4
	jmp	done

/* the guest's own debugging */
	entry	own_step
	pushq	$0x102
	popfq
	entry	own_step1
	nop
	entry	own_step2
	nop
	jmp	done

	entry	own_step_exit
	pushq	$0x102
	popfq
	entry	own_step_exit1
	mov	GUEST_MMIO, %eax
	entry	own_step_exit2
	nop
	jmp	done

	entry	write_dr
	mov	%rax, %db0
	mov	%rbx, %db7
	entry	write_dr1
	nop
	entry	write_dr2
	mov	%db0, %rcx
	mov	%db6, %rdx
	mov	%db7, %rsi
	jmp	done

	TRAPS64
