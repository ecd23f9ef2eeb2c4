// SPDX-License-Identifier: GPL-2.0-only
/*
 * AArch32 at a guest's EL0, with its exits and exceptions; SErrors that the VMM injects,
 * masked, taken and deferred; external aborts that the guest's own accesses cause.
 *
 * rig: arch=arm64 machine=virt,max
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(errors);
DECLARE_GUEST_SYM(errors, traps);
#define PIECE(name)	DECLARE_GUEST_SYM(errors, name)
PIECE(a32_call);
PIECE(a32_store);
PIECE(a32_load);
PIECE(a32_unless);
PIECE(a32_many);
PIECE(a32_undefined);
PIECE(a32_other);
PIECE(a32_nowhere);
PIECE(t32_call);
PIECE(t32_store);
PIECE(t32_block);
PIECE(call);
PIECE(unmask);
PIECE(barrier);
PIECE(load);
PIECE(store);
PIECE(ids);

#define SYM(label)	GUEST_SYM(errors, label)

#define EL1H		0x3c5u
#define USER_32		0x1d0u		/* AIF masked */
#define THUMB		0x20u
#define MODE_32		0x1fu

/* of the vectors: where the exit of a handler is */
#define SYNC_EL1	0x210u
#define SERROR_EL1	0x390u
#define SYNC_32		0x610u

#define EC_UNKNOWN	0x00u
#define EC_CP15_32	0x03u
#define EC_SVC_32	0x11u
#define EC_SVC_64	0x15u
#define EC_FETCH_LOW	0x20u
#define EC_PC		0x22u
#define EC_ABORT_LOW	0x24u
#define EC_ABORT	0x25u
#define EC_SERROR	0x2fu
#define EXTERNAL	0x10u		/* FSC: synchronous, not of a walk */

static const struct axt_config config = { .start = AXT_START_FLAT, GUEST(errors) };

/* The guest stands at @pc with @pstate; its registers are fetched with each exit from then on. */
static void stand_at(struct axt *f, uint64_t pc, uint64_t pstate)
{
	unsigned int i;

	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL | AXVCPU_REGS_INTR);
	axv_retry(&f->v);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL));
	for (i = 0; i < 15; i++)
		f->regs->gpr.x[i] = 0x1000 + i;
	f->regs->gpr.pc = pc;
	f->regs->gpr.pstate = pstate;
	f->regs->control.vbar = SYM(traps);
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL, 0));
}

static void stand_32(struct axt *f, uint64_t pc, uint64_t thumb)
{
	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_EL0_32))
		axt_skip("the CPUs have no AArch32 at EL0");
	stand_at(f, pc, USER_32 | thumb);
}

static void set_x(struct axt *f, unsigned int nr, uint64_t value)
{
	ASSERT_OK(axv_set_gpr(&f->v, nr, value));
}

/* It goes on, to the vector @at with class @ec. */
static void expect_taken(struct axt *f, uint32_t at, uint32_t ec)
{
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc - SYM(traps), at);
	EXPECT_EQ(f->regs->control.esr >> 26 & 0x3f, ec);
}

/* ---- AArch32 ---------------------------------------------------------------------------- */

TEST(a32_call, &config)
{
	unsigned int i;

	stand_32(f, SYM(a32_call), 0);
	expect_taken(f, SYNC_32, EC_SVC_32);
	EXPECT_EQ(f->regs->control.esr & 0xffff, 7u);
	EXPECT_EQ(f->regs->control.elr, SYM(a32_call) + 12);
	EXPECT_EQ(f->regs->control.spsr & (MODE_32 | THUMB), USER_32 & MODE_32);
	EXPECT_EQ(f->regs->gpr.x[3], 42u);
	EXPECT_EQ(f->regs->gpr.x[1], 0x1001u + 42);
	for (i = 4; i < 15; i++)
		EXPECT_EQ((uint32_t)f->regs->gpr.x[i], 0x1000u + i);
}

TEST(t32_call, &config)
{
	stand_32(f, SYM(t32_call), THUMB);
	expect_taken(f, SYNC_32, EC_SVC_32);
	EXPECT_EQ(f->regs->control.esr & 0xffff, 9u);
	EXPECT_EQ(f->regs->control.elr, SYM(t32_call) + 6);
	EXPECT_EQ(f->regs->control.spsr & (MODE_32 | THUMB), (USER_32 & MODE_32) | THUMB);
	EXPECT_EQ(f->regs->gpr.x[1], 0x1001u + 7);
}

static void expect_store(struct axt *f, uint64_t pc, unsigned int width, unsigned int len)
{
	set_x(f, 0, GUEST_MMIO);
	set_x(f, 1, 0x12345678);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_WRITE);
	EXPECT_EQ(f->exit->pc, pc);
	EXPECT_EQ(f->exit->mmio.gpa, GUEST_MMIO);
	EXPECT_EQ(f->exit->mmio.width, width);
	EXPECT_EQ(f->exit->mmio.data, width == 2 ? 0x5678u : 0x12345678u);
	EXPECT_EQ(f->exit->insn_len, len);
	axv_fulfil(&f->v, 0);
}

TEST(a32_store, &config)
{
	stand_32(f, SYM(a32_store), 0);
	expect_store(f, SYM(a32_store), 4, 4);
	expect_taken(f, SYNC_32, EC_SVC_32);
	EXPECT_EQ(f->regs->control.elr, SYM(a32_store) + 8);
}

TEST(t32_store, &config)
{
	stand_32(f, SYM(t32_store), THUMB);
	expect_store(f, SYM(t32_store), 2, 2);
	expect_taken(f, SYNC_32, EC_SVC_32);
	EXPECT_EQ(f->regs->control.elr, SYM(t32_store) + 4);
}

TEST(a32_load, &config)
{
	stand_32(f, SYM(a32_load), 0);
	set_x(f, 0, GUEST_MMIO);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(f->exit->mmio.width, 2u);
	axv_fulfil(&f->v, 0x8765);
	expect_taken(f, SYNC_32, EC_SVC_32);
	EXPECT_EQ((uint32_t)f->regs->gpr.x[2], 0xffff8765u);
}

/* Within a block the next instruction's condition is the next one, whoever did this one. */
TEST(t32_block, &config)
{
	stand_32(f, SYM(t32_block), THUMB);
	expect_store(f, SYM(t32_block) + 4, 4, 2);
	expect_taken(f, SYNC_32, EC_SVC_32);
	EXPECT_EQ(f->regs->gpr.x[2], 0x1002u);
	EXPECT_EQ(f->regs->gpr.x[3], 0x1004u);
	/* IT[1:0] and IT[7:2] */
	EXPECT_EQ(f->regs->control.spsr & (3ull << 25 | 0x3full << 10), 0u);
}

/* What is not done is no access. */
TEST(a32_unless, &config)
{
	stand_32(f, SYM(a32_unless), 0);
	set_x(f, 0, GUEST_MMIO);
	expect_taken(f, SYNC_32, EC_SVC_32);
}

/* The abort does not say what it was, and nobody decodes AArch32: the VMM's to decide. */
TEST(a32_many, &config)
{
	stand_32(f, SYM(a32_many), 0);
	set_x(f, 0, GUEST_MMIO);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->pc, SYM(a32_many));
	EXPECT_EQ(f->exit->insn_len, 0u);
	axv_fault(&f->v);
	expect_taken(f, SYNC_32, EC_ABORT_LOW);
	EXPECT_EQ(f->regs->control.far, GUEST_MMIO);
	EXPECT_EQ(f->regs->control.elr, SYM(a32_many));
}

TEST(a32_undefined, &config)
{
	stand_32(f, SYM(a32_undefined), 0);
	expect_taken(f, SYNC_32, EC_UNKNOWN);
	stand_32(f, SYM(a32_other), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc - SYM(traps), SYNC_32);
	EXPECT_EQ(f->regs->control.elr, SYM(a32_other));
	EXPECT_TRUE(f->regs->control.esr >> 26 == EC_UNKNOWN ||
		    f->regs->control.esr >> 26 == EC_CP15_32);
}

/* A fetch where there is no memory is told as any other. */
TEST(a32_nowhere, &config)
{
	stand_32(f, SYM(a32_nowhere), 0);
	set_x(f, 0, GUEST_MMIO);
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_EQ(f->exit->pc, GUEST_MMIO);
	axv_fault(&f->v);
	expect_taken(f, SYNC_32, EC_FETCH_LOW);
	EXPECT_EQ(f->regs->control.far, GUEST_MMIO);
}

/* An exception that the VMM injects comes to EL1 from AArch32. */
TEST(a32_injected, &config)
{
	stand_32(f, SYM(a32_call), 0);
	ASSERT_OK(axv_inject_exception(&f->v, EC_UNKNOWN, -1));
	expect_taken(f, SYNC_32, EC_UNKNOWN);
	EXPECT_EQ(f->regs->control.elr, SYM(a32_call));
	EXPECT_EQ(f->regs->control.spsr & MODE_32, USER_32 & MODE_32);
}

/* ---- SErrors ------------------------------------------------------------------------------ */

#define ISS		0x123u

static void inject_serror(struct axt *f)
{
	ASSERT_OK(axv_inject_exception(&f->v, EC_SERROR, ISS));
}

/* Does the CPU let a hypervisor say what an SError is? ID_AA64PFR0_EL1.RAS, by the guest. */
static bool has_ras(struct axt *f)
{
	stand_at(f, SYM(ids), EL1H);
	expect_taken(f, SYNC_EL1, EC_SVC_64);
	return f->regs->gpr.x[0] >> 28 & 0xf;
}

static uint32_t pending(struct axt *f)
{
	return f->regs->intr.flags & AXVCPU_ARM64_INTR_SERROR;
}

TEST(serror_waits, &config)
{
	stand_at(f, SYM(call), EL1H);
	inject_serror(f);
	EXPECT_ERR(EAGAIN, axv_inject_exception(&f->v, EC_SERROR, ISS));
	expect_taken(f, SYNC_EL1, EC_SVC_64);
	EXPECT_NE(pending(f), 0u);
	EXPECT_EQ(f->regs->intr.serror, ISS);
	/* and is taken when it can be, once */
	axt_goto(&f->v, SYM(unmask), 0);
	expect_taken(f, SERROR_EL1, EC_SERROR);
	EXPECT_EQ(pending(f), 0u);
	EXPECT_EQ(f->regs->control.elr & ~4ull, (SYM(unmask) + 4) & ~4ull);
	axt_goto(&f->v, SYM(unmask), 0);
	expect_taken(f, SYNC_EL1, EC_SVC_64);
	inject_serror(f);
	axt_goto(&f->v, SYM(unmask), 0);
	expect_taken(f, SERROR_EL1, EC_SERROR);
}

/* Other exits come and go; what it is stays with it. */
TEST(serror_syndrome, &config)
{
	bool ras = has_ras(f);

	stand_at(f, SYM(call), EL1H);
	inject_serror(f);
	expect_taken(f, SYNC_EL1, EC_SVC_64);
	axt_goto(&f->v, SYM(call), 0);
	expect_taken(f, SYNC_EL1, EC_SVC_64);
	axt_goto(&f->v, SYM(unmask), 0);
	expect_taken(f, SERROR_EL1, EC_SERROR);
	if (ras)
		EXPECT_EQ(f->regs->control.esr & 0x1ffffff, ISS);
	else
		axt_diag("the CPUs have no FEAT_RAS, and no say in the syndrome");
}

/* Not from a mode where it is masked for EL1, but EL0 cannot mask it there. */
TEST(serror_of_user, &config)
{
	stand_at(f, SYM(call), 0);
	inject_serror(f);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc - SYM(traps), 0x590u);
	EXPECT_EQ(f->regs->control.elr, SYM(call));
}

/* RESET drops it, a commit sets and takes it back. */
TEST(serror_group, &config)
{
	stand_at(f, SYM(unmask), EL1H);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_INTR));
	f->regs->intr.flags |= AXVCPU_ARM64_INTR_SERROR;
	f->regs->intr.serror = ISS;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_INTR, 0));
	expect_taken(f, SERROR_EL1, EC_SERROR);
	stand_at(f, SYM(unmask), EL1H);
	inject_serror(f);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_INTR));
	EXPECT_NE(pending(f), 0u);
	f->regs->intr.flags &= ~AXVCPU_ARM64_INTR_SERROR;
	f->regs->intr.serror = 0;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_INTR, 0));
	expect_taken(f, SYNC_EL1, EC_SVC_64);
}

/* ESB makes it a deferred one, which the guest finds in DISR_EL1; the VMM, too. */
TEST(serror_deferred, &config)
{
	if (!has_ras(f))
		axt_skip("the CPUs have no FEAT_RAS");
	stand_at(f, SYM(barrier), EL1H);
	inject_serror(f);
	expect_taken(f, SYNC_EL1, EC_SVC_64);
	EXPECT_EQ(f->regs->gpr.x[1], 0u);
	EXPECT_EQ(f->regs->gpr.x[0] >> 31 & 1, 1u);
	EXPECT_EQ(f->regs->gpr.x[0] & 0x1ffffff, ISS);
	EXPECT_EQ(pending(f), 0u);
	EXPECT_EQ(f->regs->control.disr, 0u);
}

/* ---- external aborts --------------------------------------------------------------------- */

/* of QEMU's machine: between the devices; nothing answers there */
#define HOLE		0x0b800000
#define AT		0x30000000ull

/* The guest reaches what nothing answers: the host has memory for it, of a kind. */
static void map_hole(struct axt *f)
{
	int mem = open("/dev/mem", O_RDWR | O_SYNC);
	void *p = MAP_FAILED;

	if (mem >= 0)
		p = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, HOLE);
	if (p == MAP_FAILED)
		axt_skip("there is no /dev/mem, or not for what nothing answers");
	close(mem);
	ASSERT_OK(axv_s2_map_user(f->s2, AT, p, AXT_PAGE, AXVCPU_PROT_READ | AXVCPU_PROT_WRITE));
}

static const struct bus {
	const char *name;
	uint64_t pc;
} buses[] = { { "load", SYM(load) }, { "store", SYM(store) } };

TEST_ROWS(external_abort, buses, ARRAY_SIZE(buses), &config)
{
	const struct bus *b = arg;

	map_hole(f);
	stand_at(f, b->pc, EL1H);
	set_x(f, 1, AT);
	expect_taken(f, SYNC_EL1, EC_ABORT);
	EXPECT_EQ(f->regs->control.esr & 0x3f, EXTERNAL);
	EXPECT_EQ(f->regs->control.far, AT);
	EXPECT_EQ(f->regs->control.elr, b->pc);
	/* nobody else is any the worse for it */
	stand_at(f, SYM(call), EL1H);
	expect_taken(f, SYNC_EL1, EC_SVC_64);
}
