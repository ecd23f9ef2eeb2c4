// SPDX-License-Identifier: GPL-2.0-only
/*
 * FP and vector registers.
 *
 * In a section the guest first runs with FS and VS off in the hart's own sstatus,
 * which goes before what its own says: the first instruction that wants the registers
 * is an illegal one, and comes here. From then on they are the guest's until the
 * section ends or interrupts are let in, and the host's again afterwards, to the last
 * bit: whose they were (a thread's that is in no hurry to have them saved) is not asked.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/asm-extable.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>
#include <asm/vector.h>

#include "riscv.h"

/**
 * struct axv_riscv_bank - one owner's registers
 * @f: FP registers
 * @fcsr: their flags and rounding mode
 * @vstart: see struct axvcpu_riscv_fp, as the next three
 * @vl: likewise
 * @vtype: likewise
 * @vcsr: likewise
 * @v: vector registers
 */
struct axv_riscv_bank {
	u64 f[32];
	u64 fcsr;
	u64 vstart;
	u64 vl;
	u64 vtype;
	u64 vcsr;
	u8 *v;
};

/**
 * struct axv_riscv_fp - both owners'
 * @guest: those of the guest, while it does not have them
 * @host: what was there before
 */
struct axv_riscv_fp {
	struct axv_riscv_bank guest;
	struct axv_riscv_bank host;
};

static unsigned int axv_vlenb;	/* bytes of a vector register, 0: none */

#define AXV_CSR_FCSR	0x003	/* the kernel has no name for it */
#define VTYPE_ILL	BIT_ULL(63)

/* ---- moving them ---------------------------------------------------------------- */

/* sstatus has FS and VS on from here to its old value. */
static u64 registers_on(u64 which)
{
	u64 old = csr_read(CSR_SSTATUS);

	csr_set(CSR_SSTATUS, which);
	return old;
}

static void f_save(struct axv_riscv_bank *b)
{
	__axv_riscv_f_save(b->f);
	b->fcsr = csr_read(AXV_CSR_FCSR);
}

static void f_load(const struct axv_riscv_bank *b)
{
	__axv_riscv_f_load(b->f);
	csr_write(AXV_CSR_FCSR, b->fcsr);
}

static void v_save(struct axv_riscv_bank *b)
{
	u8 *p = b->v;

	b->vstart = csr_read(CSR_VSTART);
	b->vl = csr_read(CSR_VL);
	b->vtype = csr_read(CSR_VTYPE);
	b->vcsr = csr_read(CSR_VCSR);
	asm volatile(".option push\n\t.option arch, +v\n\t"
		     "csrw	vstart, x0\n\t"
		     "vs8r.v	v0, (%0)\n\t"
		     "add	%0, %0, %1\n\t"
		     "vs8r.v	v8, (%0)\n\t"
		     "add	%0, %0, %1\n\t"
		     "vs8r.v	v16, (%0)\n\t"
		     "add	%0, %0, %1\n\t"
		     "vs8r.v	v24, (%0)\n\t"
		     ".option pop"
		     : "+r" (p) : "r" (8ul * axv_vlenb) : "memory");
}

/* vsetvl keeps no vl above what vtype allows: neither has a hart ever given one. */
static void v_load(const struct axv_riscv_bank *b)
{
	const u8 *p = b->v;

	asm volatile(".option push\n\t.option arch, +v\n\t"
		     "csrw	vstart, x0\n\t"
		     "vl8re8.v	v0, (%0)\n\t"
		     "add	%0, %0, %1\n\t"
		     "vl8re8.v	v8, (%0)\n\t"
		     "add	%0, %0, %1\n\t"
		     "vl8re8.v	v16, (%0)\n\t"
		     "add	%0, %0, %1\n\t"
		     "vl8re8.v	v24, (%0)\n\t"
		     "vsetvl	x0, %2, %3\n\t"
		     ".option pop"
		     : "+r" (p) : "r" (8ul * axv_vlenb), "r" (b->vl), "r" (b->vtype) : "memory");
	csr_write(CSR_VCSR, b->vcsr);
	csr_write(CSR_VSTART, b->vstart);
}

/* ---- in the section ------------------------------------------------------------- */

static void take_f(struct axv_vcpu *v)
{
	struct axv_riscv_fp *fp = v->arch.fp;
	u64 old = registers_on(SR_FS);

	f_save(&fp->host);
	f_load(&fp->guest);
	csr_write(CSR_SSTATUS, old);
	v->arch.ctx.sstatus |= SR_FS;
	v->arch.has_f = true;
}

static void take_v(struct axv_vcpu *v)
{
	struct axv_riscv_fp *fp = v->arch.fp;
	u64 old = registers_on(SR_VS);

	v_save(&fp->host);
	v_load(&fp->guest);
	csr_write(CSR_SSTATUS, old);
	v->arch.ctx.sstatus |= SR_VS;
	v->arch.has_v = true;
}

/**
 * axv_riscv_fp_wants_illegal() - an illegal instruction may be for us
 * @v: the vCPU
 */
bool axv_riscv_fp_wants_illegal(const struct axv_vcpu *v)
{
	return !v->arch.has_f || (axv_vlenb && !v->arch.has_v);
}

/**
 * axv_riscv_fp_wanted() - the guest met an illegal instruction
 * @v: the vCPU, in the section
 *
 * What is not there and would be used if the guest's own sstatus has it on, is brought,
 * one after the other: an instruction that is illegal all the same comes back.
 *
 * Return: try again.
 */
bool axv_riscv_fp_wanted(struct axv_vcpu *v)
{
	u64 vsstatus = csr_read(CSR_VSSTATUS);

	if (!v->arch.has_f && (vsstatus & SR_FS))
		take_f(v);
	else if (axv_vlenb && !v->arch.has_v && (vsstatus & SR_VS))
		take_v(v);
	else
		return false;
	axv_riscv_load_hedeleg(v);
	return true;
}

/**
 * axv_riscv_fp_unload() - the host's registers again
 * @v: the vCPU, in a section; it has one kind or both
 */
void axv_riscv_fp_unload(struct axv_vcpu *v)
{
	struct axv_riscv_fp *fp = v->arch.fp;
	u64 old;

	old = registers_on(SR_FS | (v->arch.has_v ? SR_VS : 0));
	if (v->arch.has_f) {
		f_save(&fp->guest);
		f_load(&fp->host);
	}
	if (v->arch.has_v) {
		v_save(&fp->guest);
		v_load(&fp->host);
	}
	csr_write(CSR_SSTATUS, old);
	v->arch.has_f = false;
	v->arch.has_v = false;
	v->arch.ctx.sstatus &= ~(SR_FS | SR_VS);
}

/* ---- one register, for loads and stores of devices ------------------------------- */

/**
 * axv_riscv_fp_get() - an FP register of the guest
 * @v: the vCPU, in the section or at rest
 * @n: its number
 */
u64 axv_riscv_fp_get(struct axv_vcpu *v, unsigned int n)
{
	struct axv_riscv_fp *fp = v->arch.fp;
	u64 old;

	if (v->arch.has_f) {
		old = registers_on(SR_FS);
		f_save(&fp->guest);
		csr_write(CSR_SSTATUS, old);
	}
	return fp->guest.f[n % 32];
}

/**
 * axv_riscv_fp_set() - write one
 * @v: the vCPU, at rest
 * @n: its number
 * @value: all of its bits
 */
void axv_riscv_fp_set(struct axv_vcpu *v, unsigned int n, u64 value)
{
	v->arch.fp->guest.f[n % 32] = value;
	/* as the instruction would have done */
	axv_riscv_write_vs(v, CSR_VSSTATUS, axv_riscv_read_vs(v, CSR_VSSTATUS) | SR_FS | SR_SD);
}

/* ---- the register group --------------------------------------------------------- */

#define FCSR_MASK	0xffu
#define VCSR_MASK	0x7u

/**
 * axv_riscv_fp_check() - may a guest have these?
 * @v: the vCPU
 * @fp: a private copy
 *
 * vtype and vl are what vsetvl makes of them. Return: 0 or -EINVAL.
 */
int axv_riscv_fp_check(struct axv_vcpu *v, const struct axvcpu_riscv_fp *fp)
{
	if ((fp->fcsr & ~FCSR_MASK) || (fp->vcsr & ~(u64)VCSR_MASK))
		return -EINVAL;
	if (fp->vstart >= 8ull * (axv_vlenb ?: 1))
		return -EINVAL;
	return 0;
}

/**
 * axv_riscv_fp_commit() - take them
 * @v: the vCPU, at rest
 * @fp: checked
 */
void axv_riscv_fp_commit(struct axv_vcpu *v, const struct axvcpu_riscv_fp *fp)
{
	struct axv_riscv_bank *b = &v->arch.fp->guest;

	memcpy(b->f, fp->f, sizeof(b->f));
	b->fcsr = fp->fcsr;
	if (!axv_vlenb)
		return;
	b->vstart = fp->vstart;
	b->vl = fp->vl;
	b->vtype = fp->vtype;
	b->vcsr = fp->vcsr;
	memcpy(b->v, fp + 1, 32 * axv_vlenb);
}

/**
 * axv_riscv_fp_fetch() - put them into the run page
 * @v: the vCPU, at rest
 * @fp: written only
 */
void axv_riscv_fp_fetch(struct axv_vcpu *v, struct axvcpu_riscv_fp *fp)
{
	const struct axv_riscv_bank *b = &v->arch.fp->guest;

	memcpy(fp->f, b->f, sizeof(b->f));
	fp->fcsr = b->fcsr;
	fp->vlenb = axv_vlenb;
	fp->vstart = b->vstart;
	fp->vl = b->vl;
	fp->vtype = b->vtype;
	fp->vcsr = b->vcsr;
	if (axv_vlenb)
		memcpy(fp + 1, b->v, 32 * axv_vlenb);
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_riscv_fp_reset() - as after power-on
 * @v: the vCPU, at rest
 */
void axv_riscv_fp_reset(struct axv_vcpu *v)
{
	struct axv_riscv_bank *b = &v->arch.fp->guest;
	u8 *regs = b->v;

	memset(b, 0, sizeof(*b));
	b->v = regs;
	b->vtype = VTYPE_ILL;
	if (axv_vlenb)
		memset(regs, 0, 32 * axv_vlenb);
}

/**
 * axv_riscv_fp_create() - room for a vCPU's
 * @v: the vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int axv_riscv_fp_create(struct axv_vcpu *v)
{
	struct axv_riscv_fp *fp;

	fp = kzalloc(sizeof(*fp), GFP_KERNEL_ACCOUNT);
	if (!fp)
		return -ENOMEM;
	if (axv_vlenb) {
		fp->guest.v = kzalloc(2 * 32 * axv_vlenb, GFP_KERNEL_ACCOUNT);
		if (!fp->guest.v) {
			kfree(fp);
			return -ENOMEM;
		}
		fp->host.v = fp->guest.v + 32 * axv_vlenb;
	}
	v->arch.fp = fp;
	return 0;
}

/**
 * axv_riscv_fp_destroy() - undo axv_riscv_fp_create()
 * @v: the vCPU
 */
void axv_riscv_fp_destroy(struct axv_vcpu *v)
{
	kfree(v->arch.fp->guest.v);
	kfree(v->arch.fp);
}

/**
 * axv_riscv_fp_init() - what the hart has
 * @probe: gets the size of the group
 *
 * Return: 0 or, for a hart whose registers the run page cannot hold, -E2BIG.
 */
int axv_riscv_fp_init(struct axv_probe *probe)
{
	unsigned long flags;
	u64 old;

	if (has_vector()) {
		local_irq_save(flags);
		old = registers_on(SR_VS);
		axv_vlenb = csr_read(CSR_VLENB);
		csr_write(CSR_SSTATUS, old);
		local_irq_restore(flags);
		axv_riscv_features |= AXVCPU_RISCV_FEAT_V;
	}
	probe->info.fp_size = sizeof(struct axvcpu_riscv_fp) + 32 * axv_vlenb;
	return probe->info.fp_size > AXV_RUN_FP_SIZE ? -E2BIG : 0;
}
