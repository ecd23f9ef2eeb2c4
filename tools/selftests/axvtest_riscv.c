// SPDX-License-Identifier: GPL-2.0-only
/* The harness on RISC-V: starts and page tables. */
#include "axvtest.h"

const char *const axt_features[] = {
	"SSTC", "V", "VMID", "SV48X4", "SV57X4", "IMSIC", NULL
};

void axt_page_tables(unsigned char *ram, bool user)
{
	uint64_t *root = (uint64_t *)(ram + GUEST_PML4);
	uint64_t i;

	memset(root, 0, AXT_PAGE);
	for (i = 0; i < 4; i++) {
		/* valid, readable, writable, executable, accessed, dirty */
		root[i] = i << 28 | 0xcf;
		if (user)
			root[GUEST_USER_GIB + i] = i << 28 | 0xdf;
	}
}

/* Without a table there is no end. */
void axt_reach(const struct axv_vcpu *v, unsigned char *ram __maybe_unused,
	       unsigned int bits __maybe_unused)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	v->run->regs.riscv.control.satp = 0;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

/* The same instruction calls the hypervisor everywhere. */
void axt_arch_code(const struct axt *f __maybe_unused, unsigned char *code __maybe_unused,
		   size_t size __maybe_unused)
{
}

void axt_arch_ram(unsigned char *ram, uint32_t start)
{
	if (start == AXT_START_PAGED)
		axt_page_tables(ram, true);
}

void axt_arch_setup(struct axvcpu_setup *s, const struct axt_config *c)
{
	s->arch.riscv.sp = c->stack ? c->stack : GUEST_STACK;
	if (c->start == AXT_START_PAGED)
		s->arch.riscv.satp = AXT_SATP;
}

/* Nothing here masks the host's interrupts. */
void axt_let_spin(const struct axv_vcpu *v __maybe_unused)
{
}

void axt_need_irqs(const struct axt *f __maybe_unused)
{
}

/* The guests turn them on. */
void axt_fp_on(struct axv_vcpu *v __maybe_unused)
{
}

/* Nor is there anything to be turned on for these. */
void axt_ipis_on(const struct axv_vcpu *v __maybe_unused)
{
}

/* The guests set their trap vectors themselves. */
void axt_irq_handler(unsigned char *ram __maybe_unused, uint32_t start __maybe_unused,
		     uint64_t handler __maybe_unused)
{
}

void axt_other_handler(unsigned char *ram __maybe_unused, uint32_t start __maybe_unused,
		       uint64_t handler __maybe_unused)
{
}

void axt_storm_handlers(unsigned char *ram __maybe_unused, uint32_t start __maybe_unused,
			uint64_t handlers __maybe_unused)
{
}
