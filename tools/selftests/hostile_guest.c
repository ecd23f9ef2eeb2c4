// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest alone can ask of a hypervisor that has brought some down, one case
 * for each: here it is an exit or a fault in the guest, and those beside it and
 * the next guest run as ever.
 *
 * Other such things are tested where they belong: faults of each kind of guest
 * memory in exit_faults.c, garbage in hostile_code.c, all MSRs in hostile_regs.c,
 * endless faults in hostile_loops.c. What a RISC-V guest can ask is a call of the
 * firmware (riscv_sbi.c, riscv_harts.c), a CSR (hostile_riscv.c).
 *
 * rig: arch=x86
 */
#include "common/hostile.h"
#include "common/x86.h"

DECLARE_GUEST(hostile);
#define LABEL(name)	DECLARE_GUEST_SYM(hostile, name)
#define SYM(name)	GUEST_SYM(hostile, name)
LABEL(traps);
LABEL(done);
LABEL(to_msr);
LABEL(to_xcr);
LABEL(lmsw_ax);
LABEL(clts_insn);
LABEL(cr_table);
LABEL(out8);
LABEL(out16);
LABEL(out32);
LABEL(store32);
LABEL(load32);
LABEL(jump);
LABEL(rep_out);
LABEL(rep_in);
LABEL(hypercall);

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(hostile),
};

static struct beside beside;
static struct x86_traps traps;

static void begin(struct axt *f)
{
	beside_start(&beside);
	traps = x86_traps_init(f, SYM(traps));
	want(&f->v, AXVCPU_REGS_GPR);
}

static void end(struct axt *f __maybe_unused)
{
	beside_stop(&beside);
	expect_hello();
}

static void set(struct axt *f, unsigned int nr, uint64_t value)
{
	ASSERT_OK(axv_set_gpr(&f->v, nr, value));
}

/* The piece at @at runs, or faults with one of these. */
static bool runs_or_faults(struct axt *f, uint64_t at, unsigned int a, unsigned int b)
{
	struct x86_frame fr;
	char text[200];

	axt_goto(&f->v, at, GUEST_STACK);
	ASSERT_OK(axv_run(&f->v));
	if (f->exit->reason == AXVCPU_EXIT_HYPERCALL && f->exit->pc == SYM(done))
		return true;
	if (x86_trapped(&traps, &f->v, &fr)) {
		if (fr.vector != a && fr.vector != b)
			axt_fail(__FILE__, __LINE__, "vector %u", fr.vector);
		return false;
	}
	axt_fail(__FILE__, __LINE__, "%s", axv_exit_str(&f->v.run->exit, text, sizeof(text)));
	return false;
}

/* ---- control registers ---------------------------------------------------------------- */

/* Each control register by number, those there are not included, both ways. */
TEST(control_register_of_any_number, &config)
{
	unsigned int n, way;
	bool ok;

	begin(f);
	for (n = 0; n < 16; n++) {
		for (way = 0; way < 2; way++) {
			axt_context("%s cr%u", way ? "read" : "write", n);
			set(f, RAX, n == 0 ? CR0_PE | CR0_ET | CR0_PG :
				    n == 3 ? GUEST_PML4 : n == 4 ? CR4_PAE : 0);
			ok = runs_or_faults(f, SYM(cr_table) + 32 * n + 16 * way, 6, 13);
			EXPECT_EQ(ok, n == 0 || n == 2 || n == 3 || n == 4 || n == 8);
		}
	}
	/* and the old ways to some of CR0 */
	for (n = 0; n < 16; n++) {
		set(f, RAX, n);
		runs_or_faults(f, SYM(lmsw_ax), 13, 13);
		runs_or_faults(f, SYM(clts_insn), 13, 13);
	}
	axt_context(NULL);
	end(f);
}

/* What those that are served in the kernel refuse is a fault in the guest. */
TEST(control_register_value_refused, &config)
{
	static const uint64_t bad0[] = {
		0, CR0_PG, CR0_PE | CR0_NW | CR0_PG, 1ull << 32, ~0ull, CR0_PE,
	};
	static const uint64_t bad4[] = { 0, 1ull << 13, 1ull << 31, 1ull << 63, ~0ull };
	unsigned int i;

	begin(f);
	for (i = 0; i < ARRAY_SIZE(bad0); i++) {
		axt_context("cr0 %llx", (unsigned long long)bad0[i]);
		/* leaving long mode so is refused as well */
		set(f, RAX, bad0[i]);
		EXPECT_TRUE(!runs_or_faults(f, SYM(cr_table), 13, 13));
	}
	for (i = 0; i < ARRAY_SIZE(bad4); i++) {
		axt_context("cr4 %llx", (unsigned long long)bad4[i]);
		set(f, RAX, bad4[i]);
		EXPECT_TRUE(!runs_or_faults(f, SYM(cr_table) + 32 * 4, 13, 13));
	}
	axt_context(NULL);
	end(f);
}

/* ---- XSETBV ------------------------------------------------------------------------------- */

/* Every component alone and with its likes, every number of an XCR. */
TEST(extended_state_of_any_kind, &config)
{
	struct axvcpu_x86_control c;
	unsigned int i, ok = 0;

	begin(f);
	x86_get_control(&f->v, &c);
	c.cr4 |= CR4_OSXSAVE;
	if (x86_set_control(&f->v, &c))
		axt_skip("this CPU has no XSAVE");
	for (i = 0; i < 256; i++) {
		axt_context("xcr0 %x", i);
		set(f, RCX, 0);
		set(f, RAX, i);
		set(f, RDX, 0);
		ok += runs_or_faults(f, SYM(to_xcr), 13, 13);
	}
	for (i = 0; i < 64; i++) {
		axt_context("bit %u", i);
		set(f, RCX, i % 3);
		set(f, RAX, (uint32_t)(1ull << i | 1));
		set(f, RDX, 1ull << i >> 32);
		runs_or_faults(f, SYM(to_xcr), 13, 13);
	}
	axt_context(NULL);
	axt_diag("%u of 256 values are taken", ok);
	EXPECT_TRUE(ok >= 1 && ok <= 16);
	end(f);
}

/* ---- interrupt controllers that are not there ------------------------------------------------ */

/* The task priority, the command register, the self-interrupt: no such MSR. */
TEST(x2apic_registers_without_an_apic, &config)
{
	static const uint32_t values[] = { 0, 0x20, 0xc4500, 0xc0500, 0xc4608, 0x4030, ~0u };
	unsigned int nr, i;

	begin(f);
	for (nr = 0x800; nr < 0x900; nr += axt_slow() > 1 && nr != 0x808 ? 3 : 1) {
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			axt_context("msr %x, %x", nr, values[i]);
			set(f, RCX, nr);
			set(f, RAX, values[i]);
			set(f, RDX, i & 1 ? ~0u : 0);
			EXPECT_TRUE(!runs_or_faults(f, SYM(to_msr), 13, 13));
		}
	}
	axt_context(NULL);
	end(f);
}

/* The same at their places in memory: every register of the three, known or not. */
TEST(interrupt_controller_registers_in_memory, &config)
{
	static const uint64_t pages[] = { 0xfee00000, 0xfec00000, 0xfed00000 };
	unsigned int i, at;

	begin(f);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		for (at = 0; at < 0x1000; at += 0x10 * axt_slow()) {
			axt_context("register %llx", (unsigned long long)pages[i] + at);
			set(f, RSI, pages[i] + at);
			/* INIT, start-up and NMI to everybody are among these */
			set(f, RAX, 0xc0400 + at);
			axt_goto(&f->v, SYM(store32), GUEST_STACK);
			ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_WRITE);
			EXPECT_EQ(f->exit->mmio.gpa, pages[i] + at);
			axt_goto(&f->v, SYM(load32), GUEST_STACK);
			ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
			EXPECT_EQ(f->exit->mmio.gpa, pages[i] + at);
		}
	}
	axt_context(NULL);
	end(f);
}

/* ---- the machine's switches --------------------------------------------------------------------- */

/* SMI, resets, INIT, power off by any other word: the VMM hears of it, nobody else. */
TEST(reset_and_power_ports, &config)
{
	static const struct {
		uint16_t port;
		uint32_t value;
	} rows[] = {
		{ 0xb2, 0 }, { 0xb2, 0xff }, { 0xb3, 1 }, { 0xcf9, 6 }, { 0xcf9, 0xe }, { 0x64, 0xfe },
		{ 0x92, 1 }, { 0x92, 3 }, { 0x604, 0x2001 }, { 0x604, 0x3400 }, { 0x604, 0x12000 },
		{ 0x605, 0x20 }, { 0xb004, 0x2000 }, { 0x4004, 0x3400 }, { 0x600, 0x2000 },
	};
	static const struct {
		uint64_t at;
		unsigned int width;
	} outs[] = { { SYM(out8), 1 }, { SYM(out16), 2 }, { SYM(out32), 4 } };
	unsigned int i, n;

	begin(f);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (n = 0; n < ARRAY_SIZE(outs); n++) {
			uint32_t mask = outs[n].width == 4 ? ~0u : (1u << 8 * outs[n].width) - 1;

			axt_context("port %x, %x, %u bytes", rows[i].port, rows[i].value,
				    outs[n].width);
			/* the one that is meant */
			if (rows[i].port == 0x604 && outs[n].width == 2 &&
			    (rows[i].value & mask) == 0x2000)
				continue;
			set(f, RDX, rows[i].port);
			set(f, RAX, rows[i].value);
			axt_goto(&f->v, outs[n].at, GUEST_STACK);
			ASSERT_EXIT(f, AXVCPU_EXIT_IO_WRITE);
			EXPECT_EQ(f->exit->io.port, rows[i].port);
			EXPECT_EQ(f->exit->io.data, rows[i].value & mask);
		}
	}
	axt_context(NULL);
	end(f);
}

/* ---- hypercalls ---------------------------------------------------------------------------------- */

/* Any number, any arguments: whoever the VMM is decides, and may decide nothing. */
TEST(hypercall_of_any_number, &config)
{
	struct rnd r = rnd_at(0x48595045, 0, 0);
	unsigned int i;
	uint64_t nr;

	begin(f);
	for (i = 0; i < rounds(400); i++) {
		nr = rnd_value(&r);
		axt_context("number %llx", (unsigned long long)nr);
		set(f, RAX, nr);
		set(f, RDI, rnd_value(&r));
		set(f, RSI, rnd_value(&r));
		axt_goto(&f->v, SYM(hypercall), GUEST_STACK);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->hypercall.nr, nr);
		axv_skip(&f->v);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(done));
		EXPECT_EQ(reg(&f->v, RAX), nr);
	}
	axt_context(NULL);
	end(f);
}

/* ---- lengths ----------------------------------------------------------------------------------------- */

/* As many elements as a count can say, up and down, from anywhere. */
TEST(string_transfer_of_any_length, &config)
{
	static const uint64_t counts[] = { 1, 1024, 1025, 0xffff, 0x7fffffff, ~0u, 1ull << 63, ~0ull };
	static const uint64_t places[] = {
		GUEST_DATA, GUEST_RAM_SIZE - 1, GUEST_MMIO, 0, 0xffffffff, 1ull << 47, ~0ull,
	};
	unsigned int i, n, way, turn;
	bool out;

	begin(f);
	for (i = 0; i < ARRAY_SIZE(counts) * ARRAY_SIZE(places) * 4; i++) {
		n = i / 4;
		out = i & 1;
		way = i & 2;
		axt_context("%s, %llx from %llx, %s", out ? "out" : "in",
			    (unsigned long long)counts[n % ARRAY_SIZE(counts)],
			    (unsigned long long)places[n / ARRAY_SIZE(counts)], way ? "down" : "up");
		set(f, RDX, GUEST_PORT);
		set(f, RCX, counts[n % ARRAY_SIZE(counts)]);
		set(f, RSI, places[n / ARRAY_SIZE(counts)]);
		set(f, RDI, places[n / ARRAY_SIZE(counts)]);
		axt_goto(&f->v, out ? SYM(rep_out) : SYM(rep_in), GUEST_STACK);
		x86_set_flags(&f->v, way ? FLAG_DF : 0, FLAG_DF);
		f->v.run->entry.command = AXVCPU_CMD_NONE;
		for (turn = 0; turn < 3; turn++) {
			ASSERT_OK(axv_run(&f->v));
			if (f->exit->reason != AXVCPU_EXIT_IO_READ &&
			    f->exit->reason != AXVCPU_EXIT_IO_WRITE)
				break;
			/* what goes through the page at a time */
			EXPECT_TRUE(f->exit->io.count >= 1 &&
				    f->exit->io.count <= AXVCPU_RUN_DATA_SIZE);
			memset((void *)f->v.run->data, 0, 16);
			axv_fulfil(&f->v, 0);
		}
		/* the guest overwrote what it is, where it could */
		memcpy(f->ram + GUEST_CODE, f->config->code,
		       f->config->code_end - f->config->code);
		axt_page_tables(f->ram, true);
		traps = x86_traps_init(f, SYM(traps));
	}
	axt_context(NULL);
	end(f);
}

/* ---- instructions that are not where memory is -------------------------------------------------------- */

/* Execution goes on in a hole, a device, beyond all memory, at no address. */
TEST(execution_anywhere, &config)
{
	static const uint64_t places[] = {
		GUEST_MMIO, 0xfee00000, 0xfffffff0, 0xffffffff, GUEST_RAM_SIZE, 1ull << 47,
		1ull << 63, ~0ull, 0x8000000000,
	};
	struct x86_frame fr;
	unsigned int i;

	begin(f);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		axt_context("at %llx", (unsigned long long)places[i]);
		set(f, RSI, places[i]);
		axt_goto(&f->v, SYM(jump), GUEST_STACK);
		ASSERT_OK(axv_run(&f->v));
		if (x86_trapped(&traps, &f->v, &fr)) {
			EXPECT_TRUE(fr.vector == 13 || fr.vector == 14);
			continue;
		}
		EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_NESTED_PAGE_FAULT);
		EXPECT_EQ(f->exit->npf.access, AXVCPU_PROT_EXEC);
	}
	axt_context(NULL);
	end(f);
}

/* ---- other vCPUs ------------------------------------------------------------------------------------------ */

/* A start for one that is not there, that runs, that waits and is asked twice. */
TEST(start_of_any_cpu, &config)
{
	struct axvcpu_inject_event e = {
		.size = sizeof(e), .kind = AXVCPU_EVENT_START, .payload = 0xfffffffff000,
	};
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axv_vcpu v;

	begin(f);
	EXPECT_ERR(EINVAL, axv_inject_event(&f->v, &e));
	ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, 63, &v));
	s.flags = 0;
	ASSERT_OK(axv_setup(&v, &s));
	e.payload = SYM(done);
	EXPECT_OK(axv_inject_event(&v, &e));
	EXPECT_ERR(EAGAIN, axv_inject_event(&v, &e));
	ASSERT_OK(axv_bind(&v));
	ASSERT_OK(axv_run(&v));
	end(f);
}
