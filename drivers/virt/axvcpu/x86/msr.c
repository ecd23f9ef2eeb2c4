// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMSR and WRMSR in the guest.
 *
 * The VM's filter is asked first. What it leaves to the kernel is answered
 * here: registers of the control group, the TSC, and model-specific ones with
 * one right answer. A number that is in none of these gives #GP, as on a CPU
 * that lacks the register, and not a word in the log.
 */
#include <asm/apicdef.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include "x86.h"

/* v->arch.msr_misc */
enum {
	MISC_TSC_ADJUST,
	MISC_APIC_BASE,		/* where the VM has no local APICs */
	MISC_NR,
};

#define VENDOR_INTEL_EBX	0x756e6547	/* "Genu" */

const u32 axv_x86_switched_msrs[] = {
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
	MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SYSCALL_MASK,
	MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
	0
};

/* ---- registers that always read the same ---------------------------------------- */

#define AMD		1u	/* there on AMD CPUs */
#define INTEL		2u	/* there on Intel CPUs */
#define DROP		4u	/* writes are dropped; without it they are #GP */

/**
 * struct fixed_msr - a run of registers that hold a constant
 * @first: first number
 * @last: last number
 * @flags: AMD, INTEL, DROP
 * @value: what they read as
 *
 * Operating systems read them at boot without asking whether they are there,
 * as every CPU of the family has them.
 */
struct fixed_msr {
	u32 first;
	u32 last;
	u32 flags;
	u64 value;
};

/*
 * LS_CFG (C0011020h) is left out on purpose: a guest that can write it takes
 * it for a switch of the speculative store bypass, which it would not be.
 */
static const struct fixed_msr fixed_msrs[] = {
	{ MSR_IA32_PLATFORM_ID, MSR_IA32_PLATFORM_ID, INTEL, 0 },
	{ MSR_IA32_MCG_CAP, MSR_IA32_MCG_CAP, INTEL | AMD, 0 },
	{ MSR_IA32_MCG_STATUS, MSR_IA32_MCG_STATUS, INTEL | AMD | DROP, 0 },
	{ MSR_IA32_MISC_ENABLE, MSR_IA32_MISC_ENABLE, INTEL | DROP,
	  MSR_IA32_MISC_ENABLE_FAST_STRING | MSR_IA32_MISC_ENABLE_BTS_UNAVAIL |
	  MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL },
	{ MSR_AMD64_SYSCFG, MSR_AMD64_SYSCFG, AMD | DROP, 0 },
	/* the TSC counts at the rate of P0 */
	{ MSR_K7_HWCR, MSR_K7_HWCR, AMD | DROP, BIT(24) },
	{ MSR_K8_TOP_MEM1, MSR_K8_TOP_MEM1, AMD, 0 },
	{ MSR_K8_TOP_MEM2, MSR_K8_TOP_MEM2, AMD, 0 },
	{ MSR_AMD64_NB_CFG, MSR_AMD64_NB_CFG, AMD | DROP, 0 },
	{ MSR_K8_INT_PENDING_MSG, MSR_K8_INT_PENDING_MSG, AMD | DROP, 0 },
	{ MSR_FAM10H_MMIO_CONF_BASE, MSR_FAM10H_MMIO_CONF_BASE, AMD | DROP, 0 },
	/* P-state limit, control, status and definitions */
	{ 0xc0010061, 0xc001006b, AMD, 0 },
	{ MSR_AMD64_OSVW_ID_LENGTH, MSR_AMD64_OSVW_STATUS, AMD, 0 },
	{ MSR_AMD64_DC_CFG, MSR_AMD64_DC_CFG, AMD | DROP, 0 },
	{ MSR_AMD64_BU_CFG2, MSR_AMD64_BU_CFG2, AMD | DROP, 0 },
};

static bool is_intel(struct axv_vcpu *v)
{
	const struct axvcpu_cpuid_entry *e = axv_x86_find_cpuid(v, 0, 0);

	return e && e->ebx == VENDOR_INTEL_EBX;
}

static const struct fixed_msr *find_fixed(struct axv_vcpu *v, u32 nr)
{
	u32 vendor = is_intel(v) ? INTEL : AMD;
	const struct fixed_msr *m;

	for (m = fixed_msrs; m < fixed_msrs + ARRAY_SIZE(fixed_msrs); m++)
		if (nr >= m->first && nr <= m->last)
			return m->flags & vendor ? m : NULL;
	return NULL;
}

/* ---- the TSC ------------------------------------------------------------------------ */

static u64 guest_tsc(struct axv_vcpu *v)
{
	return rdtsc_ordered() + v->arch.tsc_offset;
}

/* A write to TSC shows in TSC_ADJUST, and the reverse. */
static void move_tsc(struct axv_vcpu *v, u64 delta)
{
	WRITE_ONCE(v->arch.tsc_offset, v->arch.tsc_offset + delta);
	v->arch.msr_misc[MISC_TSC_ADJUST] += delta;
	axv_x86_lapic_tsc_changed(v);
}

/* ---- features some registers come with ------------------------------------------------ */

static bool has_apic(struct axv_vcpu *v)
{
	return axv_x86_guest_has(v, 1, 0, 3, X86_FEATURE_APIC & 31);
}

static bool has_tsc_adjust(struct axv_vcpu *v)
{
	return axv_x86_guest_has(v, 7, 0, 1, X86_FEATURE_TSC_ADJUST & 31);
}

static bool has_tsc_aux(struct axv_vcpu *v)
{
	return axv_x86_guest_has(v, 0x80000001, 0, 3, X86_FEATURE_RDTSCP & 31) ||
	       axv_x86_guest_has(v, 7, 0, 2, X86_FEATURE_RDPID & 31);
}

static bool has_xss(struct axv_vcpu *v)
{
	return axv_x86_guest_has(v, 0xd, 1, 0, X86_FEATURE_XSAVES & 31);
}

static u64 microcode(struct axv_vcpu *v)
{
	u64 revision = boot_cpu_data.microcode;

	return is_intel(v) ? revision << 32 : revision;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool get_msr(struct axv_vcpu *v, u32 nr, u64 *val)
{
	const struct axvcpu_x86_control *c = axv_x86_control(v);
	const struct fixed_msr *m;

	switch (nr) {
	case MSR_IA32_TSC:
		*val = guest_tsc(v);
		return true;
	case MSR_IA32_APICBASE:
		*val = v->arch.msr_misc[MISC_APIC_BASE];
		return has_apic(v);
	case MSR_IA32_TSC_ADJUST:
		*val = v->arch.msr_misc[MISC_TSC_ADJUST];
		return has_tsc_adjust(v);
	case MSR_IA32_UCODE_REV:	/* AMD: PATCH_LEVEL */
		*val = microcode(v);
		return true;
	case MSR_IA32_SYSENTER_CS:
		*val = c->sysenter_cs;
		return true;
	case MSR_IA32_SYSENTER_ESP:
		*val = c->sysenter_esp;
		return true;
	case MSR_IA32_SYSENTER_EIP:
		*val = c->sysenter_eip;
		return true;
	case MSR_IA32_DEBUGCTLMSR:
		*val = 0;
		return true;
	case MSR_IA32_CR_PAT:
		*val = c->pat;
		return true;
	case MSR_IA32_XSS:
		*val = c->xss;
		return has_xss(v);
	case MSR_EFER:
		*val = c->efer;
		return true;
	case MSR_STAR:
		*val = c->star;
		return true;
	case MSR_LSTAR:
		*val = c->lstar;
		return true;
	case MSR_CSTAR:
		*val = c->cstar;
		return true;
	case MSR_SYSCALL_MASK:
		*val = c->sfmask;
		return true;
	case MSR_FS_BASE:
		*val = c->seg[AXVCPU_X86_FS].base;
		return true;
	case MSR_GS_BASE:
		*val = c->seg[AXVCPU_X86_GS].base;
		return true;
	case MSR_KERNEL_GS_BASE:
		*val = c->kernel_gs_base;
		return true;
	case MSR_TSC_AUX:
		*val = c->tsc_aux;
		return has_tsc_aux(v);
	case MSR_AMD64_DE_CFG:
		/* the one bit that guests ask for: LFENCE waits */
		*val = boot_cpu_has(X86_FEATURE_LFENCE_RDTSC) ? BIT(1) : 0;
		return !is_intel(v);
	}
	m = find_fixed(v, nr);
	if (!m)
		return false;
	*val = m->value;
	return true;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* A register of the control group; all of them are loaded before the next entry. */
static bool set_control(struct axv_vcpu *v, __u64 *reg, u64 val)
{
	*reg = val;
	axv_x86_control_changed(v);
	return true;
}

static bool set_address(struct axv_vcpu *v, __u64 *reg, u64 val)
{
	return axv_x86_canonical(val) && set_control(v, reg, val);
}

static bool set_apic_base(struct axv_vcpu *v, u64 val)
{
	u64 flags = MSR_IA32_APICBASE_ENABLE | MSR_IA32_APICBASE_BSP;
	u64 base = GENMASK_ULL(axv_probe.info.gpa_bits - 1, PAGE_SHIFT);

	if (!has_apic(v) || (val & ~(flags | base)))
		return false;
	v->arch.msr_misc[MISC_APIC_BASE] = val;
	return true;
}

static bool set_xss(struct axv_vcpu *v, u64 val)
{
	if (!has_xss(v) || (val & ~axv_x86_xss_allowed()))
		return false;
	axv_x86_control(v)->xss = val;
	axv_x86_fpu_xcr_changed(v);
	return true;
}

static bool set_msr(struct axv_vcpu *v, u32 nr, u64 val)
{
	struct axvcpu_x86_control *c = axv_x86_control(v);
	const struct fixed_msr *m;

	switch (nr) {
	case MSR_IA32_TSC:
		move_tsc(v, val - guest_tsc(v));
		return true;
	case MSR_IA32_APICBASE:
		return set_apic_base(v, val);
	case MSR_IA32_TSC_ADJUST:
		if (!has_tsc_adjust(v))
			return false;
		move_tsc(v, val - v->arch.msr_misc[MISC_TSC_ADJUST]);
		return true;
	case MSR_IA32_UCODE_REV:	/* written before CPUID refreshes it */
		return true;
	case MSR_IA32_SYSENTER_CS:
		return set_control(v, &c->sysenter_cs, val);
	case MSR_IA32_SYSENTER_ESP:
		return set_address(v, &c->sysenter_esp, val);
	case MSR_IA32_SYSENTER_EIP:
		return set_address(v, &c->sysenter_eip, val);
	case MSR_IA32_DEBUGCTLMSR:
		/* branch trap and record: accepted, without effect */
		return !(val & ~(DEBUGCTLMSR_LBR | DEBUGCTLMSR_BTF));
	case MSR_IA32_CR_PAT:
		return axv_x86_valid_pat(val) && set_control(v, &c->pat, val);
	case MSR_IA32_XSS:
		return set_xss(v, val);
	case MSR_EFER:
		return !axv_x86_set_efer(v, val);
	case MSR_STAR:
		return set_control(v, &c->star, val);
	case MSR_LSTAR:
		return set_address(v, &c->lstar, val);
	case MSR_CSTAR:
		return set_address(v, &c->cstar, val);
	case MSR_SYSCALL_MASK:
		return set_control(v, &c->sfmask, val);
	case MSR_FS_BASE:
		return set_address(v, &c->seg[AXVCPU_X86_FS].base, val);
	case MSR_GS_BASE:
		return set_address(v, &c->seg[AXVCPU_X86_GS].base, val);
	case MSR_KERNEL_GS_BASE:
		return set_address(v, &c->kernel_gs_base, val);
	case MSR_TSC_AUX:
		return has_tsc_aux(v) && !(val >> 32) && set_control(v, &c->tsc_aux, val);
	case MSR_AMD64_DE_CFG:
		return !is_intel(v);
	}
	m = find_fixed(v, nr);
	return m && m->flags & DROP;
}

/* ---- the instructions --------------------------------------------------------------------- */

static int faulted(struct axv_vcpu *v)
{
	axv_x86_queue_gp(v);
	return AXV_X86_FAULTED;
}

static int sysreg_exit(struct axv_vcpu *v, u32 reason, u32 nr, u64 val)
{
	axv_x86_new_exit(v, reason);
	v->exit.sysreg.addr = nr;
	v->exit.sysreg.value = val;
	v->exit.sysreg.reg = AXVCPU_X86_RAX;
	v->arch.lapic.asked = AXV_LAPIC_NOTHING;
	return AXV_EXIT;
}

/**
 * axv_x86_rdmsr() - RDMSR in the guest
 * @v: the vCPU; interrupts may be off
 *
 * Return: AXV_RESUME: edx:eax are set, the caller skips the instruction;
 * AXV_EXIT with SYSREG_READ; AXV_X86_FAULTED.
 */
int axv_x86_rdmsr(struct axv_vcpu *v)
{
	u32 nr = *axv_x86_reg(v, AXVCPU_X86_RCX);
	u64 val = 0;

	switch (axv_filter_action(&v->vm->msr_filter, nr, false)) {
	case AXVCPU_FILTER_EXIT:
		return sysreg_exit(v, AXVCPU_EXIT_SYSREG_READ, nr, 0);
	case AXVCPU_FILTER_FAULT:
		return faulted(v);
	case AXVCPU_FILTER_IGNORE:
		break;
	default:
		if (axv_x86_lapic_has_msr(v, nr) ? !axv_x86_lapic_rdmsr(v, nr, &val) :
						   !get_msr(v, nr, &val))
			return faulted(v);
	}
	*axv_x86_reg(v, AXVCPU_X86_RAX) = (u32)val;
	*axv_x86_reg(v, AXVCPU_X86_RDX) = val >> 32;
	return AXV_RESUME;
}

/**
 * axv_x86_wrmsr() - WRMSR in the guest
 * @v: the vCPU; interrupts may be off
 *
 * Return: AXV_RESUME, or AXV_BREAK: the caller skips the instruction; AXV_EXIT with
 * SYSREG_WRITE or CPU_UP; AXV_X86_FAULTED.
 */
int axv_x86_wrmsr(struct axv_vcpu *v)
{
	u64 val = *axv_x86_reg(v, AXVCPU_X86_RDX) << 32 | (u32)*axv_x86_reg(v, AXVCPU_X86_RAX);
	u32 nr = *axv_x86_reg(v, AXVCPU_X86_RCX);
	int r;

	switch (axv_filter_action(&v->vm->msr_filter, nr, true)) {
	case AXVCPU_FILTER_EXIT:
		return sysreg_exit(v, AXVCPU_EXIT_SYSREG_WRITE, nr, val);
	case AXVCPU_FILTER_FAULT:
		return faulted(v);
	case AXVCPU_FILTER_IGNORE:
		break;
	default:
		if (axv_x86_lapic_has_msr(v, nr)) {
			r = axv_x86_lapic_wrmsr(v, nr, val);
			return r == AXV_X86_FAULTED ? faulted(v) : r;
		}
		if (!set_msr(v, nr, val))
			return faulted(v);
	}
	return AXV_RESUME;
}

/**
 * axv_x86_msr_reset() - registers outside the control group after power-on
 * @v: the vCPU
 *
 * All vCPUs of a VM count from the same moment, whenever they were made: guests
 * compare the TSCs of their CPUs.
 */
void axv_x86_msr_reset(struct axv_vcpu *v)
{
	struct axv_vm_arch *vm = &v->vm->arch;

	BUILD_BUG_ON(ARRAY_SIZE(v->arch.msr_misc) < MISC_NR);
	memset(v->arch.msr_misc, 0, sizeof(v->arch.msr_misc));
	v->arch.msr_misc[MISC_APIC_BASE] = APIC_DEFAULT_PHYS_BASE | MSR_IA32_APICBASE_ENABLE;
	if (!v->id)
		v->arch.msr_misc[MISC_APIC_BASE] |= MSR_IA32_APICBASE_BSP;
	if (!READ_ONCE(vm->tsc_base))
		cmpxchg64(&vm->tsc_base, 0, rdtsc_ordered());
	v->arch.tsc_offset = -READ_ONCE(vm->tsc_base);
}
