/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of exit_commands.c that is for x86: the exits, and how to get there. */

#define MSR	0x4b564d10
#define PORT	0x1f0
#define KINDS_FLAGS	rflags
/* registers that the end of every piece changes */
#define KINDS_END	0
/* an instruction of two exits that changes flags */
#define KINDS_MODIFY	SYM(modify)

static const struct kind kinds[] = {
	{ KIND("hypercall", hypercall), AXVCPU_EXIT_HYPERCALL,
	  ACCESS, CMDS(NONE), 6, 0, 0, R(RAX), 0 },
	{ KIND("mmio-read", read64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(R15), 0 },
	{ KIND("mmio-write", write32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0, 0, 0 },
	{ KIND("mmio-modify-read", modify), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0, 0, AXVCPU_EXIT_MMIO_WRITE },
	{ KIND("mmio-modify-write", modify), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 1, AXVCPU_EXIT_MMIO_READ, 0, 0 },
	{ KIND("mmio-stos", stos8), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(RDI), 0 },
	{ KIND("mmio-movs-write", movs_hole_hole), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 1, AXVCPU_EXIT_MMIO_READ, R(RDI) | R(RSI), 0 },
	{ KIND("mmio-push", push_hole), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(RSP), 0 },
	{ KIND("sysreg-read", rdmsr_insn), AXVCPU_EXIT_SYSREG_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(RAX) | R(RDX), 0 },
	{ KIND("sysreg-write", wrmsr_insn), AXVCPU_EXIT_SYSREG_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0, 0, 0 },
	{ KIND("io-read", in16), AXVCPU_EXIT_IO_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(RAX), 0 },
	{ KIND("io-write", out8), AXVCPU_EXIT_IO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0, 0, 0 },
	{ KIND("string-in", rep_ins32), AXVCPU_EXIT_IO_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(RCX) | R(RDI), 0 },
	{ KIND("string-out", outs8), AXVCPU_EXIT_IO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0, R(RSI), 0 },
	{ KIND("halt", halt), AXVCPU_EXIT_HALT,
	  ACCESS, CMDS(NONE), 13, 0, 0, 0, 0 },
	{ KIND("system-down", out16), AXVCPU_EXIT_SYSTEM_DOWN,
	  CMDS(SKIP) | CMDS(RETRY), CMDS(NONE), 13, 0, 0, 0, 0 },
	{ KIND("nested-page-fault", write8), AXVCPU_EXIT_NESTED_PAGE_FAULT,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), 13, 0, 0, 0, 0 },
	{ KIND("exception", invalid), AXVCPU_EXIT_EXCEPTION,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), 6, 0, 0, 0, 0 },
	{ KIND("internal-error", call_hole), AXVCPU_EXIT_INTERNAL_ERROR,
	  REPORT, CMDS(FULFIL), 13, 0, 0, 0, 0 },
};

static void reach_prepare(struct axt *f, const struct kind *k)
{
	const struct axvcpu_filter_range msr = {
		MSR, MSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	unsigned int i;

	ASSERT_OK(axv_set_msr_filter(f->vm, &msr, 1));
	for (i = 0; i < 16; i++)
		set(f, i, 0x1111111111111111ull * i);
	set(f, RSI, GUEST_MMIO);
	set(f, RDI, GUEST_MMIO + 0x100);
	set(f, RDX, PORT);
	set(f, RCX, MSR);
	if (k->at == SYM(rep_ins32)) {
		set(f, RDI, PAGE);
		set(f, RCX, 3);
	}
	if (k->at == SYM(outs8))
		set(f, RSI, PAGE);
	if (k->reason == AXVCPU_EXIT_SYSTEM_DOWN) {
		set(f, RDX, 0x604);
		set(f, RAX, 0x2000);
	}
	if (k->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT) {
		ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RX));
		set(f, RSI, PAGE);
	}
}

/* After all else is set up. */
static void reach_late(struct axt *f __maybe_unused, const struct kind *k __maybe_unused) { }
