/* SPDX-License-Identifier: GPL-2.0-only */
/* How the rows are measured. */
#ifndef AXV_BENCH_MEASURE_H
#define AXV_BENCH_MEASURE_H

#include "bench.h"
#include "channel.h"
#include "clock.h"

#define REPEAT	12	/* batches of which the quickest counts */
#define BATCH	256	/* operations of a batch; it must fit between two ticks */
#define SINGLES	48	/* of operations that are timed one by one */
#define BOOTS	3	/* of Linux */
#define PAGE	4096

extern const char guest_start[], guest_end[];
/* An architecture's guests lack those of what it does not have. */
#define WEAK	__attribute__((weak))
extern const char WEAK guest_port_write[], WEAK guest_port_read[], WEAK guest_mmio_write[],
	WEAK guest_mmio_read[], WEAK guest_hypercall_user[], WEAK guest_cpuid[],
	WEAK guest_hypercall_kernel[], WEAK guest_timer[], WEAK guest_event[], WEAK guest_touch[],
	WEAK guest_spin[], WEAK guest_interrupts[], WEAK guest_done[], WEAK guest_ipi_send[],
	WEAK guest_ipi_receive[], WEAK guest_ipi_receive_halted[];

extern char *ram;

/* The kernel's tick is just over: the next is as far away as can be. */
void after_tick(void);
void lessen(uint64_t *least, uint64_t value);
uint32_t entry_of(const char *label);
void create(const struct hv *hv, const char *label);
void set_count(uint32_t count);

/* What follows is @operations of a row's, or what goes with them (PART_*). */
void begin(unsigned int part, unsigned int operations);
uint64_t end(void);
/* The clock at the last begin(). */
extern uint64_t begun;

/* The rows of interrupt.c; 0: it cannot be measured here. */
uint64_t stop_latency(const struct hv *hv);
uint64_t inject(const struct hv *hv);
uint64_t irqfd(const struct hv *hv);
uint64_t ipi(const struct hv *hv);
uint64_t ipi_halted(const struct hv *hv);
uint64_t ipi_asleep(const struct hv *hv);

#endif /* AXV_BENCH_MEASURE_H */
