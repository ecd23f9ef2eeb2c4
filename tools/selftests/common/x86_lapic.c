// SPDX-License-Identifier: GPL-2.0-only
/* A guest that accesses its local APIC, see x86_lapic.h. */
#include "common/x86_lapic.h"

void apic_start(struct axt *f)
{
	x86_traps_init(f, SYM(traps));
	want(V, AXVCPU_REGS_GPR);
}

unsigned int apic_go(struct axv_vcpu *v, uint64_t at)
{
	uint64_t pc;

	axt_goto(v, at, GUEST_STACK);
	if (!axt_run_to(__FILE__, __LINE__, v, AXVCPU_EXIT_HYPERCALL, "HYPERCALL"))
		axt_end();
	pc = v->run->exit.pc;
	if (pc == SYM(done))
		return 0;
	if (pc < SYM(traps) || pc >= SYM(traps) + 256 * TRAP_SIZE) {
		axt_fail(__FILE__, __LINE__, "the guest is at 0x%llx", (unsigned long long)pc);
		axt_end();
	}
	x86_set_flags(v, 0, FLAG_IF);
	return (pc - SYM(traps)) / TRAP_SIZE;
}

uint32_t apic_get(struct axv_vcpu *v, uint32_t offset)
{
	ASSERT_OK(axv_set_gpr(v, RSI, APIC_PAGE + offset));
	ASSERT_EQ(apic_go(v, SYM(load4)), 0u);
	return reg(v, RAX);
}

void apic_set(struct axv_vcpu *v, uint32_t offset, uint32_t val)
{
	ASSERT_OK(axv_set_gpr(v, RSI, APIC_PAGE + offset));
	ASSERT_OK(axv_set_gpr(v, RDX, val));
	ASSERT_EQ(apic_go(v, SYM(store4)), 0u);
}

unsigned int apic_rdmsr(struct axv_vcpu *v, uint32_t nr, uint64_t *val)
{
	unsigned int r;

	ASSERT_OK(axv_set_gpr(v, RCX, nr));
	r = apic_go(v, SYM(read_msr));
	*val = (uint32_t)reg(v, RAX) | reg(v, RDX) << 32;
	return r;
}

unsigned int apic_wrmsr(struct axv_vcpu *v, uint32_t nr, uint64_t val)
{
	ASSERT_OK(axv_set_gpr(v, RCX, nr));
	ASSERT_OK(axv_set_gpr(v, RAX, (uint32_t)val));
	ASSERT_OK(axv_set_gpr(v, RDX, val >> 32));
	return apic_go(v, SYM(write_msr));
}

void apic_x2(struct axv_vcpu *v)
{
	uint64_t base;

	ASSERT_EQ(apic_rdmsr(v, MSR_APIC_BASE, &base), 0u);
	ASSERT_EQ(apic_wrmsr(v, MSR_APIC_BASE, base | BASE_X2), 0u);
}

unsigned int apic_peek(struct axv_vcpu *v)
{
	return apic_go(v, SYM(peek));
}

void apic_eoi(struct axv_vcpu *v)
{
	apic_set(v, APIC_EOI, 0);
}

struct axvcpu_x86_apic apic_state(struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	return *(struct axvcpu_x86_apic *)&v->run->regs.x86.apic;
}

int apic_set_state(struct axv_vcpu *v, const struct axvcpu_x86_apic *a)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	*(struct axvcpu_x86_apic *)&v->run->regs.x86.apic = *a;
	return axv_sync(v, AXVCPU_REGS_INTR, 0);
}

void apic_enable(struct axv_vcpu *v)
{
	struct axvcpu_x86_apic a = apic_state(v);

	a.svr |= SVR_ON;
	ASSERT_OK(apic_set_state(v, &a));
}
