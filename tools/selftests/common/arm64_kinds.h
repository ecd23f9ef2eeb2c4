/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of exit_commands.c that is for arm64: the exits, and how to get there. */

#define PSCI_SYSTEM_OFF	0x84000008

#define KINDS_FLAGS	pstate
#define KINDS_END	0
/* there is no instruction of two exits in memory */
#define KINDS_MODIFY	0

static const struct kind kinds[] = {
	{ KIND("hypercall", hypercall), AXVCPU_EXIT_HYPERCALL,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(0), 0 },
	{ KIND("mmio-read", read64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, R(28), 0 },
	{ KIND("mmio-read-nothing", read_none), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, 0, 0 },
	{ KIND("mmio-read-fp", read_f64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, 0, 0 },
	{ KIND("mmio-read-post", read_post), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, R(7) | R(1), 0 },
	{ KIND("mmio-read-pair", read_pair), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, R(7) | R(8), AXVCPU_EXIT_MMIO_READ },
	{ KIND("mmio-read-pair-second", read_pair), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 1, AXVCPU_EXIT_MMIO_READ, R(7) | R(8), 0 },
	{ KIND("mmio-write", write32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("mmio-write-fp", write_f32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("mmio-write-pre", write_pre), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, R(1), 0 },
	{ KIND("mmio-write-pair", write_pair), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, 0, AXVCPU_EXIT_MMIO_WRITE },
	{ KIND("sysreg-read", sys_read), AXVCPU_EXIT_SYSREG_READ,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(4), 0 },
	{ KIND("sysreg-write", sys_write), AXVCPU_EXIT_SYSREG_WRITE,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, 0, 0 },
	{ KIND("halt", halt), AXVCPU_EXIT_HALT,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, 0, 0 },
	{ KIND("system-down", smccc), AXVCPU_EXIT_SYSTEM_DOWN,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(0), 0 },
	{ KIND("nested-page-fault", write8), AXVCPU_EXIT_NESTED_PAGE_FAULT,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("internal-error", reserve), AXVCPU_EXIT_INTERNAL_ERROR,
	  REPORT, CMDS(FULFIL), TRAP_STORE, 0, 0, 0, 0 },
};

static void reach_prepare(struct axt *f, const struct kind *k)
{
	const struct axvcpu_filter_range sys = {
		EXITS_SYSREG, EXITS_SYSREG, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	unsigned int i;

	ASSERT_OK(axv_set_msr_filter(f->vm, &sys, 1));
	for (i = 0; i < 31; i++)
		set(f, i, 0x1111111111111111ull * (i + 1));
	set(f, AXT_ADDR, GUEST_MMIO);
	if (k->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT) {
		ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RX));
		set(f, AXT_ADDR, PAGE);
	}
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL));
	f->regs->control.cpacr = 3u << 20;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL, 0));
}

/* After all else is set up: a call to power off. */
static void reach_late(struct axt *f, const struct kind *k)
{
	if (k->reason == AXVCPU_EXIT_SYSTEM_DOWN)
		set(f, 0, PSCI_SYSTEM_OFF);
}
