// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMIDs: each vCPU has one of its own on each hart, so that neither the tables of
 * two guests nor those of two vCPUs of one guest are ever taken for each other.
 *
 * KVM numbers its VMs from 1 up and flushes only when it begins anew; ours are the
 * upper half. That KVM's guests were on this hart is seen in hgatp, where it leaves
 * its last one: from then on the two may meet, so what is under our VMID goes when
 * the vCPU leaves the hart, and all of ours are taken as lost when KVM was here.
 */
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/csr.h>

#include "riscv.h"

/**
 * struct axv_riscv_cpu - what belongs to a CPU
 * @tags: its VMIDs
 * @hgatp: what the host had there in the last section, and so after it
 * @shared: KVM has been here
 */
struct axv_riscv_cpu {
	struct axv_tag_pool tags;
	u64 hgatp;
	bool shared;
};

static DEFINE_PER_CPU(struct axv_riscv_cpu, axv_riscv_cpus);

static bool axv_vmids;		/* the hart has them */

static void hfence_gvma_all(void)
{
	/* hfence.gvma x0, x0 */
	asm volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

static void hfence_gvma_vmid(unsigned long vmid)
{
	/* hfence.gvma x0, vmid */
	asm volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" : : "r" (vmid) : "memory");
}

static void hfence_vvma_all(void)
{
	/* hfence.vvma x0, x0: under the VMID that is in hgatp */
	asm volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

/**
 * axv_riscv_tlb_init() - at load
 * @vmid_bits: width of a VMID, 0: there are none
 */
void axv_riscv_tlb_init(u32 vmid_bits)
{
	u32 first = vmid_bits ? 1u << (vmid_bits - 1) : 0;
	int cpu;

	axv_vmids = vmid_bits;
	for_each_possible_cpu(cpu)
		axv_tag_pool_init(&per_cpu(axv_riscv_cpus, cpu).tags, first,
				  vmid_bits ? (1u << vmid_bits) - 1 : 0);
}

static u64 with_vmid(const struct axv_vcpu *v)
{
	return v->arch.hgatp | (u64)v->arch.tag.tag << HGATP_VMID_SHIFT;
}

/*
 * Everything under the VMID: G-stage translations, and those of the VS-stage, which
 * are cached as pairs by some and as the guest's own alone by others. hgatp has the
 * VMID.
 */
static void flush_tag(const struct axv_vcpu *v)
{
	if (axv_vmids)
		hfence_gvma_vmid(v->arch.tag.tag);
	else
		hfence_gvma_all();
	hfence_vvma_all();
}

/**
 * axv_riscv_load_vmid() - hgatp for this section
 * @v: the vCPU; vsatp is 0
 * @host_hgatp: what the host had there
 *
 * Return: what stands there now.
 */
u64 axv_riscv_load_vmid(struct axv_vcpu *v, u64 host_hgatp)
{
	struct axv_riscv_cpu *pcpu = this_cpu_ptr(&axv_riscv_cpus);
	enum axv_tag_flush flush = AXV_TAG_KEEP;
	u64 hgatp;

	if (unlikely(pcpu->hgatp != host_hgatp)) {
		pcpu->hgatp = host_hgatp;
		pcpu->shared = true;
		axv_tag_pool_void(&pcpu->tags);
	}
	if (unlikely(!axv_tag_good(&pcpu->tags, &v->arch.tag, v->cpu))) {
		flush = axv_tag_get(&pcpu->tags, &v->arch.tag, v->cpu);
		/* The guest's own, and those that SBI did for it, were on another hart. */
		asm volatile("fence.i" : : : "memory");
	}
	hgatp = with_vmid(v);
	csr_write(CSR_HGATP, hgatp);
	if (unlikely(flush != AXV_TAG_KEEP)) {
		hfence_gvma_all();
		hfence_vvma_all();
	}
	if (unlikely(v->arch.new_root || !axv_vmids || pcpu->shared)) {
		v->arch.new_root = false;
		flush_tag(v);
	}
	v->leaves_traces = pcpu->shared || !axv_vmids;
	v->arch.here = v->leaves_traces;
	return hgatp;
}

/**
 * axv_riscv_flush_gstage() - the table lost translations
 * @v: the vCPU, in a section
 */
void axv_riscv_flush_gstage(struct axv_vcpu *v)
{
	flush_tag(v);
}

/** axv_riscv_flush_vstage() - the guest's own translations, in a section */
void axv_riscv_flush_vstage(void)
{
	hfence_vvma_all();
}

/**
 * axv_riscv_put() - the vCPU's thread leaves the CPU, or RUN returns
 * @v: the vCPU; preemption is off
 */
void axv_riscv_put(struct axv_vcpu *v)
{
	unsigned long flags;
	u64 satp, hgatp;

	if (!v->arch.here)
		return;
	v->arch.here = false;
	local_irq_save(flags);
	satp = csr_swap(CSR_VSATP, 0);
	hgatp = csr_swap(CSR_HGATP, with_vmid(v));
	flush_tag(v);
	csr_write(CSR_HGATP, hgatp);
	csr_write(CSR_VSATP, satp);
	local_irq_restore(flags);
}
