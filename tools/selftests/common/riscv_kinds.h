/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of exit_commands.c that is for RISC-V: the exits, and how to get there. */

#define CSR	0x5c0
#define SBI_SRST 0x53525354

#define KINDS_FLAGS	mode
/* registers that the end of every piece changes */
#define KINDS_END	R(A7)
/* there is no instruction of two exits in memory */
#define KINDS_MODIFY	0

static const struct kind kinds[] = {
	{ KIND("hypercall", hypercall), AXVCPU_EXIT_HYPERCALL,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(A0), 0 },
	{ KIND("mmio-read", read64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, R(T6), 0 },
	{ KIND("mmio-read-compressed", read_c64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, R(A2), 0 },
	{ KIND("mmio-read-nothing", read_none), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, 0, 0 },
	{ KIND("mmio-read-fp", read_f64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), TRAP_LOAD, 0, 0, 0, 0 },
	{ KIND("mmio-write", write32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("mmio-write-compressed", write_c32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("mmio-write-fp", write_f32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("sysreg-read", csr_read), AXVCPU_EXIT_SYSREG_READ,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(A4), 0 },
	{ KIND("sysreg-write", csr_write), AXVCPU_EXIT_SYSREG_WRITE,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, 0, 0 },
	{ KIND("sysreg-swap-read", csr_swap), AXVCPU_EXIT_SYSREG_READ,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(A4), AXVCPU_EXIT_SYSREG_WRITE },
	{ KIND("sysreg-swap-write", csr_swap), AXVCPU_EXIT_SYSREG_WRITE,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 1, AXVCPU_EXIT_SYSREG_READ, R(A4), 0 },
	{ KIND("halt", halt), AXVCPU_EXIT_HALT,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, 0, 0 },
	{ KIND("system-down", hypercall), AXVCPU_EXIT_SYSTEM_DOWN,
	  ACCESS, CMDS(NONE), TRAP_ILLEGAL, 0, 0, R(A0) | R(A1), 0 },
	{ KIND("nested-page-fault", write8), AXVCPU_EXIT_NESTED_PAGE_FAULT,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), TRAP_STORE, 0, 0, 0, 0 },
	{ KIND("exception", invalid), AXVCPU_EXIT_EXCEPTION,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), TRAP_ILLEGAL, 0, 0, 0, 0 },
	{ KIND("internal-error", modify), AXVCPU_EXIT_INTERNAL_ERROR,
	  REPORT, CMDS(FULFIL), TRAP_STORE, 0, 0, 0, 0 },
};

static void reach_prepare(struct axt *f, const struct kind *k)
{
	const struct axvcpu_filter_range csr = {
		CSR, CSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	unsigned int i;

	ASSERT_OK(axv_set_msr_filter(f->vm, &csr, 1));
	for (i = 1; i < 32; i++)
		set(f, i, 0x1111111111111111ull * i);
	set(f, AXT_ADDR, GUEST_MMIO);
	if (k->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT) {
		ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RX));
		set(f, AXT_ADDR, PAGE);
	}
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL));
	f->regs->control.sstatus |= SSTATUS_FS;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL, 0));
}

/* After all else is set up: a call to power off. */
static void reach_late(struct axt *f, const struct kind *k)
{
	if (k->reason != AXVCPU_EXIT_SYSTEM_DOWN)
		return;
	set(f, A7, SBI_SRST);
	set(f, A6, 0);
	set(f, A0, 0);
	set(f, A1, 0);
}
