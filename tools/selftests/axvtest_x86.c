// SPDX-License-Identifier: GPL-2.0-only
/* The harness on x86: starts, descriptor tables, page tables. */
#include "axvtest.h"

const char *const axt_features[] = {
	"NEXT_RIP", "DECODE_ASSISTS", "FLUSH_BY_TAG", "CLEAN_BITS", "TSC_SCALING",
	"LOCAL_APIC", "SHARED", NULL
};

void axt_page_tables(unsigned char *ram, bool user)
{
	uint64_t *pml4 = (uint64_t *)(ram + GUEST_PML4);
	uint64_t *pdpt = (uint64_t *)(ram + GUEST_PDPT);
	uint64_t *pd = (uint64_t *)(ram + GUEST_PD);
	uint64_t bits = user ? 7 : 3;	/* present, writable, user */
	uint64_t i;

	memset(pml4, 0, AXT_PAGE);
	memset(pdpt, 0, AXT_PAGE);
	pml4[0] = GUEST_PDPT | bits;
	for (i = 0; i < 4; i++)
		pdpt[i] = (GUEST_PD + i * AXT_PAGE) | bits;
	for (i = 0; i < 4 * 512; i++)
		pd[i] = i << 21 | 0x80 | bits;
}

/* Tables for all of it, in 1 GiB pages. */
void axt_reach(const struct axv_vcpu *v __maybe_unused, unsigned char *ram, unsigned int bits)
{
	uint64_t *pml4 = (uint64_t *)(ram + GUEST_PML4), i;
	uint64_t gib = 1ull << (bits - 30);

	for (i = 0; i < gib; i++) {
		uint64_t table = i < 512 ? GUEST_PDPT : GUEST_PD;

		((uint64_t *)(ram + table))[i % 512] = i << 30 | 0x87;
		pml4[i / 512] = table | 7;
	}
}

void axt_need_irqs(const struct axt *f __maybe_unused)
{
}

void axt_fp_on(struct axv_vcpu *v)
{
	volatile struct axvcpu_x86_control *c = &v->run->regs.x86.control;

	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	c->cr4 |= 0x40600;	/* OSFXSR, OSXMMEXCPT, OSXSAVE */
	c->xcr0 = 3;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

void axt_gdt(unsigned char *ram, uint32_t start)
{
	bool long64 = start == AXVCPU_X86_START_LONG64;
	bool real = start == AXVCPU_X86_START_REAL;
	uint64_t *gdt = (uint64_t *)(ram + GUEST_GDT);

	memset(gdt, 0, AXT_GDT_LIMIT + 1);
	gdt[1] = 0x00cf9b000000ffff;
	gdt[2] = long64 ? 0x00af9b000000ffff :
		 real ? 0x00009b000000ffff : 0x00cf9b000000ffff;
	gdt[3] = 0x00cf93000000ffff;
	gdt[4] = 0x00af9b000000ffff;
	gdt[5] = long64 ? 0x00affb000000ffff : 0x00cffb000000ffff;
	gdt[6] = 0x00cff3000000ffff;
	/* a TSS of 0x68 bytes in the page after the last page directory */
	gdt[7] = 0x0000890000000067 | (uint64_t)(GUEST_PD + 4 * AXT_PAGE) << 16;
	gdt[8] = 0;
}

void axt_idt_set(unsigned char *ram, uint32_t start, unsigned int vector,
		 uint64_t handler)
{
	uint64_t gate = (handler & 0xffff) | GUEST_CS << 16 | 0x8eull << 40 |
			(handler & 0xffff0000) << 32;

	if (start == AXVCPU_X86_START_REAL) {
		memcpy(ram + GUEST_IVT + 4 * vector, &(uint32_t) { handler }, 4);
	} else if (start == AXVCPU_X86_START_LONG64) {
		memcpy(ram + GUEST_IDT + 16 * vector, &gate, 8);
		memcpy(ram + GUEST_IDT + 16 * vector + 8, &(uint64_t) { handler >> 32 }, 8);
	} else {
		memcpy(ram + GUEST_IDT + 8 * vector, &gate, 8);
	}
}

/*
 * Guests say VMMCALL where they want the hypervisor and VMCALL where they want what it
 * is not: with VMX it is the other way round.
 */
void axt_arch_code(const struct axt *f, unsigned char *code, size_t size)
{
	static const unsigned char vmmcall[] = { 0x0f, 0x01, 0xd9 }, vmcall[] = { 0x0f, 0x01, 0xc1 };
	size_t i;

	if (f->dev.info.backend != AXVCPU_BACKEND_VMX)
		return;
	for (i = 0; i + sizeof(vmcall) <= size; i++) {
		if (!memcmp(code + i, vmmcall, sizeof(vmmcall)))
			memcpy(code + i, vmcall, sizeof(vmcall));
		else if (!memcmp(code + i, vmcall, sizeof(vmcall)))
			memcpy(code + i, vmmcall, sizeof(vmmcall));
	}
}

void axt_arch_ram(unsigned char *ram, uint32_t start)
{
	if (start == AXVCPU_X86_START_LONG64)
		axt_page_tables(ram, true);
	if (start >= AXVCPU_X86_START_PROT32)
		axt_gdt(ram, start);
}

void axt_arch_setup(struct axvcpu_setup *s, const struct axt_config *c)
{
	s->arch.x86.start = c->start;
	s->arch.x86.rsp = c->stack ? c->stack : GUEST_STACK;
	if (c->start == AXVCPU_X86_START_RESET) {
		s->entry = 0;
		s->arch.x86.rsp = 0;
	}
	if (c->start == AXVCPU_X86_START_LONG64)
		s->arch.x86.cr3 = GUEST_PML4;
	if (c->start >= AXVCPU_X86_START_PROT32) {
		s->arch.x86.gdt_base = GUEST_GDT;
		s->arch.x86.gdt_limit = AXT_GDT_LIMIT;
	}
}

void axt_let_spin(const struct axv_vcpu *v)
{
	volatile struct axvcpu_x86_gpr *g = &v->run->regs.x86.gpr;

	if (!axt_flawed(AXT_FLAW_SPIN))
		return;
	/* one that another thread has closed or broken meanwhile will not run */
	if (axv_sync(v, 0, AXVCPU_REGS_GPR))
		return;
	g->rflags |= 0x200;	/* IF */
	axv_sync(v, AXVCPU_REGS_GPR, 0);
	memset((void *)g, 0, sizeof(*g));
}

/* They are the VMM's. */
void axt_ipis_on(const struct axv_vcpu *v __maybe_unused)
{
}

void axt_irq_handler(unsigned char *ram, uint32_t start, uint64_t handler)
{
	axt_idt_set(ram, start, AXT_IRQ, handler);
}

void axt_other_handler(unsigned char *ram, uint32_t start, uint64_t handler)
{
	axt_idt_set(ram, start, 2, handler);
}

void axt_storm_handlers(unsigned char *ram, uint32_t start, uint64_t handlers)
{
	for (unsigned int i = 0; i < 256; i++)
		axt_idt_set(ram, start, i, handlers + 16 * i);
}
