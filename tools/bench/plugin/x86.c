// SPDX-License-Identifier: GPL-2.0-only
/* Which x86 instructions cost more than their count says. 64-bit code only. */
#include <stdint.h>

#include "plugin.h"

enum {
	RDMSR, WRMSR, VMRUN, VMLOAD, VMSAVE, XSAVE, XRSTOR, INVLPGA, CR_WRITE, IRET, SYSRET,
	CLGI, STGI, XSETBV, WRPKRU, VERW, INVLPG, DR_WRITE, SEGMENT,
};

const char * const class_names[] = {
	[RDMSR] = "RDMSR",
	[WRMSR] = "WRMSR",
	[VMRUN] = "VMRUN",
	[VMLOAD] = "VMLOAD",
	[VMSAVE] = "VMSAVE",
	[XSAVE] = "XSAVE",	/* XSAVE, XSAVEOPT, XSAVEC, XSAVES, FXSAVE */
	[XRSTOR] = "XRSTOR",	/* XRSTOR, XRSTORS, FXRSTOR */
	[INVLPGA] = "INVLPGA",
	[CR_WRITE] = "CRWRITE",	/* MOV to CRn, CLTS, LMSW */
	[IRET] = "IRET",
	[SYSRET] = "SYSRET",
	[CLGI] = "CLGI",
	[STGI] = "STGI",
	[XSETBV] = "XSETBV",
	[WRPKRU] = "WRPKRU",
	[VERW] = "VERW",
	[INVLPG] = "INVLPG",	/* INVLPG, INVPCID */
	[DR_WRITE] = "DRWRITE",
	[SEGMENT] = "SEGLOAD",	/* MOV to a segment register, LTR, LLDT, LGDT, LIDT */
	NULL
};

/* 0f 01 with a second operand byte that says all */
static const struct {
	uint8_t code;
	int class;
} system_codes[] = {
	{ 0xd1, XSETBV },
	{ 0xd8, VMRUN },
	{ 0xda, VMLOAD },
	{ 0xdb, VMSAVE },
	{ 0xdc, STGI },
	{ 0xdd, CLGI },
	{ 0xdf, INVLPGA },
	{ 0xef, WRPKRU },
	{ 0, -1 }
};

static int group_0f01(uint8_t modrm)
{
	unsigned int i, reg = modrm >> 3 & 7;

	for (i = 0; system_codes[i].code; i++) {
		if (system_codes[i].code == modrm)
			return system_codes[i].class;
	}
	if (reg == 6)
		return CR_WRITE;
	if (modrm >= 0xc0)
		return -1;
	if (reg == 2 || reg == 3)
		return SEGMENT;
	return reg == 7 ? INVLPG : -1;
}

static int group_0fae(uint8_t modrm, bool plain)
{
	unsigned int reg = modrm >> 3 & 7;

	if (modrm >= 0xc0 || !plain)
		return -1;
	if (reg == 0 || reg == 4 || reg == 6)
		return XSAVE;
	return reg == 1 || reg == 5 ? XRSTOR : -1;
}

static int group_0fc7(uint8_t modrm)
{
	unsigned int reg = modrm >> 3 & 7;

	if (modrm >= 0xc0)
		return -1;
	if (reg == 4 || reg == 5)
		return XSAVE;
	return reg == 3 ? XRSTOR : -1;
}

static int group_0f00(uint8_t modrm)
{
	unsigned int reg = modrm >> 3 & 7;

	if (reg == 2 || reg == 3)
		return SEGMENT;
	return reg == 5 ? VERW : -1;
}

/* 0f @p[0] ...; @plain: without one of the prefixes that make others of some */
static int two_bytes(const uint8_t *p, bool plain)
{
	switch (p[0]) {
	case 0x00:
		return group_0f00(p[1]);
	case 0x01:
		return group_0f01(p[1]);
	case 0x06:
	case 0x22:
		return CR_WRITE;
	case 0x07:
		return SYSRET;
	case 0x23:
		return DR_WRITE;
	case 0x30:
		return WRMSR;
	case 0x32:
		return RDMSR;
	case 0x38:
		return p[1] == 0x82 && !plain ? INVLPG : -1;
	case 0xae:
		return group_0fae(p[1], plain);
	case 0xc7:
		return group_0fc7(p[1]);
	}
	return -1;
}

int classify(const uint8_t *code, size_t len)
{
	const uint8_t *p = code, *end = code + len;
	bool plain = true;

	for (; p < end; p++) {
		if (*p == 0x66 || *p == 0xf2 || *p == 0xf3)
			plain = false;
		else if (*p != 0x2e && *p != 0x36 && *p != 0x3e && *p != 0x26 && *p != 0x64 &&
			 *p != 0x65 && *p != 0x67 && *p != 0xf0 && (*p & 0xf0) != 0x40)
			break;
	}
	if (p == end)
		return -1;
	if (*p == 0x0f && end - p >= 2)
		return two_bytes(p + 1, plain);
	if (*p == 0x8e)
		return SEGMENT;
	return *p == 0xcf ? IRET : -1;
}

/* The length of an instruction that enters a guest; what follows it is run at its exit. */
size_t enters_guest(int class)
{
	return class == VMRUN ? 3 : 0;
}

/* A guest may be anywhere. */
bool is_guest(uint64_t address)
{
	(void)address;
	return false;
}
