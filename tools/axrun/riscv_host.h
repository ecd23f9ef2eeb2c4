/* SPDX-License-Identifier: GPL-2.0-only */
/* What the RISC-V machine below says of its harts. */
#ifndef AXRUN_RISCV_HOST_H
#define AXRUN_RISCV_HOST_H

#include <stdint.h>

struct riscv_host {
	char isa[1024];			/* the ISA string */
	char mmu[16];			/* "sv48", empty: not known */
	uint32_t timebase;		/* ticks a second, 0: not known */
	uint32_t cbom_block;		/* bytes, 0: not known */
	uint32_t cboz_block;
};

void riscv_host_read(struct riscv_host *host);

#endif /* AXRUN_RISCV_HOST_H */
