/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit code that touches memory the test names in registers: mem_*.c. */
#include "common.h"

	.code64
	entry	done
	vmmcall
	jmp	done

	entry	read
	mov	(%rsi), %rax
	jmp	done

	entry	write
	mov	%rdx, (%rsi)
	jmp	done

	entry	jump
	jmp	*%rsi

/* the sum of the first words of rcx pages, rdx bytes apart; each is then rbx */
	entry	sweep
	xor	%eax, %eax
1:	add	(%rsi), %rax
	mov	%rbx, (%rsi)
	add	%rdx, %rsi
	dec	%rcx
	jnz	1b
	jmp	done

/* the same without writing */
	entry	sum
	xor	%eax, %eax
1:	add	(%rsi), %rax
	add	%rdx, %rsi
	dec	%rcx
	jnz	1b
	jmp	done

/* for ever: what is at rsi goes to GUEST_DATA, and a count */
	entry	watch
	mov	(%rsi), %rax
	mov	%rax, GUEST_DATA
	incq	GUEST_DATA + 8
	jmp	watch

/* for ever: a count goes to rsi */
	entry	count
	inc	%rax
	mov	%rax, (%rsi)
	incq	GUEST_DATA + 8
	jmp	count
