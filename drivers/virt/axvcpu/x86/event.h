/* SPDX-License-Identifier: GPL-2.0-only */
/* The event queue of a vCPU, for the files that look into it. */
#ifndef AXVCPU_X86_EVENT_H
#define AXVCPU_X86_EVENT_H

#include <linux/bits.h>

#include "lapic.h"

#define EV_NMIS_MAX	2	/* one being taken, one latched, as in the CPU */

#define EV_EXC_FLAGS	(AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_EXC_ERROR | \
			 AXVCPU_X86_INTR_EXC_PAYLOAD)
#define EV_KEPT_FLAGS	(EV_EXC_FLAGS | AXVCPU_X86_INTR_HALTED | AXVCPU_X86_INTR_WAIT_START | \
			 AXVCPU_X86_INTR_INIT)
/* no instruction is executed until section_prepare() has done something about these */
#define EV_STANDS	(AXVCPU_X86_INTR_WAIT_START | AXVCPU_X86_INTR_INIT)

#define DR6_CAUSES	(GENMASK(3, 0) | GENMASK(15, 13))

#define EVENT_VECTOR(e)	((u8)(e))
#define EVENT_TYPE(e)	((u32)(e) & AXV_X86_EVENT_TYPE_MASK)

#endif /* AXVCPU_X86_EVENT_H */
