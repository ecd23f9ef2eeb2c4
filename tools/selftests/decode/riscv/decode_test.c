// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RISC-V instruction decoder of the module, compiled for user space: what it says
 * of the instructions of forms.S, of what a hart makes of them in htinst, and that it
 * says something sane of any bits at all. argv[1]: forms.S, assembled and made flat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "decode.h"
#include "forms.h"
#include "ktap.h"

static struct form *forms;
static size_t nr_forms;

/* ---- the table ----------------------------------------------------------------- */

static bool is_load(const struct form *f)
{
	return f->op == FORM_LOAD || f->op == FORM_FLOAD;
}

static bool is_plain(const struct form *f)
{
	return f->op >= FORM_LOAD && f->op <= FORM_FSTORE;
}

static bool differs(const struct form *f, const char *what, long is, long want)
{
	return wrong("%s (0x%x): %s is %ld, not %ld", f->name, f->insn, what, is, want);
}

#define SAME(what, is, want)						\
	do {								\
		if ((is) != (want))					\
			return differs(f, what, is, want);		\
	} while (0)

static bool check_data(const struct form *f, const struct axv_riscv_insn *d)
{
	if (f->op == FORM_STORE || f->op == FORM_FSTORE)
		SAME("rs2", d->rs2, f->data);
	else
		SAME("rd", d->rd, f->data);
	SAME("width", d->width, f->width);
	SAME("sign", d->sign, f->sign);
	return true;
}

static bool check_form(const struct form *f)
{
	struct axv_riscv_insn d;

	/* what stands behind a short one does not matter */
	axv_riscv_decode(f->len == 2 ? f->insn | 0xa5a50000 : f->insn, &d);
	SAME("op", d.op, f->op);
	SAME("len", d.len, f->len);
	SAME("offset", d.offset, 0);
	switch (f->op) {
	case FORM_OTHER:
	case FORM_MEMORY:
	case FORM_WFI:
		return true;
	case FORM_CSR:
		SAME("csr", d.csr, f->imm);
		break;
	default:
		SAME("imm", d.imm, f->imm);
	}
	SAME("funct", d.funct, f->funct);
	SAME("rs1", d.rs1, f->base);
	return check_data(f, &d);
}

/* ---- htinst ------------------------------------------------------------------------ */

/*
 * What the manual has a hart make of a load or store: the standard encoding without
 * the offset, @part in the place of rs1, bit 1 clear where it was a short one.
 */
static u64 transformed(const struct form *f, unsigned int part)
{
	static const u32 opcodes[] = {
		[FORM_LOAD] = 0x03, [FORM_STORE] = 0x23, [FORM_FLOAD] = 0x07, [FORM_FSTORE] = 0x27,
	};
	u32 funct3 = __builtin_ctz(f->width), insn;

	if (f->op == FORM_LOAD && !f->sign && f->width < 8)
		funct3 |= 4;
	insn = opcodes[f->op] | funct3 << 12 | part << 15;
	insn |= is_load(f) ? f->data << 7 : f->data << 20;
	return f->len == 2 ? insn & ~2u : insn;
}

static bool check_htinst(const struct form *f)
{
	struct axv_riscv_insn d;
	unsigned int part;

	if (!is_plain(f)) {
		if (axv_riscv_decode_htinst(f->insn | 1, &d) && f->len == 4)
			return wrong("%s: taken for a load or store in htinst", f->name);
		return true;
	}
	for (part = 0; part < 8; part++) {
		if (!axv_riscv_decode_htinst(transformed(f, part), &d))
			return wrong("%s: not taken from htinst", f->name);
		SAME("op", d.op, f->op);
		SAME("len", d.len, f->len);
		SAME("offset", d.offset, part);
		SAME("rs1", d.rs1, 0);
		SAME("imm", d.imm, 0);
		if (!check_data(f, &d))
			return false;
	}
	return true;
}

static bool pseudo(void)
{
	static const struct {
		u64 htinst;
		bool walk;
		bool write;
	} rows[] = {
		{ 0x2000, true, false }, { 0x2020, true, true },
		{ 0x3000, true, false }, { 0x3020, true, true },
		{ 0 }, { 0x20 }, { 0x1000 }, { 0x4000 }, { 0x2004 }, { 0x3022 },
		{ 0x100003000 }, { ~0ull },
	};
	struct axv_riscv_insn d;
	unsigned int i;
	bool write;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (axv_riscv_htinst_is_walk(rows[i].htinst, &write) != rows[i].walk)
			return wrong("htinst 0x%llx: a walk or not", rows[i].htinst);
		if (rows[i].walk && write != rows[i].write)
			return wrong("htinst 0x%llx: the walk's direction", rows[i].htinst);
		if (axv_riscv_decode_htinst(rows[i].htinst, &d))
			return wrong("htinst 0x%llx is no load or store", rows[i].htinst);
	}
	/* lw x5, but of a custom kind: more than 32 bits */
	CHECK(axv_riscv_decode_htinst(0x2283, &d) && d.len == 4 && d.rd == 5 && d.sign);
	CHECK(!axv_riscv_decode_htinst(0x100002283, &d));
	return true;
}

/* ---- any bits ------------------------------------------------------------------------ */

static bool is_sane(u32 insn)
{
	struct axv_riscv_insn d;

	memset(&d, 0xa5, sizeof(d));
	axv_riscv_decode(insn, &d);
	CHECK(d.op <= AXV_RISCV_WFI && d.rd < 32 && d.rs1 < 32 && d.rs2 < 32 && d.csr < 4096);
	CHECK(d.imm >= -2048 && d.imm < 2048 && !d.offset);
	CHECK((insn & 3) != 3 ? d.len == 2 : (insn & 0x1f) != 0x1f ? d.len == 4 : d.len != 4);
	switch (d.op) {
	case AXV_RISCV_LOAD:
	case AXV_RISCV_STORE:
		CHECK(d.width == 1 || d.width == 2 || d.width == 4 || d.width == 8);
		break;
	case AXV_RISCV_FLOAD:
	case AXV_RISCV_FSTORE:
		CHECK(d.width == 2 || d.width == 4 || d.width == 8);
		break;
	}
	return true;
}

static bool any_bits(void)
{
	u64 state = 0x9e3779b97f4a7c15;
	struct axv_riscv_insn d;
	u32 insn;

	for (insn = 0; insn < 0x10000; insn++)
		if (!is_sane(insn))
			return wrong("0x%04x: %s", insn, what_went_wrong());
	for (insn = 0; insn < 4000000; insn++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		if (!is_sane(state))
			return wrong("0x%08x: %s", (u32)state, what_went_wrong());
		if (axv_riscv_decode_htinst((u32)state, &d))
			CHECK(d.op >= AXV_RISCV_LOAD && d.op <= AXV_RISCV_FSTORE && d.offset < 32);
	}
	return true;
}

/* ---- main ---------------------------------------------------------------------------- */

static bool read_forms(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size;

	if (!file || fseek(file, 0, SEEK_END))
		return false;
	size = ftell(file);
	if (size < 0)
		return false;
	rewind(file);
	forms = malloc(size);
	nr_forms = size / sizeof(*forms);
	return forms && fread(forms, 1, size, file) == (size_t)size && !(size % sizeof(*forms));
}

static unsigned int test_groups(const char *what, bool (*check)(const struct form *f))
{
	unsigned int nr = 0;
	char name[80];
	size_t i = 0;
	bool ok;

	while (i < nr_forms) {
		snprintf(name, sizeof(name), "%s: %s", what, forms[i].name);
		for (ok = true, i++; i < nr_forms && forms[i].op != FORM_GROUP; i++, nr++)
			ok = ok && check(&forms[i]);
		ktap_result(ok, name);
	}
	return nr;
}

int main(int argc, char **argv)
{
	unsigned int groups = 0, nr;
	size_t i;

	if (argc != 2 || !read_forms(argv[1])) {
		printf("Bail out! the table of forms cannot be read\n");
		return 1;
	}
	for (i = 0; i < nr_forms; i++)
		groups += forms[i].op == FORM_GROUP;
	ktap_plan(2 * groups + 2);
	nr = test_groups("decode", check_form);
	test_groups("htinst", check_htinst);
	ktap_result(pseudo(), "pseudoinstructions");
	ktap_result(any_bits(), "any bits at all");
	printf("# %u instructions\n", nr);
	return ktap_end();
}
