/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest of imsic.S and riscv_imsic.c agree on. */
#ifndef AXV_SELFTEST_GUEST_IMSIC_H
#define AXV_SELFTEST_GUEST_IMSIC_H

/* pages of the vCPUs' IMSICs */
#define IMSIC_PAGES	0x28000000
#define IMSIC_PAGE(id)	(IMSIC_PAGES + (id) * 0x1000)

/* words for all: MSIs to send, how many vCPUs, may they begin */
#define IMSIC_ROUNDS	GUEST_DATA
#define IMSIC_CPUS	(GUEST_DATA + 4)
#define IMSIC_GO	(GUEST_DATA + 8)

/* a block for each vCPU */
#define IMSIC_BLOCKS	(GUEST_DATA + 0x1000)
#define IMSIC_SHIFT	10
#define IMSIC_BLOCK(id)	(IMSIC_BLOCKS + ((id) << IMSIC_SHIFT))
/* words of it: interrupts are on; MSIs sent; interrupts taken, and what was meant by them */
#define IMSIC_READY	0
#define IMSIC_SENT	4
#define IMSIC_IRQS	8
#define IMSIC_TAKEN	12
#define IMSIC_WAKES	16
/* of each identity: meant to come, not yet and already known to the handler; taken */
#define IMSIC_POSTED	0x100
#define IMSIC_COUNT	0x200
#define IMSIC_IDS	64

#define IMSIC_CALL_DONE	9
#define IMSIC_CALL_TRAP	10	/* scause, stval */

#endif /* AXV_SELFTEST_GUEST_IMSIC_H */
