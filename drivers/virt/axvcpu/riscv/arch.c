// SPDX-License-Identifier: GPL-2.0-only
/* The RISC-V backend: what the hart offers, and the table of operations. */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>
#include <asm/page.h>

#include "riscv.h"
#include "offsets.h"

u64 axv_riscv_features;

static_assert(offsetof(struct axv_riscv_ctx, x[1]) == CTX_X(1));
static_assert(offsetof(struct axv_riscv_ctx, pc) == CTX_PC);
static_assert(offsetof(struct axv_riscv_ctx, sstatus) == CTX_SSTATUS);
static_assert(offsetof(struct axv_riscv_ctx, trap.scause) == CTX_SCAUSE);
static_assert(offsetof(struct axv_riscv_ctx, trap.stval) == CTX_STVAL);
static_assert(offsetof(struct axv_riscv_ctx, trap.htval) == CTX_HTVAL);
static_assert(offsetof(struct axv_riscv_ctx, trap.htinst) == CTX_HTINST);
static_assert(offsetof(struct axv_riscv_ctx, host[1]) == CTX_HOST(1));
static_assert(sizeof_field(struct axv_riscv_ctx, host) == 17 * 8);

/* ---- operations that need no file of their own ----------------------------------- */

static u64 riscv_get_pc(struct axv_vcpu *v)
{
	return v->arch.ctx.pc;
}

static u64 riscv_exit_code(struct axv_vcpu *v)
{
	return v->arch.ctx.trap.scause;
}

static void riscv_show(struct seq_file *m)
{
	axv_riscv_tlb_show(m);
	axv_riscv_imsic_show(m);
}

static const struct axv_arch_ops axv_riscv_ops = {
	.name			= "riscv",
	.backend		= AXVCPU_BACKEND_RISCV,
	.vcpu_create		= axv_riscv_vcpu_create,
	.vcpu_destroy		= axv_riscv_vcpu_destroy,
	.vcpu_setup		= axv_riscv_vcpu_setup,
	.vcpu_reset		= axv_riscv_vcpu_reset,
	.set_root		= axv_riscv_set_root,
	.set_entry		= axv_riscv_set_entry,
	.set_gpr		= axv_riscv_set_gpr,
	.set_return_value	= axv_riscv_set_return_value,
	.inject_interrupt	= axv_riscv_inject_interrupt,
	.inject_event		= axv_riscv_inject_event,
	.valid_interrupt	= axv_riscv_valid_interrupt,
	.runnable		= axv_riscv_runnable,
	.commit_regs		= axv_riscv_commit_regs,
	.fetch_regs		= axv_riscv_fetch_regs,
	.translate		= axv_riscv_translate,
	.describe		= axv_riscv_describe,
	.complete		= axv_riscv_complete,
	.section_prepare	= axv_riscv_section_prepare,
	.enter			= axv_riscv_enter,
	.section_finish		= axv_riscv_section_finish,
	.handle			= axv_riscv_handle,
	.put			= axv_riscv_put,
	.get_pc			= riscv_get_pc,
	.intr_state		= axv_riscv_intr_state,
	.exit_code		= riscv_exit_code,
	.show			= riscv_show,
};

/* ---- probing --------------------------------------------------------------------- */

/* Modes and VMID bits are what hgatp keeps; nothing runs with V=1 meanwhile. */
static void probe_hgatp(u32 *levels, u32 *vmid_bits)
{
	static const struct {
		u64 mode;
		u64 feature;
	} modes[] = {
		{ HGATP_MODE_SV39X4, 0 },
		{ HGATP_MODE_SV48X4, AXVCPU_RISCV_FEAT_SV48X4 },
		{ HGATP_MODE_SV57X4, AXVCPU_RISCV_FEAT_SV57X4 },
	};
	unsigned long flags;
	unsigned int i;
	u64 old, val;

	*levels = 0;
	local_irq_save(flags);
	old = csr_read(CSR_HGATP);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		csr_write(CSR_HGATP, modes[i].mode << HGATP_MODE_SHIFT);
		if (csr_read(CSR_HGATP) >> HGATP_MODE_SHIFT != modes[i].mode)
			break;
		*levels = 3 + i;
		axv_riscv_features |= modes[i].feature;
	}
	csr_write(CSR_HGATP, HGATP_MODE_SV39X4 << HGATP_MODE_SHIFT | HGATP_VMID);
	val = (csr_read(CSR_HGATP) & HGATP_VMID) >> HGATP_VMID_SHIFT;
	*vmid_bits = fls64(val);
	csr_write(CSR_HGATP, old);
	local_irq_restore(flags);
}

static void cannot(struct axv_probe *probe, u32 why, int error, const char *text)
{
	probe->why = why;
	probe->why_errno = error;
	strscpy(probe->why_text, text, sizeof(probe->why_text));
}

/**
 * axv_arch_init() - look at the hart
 * @probe: filled in, with a reason where there is nothing to be used
 *
 * Return: 0.
 */
int axv_arch_init(struct axv_probe *probe)
{
	struct axv_s2_config *s2 = &axv_s2_config;
	u32 levels, vmid_bits;

	probe->info.arch = AXVCPU_ARCH_RISCV;
	if (!riscv_isa_extension_available(NULL, h)) {
		cannot(probe, AXVCPU_WHY_NO_HARDWARE, -ENODEV,
		       "the harts have no hypervisor extension (h in their isa string)");
		return 0;
	}
	probe_hgatp(&levels, &vmid_bits);
	if (!levels) {
		cannot(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
		       "the harts have no G-stage translation for 64-bit guests");
		return 0;
	}
	if (riscv_isa_extension_available(NULL, SSTC))
		axv_riscv_features |= AXVCPU_RISCV_FEAT_SSTC;
	if (vmid_bits)
		axv_riscv_features |= AXVCPU_RISCV_FEAT_VMID;
	if (axv_riscv_fp_init(probe)) {
		cannot(probe, AXVCPU_WHY_NO_HARDWARE, -ENODEV,
		       "the harts' vector registers are larger than a run page can hold");
		return 0;
	}
	axv_riscv_tlb_init(vmid_bits);
	axv_riscv_beside_init();
	axv_riscv_section_init();
	axv_riscv_imsic_init();
	axv_riscv_sbi_init();

	s2->format = &axv_s2_gstage;
	s2->levels = levels;
	s2->min_levels = 3;
	s2->gpa_bits = 12 + 9 * levels + 2;
	s2->leaf_levels = axv_s2_gstage.leaf_levels;

	probe->ops = &axv_riscv_ops;
	probe->info.gpa_bits = s2->gpa_bits;
	probe->info.stage2_levels = levels;
	probe->info.page_sizes = BIT_ULL(12) | BIT_ULL(21) | BIT_ULL(30);
	probe->info.tags = vmid_bits ? 1u << (vmid_bits - 1) : 1;
	probe->info.arch_features = axv_riscv_features;
	pr_info("riscv: Sv%ux4, %u VMIDs, %s, %s\n", 12 + 9 * levels, probe->info.tags,
		axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC) ? "Sstc" : "no Sstc",
		axv_riscv_has(AXVCPU_RISCV_FEAT_V) ? "vector" : "no vector");
	return 0;
}

/** axv_arch_exit() - undo axv_arch_init() */
void axv_arch_exit(void)
{
	axv_riscv_beside_exit();
}
