// SPDX-License-Identifier: GPL-2.0-only
/* The functions of other files that walk.c, emulate.c and pio.c call. */
#include <asm/processor.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "x86.h"

u8 ram[RAM_PAGES * 4096] __attribute__((aligned(4096)));
u32 ram_prot[RAM_PAGES];
struct mock mock;

struct mock_cpu boot_cpu_data = { .x86_phys_bits = 40 };
bool mock_gbpages = true;

static struct axvcpu_run run;
static struct axv_vm vm = { .io_filter = (void *)&vm };	/* there is one: ask it */
static struct axv_vcpu the_vcpu = { .vm = &vm, .run = &run };
struct axv_vcpu *vcpu = &the_vcpu;

/* arch.control is always valid here. */
static const struct axv_x86_backend backend = { };
const struct axv_x86_backend *axv_x86 = &backend;

void mock_reset(unsigned int bits)
{
	struct axvcpu_x86_control *c = &vcpu->arch.control;
	unsigned int i;

	axv_x86_emul_free(vcpu);
	memset(&vcpu->arch, 0, sizeof(vcpu->arch));
	memset(&vcpu->exit, 0, sizeof(vcpu->exit));
	memset(&run, 0, sizeof(run));
	memset(ram, 0, sizeof(ram));
	for (i = 0; i < RAM_PAGES; i++)
		ram_prot[i] = PROT_RW;
	axv_x86_emul_init(vcpu);

	mock = (struct mock) { .bits = bits, .vector = -1 };
	vcpu->arch.control_valid = true;
	for (i = 0; i < 6; i++) {
		c->seg[i].limit = bits == 16 ? U16_MAX : U32_MAX;
		c->seg[i].attr = bits == 16 ? 0x093 : 0xc93;
	}
	c->cr0 = bits == 16 ? 0 : X86_CR0_PE;
	vcpu->arch.gpr.rip = MOCK_RIP;
	vcpu->arch.gpr.rflags = 2;
}

void mock_code(const u8 *start, const u8 *end)
{
	memset(ram + MOCK_RIP, 0x90, 32);
	memcpy(ram + MOCK_RIP, start, end - start);
	vcpu->arch.gpr.rip = MOCK_RIP;
}

bool axv_route_write(struct axv_vcpu *v, bool port, u64 addr, u32 width, u64 data)
{
	if (!mock.routed || port != mock.route_port || addr != mock.route_addr)
		return false;
	mock.routed--;
	mock.route_width = width;
	mock.route_data = data;
	return true;
}

/* ---- stage-2 -------------------------------------------------------------------------- */

u32 axv_s2_prot(struct axv_stage2 *s2, u64 gpa)
{
	return gpa < sizeof(ram) ? ram_prot[gpa / PAGE_SIZE] : 0;
}

static int allowed(u64 gpa, size_t len, u32 prot)
{
	u64 last = gpa + len - 1;

	for (gpa &= PAGE_MASK; gpa <= last; gpa += PAGE_SIZE) {
		if (!axv_s2_prot(NULL, gpa))
			return -ENXIO;
		if (!(axv_s2_prot(NULL, gpa) & prot))
			return -EPERM;
	}
	return 0;
}

int axv_s2_read(struct axv_stage2 *s2, u64 gpa, void *buf, size_t len)
{
	int err = allowed(gpa, len, AXVCPU_PROT_READ);

	if (!err)
		memcpy(buf, ram + gpa, len);
	return err;
}

int axv_s2_write(struct axv_stage2 *s2, u64 gpa, const void *buf, size_t len)
{
	int err = allowed(gpa, len, AXVCPU_PROT_WRITE);

	if (!err)
		memcpy(ram + gpa, buf, len);
	return err;
}

int axv_s2_cmpxchg(struct axv_stage2 *s2, u64 gpa, u64 old, u64 new, size_t len)
{
	int err = allowed(gpa, len, AXVCPU_PROT_WRITE);

	if (err)
		return err;
	if (mock.cmpxchg_races) {
		mock.cmpxchg_races--;
		return -EAGAIN;
	}
	if (memcmp(ram + gpa, &old, len))
		return -EAGAIN;
	memcpy(ram + gpa, &new, len);
	return 0;
}

/* ---- the vCPU ------------------------------------------------------------------------------ */

u32 axv_filter_action(struct axv_filter **filter, u32 nr, bool write)
{
	return mock.filter;
}

void axv_x86_get_mode(const struct axv_vcpu *v, struct axv_x86_mode *m)
{
	const struct axvcpu_x86_control *c = &v->arch.control;

	memset(m, 0, sizeof(*m));
	m->cr0 = c->cr0;
	m->cr3 = c->cr3;
	m->cr4 = c->cr4;
	m->efer = c->efer;
	m->cs_base = c->seg[AXVCPU_X86_CS].base;
	m->cs = c->seg[AXVCPU_X86_CS].attr;
	m->bits = mock.bits;
	m->cpl = mock.cpl;
	m->long_mode = mock.bits == 64;
}

void axv_x86_get_segment(const struct axv_vcpu *v, unsigned int seg,
			 struct axvcpu_x86_segment *s)
{
	*s = v->arch.control.seg[seg];
}

void axv_x86_skip(struct axv_vcpu *v, unsigned int len)
{
	v->arch.gpr.rip += len;
	mock.skips++;
	mock.skip_len = len;
}

bool axv_x86_is_pending(const struct axv_vcpu *v)
{
	return false;
}

/* Nothing is at hand: there are no sections here. */
const void *axv_s2_peek(struct axv_vcpu *v, u64 gpa, unsigned int slot)
{
	return NULL;
}

void axv_x86_queue_exception(struct axv_vcpu *v, u32 vector, u32 error)
{
	mock.vector = vector;
	mock.error = error;
}

void axv_x86_queue_pf(struct axv_vcpu *v, u64 addr, u32 error)
{
	axv_x86_queue_exception(v, AXV_X86_PF, error);
	mock.cr2 = addr;
}

u32 axv_x86_fpu_pkru(struct axv_vcpu *v)
{
	return mock.pkru;
}

/* The vCPU has no local APIC: nobody comes here. */
u64 axv_x86_lapic_mmio_read(struct axv_vcpu *v, u64 gpa, u32 width)
{
	abort();
}

int axv_x86_lapic_mmio_write(struct axv_vcpu *v, u64 gpa, u32 width, u64 data, bool may_exit)
{
	abort();
}
