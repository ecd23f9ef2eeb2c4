// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "riscv_isa.h"
#include "test.h"

static const struct riscv_isa_features all = {
	.sstc = true,
	.vector = true,
	.cbom_block = 64,
	.cboz_block = 64,
};
static const struct riscv_isa_features none;
static struct {
	struct riscv_isa isa;
	char guard[8192];
} room;
#define isa	room.isa

static void text_is(const char *host, const struct riscv_isa_features *have,
		    const char *want, int line)
{
	expect(riscv_isa_guest(&isa, host, have), host, __FILE__, line);
	expect(!strcmp(isa.text, want), isa.text, __FILE__, line);
}

static void filter(void)
{
	/* H, and all that only a hypervisor has */
	text_is("rv64imafdcvh_zicsr_zifencei_smaia_ssaia_sstc", &all,
		"rv64imafdcv_zicsr_zifencei_sstc", __LINE__);
	/* what the module does not have or nobody knows the size of */
	text_is("rv64imafdcv_zicbom_zicboz_zve32f_zvbb_sstc", &none,
		"rv64imafdc", __LINE__);
	text_is("rv64imafdc_zicbom_zicboz", &all, "rv64imafdc_zicbom_zicboz",
		__LINE__);
	/* hardware A and D bits, the entropy source, what is not known */
	text_is("rv64ima_svadu_svinval_svpbmt_zkr_zawrs_xventana_znew", &all,
		"rv64ima_svinval_svpbmt", __LINE__);
	EXPECT(riscv_isa_has(&isa, "svinval"));
	EXPECT(riscv_isa_has(&isa, "m"));
	EXPECT(!riscv_isa_has(&isa, "svadu"));
	EXPECT_EQ(isa.nr, 5);
	/* no name is taken for another that begins so */
	text_is("rv64i_zb_zba_zbaa_sstcx", &all, "rv64i_zba", __LINE__);
}

static void hostile(void)
{
	char long_text[10000] = "rv64i";
	uint32_t seed = 7;

	EXPECT(!riscv_isa_guest(&isa, "", &all));
	EXPECT(!riscv_isa_guest(&isa, "rv64", &all));
	EXPECT(!riscv_isa_guest(&isa, "rv32imac", &all));
	text_is("rv64i_", &all, "rv64i", __LINE__);
	text_is("rv64i___zba__", &all, "rv64i_zba", __LINE__);
	text_is("rv64i_zbazbazbazbazbazbazbazbazbazbazba", &all, "rv64i",
		__LINE__);

	/* more than there is room for is left out */
	for (unsigned int i = 0; i < 800; i++)
		strcat(long_text, "_zba");
	EXPECT(riscv_isa_guest(&isa, long_text, &all));
	EXPECT_EQ(isa.nr, RISCV_ISA_MAX - 1);
	EXPECT(strlen(isa.text) < sizeof(isa.text));
	memset(long_text + 4, 'm', sizeof(long_text) - 5);
	long_text[4] = 'i';
	EXPECT(riscv_isa_guest(&isa, long_text, &all));
	EXPECT_EQ(isa.nr, RISCV_ISA_MAX - 1);
	strcpy(long_text, "rv64i");
	for (unsigned int i = 0; i < 200; i++)
		strcat(long_text, "_zba");
	strcat(long_text, "_zxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	EXPECT(riscv_isa_guest(&isa, long_text, &all));

	/* a name as long as a page is one that is not known */
	memset(long_text + 5, 'z', sizeof(long_text) - 6);
	long_text[5] = '_';
	text_is(long_text, &all, "rv64i", __LINE__);
	for (size_t i = 0; i < sizeof(room.guard); i++)
		EXPECT(!room.guard[i]);

	for (int i = 0; i < 2000; i++) {
		for (unsigned int j = 5; j < 200; j++) {
			seed = seed * 1664525 + 1013904223;
			long_text[j] = "zbaimfdcv_sk\n "[(seed >> 16) % 14];
		}
		long_text[200] = '\0';
		EXPECT(riscv_isa_guest(&isa, long_text, &all));
		EXPECT(strlen(isa.text) < sizeof(isa.text));
	}
}

static void cpuinfo(void)
{
	static const char text[] =
		"processor\t: 0\n"
		"hart\t\t: 1\n"
		"isa\t\t: rv64imafdc_zicsr\n"
		"mmu\t\t: sv57\n"
		"mvendorid\t: 0x0\n"
		"hart isa\t: rv64imafdc_zicsr_zba\n"
		"\n"
		"processor\t: 1\n"
		"isa\t\t: rv64i\n"
		"last: word";
	char value[32];

	EXPECT(riscv_cpuinfo(text, "isa", value, sizeof(value)));
	EXPECT(!strcmp(value, "rv64imafdc_zicsr"));
	EXPECT(riscv_cpuinfo(text, "mmu", value, sizeof(value)));
	EXPECT(!strcmp(value, "sv57"));
	EXPECT(riscv_cpuinfo(text, "hart isa", value, sizeof(value)));
	EXPECT(!strcmp(value, "rv64imafdc_zicsr_zba"));
	EXPECT(riscv_cpuinfo(text, "last", value, sizeof(value)));
	EXPECT(!strcmp(value, "word"));
	EXPECT(!riscv_cpuinfo(text, "isaac", value, sizeof(value)));
	EXPECT(!riscv_cpuinfo(text, "is", value, sizeof(value)));
	EXPECT(!riscv_cpuinfo("", "isa", value, sizeof(value)));
	EXPECT(!riscv_cpuinfo("isa", "isa", value, sizeof(value)));
	EXPECT(!riscv_cpuinfo("isa:", "isa", value, sizeof(value)));
	EXPECT(!riscv_cpuinfo("isa :\nmmu : x", "isa", value, sizeof(value)));
	/* what does not fit is not cut off */
	EXPECT(!riscv_cpuinfo(text, "isa", value, 16));
	EXPECT(riscv_cpuinfo(text, "isa", value, 17));
}

const struct test riscv_isa_tests[] = {
	{ "riscv_isa: what a guest may use", filter },
	{ "riscv_isa: strange strings", hostile },
	{ "riscv_isa: /proc/cpuinfo", cpuinfo },
	{ NULL, NULL },
};
