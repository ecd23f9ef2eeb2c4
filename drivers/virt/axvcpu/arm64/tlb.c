// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMIDs, and what is flushed when.
 *
 * A VM has one VMID on all CPUs, for a guest's broadcast TLBI reaches the other CPUs by it.
 * They are handed out one after the other; when there are no more, a new generation begins:
 * no section may begin until all are over, then every VM asks anew. 0 is nobody's: the host
 * has it. A VM's is a single word with its generation, for vCPUs look at it without a lock.
 *
 * A CPU remembers for a few VMIDs whose translations it may have (struct axv_slot): of which
 * generation, of which vCPU with which table, and how far it has followed the losses of that
 * table. Whatever is not remembered is flushed for that VMID, on that CPU alone, before the
 * guest runs: so a VMID that is used again begins with nothing, two vCPUs of a VM, which may
 * use one ASID for different tables, do not meet, and neither do two tables. A guest's own
 * TLBI for its CPU alone is broadcast (HCR_EL2.FB), for the vCPU may have been elsewhere.
 *
 * KVM, which is part of the kernel, gives the same VMIDs to its guests and cannot be asked
 * which. Where it may have some (it has not if nobody has the virtual timer's interrupt), a
 * CPU has nothing of ours but between the time a vCPU's thread enters RUN, or is scheduled
 * in, and the time it leaves: it is flushed at both ends.
 *
 * Where KVM has none, VTTBR_EL2 stays what it was after a section: stage 2 is off for the host.
 *
 * A TLBI that EL2 does for guests works on the VMID in VTTBR_EL2, and with VHE only while
 * HCR_EL2.TGE is clear.
 */
#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <asm/kvm_arm.h>
#include <asm/tlbflush.h>

#include "axv_hot.h"

#define AXV_SLOTS	64

/* TCR_EL1.EPD0, EPD1 */
#define AXV_TCR_NO_WALKS	(BIT_ULL(7) | BIT_ULL(23))

/* More pages than these are flushed as all of a VMID. */
#define AXV_FLUSH_PAGES	64

enum axv_flushes {
	AXV_VMALLS12E1,
	AXV_IPAS2E1,
	AXV_RIPAS2E1,
	AXV_NR_FLUSHES,
};

static const char * const flush_names[AXV_NR_FLUSHES] = {
	[AXV_VMALLS12E1] = "tlbi_vmalls12e1",
	[AXV_IPAS2E1] = "tlbi_ipas2e1",
	[AXV_RIPAS2E1] = "tlbi_ripas2e1",
};

/* in a word: a VMID, and above it its generation */
#define AXV_VMID_BITS	16

/**
 * struct axv_slot - whose translations a CPU may have under a VMID
 * @vmid: VMID and generation
 * @tlb_id: the vCPU's, see axv_arm64_forget_tlb()
 * @s2_generation: what its table has lost until then is gone
 */
struct axv_slot {
	u64 vmid;
	u64 tlb_id;
	u64 s2_generation;
};

struct axv_tlb {
	struct axv_slot slot[AXV_SLOTS];
	u64 flushes[AXV_NR_FLUSHES];
};

static DEFINE_PER_CPU(struct axv_tlb, axv_tlbs);

static DEFINE_RAW_SPINLOCK(axv_vmid_lock);
static u64 axv_vmid_next;		/* axv_vmid_lock: the next one, with its generation */
static u32 axv_vmid_last __ro_after_init;
static DEFINE_MUTEX(axv_turn_lock);
static bool axv_turning;		/* a generation ends: no section may begin */
static atomic64_t axv_tlb_ids;
static bool axv_has_ranges __ro_after_init;

/**
 * axv_arm64_tlb_init() - at load
 * @vmid_bits: 8 or 16
 * @ranges: the CPUs have TLBI by range
 */
void __init axv_arm64_tlb_init(u32 vmid_bits, bool ranges)
{
	axv_has_ranges = ranges;
	axv_vmid_last = (1u << vmid_bits) - 1;
	/* no CPU remembers anything of generation 1, so there is nothing to flush */
	axv_vmid_next = 1 << AXV_VMID_BITS | 1;
}

/* ---- TLBI ------------------------------------------------------------------------------ */

/* Interrupts are off. */
static void count_flush(unsigned int kind)
{
	__this_cpu_inc(axv_tlbs.flushes[kind]);
}

static void write_hcr(u64 hcr)
{
	/* in an order that AmpereOne's erratum AC04_CPU_23 asks for */
	dsb(nsh);
	write_sysreg(hcr, hcr_el2);
	isb();
}

/*
 * The table's entries are as their writer left them before it told us, and the walks of
 * this CPU have to see that before what they know is dropped.
 */
static u64 begin_flush(void)
{
	u64 hcr = 0;

	dsb(ish);
	if (axv_arm64_vhe()) {
		hcr = read_sysreg(hcr_el2);
		write_hcr(hcr & ~HCR_TGE);
	}
	return hcr;
}

static void end_flush(u64 hcr)
{
	dsb(nsh);
	isb();
	if (axv_arm64_vhe())
		write_hcr(hcr);
}

/* Everything under the VMID of @vttbr, both stages, this CPU. VHE: VTTBR_EL2 has it. */
static void flush_vmid(u64 vttbr)
{
	u64 hcr;

	count_flush(AXV_VMALLS12E1);
	if (!axv_arm64_vhe()) {
		dsb(ish);
		axv_arm64_nvhe_call(AXV_EL2_FLUSH_VMID, vttbr, 0);
		return;
	}
	hcr = begin_flush();
	__tlbi(vmalls12e1);
	end_flush(hcr);
}

/* As TLBI RIPAS2E1 takes it: 4K granule, 2 to 64 pages here. */
static void flush_range(u64 gpa, u64 pages)
{
	u64 num = DIV_ROUND_UP(pages, 2) - 1;

	count_flush(AXV_RIPAS2E1);
	/* tlbi ripas2e1, which not all assemblers know */
	asm volatile("sys #4, c8, c4, #2, %0"
		     : : "r" (1ull << 46 | num << 39 | gpa >> 12) : "memory");
}

static void flush_pages(const struct axv_s2_loss *loss, u64 pages)
{
	u64 gpa = loss->first;

	/* of leaves that are all of the smallest size */
	if (axv_has_ranges && loss->shift == PAGE_SHIFT && pages > 1) {
		flush_range(gpa, pages);
		return;
	}
	for (; pages; pages--, gpa += 1ull << loss->shift) {
		count_flush(AXV_IPAS2E1);
		__tlbi(ipas2e1, gpa >> 12);
	}
}

/* What the two stages make together is known by virtual address alone. */
static void flush_combined(void)
{
	dsb(nsh);
	__tlbi(vmalle1);
}

/* ---- VMIDs ------------------------------------------------------------------------------ */

static void nothing(void *unused)
{
}

static u32 vmid_of(u64 vmid)
{
	return vmid & GENMASK(AXV_VMID_BITS - 1, 0);
}

/* One of the generation that VMIDs are handed out of. */
static bool is_good(u64 vmid)
{
	return vmid >> AXV_VMID_BITS == READ_ONCE(axv_vmid_next) >> AXV_VMID_BITS;
}

/*
 * All sections end, and none begins, so that no vCPU has its VM's old VMID while another
 * one has its new one; nor has any when that is given to another VM.
 */
static void next_generation(void)
{
	unsigned long flags;

	WRITE_ONCE(axv_turning, true);
	/* a section that does not see it is one that the IPI ends */
	smp_mb();
	on_each_cpu(nothing, NULL, 1);
	raw_spin_lock_irqsave(&axv_vmid_lock, flags);
	WRITE_ONCE(axv_vmid_next, ((axv_vmid_next >> AXV_VMID_BITS) + 1) << AXV_VMID_BITS | 1);
	raw_spin_unlock_irqrestore(&axv_vmid_lock, flags);
	/* the generation before what lets others see it */
	smp_store_release(&axv_turning, false);
}

/*
 * The VM's VMID, a new one where it has none of this generation; interrupts may be on or
 * off. 0: there are none left. The last of a generation is not given away, for what comes
 * after it would look like one of the next.
 */
static u64 take_vmid(struct axv_vm *vm)
{
	unsigned long flags;
	u64 vmid;

	raw_spin_lock_irqsave(&axv_vmid_lock, flags);
	vmid = vm->arch.vmid;
	if (!is_good(vmid)) {
		vmid = 0;
		if (vmid_of(axv_vmid_next) != axv_vmid_last) {
			vmid = axv_vmid_next;
			WRITE_ONCE(axv_vmid_next, vmid + 1);
			WRITE_ONCE(vm->arch.vmid, vmid);
		}
	}
	raw_spin_unlock_irqrestore(&axv_vmid_lock, flags);
	return vmid;
}

/**
 * axv_arm64_get_vmid() - have one for the VM
 * @vm: the VM; sleeps
 */
void axv_arm64_get_vmid(struct axv_vm *vm)
{
	if (take_vmid(vm))
		return;
	mutex_lock(&axv_turn_lock);
	if (!take_vmid(vm)) {
		next_generation();
		take_vmid(vm);
	}
	mutex_unlock(&axv_turn_lock);
}

/**
 * axv_arm64_forget_tlb() - the vCPU begins anew, or has another table
 * @v: the vCPU, at rest
 *
 * What CPUs have of it is not its any more.
 */
void axv_arm64_forget_tlb(struct axv_vcpu *v)
{
	v->arch.tlb_id = atomic64_inc_return(&axv_tlb_ids);
}

static struct axv_slot *slot_of(u64 vmid)
{
	return this_cpu_ptr(&axv_tlbs.slot[vmid_of(vmid) % AXV_SLOTS]);
}

/* The rights of a leaf have grown; what the CPU knows of it may be older. */
static void flush_fence(struct axv_vcpu *v)
{
	u64 gpa = v->arch.fence, hcr;

	v->arch.fence = 0;
	count_flush(AXV_IPAS2E1);
	if (!axv_arm64_vhe()) {
		dsb(ish);
		axv_arm64_nvhe_call(AXV_EL2_FLUSH_IPA, v->arch.ctx->el2.vttbr, gpa >> 12);
		return;
	}
	hcr = begin_flush();
	__tlbi(ipas2e1, gpa >> 12);
	flush_combined();
	end_flush(hcr);
}

/**
 * axv_arm64_load_vmid() - VTTBR_EL2 for this section, and what that takes
 * @v: the vCPU, where its section begins; v->arch.away afterwards: it cannot run
 */
void axv_arm64_load_vmid(struct axv_vcpu *v)
{
	u64 vmid = READ_ONCE(v->vm->arch.vmid), vttbr, generation;
	struct axv_slot *slot;

	/* the generation after what says that it is there */
	v->arch.away = smp_load_acquire(&axv_turning);
	if (unlikely(!is_good(vmid)) && !v->arch.away) {
		vmid = take_vmid(v->vm);
		v->arch.away = !vmid;
	}
	if (unlikely(v->arch.away)) {
		WRITE_ONCE(v->prepare, true);
		return;
	}
	v->arch.vmid = vmid;
	vttbr = v->arch.root | (u64)vmid_of(vmid) << 48;
	v->arch.ctx->el2.vttbr = vttbr;
	if (axv_arm64_vhe())
		write_sysreg(vttbr, vttbr_el2);

	slot = slot_of(vmid);
	if (unlikely(slot->vmid != vmid || slot->tlb_id != v->arch.tlb_id ||
		     (axv_arm64_beside_kvm() && !v->arch.here))) {
		/* what is lost from here on is seen before the entry */
		generation = axv_s2_generation(v->s2);
		flush_vmid(vttbr);
		*slot = (struct axv_slot) {
			.vmid = vmid,
			.tlb_id = v->arch.tlb_id,
			.s2_generation = generation,
		};
		v->arch.fence = 0;
		if (axv_arm64_beside_kvm()) {
			v->arch.here = true;
			v->leaves_traces = true;
		}
	} else if (unlikely(v->arch.fence)) {
		flush_fence(v);
	}
	v->arch.s2_generation = slot->s2_generation;
}

/**
 * axv_arm64_vmid_stays() - is the section's VMID still the VM's?
 * @v: the vCPU, in its section, when interrupts were on for a moment
 *
 * No other vCPU has been on the CPU meanwhile. But a generation may end just then.
 */
bool axv_arm64_vmid_stays(const struct axv_vcpu *v)
{
	/* as in axv_arm64_load_vmid() */
	return !v->arch.away && !smp_load_acquire(&axv_turning) && is_good(v->arch.vmid);
}

/* ---- what a table has lost, or gained ----------------------------------------------------- */

static u64 pages_of(const struct axv_s2_loss *loss)
{
	return ((loss->last - loss->first) >> loss->shift) + 1;
}

/**
 * axv_arm64_flush_stage2() - the table lost translations since s2_generation
 * @v: the vCPU, in a section
 *
 * That is 0 where the CPU may have what it should not (a conflict): all goes.
 */
void axv_arm64_flush_stage2(struct axv_vcpu *v)
{
	struct axv_s2_loss loss[AXV_S2_LOSSES];
	u64 pages = 0, hcr;
	int nr, i;

	if (v->arch.away)
		return;
	nr = axv_s2_lost_since(v->s2, v->arch.s2_generation, &v->arch.s2_generation, loss);
	for (i = 0; i < nr; i++)
		pages += pages_of(&loss[i]);
	/* a call to EL2 for each page is more than it saves */
	if (nr <= 0 || pages > AXV_FLUSH_PAGES || !axv_arm64_vhe()) {
		flush_vmid(v->arch.ctx->el2.vttbr);
	} else {
		hcr = begin_flush();
		for (i = 0; i < nr; i++)
			flush_pages(&loss[i], pages_of(&loss[i]));
		flush_combined();
		end_flush(hcr);
	}
	slot_of(v->arch.vmid)->s2_generation = v->arch.s2_generation;
}

/**
 * axv_arm64_flush_ipa() - a fault was served
 * @v: the vCPU, at rest
 * @gpa: where it was: a leaf came, or has more rights
 *
 * That there was nothing is never kept by a CPU, but the rights that were there are, until
 * they are flushed. On another CPU than the one that faulted it makes no difference: there
 * it faults again.
 */
void axv_arm64_flush_ipa(struct axv_vcpu *v, u64 gpa)
{
	/* the leaf before the walk that looks for it */
	dsb(ishst);
	v->arch.fence = gpa | 1;
}

/**
 * axv_arm64_put() - the vCPU's thread leaves the CPU, or RUN returns
 * @v: the vCPU; preemption is off
 */
void axv_arm64_put(struct axv_vcpu *v)
{
	unsigned long flags;
	u64 vttbr, vtcr, tcr;

	if (!v->arch.here)
		return;
	v->arch.here = false;
	local_irq_save(flags);
	vttbr = read_sysreg(vttbr_el2);
	vtcr = read_sysreg(vtcr_el2);
	/* erratum 1165522: no walk by whatever tables EL1 was left with */
	tcr = read_sysreg_s(SYS_TCR_EL12);
	write_sysreg_s(tcr | AXV_TCR_NO_WALKS, SYS_TCR_EL12);
	isb();
	write_sysreg(v->arch.ctx->el2.vtcr, vtcr_el2);
	write_sysreg(v->arch.ctx->el2.vttbr, vttbr_el2);
	isb();
	flush_vmid(v->arch.ctx->el2.vttbr);
	write_sysreg(vttbr, vttbr_el2);
	write_sysreg(vtcr, vtcr_el2);
	isb();
	write_sysreg_s(tcr, SYS_TCR_EL12);
	local_irq_restore(flags);
}

/**
 * axv_arm64_tlb_show() - how many flushes there were, on all CPUs
 * @m: debugfs file
 */
void axv_arm64_tlb_show(struct seq_file *m)
{
	unsigned int kind;
	u64 sum;
	int cpu;

	for (kind = 0; kind < AXV_NR_FLUSHES; kind++) {
		sum = 0;
		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu(axv_tlbs, cpu).flushes[kind]);
		seq_printf(m, "%s %llu\n", flush_names[kind], sum);
	}
	seq_printf(m, "vmid_generation %llu\n", READ_ONCE(axv_vmid_next) >> AXV_VMID_BITS);
}
