// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoder and emulator of the module, compiled for user space
 * and compared with the CPU this runs on: the same instruction with the same
 * registers, flags and memory must leave the same.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "decode.h"
#include "ktap.h"
#include "tables.h"

#define FLAGS		0xcd5	/* CF PF AF ZF SF DF OF */
#define FLAGS_STATUS	0x8d5
#define FLAG_CF		0x001
#define FLAG_IF		0x200
#define FLAG_DF		0x400

#define ARCH_SET_GS	0x1001

void native_run(struct axvcpu_x86_gpr *gpr);

static unsigned long executions;

/* ---- patterns ------------------------------------------------------------------------ */

static const u64 values[] = {
	0x0000000000000000, 0x0000000000000001, 0xffffffffffffffff,
	0x7f7f7f7f7f7f7f7f, 0x8080808080808080, 0x8000000000000000,
	0x7fffffffffffffff, 0x00000000ffffffff, 0xffffffff00000000,
	0x0123456789abcdef, 0x0000000080000000, 0x000000000000000f,
	0x1122334455667708, 0xfedcba9876543211, 0xaaaa5555aaaa5521,
};

/* bit offsets that stay within the memory */
static const u64 offsets[] = {
	0, 5, 15, 16, 31, 63, 64, 100, 4095, 32767, -1, -8, -64, -1000, -32768,
};

static u64 next_random(void)
{
	static u64 state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static u8 background[MEM_SIZE], before[MEM_SIZE], shadow[MEM_SIZE];

static void fill_background(void)
{
	unsigned int i;

	for (i = 0; i < MEM_SIZE; i++)
		background[i] = next_random();
}

/* Memory and registers for pattern @i, @j, @k. */
static void prepare(const struct axv_x86_insn *insn, unsigned int i, unsigned int j,
		    unsigned int k, struct axvcpu_x86_gpr *gpr)
{
	bool string = insn->op >= AXV_X86_OP_MOVS;
	u64 middle = (uintptr_t)mem + MEM_MIDDLE;
	u64 *r = gpr->r;
	unsigned int n;

	memcpy(before, background, MEM_SIZE);
	memcpy(before + MEM_MIDDLE, &values[i], 8);
	for (n = 0; n < 16; n++)
		r[n] = values[j];
	r[AXVCPU_X86_RDX] = values[j] << 32 | values[j] >> 32;
	r[AXVCPU_X86_R8] = next_random();
	r[AXVCPU_X86_R14] = next_random();
	r[AXVCPU_X86_RSI] = middle;
	r[AXVCPU_X86_RDI] = middle;
	r[AXVCPU_X86_RBP] = middle;
	r[AXVCPU_X86_R13] = middle;
	r[AXVCPU_X86_RBX] = middle + 2048;
	r[AXVCPU_X86_RSP] = middle - 1024;
	r[AXVCPU_X86_R10] = i % 5;
	r[AXVCPU_X86_R11] = offsets[j % ARRAY_SIZE(offsets)];
	gpr->rflags = 2 | FLAG_IF | (k & 1 ? FLAG_CF : 0) | (next_random() & FLAGS_STATUS & ~FLAG_CF);
	if (!string)
		return;

	/* Strings that are equal for some elements, and then are not. */
	for (n = 0; n < MEM_SIZE; n += 8)
		memcpy(before + n, &values[j], 8);
	before[MEM_MIDDLE + 16 + i] ^= 1;
	before[MEM_MIDDLE - i] ^= 0x80;
	r[AXVCPU_X86_RSI] = middle + 1024;
	if (insn->seg == AXVCPU_X86_GS)
		r[AXVCPU_X86_RSI] -= GS_BASE;
	r[AXVCPU_X86_RCX] = i % 7;
	if (k & 1)
		gpr->rflags |= FLAG_DF;
}

/* ---- emulation ---------------------------------------------------------------------------- */

static u8 *shadow_at(const struct axv_x86_ref *ref, unsigned int width)
{
	u64 lin = ref->off + (ref->seg == AXVCPU_X86_GS ? GS_BASE : 0);
	u64 start = (uintptr_t)mem;

	if (lin < start || lin + width > start + MEM_SIZE)
		return NULL;
	return shadow + (lin - start);
}

/* One element. */
static bool emulate_once(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *gpr, bool *done)
{
	struct axv_x86_ref ref[AXV_X86_MAX_REFS];
	u64 in[AXV_X86_MAX_REFS] = { }, out = 0;
	u8 *at[AXV_X86_MAX_REFS];
	unsigned int n, i;

	n = axv_x86_refs(insn, gpr, ref);
	for (i = 0; i < n; i++) {
		at[i] = shadow_at(&ref[i], insn->width);
		if (!at[i])
			return wrong("operand %u at %llx is out of bounds", i,
				     ref[i].off);
		if (ref[i].access & AXV_X86_READ)
			memcpy(&in[i], at[i], insn->width);
	}
	*done = axv_x86_compute(insn, gpr, in, &out);
	for (i = 0; i < n; i++) {
		if (ref[i].access & AXV_X86_WRITE)
			memcpy(at[i], &out, insn->width);
	}
	return true;
}

static bool emulate(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *gpr)
{
	unsigned int elements;
	bool done = axv_x86_is_empty(insn, gpr);

	for (elements = 0; !done; elements++) {
		if (elements > 100)
			return wrong("it does not end");
		if (!emulate_once(insn, gpr, &done))
			return false;
	}
	return true;
}

static bool same(const struct axvcpu_x86_gpr *cpu, const struct axvcpu_x86_gpr *emu, u64 undef)
{
	u64 mask = FLAGS & ~undef;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (cpu->r[i] != emu->r[i])
			return wrong("register %u: CPU %016llx, emulator %016llx", i,
				     cpu->r[i], emu->r[i]);
	}
	if ((cpu->rflags ^ emu->rflags) & mask)
		return wrong("flags: CPU %03llx, emulator %03llx, defined %03llx",
			     cpu->rflags & mask, emu->rflags & mask, mask);
	for (i = 0; i < MEM_SIZE; i++) {
		if (mem[i] != shadow[i])
			return wrong("memory at middle%+d: CPU %02x, emulator %02x",
				     (int)i - MEM_MIDDLE, mem[i], shadow[i]);
	}
	return true;
}

static bool run_pattern(const struct form *f, const struct axv_x86_insn *insn, unsigned int i,
			unsigned int j, unsigned int k)
{
	struct axvcpu_x86_gpr start = { .rip = f->start }, cpu, emu;
	char what[300];

	prepare(insn, i, j, k, &start);
	cpu = start;
	emu = start;
	memcpy(mem, before, MEM_SIZE);
	memcpy(shadow, before, MEM_SIZE);
	native_run(&cpu);
	executions++;
	if (emulate(insn, &emu) && same(&cpu, &emu, f->undef))
		return true;
	snprintf(what, sizeof(what), "%s", what_went_wrong());
	return wrong("%s: memory %016llx, registers %016llx, flags %03llx: %s", f->name,
		     values[i], values[j],
		     start.rflags, what);
}

static bool run_form(const struct form *f)
{
	unsigned int len = f->end - f->start, i, j, k;
	struct axv_x86_insn insn;
	int err;

	err = axv_x86_decode((void *)f->start, AXV_X86_INSN_MAX, 64, &insn);
	if (err)
		return wrong("%s: decoding gives %s", f->name, strerrorname_np(-err));
	if (insn.len != len)
		return wrong("%s: %u bytes, decoded as %u", f->name, len, insn.len);
	for (i = 0; i < len; i++) {
		struct axv_x86_insn part;

		err = axv_x86_decode((void *)f->start, i, 64, &part);
		if (err != -ENODATA)
			return wrong("%s: the first %u bytes give %d", f->name, i, err);
	}
	for (i = 0; i < ARRAY_SIZE(values); i++)
		for (j = 0; j < ARRAY_SIZE(values); j++)
			for (k = 0; k < 2; k++)
				if (!run_pattern(f, &insn, i, j, k))
					return false;
	return true;
}

static bool have_movbe(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_MOVBE);
}

static unsigned int test_forms(void)
{
	const struct form *f, *group;
	unsigned int count = 0;
	char name[100];
	bool ok;

	for (f = forms; f < forms_end;) {
		group = f++;
		snprintf(name, sizeof(name), "executes as the CPU: %s", group->name);
		if (!strcmp(group->name, "movbe") && !have_movbe()) {
			while (f < forms_end && f->start)
				f++;
			ktap_skip(name, "this CPU has no MOVBE");
			continue;
		}
		for (ok = true; f < forms_end && f->start; f++, count++)
			ok = ok && run_form(f);
		ktap_result(ok, name);
	}
	return count;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool run_lea(const struct lea *l)
{
	struct axvcpu_x86_gpr gpr = { .rip = l->start, .rflags = 2 | FLAG_IF }, cpu;
	unsigned int len = l->end - l->start, i;
	struct axv_x86_ref ref[AXV_X86_MAX_REFS];
	u8 code[AXV_X86_INSN_MAX];
	struct axv_x86_insn insn;

	for (i = 0; i < 16; i++)
		gpr.r[i] = next_random();
	cpu = gpr;
	native_run(&cpu);
	executions++;

	memcpy(code, (void *)l->start, len);
	for (i = 0; code[i] != 0x8d; i++)
		;
	code[i] = 0x8b;
	if (axv_x86_decode(code, len, 64, &insn) || insn.len != len)
		return wrong("%s: not decoded, or not as %u bytes", l->name, len);
	axv_x86_refs(&insn, &gpr, ref);
	if (ref[0].off != cpu.r[AXVCPU_X86_RAX])
		return wrong("%s: CPU %016llx, decoder %016llx", l->name,
			     cpu.r[AXVCPU_X86_RAX], ref[0].off);
	return true;
}

static unsigned int test_leas(void)
{
	unsigned int count = 0;
	const struct lea *l, *group;
	bool ok;

	for (l = leas; l < leas_end;) {
		group = l++;
		for (ok = true; l < leas_end && l->start; l++, count++)
			ok = ok && run_lea(l);
		ktap_result(ok, group->name);
	}
	return count;
}

/* ---- other modes, other instructions -------------------------------------------------------------- */

#define OP(name)	{ #name, AXV_X86_OP_##name }
static const struct {
	const char *name;
	unsigned int op;
} op_names[] = {
	OP(ADD), OP(OR), OP(ADC), OP(SBB), OP(AND), OP(SUB), OP(XOR), OP(CMP),
	OP(SHL), OP(BT), OP(BTS), OP(BTR), OP(BTC), OP(TEST), OP(NOT), OP(INC),
	OP(MOV), OP(CMOV), OP(SETCC), OP(XADD), OP(CMPXCHG8B), OP(PUSH), OP(POP),
	OP(MOVS), OP(STOS), OP(LODS), OP(SCAS),
};

#define SYS(name)	{ #name, AXV_X86_SYS_##name }
static const struct {
	const char *name;
	unsigned int op;
} sys_names[] = {
	SYS(HLT), SYS(PAUSE), SYS(IRET), SYS(PUSHF), SYS(POPF), SYS(INT), SYS(INT3),
	SYS(INTO), SYS(ICEBP), SYS(IN), SYS(OUT), SYS(INS), SYS(OUTS), SYS(SLDT),
	SYS(STR), SYS(LLDT), SYS(LTR), SYS(SGDT), SYS(SIDT), SYS(LGDT), SYS(LIDT),
	SYS(SMSW), SYS(LMSW), SYS(CLTS), SYS(MOV_FROM_CR), SYS(MOV_TO_CR),
	SYS(MOV_FROM_DR), SYS(MOV_TO_DR), SYS(INVLPG), SYS(INVLPGA), SYS(INVPCID),
	SYS(INVD), SYS(WBINVD), SYS(RDMSR), SYS(WRMSR), SYS(CPUID), SYS(RDTSC),
	SYS(RDTSCP), SYS(RDPMC), SYS(RDPRU), SYS(MONITOR), SYS(MWAIT), SYS(XGETBV),
	SYS(XSETBV), SYS(VMCALL), SYS(VMMCALL), SYS(VMRUN), SYS(VMLOAD), SYS(VMSAVE),
	SYS(STGI), SYS(CLGI), SYS(SKINIT), SYS(SWAPGS), SYS(RSM),
};

static const char *op_name(unsigned int op)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(op_names); i++)
		if (op_names[i].op == op)
			return op_names[i].name;
	return "?";
}

static const char *sys_name(unsigned int op)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sys_names); i++)
		if (sys_names[i].op == op)
			return sys_names[i].name;
	return "?";
}

/* The bytes, and others behind them as in a running guest. */
static unsigned int copy_code(u8 code[2 * AXV_X86_INSN_MAX], u64 start, u64 end)
{
	memset(code, 0x90, 2 * AXV_X86_INSN_MAX);
	memcpy(code, (void *)start, end - start);
	return end - start;
}

static bool run_place(const struct place *p)
{
	const struct axvcpu_x86_gpr gpr = {
		.r = { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI }, .rip = EIP, .rflags = 2,
	};
	u8 code[2 * AXV_X86_INSN_MAX];
	unsigned int len = copy_code(code, p->start, p->end), i;
	struct axv_x86_ref ref[AXV_X86_MAX_REFS];
	struct axv_x86_insn insn;
	int err;

	err = axv_x86_decode(code, sizeof(code), p->bits, &insn);
	if (err != -(int)p->err)
		return wrong("%s (%u bits): %d instead of %d", p->name, p->bits, err, -(int)p->err);
	if (err)
		return true;
	if (insn.len != len)
		return wrong("%s (%u bits): %u bytes, decoded as %u", p->name, p->bits, len,
			     insn.len);
	if (strcmp(op_name(insn.op), p->op))
		return wrong("%s (%u bits): decoded as %s", p->name, p->bits, op_name(insn.op));
	if (!insn.stack_bits)
		insn.stack_bits = p->bits;
	axv_x86_refs(&insn, &gpr, ref);
	/* POP's own operand is the second one. */
	i = insn.op == AXV_X86_OP_POP;
	if (insn.width != p->width || ref[i].seg != p->seg || ref[i].off != p->off)
		return wrong("%s (%u bits): %u bytes at %u:%llx instead of %u at %u:%llx", p->name,
			     p->bits, insn.width, ref[i].seg, ref[i].off,
			     p->width, p->seg, p->off);
	for (i = 0; i < len; i++) {
		err = axv_x86_decode(code, i, p->bits, &insn);
		if (err != -ENODATA)
			return wrong("%s (%u bits): the first %u bytes give %d", p->name, p->bits,
				     i, err);
	}
	return true;
}

static void test_places(void)
{
	const struct place *p;
	bool ok;

	for (ok = true, p = places; p < places_end; p++)
		if (!p->err)
			ok = ok && run_place(p);
	ktap_result(ok, "16- and 32-bit code, prefixes");
	for (ok = true, p = places; p < places_end; p++)
		if (p->err)
			ok = ok && run_place(p);
	ktap_result(ok, "refuses what has no memory operand, bad LOCK, other instructions");
}

static bool run_intercept(const struct intercept *p)
{
	u8 code[2 * AXV_X86_INSN_MAX];
	unsigned int len = copy_code(code, p->start, p->end), i;
	struct axv_x86_sys sys;
	int err;

	err = axv_x86_decode_system(code, sizeof(code), p->bits, &sys);
	if (err != -(int)p->err)
		return wrong("%s (%u bits): %d instead of %d", p->name, p->bits, err, -(int)p->err);
	if (err)
		return true;
	if (strcmp(sys_name(sys.op), p->op) || sys.len != len)
		return wrong("%s (%u bits): decoded as %s of %u bytes", p->name, p->bits,
			     sys_name(sys.op), sys.len);
	if ((p->width && sys.width != p->width) || sys.cr != p->cr || sys.gpr != p->gpr ||
	    sys.seg != p->seg || sys.addr_bits != p->addr_bits)
		return wrong("%s (%u bits): width %u, cr %u, gpr %d, seg %d, %u-bit addresses",
			     p->name, p->bits, sys.width, sys.cr, sys.gpr, sys.seg, sys.addr_bits);
	if (sys.has_imm != (p->port >= 0) || (sys.has_imm && sys.port != p->port))
		return wrong("%s (%u bits): immediate %d", p->name, p->bits,
			     sys.has_imm ? sys.port : -1);
	/* PAUSE has the prefix too. */
	if (sys.op != AXV_X86_SYS_PAUSE && sys.rep != !!strstr(p->name, "rep "))
		return wrong("%s (%u bits): rep is %d", p->name, p->bits, sys.rep);
	for (i = 0; i < len; i++) {
		err = axv_x86_decode_system(code, i, p->bits, &sys);
		if (err != -ENODATA)
			return wrong("%s (%u bits): the first %u bytes give %d", p->name, p->bits,
				     i, err);
	}
	return true;
}

static void test_intercepts(void)
{
	const struct intercept *p;
	bool ok;

	for (ok = true, p = intercepts; p < intercepts_end; p++)
		if (!p->err)
			ok = ok && run_intercept(p);
	ktap_result(ok, "intercepted instructions");
	for (ok = true, p = intercepts; p < intercepts_end; p++)
		if (p->err)
			ok = ok && run_intercept(p);
	ktap_result(ok, "refuses instructions that are not intercepted");
}

/* ---- any bytes -------------------------------------------------------------------------------------- */

#define RANDOM_STRINGS	1000000

static bool run_random(const u8 *code, unsigned int n, unsigned int bits)
{
	struct axvcpu_x86_gpr gpr = { .rip = next_random(), .rflags = 2 };
	struct axv_x86_ref ref[AXV_X86_MAX_REFS];
	u64 in[AXV_X86_MAX_REFS], out = 0;
	struct axv_x86_insn insn;
	struct axv_x86_sys sys;
	unsigned int i;
	int err;

	err = axv_x86_decode_system(code, n, bits, &sys);
	if (!err && (!sys.len || sys.len > n || sys.len > AXV_X86_INSN_MAX))
		return wrong("an intercepted instruction of %u bytes in %u", sys.len, n);
	err = axv_x86_decode(code, n, bits, &insn);
	if (err)
		return err == -EINVAL || err == -ENOENT || err == -ENODATA ? true :
		       wrong("decoding gives %d", err);
	if (!insn.len || insn.len > n || insn.len > AXV_X86_INSN_MAX)
		return wrong("an instruction of %u bytes in %u", insn.len, n);
	if (insn.width != 1 && insn.width != 2 && insn.width != 4 && insn.width != 8)
		return wrong("an operand of %u bytes", insn.width);
	if (insn.seg > AXVCPU_X86_GS)
		return wrong("segment %u", insn.seg);

	if (!insn.stack_bits)
		insn.stack_bits = bits;
	for (i = 0; i < 16; i++)
		gpr.r[i] = next_random();
	in[0] = next_random() & axv_x86_mask(insn.width);
	in[1] = next_random() & axv_x86_mask(insn.width);
	axv_x86_refs(&insn, &gpr, ref);
	axv_x86_compute(&insn, &gpr, in, &out);
	if (out & ~axv_x86_mask(insn.width))
		return wrong("%s writes %llx in %u bytes", op_name(insn.op),
			     out, insn.width);
	return true;
}

/* At the end of a page without a next one: reading too far is seen. */
static void test_random(void)
{
	static const unsigned int modes[] = { 16, 32, 64 };
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int i, j, n;
	u8 *room, *code;
	bool ok = true;

	room = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED || mprotect(room + page, page, PROT_NONE)) {
		ktap_skip("any bytes at all", "no memory");
		return;
	}
	for (i = 0; ok && i < RANDOM_STRINGS; i++) {
		n = 1 + next_random() % 16;
		code = room + page - n;
		for (j = 0; j < n; j++)
			code[j] = next_random();
		/* A half begins with a prefix or 0F, to get further. */
		if (i & 1)
			code[0] = "\x0f\x66\x67\xf0\xf2\xf3\x48\x41"[next_random() % 8];
		ok = run_random(code, n, modes[i % 3]);
	}
	munmap(room, 2 * page);
	ktap_result(ok, "any bytes at all");
}

int main(void)
{
	unsigned int groups = 0, n_forms, n_leas;
	const struct form *f;
	const struct lea *l;

	if (syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)GS_BASE)) {
		printf("TAP version 13\n1..0 # SKIP no GS base of one's own here\n");
		return 4;
	}
	for (f = forms; f < forms_end; f++)
		groups += !f->start;
	for (l = leas; l < leas_end; l++)
		groups += !l->start;
	ktap_plan(groups + 5);

	fill_background();
	n_forms = test_forms();
	n_leas = test_leas();
	test_places();
	test_intercepts();
	test_random();
	printf("# %u forms with %zu operand patterns each, %u forms of address\n", n_forms,
	       ARRAY_SIZE(values) * ARRAY_SIZE(values) * 2, n_leas);
	printf("# %u and %u decoded by expectation, %lu instructions executed by the CPU\n",
	       (unsigned int)(places_end - places),
	       (unsigned int)(intercepts_end - intercepts), executions);
	return ktap_end();
}
