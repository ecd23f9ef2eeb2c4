/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hostile_race.c that is for x86. */
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

#define SYSREG		5
#define PORT		.at = GUEST_PORT
#define WRITE32		SIDE(s_write32, MMIO_WRITE, MMIO, .width = 4, .data = 0x11223344)
#define READ32		SIDE(s_read32, MMIO_READ, MMIO, .width = 4)
#define WRITE8		SIDE(s_write8, MMIO_WRITE, MMIO, .width = 1, .data = 0x44)
#define MODIFY		SIDE(s_modify, MMIO_READ, MMIO, .width = 4, .modifies = true)
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

static const struct race races[] = {
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

/* What a half-way changed instruction may be instead, besides what both sides say. */
static bool other_trap(const struct axt *f __maybe_unused, const struct race *row,
		       const struct trap *p)
{
	/* what an emulated CPU says to VMLOAD of no address is #GP */
	return p->what == 13 && row->side[1].code == SYM(s_vmload);
}

static void race_prepare(struct axt *f __maybe_unused)
{
}

/* ---- user mode ----------------------------------------------------------------------- */

/*
 * SMSW is for user mode too, and exits while CR0 is not what the CPU has. What
 * another vCPU then puts in its place is not.
 */
static const struct side harmless = SIDE(s_smsw, NOTHING);

static const struct privileged privileged[] = {
	{ "lmsw", SYM(s_lmsw), 13 },
	{ "mov_to_cr0", SYM(s_to_cr0), 13 },
	{ "mov_to_cr4", SYM(s_to_cr4), 13 },
	{ "clts", SYM(s_clts), 13 },
	{ "xsetbv", SYM(s_xsetbv), 13 },
};

static struct axvcpu_x86_control user_control;

/* To user mode, at the loop; CR0.CD is one that the CPU does not get. */
static void to_user(struct axt *f)
{
	struct axvcpu_x86_control *c = &user_control;
	unsigned int i;

	*(uint64_t *)(f->ram + GUEST_PD + 4 * AXT_PAGE + 4) = GUEST_STACK;
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

/* It got no further. */
static void expect_user(struct axt *f)
{
	struct axvcpu_x86_control now;

	x86_get_control(&f->v, &now);
	EXPECT_EQ(now.cr0, user_control.cr0);
	EXPECT_EQ(now.cr4, user_control.cr4);
	EXPECT_EQ(now.xcr0, user_control.xcr0);
}

/* Half of one and half of the other may be no instruction at all. */
static bool user_trap(const struct axt *f __maybe_unused, const struct privileged *row,
		      const struct trap *p)
{
	return p->what == row->trap || p->what == 6;
}

/* ---- page tables --------------------------------------------------------------------- */

static const struct table tables[] = {
	{ "memory_or_device", false, { FRAME | 7, GUEST_MMIO | 7 } },
	{ "memory_or_nothing", false, { FRAME | 7, 0 } },
	{ "device_or_nothing", false, { GUEST_MMIO | 7, 0 } },
	{ "device_or_read_only", false, { GUEST_MMIO | 7, FRAME | 5 } },
	{ "table_or_device", true, { TABLE | 7, GUEST_MMIO | 7 } },
	{ "table_or_reserved_bits", true, { TABLE | 7, GUEST_MMIO | 0x2080 | 7 } },
	{ "table_or_beyond", true, { TABLE | 7, 0x000ffffffffff007ull } },
};

/* A directory for GVA, and its table; @pte[0] of it is to come. */
static void tables_prepare(struct axt *f)
{
	((uint64_t *)(f->ram + GUEST_PDPT))[1] = GUEST_DATA | 7;
	((uint64_t *)(f->ram + GUEST_DATA))[0] = TABLE | 7;
}

#define DEVICE_PTE	(GUEST_MMIO | 7)

static bool is_page_fault(unsigned int what)
{
	return what == 14;
}
