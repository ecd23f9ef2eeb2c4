// SPDX-License-Identifier: GPL-2.0-only
/* What an instruction does, read from the text that objdump has for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "decode_test.h"

/* Those that are decoded. size 0: the register's. */
static struct row {
	const char *name;
	char kind;		/* l, s, p: load, store, prefetch */
	u8 size;
	bool sign;
	u8 nr;
	bool ordered;
	bool user;
	unsigned int seen;
} rows[] = {
	{ "ldr", 'l', 0, false, 1 }, { "ldrb", 'l', 1, false, 1 }, { "ldrh", 'l', 2, false, 1 },
	{ "ldrsb", 'l', 1, true, 1 }, { "ldrsh", 'l', 2, true, 1 }, { "ldrsw", 'l', 4, true, 1 },
	{ "str", 's', 0, false, 1 }, { "strb", 's', 1, false, 1 }, { "strh", 's', 2, false, 1 },
	{ "ldur", 'l', 0, false, 1 }, { "ldurb", 'l', 1, false, 1 }, { "ldurh", 'l', 2, false, 1 },
	{ "ldursb", 'l', 1, true, 1 }, { "ldursh", 'l', 2, true, 1 }, { "ldursw", 'l', 4, true, 1 },
	{ "stur", 's', 0, false, 1 }, { "sturb", 's', 1, false, 1 }, { "sturh", 's', 2, false, 1 },
	{ "ldtr", 'l', 0, false, 1, false, true }, { "ldtrb", 'l', 1, false, 1, false, true },
	{ "ldtrh", 'l', 2, false, 1, false, true }, { "ldtrsb", 'l', 1, true, 1, false, true },
	{ "ldtrsh", 'l', 2, true, 1, false, true }, { "ldtrsw", 'l', 4, true, 1, false, true },
	{ "sttr", 's', 0, false, 1, false, true }, { "sttrb", 's', 1, false, 1, false, true },
	{ "sttrh", 's', 2, false, 1, false, true },
	{ "ldp", 'l', 0, false, 2 }, { "ldpsw", 'l', 4, true, 2 }, { "stp", 's', 0, false, 2 },
	{ "ldnp", 'l', 0, false, 2 }, { "stnp", 's', 0, false, 2 },
	{ "ldar", 'l', 0, false, 1, true }, { "ldarb", 'l', 1, false, 1, true },
	{ "ldarh", 'l', 2, false, 1, true },
	{ "ldlar", 'l', 0, false, 1, true }, { "ldlarb", 'l', 1, false, 1, true },
	{ "ldlarh", 'l', 2, false, 1, true },
	{ "stlr", 's', 0, false, 1, true }, { "stlrb", 's', 1, false, 1, true },
	{ "stlrh", 's', 2, false, 1, true },
	{ "stllr", 's', 0, false, 1, true }, { "stllrb", 's', 1, false, 1, true },
	{ "stllrh", 's', 2, false, 1, true },
	{ "ldapr", 'l', 0, false, 1, true }, { "ldaprb", 'l', 1, false, 1, true },
	{ "ldaprh", 'l', 2, false, 1, true },
	{ "ldapur", 'l', 0, false, 1, true }, { "ldapurb", 'l', 1, false, 1, true },
	{ "ldapurh", 'l', 2, false, 1, true }, { "ldapursb", 'l', 1, true, 1, true },
	{ "ldapursh", 'l', 2, true, 1, true }, { "ldapursw", 'l', 4, true, 1, true },
	{ "stlur", 's', 0, false, 1, true }, { "stlurb", 's', 1, false, 1, true },
	{ "stlurh", 's', 2, false, 1, true },
	{ "prfm", 'p', 8, false, 1 }, { "prfum", 'p', 8, false, 1 },
};

/* Exclusives and atomics: their names begin so. */
static const char * const sized[] = {
	"ldx", "ldax", "stx", "stlx", "cas", "swp",
	"ldadd", "ldclr", "ldeor", "ldset", "ldsmax", "ldsmin", "ldumax", "ldumin",
	"stadd", "stclr", "steor", "stset", "stsmax", "stsmin", "stumax", "stumin",
};

static const char * const by_address[] = {
	"zva", "gva", "gzva", "ivac", "igvac", "igdvac", "ivau", "cvac", "cgvac", "cgdvac", "cvau",
	"cvap", "cgvap", "cgdvap", "cvadp", "cgvadp", "cgdvadp", "civac", "cigvac", "cigdvac",
};

struct reg {
	char class;
	u8 nr;
	bool sp;
};

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool take(const char **s, const char *what)
{
	if (!begins(*s, what))
		return false;
	*s += strlen(what);
	return true;
}

static bool take_reg(const char **s, struct reg *r)
{
	char *end;

	r->sp = false;
	r->nr = 31;
	r->class = **s;
	if (take(s, "xzr") || take(s, "wzr"))
		return true;
	if (take(s, "sp")) {
		r->sp = true;
		return true;
	}
	if (!strchr("xwbhsdq", r->class) || !r->class)
		return false;
	r->nr = strtoul(*s + 1, &end, 10);
	if (end == *s + 1 || r->nr > 31)
		return false;
	*s = end;
	return true;
}

static bool take_number(const char **s, long long *n)
{
	char *end;

	if (!take(s, "#"))
		return false;
	*n = strtoll(*s, &end, 0);
	if (end == *s)
		return false;
	*s = end;
	return true;
}

static u8 size_of(char class)
{
	switch (class) {
	case 'b':
		return 1;
	case 'h':
		return 2;
	case 'w':
	case 's':
		return 4;
	case 'x':
	case 'd':
		return 8;
	case 'q':
		return 16;
	}
	return 0;
}

/* ---- addresses -------------------------------------------------------------------- */

static bool read_index(const char **s, struct axv_arm64_insn *d)
{
	long long shift = 0;
	struct reg r;

	if (!take_reg(s, &r) || r.sp)
		return false;
	d->rm = r.nr;
	if (!take(s, ", "))
		d->extend = AXV_ARM64_LSL;
	else if (take(s, "lsl"))
		d->extend = AXV_ARM64_LSL;
	else if (take(s, "sxtx"))
		d->extend = AXV_ARM64_SXTX;
	else if (take(s, "uxtw"))
		d->extend = AXV_ARM64_UXTW;
	else if (take(s, "sxtw"))
		d->extend = AXV_ARM64_SXTW;
	if (!d->extend || (r.class == 'w') != (d->extend == AXV_ARM64_UXTW || d->extend == AXV_ARM64_SXTW))
		return false;
	if (take(s, " ") && !take_number(s, &shift))
		return false;
	d->shift = shift;
	return true;
}

/* [base], [base, #imm], [base, #imm]!, [base], #imm, [base, index], or a number */
static bool read_address(const char **s, u64 addr, struct axv_arm64_insn *d)
{
	long long imm = 0;
	struct reg r;

	if (begins(*s, "0x")) {
		d->literal = true;
		d->imm = strtoull(*s, (char **)s, 0) - addr;
		return true;
	}
	if (!take(s, "[") || !take_reg(s, &r) || (r.nr == 31 && !r.sp))
		return false;
	d->rn = r.nr;
	if (take(s, ", ") && !take_number(s, &imm) && !read_index(s, d))
		return false;
	if (!take(s, "]"))
		return false;
	if (take(s, "!")) {
		d->writeback = AXV_ARM64_PRE;
	} else if (take(s, ", ")) {
		d->writeback = AXV_ARM64_POST;
		if (!take_number(s, &imm))
			return false;
	}
	d->imm = imm;
	return true;
}

/* ---- kinds ------------------------------------------------------------------------- */

/* What the architecture's manual says of each instruction under "CONSTRAINED UNPREDICTABLE". */
static bool unpredictable(const struct axv_arm64_insn *d)
{
	bool load = d->op == AXV_ARM64_LOAD || d->op == AXV_ARM64_FLOAD;
	bool fp = d->op == AXV_ARM64_FLOAD || d->op == AXV_ARM64_FSTORE;

	if (load && d->nr == 2 && d->rt == d->rt2)
		return true;
	if (fp || !d->writeback || d->rn == 31)
		return false;
	return d->rn == d->rt || (d->nr == 2 && d->rn == d->rt2);
}

/* Without a mode of addressing: two fields should be all ones, which objdump may overlook. */
static const char * const plain_ordered[] = { "ldar", "ldlar", "stlr", "stllr" };
#define ONES	0x1f7c00

static bool read_row(struct row *row, u32 insn, u64 addr, const char *s, struct meaning *m)
{
	struct axv_arm64_insn *d = &m->d;
	struct reg r, second;
	size_t i;
	bool fp;

	/* SVE's and SME's are called so, too */
	if (row->kind != 'p' && (begins(s, "z") || begins(s, "p") || begins(s, "{"))) {
		d->op = AXV_ARM64_MEMORY;
		return true;
	}
	d->nr = row->nr;
	d->sign = row->sign;
	d->ordered = row->ordered;
	d->user = row->user;
	d->size = row->size;
	row->seen++;
	if (row->kind == 'p') {
		d->op = AXV_ARM64_PREFETCH;
		s = strstr(s, ", ");
		if (!s)
			return false;
		s += 2;
		return read_address(&s, addr, d) && !*s;
	}
	if (!take_reg(&s, &r) || r.sp || !take(&s, ", "))
		return false;
	d->rt = r.nr;
	if (row->nr == 2) {
		if (!take_reg(&s, &second) || second.class != r.class || !take(&s, ", "))
			return false;
		d->rt2 = second.nr;
	}
	if (!read_address(&s, addr, d) || *s)
		return false;
	fp = r.class != 'x' && r.class != 'w';
	if (row->kind == 'l')
		d->op = fp ? AXV_ARM64_FLOAD : AXV_ARM64_LOAD;
	else
		d->op = fp ? AXV_ARM64_FSTORE : AXV_ARM64_STORE;
	if (!d->size)
		d->size = size_of(r.class);
	d->wide = r.class == 'x';
	d->unpredictable = unpredictable(d);
	for (i = 0; i < ARRAY_SIZE(plain_ordered); i++) {
		if (begins(row->name, plain_ordered[i]) && (insn & ONES) != ONES)
			d->unpredictable = true;
	}
	/* of LRCPC3, which is not decoded */
	if (row->ordered && (fp || d->writeback)) {
		memset(d, 0, sizeof(*d));
		d->op = AXV_ARM64_MEMORY;
	}
	return true;
}

/* The data register is the one before the address. */
static bool read_sized(const char *mnemonic, const char *s, struct meaning *m)
{
	const char *last = mnemonic + strlen(mnemonic) - 1;
	const char *address = strstr(s, ", [");

	m->d.op = AXV_ARM64_MEMORY;
	m->sized = true;
	m->d.nr = begins(mnemonic, "casp") || (*last == 'p' && strchr(mnemonic, 'x')) ? 2 : 1;
	if (*last == 'b' || *last == 'h') {
		m->d.size = size_of(*last);
		return true;
	}
	if (!address)
		return false;
	while (address > s && address[-1] != ' ')
		address--;
	m->d.size = size_of(*address);
	return m->d.size;
}

static bool read_cache(const char *s, struct meaning *m)
{
	size_t i, len = strcspn(s, ",");
	struct reg r;

	for (i = 0; i < ARRAY_SIZE(by_address); i++) {
		if (strlen(by_address[i]) != len || strncmp(s, by_address[i], len))
			continue;
		s += len;
		if (!take(&s, ", ") || !take_reg(&s, &r) || r.class != 'x')
			return false;
		m->d.op = AXV_ARM64_CACHE;
		m->d.rt = r.nr;
		m->d.zero = strchr(by_address[i], 'z') || !strcmp(by_address[i], "gva");
		return true;
	}
	m->d.op = AXV_ARM64_OTHER;
	return true;
}

bool read_text(u32 insn, u64 addr, const char *mnemonic, const char *operands, struct meaning *m)
{
	bool load_store = (insn & 0x0a000000) == 0x08000000;
	/* elsewhere are those of newer extensions, of which the decoder knows no size */
	bool has_size = (insn & 0x3f000000) == 0x08000000 || (insn & 0x3f000000) == 0x38000000;
	size_t i;

	memset(m, 0, sizeof(*m));
	if (*mnemonic == '.' || begins(mnemonic, "udf")) {
		m->undefined = true;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(mnemonic, rows[i].name))
			return read_row(&rows[i], insn, addr, operands, m);
	}
	if (!strcmp(mnemonic, "dc") || !strcmp(mnemonic, "ic"))
		return read_cache(operands, m);
	if (!strcmp(mnemonic, "rprfm")) {
		m->d.op = AXV_ARM64_PREFETCH;
		m->range = true;
		return true;
	}
	if (has_size) {
		for (i = 0; i < ARRAY_SIZE(sized); i++) {
			if (begins(mnemonic, sized[i]))
				return read_sized(mnemonic, operands, m);
		}
	}
	/* SME has an arithmetic one */
	if (begins(mnemonic, "stmop"))
		return true;
	if (load_store || begins(mnemonic, "ld") || begins(mnemonic, "st") || begins(mnemonic, "prf"))
		m->d.op = AXV_ARM64_MEMORY;
	return true;
}

const char *missing_mnemonic(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].seen < 5)
			return rows[i].name;
	}
	return NULL;
}
