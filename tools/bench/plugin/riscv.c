// SPDX-License-Identifier: GPL-2.0-only
/* Which RISC-V instructions cost more than their count says. */
#include <stdint.h>
#include <string.h>

#include "plugin.h"

enum {
	CSRR, CSRW, HCSRR, HCSRW, SRET, ECALL, HFENCE, SFENCE, FENCE_I, HLV, WFI,
	FLOAD, FSTORE, VLOAD, VSTORE,
};

const char * const class_names[] = {
	[CSRR] = "CSRR",	/* read only */
	[CSRW] = "CSRW",	/* whatever writes one */
	[HCSRR] = "HCSRR",	/* the same of the hypervisor's and of VS */
	[HCSRW] = "HCSRW",
	[SRET] = "SRET",
	[ECALL] = "ECALL",
	[HFENCE] = "HFENCE",	/* HFENCE.GVMA, HFENCE.VVMA */
	[SFENCE] = "SFENCE",	/* SFENCE.VMA */
	[FENCE_I] = "FENCE_I",
	[HLV] = "HLV",		/* HLV, HLVX, HSV */
	[WFI] = "WFI",
	[FLOAD] = "FLOAD",
	[FSTORE] = "FSTORE",
	[VLOAD] = "VLOAD",
	[VSTORE] = "VSTORE",
	NULL
};

/* vsstatus to vstimecmp and the like, hstatus to hgatp and the like, hgeip */
static bool is_hypervisor_csr(uint32_t csr)
{
	return (csr & 0x300) == 0x200;
}

static int csr_insn(uint32_t insn)
{
	uint32_t funct3 = insn >> 12 & 7, rs1 = insn >> 15 & 31;
	/* set and clear of nothing do not write */
	bool reads = (funct3 & 3) != 1 && !rs1;

	if (is_hypervisor_csr(insn >> 20))
		return reads ? HCSRR : HCSRW;
	return reads ? CSRR : CSRW;
}

static int system_insn(uint32_t insn)
{
	uint32_t funct7 = insn >> 25, funct3 = insn >> 12 & 7;

	if (funct3 == 4)
		return HLV;
	if (funct3)
		return csr_insn(insn);
	switch (funct7) {
	case 0x09:
		return SFENCE;
	case 0x11:
	case 0x31:
		return HFENCE;
	}
	switch (insn) {
	case 0x00000073:
		return ECALL;
	case 0x10200073:
		return SRET;
	case 0x10500073:
		return WFI;
	}
	return -1;
}

/* The widths of both share a field: 2 and 3, and 1 and 4, are those of FP registers. */
static int load_or_store(uint32_t insn, int fp, int vector)
{
	uint32_t width = insn >> 12 & 7;

	return width == 0 || width >= 5 ? vector : fp;
}

/* C.FLD and C.FSD, C.FLDSP and C.FSDSP; in other quadrants these are something else. */
static int compressed(uint16_t insn)
{
	if ((insn & 3) == 1)
		return -1;
	switch (insn >> 13) {
	case 1:
		return FLOAD;
	case 5:
		return FSTORE;
	}
	return -1;
}

int classify(const uint8_t *code, size_t len)
{
	uint32_t insn = 0;

	memcpy(&insn, code, len < sizeof(insn) ? len : sizeof(insn));
	if (len == 2)
		return compressed(insn);
	switch (insn & 0x7f) {
	case 0x07:
		return load_or_store(insn, FLOAD, VLOAD);
	case 0x27:
		return load_or_store(insn, FSTORE, VSTORE);
	case 0x0f:
		return (insn >> 12 & 7) == 1 ? FENCE_I : -1;
	case 0x73:
		return system_insn(insn);
	}
	return -1;
}

/* Guests are told by where they are: below every program and the kernel. */
size_t enters_guest(int class)
{
	(void)class;
	return 0;
}

bool is_guest(uint64_t address)
{
	return address < 0x10000;
}
