// SPDX-License-Identifier: GPL-2.0-only
/* The functions of other files that mmio.c, complete.c, csr.c and walk.c call. */
#include <asm/cpufeature.h>
#include <asm/csr.h>

#include "riscv.h"

u8 ram[RAM_SIZE];
struct mock mock;
u64 axv_riscv_features;

static struct axv_vm vm;
static struct axv_vcpu the_vcpu = { .vm = &vm };
struct axv_vcpu *vcpu = &the_vcpu;

void mock_reset(void)
{
	memset(vcpu, 0, sizeof(*vcpu));
	memset(&vm, 0, sizeof(vm));
	memset(ram, 0, sizeof(ram));
	vcpu->vm = &vm;
	vm.routes.io = &vm;
	vcpu->arch.ctx.pc = MOCK_PC;
	vcpu->arch.ctx.sstatus = SR_SPP;
	mock = (struct mock) { .cause = -1, .broken = ~0ull };
}

u32 mock_commands(void)
{
	struct axvcpu_exit page;

	return axv_riscv_describe(vcpu, &page);
}

/* ---- what no test gets to --------------------------------------------------------- */

int axv_riscv_imsic_access(struct axv_vcpu *v, u64 gpa, bool write,
			   const struct axv_riscv_insn *d)
{
	return AXV_EXIT;
}

/* ---- the core ------------------------------------------------------------------- */

u32 axv_filter_action(struct axv_filter **filter, u32 nr, bool write)
{
	return write ? mock.write_action : mock.read_action;
}

bool axv_route_write(struct axv_vcpu *v, bool port, u64 addr, u32 width, u64 data)
{
	if (port || !mock.routed)
		return false;
	mock.route_addr = addr;
	mock.route_width = width;
	mock.route_data = data;
	return true;
}

u32 axv_s2_gpa_bits(struct axv_stage2 *s2)
{
	return 41;
}

int axv_s2_read(struct axv_stage2 *s2, u64 gpa, void *buf, size_t len)
{
	if (gpa <= mock.broken && mock.broken < gpa + len)
		return -EFAULT;
	if (gpa + len > RAM_SIZE)
		return -ENXIO;
	memcpy(buf, ram + gpa, len);
	return 0;
}

/* ---- the backend ------------------------------------------------------------------ */

bool riscv_has_extension_unlikely(unsigned long ext)
{
	return mock.extensions >> ext & 1;
}

int axv_riscv_fetch(struct axv_vcpu *v, u64 pc, u32 *insn, struct axv_riscv_trap *trap)
{
	mock.fetches++;
	if (mock.no_fetch) {
		trap->scause = EXC_INST_PAGE_FAULT;
		trap->stval = pc;
		return -EFAULT;
	}
	*insn = mock.insn;
	return 0;
}

u64 axv_riscv_read_vs(struct axv_vcpu *v, unsigned int csr)
{
	return csr == CSR_VSATP ? mock.vsatp : mock.vsstatus;
}

void axv_riscv_trap_guest(struct axv_vcpu *v, u64 cause, u64 tval)
{
	mock.cause = cause;
	mock.tval = tval;
}

void axv_riscv_illegal(struct axv_vcpu *v, u32 insn)
{
	axv_riscv_trap_guest(v, EXC_INST_ILLEGAL, insn);
}

int axv_riscv_wfi(struct axv_vcpu *v)
{
	mock.waits++;
	return AXV_HALT;
}

int axv_riscv_sbi_complete(struct axv_vcpu *v, u32 cmd, u64 data)
{
	mock.calls++;
	mock.call_cmd = cmd;
	return AXV_RESUME;
}

u64 axv_riscv_fp_get(struct axv_vcpu *v, unsigned int n)
{
	return mock.f[n];
}

void axv_riscv_fp_set(struct axv_vcpu *v, unsigned int n, u64 value)
{
	mock.f[n] = value;
}
