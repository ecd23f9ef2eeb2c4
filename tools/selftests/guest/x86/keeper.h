/* SPDX-License-Identifier: GPL-2.0-only */
/* What guest/x86/keeper.S and those who run it agree on. For C and for assembly. */
#ifndef AXV_SELFTEST_GUEST_KEEPER_H
#define AXV_SELFTEST_GUEST_KEEPER_H

#define KEEP_XCR0	0x26000
#define KEEP_SPIN	0x26008	/* turns of a loop in a round */
#define KEEP_TSC	0x26010	/* it is never less than this */
#define KEEP_TSC_END	0x26018	/* nor as much as this */
#define KEEP_PAGES	0x26020
#define KEEP_NR_PAGES	0x26028
#define KEEP_SEED	0x26030	/* a page has this, and its address, exclusive or */
/* rbx, rbp, rsi, rdi and r8-r15: to load, and as they were after the loop */
#define KEEP_GPRS	0x26100
#define KEEP_GPRS_DUMP	0x26200
#define KEEP_NR_GPRS	12

/* the byte that it says; what the registers held, the other side compares */
#define KEEP_ROUND	1
#define KEEP_CLOCK	2
#define KEEP_MEMORY	3

#endif /* AXV_SELFTEST_GUEST_KEEPER_H */
