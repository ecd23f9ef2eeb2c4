/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit code that makes one access: cpu_paging.c. */
#include "common.h"
#include "traps.h"

	.code32
	entry	done
	vmmcall
	jmp	done

	entry	load
	movb	(%esi), %dl
	jmp	done

	entry	store
	movb	%dl, (%esi)
	jmp	done

	entry	jump
	jmp	*%esi

	TRAPS32
