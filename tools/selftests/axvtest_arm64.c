// SPDX-License-Identifier: GPL-2.0-only
/* The harness on arm64: starts and page tables. */
#include "axvtest.h"

const char *const axt_features[] = {
	"GICV3", "VTIMER", "PTIMER", "DIRECT_IRQ", "SVE", "PAUTH", "VMID16", "LPA2", "EL0_32", NULL
};

/* a table; a block, accessed, inner shareable, of normal memory; and for EL0 too */
#define TABLE		3ull
#define BLOCK		0x701ull
#define BLOCK_USER	0x741ull
#define NO_EXEC_KERNEL	(1ull << 53)

void axt_page_tables(unsigned char *ram, bool user)
{
	uint64_t *l0 = (uint64_t *)(ram + GUEST_PML4);
	uint64_t *l1 = (uint64_t *)(ram + GUEST_L1);
	uint64_t i;

	memset(l0, 0, AXT_PAGE);
	memset(l1, 0, AXT_PAGE);
	l0[0] = GUEST_L1 | TABLE;
	for (i = 0; i < 4; i++) {
		l1[i] = i << 30 | BLOCK;
		if (user)
			l1[GUEST_USER_GIB + i] = i << 30 | BLOCK_USER | NO_EXEC_KERNEL;
	}
}

void axt_reach(const struct axv_vcpu *v __maybe_unused, unsigned char *ram, unsigned int bits)
{
	uint64_t *l0 = (uint64_t *)(ram + GUEST_PML4);
	uint64_t *l1 = (uint64_t *)(ram + GUEST_L1);
	uint64_t i;

	for (i = 0; i < 1ull << (bits - 30); i++) {
		l0[i / 512] = (GUEST_L1 + i / 512 * AXT_PAGE) | TABLE;
		l1[i] = i << 30 | BLOCK;
	}
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
	s->arch.arm64.sp = c->stack ? c->stack : GUEST_STACK;
	if (c->start != AXT_START_PAGED)
		return;
	s->arch.arm64.sctlr = AXT_SCTLR;
	s->arch.arm64.ttbr0 = GUEST_PML4;
	s->arch.arm64.tcr = AXT_TCR;
	s->arch.arm64.mair = AXT_MAIR;
}

/* Nothing here masks the host's interrupts. */
void axt_let_spin(const struct axv_vcpu *v __maybe_unused)
{
}

/* An older GIC gives guests one line, which has no number and does not fall by itself. */
void axt_need_irqs(const struct axt *f)
{
	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		axt_skip("the host's GIC has no list registers");
}

/* The guests turn them on. */
void axt_fp_on(struct axv_vcpu *v __maybe_unused)
{
}

/* As a guest's write to its redistributor: it has none in these tests. */
void axt_ipis_on(const struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	v->run->regs.arm64.intr.enabled |= 0xffff;
	v->run->regs.arm64.intr.group |= 0xffff;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_INTR, 0));
}

/* The guests set their vectors themselves. */
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
