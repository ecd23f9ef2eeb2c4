// SPDX-License-Identifier: GPL-2.0-only
/* Which A64 instructions cost more than their count says. */
#include <stdint.h>
#include <string.h>

#include "plugin.h"

enum {
	SYSR, SYSW, HSYSR, HSYSW, ISB, DSB, TLBI, CMO, ERET, SVC, HVC, WFI, FLOAD, FSTORE,
};

const char * const class_names[] = {
	[SYSR] = "SYSR",	/* MRS */
	[SYSW] = "SYSW",	/* MSR of a register */
	[HSYSR] = "HSYSR",	/* the same of EL2's, and of EL1's from there */
	[HSYSW] = "HSYSW",
	[ISB] = "ISB",
	[DSB] = "DSB",
	[TLBI] = "TLBI",
	[CMO] = "CMO",		/* DC, IC, AT */
	[ERET] = "ERET",
	[SVC] = "SVC",
	[HVC] = "HVC",		/* HVC, SMC */
	[WFI] = "WFI",
	[FLOAD] = "FLOAD",
	[FSTORE] = "FSTORE",
	NULL
};

/* op0 is 1: instructions that have the form of one. */
static int sys_insn(uint32_t insn)
{
	switch (insn >> 12 & 15) {
	case 7:
		return CMO;
	case 8:
	case 9:
		return TLBI;
	}
	return -1;
}

static int system_insn(uint32_t insn)
{
	uint32_t op1 = insn >> 16 & 7;

	switch (insn >> 20) {
	case 0xd53:
		return op1 == 4 || op1 == 5 ? HSYSR : SYSR;
	case 0xd51:
		return op1 == 4 || op1 == 5 ? HSYSW : SYSW;
	case 0xd50:
		break;
	default:
		return -1;
	}
	if (insn & 1 << 19)
		return sys_insn(insn);
	if (insn == 0xd503207f)
		return WFI;
	switch (insn & 0xfffff0ff) {
	case 0xd50330df:
		return ISB;
	case 0xd503309f:
		return DSB;
	}
	return -1;
}

static int exception_insn(uint32_t insn)
{
	switch (insn & 0xffe0001f) {
	case 0xd4000001:
		return SVC;
	case 0xd4000002:
	case 0xd4000003:
		return HVC;
	}
	return -1;
}

int classify(const uint8_t *code, size_t len)
{
	uint32_t insn;

	if (len != sizeof(insn))
		return -1;
	memcpy(&insn, code, sizeof(insn));
	if ((insn & 0xff000000) == 0xd5000000)
		return system_insn(insn);
	if ((insn & 0xff000000) == 0xd4000000)
		return exception_insn(insn);
	if (insn == 0xd69f03e0)
		return ERET;
	/* loads and stores, those of FP/SIMD registers; a literal is a load */
	if ((insn & 0x0e000000) == 0x0c000000)
		return (insn & 0x3b000000) == 0x18000000 || insn & 1 << 22 ? FLOAD : FSTORE;
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
