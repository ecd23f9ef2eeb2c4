// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPUs, one by one: what each has, and what it takes so that a guest's branches do not
 * lead the host's predictions.
 *
 * What a guest sees is what all CPUs have, as the kernel's sanitised ID registers say, and
 * a CPU that comes online with less stays offline. What keeps the rest from guests
 * is each CPU's own: the kernel may hide from itself what a CPU has, and what is left open
 * then is open to guests all the same.
 *
 * Predictors are treated as by the kernel where its user space comes in, and by KVM: where
 * the kernel calls a CPU affected (this_cpu_has_cap()), and nothing in the CPU sees to it,
 * each exit clears the branch history, by an instruction or a loop, or has the firmware
 * forget all.
 */
#include <linux/arm-smccc.h>
#include <linux/array_size.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "arm64.h"

DEFINE_PER_CPU(struct axv_arm64_own, axv_arm64_own);

static int hotplug_state = -1;
static bool told;
/* calls of the firmware that each exit makes, or more, on every CPU */
static bool all_forget, all_forget_history;

/* ---- ID registers ------------------------------------------------------------------ */

/* those that are looked at, all of op0 3, op1 0, CRn 0 */
#define IDS(X) \
	X(PFR0,		4, 0) \
	X(PFR1,		4, 1) \
	X(ISAR0,	6, 0) \
	X(ISAR1,	6, 1) \
	X(ISAR2,	6, 2) \
	X(MMFR0,	7, 0) \
	X(MMFR1,	7, 1) \
	X(MMFR2,	7, 2) \
	X(MMFR3,	7, 3)

enum id {
#define ID_ENUM(name, crm, op2) name,
	IDS(ID_ENUM)
	NR_IDS
};

/**
 * struct ids - ID registers
 * @reg: by enum id
 */
struct ids {
	u64 reg[NR_IDS];
};

/* all CPUs', at load */
static struct ids common __ro_after_init;

/* The number of a register is part of the instruction. */
static u64 read_id(unsigned int id)
{
	u64 value = 0;

	switch (id) {
#define ID_READ(name, crm, op2) \
	case name: { \
		value = read_sysreg_s(sys_reg(3, 0, 0, crm, op2)); \
		break; \
	}
	IDS(ID_READ)
	}
	return value;
}

/* This CPU's. */
static void read_ids(struct ids *ids)
{
	unsigned int i;

	for (i = 0; i < NR_IDS; i++)
		ids->reg[i] = read_id(i);
}

/* All CPUs', less what the command line hides. MMFR3 has come with what it tells of. */
static void __init read_common(struct ids *ids)
{
	static const u32 numbers[NR_IDS] __initconst = {
#define ID_NUMBER(name, crm, op2) sys_reg(3, 0, 0, crm, op2),
		IDS(ID_NUMBER)
	};
	unsigned int i;

	for (i = 0; i < NR_IDS; i++) {
#ifndef SYS_ID_AA64MMFR3_EL1
		if (i == MMFR3)
			continue;
#endif
		ids->reg[i] = read_sanitised_ftr_reg(numbers[i]);
	}
}

/* Fields of ID registers, by their lowest bit: DDI 0487, D19.2. Four bits each. */
static unsigned int field(const struct ids *ids, enum id reg, unsigned int shift)
{
	return ids->reg[reg] >> shift & 0xf;
}

/* What belongs to a guest's registers, see sysregs.h. */
static u64 registers_of(const struct ids *ids)
{
	unsigned int csv2 = field(ids, PFR0, 56);
	u64 cpu = 0;

	/* APA, API, APA3 */
	if (field(ids, ISAR1, 4) || field(ids, ISAR1, 8) || field(ids, ISAR2, 12))
		cpu |= AXV_CPU_PAUTH;
	if (field(ids, PFR0, 28))
		cpu |= AXV_CPU_RAS;
	/* CSV2, or with 1 there CSV2_frac */
	if (csv2 > 1 || (csv2 == 1 && field(ids, PFR1, 32) > 1))
		cpu |= AXV_CPU_CSV2_2;
	if (field(ids, MMFR3, 0))
		cpu |= AXV_CPU_TCR2;
	if (field(ids, MMFR3, 8))
		cpu |= AXV_CPU_S1PIE;
	if (field(ids, PFR0, 48))
		cpu |= AXV_CPU_DIT;
	return cpu;
}

/* Firmware may keep MPAM from EL2, and an access then ends in the firmware: the kernel knows. */
static bool kernel_has_mpam(void)
{
#ifdef ARM64_MPAM
	return cpus_have_cap(ARM64_MPAM);
#else
	return false;
#endif
}

#define AXV_CPU_TRAPS	(AXV_CPU_HCRX | AXV_CPU_FGT | AXV_CPU_AMU_FGT | AXV_CPU_FGT2 | \
			 AXV_CPU_PAN | AXV_CPU_MTE | AXV_CPU_TCO | AXV_CPU_NMI | \
			 AXV_CPU_FAULTS | AXV_CPU_MPAM)

/* What keeps the rest from it, or an exception changes. */
static u64 traps_of(const struct ids *ids)
{
	unsigned int fgt = field(ids, MMFR0, 56);
	u64 cpu = 0;

	if (field(ids, MMFR1, 40))
		cpu |= AXV_CPU_HCRX;
	if (fgt)
		cpu |= AXV_CPU_FGT;
	if (fgt && field(ids, PFR0, 44))
		cpu |= AXV_CPU_AMU_FGT;
	if (fgt > 1)
		cpu |= AXV_CPU_FGT2;
	if (field(ids, MMFR1, 20))
		cpu |= AXV_CPU_PAN;
	if (field(ids, PFR1, 8))
		cpu |= AXV_CPU_MTE;
	if (field(ids, PFR1, 8) > 1)
		cpu |= AXV_CPU_TCO;
	if (field(ids, PFR1, 36))
		cpu |= AXV_CPU_NMI;
	if ((field(ids, PFR0, 40) || field(ids, PFR1, 16)) && kernel_has_mpam())
		cpu |= AXV_CPU_MPAM;
	if (cpus_have_cap(ARM64_WORKAROUND_834220))
		cpu |= AXV_CPU_FAULTS;
	return cpu;
}

static void __init add_traps(void *sum)
{
	struct ids ids;

	read_ids(&ids);
	/* one CPU after the other */
	*(u64 *)sum |= traps_of(&ids);
}

/**
 * axv_arm64_cpus_init() - at load: what the CPUs have, in axv_arm64_cpu and _features
 *
 * Of what keeps registers from guests it has what any CPU has; each one's own is told apart
 * by axv_arm64_cpus_online().
 */
void __init axv_arm64_cpus_init(void)
{
	unsigned int cpu;

	read_common(&common);
	axv_arm64_cpu |= registers_of(&common);
	if (axv_arm64_cpu & AXV_CPU_PAUTH)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_PAUTH;
	/* EL0: AArch32, too */
	if (field(&common, PFR0, 0) == 2)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_EL0_32;
	cpus_read_lock();
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, add_traps, &axv_arm64_cpu, 1);
	cpus_read_unlock();
}

/* ---- predictors -------------------------------------------------------------------- */

/* Branches taken that push out all of a guest's history, by implementer and part number. */
static const struct {
	u8 implementer;
	u16 part;
	u8 branches;
} loops[] = {
	{ ARM_CPU_IMP_ARM, 0xd07, 8 },		/* Cortex-A57 */
	{ ARM_CPU_IMP_ARM, 0xd08, 8 },		/* A72 */
	{ ARM_CPU_IMP_ARM, 0xd0b, 24 },		/* A76 */
	{ ARM_CPU_IMP_ARM, 0xd0c, 24 },		/* Neoverse N1 */
	{ ARM_CPU_IMP_ARM, 0xd0d, 24 },		/* A77 */
	{ ARM_CPU_IMP_ARM, 0xd0e, 24 },		/* A76AE */
	{ ARM_CPU_IMP_ARM, 0xd40, 32 },		/* Neoverse V1 */
	{ ARM_CPU_IMP_ARM, 0xd41, 32 },		/* A78 */
	{ ARM_CPU_IMP_ARM, 0xd42, 32 },		/* A78AE */
	{ ARM_CPU_IMP_ARM, 0xd44, 32 },		/* X1 */
	{ ARM_CPU_IMP_ARM, 0xd47, 32 },		/* A710 */
	{ ARM_CPU_IMP_ARM, 0xd48, 32 },		/* X2 */
	{ ARM_CPU_IMP_ARM, 0xd49, 32 },		/* Neoverse N2 */
	{ ARM_CPU_IMP_ARM, 0xd4b, 32 },		/* A78C */
	{ ARM_CPU_IMP_ARM, 0xd4c, 32 },		/* X1C */
	{ ARM_CPU_IMP_ARM, 0xd4d, 38 },		/* A715 */
	{ ARM_CPU_IMP_ARM, 0xd81, 38 },		/* A720 */
	{ ARM_CPU_IMP_ARM, 0xd4e, 132 },	/* X3 */
	{ ARM_CPU_IMP_ARM, 0xd4f, 132 },	/* Neoverse V2 */
	{ 0x48, 0xd01, 32 },			/* HiSilicon TSV110 */
	{ 0x48, 0xd02, 24 },			/* HIP09 */
	{ 0x51, 0x804, 24 },			/* Qualcomm Kryo 4xx Gold */
	{ 0xc0, 0xac3, 11 },			/* Ampere1 */
};

static u64 loop_of(u32 midr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(loops); i++)
		if (MIDR_IMPLEMENTOR(midr) == loops[i].implementer &&
		    MIDR_PARTNUM(midr) == loops[i].part)
			return loops[i].branches;
	return 0;
}

/* Does the firmware have the call, and does this CPU need it? EL2 can ask it by SMC alone. */
static bool firmware_has(u32 call)
{
	struct arm_smccc_res res;

	if (arm_smccc_1_1_get_conduit() != SMCCC_CONDUIT_SMC)
		return false;
	arm_smccc_1_1_smc(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, call, &res);
	return !(s32)res.a0;
}

/* Of this CPU, preemption off: AXV_BP_*. */
static u64 predictors_of(const struct ids *ids)
{
	bool history = this_cpu_has_cap(ARM64_SPECTRE_BHB);
	u64 loop = loop_of(read_cpuid_id());

	/* as nospectre_v2 and the like, which modules cannot see, it goes for all */
	if (cpu_mitigations_off())
		return AXV_BP_OFF;
	/* that one forgets the history, too */
	if (this_cpu_has_cap(ARM64_SPECTRE_V2)) {
		if (history && !loop && firmware_has(ARM_SMCCC_ARCH_WORKAROUND_3))
			return ARM_SMCCC_ARCH_WORKAROUND_3;
		if (firmware_has(ARM_SMCCC_ARCH_WORKAROUND_1))
			return ARM_SMCCC_ARCH_WORKAROUND_1;
		/* as the kernel has it: no point in doing something about the history alone */
		return AXV_BP_UNKNOWN;
	}
	/* ECBHB: no history goes from one level to another */
	if (!history || field(ids, MMFR1, 60))
		return AXV_BP_NONE;
	if (field(ids, ISAR2, 28))
		return AXV_BP_CLRBHB;
	if (loop)
		return loop;
	if (firmware_has(ARM_SMCCC_ARCH_WORKAROUND_3))
		return ARM_SMCCC_ARCH_WORKAROUND_3;
	return AXV_BP_UNKNOWN;
}

/* ---- a CPU comes ------------------------------------------------------------------- */

/* What this CPU has less of than all had at load; NULL: nothing. */
static const char *lacks(const struct ids *ids)
{
	if (registers_of(&common) & ~registers_of(ids))
		return "registers";
	if (field(ids, MMFR0, 0) < field(&common, MMFR0, 0))
		return "physical addresses";
	if (field(ids, MMFR1, 4) < field(&common, MMFR1, 4))
		return "VMIDs";
	if (field(ids, MMFR2, 40) < field(&common, MMFR2, 40))
		return "FEAT_S2FWB";
	if (field(ids, ISAR0, 56) < field(&common, ISAR0, 56))
		return "TLBI by range";
	if (axv_arm64_has(AXVCPU_ARM64_FEAT_LPA2) && !axv_arm64_has_lpa2(ids->reg[MMFR0]))
		return "FEAT_LPA2";
	if (axv_arm64_has(AXVCPU_ARM64_FEAT_EL0_32) && field(ids, PFR0, 0) != 2)
		return "AArch32";
	return NULL;
}

static int cpu_up(unsigned int cpu)
{
	struct axv_arm64_own *own = this_cpu_ptr(&axv_arm64_own);
	const char *what;
	struct ids ids;

	read_ids(&ids);
	what = lacks(&ids);
	if (what) {
		pr_err("arm64: CPU %u has less than the others (%s): it stays offline while axvcpu is loaded\n",
		       cpu, what);
		return -EINVAL;
	}
	preempt_disable();
	own->features = (axv_arm64_cpu & ~(u64)AXV_CPU_TRAPS) | traps_of(&ids);
	own->predictors = predictors_of(&ids);
	preempt_enable();
	if (hotplug_state < 0 && cpu == cpumask_first(cpu_online_mask)) {
		all_forget = true;
		all_forget_history = true;
	}
	all_forget &= !!(own->predictors & AXV_BP_FIRMWARE);
	all_forget_history &= own->predictors == ARM_SMCCC_ARCH_WORKAROUND_3;
	if (own->predictors == AXV_BP_UNKNOWN && !told) {
		told = true;
		pr_info("arm64: nothing makes CPU %u forget a guest's branches, see security.rst\n",
			cpu);
	}
	return 0;
}

/**
 * axv_arm64_forgets() - does an exit do what this call of the firmware does, on all CPUs?
 * @call: ARM_SMCCC_ARCH_WORKAROUND_1 or 3
 */
bool axv_arm64_forgets(u32 call)
{
	return READ_ONCE(all_forget) &&
	       (call == ARM_SMCCC_ARCH_WORKAROUND_1 || READ_ONCE(all_forget_history));
}

/**
 * axv_arm64_cpus_online() - each CPU's own, of those that are there and those that come
 *
 * Return: 0 or a negative errno.
 */
int __init axv_arm64_cpus_online(void)
{
	int r;

	r = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "axvcpu/arm64:cpu", cpu_up, NULL);
	if (r < 0)
		return r;
	hotplug_state = r;
	return 0;
}

/** axv_arm64_cpus_offline() - undo axv_arm64_cpus_online() */
void axv_arm64_cpus_offline(void)
{
	if (hotplug_state >= 0)
		cpuhp_remove_state_nocalls(hotplug_state);
	hotplug_state = -1;
}

/**
 * axv_arm64_cpus_show() - what is done about predictors, of each CPU
 * @m: debugfs file
 */
void axv_arm64_cpus_show(struct seq_file *m)
{
	u64 kind;
	int cpu;

	for_each_online_cpu(cpu) {
		kind = READ_ONCE(per_cpu(axv_arm64_own, cpu).predictors);
		seq_printf(m, "predictors_cpu%d ", cpu);
		switch (kind) {
		case AXV_BP_NONE:
			seq_puts(m, "hardware\n");
			break;
		case AXV_BP_OFF:
			seq_puts(m, "off\n");
			break;
		case AXV_BP_UNKNOWN:
			seq_puts(m, "unknown\n");
			break;
		case AXV_BP_CLRBHB:
			seq_puts(m, "clrbhb\n");
			break;
		default:
			if (kind & AXV_BP_FIRMWARE)
				seq_printf(m, "firmware %#llx\n", kind);
			else
				seq_printf(m, "loop %llu\n", kind);
		}
	}
}
