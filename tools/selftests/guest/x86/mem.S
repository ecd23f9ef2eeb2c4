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

/*
 * For ever: the first words of rcx pages from rsi on, r9 bytes apart, are the rounds
 * made, which are counted at GUEST_DATA + 8, and become one more.
 */
	entry	tally
	mov	GUEST_DATA + 8, %rbx
1:	mov	%rsi, %rdi
	mov	%rcx, %rdx
2:	mov	(%rdi), %rax
	cmp	%rbx, %rax
	jne	complain
	inc	%rax
	mov	%rax, (%rdi)
	add	%r9, %rdi
	dec	%rdx
	jnz	2b
	inc	%rbx
	mov	%rbx, GUEST_DATA + 8
	jmp	1b

/*
 * For ever, and without writing: the first of them is what GUEST_DATA + 16 says,
 * each further one more by GUEST_DATA + 24.
 */
	entry	verify
	mov	%rsi, %rdi
	mov	%rcx, %rdx
	mov	GUEST_DATA + 16, %rbx
1:	mov	(%rdi), %rax
	cmp	%rbx, %rax
	jne	complain
	add	GUEST_DATA + 24, %rbx
	add	%r9, %rdi
	dec	%rdx
	jnz	1b
	incq	GUEST_DATA + 8
	jmp	verify

/* For ever: a count goes to all of them. */
	entry	stamp
	mov	%rsi, %rdi
	mov	%rcx, %rdx
	inc	%rax
1:	mov	%rax, (%rdi)
	add	%r9, %rdi
	dec	%rdx
	jnz	1b
	incq	GUEST_DATA + 8
	jmp	stamp

/* Where, what is there, what should be. */
complain:
	mov	%rdi, GUEST_DATA + 32
	mov	%rax, GUEST_DATA + 40
	mov	%rbx, GUEST_DATA + 48
	jmp	done
