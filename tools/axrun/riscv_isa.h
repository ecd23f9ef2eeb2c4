/* SPDX-License-Identifier: GPL-2.0-only */
/* RISC-V: which extensions of the host's harts a guest may use. */
#ifndef AXRUN_RISCV_ISA_H
#define AXRUN_RISCV_ISA_H

#include <stdbool.h>
#include <stddef.h>

#define RISCV_ISA_MAX	128u		/* extensions */
#define RISCV_ISA_NAME	16u		/* bytes of a name that is known */

/* what decides about some of them */
struct riscv_isa_features {
	bool sstc;			/* AXVCPU_RISCV_FEAT_SSTC */
	bool vector;			/* AXVCPU_RISCV_FEAT_V */
	/* bytes of a block for cache operations and for zeroing, 0: not known */
	unsigned int cbom_block;
	unsigned int cboz_block;
};

struct riscv_isa {
	struct riscv_isa_features have;
	unsigned int nr;
	char name[RISCV_ISA_MAX][RISCV_ISA_NAME];	/* in the host's order */
	/* all of it in one: "rv64ima_zicsr_zifencei" */
	char text[8 + RISCV_ISA_MAX * (RISCV_ISA_NAME + 1)];
};

/* @host: the host's ISA string. False: it is not that of a 64-bit hart. */
bool riscv_isa_guest(struct riscv_isa *isa, const char *host,
		     const struct riscv_isa_features *have);

bool riscv_isa_has(const struct riscv_isa *isa, const char *name);

/*
 * What the text of /proc/cpuinfo says of @key, of the first hart. False: nothing,
 * or it is longer than @len.
 */
bool riscv_cpuinfo(const char *text, const char *key, char *value, size_t len);

#endif /* AXRUN_RISCV_ISA_H */
