// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "test.h"
#include "topology.h"

#define INDEX	AXVCPU_CPUID_INDEX

enum { BASIC, ONE, L1, L2, L3, NONE, SMT, CORE, SMT_1F, CORE_1F, EXTENDED, SIZES, OTHER, NR };

/* as the module has them, for vCPU 2 */
static const struct axvcpu_cpuid_entry table[NR] = {
	[BASIC] = { 0x0, 0, 0, 0x1f, 0x756e6547, 0x6c65746e, 0x49656e69, 0 },
	[ONE] = { 0x1, 0, 0, 0x806ea, 0x02010800, 0x80000000, 0x078bfbff, 0 },
	[L1] = { 0x4, 0, INDEX, 0x121, 0x01c0003f, 0x3f, 0, 0 },
	[L2] = { 0x4, 2, INDEX, 0x143, 0x03c0003f, 0x3ff, 0, 0 },
	[L3] = { 0x4, 3, INDEX, 0x163, 0x03c0003f, 0x3fff, 6, 0 },
	[NONE] = { 0x4, 4, INDEX, 0, 0, 0, 0, 0 },
	[SMT] = { 0xb, 0, INDEX, 0, 1, 0x100, 2, 0 },
	[CORE] = { 0xb, 1, INDEX, 0, 1, 0x201, 2, 0 },
	[SMT_1F] = { 0x1f, 0, INDEX, 0, 1, 0x100, 2, 0 },
	[CORE_1F] = { 0x1f, 1, INDEX, 0, 1, 0x201, 2, 0 },
	[EXTENDED] = { 0x80000001, 0, 0, 0, 0, 0x121, 0x2c100800, 0 },
	[SIZES] = { 0x80000008, 0, 0, 0x3028, 0x5, 0, 0, 0 },
	[OTHER] = { 0x80000006, 0, 0, 1, 2, 3, 4, 0 },
};

static struct axvcpu_cpuid_entry e[NR];

static void make(bool amd, unsigned int cpus, unsigned int id)
{
	memcpy(e, table, sizeof(e));
	if (amd)
		e[BASIC].ebx = 0x68747541;
	topology_cpuid(e, NR, cpus, id);
	EXPECT(!memcmp(&e[OTHER], &table[OTHER], sizeof(e[OTHER])));
}

static void one(void)
{
	make(false, 1, 0);
	EXPECT_EQ(e[ONE].ebx, 0x00010800);
	EXPECT_EQ(e[ONE].edx, 0x078bfbff);
	EXPECT_EQ(e[CORE].eax, 0);
	EXPECT_EQ(e[CORE].ebx, 1);
	EXPECT_EQ(e[L3].eax, 0x163);
	make(true, 1, 0);
	EXPECT_EQ(e[EXTENDED].ecx, 0x121);
	EXPECT_EQ(e[SIZES].ecx, 0);
}

static void intel(void)
{
	make(false, 4, 3);
	/* four ids, the fourth, and HTT */
	EXPECT_EQ(e[ONE].ebx, 0x03040800);
	EXPECT_EQ(e[ONE].edx, 0x178bfbff);
	/* four cores; the third level is shared by all */
	EXPECT_EQ(e[L1].eax, 3u << 26 | 0x121);
	EXPECT_EQ(e[L2].eax, 3u << 26 | 0x143);
	EXPECT_EQ(e[L3].eax, 3u << 26 | 3u << 14 | 0x163);
	EXPECT_EQ(e[NONE].eax, 0);
	for (int i = SMT; i <= SMT_1F; i += SMT_1F - SMT) {
		EXPECT_EQ(e[i].eax, 0);
		EXPECT_EQ(e[i].ebx, 1);
		EXPECT_EQ(e[i].ecx, 0x100);
		EXPECT_EQ(e[i].edx, 3);
		EXPECT_EQ(e[i + 1].eax, 2);
		EXPECT_EQ(e[i + 1].ebx, 4);
		EXPECT_EQ(e[i + 1].ecx, 0x201);
		EXPECT_EQ(e[i + 1].edx, 3);
	}
	/* the other vendor's */
	EXPECT_EQ(e[EXTENDED].ecx, 0x121);
	EXPECT_EQ(e[SIZES].ecx, 0);
}

static void amd(void)
{
	make(true, 6, 5);
	EXPECT_EQ(e[ONE].ebx, 0x05080800);
	EXPECT_EQ(e[EXTENDED].ecx, 0x123);
	/* three bits of APIC id, six cores */
	EXPECT_EQ(e[SIZES].ecx, 0x3005);
	EXPECT_EQ(e[SIZES].ebx, 5);
	EXPECT_EQ(e[CORE].eax, 3);
	EXPECT_EQ(e[CORE].ebx, 6);
}

static void many(void)
{
	make(false, TOPOLOGY_MAX_CPUS, TOPOLOGY_MAX_CPUS - 1);
	EXPECT_EQ(e[ONE].ebx, 0x7f800800);
	EXPECT_EQ(e[L3].eax, 63u << 26 | 127u << 14 | 0x163);
	make(true, TOPOLOGY_MAX_CPUS, 0);
	EXPECT_EQ(e[SIZES].ecx, 0x707f);
}

const struct test topology_tests[] = {
	{ "topology: one CPU", one },
	{ "topology: Intel", intel },
	{ "topology: AMD", amd },
	{ "topology: many CPUs", many },
	{ NULL, NULL },
};
