/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 64-bit guests for event routes: route_*.c. They write to AXT_ADDR what is in
 * AXT_VALUE, or serve interrupts.
 */
#include "common.h"
#include "guest/route.h"

	.code64
	entry	done
	vmmcall
	jmp	done

	entry	write8
	movb	%dl, (%rsi)
	jmp	done

	entry	write16
	movw	%dx, (%rsi)
	jmp	done

	entry	write32
	movl	%edx, (%rsi)
	jmp	done

	entry	write64
	movq	%rdx, (%rsi)
	jmp	done

	entry	read32
	movl	(%rsi), %eax
	jmp	done

/* AXT_COUNT writes of 32 bits, each of one more than the last */
	entry	write_many
1:	movl	%edx, (%rsi)
	inc	%edx
	dec	%rcx
	jnz	1b
	jmp	done

/* the same of the value's last two bits */
	entry	write_four
1:	mov	%edx, %eax
	and	$3, %eax
	movl	%eax, (%rsi)
	inc	%edx
	dec	%rcx
	jnz	1b
	jmp	done

/* AXT_COUNT times: write, and wait for an interrupt */
	entry	loopback
	lidt	idtr
	sti
1:	mov	ROUTE_COUNT, %eax
	movl	%edx, (%rsi)
2:	cmp	%eax, ROUTE_COUNT
	je	2b
	dec	%rcx
	jnz	1b
	cli
	jmp	done

/* ---- interrupts ------------------------------------------------------------------- */

	entry	serve
	lidt	idtr
	sti
	movl	$1, ROUTE_READY
1:	hlt
	jmp	1b

	entry	serve_spinning
	lidt	idtr
	sti
	movl	$1, ROUTE_READY
1:	jmp	1b

.macro work
	.set	job, 0
	.rept	ROUTE_JOBS
	xor	%eax, %eax
	xchg	%eax, ROUTE_PENDING + 4 * job
	add	%eax, ROUTE_WORKED + 4 * job
	.set	job, job + 1
	.endr
	incl	ROUTE_COUNT
	pop	%rax
	iretq
.endm

	entry	edge_handler
	push	%rax
	work

/* the line falls before the work is looked at, so that none is missed */
	entry	level_handler
	push	%rax
	movl	$1, ROUTE_ACK
	work

idtr:	.word	0xfff
	.quad	GUEST_IDT

/* ---- what only x86 has -------------------------------------------------------------- */

	entry	out8
	mov	%edx, %eax
	mov	%esi, %edx
	out	%al, %dx
	jmp	done

	entry	out16
	mov	%edx, %eax
	mov	%esi, %edx
	out	%ax, %dx
	jmp	done

	entry	out32
	mov	%edx, %eax
	mov	%esi, %edx
	out	%eax, %dx
	jmp	done

/* AXT_COUNT words at AXT_ADDR to port AXT_VALUE */
	entry	outs_words
	rep outsw
	jmp	done

/* reads, then writes */
	entry	modify
	addl	%edx, (%rsi)
	jmp	done

/* AXT_COUNT of eax, from rdi on */
	entry	fill
	mov	%rsi, %rdi
	mov	%edx, %eax
	rep stosl
	jmp	done
