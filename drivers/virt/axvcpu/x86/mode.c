// SPDX-License-Identifier: GPL-2.0-only
/* The guest's execution mode, and going on behind an instruction. */
#include <uapi/asm/debugreg.h>
#include <asm/processor-flags.h>

#include "x86.h"

/**
 * axv_x86_get_mode() - what the guest's next instruction means
 * @v: the vCPU, between two entries
 * @m: filled in
 */
void axv_x86_get_mode(struct axv_vcpu *v, struct axv_x86_mode *m)
{
	const struct axvcpu_x86_control *c = axv_x86_control(v);
	u32 cs = c->seg[AXVCPU_X86_CS].attr;

	m->long_mode = c->efer & EFER_LMA;
	m->paging = c->cr0 & X86_CR0_PG;
	/* D counts in real mode too: it stays when PE is cleared. */
	if (m->long_mode && cs & AXV_X86_ATTR_L)
		m->bits = 64;
	else
		m->bits = cs & AXV_X86_ATTR_DB ? 32 : 16;

	if (!(c->cr0 & X86_CR0_PE))
		m->cpl = 0;
	else if (v->arch.gpr.rflags & X86_EFLAGS_VM && !m->long_mode)
		m->cpl = 3;
	else
		m->cpl = c->seg[AXVCPU_X86_SS].attr >> AXV_X86_ATTR_DPL_SHIFT & 3;
}

/**
 * axv_x86_skip() - go on behind an instruction that was done for the guest
 * @v: the vCPU
 * @len: bytes of the instruction
 *
 * Outside 64-bit mode EIP has 32 bits; in 16-bit code too, where running off
 * the segment is a fault of the next fetch and not a wrap.
 */
void axv_x86_skip(struct axv_vcpu *v, unsigned int len)
{
	struct axv_vcpu_arch *a = &v->arch;
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	a->gpr.rip += len;
	if (m.bits != 64)
		a->gpr.rip = (u32)a->gpr.rip;
	a->gpr.rflags &= ~(u64)X86_EFLAGS_RF;
	a->shadow = false;

	if (a->gpr.rflags & X86_EFLAGS_TF)
		axv_x86_queue_db(v, DR_STEP);
	if (a->debug.control & AXVCPU_X86_DEBUG_STEP)
		a->stepped = true;
}
