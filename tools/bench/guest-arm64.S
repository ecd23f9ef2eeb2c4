/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests, arm64: EL1 without paging, loaded at GUEST_CODE. Each goes round for ever.
 * Those that do something inside do it GUEST_COUNT times, then write to GUEST_DONE.
 */
#include "guest.h"

#define ICC_PMR_EL1	s3_0_c4_c6_0
#define ICC_SGI1R_EL1	s3_0_c12_c11_5
#define ICC_IAR1_EL1	s3_0_c12_c12_0
#define ICC_EOIR1_EL1	s3_0_c12_c12_1
#define ICC_SRE_EL1	s3_0_c12_c12_5
#define ICC_IGRPEN1_EL1	s3_0_c12_c12_7

#define GICR_SGI_BASE	0x10
#define GICR_IGROUPR0	0x80
#define GICR_ISENABLER0	0x100

	.section .rodata
	.globl	guest_start, guest_end
	.balign	2048
guest_start:
	/* The vectors; an interrupt goes to where x28 says. */
	.org	guest_start + 0x280
	br	x28
	.org	guest_start + 0x300

	.macro	guest name
	.globl	guest_\name
guest_\name:
	.endm

	.macro	put reg, value
	movz	\reg, (\value) & 0xffff
	movk	\reg, (\value) >> 16, lsl #16
	.endm

	/* Between the two: GUEST_COUNT times, with x19 to x21 left alone. */
	.macro	repeat
1:	put	x20, GUEST_COUNT
	ldr	w19, [x20]
	put	x20, GUEST_PAGES
	cbz	w19, 3f
2:
	.endm
	.macro	until_done
	sub	w19, w19, #1
	cbnz	w19, 2b
3:	put	x21, GUEST_DONE
	strb	wzr, [x21]
	b	1b
	.endm

	/* Private interrupts are on, and those of this vCPU go to @handler. */
	.macro	gic_on handler
	adr	x28, \handler
	adr	x10, guest_start
	msr	vbar_el1, x10
	mrs	x10, mpidr_el1
	and	x10, x10, #0xff
	put	x11, GUEST_GICR
	add	x11, x11, x10, lsl #17
	add	x11, x11, #GICR_SGI_BASE, lsl #12
	mov	w10, #-1
	str	w10, [x11, #GICR_IGROUPR0]
	put	w10, 1 << GUEST_VTIMER | 1 << GUEST_SGI
	str	w10, [x11, #GICR_ISENABLER0]
	mov	x10, #7
	msr	ICC_SRE_EL1, x10
	isb
	mov	x10, #0xff
	msr	ICC_PMR_EL1, x10
	mov	x10, #1
	msr	ICC_IGRPEN1_EL1, x10
	isb
	.endm

	/* ---- exits to user space ---- */

guest mmio_write
	put	x20, GUEST_MMIO
1:	str	wzr, [x20]
	b	1b

guest mmio_read
	put	x20, GUEST_MMIO
1:	ldr	w0, [x20]
	b	1b

guest hypercall_user
1:	put	x0, GUEST_HC_USER
	hvc	#0
	b	1b

guest done
	put	x20, GUEST_DONE
1:	strb	wzr, [x20]
	b	1b

	/* ---- exits that the kernel serves ---- */

guest hypercall_kernel
	repeat
	put	x0, GUEST_HC_KERNEL
	hvc	#0
	until_done

guest event
	repeat
	put	x10, GUEST_EVENT
	str	wzr, [x10]
	until_done

guest touch
	repeat
	str	wzr, [x20]
	add	x20, x20, #1, lsl #12
	until_done

	/* An event at once, and its handler, which takes no more until it is set again. */
guest timer
	gic_on	timer_handler
	msr	daifclr, #2
	repeat
	mov	w22, #0
	mrs	x10, cntvct_el0
	msr	cntv_cval_el0, x10
	mov	x10, #1
	msr	cntv_ctl_el0, x10
	isb
4:	cbz	w22, 4b
	until_done

timer_handler:
	mrs	x10, ICC_IAR1_EL1
	msr	cntv_ctl_el0, xzr
	isb
	msr	ICC_EOIR1_EL1, x10
	mov	w22, #1
	eret

	/* ---- stops and interrupts ---- */

guest spin
1:	b	1b

	/* They are let in between two exits. */
guest interrupts
	gic_on	interrupt_handler
	put	x20, GUEST_DONE
	put	x22, GUEST_STAMP
1:	msr	daifclr, #2
	isb
	msr	daifset, #2
	strb	wzr, [x20]
	b	1b

interrupt_handler:
	mrs	x11, cntvct_el0
	str	x11, [x22]
	mrs	x10, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x10
	eret

	/* To the other vCPU, at times that lie here and there. */
guest ipi_send
	gic_on	ipi_handler
	put	x23, GUEST_STAMP
	mov	w24, #0
	put	x25, 1103515245
	put	x26, GUEST_SAMPLES - 4
	repeat
	mul	w24, w24, w25
	add	w24, w24, #1234
	ubfx	w10, w24, #16, #11
4:	subs	w10, w10, #1
	b.gt	4b
	str	wzr, [x23]
	mrs	x27, cntvct_el0
	put	x10, GUEST_SGI << 24 | 1 << 1
	msr	ICC_SGI1R_EL1, x10
	isb
5:	ldr	w10, [x23]
	cbz	w10, 5b
	sub	w10, w10, w27
	str	w10, [x26, w19, uxtw #2]
	until_done

guest ipi_receive
	gic_on	ipi_handler
	put	x20, GUEST_QUIT
	msr	daifclr, #2
1:	ldr	w0, [x20]
	cbz	w0, 1b
	put	x20, GUEST_DONE
2:	strb	wzr, [x20]
	b	2b

	/* It can be sent again as soon as the sender sees the time. */
ipi_handler:
	mrs	x11, cntvct_el0
	mrs	x10, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x10
	put	x12, GUEST_STAMP
	str	w11, [x12]
	eret

guest_end:
	.section .note.GNU-stack, "", @progbits
