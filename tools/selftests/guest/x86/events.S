/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit code that is interrupted in all sorts of places: event_*.c. */
#include "common.h"
#include "traps.h"

	.code64
	entry	spin
	pause
	jmp	spin

	entry	done
	vmmcall
	jmp	done

/* the shadow of STI covers one instruction */
	entry	sti_three
	sti
	nop
	entry	sti_after
	nop
	jmp	done

/* a second STI has no shadow */
	entry	sti_sti
	sti
	sti
	entry	sti_sti_after
	nop
	jmp	done

	entry	mov_ss
	mov	%ss, %eax
	mov	%eax, %ss
	entry	mov_ss_shadow
	vmmcall
	entry	mov_ss_after
	nop
	jmp	done

	entry	pop_flags
	pushq	$0x202
	popfq
	entry	pop_flags_after
	nop
	jmp	done

	entry	set_cr8
	mov	%rax, %cr8
	entry	set_cr8_after
	nop
	mov	%cr8, %rbx
	jmp	done

/* halted with interrupts masked by cr8: only the right one wakes it */
	entry	halt_loop
	sti
	hlt
	entry	halt_after
	jmp	halt_loop

	entry	int_80
	int	$0x80
	entry	int_80_after
	jmp	done

	entry	int_3
	int3
	entry	int_3_after
	jmp	done

	entry	invalid
	ud2

	entry	bad_segment
	mov	%eax, %ss
	jmp	done

/* counts in memory, without the test */
	entry	count_spin
	sti
	movl	$1, GUEST_DATA
1:	incl	GUEST_DATA + 8
	jmp	1b

	entry	count_halt
	sti
	movl	$1, GUEST_DATA
1:	hlt
	incl	GUEST_DATA + 12
	jmp	1b

	entry	count_handler
	incl	GUEST_DATA + 4
	iretq

	entry	count_nmi
	incl	GUEST_DATA + 16
	iretq

/* an NMI handler that turns interrupts on */
	entry	nmi_sti
	sti
	nop
	entry	nmi_sti_after
	nop
	vmmcall
	entry	nmi_iret
	iretq

	TRAPS64
