// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's x87, SSE, AVX and other XSAVE state.
 *
 * In a section the registers hold the guest's state, around it the host's; or,
 * if the guest has not used them lately, the host's all the time, and the
 * backend makes the guest's first use exit (see axv_x86_fpu_lazy()):
 *
 *	prepare	kernel_fpu_begin(): the thread's state is in its own memory,
 *		preemption is off
 *	load	interrupts off: the guest's components from its area, its XCR0,
 *		its XSS
 *	unload	the reverse
 *	finish	kernel_fpu_end(): the thread gets its state back when it goes to
 *		user space
 *
 * The area is in the standard form and moved with all of axv_x86_host.xcr0 as
 * the mask, whatever the guest's own XCR0 is: components the guest turned off
 * keep their values. Components outside that mask a guest cannot reach, for its
 * XCR0 never has them.
 *
 * The host's XCR0, XSS and PKRU are read each time, never remembered: they are
 * the kernel's to change.
 */
#include <linux/log2.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xcr.h>
#include <asm/special_insns.h>

#include "x86.h"

/* what XRSTOR gives x87 and SSE whose XSTATE_BV bit is clear */
#define INIT_FCW	0x037f
#define INIT_MXCSR	0x1f80
/* x87 after power-on: all exceptions unmasked, all registers valid and +0 */
#define RESET_FCW	0x0040
#define RESET_FTW	0x00ff

/**
 * struct axv_x86_fpu - guest FP state
 * @area: its XSAVE area, axv_x86_host.fpu_size bytes; FXSAVE's without XSAVE
 * @host_xcr0: of the CPU at the last load
 * @host_xss: likewise
 * @host_pkru: likewise
 * @loaded: the registers hold the guest's state
 * @xcr: the guest's XCR0 and XSS are in the CPU
 * @pkru: the guest's PKRU is in the CPU, without the rest
 * @busy: sections to come that load the state without being asked
 */
struct axv_x86_fpu {
	struct xregs_state *area;
	u64 host_xcr0;
	u64 host_xss;
	u32 host_pkru;
	bool loaded;
	bool xcr;
	bool pkru;
	unsigned int busy;
};

/* Having been wanted, the state is loaded ahead in that many sections. */
#define BUSY_SECTIONS	32

u32 axv_x86_fpu_size(void)
{
	return axv_x86_host.fpu_size;
}

u64 axv_x86_xcr0_allowed(void)
{
	return axv_x86_host.xcr0;
}

/* Supervisor components: none is switched. */
u64 axv_x86_xss_allowed(void)
{
	return 0;
}

/*
 * Components a guest with @xcr0 can have values in: SSE needs no XCR0 bit when
 * XSAVE is not used, and PKRU never needs one.
 */
static u64 usable(u64 xcr0)
{
	u64 host = axv_x86_host.xcr0 ?: XFEATURE_MASK_FPSSE;

	return (xcr0 | XFEATURE_MASK_FPSSE | XFEATURE_MASK_PKRU) & host;
}

/* ---- life ------------------------------------------------------------------------ */

/**
 * axv_x86_fpu_init() - the FP state of a new vCPU
 * @v: the vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int axv_x86_fpu_init(struct axv_vcpu *v)
{
	struct axv_x86_fpu *fpu;

	fpu = kzalloc(sizeof(*fpu), GFP_KERNEL_ACCOUNT);
	if (!fpu)
		return -ENOMEM;
	/* XSAVE wants 64 bytes of alignment: powers of two are aligned to themselves. */
	fpu->area = kzalloc(roundup_pow_of_two(axv_x86_host.fpu_size), GFP_KERNEL_ACCOUNT);
	if (!fpu->area) {
		kfree(fpu);
		return -ENOMEM;
	}
	v->arch.fpu = fpu;
	v->prepare = !axv_x86_host.lazy_fpu;
	axv_x86_fpu_reset(v);
	return 0;
}

/**
 * axv_x86_fpu_free() - the counterpart of axv_x86_fpu_init()
 * @v: the vCPU
 */
void axv_x86_fpu_free(struct axv_vcpu *v)
{
	if (!v->arch.fpu)
		return;
	kfree(v->arch.fpu->area);
	kfree(v->arch.fpu);
	v->arch.fpu = NULL;
}

/**
 * axv_x86_fpu_reset() - the state after power-on
 * @v: the vCPU
 *
 * x87 then is not what FNINIT leaves, so it is the one component that is not in
 * its initial configuration.
 */
void axv_x86_fpu_reset(struct axv_vcpu *v)
{
	struct xregs_state *area = v->arch.fpu->area;

	memset(area, 0, axv_x86_host.fpu_size);
	area->i387.cwd = RESET_FCW;
	area->i387.twd = RESET_FTW;
	area->i387.mxcsr = INIT_MXCSR;
	area->header.xfeatures = XFEATURE_MASK_FP;
}

/* ---- the switch -------------------------------------------------------------------- */

static void save(struct xregs_state *area, u64 mask)
{
	if (!mask) {
		asm volatile("fxsave64 %0" : "+m" (*area) : : "memory");
		area->header.xfeatures = XFEATURE_MASK_FPSSE;
	} else if (cpu_feature_enabled(X86_FEATURE_XSAVEOPT)) {
		asm volatile("xsaveopt64 %0"
			     : "+m" (*area) : "a" ((u32)mask), "d" ((u32)(mask >> 32)) : "memory");
	} else {
		asm volatile("xsave64 %0"
			     : "+m" (*area) : "a" ((u32)mask), "d" ((u32)(mask >> 32)) : "memory");
	}
}

/* Cannot fault: what the area holds was checked, or was saved by the CPU. */
static void restore(const struct xregs_state *area, u64 mask)
{
	/* Such CPUs load the pointers of the last instruction only with an
	 * exception pending, and would show the guest those of a host process.
	 */
	if (boot_cpu_has_bug(X86_BUG_FXSAVE_LEAK))
		asm volatile("fninit");
	if (!mask)
		asm volatile("fxrstor64 %0" : : "m" (*area) : "memory");
	else
		asm volatile("xrstor64 %0"
			     : : "m" (*area), "a" ((u32)mask), "d" ((u32)(mask >> 32)) : "memory");
}

/**
 * axv_x86_fpu_prepare() - make the registers free for a guest
 * @v: the vCPU
 *
 * Preemption is off from here to axv_x86_fpu_finish() if they are to be loaded.
 * Interrupts are on.
 */
void axv_x86_fpu_prepare(struct axv_vcpu *v)
{
	struct axv_x86_fpu *fpu = v->arch.fpu;

	if (!fpu->busy && axv_x86_host.lazy_fpu)
		return;
	if (fpu->busy)
		fpu->busy--;
	if (fpu->busy || !axv_x86_host.lazy_fpu)
		WRITE_ONCE(v->prepare, true);
	v->arch.fpu_eager = true;
	v->finish = true;
	/* No bit of the mask: nothing needs initial values, all is loaded. */
	kernel_fpu_begin_mask(0);
}

/**
 * axv_x86_fpu_wanted() - the guest is about to use the registers
 * @v: the vCPU
 */
void axv_x86_fpu_wanted(struct axv_vcpu *v)
{
	v->arch.fpu->busy = BUSY_SECTIONS;
	WRITE_ONCE(v->prepare, true);
}

static void load_xcr(struct axv_x86_fpu *fpu, const struct axvcpu_x86_control *c)
{
	fpu->host_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	if (fpu->host_xcr0 != c->xcr0)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, c->xcr0);
	if (cpu_feature_enabled(X86_FEATURE_XSAVES)) {
		rdmsrq(MSR_IA32_XSS, fpu->host_xss);
		if (fpu->host_xss != c->xss)
			wrmsrq(MSR_IA32_XSS, c->xss);
	}
	fpu->xcr = true;
}

/**
 * axv_x86_fpu_load_slow() - see axv_x86_fpu_load()
 * @v: the vCPU; interrupts are off
 *
 * The rights of protection keys count, and can be read, whoever has the rest.
 */
void axv_x86_fpu_load_slow(struct axv_vcpu *v)
{
	const struct axvcpu_x86_control *c = &v->arch.control;
	struct axv_x86_fpu *fpu = v->arch.fpu;
	bool keys = axv_x86_host.xcr0 & XFEATURE_MASK_PKRU;

	if (keys)
		fpu->host_pkru = rdpkru();
	if (v->arch.fpu_eager) {
		restore(fpu->area, axv_x86_host.xcr0);
		fpu->loaded = true;
		/* without it the guest does not see XCR0 */
		if (c->cr4 & X86_CR4_OSXSAVE)
			load_xcr(fpu, c);
	} else if (keys) {
		restore(fpu->area, XFEATURE_MASK_PKRU);
		fpu->pkru = true;
	}
}

/**
 * axv_x86_fpu_unload_slow() - see axv_x86_fpu_unload()
 * @v: the vCPU; interrupts are off since axv_x86_fpu_load()
 */
void axv_x86_fpu_unload_slow(struct axv_vcpu *v)
{
	const struct axvcpu_x86_control *c = &v->arch.control;
	struct axv_x86_fpu *fpu = v->arch.fpu;

	if (fpu->xcr) {
		if (fpu->host_xcr0 != c->xcr0)
			xsetbv(XCR_XFEATURE_ENABLED_MASK, fpu->host_xcr0);
		if (cpu_feature_enabled(X86_FEATURE_XSAVES) && fpu->host_xss != c->xss)
			wrmsrq(MSR_IA32_XSS, fpu->host_xss);
		fpu->xcr = false;
	}
	if (!fpu->loaded && !fpu->pkru)
		return;
	save(fpu->area, fpu->loaded ? axv_x86_host.xcr0 : XFEATURE_MASK_PKRU);
	fpu->loaded = false;
	fpu->pkru = false;
	/* kernel_fpu_end() does not: PKRU is switched by its own. */
	if (axv_x86_host.xcr0 & XFEATURE_MASK_PKRU)
		wrpkru(fpu->host_pkru);
}

/**
 * axv_x86_fpu_finish() - the counterpart of axv_x86_fpu_prepare()
 * @v: the vCPU; interrupts are on
 */
void axv_x86_fpu_finish(struct axv_vcpu *v)
{
	if (!v->arch.fpu_eager)
		return;
	kernel_fpu_end();
	v->arch.fpu_eager = false;
}

/**
 * axv_x86_fpu_xcr_changed() - XCR0 or XSS of the guest changed
 * @v: the vCPU; v->arch.control has the new values, which were checked
 */
void axv_x86_fpu_xcr_changed(struct axv_vcpu *v)
{
	if (!v->arch.fpu->xcr)
		return;
	xsetbv(XCR_XFEATURE_ENABLED_MASK, v->arch.control.xcr0);
	if (cpu_feature_enabled(X86_FEATURE_XSAVES))
		wrmsrq(MSR_IA32_XSS, v->arch.control.xss);
}

/* ---- the FP group of the run page ----------------------------------------------------- */

/**
 * axv_x86_fpu_check() - can an area be loaded
 * @xcr0: the XCR0 that goes with it
 * @area: axv_x86_fpu_size() bytes
 *
 * Return: 0, or -EINVAL where XRSTOR would fault, or would load what the guest
 * cannot have.
 */
int axv_x86_fpu_check(u64 xcr0, const void *area)
{
	const struct xregs_state *x = area;

	if (x->header.xfeatures & ~usable(xcr0))
		return -EINVAL;
	if (x->header.xcomp_bv || memchr_inv(x->header.reserved, 0, sizeof(x->header.reserved)))
		return -EINVAL;
	if (x->i387.mxcsr & ~axv_x86_host.mxcsr_mask)
		return -EINVAL;
	return 0;
}

/* Initial values where XSTATE_BV has no bit: FXRSTOR does not know that field. */
static void settle(struct xregs_state *x)
{
	if (!(x->header.xfeatures & XFEATURE_MASK_FP)) {
		x->i387.cwd = INIT_FCW;
		x->i387.swd = 0;
		x->i387.twd = 0;
		x->i387.fop = 0;
		x->i387.rip = 0;
		x->i387.rdp = 0;
		memset(x->i387.st_space, 0, sizeof(x->i387.st_space));
	}
	if (!(x->header.xfeatures & XFEATURE_MASK_SSE))
		memset(x->i387.xmm_space, 0, sizeof(x->i387.xmm_space));
}

/**
 * axv_x86_fpu_commit() - take an area that was checked
 * @v: the vCPU, at rest
 * @area: a private copy
 */
void axv_x86_fpu_commit(struct axv_vcpu *v, const void *area)
{
	struct xregs_state *x = v->arch.fpu->area;

	memcpy(x, area, axv_x86_host.fpu_size);
	settle(x);
}

/**
 * axv_x86_fpu_fetch() - give the FP state to the run page
 * @v: the vCPU, at rest
 * @area: may be read and written by user space meanwhile: written only
 *
 * XSAVEOPT leaves out components in their initial configuration, so what the
 * area has there is old; a reader finds their initial values.
 */
void axv_x86_fpu_fetch(struct axv_vcpu *v, void *area)
{
	struct xregs_state *x = v->arch.fpu->area;
	u64 have = x->header.xfeatures & usable(v->arch.control.xcr0);
	struct xstate_header header = { .xfeatures = have };
	const struct axv_x86_xstate *c;
	unsigned int i;

	settle(x);
	memset(&x->i387.padding, 0, sizeof(x->i387.padding));
	memset(&x->i387.sw_reserved, 0, sizeof(x->i387.sw_reserved));
	x->i387.mxcsr_mask = axv_x86_host.mxcsr_mask;
	memcpy(area, &x->i387, sizeof(x->i387));
	memcpy(area + sizeof(x->i387), &header, sizeof(header));
	memset(area + sizeof(x->i387) + sizeof(header), 0,
	       axv_x86_host.fpu_size - sizeof(x->i387) - sizeof(header));
	for (i = FIRST_EXTENDED_XFEATURE; i < AXV_X86_NR_XSTATE; i++) {
		c = &axv_x86_host.xstate[i];
		if (have & BIT_ULL(i))
			memcpy(area + c->offset, (void *)x + c->offset, c->size);
	}
}

/**
 * axv_x86_fpu_pkru() - the guest's PKRU
 * @v: the vCPU
 */
u32 axv_x86_fpu_pkru(struct axv_vcpu *v)
{
	const struct xregs_state *x = v->arch.fpu->area;
	u32 pkru = 0;

	if (!(axv_x86_host.xcr0 & XFEATURE_MASK_PKRU))
		return 0;
	if (v->arch.fpu->loaded || v->arch.fpu->pkru)
		return rdpkru();
	if (x->header.xfeatures & XFEATURE_MASK_PKRU)
		memcpy(&pkru, (void *)x + axv_x86_host.xstate[XFEATURE_PKRU].offset, sizeof(pkru));
	return pkru;
}
