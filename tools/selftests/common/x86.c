// SPDX-License-Identifier: GPL-2.0-only
/* Registers and traps, see x86.h. */
#include <cpuid.h>

#include "common/x86.h"

bool x86_emulated(void)
{
	unsigned int max, sig[3];

	__cpuid(0x40000000, max, sig[0], sig[1], sig[2]);
	return !memcmp(sig, "TCGTCGTCGTCG", 12);
}

bool x86_vmx(void)
{
	static int vmx = -1;
	struct axv dev;

	if (vmx < 0) {
		ASSERT_OK(axv_open(&dev, NULL));
		vmx = dev.info.backend == AXVCPU_BACKEND_VMX;
		axv_close(&dev);
	}
	return vmx;
}

void x86_set_flags(struct axv_vcpu *v, uint64_t set, uint64_t clear)
{
	volatile struct axvcpu_x86_gpr *g = &v->run->regs.x86.gpr;

	axt_fetch(v);
	g->rflags = (g->rflags & ~clear) | set;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_GPR, 0));
}

void x86_get_control(struct axv_vcpu *v, struct axvcpu_x86_control *c)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	memcpy(c, (void *)&v->run->regs.x86.control, sizeof(*c));
}

int x86_set_control(struct axv_vcpu *v, const struct axvcpu_x86_control *c)
{
	memcpy((void *)&v->run->regs.x86.control, c, sizeof(*c));
	return axv_sync(v, AXVCPU_REGS_CONTROL, 0);
}

void x86_get_intr(struct axv_vcpu *v, struct axvcpu_x86_intr *i)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	memcpy(i, (void *)&v->run->regs.x86.intr, sizeof(*i));
}

int x86_set_intr(struct axv_vcpu *v, const struct axvcpu_x86_intr *i)
{
	memcpy((void *)&v->run->regs.x86.intr, i, sizeof(*i));
	return axv_sync(v, AXVCPU_REGS_INTR, 0);
}

void x86_get_debug(struct axv_vcpu *v, struct axvcpu_x86_debug *d)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_DEBUG));
	memcpy(d, (void *)&v->run->regs.x86.debug, sizeof(*d));
}

int x86_set_debug(struct axv_vcpu *v, const struct axvcpu_x86_debug *d)
{
	memcpy((void *)&v->run->regs.x86.debug, d, sizeof(*d));
	return axv_sync(v, AXVCPU_REGS_DEBUG, 0);
}

/* ---- traps ------------------------------------------------------------------ */

void x86_traps_load(const struct x86_traps *t, struct axv_vcpu *v)
{
	struct axvcpu_x86_control c;

	x86_get_control(v, &c);
	c.idt.base = t->bits == 16 ? GUEST_IVT : GUEST_IDT;
	c.idt.limit = t->bits == 16 ? 0x3ff : AXT_IDT_LIMIT;
	ASSERT_OK(x86_set_control(v, &c));
}

struct x86_traps x86_traps_init(struct axt *f, uint64_t base)
{
	uint32_t start = f->config->start;
	struct x86_traps t = {
		.base = base,
		.bits = start == AXVCPU_X86_START_LONG64 ? 64 :
			start == AXVCPU_X86_START_PROT32 ? 32 : 16,
		.ram = f->ram,
	};
	unsigned int i;

	for (i = 0; i < 256; i++)
		axt_idt_set(f->ram, start, i, base + i * TRAP_SIZE);
	x86_traps_load(&t, &f->v);
	return t;
}

/* The vectors that push an error code, as guest/x86/traps.h has them. */
static bool has_error(unsigned int vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 ||
	       vector == 21 || vector == 29 || vector == 30;
}

static uint64_t pop(const struct x86_traps *t, uint64_t *sp)
{
	unsigned int len = t->bits / 8;
	uint64_t val = 0;

	memcpy(&val, t->ram + *sp, len);
	*sp += len;
	return val;
}

bool x86_trapped(const struct x86_traps *t, struct axv_vcpu *v, struct x86_frame *fr)
{
	volatile struct axvcpu_exit *x = &v->run->exit;
	uint64_t sp;

	memset(fr, 0, sizeof(*fr));
	if (x->reason != AXVCPU_EXIT_HYPERCALL || x->pc < t->base ||
	    x->pc >= t->base + 256 * TRAP_SIZE || (x->pc - t->base) % TRAP_SIZE)
		return false;
	axt_fetch(v);
	sp = reg(v, RSP);
	fr->vector = (x->pc - t->base) / TRAP_SIZE;
	if (t->bits != 16 && has_error(fr->vector))
		fr->error = pop(t, &sp);
	fr->ip = pop(t, &sp);
	fr->cs = pop(t, &sp);
	fr->flags = pop(t, &sp);
	if (t->bits == 64)
		fr->sp = pop(t, &sp);
	return true;
}

bool x86_run_to_trap(const char *file, int line, const struct x86_traps *t,
		     struct axv_vcpu *v, unsigned int vector, struct x86_frame *fr)
{
	char buf[200];
	int ret = axv_run(v);

	if (ret < 0) {
		axt_fail(file, line, "RUN for vector %u: %s", vector, axt_result_str(ret));
		return false;
	}
	if (!x86_trapped(t, v, fr)) {
		axt_fail(file, line, "exit is not the handler of vector %u: %s", vector,
			 axv_exit_str(&v->run->exit, buf, sizeof(buf)));
		return false;
	}
	if (fr->vector != vector) {
		axt_fail(file, line, "vector %u (ip 0x%llx, error 0x%llx), not %u", fr->vector,
			 (unsigned long long)fr->ip, (unsigned long long)fr->error, vector);
		return false;
	}
	return true;
}
