/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hostile_race.c that is for arm64. */
LABEL(s_write32);
LABEL(s_read32);
LABEL(s_write8);
LABEL(s_write_next);
LABEL(s_read64);
LABEL(s_read8);
LABEL(s_read_f32);
LABEL(s_read_post);
LABEL(s_write_post);
LABEL(s_write_pre64);
LABEL(s_reserve);
LABEL(s_register);
LABEL(s_sys_read);
LABEL(s_sys_write);
LABEL(s_wfi);
LABEL(s_call);
LABEL(s_brk);
LABEL(s_invalid);
LABEL(s_eret);
LABEL(s_tlbi);
LABEL(s_sctlr);
LABEL(s_daif);
LABEL(s_smc);

#define SYSREG		AXVCPU_ARM64_SYSREG(3, 0, 15, 7, 7)
#define VALUE		0x11223344u
#define CALL_NR		5

#define WRITE32		SIDE(s_write32, MMIO_WRITE, MMIO, .width = 4, .data = VALUE)
#define READ32		SIDE(s_read32, MMIO_READ, MMIO, .width = 4)
#define WRITE8		SIDE(s_write8, MMIO_WRITE, MMIO, .width = 1, .data = VALUE & 0xff)
#define WRITE_NEXT	SIDE(s_write_next, MMIO_WRITE, .at = GUEST_MMIO + 8, .width = 8, .data = VALUE)
#define READ64		SIDE(s_read64, MMIO_READ, MMIO, .width = 8)
#define READ8		SIDE(s_read8, MMIO_READ, MMIO, .width = 1)
/* of these the hardware does not say what they are */
#define READ_F32	SIDE(s_read_f32, MMIO_READ, MMIO, .width = 4)
#define READ_POST	SIDE(s_read_post, MMIO_READ, MMIO, .width = 4)
#define WRITE_POST	SIDE(s_write_post, MMIO_WRITE, MMIO, .width = 4, .data = VALUE)
#define WRITE_PRE64	SIDE(s_write_pre64, MMIO_WRITE, MMIO, .width = 8, .data = VALUE)
#define RESERVE		SIDE(s_reserve, INTERNAL_ERROR, MMIO)
#define REGISTER	SIDE(s_register, NOTHING)
#define SYS_READ	SIDE(s_sys_read, SYSREG_READ, .at = SYSREG)
#define SYS_WRITE	SIDE(s_sys_write, SYSREG_WRITE, .at = SYSREG, .data = VALUE)
#define WFI		SIDE(s_wfi, HALT)
#define CALL		SIDE(s_call, HYPERCALL, .at = CALL_NR)
#define BRK		SIDE(s_brk, DEBUG)
#define INVALID		SIDE(s_invalid, NOTHING, .trap = TRAP_ILLEGAL + 1)

static const struct race races[] = {
	{ "write_or_read", { WRITE32, READ32 } },
	{ "write_4_or_1", { WRITE32, WRITE8 } },
	{ "write_here_or_there", { WRITE32, WRITE_NEXT } },
	{ "read_4_or_8", { READ32, READ64 } },
	{ "read_into_x_or_v", { READ32, READ_F32 } },
	{ "read_or_write_undescribed", { READ_POST, WRITE_POST } },
	{ "write_4_or_8_undescribed", { WRITE_POST, WRITE_PRE64 } },
	{ "described_or_not", { WRITE_POST, WRITE8 } },
	{ "reserve_or_write", { RESERVE, WRITE_POST } },
	{ "undescribed_or_register", { READ_POST, REGISTER } },
	{ "undescribed_or_invalid", { WRITE_POST, INVALID } },
	{ "undescribed_or_call", { READ_F32, CALL } },
	{ "write_or_register", { WRITE8, REGISTER } },
	{ "read_or_invalid", { READ8, INVALID } },
	{ "sysreg_read_or_write", { SYS_READ, SYS_WRITE } },
	{ "sysreg_or_read", { SYS_READ, READ32 } },
	{ "wfi_or_write", { WFI, WRITE32 } },
	{ "wfi_or_sysreg", { WFI, SYS_READ } },
	{ "call_or_sysreg", { CALL, SYS_READ } },
	{ "brk_or_read", { BRK, READ32 } },
};

static bool other_trap(const struct axt *f __maybe_unused, const struct race *row __maybe_unused,
		       const struct trap *p __maybe_unused)
{
	return false;
}

static void race_prepare(struct axt *f)
{
	ASSERT_OK(axv_set_gpr(&f->v, AXT_ADDR, GUEST_MMIO));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_VALUE, VALUE));
	ASSERT_OK(axv_set_gpr(&f->v, 0, CALL_NR));
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG));
	f->regs->control.cpacr = 3u << 20;
	f->regs->debug.control = AXVCPU_ARM64_DEBUG_SW_BP;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG, 0));
}

/* ---- user mode ----------------------------------------------------------------------- */

static const struct side harmless = READ_POST;

static const struct privileged privileged[] = {
	{ "sysreg_read", SYM(s_sys_read), TRAP_ILLEGAL },
	{ "sysreg_write", SYM(s_sys_write), TRAP_ILLEGAL },
	{ "sctlr", SYM(s_sctlr), TRAP_ILLEGAL },
	{ "eret", SYM(s_eret), TRAP_ILLEGAL },
	{ "tlbi", SYM(s_tlbi), TRAP_ILLEGAL },
	{ "hvc", SYM(s_call), TRAP_ILLEGAL },
	{ "smc", SYM(s_smc), TRAP_ILLEGAL },
	{ "daif", SYM(s_daif), 0x18 },
};

/* To user mode, at the loop, where the kernel would answer for the register. */
static void to_user(struct axt *f)
{
	static const struct axvcpu_filter_range sys = {
		SYSREG, SYSREG, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};

	ASSERT_OK(axv_set_msr_filter(f->vm, &sys, 1));
	slot = GUEST_USER + SYM(race_slot);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_ADDR, GUEST_USER + GUEST_MMIO));
	axt_goto(&f->v, GUEST_USER + SYM(race), GUEST_STACK);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	f->regs->gpr.pstate = 0;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
}

/* It got no further. */
static void expect_user(struct axt *f)
{
	/* its kernel's, which has the trap */
	if (f->exit->pc >= SYM(traps) && f->exit->pc < SYM(traps) + 0x800)
		return;
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL));
	EXPECT_EQ(f->regs->gpr.pstate & 0x3df, 0u);
	EXPECT_EQ(f->regs->control.sctlr, AXT_SCTLR);
}

static bool user_trap(const struct axt *f __maybe_unused, const struct privileged *row,
		      const struct trap *p)
{
	return p->what == row->trap;
}

/* ---- page tables --------------------------------------------------------------------- */

#define PTE(gpa, flags)	((uint64_t)(gpa) | (flags))
#define PTE_RW		0x703ull	/* a page, accessed */
#define PTE_RO		0x783ull
#define PTE_TABLE	0x3ull
#define DEVICE_PTE	PTE(GUEST_MMIO, PTE_RW)

static const struct table tables[] = {
	{ "memory_or_device", false, { PTE(FRAME, PTE_RW), DEVICE_PTE } },
	{ "memory_or_nothing", false, { PTE(FRAME, PTE_RW), 0 } },
	{ "device_or_nothing", false, { DEVICE_PTE, 0 } },
	{ "device_or_read_only", false, { DEVICE_PTE, PTE(FRAME, PTE_RO) } },
	{ "device_or_not_accessed", false, { DEVICE_PTE, PTE(FRAME, PTE_RW & ~0x400ull) } },
	{ "table_or_device", true, { PTE(TABLE, PTE_TABLE), PTE(GUEST_MMIO, PTE_TABLE) } },
	{ "table_or_block", true, { PTE(TABLE, PTE_TABLE), PTE(GUEST_MMIO, PTE_RW & ~2ull) } },
	{ "table_or_beyond", true, { PTE(TABLE, PTE_TABLE), PTE(0x0000fffffffff000ull, PTE_TABLE) } },
};

/* A directory for GVA, and its table; the entry of that is to come. */
static void tables_prepare(struct axt *f)
{
	((uint64_t *)(f->ram + GUEST_L1))[1] = PTE(GUEST_DATA, PTE_TABLE);
	((uint64_t *)(f->ram + GUEST_DATA))[0] = PTE(TABLE, PTE_TABLE);
}

static bool is_page_fault(unsigned int what)
{
	return what == 0x25;
}
