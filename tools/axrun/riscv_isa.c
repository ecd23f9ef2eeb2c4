// SPDX-License-Identifier: GPL-2.0-only
/*
 * RISC-V: which extensions of the host's harts a guest may use.
 *
 * Those that work there: they add instructions only, or state that the module
 * switches, or are what it switches on for guests (cache blocks, page-based
 * memory types, Sstc). One that adds registers of its own (control-flow
 * integrity, pointer masking, AIA), that a hypervisor would have to serve
 * (waiting on a reservation) or that this list does not know is left out: a
 * guest does without it.
 */
#include <stdio.h>
#include <string.h>

#include "riscv_isa.h"

/* sorted as the manual sorts them */
static const char *const known[] = {
	"i", "m", "a", "f", "d", "c", "b",
	/* counters, fences, hints, conditional moves */
	"zicntr", "zicond", "zicsr", "zifencei", "zihintntl", "zihintpause",
	"zimop", "zcmop",
	/* what memory and atomics promise */
	"zic64b", "ziccamoa", "ziccif", "zicclsm", "ziccrse", "za128rs",
	"za64rs", "zaamo", "zabha", "zacas", "zalrsc", "zama16b", "ztso",
	/* floating point */
	"zfa", "zfbfmin", "zfh", "zfhmin",
	/* compressed */
	"zca", "zcb", "zcd", "zcmp",
	/* bits, and scalar cryptography without the entropy source */
	"zba", "zbb", "zbc", "zbkb", "zbkc", "zbkx", "zbs", "zkn", "zknd",
	"zkne", "zknh", "zks", "zksed", "zksh", "zkt",
	/* the guest's own address translation */
	"svinval", "svnapot", "svpbmt", "svvptc",
	NULL,
};

static bool usable(const char *name, const struct riscv_isa_features *have)
{
	if (!strcmp(name, "sstc"))
		return have->sstc;
	/* of no use to a guest that does not know the size */
	if (!strcmp(name, "zicbom"))
		return have->cbom_block;
	if (!strcmp(name, "zicboz"))
		return have->cboz_block;
	/* vectors, and all that works on them */
	if (!strcmp(name, "v") || !strncmp(name, "zv", 2))
		return have->vector;

	for (const char *const *k = known; *k; k++)
		if (!strcmp(name, *k))
			return true;
	return false;
}

/* The extension at @from, of @len letters, if the guest may have it. */
static void take(struct riscv_isa *isa, const char *from, size_t len,
		 const struct riscv_isa_features *have)
{
	char *name = isa->name[isa->nr];

	if (isa->nr == RISCV_ISA_MAX - 1 || len >= RISCV_ISA_NAME)
		return;

	memcpy(name, from, len);
	name[len] = '\0';
	if (usable(name, have))
		isa->nr++;
}

static void make_text(struct riscv_isa *isa)
{
	char *at = isa->text;

	at += sprintf(at, "rv64");
	for (unsigned int i = 0; i < isa->nr; i++)
		at += sprintf(at, "%s%s", isa->name[i][1] ? "_" : "",
			      isa->name[i]);
}

bool riscv_isa_guest(struct riscv_isa *isa, const char *host,
		     const struct riscv_isa_features *have)
{
	memset(isa, 0, sizeof(*isa));
	isa->have = *have;
	if (strncmp(host, "rv64i", 5))
		return false;

	/* one letter each, then names of several with a blank of their own */
	for (host += 4; *host && *host != '_'; host++)
		take(isa, host, 1, have);
	while (*host == '_') {
		size_t len = strcspn(++host, "_");

		take(isa, host, len, have);
		host += len;
	}
	make_text(isa);
	return true;
}

bool riscv_isa_has(const struct riscv_isa *isa, const char *name)
{
	for (unsigned int i = 0; i < isa->nr; i++)
		if (!strcmp(isa->name[i], name))
			return true;
	return false;
}

/* What @line says, if it is about @key; NULL: it is not. */
static const char *line_value(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len))
		return NULL;
	line += len;
	line += strspn(line, " \t");
	if (*line++ != ':')
		return NULL;
	return line + strspn(line, " \t");
}

bool riscv_cpuinfo(const char *text, const char *key, char *value, size_t len)
{
	while (*text) {
		const char *from = line_value(text, key);

		if (from) {
			size_t n = strcspn(from, "\n");

			if (!n || n >= len)
				return false;
			memcpy(value, from, n);
			value[n] = '\0';
			return true;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}
