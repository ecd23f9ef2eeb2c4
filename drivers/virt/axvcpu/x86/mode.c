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
void axv_x86_get_mode(const struct axv_vcpu *v, struct axv_x86_mode *m)
{
	const struct axvcpu_x86_control *c = &v->arch.control;

	if (!v->arch.control_valid) {
		axv_x86->read_mode(v, m);
	} else {
		m->cr0 = c->cr0;
		m->cr3 = c->cr3;
		m->cr4 = c->cr4;
		m->efer = c->efer;
		m->cs_base = c->seg[AXVCPU_X86_CS].base;
		m->cs = c->seg[AXVCPU_X86_CS].attr;
		m->cpl = c->seg[AXVCPU_X86_SS].attr >> AXV_X86_ATTR_DPL_SHIFT & 3;
	}

	axv_x86_complete_mode(v, m);
}

/**
 * axv_x86_get_segment() - a segment register
 * @v: the vCPU, between two entries
 * @seg: enum axvcpu_x86_seg
 * @s: filled in; the DPL of SS is the CPL
 */
void axv_x86_get_segment(const struct axv_vcpu *v, unsigned int seg,
			 struct axvcpu_x86_segment *s)
{
	if (v->arch.control_valid)
		*s = v->arch.control.seg[seg];
	else
		axv_x86->read_segment(v, seg, s);
}

/**
 * axv_x86_skip_slow() - what axv_x86_skip() does seldom
 * @v: the vCPU, behind the instruction
 *
 * Outside 64-bit mode EIP has 32 bits; in 16-bit code too, where running off
 * the segment is a fault of the next fetch and not a wrap.
 */
void axv_x86_skip_slow(struct axv_vcpu *v)
{
	struct axv_vcpu_arch *a = &v->arch;
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	if (m.bits != 64)
		a->gpr.rip = (u32)a->gpr.rip;
	if (a->gpr.rflags & X86_EFLAGS_TF)
		axv_x86_queue_db(v, DR_STEP);
	if (a->debug.control & AXVCPU_X86_DEBUG_STEP)
		a->stepped = true;
}
