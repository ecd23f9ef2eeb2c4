// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMIDs: each vCPU has one of its own on each hart, so that neither the tables of
 * two guests nor those of two vCPUs of one guest are ever taken for each other.
 *
 * KVM gives its guests any VMID that the harts have, from 1 up, and never 0, which is the
 * one of harts that have no others. So as long as it is loaded (beside.c) ours is 0 alone,
 * and a vCPU's for as long as no other one comes to its hart; else they are the upper half,
 * which is flushed before KVM comes. No guest of KVM's runs under 0, but hgatp may have it
 * with a table of KVM's, from the first ioctl on a vCPU to its first run, and a hart may
 * walk that ahead of need: 0 is flushed wherever KVM may have been called since the last
 * section. Where the harts have no VMIDs, or so few that KVM does
 * without, nothing is cached but between the time a vCPU's thread enters RUN on a hart, or
 * is scheduled in there, and the time it leaves: it is flushed at both ends.
 *
 * A fence is by pages where they are few and only leaves have changed, else it is for
 * all of a VMID. How many of each kind there were is in debugfs.
 */
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/csr.h>

#include "axv_hot.h"

static const char * const fence_names[AXV_RISCV_NR_FENCES] = {
	[AXV_RISCV_GVMA_ALL] = "hfence_gvma_all",
	[AXV_RISCV_GVMA_PAGE] = "hfence_gvma_page",
	[AXV_RISCV_VVMA_ALL] = "hfence_vvma_all",
	[AXV_RISCV_VVMA_PAGE] = "hfence_vvma_page",
};

DEFINE_PER_CPU(struct axv_riscv_cpu, axv_riscv_cpus);

static bool axv_vmids;		/* the hart has them */
static u32 axv_vmid_first;	/* ours, while KVM is not there */
static u32 axv_vmid_last;

/* Interrupts are off. */
static void count_fence(unsigned int kind)
{
	__this_cpu_inc(axv_riscv_cpus.fences[kind]);
}

static void hfence_gvma_all(void)
{
	count_fence(AXV_RISCV_GVMA_ALL);
	/* hfence.gvma x0, x0 */
	asm volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

static void hfence_gvma_vmid(unsigned long vmid)
{
	count_fence(AXV_RISCV_GVMA_ALL);
	/* hfence.gvma x0, vmid */
	asm volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" : : "r" (vmid) : "memory");
}

/* The one of these that may be interrupted. */
static void hfence_gvma_page(axv_gpa_t gpa, unsigned long vmid)
{
	this_cpu_inc(axv_riscv_cpus.fences[AXV_RISCV_GVMA_PAGE]);
	/* hfence.gvma gpa >> 2, vmid: any address in a leaf stands for all of it */
	asm volatile(".insn r 0x73, 0, 0x31, x0, %0, %1" : : "r" (gpa >> 2), "r" (vmid)
		     : "memory");
}

/* Those of hfence.vvma are under the VMID that is in hgatp. */
static void hfence_vvma_all(void)
{
	count_fence(AXV_RISCV_VVMA_ALL);
	/* hfence.vvma x0, x0 */
	asm volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

static void hfence_vvma_asid(unsigned long asid)
{
	count_fence(AXV_RISCV_VVMA_ALL);
	/* hfence.vvma x0, asid: those of the ASID that are not global */
	asm volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" : : "r" (asid) : "memory");
}

static void hfence_vvma_page(axv_gva_t gva)
{
	count_fence(AXV_RISCV_VVMA_PAGE);
	/* hfence.vvma gva, x0 */
	asm volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" : : "r" (gva) : "memory");
}

static void hfence_vvma_asid_page(axv_gva_t gva, unsigned long asid)
{
	count_fence(AXV_RISCV_VVMA_PAGE);
	/* hfence.vvma gva, asid */
	asm volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" : : "r" (gva), "r" (asid) : "memory");
}

/* One after the other, since a fence for guests' own translations is for the VMID in hgatp. */
static void flush_ours(void *unused)
{
	struct axv_riscv_cpu *pcpu = this_cpu_ptr(&axv_riscv_cpus);
	u64 satp = csr_swap(CSR_VSATP, 0), hgatp = csr_read(CSR_HGATP);
	u32 tag;

	for (tag = pcpu->used_first; tag < pcpu->used_end; tag++) {
		csr_write(CSR_HGATP, (u64)tag << HGATP_VMID_SHIFT);
		hfence_vvma_all();
	}
	csr_write(CSR_HGATP, hgatp);
	hfence_gvma_all();
	csr_write(CSR_VSATP, satp);
	pcpu->used_first = U32_MAX;
	pcpu->used_end = 0;
}

/**
 * axv_riscv_flush_ours() - whatever guests have left on any CPU
 *
 * No CPU is in a section when it does.
 */
void axv_riscv_flush_ours(void)
{
	if (axv_vmids)
		on_each_cpu(flush_ours, NULL, 1);
}

/**
 * axv_riscv_tlb_init() - at load
 * @vmid_bits: width of a VMID, 0: there are none
 */
void axv_riscv_tlb_init(u32 vmid_bits)
{
	int cpu;

	/* as KVM has it */
	axv_vmids = vmid_bits && 1u << vmid_bits >= num_possible_cpus();
	if (axv_vmids) {
		axv_vmid_first = 1u << (vmid_bits - 1);
		axv_vmid_last = (1u << vmid_bits) - 1;
	}
	for_each_possible_cpu(cpu) {
		axv_tag_pool_init(&per_cpu(axv_riscv_cpus, cpu).tags, axv_vmid_first,
				  axv_vmid_last);
		per_cpu(axv_riscv_cpus, cpu).used_first = U32_MAX;
	}
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

/* KVM has come, or it has gone, which does not flush. */
static void change_tags(struct axv_riscv_cpu *pcpu, u32 era)
{
	struct axv_tag_pool *tags = &pcpu->tags;
	bool kvm = era & AXV_KVM_HERE;

	flush_ours(NULL);
	pcpu->era = era;
	tags->first = kvm ? 0 : axv_vmid_first;
	tags->last = kvm ? 0 : axv_vmid_last;
	axv_tag_pool_void(tags);
}

/**
 * axv_riscv_new_vmid() - hgatp for this section, where it is not what it was
 * @v: the vCPU; vsatp is 0
 */
void axv_riscv_new_vmid(struct axv_vcpu *v)
{
	struct axv_riscv_cpu *pcpu = this_cpu_ptr(&axv_riscv_cpus);
	u32 era = READ_ONCE(axv_riscv_kvm_era);
	bool flush = v->arch.new_root || axv_riscv_beside_kvm(), moved;

	if (unlikely(pcpu->era != era))
		change_tags(pcpu, era);
	v->arch.host_hgatp = v->arch.csr.hgatp;
	v->arch.switches = axv_riscv_switches();
	if (axv_vmids) {
		moved = !axv_tag_good(&pcpu->tags, &v->arch.tag, v->cpu);
		if (moved) {
			axv_tag_get(&pcpu->tags, &v->arch.tag, v->cpu);
			pcpu->used_first = min(pcpu->used_first, v->arch.tag.tag);
			pcpu->used_end = max(pcpu->used_end, v->arch.tag.tag + 1);
		}
	} else {
		/* no tag is ever good; others may have been here unless the thread has not left */
		moved = !v->arch.here;
		v->leaves_traces = true;
		v->arch.here = true;
	}
	/* The guest's own, and those that SBI did for it, were on another hart. */
	if (moved)
		asm volatile("fence.i" : : : "memory");
	v->arch.hgatp_now = with_vmid(v);
	csr_write(CSR_HGATP, v->arch.hgatp_now);
	if (flush || moved)
		flush_tag(v);
	v->arch.new_root = false;
}

static u64 pages_of(const struct axv_s2_loss *loss)
{
	return ((loss->last - loss->first) >> loss->shift) + 1;
}

/**
 * axv_riscv_flush_gstage() - the table lost translations since s2_generation
 * @v: the vCPU, in a section
 */
void axv_riscv_flush_gstage(struct axv_vcpu *v)
{
	struct axv_s2_loss loss[AXV_S2_LOSSES];
	u64 pages = 0, n;
	int nr, i;

	nr = axv_s2_lost_since(v->s2, v->arch.s2_generation, &v->arch.s2_generation, loss);
	for (i = 0; i < nr; i++)
		pages += pages_of(&loss[i]);
	if (nr <= 0 || pages > AXV_RISCV_FENCE_PAGES) {
		flush_tag(v);
		return;
	}
	for (i = 0; i < nr; i++)
		for (n = 0; n < pages_of(&loss[i]); n++)
			hfence_gvma_page(loss[i].first + (n << loss[i].shift), v->arch.tag.tag);
	/* for those that cache what both stages come to by virtual address alone */
	hfence_vvma_all();
}

/**
 * axv_riscv_fence_fault() - a fault was served
 * @v: the vCPU, at rest
 * @gpa: where it was
 *
 * A hart may keep what it found there through the fault that comes of it: that there was
 * nothing, or fewer rights. On another hart than the one that faulted it makes no
 * difference: there the vCPU begins with a VMID that has nothing.
 */
void axv_riscv_fence_fault(const struct axv_vcpu *v, axv_gpa_t gpa)
{
	hfence_gvma_page(gpa, v->arch.tag.tag);
}

/**
 * axv_riscv_flush_vstage() - the guest's own translations, in a section
 * @range: of which addresses, of which address space
 */
void axv_riscv_flush_vstage(const struct axv_riscv_range *range)
{
	axv_gva_t gva = range->start;
	u32 n;

	if (!range->pages && range->asid == AXV_RISCV_ANY_ASID)
		hfence_vvma_all();
	else if (!range->pages)
		hfence_vvma_asid(range->asid);
	for (n = 0; n < range->pages; n++, gva += PAGE_SIZE) {
		if (range->asid == AXV_RISCV_ANY_ASID)
			hfence_vvma_page(gva);
		else
			hfence_vvma_asid_page(gva, range->asid);
	}
}

/**
 * axv_riscv_tlb_show() - how many fences there were, on all CPUs
 * @m: debugfs file
 */
void axv_riscv_tlb_show(struct seq_file *m)
{
	unsigned int kind;
	u64 sum;
	int cpu;

	for (kind = 0; kind < AXV_RISCV_NR_FENCES; kind++) {
		sum = 0;
		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu(axv_riscv_cpus, cpu).fences[kind]);
		seq_printf(m, "%s %llu\n", fence_names[kind], sum);
	}
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
