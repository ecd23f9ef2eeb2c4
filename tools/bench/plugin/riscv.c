// SPDX-License-Identifier: GPL-2.0-only
/* Which RISC-V instructions cost more than their count says. */
#include <stdint.h>
#include <string.h>

#include "plugin.h"

enum {
	CSRR, CSRW, SRET, ECALL, HFENCE, SFENCE, FENCE_I, HLV, WFI,
};

const char * const class_names[] = {
	[CSRR] = "CSRR",	/* read only */
	[CSRW] = "CSRW",	/* whatever writes one */
	[SRET] = "SRET",
	[ECALL] = "ECALL",
	[HFENCE] = "HFENCE",	/* HFENCE.GVMA, HFENCE.VVMA */
	[SFENCE] = "SFENCE",	/* SFENCE.VMA */
	[FENCE_I] = "FENCE_I",
	[HLV] = "HLV",		/* HLV, HLVX, HSV */
	[WFI] = "WFI",
	NULL
};

static int system_insn(uint32_t insn)
{
	uint32_t funct7 = insn >> 25, funct3 = insn >> 12 & 7, rs1 = insn >> 15 & 31;

	if (funct3 == 4)
		return HLV;
	if (funct3)
		/* set and clear of nothing do not write */
		return (funct3 & 3) != 1 && !rs1 ? CSRR : CSRW;
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

int classify(const uint8_t *code, size_t len)
{
	uint32_t insn;

	if (len < sizeof(insn))
		return -1;
	memcpy(&insn, code, sizeof(insn));
	if ((insn & 0x7f) == 0x73)
		return system_insn(insn);
	return (insn & 0x707f) == 0x100f ? FENCE_I : -1;
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
