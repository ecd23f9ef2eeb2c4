/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests with timers: arm64_timer.c. The handler's registers are nobody else's. */
#include "common.h"

/*
 * x22: how many came, x4: when the last one did, by the counter of x20 (0: virtual), x5:
 * its INTID, x6: the timer's control then. x21: what is done about it: 0: it is masked;
 * 1: it is off; 2: x23 later again, by the compare register alone; 3: nothing, but it is
 * off after x24 of them.
 */
irq:
	mrs	x5, ICC_IAR1_EL1
	cbnz	x20, 1f
	isb
	mrs	x4, cntvct_el0
	mrs	x6, cntv_ctl_el0
	mrs	x7, cntv_cval_el0
	b	2f
1:	isb
	mrs	x4, cntpct_el0
	mrs	x6, cntp_ctl_el0
	mrs	x7, cntp_cval_el0
2:	add	x22, x22, #1
	/* how late at most */
	sub	x9, x4, x7
	cmp	x9, x25
	csel	x25, x9, x25, hi
	cmp	x4, x7
	cinc	x26, x26, lo
	cmp	x21, #2
	b.eq	5f
	b.hi	6f
	mov	x9, #3
	cbz	x21, 7f
4:	mov	x9, #0
7:	cbnz	x20, 1f
	msr	cntv_ctl_el0, x9
	b	9f
1:	msr	cntp_ctl_el0, x9
	b	9f
5:	add	x7, x7, x23
	cbnz	x20, 1f
	msr	cntv_cval_el0, x7
	b	9f
1:	msr	cntp_cval_el0, x7
	b	9f
6:	cmp	x22, x24
	b.hs	4b
9:	isb
	msr	ICC_EOIR1_EL1, x5
	isb
	eret

	VECTORS	vectors, astray, irq

	entry	boot
	irqs_to	vectors, x9
	sync
	b	.

	entry	counters
	isb
	mrs	x1, cntvct_el0
	isb
	mrs	x2, cntvct_el0
	isb
	mrs	x3, cntpct_el0
	mrs	x4, cntfrq_el0
	sync
	b	.

/* x3 is the counter, read after the word at x1 is not 0 any more; the one after it: ready. */
	entry	watch
	mov	w9, #1
	str	w9, [x1, #4]
1:	ldr	w9, [x1]
	dmb	ishld
	isb
	mrs	x3, cntvct_el0
	cbz	w9, 1b
	sync
	b	.

/*
 * The timer of x20 rings x1 from now on, x3: when that is; until x24 of them have come.
 * x2: the guest spins, else WFI.
 */
	entry	timer
	mov	x22, #0
	mov	x25, #0
	mov	x26, #0
	isb
	cbnz	x20, 1f
	mrs	x3, cntvct_el0
	add	x3, x3, x1
	msr	cntv_cval_el0, x3
	mov	x9, #1
	msr	cntv_ctl_el0, x9
	b	2f
1:	mrs	x3, cntpct_el0
	add	x3, x3, x1
	msr	cntp_cval_el0, x3
	mov	x9, #1
	msr	cntp_ctl_el0, x9
2:	isb
	cbz	x2, 4f
	msr	daifclr, #2
3:	cmp	x22, x24
	b.lo	3b
	b	6f
/* an interrupt between the look and WFI is pending, and ends it */
4:	msr	daifset, #2
	cmp	x22, x24
	b.hs	6f
	wfi
	msr	daifclr, #2
	isb
	b	4b
6:	msr	daifset, #2
	sync
	b	.

/* for x1 ticks, with interrupts on: x6: the timer's control at the end */
	entry	idle
	mrs	x9, cntvct_el0
	add	x1, x1, x9
	msr	daifclr, #2
1:	isb
	mrs	x9, cntvct_el0
	cmp	x9, x1
	b.lo	1b
	msr	daifset, #2
	mrs	x6, cntv_ctl_el0
	cbz	x20, 2f
	mrs	x6, cntp_ctl_el0
2:	sync
	b	.

/* the view by TVAL: x1 is written; x2: what it reads as, x3: the compare register less it */
	entry	tval
	cbnz	x20, 1f
	msr	cntv_tval_el0, x1
	isb
	mrs	x2, cntv_tval_el0
	mrs	x3, cntv_cval_el0
	mrs	x4, cntvct_el0
	b	2f
1:	msr	cntp_tval_el0, x1
	isb
	mrs	x2, cntp_tval_el0
	mrs	x3, cntp_cval_el0
	mrs	x4, cntpct_el0
2:	sync
	b	.
