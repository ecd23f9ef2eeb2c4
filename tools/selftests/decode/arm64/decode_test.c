// SPDX-License-Identifier: GPL-2.0-only
/*
 * The A64 load and store decoder of the module, compiled for user space: that it says
 * of the words of sweep.c what objdump says, and what addresses come of those of
 * addresses.S. argv: objdump, a file for the words, addresses.S made flat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "decode_test.h"
#include "ktap.h"

/* ---- objdump --------------------------------------------------------------------- */

static bool write_words(const char *path)
{
	FILE *file = fopen(path, "wb");
	bool ok = file;
	size_t i;

	for (i = 0; ok && i < nr_words; i++) {
		u8 bytes[4] = { words[i], words[i] >> 8, words[i] >> 16, words[i] >> 24 };

		ok = fwrite(bytes, sizeof(bytes), 1, file) == 1;
	}
	return file && !fclose(file) && ok;
}

static FILE *open_objdump(const char *objdump, const char *path)
{
	char command[1024];

	snprintf(command, sizeof(command), "LC_ALL=C %s -D -z -b binary -m aarch64 %s", objdump, path);
	return popen(command, "r");
}

/*
 * The next line of the kind "  addr:\tword \tmnemonic\toperands  // comment", cut into
 * its parts.
 */
static bool next_line(FILE *file, u64 *addr, u32 *word, char *mnemonic, char *operands)
{
	unsigned long long at;
	char line[512], *end;

	while (fgets(line, sizeof(line), file)) {
		operands[0] = 0;
		if (sscanf(line, " %llx:\t%x \t%63[^\t\n]\t%255[^\t\n]", &at, word, mnemonic, operands) < 3)
			continue;
		end = strstr(operands, "//");
		if (end)
			*end = 0;
		end = operands + strlen(operands);
		while (end > operands && end[-1] == ' ')
			*--end = 0;
		end = strchr(mnemonic, ' ');
		if (end)
			*end = 0;
		*addr = at;
		return true;
	}
	return false;
}

/* ---- comparison -------------------------------------------------------------------- */

#define SAME(field)									\
	do {										\
		if (d.field != m->d.field)						\
			return wrong("%08x: %s: " #field " is %d, not %d", insn, text,	\
				     (int)d.field, (int)m->d.field);			\
	} while (0)

static bool check_decoded(u32 insn, const struct meaning *m, const char *text)
{
	struct axv_arm64_insn d;

	memset(&d, 0xa5, sizeof(d));
	axv_arm64_decode(insn, &d);
	if (m->undefined) {
		if (d.op != AXV_ARM64_OTHER && d.op != AXV_ARM64_MEMORY && !d.unpredictable)
			return wrong("%08x: undefined, but op is %d", insn, d.op);
		return true;
	}
	SAME(op);
	switch (d.op) {
	case AXV_ARM64_OTHER:
		return true;
	case AXV_ARM64_MEMORY:
		if (m->sized) {
			SAME(size);
			SAME(nr);
		}
		return true;
	case AXV_ARM64_CACHE:
		SAME(rt);
		SAME(zero);
		return true;
	case AXV_ARM64_PREFETCH:
		if (m->range)
			return true;
		break;
	default:
		SAME(rt);
	}
	SAME(size);
	SAME(nr);
	if (d.nr == 2)
		SAME(rt2);
	SAME(rn);
	SAME(extend);
	if (d.extend)
		SAME(rm);
	SAME(shift);
	SAME(writeback);
	SAME(sign);
	SAME(wide);
	SAME(user);
	SAME(ordered);
	SAME(literal);
	SAME(unpredictable);
	SAME(imm);
	return true;
}

static bool check_word(FILE *file, size_t at)
{
	char mnemonic[64], operands[256], text[336];
	struct meaning m;
	u64 addr;
	u32 word;

	if (!next_line(file, &addr, &word, mnemonic, operands))
		return wrong("objdump says nothing of word %zu and those behind it", at);
	if (addr != at * 4 || word != words[at])
		return wrong("objdump has 0x%x for word %zu, which is 0x%x", word, at, words[at]);
	snprintf(text, sizeof(text), "%s %s", mnemonic, operands);
	if (!read_text(word, addr, mnemonic, operands, &m))
		return wrong("%08x: the test cannot read '%s'", word, text);
	return check_decoded(word, &m, text);
}

static bool check_sweep(FILE *file, const struct sweep *s)
{
	unsigned int differ = 0;
	char first[256];
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (!check_word(file, s->first + i) && !differ++)
			snprintf(first, sizeof(first), "%s", what_went_wrong());
	}
	return differ ? wrong("%u of %zu differ, first %s", differ, s->nr, first) : true;
}

static bool all_seen(void)
{
	const char *name = missing_mnemonic();

	return name ? wrong("there are not five words that objdump calls %s", name) : true;
}

/* ---- addresses --------------------------------------------------------------------- */

/* A row of addresses.S. */
struct row {
	u64 addr;
	u64 base;
	u32 insn;
	u32 reserved;
	char name[40];
};

/* as addresses.S has them */
#define PC		0xffff800012345000ull
#define SP		0xffff80000abc0000ull
#define X(n)		(0x7000000000ull + (n) * 0x100010000ull)
#define NEGATIVE	0x12345678ffffff00ull
#define POSITIVE	0xffffffff70000010ull

static bool check_row(const struct row *r)
{
	struct axv_arm64_insn d;
	u64 regs[32], addr, base;
	unsigned int i;

	for (i = 0; i < 31; i++)
		regs[i] = X(i);
	regs[20] = NEGATIVE;
	regs[21] = POSITIVE;
	regs[31] = SP;
	axv_arm64_decode(r->insn, &d);
	addr = axv_arm64_address(&d, regs, PC, &base);
	if (addr != r->addr)
		return wrong("%s: the address is %llx, not %llx", r->name, addr, r->addr);
	if (base != r->base)
		return wrong("%s: the base becomes %llx, not %llx", r->name, base, r->base);
	return true;
}

static bool check_addresses(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct row row;
	unsigned int nr = 0;
	bool ok = file || wrong("there is no %s", path);

	for (; ok && fread(&row, sizeof(row), 1, file) == 1; nr++)
		ok = check_row(&row);
	if (file)
		fclose(file);
	if (ok && nr < 50)
		return wrong("there are only %u rows", nr);
	return ok;
}

/* ---- main ---------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	FILE *file;
	unsigned int i;

	if (argc != 4 || !make_sweeps() || !write_words(argv[2])) {
		printf("Bail out! the words cannot be written\n");
		return 1;
	}
	file = open_objdump(argv[1], argv[2]);
	if (!file) {
		printf("Bail out! objdump cannot be run\n");
		return 1;
	}
	ktap_plan(nr_sweeps + 2);
	for (i = 0; i < nr_sweeps; i++)
		ktap_result(check_sweep(file, &sweeps[i]), sweeps[i].name);
	pclose(file);
	ktap_result(all_seen(), "every mnemonic has been there");
	ktap_result(check_addresses(argv[3]), "addresses and base registers");
	printf("# %zu instructions\n", nr_words);
	return ktap_end();
}
