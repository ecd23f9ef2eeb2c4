/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit code whose every result the test can compute itself: common/hostile.c. */
#include "common.h"

	.code64
/* rax: start value, rdi: rounds. Each changes 512 words and rax by them. */
	entry	mix
	mov	$GUEST_DATA, %esi
	mov	$512, %ecx
1:	xor	(%rsi), %rax
	rol	$5, %rax
	add	%rcx, %rax
	mov	%rax, (%rsi)
	add	$8, %rsi
	dec	%ecx
	jnz	1b
	dec	%rdi
	jnz	mix
	movq	%rax, %xmm7
	movq	%xmm7, %rbx
	vmmcall
	jmp	mix
