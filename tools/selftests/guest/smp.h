/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests of smp.S and smp_storm.c agree on. */
#ifndef AXV_SELFTEST_GUEST_SMP_H
#define AXV_SELFTEST_GUEST_SMP_H

/* words for all: rounds to make, how many vCPUs, may they begin, how many came */
#define SMP_ROUNDS	GUEST_DATA
#define SMP_CPUS	(GUEST_DATA + 4)
#define SMP_GO		(GUEST_DATA + 8)
#define SMP_CAME	(GUEST_DATA + 12)

/* a block for each vCPU, with its stack at the end */
#define SMP_BLOCKS	(GUEST_DATA + 0x1000)
#define SMP_BLOCK_SHIFT	9
#define SMP_BLOCK_SIZE	(1 << SMP_BLOCK_SHIFT)
/* words of it: starts so far; interrupts taken */
#define SMP_STARTS	0
#define SMP_IPIS	4
/* the start that it is to end, after that many interrupts */
#define SMP_ORDER	8
#define SMP_WANT	12
/* interrupts that were meant to come, not yet and already known to the handler */
#define SMP_POSTED	16
#define SMP_TAKEN	20
/* interrupts are on; all of its own were sent; a count that moves */
#define SMP_READY	24
#define SMP_SENT	28
#define SMP_COUNT	32

/* IPIs to each vCPU in a round, besides the one that goes with the order to stop */
#define SMP_IPIS_A_ROUND 4

/* calls to the VMM, where the kernel has none for it */
#define SMP_CALL_START	1	/* vCPU, entry */
#define SMP_CALL_IPI	2	/* vCPU */
#define SMP_CALL_STOP	3
#define SMP_CALL_DONE	9

#endif /* AXV_SELFTEST_GUEST_SMP_H */
