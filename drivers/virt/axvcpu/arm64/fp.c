// SPDX-License-Identifier: GPL-2.0-only
/*
 * FP, SIMD and SVE registers.
 *
 * In a section the registers hold the guest's, around it the host's; or, if the guest has
 * not used them lately, the host's all the time, and the guest's first use traps:
 *
 *	trap	the section is left, the next ones are to be prepared
 *	prepare	kernel_neon_begin(): the thread's registers are in its own memory
 *	load	interrupts off: the guest's into the CPU
 *	unload	the reverse, and what the host has beside them as it was
 *	finish	kernel_neon_end(): the thread gets its own back when it goes to user space
 *
 * Between prepare and load, unload and finish the kernel may be preempted, so nothing of
 * the guest's is in the registers there. All of a Z register is moved, whatever the guest's
 * own ZCR_EL1 makes of it: a guest that makes its vectors longer again finds the rest.
 *
 * SME is hidden from guests. A host thread may have left the CPU in streaming mode, where
 * the guest's own CPACR_EL1 would make SIMD instructions trap to its EL1 before ours could:
 * with SME every section is prepared, which ends that mode.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/fpsimd.h>

#include "arm64.h"
#include "compat/compat_neon.h"

/* Having been wanted, the registers are loaded ahead in that many sections. */
#define BUSY_SECTIONS	32

#define V_BYTES		16
#define NR_V		32
#define NR_P		16
#define ZCR_LEN		0xfull	/* vectors of LEN + 1 times 128 bits; the rest is RES0 */

/* bits that a CPU keeps */
#define FPSR_BITS	0xf800009fu
#define FPCR_BITS	0x07ffbf07u

/* CPTR_EL2 as CPACR_EL1: no trace, no activity monitors, no SME; FP and SVE as asked */
#define CPTR_E2H_TRAPS	(BIT(30) | BIT(28))
#define CPTR_E2H_FP	(3ull << 20)
#define CPTR_E2H_SVE	(3ull << 16)
/* and without VHE, where most bits trap: bits 13, 9 and 7 to 0 are one */
#define CPTR_ONES	0x22ffull
#define CPTR_TRAPS	(BIT(30) | BIT(20) | BIT(12))
#define CPTR_FP		BIT(10)
#define CPTR_SVE	BIT(8)

/**
 * struct axv_arm64_fp - a guest's registers while they are not in a CPU
 * @regs: V registers; with SVE Z registers, P registers and FFR
 * @fpsr: and the others by their names
 * @fpcr: likewise
 * @zcr: ZCR_EL1
 * @host_fpsr: what was in the CPU before
 * @host_fpcr: likewise
 * @host_zcr: ZCR of the level the kernel runs at
 * @host_zcr12: VHE: ZCR_EL1
 * @busy: sections to come that load the registers without being asked
 * @one: for a look at V registers
 * @neon: the kernel's, see kernel_neon_begin()
 */
struct axv_arm64_fp {
	u8 *regs;
	u64 fpsr;
	u64 fpcr;
	u64 zcr;
	u64 host_fpsr;
	u64 host_fpcr;
	u64 host_zcr;
	u64 host_zcr12;
	unsigned int busy;
	u64 one[NR_V][2];
	struct axv_neon neon;
};

static u32 axv_vl __ro_after_init;	/* bytes of a Z register, 0: no SVE */
static bool axv_lazy __ro_after_init;
static bool axv_has_fp __ro_after_init;

/* bytes from one V or Z register in struct axv_arm64_fp.regs to the next */
static u32 stride(void)
{
	return axv_vl ?: V_BYTES;
}

/* P registers and FFR */
static u32 predicate_bytes(void)
{
	return (NR_P + 1) * axv_vl / 8;
}

static u8 *v_reg(const struct axv_arm64_fp *fp, unsigned int n)
{
	return fp->regs + (n % NR_V) * stride();
}

/* ---- moving them ---------------------------------------------------------------- */

/*
 * The kernel's own ZCR says how much an instruction here sees. Without VHE that is ZCR_EL1,
 * in a section the guest's. A write is seen by the next instruction: no barrier.
 */
static void save_regs(struct axv_arm64_fp *fp)
{
	if (!axv_vl) {
		__axv_arm64_v_save(fp->regs);
		return;
	}
	if (axv_arm64_vhe()) {
		fp->zcr = read_sysreg_s(SYS_ZCR_EL12);
	} else {
		fp->zcr = read_sysreg_s(SYS_ZCR_EL1);
		write_sysreg_s(axv_vl / V_BYTES - 1, SYS_ZCR_EL1);
	}
	__axv_arm64_sve_save(fp->regs);
}

static void load_regs(struct axv_arm64_fp *fp)
{
	if (!axv_vl) {
		__axv_arm64_v_load(fp->regs);
		return;
	}
	write_sysreg_s(axv_vl / V_BYTES - 1, SYS_ZCR_EL1);
	__axv_arm64_sve_load(fp->regs);
	if (axv_arm64_vhe())
		write_sysreg_s(fp->zcr, SYS_ZCR_EL12);
	else
		write_sysreg_s(fp->zcr, SYS_ZCR_EL1);
}

/* ---- the section ---------------------------------------------------------------- */

/**
 * axv_arm64_fp_prepare() - make the registers free for the guest
 * @v: the vCPU; interrupts are on, v->prepare is off
 */
void axv_arm64_fp_prepare(struct axv_vcpu *v)
{
	struct axv_arm64_fp *fp = v->arch.fp;

	if (!axv_has_fp || (!fp->busy && axv_lazy))
		return;
	if (fp->busy)
		fp->busy--;
	if (fp->busy || !axv_lazy)
		WRITE_ONCE(v->prepare, true);
	v->arch.has_fp = true;
	v->finish = true;
	axv_neon_begin(&fp->neon);
}

/**
 * axv_arm64_fp_finish() - the counterpart of axv_arm64_fp_prepare()
 * @v: the vCPU; interrupts are on
 */
void axv_arm64_fp_finish(struct axv_vcpu *v)
{
	if (!v->arch.has_fp)
		return;
	axv_neon_end(&v->arch.fp->neon);
	v->arch.has_fp = false;
}

/**
 * axv_arm64_fp_load() - the guest's registers into the CPU
 * @v: the vCPU, where the section begins; v->arch.has_fp, and CPTR_EL2 knows of it
 */
void axv_arm64_fp_load(struct axv_vcpu *v)
{
	struct axv_arm64_fp *fp = v->arch.fp;

	fp->host_fpsr = read_sysreg(fpsr);
	fp->host_fpcr = read_sysreg(fpcr);
	if (axv_vl) {
		fp->host_zcr = read_sysreg_s(SYS_ZCR_EL1);
		if (axv_arm64_vhe())
			fp->host_zcr12 = read_sysreg_s(SYS_ZCR_EL12);
	}
	load_regs(fp);
	write_sysreg(fp->fpsr, fpsr);
	write_sysreg(fp->fpcr, fpcr);
}

/**
 * axv_arm64_fp_unload() - and out of it
 * @v: the vCPU, where the section ends; v->arch.has_fp
 */
void axv_arm64_fp_unload(struct axv_vcpu *v)
{
	struct axv_arm64_fp *fp = v->arch.fp;

	save_regs(fp);
	fp->fpsr = read_sysreg(fpsr);
	fp->fpcr = read_sysreg(fpcr);
	write_sysreg(fp->host_fpsr, fpsr);
	write_sysreg(fp->host_fpcr, fpcr);
	if (axv_vl) {
		if (axv_arm64_vhe())
			write_sysreg_s(fp->host_zcr12, SYS_ZCR_EL12);
		write_sysreg_s(fp->host_zcr, SYS_ZCR_EL1);
	}
}

/**
 * axv_arm64_cptr() - CPTR_EL2 for a section
 * @v: the vCPU; what v->arch.has_fp says holds for all of it
 */
u64 axv_arm64_cptr(const struct axv_vcpu *v)
{
	u64 cptr;

	if (axv_arm64_vhe()) {
		cptr = CPTR_E2H_TRAPS;
		if (v->arch.has_fp)
			cptr |= CPTR_E2H_FP | (axv_vl ? CPTR_E2H_SVE : 0);
		return cptr;
	}
	cptr = CPTR_ONES | CPTR_TRAPS | CPTR_SVE | CPTR_FP;
	if (v->arch.has_fp)
		cptr &= ~(CPTR_FP | (axv_vl ? CPTR_SVE : 0));
	return cptr;
}

/**
 * axv_arm64_fp_trap() - the guest's first use of the registers
 * @v: the vCPU, in the section
 *
 * Return: enum axv_next: AXV_SLOW, and the next section is prepared for it.
 */
int axv_arm64_fp_trap(struct axv_vcpu *v)
{
	bool sve = axv_arm64_class(v) == ESR_ELx_EC_SVE;

	if (!axv_has_fp || v->arch.has_fp || (sve && !axv_vl)) {
		axv_arm64_undefined(v);
		return AXV_RESUME;
	}
	v->arch.fp->busy = BUSY_SECTIONS;
	WRITE_ONCE(v->prepare, true);
	return AXV_SLOW;
}

/* ---- one register, for loads and stores of devices ------------------------------- */

/**
 * axv_arm64_fp_get() - a V register of the guest
 * @v: the vCPU, in the section or at rest
 * @n: its number
 * @value: out: low and high word
 */
void axv_arm64_fp_get(struct axv_vcpu *v, unsigned int n, u64 value[2])
{
	struct axv_arm64_fp *fp = v->arch.fp;

	if (v->arch.has_fp) {
		__axv_arm64_v_save(fp->one);
		memcpy(value, fp->one[n % NR_V], V_BYTES);
	} else {
		memcpy(value, v_reg(fp, n), V_BYTES);
	}
}

/**
 * axv_arm64_fp_set() - write one, as a load does: what SVE has above it is zero then
 * @v: the vCPU, in the section or at rest
 * @n: its number
 * @value: low and high word
 */
void axv_arm64_fp_set(struct axv_vcpu *v, unsigned int n, const u64 value[2])
{
	struct axv_arm64_fp *fp = v->arch.fp;

	if (v->arch.has_fp)
		save_regs(fp);
	memset(v_reg(fp, n), 0, stride());
	memcpy(v_reg(fp, n), value, V_BYTES);
	if (v->arch.has_fp)
		load_regs(fp);
}

/* ---- the register group --------------------------------------------------------- */

/**
 * axv_arm64_fp_check() - may a guest have these?
 * @v: the vCPU
 * @fp: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_fp_check(struct axv_vcpu *v, const struct axvcpu_arm64_fp *fp)
{
	if ((fp->fpsr & ~FPSR_BITS) || (fp->fpcr & ~FPCR_BITS))
		return -EINVAL;
	if (fp->zcr & ~(axv_vl ? ZCR_LEN : 0))
		return -EINVAL;
	return fp->reserved || fp->reserved2 ? -EINVAL : 0;
}

/**
 * axv_arm64_fp_commit() - take them
 * @v: the vCPU, at rest
 * @fp: checked
 *
 * Of the low parts of Z registers, which are there twice, the V registers count: a VMM
 * that knows nothing of SVE changes them alone.
 */
void axv_arm64_fp_commit(struct axv_vcpu *v, const struct axvcpu_arm64_fp *fp)
{
	struct axv_arm64_fp *own = v->arch.fp;
	unsigned int n;

	if (axv_vl)
		memcpy(own->regs, fp + 1, NR_V * axv_vl + predicate_bytes());
	for (n = 0; n < NR_V; n++)
		memcpy(v_reg(own, n), fp->v[n], V_BYTES);
	own->fpsr = fp->fpsr;
	own->fpcr = fp->fpcr;
	own->zcr = fp->zcr;
}

/**
 * axv_arm64_fp_fetch() - put them into the run page
 * @v: the vCPU, at rest
 * @fp: written only
 */
void axv_arm64_fp_fetch(struct axv_vcpu *v, struct axvcpu_arm64_fp *fp)
{
	const struct axv_arm64_fp *own = v->arch.fp;
	unsigned int n;

	for (n = 0; n < NR_V; n++)
		memcpy(fp->v[n], v_reg(own, n), V_BYTES);
	fp->fpsr = own->fpsr;
	fp->fpcr = own->fpcr;
	fp->vl = axv_vl;
	fp->reserved = 0;
	fp->zcr = own->zcr;
	fp->reserved2 = 0;
	if (axv_vl)
		memcpy(fp + 1, own->regs, NR_V * axv_vl + predicate_bytes());
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_arm64_fp_reset() - as after power-on
 * @v: the vCPU, at rest
 */
void axv_arm64_fp_reset(struct axv_vcpu *v)
{
	struct axv_arm64_fp *fp = v->arch.fp;

	memset(fp->regs, 0, NR_V * stride() + predicate_bytes());
	fp->fpsr = 0;
	fp->fpcr = 0;
	fp->zcr = 0;
	fp->busy = 0;
	WRITE_ONCE(v->prepare, axv_has_fp && !axv_lazy);
}

/**
 * axv_arm64_fp_create() - room for a vCPU's
 * @v: the vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int axv_arm64_fp_create(struct axv_vcpu *v)
{
	struct axv_arm64_fp *fp;

	fp = kzalloc(sizeof(*fp), GFP_KERNEL_ACCOUNT);
	if (!fp)
		return -ENOMEM;
	fp->regs = kzalloc(NR_V * stride() + predicate_bytes(), GFP_KERNEL_ACCOUNT);
	if (!fp->regs) {
		kfree(fp);
		return -ENOMEM;
	}
	v->arch.fp = fp;
	axv_arm64_fp_reset(v);
	return 0;
}

/**
 * axv_arm64_fp_destroy() - undo axv_arm64_fp_create()
 * @v: the vCPU
 */
void axv_arm64_fp_destroy(struct axv_vcpu *v)
{
	if (!v->arch.fp)
		return;
	kfree(v->arch.fp->regs);
	kfree(v->arch.fp);
	v->arch.fp = NULL;
}

/* the shortest and the longest of the CPUs' longest vectors, in bytes */
static u32 axv_vl_min __initdata = U32_MAX;
static u32 axv_vl_max __initdata;

/*
 * What this CPU has. Another thread's registers may be live: their low parts, all that it
 * has, stay what they are. In streaming mode the question cannot be asked.
 */
static void __init look_at_cpu(void *unused)
{
	u64 zcr;
	u32 vl;

	if (system_supports_sme() && (read_sysreg_s(SYS_SVCR) & 1))
		return;
	zcr = read_sysreg_s(SYS_ZCR_EL1);
	write_sysreg_s(ZCR_LEN, SYS_ZCR_EL1);
	vl = __axv_arm64_sve_vl();
	write_sysreg_s(zcr, SYS_ZCR_EL1);
	axv_vl_min = min(axv_vl_min, vl);
	axv_vl_max = max(axv_vl_max, vl);
}

/*
 * The longest vectors that all CPUs have. ZCR_EL2 holds a guest to them with VHE; without
 * it has what it had at boot, and guests are told of SVE where all CPUs are alike.
 */
static u32 __init find_vl(void)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, look_at_cpu, NULL, true);
	cpus_read_unlock();
	if (!axv_vl_max || (!axv_arm64_vhe() && axv_vl_min != axv_vl_max))
		return 0;
	return axv_vl_min;
}

/**
 * axv_arm64_fp_init() - what the CPUs have
 * @probe: gets the size of the group
 *
 * Return: 0 or, for CPUs whose registers the run page cannot hold, -E2BIG.
 */
int __init axv_arm64_fp_init(struct axv_probe *probe)
{
	axv_has_fp = system_supports_fpsimd();
	axv_lazy = !system_supports_sme();
	if (axv_has_fp && system_supports_sve())
		axv_vl = find_vl();
	if (axv_vl)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_SVE;
	probe->info.fp_size = sizeof(struct axvcpu_arm64_fp) +
			      (axv_vl ? NR_V * axv_vl + predicate_bytes() : 0);
	return probe->info.fp_size > AXV_RUN_FP_SIZE ? -E2BIG : 0;
}
