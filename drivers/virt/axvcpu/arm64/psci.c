// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware that a guest sees: SMC calling convention 1.1 with PSCI 1.1, answered here
 * or by the VMM.
 *
 * HVC #0 and SMC #0 are the same, and neither reaches the host's firmware. Where the VM
 * was made with AXVCPU_VM_KERNEL_START a CPU starts another one, or stops, without the
 * VMM. Else it is asked, by CPU_UP and CPU_DOWN. What a CPU's state is stands in its vCPU
 * either way: it is off while it waits for a start.
 *
 * At an exit the pc is at the instruction, so that it can be answered, left out or asked
 * again; x0 alone is changed by an answer, but for the calls that never come back.
 */
#include <linux/arm-smccc.h>
#include <linux/rcupdate.h>
#include <uapi/linux/psci.h>

#include "arm64.h"

#define SMCCC_FAST	BIT(31)
#define SMCCC_64	BIT(30)
/* of a fast call: no SVE state is live (SMCCC 1.3), whatever is called */
#define SMCCC_HINT	BIT(16)
#define OWNER(id)	((id) >> 24 & 0x3f)
#define FUNCTION(id)	((id) & 0xffffu)

#define OWNER_ARCH	0	/* Arm architecture calls */
#define OWNER_STD	4	/* standard secure services: PSCI, TRNG, SDEI, ... */
#define OWNER_STD_HYP	5	/* standard hypervisor services: paravirtual time */

#define PSCI_LAST	0x1f	/* function numbers of PSCI: 0 to this */
#define VERSION_1_1	0x10001

/* of a power state in the original format what has a meaning */
#define POWER_STATE	(PSCI_0_2_POWER_STATE_ID_MASK | PSCI_0_2_POWER_STATE_TYPE_MASK | \
			 PSCI_0_2_POWER_STATE_AFFL_MASK)
#define POWER_DOWN	BIT(PSCI_0_2_POWER_STATE_TYPE_SHIFT)

#define AFFINITY	0xff00ffffffull

static int answer(struct axv_vcpu *v, s64 value)
{
	v->arch.ctx->x[0] = value;
	return AXV_RESUME;
}

static bool in_kernel(const struct axv_vcpu *v)
{
	return v->vm->flags & AXVCPU_VM_KERNEL_START;
}

/* An exit of the call: the vCPU stands at the instruction. */
static void call_exit(struct axv_vcpu *v, u32 reason)
{
	v->arch.ctx->pc -= 4;
	axv_arm64_new_exit(v, reason);
	v->exit.insn_len = 4;
}

/* ---- which CPU ------------------------------------------------------------------ */

/**
 * axv_arm64_find_cpu() - a CPU by its affinity
 * @vm: the VM
 * @mpidr: affinity fields
 *
 * Return: the vCPU or NULL. In a section, or rcu_read_lock().
 */
struct axv_vcpu *axv_arm64_find_cpu(struct axv_vm *vm, u64 mpidr)
{
	/* as most VMMs number them */
	unsigned int i, guess = (mpidr & 0xf) | (mpidr >> 4 & 0xff0);
	struct axv_vcpu *t;

	if (likely(guess < AXV_MAX_VCPUS)) {
		t = READ_ONCE(vm->vcpus[guess]);
		if (likely(t && (t->arch.mpidr & AFFINITY) == mpidr))
			return t;
	}
	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		t = READ_ONCE(vm->vcpus[i]);
		if (t && (t->arch.mpidr & AFFINITY) == mpidr)
			return t;
	}
	return NULL;
}

/* Set up, so that it can be started at all. */
static bool is_there(const struct axv_vcpu *v)
{
	u32 state = READ_ONCE(v->state);

	return state != AXVCPU_STATE_CREATED && state != AXVCPU_STATE_INVALID;
}

/* An address where a CPU could begin. */
static bool is_entry(const struct axv_vcpu *v, u64 pc)
{
	return !(pc & 3) && !(pc >> axv_s2_gpa_bits(v->s2));
}

/* An argument, of which a call by a 32-bit id has 32 bits. */
static u64 arg(const struct axv_vcpu *v, u32 id, unsigned int n)
{
	u64 x = v->arch.ctx->x[n];

	return id & SMCCC_64 ? x : (u32)x;
}

/* ---- on ------------------------------------------------------------------------- */

static s64 start_cpu(struct axv_vcpu *v, u64 mpidr, u64 pc, u64 context)
{
	struct axv_arm64_irq *irq;
	struct axv_vcpu *t;
	s64 r = PSCI_RET_SUCCESS;

	t = mpidr & ~AFFINITY ? NULL : axv_arm64_find_cpu(v->vm, mpidr);
	if (!t || !is_there(t))
		return PSCI_RET_INVALID_PARAMS;
	if (!is_entry(v, pc))
		return PSCI_RET_INVALID_ADDRESS;
	irq = &t->arch.irq;
	raw_spin_lock(&irq->lock);
	if (!irq->wait_start) {
		r = PSCI_RET_ALREADY_ON;
	} else if (irq->start) {
		r = PSCI_RET_ON_PENDING;
	} else {
		irq->start_pc = pc;
		irq->start_arg = context;
		irq->start_has_arg = true;
		WRITE_ONCE(irq->start, true);
		axv_arm64_irq_changed(t);
	}
	raw_spin_unlock(&irq->lock);
	if (!r)
		axv_vcpu_kick(t);
	return r;
}

static int cpu_on(struct axv_vcpu *v, u32 id)
{
	u64 mpidr = arg(v, id, 1), pc = arg(v, id, 2), context = arg(v, id, 3);

	if (in_kernel(v))
		return answer(v, start_cpu(v, mpidr, pc, context));
	call_exit(v, AXVCPU_EXIT_CPU_UP);
	v->exit.cpu_up.target = mpidr;
	v->exit.cpu_up.entry = pc;
	v->exit.cpu_up.arg = context;
	return AXV_EXIT;
}

/* ---- off ------------------------------------------------------------------------ */

/* Nothing of the CPU is left to be gone back to: it begins anew. */
static int stop(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->stopped = true;
	irq->start = false;
	irq->exc_queued = false;
	irq->serror_queued = false;
	WRITE_ONCE(irq->wait_start, true);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return AXV_HALT;
}

static int cpu_off(struct axv_vcpu *v)
{
	if (in_kernel(v))
		return stop(v);
	call_exit(v, AXVCPU_EXIT_CPU_DOWN);
	v->exit.cpu_down.state = v->arch.ctx->x[1];
	return AXV_EXIT;
}

/* ---- suspend -------------------------------------------------------------------- */

/* The guest's registers as they are when it is over; pc is behind the call. */
static void end_suspend(struct axv_vcpu *v, u32 id)
{
	if (arg(v, id, 1) & POWER_DOWN)
		axv_arm64_begin_at(v, arg(v, id, 2), arg(v, id, 3));
	else
		answer(v, PSCI_RET_SUCCESS);
}

/*
 * Standby is WFI. From power-down the CPU comes back where it asked to, with what it has
 * of state but for the MMU: it may count on none of it.
 */
static int cpu_suspend(struct axv_vcpu *v, u32 id)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	u32 state = arg(v, id, 1);
	int r;

	if (state & ~(u32)POWER_STATE)
		return answer(v, PSCI_RET_INVALID_PARAMS);
	if ((state & POWER_DOWN) && !is_entry(v, arg(v, id, 2)))
		return answer(v, PSCI_RET_INVALID_ADDRESS);
	r = axv_arm64_halt(v, 4);
	/* a HALT exit leaves everything as it is, until it is decided */
	if (r != AXV_EXIT)
		end_suspend(v, ctx->x[0]);
	return r;
}

/* ---- state ---------------------------------------------------------------------- */

/* With the lock: between two looks a start may have been taken, or a CPU have stopped. */
static s64 state_of(struct axv_vcpu *t)
{
	struct axv_arm64_irq *irq = &t->arch.irq;
	s64 state = PSCI_0_2_AFFINITY_LEVEL_ON;

	raw_spin_lock(&irq->lock);
	if (irq->wait_start || !is_there(t))
		state = irq->start ? PSCI_0_2_AFFINITY_LEVEL_ON_PENDING :
				     PSCI_0_2_AFFINITY_LEVEL_OFF;
	raw_spin_unlock(&irq->lock);
	return state;
}

/* Of a cluster: it is on when one of its CPUs is. */
static int affinity_info(struct axv_vcpu *v, u32 id)
{
	u64 mpidr = arg(v, id, 1), level = arg(v, id, 2), mask;
	s64 state, r = PSCI_RET_INVALID_PARAMS;
	struct axv_vcpu *t;
	unsigned int i;

	if (level > 3 || (mpidr & ~AFFINITY))
		return answer(v, PSCI_RET_INVALID_PARAMS);
	mask = level == 3 ? 0xff00000000ull : AFFINITY & ~((1ull << (8 * level)) - 1);
	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		t = READ_ONCE(v->vm->vcpus[i]);
		if (!t || ((t->arch.mpidr ^ mpidr) & mask))
			continue;
		state = state_of(t);
		if (state == PSCI_0_2_AFFINITY_LEVEL_ON)
			return answer(v, state);
		if (r != PSCI_0_2_AFFINITY_LEVEL_ON_PENDING)
			r = state;
	}
	return answer(v, r);
}

static int system_down(struct axv_vcpu *v, u32 kind, u64 detail)
{
	call_exit(v, AXVCPU_EXIT_SYSTEM_DOWN);
	v->exit.system_down.kind = kind;
	v->exit.system_down.detail = detail;
	return AXV_EXIT;
}

/* Types are PSCI's own, of which there is one, or from bit 31 on the vendor's. */
static int system_reset2(struct axv_vcpu *v, u32 id)
{
	u32 type = arg(v, id, 1);

	if (type && !(type & BIT(31)))
		return answer(v, PSCI_RET_INVALID_PARAMS);
	return system_down(v, AXVCPU_DOWN_RESET, type | arg(v, id, 2) << 32);
}

/* Is there a function of this id? */
static bool is_psci(u32 id)
{
	switch (id) {
	case PSCI_0_2_FN_PSCI_VERSION:
	case PSCI_0_2_FN_CPU_SUSPEND:
	case PSCI_0_2_FN64_CPU_SUSPEND:
	case PSCI_0_2_FN_CPU_OFF:
	case PSCI_0_2_FN_CPU_ON:
	case PSCI_0_2_FN64_CPU_ON:
	case PSCI_0_2_FN_AFFINITY_INFO:
	case PSCI_0_2_FN64_AFFINITY_INFO:
	case PSCI_0_2_FN_MIGRATE_INFO_TYPE:
	case PSCI_0_2_FN_SYSTEM_OFF:
	case PSCI_0_2_FN_SYSTEM_RESET:
	case PSCI_1_0_FN_PSCI_FEATURES:
	case PSCI_1_1_FN_SYSTEM_RESET2:
	case PSCI_1_1_FN64_SYSTEM_RESET2:
	case ARM_SMCCC_VERSION_FUNC_ID:
		return true;
	}
	return false;
}

/* Flags of a function are 0: CPU_SUSPEND has the original format and no OS initiated mode. */
static int psci_features(struct axv_vcpu *v)
{
	return answer(v, is_psci(v->arch.ctx->x[1]) ? PSCI_RET_SUCCESS : PSCI_RET_NOT_SUPPORTED);
}

static noinline int psci(struct axv_vcpu *v, u32 id)
{
	switch (id) {
	case PSCI_0_2_FN_PSCI_VERSION:
		return answer(v, VERSION_1_1);
	case PSCI_0_2_FN_CPU_SUSPEND:
	case PSCI_0_2_FN64_CPU_SUSPEND:
		return cpu_suspend(v, id);
	case PSCI_0_2_FN_CPU_OFF:
		return cpu_off(v);
	case PSCI_0_2_FN_CPU_ON:
	case PSCI_0_2_FN64_CPU_ON:
		return cpu_on(v, id);
	case PSCI_0_2_FN_AFFINITY_INFO:
	case PSCI_0_2_FN64_AFFINITY_INFO:
		return affinity_info(v, id);
	case PSCI_0_2_FN_MIGRATE_INFO_TYPE:
		return answer(v, PSCI_0_2_TOS_MP);
	case PSCI_0_2_FN_SYSTEM_OFF:
		return system_down(v, AXVCPU_DOWN_POWEROFF, 0);
	case PSCI_0_2_FN_SYSTEM_RESET:
		return system_down(v, AXVCPU_DOWN_RESET, 0);
	case PSCI_1_1_FN_SYSTEM_RESET2:
	case PSCI_1_1_FN64_SYSTEM_RESET2:
		return system_reset2(v, id);
	case PSCI_1_0_FN_PSCI_FEATURES:
		return psci_features(v);
	}
	return answer(v, PSCI_RET_NOT_SUPPORTED);
}

/* ---- the architecture's own ----------------------------------------------------- */

/* A field of an ID register as the guest reads it. */
static unsigned int id_field(const struct axv_vcpu *v, u32 reg, unsigned int shift)
{
	u64 value;

	return axv_arm64_idreg(v, reg, &value) ? value >> shift & 0xf : 0;
}

/*
 * Mitigations: a guest is told that it needs none where its CPUs say so. There is none
 * that is done for it: it does what it can itself, and knows that this may not be enough.
 */
static s64 arch_feature(const struct axv_vcpu *v, u32 id)
{
	switch (id) {
	case ARM_SMCCC_VERSION_FUNC_ID:
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		return SMCCC_RET_SUCCESS;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
		/* ID_AA64PFR0_EL1.CSV2 */
		if (id_field(v, AXVCPU_ARM64_SYSREG(3, 0, 0, 4, 0), 56))
			return SMCCC_RET_NOT_REQUIRED;
		/* the exit that a call is has it done */
		return axv_arm64_forgets(id) ? SMCCC_RET_SUCCESS : SMCCC_RET_NOT_SUPPORTED;
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		/* ID_AA64MMFR1_EL1.ECBHB */
		if (id_field(v, AXVCPU_ARM64_SYSREG(3, 0, 0, 7, 1), 60))
			return SMCCC_RET_NOT_REQUIRED;
		return axv_arm64_forgets(id) ? SMCCC_RET_SUCCESS : SMCCC_RET_NOT_SUPPORTED;
	}
	return SMCCC_RET_NOT_SUPPORTED;
}

static noinline int arch_call(struct axv_vcpu *v, u32 id)
{
	switch (id) {
	case ARM_SMCCC_VERSION_FUNC_ID:
		return answer(v, ARM_SMCCC_VERSION_1_1);
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		return answer(v, arch_feature(v, v->arch.ctx->x[1]));
	case ARM_SMCCC_ARCH_WORKAROUND_1:
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		/* done; or not required, and then allowed */
		if (arch_feature(v, id) != SMCCC_RET_NOT_SUPPORTED)
			return answer(v, SMCCC_RET_SUCCESS);
		break;
	}
	return answer(v, SMCCC_RET_NOT_SUPPORTED);
}

/* ---- the calls ------------------------------------------------------------------ */

static noinline int exit_hypercall(struct axv_vcpu *v)
{
	unsigned int i;

	call_exit(v, AXVCPU_EXIT_HYPERCALL);
	v->exit.hypercall.nr = (u32)v->arch.ctx->x[0];
	for (i = 0; i < ARRAY_SIZE(v->exit.hypercall.args); i++)
		v->exit.hypercall.args[i] = v->arch.ctx->x[1 + i];
	return AXV_EXIT;
}

static bool is_routed(const struct axv_vcpu *v, u64 route)
{
	return unlikely(v->vm->arch_flags & route);
}

/**
 * axv_arm64_smccc() - HVC #0 or SMC #0
 * @v: the vCPU, in the section, pc behind the instruction
 * @smc: which of them; they are answered alike
 *
 * Return: enum axv_next.
 */
int axv_arm64_smccc(struct axv_vcpu *v, bool smc)
{
	u32 id = v->arch.ctx->x[0];

	if (!(id & SMCCC_FAST))
		return exit_hypercall(v);
	id &= ~(u32)SMCCC_HINT;
	switch (OWNER(id)) {
	case OWNER_STD:
		if (FUNCTION(id) > PSCI_LAST)
			break;
		if (is_routed(v, AXVCPU_ARM64_ROUTE_PSCI))
			return exit_hypercall(v);
		return psci(v, id);
	case OWNER_ARCH:
		if (is_routed(v, AXVCPU_ARM64_ROUTE_ARCH))
			return exit_hypercall(v);
		return arch_call(v, id);
	case OWNER_STD_HYP:
		break;
	default:
		return exit_hypercall(v);
	}
	return answer(v, SMCCC_RET_NOT_SUPPORTED);
}

/**
 * axv_arm64_smccc_complete() - what the VMM decided about an exit that a call made
 * @v: the vCPU, at rest
 * @cmd: enum axvcpu_command: FULFIL, SKIP or FAULT
 * @data: with FULFIL the answer, x0. CPU_DOWN is done with 0; HALT takes none
 *
 * Return: enum axv_next.
 */
int axv_arm64_smccc_complete(struct axv_vcpu *v, u32 cmd, u64 data)
{
	if (cmd == AXVCPU_CMD_FAULT) {
		axv_arm64_undefined(v);
		return AXV_RESUME;
	}
	axv_arm64_skip(v);
	if (cmd == AXVCPU_CMD_SKIP)
		return AXV_RESUME;
	switch (v->exit.reason) {
	case AXVCPU_EXIT_HALT:
		/* as if an event had ended it the moment it began */
		end_suspend(v, v->arch.ctx->x[0]);
		return AXV_RESUME;
	case AXVCPU_EXIT_CPU_DOWN:
		if (!data)
			return stop(v);
		break;
	}
	return answer(v, data);
}
