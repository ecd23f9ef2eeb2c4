/* SPDX-License-Identifier: GPL-2.0-only */
/* Cache maintenance by set and way, with the MMU off: arm64_cache.c. */
#include "common.h"
#include "traps.h"

/* x1: memory, x2: bytes: filled, all of a cache of 4 ways and 64 sets cleaned, compared */
	entry	set_way
	mov	x3, #0
1:	str	x3, [x1, x3]
	add	x3, x3, #8
	cmp	x3, x2
	b.ne	1b
	mov	x4, #0
2:	mov	x5, #0
3:	lsl	x6, x4, #30
	orr	x6, x6, x5, lsl #6
	dc	cisw, x6
	add	x5, x5, #1
	cmp	x5, #64
	b.ne	3b
	add	x4, x4, #1
	cmp	x4, #4
	b.ne	2b
	dsb	sy
	mov	x3, #0
	mov	x0, #0
4:	ldr	x7, [x1, x3]
	cmp	x7, x3
	cinc	x0, x0, ne
	add	x3, x3, #8
	cmp	x3, x2
	b.ne	4b
	entry	done
	exit
	b	done

	entry	clean
	dc	csw, x1
	entry	clean_next
	b	done

	entry	invalidate
	dc	isw, x1
	b	done

	entry	tags
	dc	igsw, x1
	b	done

	TRAPS
