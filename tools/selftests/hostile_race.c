// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two vCPUs of a guest against the hypervisor: one executes an instruction that
 * is emulated, the other one changes it, or the page tables it is found by. What
 * is read twice must not be believed twice: each exit is one instruction's or the
 * other's and all of a piece, and user mode gets no further than it may.
 *
 * rig: timeout=300 smp=3 arch=x86
 */
#include "common/hostile.h"
#include "common/x86.h"

DECLARE_GUEST(hostile);
#define LABEL(name)	DECLARE_GUEST_SYM(hostile, name)
#define SYM(name)	GUEST_SYM(hostile, name)
LABEL(traps);
LABEL(race);
LABEL(race_slot);
LABEL(flip);
LABEL(touch);
LABEL(s_write32);
LABEL(s_read32);
LABEL(s_write8);
LABEL(s_modify);
LABEL(s_register);
LABEL(s_read64);
LABEL(s_read_zx8);
LABEL(s_read_zx16);
LABEL(s_out8);
LABEL(s_in8);
LABEL(s_hlt);
LABEL(s_out32_imm);
LABEL(s_in32_imm);
LABEL(s_outs);
LABEL(s_rep_outs);
LABEL(s_outsl);
LABEL(s_insl);
LABEL(s_rdmsr);
LABEL(s_wrmsr);
LABEL(s_cpuid);
LABEL(s_vmmcall);
LABEL(s_vmload);
LABEL(s_smsw);
LABEL(s_lmsw);
LABEL(s_to_cr0);
LABEL(s_clts);
LABEL(s_to_cr4);
LABEL(s_xsetbv);
LABEL(s_read_or);
LABEL(s_ud);

#define EXITS	1500		/* seen in each race */
#define FLIPS	(GUEST_DATA + 0x8000)

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(hostile),
	.entry = SYM(race),
};

static const struct axt_config other = {
	.stage = AXT_FREE,
	.start = AXVCPU_X86_START_LONG64,
	GUEST(hostile),
	.entry = SYM(flip),
};

/* ---- the other vCPU ------------------------------------------------------------------- */

struct flipper {
	struct axt_thread thread;
	struct axv_vcpu v;
	bool over;
};

static long keep_flipping(void *arg)
{
	struct flipper *f = arg;

	ASSERT_OK(axv_bind(&f->v));
	while (!__atomic_load_n(&f->over, __ATOMIC_SEQ_CST)) {
		ASSERT_OK(axv_run(&f->v));
		ASSERT_EQ(f->v.run->exit.reason, AXVCPU_EXIT_STOPPED);
	}
	return 0;
}

/* @a and @b by turns at @where. */
static void flipper_start(struct axt *f, struct flipper *flip, uint64_t where, uint64_t a,
			  uint64_t b)
{
	flip->over = false;
	axt_add_vcpu(f, 1, &other, &flip->v);
	ASSERT_OK(axv_set_gpr(&flip->v, RAX, a));
	ASSERT_OK(axv_set_gpr(&flip->v, RBX, b));
	ASSERT_OK(axv_set_gpr(&flip->v, RSI, where));
	/* not all of a host's time goes into code that was written to */
	ASSERT_OK(axv_set_gpr(&flip->v, RCX, 3000));
	axt_thread_start(&flip->thread, keep_flipping, flip);
}

static void flipper_stop(struct axt *f, struct flipper *flip)
{
	uint64_t flips = GUEST_MEM(f, FLIPS, uint64_t);

	__atomic_store_n(&flip->over, true, __ATOMIC_SEQ_CST);
	axv_kick(&flip->v);
	axt_thread_join(&flip->thread);
	axv_vcpu_close(&flip->v);
	axt_diag("%llu times there and back", (unsigned long long)flips);
	/* or nothing was tried */
	EXPECT_GE(flips, 3u);
}

/* ---- instructions ----------------------------------------------------------------------- */

/**
 * struct side - an instruction in the slot, and its exit
 * @code: where it is in the guest
 * @reason: of its exit, NOTHING: it has none
 * @at: gpa, port or MSR
 * @width: of the access
 * @count: elements of a string
 * @data: what is written
 * @trap: it faults: the vector + 1
 */
struct side {
	uint64_t code;
	uint32_t reason;
	uint64_t at;
	uint32_t width;
	uint32_t count;
	uint64_t data;
	unsigned int trap;
};

#define SIDE(_code, _reason, ...)	{ .code = SYM(_code), .reason = AXVCPU_EXIT_##_reason, ##__VA_ARGS__ }
#define MMIO		.at = GUEST_MMIO
#define PORT		.at = GUEST_PORT
#define WRITE32		SIDE(s_write32, MMIO_WRITE, MMIO, .width = 4, .data = 0x11223344)
#define READ32		SIDE(s_read32, MMIO_READ, MMIO, .width = 4)
#define WRITE8		SIDE(s_write8, MMIO_WRITE, MMIO, .width = 1, .data = 0x44)
#define MODIFY		SIDE(s_modify, MMIO_READ, MMIO, .width = 4)
#define REGISTER	SIDE(s_register, NOTHING)
#define READ64		SIDE(s_read64, MMIO_READ, MMIO, .width = 8)
#define READ_ZX8	SIDE(s_read_zx8, MMIO_READ, MMIO, .width = 1)
#define READ_ZX16	SIDE(s_read_zx16, MMIO_READ, MMIO, .width = 2)
#define READ_OR		SIDE(s_read_or, MMIO_READ, MMIO, .width = 4)
#define UD		SIDE(s_ud, NOTHING, .trap = 7)
#define OUT8		SIDE(s_out8, IO_WRITE, PORT, .width = 1, .count = 1, .data = 0x44)
#define IN8		SIDE(s_in8, IO_READ, PORT, .width = 1, .count = 1)
#define HLT		SIDE(s_hlt, HALT)
#define OUT32_IMM	SIDE(s_out32_imm, IO_WRITE, .at = 0x84, .width = 4, .count = 1, .data = 0x11223344)
#define IN32_IMM	SIDE(s_in32_imm, IO_READ, .at = 0x84, .width = 4, .count = 1)
#define OUTS		SIDE(s_outs, IO_WRITE, PORT, .width = 1, .count = 1)
#define REP_OUTS	SIDE(s_rep_outs, IO_WRITE, PORT, .width = 1, .count = 5)
#define OUTSL		SIDE(s_outsl, IO_WRITE, PORT, .width = 4, .count = 1)
#define INSL		SIDE(s_insl, IO_READ, PORT, .width = 4, .count = 1)
#define RDMSR		SIDE(s_rdmsr, SYSREG_READ, .at = 5)
#define WRMSR		SIDE(s_wrmsr, SYSREG_WRITE, .at = 5, .data = (uint64_t)GUEST_PORT << 32 | 0x11223344)
#define CPUID		SIDE(s_cpuid, NOTHING)
#define VMMCALL		SIDE(s_vmmcall, HYPERCALL, .at = 0x11223344)
#define VMLOAD		SIDE(s_vmload, NOTHING, .trap = 7)

static const struct {
	const char *name;
	struct side side[2];
} races[] = {
	{ "write_or_read", { WRITE32, READ32 } },
	{ "write_4_or_1", { WRITE32, WRITE8 } },
	{ "read_4_or_8", { READ32, READ64 } },
	{ "read_1_or_2", { READ_ZX8, READ_ZX16 } },
	{ "modify_or_write", { MODIFY, WRITE32 } },
	{ "write_or_register", { WRITE32, REGISTER } },
	{ "read_or_invalid", { READ_OR, UD } },
	{ "in_or_out", { IN8, OUT8 } },
	{ "in_or_out_immediate", { IN32_IMM, OUT32_IMM } },
	{ "out_or_halt", { OUT8, HLT } },
	{ "string_or_not", { OUTS, OUT8 } },
	{ "string_or_repeated", { OUTS, REP_OUTS } },
	{ "ins_or_outs", { INSL, OUTSL } },
	{ "rdmsr_or_wrmsr", { RDMSR, WRMSR } },
	{ "cpuid_or_rdmsr", { CPUID, RDMSR } },
	{ "hypercall_or_vmload", { VMMCALL, VMLOAD } },
};

/* Is the exit in the page this side's and nobody else's? */
static bool is_exit_of(const struct axt *f, const struct side *s)
{
	volatile struct axvcpu_exit *x = f->exit;

	if (x->reason != s->reason || x->pc != SYM(race_slot))
		return false;
	switch (x->reason) {
	case AXVCPU_EXIT_MMIO_READ:
		return x->mmio.gpa == s->at && x->mmio.width == s->width;
	case AXVCPU_EXIT_MMIO_WRITE:
		return x->mmio.gpa == s->at && x->mmio.width == s->width &&
		       (x->mmio.data == s->data || s->code == SYM(s_modify));
	case AXVCPU_EXIT_IO_READ:
	case AXVCPU_EXIT_IO_WRITE:
		return x->io.port == s->at && x->io.width == s->width && x->io.count <= s->count &&
		       x->io.count && (!s->data || x->io.data == s->data);
	case AXVCPU_EXIT_SYSREG_READ:
		return x->sysreg.addr == s->at;
	case AXVCPU_EXIT_SYSREG_WRITE:
		return x->sysreg.addr == s->at && x->sysreg.value == s->data;
	case AXVCPU_EXIT_HYPERCALL:
		return x->hypercall.nr == s->at;
	}
	return true;
}

/* Of an instruction that reads and writes, the second exit. */
static bool is_second_half(const struct axt *f, const struct side *s)
{
	return s->code == SYM(s_modify) && f->exit->reason == AXVCPU_EXIT_MMIO_WRITE &&
	       f->exit->mmio.gpa == s->at && f->exit->mmio.width == s->width;
}

/* Go on after the exit, or start the loop anew. */
static void go_on(struct axt *f)
{
	if (axv_allowed(&f->v, AXVCPU_CMD_FULFIL))
		axv_fulfil(&f->v, 0x99);
	else
		axt_goto(&f->v, SYM(race), GUEST_STACK);
}

TEST_ROWS(code, races, ARRAY_SIZE(races), &config)
{
	static const struct axvcpu_filter_range msr = {
		5, 5, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	const struct side *side = ((const __typeof__(*races) *)arg)->side;
	unsigned int i, n, seen[2] = { }, traps = 0, exits = rounds(EXITS);
	uint64_t end = axt_now_ms() + 5000;
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct stopper stopper;
	struct flipper flip;
	struct x86_frame fr;
	char text[200];

	if (axt_cpus() < 2)
		axt_skip("one processor: nothing happens at the same time");
	ASSERT_OK(axv_set_msr_filter(f->vm, &msr, 1));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	flipper_start(f, &flip, SYM(race_slot), GUEST_MEM(f, side[0].code, uint64_t),
		      GUEST_MEM(f, side[1].code, uint64_t));
	/* where neither side exits for a while */
	stopper_start(&stopper, &f->v, 20);
	for (n = 0; n < exits && axt_now_ms() < end; n++) {
		ASSERT_OK(axv_run(&f->v));
		if (f->exit->reason == AXVCPU_EXIT_STOPPED)
			continue;
		if (x86_trapped(&t, &f->v, &fr)) {
			/* what an emulated CPU says to VMLOAD of no address is #GP */
			if (fr.vector + 1 != side[0].trap && fr.vector + 1 != side[1].trap &&
			    !(fr.vector == 13 && side[1].code == SYM(s_vmload)))
				axt_fail(__FILE__, __LINE__, "vector %u at 0x%llx", fr.vector,
					 (unsigned long long)fr.ip);
			traps++;
			axt_goto(&f->v, SYM(race), GUEST_STACK);
			continue;
		}
		for (i = 0; i < 2; i++) {
			if (is_exit_of(f, &side[i]) || is_second_half(f, &side[i])) {
				seen[i]++;
				break;
			}
		}
		if (i == 2)
			axt_fail(__FILE__, __LINE__, "neither's exit: %s",
				 axv_exit_str(&f->v.run->exit, text, sizeof(text)));
		if (axt_failures() > 5)
			break;
		go_on(f);
	}
	stopper_stop(&stopper);
	flipper_stop(f, &flip);
	axt_diag("%u of one, %u of the other, %u faults", seen[0], seen[1], traps);
	EXPECT_GE(seen[0] + seen[1] + traps, 10u);
}

/* ---- user mode ----------------------------------------------------------------------------- */

/*
 * SMSW is for user mode too, and exits while CR0 is not what the CPU has. What
 * another vCPU then puts in its place is not.
 */
static const struct {
	const char *name;
	uint64_t code;
} privileged[] = {
	{ "lmsw", SYM(s_lmsw) },
	{ "mov_to_cr0", SYM(s_to_cr0) },
	{ "mov_to_cr4", SYM(s_to_cr4) },
	{ "clts", SYM(s_clts) },
	{ "xsetbv", SYM(s_xsetbv) },
};

/* To user mode, at the loop; CR0.CD is one that the CPU does not get. */
static void to_user(struct axt *f, struct axvcpu_x86_control *c)
{
	unsigned int i;

	x86_get_control(&f->v, c);
	c->seg[AXVCPU_X86_CS].selector = 0x2b;
	c->seg[AXVCPU_X86_CS].attr = 0xafb;
	for (i = 0; i < AXVCPU_X86_LDTR; i++) {
		if (i == AXVCPU_X86_CS)
			continue;
		c->seg[i].selector = 0x33;
		c->seg[i].attr = 0xcf3;
	}
	c->seg[AXVCPU_X86_TR] = (struct axvcpu_x86_segment) {
		GUEST_PD + 4 * AXT_PAGE, 0x67, 0x38, X86_TR_ATTR,
	};
	c->cr0 |= CR0_CD | CR0_TS;
	c->cr4 |= CR4_OSXSAVE;
	c->xcr0 = 1;
	ASSERT_OK(x86_set_control(&f->v, c));
	axt_goto(&f->v, SYM(race), GUEST_STACK);
}

TEST_ROWS(user, privileged, ARRAY_SIZE(privileged), &config)
{
	uint64_t code = ((const __typeof__(*privileged) *)arg)->code;
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t end = axt_now_ms() + 3000;
	struct axvcpu_x86_control want, now;
	unsigned int faults = 0, stops = 0;
	struct stopper stopper;
	struct flipper flip;
	struct x86_frame fr;

	if (axt_cpus() < 2)
		axt_skip("one processor: nothing happens at the same time");
	*(uint64_t *)(f->ram + GUEST_PD + 4 * AXT_PAGE + 4) = GUEST_STACK;
	to_user(f, &want);
	flipper_start(f, &flip, SYM(race_slot), GUEST_MEM(f, SYM(s_smsw), uint64_t),
		      GUEST_MEM(f, code, uint64_t));
	stopper_start(&stopper, &f->v, 10);
	while (faults + stops < rounds(EXITS) && axt_now_ms() < end && !axt_failures()) {
		ASSERT_OK(axv_run(&f->v));
		x86_get_control(&f->v, &now);
		EXPECT_EQ(now.cr0, want.cr0);
		EXPECT_EQ(now.cr4, want.cr4);
		EXPECT_EQ(now.xcr0, want.xcr0);
		if (f->exit->reason == AXVCPU_EXIT_STOPPED) {
			stops++;
			continue;
		}
		if (!x86_trapped(&t, &f->v, &fr)) {
			axt_fail(__FILE__, __LINE__, "exit %u in user mode", f->exit->reason);
			break;
		}
		/* half of one and half of the other may be no instruction at all */
		EXPECT_TRUE(fr.vector == 13 || fr.vector == 6);
		EXPECT_EQ(fr.ip, SYM(race_slot));
		faults++;
		to_user(f, &want);
	}
	stopper_stop(&stopper);
	flipper_stop(f, &flip);
	axt_diag("%u faults, %u stops", faults, stops);
	EXPECT_GE(faults, 3u);
}

/* ---- page tables --------------------------------------------------------------------------- */

#define GVA		0x40000000ull	/* below a directory of its own */
#define TABLE		(GUEST_DATA + 0x1000)
#define FRAME		(GUEST_DATA + 0x3000)

static const struct {
	const char *name;
	bool directory;		/* which entry it is */
	uint64_t pte[2];
} tables[] = {
	{ "memory_or_device", false, { FRAME | 7, GUEST_MMIO | 7 } },
	{ "memory_or_nothing", false, { FRAME | 7, 0 } },
	{ "device_or_nothing", false, { GUEST_MMIO | 7, 0 } },
	{ "device_or_read_only", false, { GUEST_MMIO | 7, FRAME | 5 } },
	{ "table_or_device", true, { TABLE | 7, GUEST_MMIO | 7 } },
	{ "table_or_reserved_bits", true, { TABLE | 7, GUEST_MMIO | 0x2080 | 7 } },
	{ "table_or_beyond", true, { TABLE | 7, 0x000ffffffffff007ull } },
};

TEST_ROWS(tables, tables, ARRAY_SIZE(tables), &config)
{
	const __typeof__(*tables) *row = arg;
	unsigned int n, seen[AXVCPU_EXIT_NR] = { }, traps = 0;
	uint64_t *pdpt = (uint64_t *)(f->ram + GUEST_PDPT);
	uint64_t *pd = (uint64_t *)(f->ram + GUEST_DATA), *pt = (uint64_t *)(f->ram + TABLE);
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t end = axt_now_ms() + 5000;
	struct stopper stopper;
	struct flipper flip;
	struct x86_frame fr;
	char text[200];

	if (axt_cpus() < 2)
		axt_skip("one processor: nothing happens at the same time");
	pdpt[1] = GUEST_DATA | 7;
	pd[0] = TABLE | 7;
	pt[0] = row->pte[0];
	if (row->directory)
		pt[0] = GUEST_MMIO | 7;
	axt_goto(&f->v, SYM(touch), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, RSI, GVA + 0x10));
	ASSERT_OK(axv_set_gpr(&f->v, RAX, 0x11223344));
	flipper_start(f, &flip, row->directory ? GUEST_DATA : TABLE, row->pte[0], row->pte[1]);
	stopper_start(&stopper, &f->v, 20);
	for (n = 0; n < rounds(EXITS) && axt_now_ms() < end && axt_failures() < 5; n++) {
		ASSERT_OK(axv_run(&f->v));
		seen[f->exit->reason]++;
		switch (f->exit->reason) {
		case AXVCPU_EXIT_STOPPED:
			continue;
		case AXVCPU_EXIT_MMIO_WRITE:
			EXPECT_EQ(f->exit->mmio.data, 0x11223344);
			/* fall through */
		case AXVCPU_EXIT_MMIO_READ:
			/* the table's second entry, when the device is the table */
			EXPECT_EQ(f->exit->mmio.gpa, GUEST_MMIO + 0x10);
			EXPECT_EQ(f->exit->mmio.width, 4);
			axv_fulfil(&f->v, 0x99);
			continue;
		case AXVCPU_EXIT_NESTED_PAGE_FAULT:
			EXPECT_TRUE(f->exit->npf.flags & AXVCPU_NPF_WALK);
			axv_retry(&f->v);
			continue;
		case AXVCPU_EXIT_HYPERCALL:
			if (x86_trapped(&t, &f->v, &fr) && fr.vector == 14) {
				traps++;
				axt_goto(&f->v, SYM(touch), GUEST_STACK);
				continue;
			}
		}
		axt_fail(__FILE__, __LINE__, "%s", axv_exit_str(&f->v.run->exit, text, sizeof(text)));
		axt_goto(&f->v, SYM(touch), GUEST_STACK);
	}
	stopper_stop(&stopper);
	flipper_stop(f, &flip);
	for (n = 0; n < AXVCPU_EXIT_NR; n++)
		if (seen[n])
			axt_diag("%5u %s", seen[n], axv_exit_name(n));
	axt_diag("%5u page faults", traps);
}
