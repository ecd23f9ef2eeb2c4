/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measurements and their guests agree on. For C and for assembly. */
#ifndef AXV_BENCH_GUEST_H
#define AXV_BENCH_GUEST_H

#define GUEST_RAM_SIZE	0x10000		/* RAM starts at 0 */
#define GUEST_COUNT	0x800		/* how often to do it before the next exit */
#define GUEST_STAMP	0x808		/* the clock at the handler, 64 bits */
#define GUEST_EOI	0x810		/* not 0: there is an interrupt controller, which wants its own */
#define GUEST_CODE	0x1000
#define GUEST_STACK	0xf000

#define GUEST_PAGES	0x40000000	/* memory to touch */
#define GUEST_MMIO	0x10000000	/* never memory */

/* ports (x86) or addresses that nobody serves, and one that has an eventfd */
#ifndef __x86_64__
#define GUEST_DONE	0x10000010
#define GUEST_EVENT	0x10001000
#else
#define GUEST_PORT	0x10
#define GUEST_DONE	0x11
#define GUEST_EVENT	0x12
#endif

#ifdef __riscv
#define GUEST_VECTOR	9		/* the external line, and a message's number */
#define GUEST_CLOCK	0x50000000	/* the page with the machine's clock */
#elif defined(__aarch64__)
#define GUEST_VECTOR	(32 + 24)	/* an SPI, KVM's GSI 24 */
#define GUEST_VTIMER	27
#define GUEST_SGI	1
#define GUEST_GICD	0x08000000	/* KVM's */
#define GUEST_GICR	0x080a0000	/* of each vCPU, one after the other */
#define GUEST_GICR_SIZE	0x20000
#else
#define GUEST_VECTOR	0x20
#define GUEST_TIMER_VECTOR	0x30	/* of a higher priority than that, */
#define GUEST_IPI_VECTOR	0x40	/* and than that */
#endif

#define GUEST_QUIT	0x820		/* not 0: the second vCPU is to be done */
#define GUEST_DELAY	0x828		/* ticks of the clock before each IPI (x86) */
#define GUEST_READY	0x830		/* not 0: the second vCPU takes interrupts (x86) */
#define GUEST_SAMPLES	0x8000		/* GUEST_COUNT latencies, 32 bits each */

#ifdef __riscv
#define GUEST_HC	0x818		/* the extension that is the VMM's, put there by it */
#define GUEST_HC_KVM	0x08000000	/* KVM's, an experimental one */
#define GUEST_HC_KERNEL	0x10		/* BASE: the version of the specification */
#define GUEST_HC_TIME	0x54494d45
#define GUEST_HC_IPI	0x735049
#elif defined(__aarch64__)
#define GUEST_HC_USER	0xc6001234	/* of a hypervisor by another vendor */
#define GUEST_HC_KERNEL	0x84000000	/* PSCI_VERSION */
#else
/* KVM_HC_MAP_GPA_RANGE: the one hypercall that KVM hands to user space */
#define GUEST_HC_USER	12
/* KVM_HC_VAPIC_POLL_IRQ: does nothing */
#define GUEST_HC_KERNEL	1
#endif

#endif /* AXV_BENCH_GUEST_H */
