// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's state: the fields an exit loads it from, and what an exit leaves
 * different, which is put right at the end of a section.
 *
 *	GDT limit	is 64 KiB after an exit: LGDT
 *	TSS limit	is 67h after an exit: told to the kernel, which mends it when
 *			a task with an I/O bitmap runs
 *	IDT limit	is 64 KiB: nothing lies behind what it was but the GDT's
 *			like, as with KVM
 *	LDTR		is none: LLDT
 *	DS, ES, FS, GS	are none: user space of 32 bits has others
 *	DEBUGCTL, DR7	are 0 and 400h
 *
 * and these MSRs, which no field holds: STAR, LSTAR, SFMASK, while the guest has
 * EFER.SCE; KERNEL_GS_BASE; TSC_AUX. They are given back as they were found and not as
 * the kernel has them, for KVM leaves its last guest's in some until the CPU returns to
 * user space. SPEC_CTRL is out of the guest's reach and stays the host's.
 *
 * PEBS is off while the guest runs: a record of its time would be written through its
 * page tables. The entry's MSR lists would do that too late, for a record needs a moment
 * to be written after it was turned off.
 *
 * CET: the guest cannot have CR4.CET, nor reach its MSRs, so that these stay the
 * host's; the exit finds an ENDBR. FSGSBASE and PCID: what HOST_CR3 and the bases
 * hold is read anew for each section.
 */
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/apicdef.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/fixmap.h>
#include <asm/fsgsbase.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>
#include <asm/special_insns.h>

#include "vmx.h"

static const u32 vmx_msrs[MSR_I_NR] = {
	[MSR_I_STAR]		= MSR_STAR,
	[MSR_I_LSTAR]		= MSR_LSTAR,
	[MSR_I_SFMASK]		= MSR_SYSCALL_MASK,
	[MSR_I_KERNEL_GS]	= MSR_KERNEL_GS_BASE,
};

static u64 read_cr3(void)
{
	u64 cr3;

	asm volatile("mov %%cr3, %0" : "=r" (cr3) : : "memory");
	return cr3;
}

/* ---- what an exit loads ----------------------------------------------------------- */

/**
 * axv_vmx_host_init() - host fields that are the same everywhere
 * @vmx: the vCPU; its VMCS is current and new
 */
void axv_vmx_host_init(struct axv_vmx_vcpu *vmx)
{
	axv_vmwrite(VMCS_HOST_CS_SEL, __KERNEL_CS);
	axv_vmwrite(VMCS_HOST_SS_SEL, __KERNEL_DS);
	axv_vmwrite(VMCS_HOST_DS_SEL, 0);
	axv_vmwrite(VMCS_HOST_ES_SEL, 0);
	axv_vmwrite(VMCS_HOST_FS_SEL, 0);
	axv_vmwrite(VMCS_HOST_GS_SEL, 0);
	axv_vmwrite(VMCS_HOST_RIP, (unsigned long)axv_vmx_exit);
	vmx->sw.rsp = 0;
	/* none of these is what it could be */
	vmx->host.cr0 = 0;
	vmx->host.cr3 = ~0ull;
	vmx->host.host_cr4 = 0;
	vmx->host.fs_base = ~0ull;
}

/* Where the task register points: its descriptor has 16 bytes. */
static u64 tss_base(const struct desc_ptr *gdt, u16 sel)
{
	const struct ldttss_desc *d = (const void *)(gdt->address + (sel & ~7u));

	return d->base0 | (u64)d->base1 << 16 | (u64)d->base2 << 24 | (u64)d->base3 << 32;
}

/**
 * axv_vmx_host_moved() - host fields that belong to the CPU
 * @vmx: the vCPU, in a section: its first on this CPU since it was elsewhere
 */
void axv_vmx_host_moved(struct axv_vmx_vcpu *vmx)
{
	struct desc_ptr idt;
	u16 tr;

	store_idt(&idt);
	asm volatile("str %0" : "=r" (tr));
	axv_vmwrite(VMCS_HOST_TR_SEL, tr);
	axv_vmwrite(VMCS_HOST_TR_BASE, tss_base(&vmx->host.gdt, tr));
	axv_vmwrite(VMCS_HOST_GDT_BASE, vmx->host.gdt.address);
	axv_vmwrite(VMCS_HOST_IDT_BASE, idt.address);
	axv_vmwrite(VMCS_HOST_GS_BASE, axv_x86_read_msr(MSR_GS_BASE));
	axv_vmwrite(VMCS_HOST_SYSENTER_CS, (u32)axv_x86_read_msr(MSR_IA32_SYSENTER_CS));
	axv_vmwrite(VMCS_HOST_SYSENTER_ESP, axv_x86_read_msr(MSR_IA32_SYSENTER_ESP));
	axv_vmwrite(VMCS_HOST_SYSENTER_EIP, axv_x86_read_msr(MSR_IA32_SYSENTER_EIP));
	axv_vmwrite(VMCS_HOST_EFER, axv_x86_read_msr(MSR_EFER));
	axv_vmwrite(VMCS_HOST_PAT, axv_x86_read_msr(MSR_IA32_CR_PAT));
}

static u64 read_fs_base(void)
{
	if (cpu_feature_enabled(X86_FEATURE_FSGSBASE))
		return rdfsbase();
	return axv_x86_read_msr(MSR_FS_BASE);
}

static void load_fields(struct axv_vmx_host *host)
{
	u64 cr0 = native_read_cr0(), cr3 = read_cr3(), fs = read_fs_base();
	u64 cr4 = host->cr4 | X86_CR4_VMXE;

	if (host->cr0 != cr0) {
		host->cr0 = cr0;
		axv_vmwrite(VMCS_HOST_CR0, cr0);
	}
	if (host->cr3 != cr3) {
		host->cr3 = cr3;
		axv_vmwrite(VMCS_HOST_CR3, cr3);
	}
	if (host->host_cr4 != cr4) {
		host->host_cr4 = cr4;
		axv_vmwrite(VMCS_HOST_CR4, cr4);
	}
	if (host->fs_base != fs) {
		host->fs_base = fs;
		axv_vmwrite(VMCS_HOST_FS_BASE, fs);
	}
}

/* ---- MSRs ------------------------------------------------------------------------- */

static void load_msr(struct axv_vmx_vcpu *vmx, unsigned int i)
{
	if (vmx->msr_now[i] == vmx->msr[i])
		return;
	vmx->msr_now[i] = vmx->msr[i];
	axv_x86_write_msr(vmx_msrs[i], vmx->msr[i]);
}

static void save_msr(struct axv_vmx_vcpu *vmx, unsigned int i)
{
	vmx->host.msr[i] = axv_x86_read_msr(vmx_msrs[i]);
	vmx->msr_now[i] = vmx->host.msr[i];
}

/* SYSCALL's are the host's until the guest can use it. */
static noinline void load_syscall(struct axv_vmx_vcpu *vmx)
{
	unsigned int i;

	for (i = 0; i < MSR_I_KERNEL_GS; i++) {
		if (!vmx->host.syscall)
			save_msr(vmx, i);
		load_msr(vmx, i);
	}
	vmx->host.syscall = true;
}

/**
 * axv_vmx_load_msrs() - the guest's MSRs, as far as it can use them
 * @vmx: the vCPU, in a section
 */
void axv_vmx_load_msrs(struct axv_vmx_vcpu *vmx)
{
	if (vmx->efer & EFER_SCE)
		load_syscall(vmx);
	load_msr(vmx, MSR_I_KERNEL_GS);
}

static void begin_msrs(struct axv_vmx_vcpu *vmx)
{
	struct axv_vmx_host *host = &vmx->host;
	u32 aux;

	host->syscall = false;
	save_msr(vmx, MSR_I_KERNEL_GS);
	axv_vmx_load_msrs(vmx);
	/* RDPID and RDTSCP do not exit. The guest's value comes at the entry. */
	if (axv_vmx_caps.tsc_aux) {
		asm volatile("rdtscp" : "=c" (aux) : : "rax", "rdx");
		host->tsc_aux = aux;
		vmx->tsc_aux = aux;
	}
	if (cpu_feature_enabled(X86_FEATURE_KERNEL_IBRS))
		vmx->sw.spec_ctrl = axv_x86_read_msr(MSR_IA32_SPEC_CTRL);
}

static void restore_msr(const struct axv_vmx_vcpu *vmx, unsigned int i)
{
	if (vmx->msr_now[i] != vmx->host.msr[i])
		axv_x86_write_msr(vmx_msrs[i], vmx->host.msr[i]);
}

static void end_msrs(struct axv_vmx_vcpu *vmx)
{
	struct axv_vmx_host *host = &vmx->host;
	unsigned int i;

	/* the one that the guest writes without an exit, and SWAPGS moves */
	vmx->msr_now[MSR_I_KERNEL_GS] = axv_x86_read_msr(MSR_KERNEL_GS_BASE);
	vmx->msr[MSR_I_KERNEL_GS] = vmx->msr_now[MSR_I_KERNEL_GS];
	restore_msr(vmx, MSR_I_KERNEL_GS);
	if (host->syscall) {
		for (i = 0; i < MSR_I_KERNEL_GS; i++)
			restore_msr(vmx, i);
	}
	if (axv_vmx_caps.tsc_aux && vmx->tsc_aux != host->tsc_aux)
		axv_x86_write_msr(MSR_TSC_AUX, host->tsc_aux);
}

/* ---- PEBS -------------------------------------------------------------------------- */

/**
 * axv_vmx_stop_pebs() - no record is written from here on
 * @vmx: the vCPU, in a section
 *
 * Before each entry: an NMI that the host took since may have turned it on again.
 */
void axv_vmx_stop_pebs(struct axv_vmx_vcpu *vmx)
{
	u64 now = axv_x86_read_msr(MSR_IA32_PEBS_ENABLE);

	if (!now)
		return;
	vmx->host.pebs = now;
	axv_x86_write_msr(MSR_IA32_PEBS_ENABLE, 0);
}

static void start_pebs(struct axv_vmx_vcpu *vmx)
{
	if (vmx->host.pebs && !axv_x86_read_msr(MSR_IA32_PEBS_ENABLE))
		axv_x86_write_msr(MSR_IA32_PEBS_ENABLE, vmx->host.pebs);
	vmx->host.pebs = 0;
}

static void begin_pebs(struct axv_vmx_vcpu *vmx)
{
	vmx->host.pebs = 0;
	axv_vmx_stop_pebs(vmx);
	vmx->pebs = vmx->host.pebs;
}

static void end_pebs(struct axv_vmx_vcpu *vmx)
{
	start_pebs(vmx);
	vmx->pebs = false;
}

/* ---- the section's part ----------------------------------------------------------- */

/**
 * axv_vmx_host_begin() - remember the host
 * @vmx: the vCPU; its VMCS is current
 */
void axv_vmx_host_begin(struct axv_vmx_vcpu *vmx)
{
	struct axv_vmx_host *host = &vmx->host;

	if (unlikely(axv_vmx_caps.pebs))
		begin_pebs(vmx);
	native_store_gdt(&host->gdt);
	asm volatile("sldt %0" : "=m" (host->ldt));
	asm volatile("mov %%ds, %0" : "=m" (host->ds));
	asm volatile("mov %%es, %0" : "=m" (host->es));
	asm volatile("mov %%fs, %0" : "=m" (host->fs));
	asm volatile("mov %%gs, %0" : "=m" (host->gs));
	host->debugctl = axv_x86_read_msr(MSR_IA32_DEBUGCTLMSR);
	load_fields(host);
	begin_msrs(vmx);
}

/* GS as a user selector: SWAPGS around it, as the kernel does. KERNEL_GS_BASE follows. */
static void load_gs(u16 sel)
{
	asm volatile("swapgs\n\t"
		     "mov %0, %%gs\n\t"
		     "swapgs"
		     : : "r" ((u32)sel) : "memory");
}

/* Loading FS sets its base from the descriptor, which need not be what it was. */
static void load_fs(u16 sel, u64 base)
{
	asm volatile("mov %0, %%fs" : : "r" ((u32)sel) : "memory");
	axv_x86_write_msr(MSR_FS_BASE, base);
}

static noinline void load_selectors(const struct axv_vmx_host *host)
{
	if (host->ldt)
		asm volatile("lldt %0" : : "r" (host->ldt));
	if (host->ds)
		asm volatile("mov %0, %%ds" : : "r" ((u32)host->ds));
	if (host->es)
		asm volatile("mov %0, %%es" : : "r" ((u32)host->es));
	if (host->fs)
		load_fs(host->fs, host->fs_base);
	if (host->gs) {
		load_gs(host->gs);
		axv_x86_write_msr(MSR_KERNEL_GS_BASE, host->msr[MSR_I_KERNEL_GS]);
	}
}

/* A task with an I/O bitmap needs the limit now, others when they are one. */
static noinline void reload_tr(void)
{
	invalidate_tss_limit();
}

/**
 * axv_vmx_host_end() - give the CPU back as it was
 * @vmx: the vCPU, at the end of a section
 */
void axv_vmx_host_end(struct axv_vmx_vcpu *vmx)
{
	const struct axv_vmx_host *host = &vmx->host;

	end_msrs(vmx);
	if (likely(vmx->entered)) {
		native_load_gdt(&host->gdt);
		if (unlikely(test_thread_flag(TIF_IO_BITMAP)))
			reload_tr();
		else
			this_cpu_write(__tss_limit_invalid, true);
		if (unlikely(host->selectors | host->ldt))
			load_selectors(host);
		if (unlikely(host->debugctl))
			axv_x86_write_msr(MSR_IA32_DEBUGCTLMSR, host->debugctl);
	}
	if (unlikely(axv_vmx_caps.pebs))
		end_pebs(vmx);
}

/* ---- NMI -------------------------------------------------------------------------- */

/*
 * The NMI again, by the local APIC: it waits as long as NMIs are blocked, which they
 * are until an IRET.
 */
#ifdef X86_FEATURE_FRED
static void self_nmi(void)
{
	u64 base = axv_x86_read_msr(MSR_IA32_APICBASE);

	if (base & X2APIC_ENABLE)
		axv_x86_write_msr(APIC_BASE_MSR + (APIC_ICR >> 4), APIC_DEST_SELF | APIC_DM_NMI);
	else
		writel(APIC_DEST_SELF | APIC_DM_NMI,
		       (void __iomem *)(__fix_to_virt(FIX_APIC_BASE) + APIC_ICR));
}

static void iret_here(void)
{
	asm volatile("mov %%rsp, %%rax\n\t"
		     "push %0\n\t"
		     "push %%rax\n\t"
		     "pushf\n\t"
		     "push %1\n\t"
		     "lea 1f(%%rip), %%rax\n\t"
		     "push %%rax\n\t"
		     "iretq\n\t"
		     "1:"
		     : : "i" (__KERNEL_DS), "i" (__KERNEL_CS) : "rax", "memory", "cc");
}
#endif

static void take_nmi(void)
{
#ifdef X86_FEATURE_FRED
	if (cpu_feature_enabled(X86_FEATURE_FRED)) {
		self_nmi();
		iret_here();
		return;
	}
#endif
	asm volatile("int $2" : : : "memory");
}

/**
 * axv_vmx_host_nmi() - an NMI ended the guest: have the host serve it
 * @vmx: the vCPU, in a section
 *
 * NMIs are blocked, and what unblocks them is an IRET. INT 2 goes through the same
 * gate, on its own stack, and returns by one. Where events are not delivered through
 * the IDT (FRED), INT 2 would be no NMI.
 *
 * Its handler may be the one that turns PEBS off and on: it finds it as it left it.
 */
void axv_vmx_host_nmi(struct axv_vmx_vcpu *vmx)
{
	if (axv_vmx_caps.pebs)
		start_pebs(vmx);
	take_nmi();
}

/* ---- before the guest runs: what speculation could find ---------------------------- */

#define L1D_ORDER	4	/* 64 KiB: more than any CPU concerned has */

static void *l1d_pages;
static bool l1d_flush __ro_after_init;
static bool mmio_verw __ro_after_init;
bool axv_vmx_flushes __ro_after_init;

/**
 * axv_vmx_l1d_init() - look at the CPU's bugs and the kernel's mitigations
 *
 * L1TF: as KVM's default, "cond": the L1D cache is flushed where more than the few
 * functions that serve exits in a section ran since the guest did.
 *
 * Return: 0 or -ENOMEM.
 */
int axv_vmx_l1d_init(void)
{
	if (cpu_mitigations_off())
		return 0;
	mmio_verw = boot_cpu_has_bug(X86_BUG_MMIO_STALE_DATA);
	axv_vmx_flushes = mmio_verw;
	if (!boot_cpu_has_bug(X86_BUG_L1TF))
		return 0;
	if (!boot_cpu_has(X86_FEATURE_FLUSH_L1D)) {
		l1d_pages = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, L1D_ORDER);
		if (!l1d_pages)
			return -ENOMEM;
	}
	l1d_flush = true;
	axv_vmx_flushes = true;
	return 0;
}

/** axv_vmx_l1d_exit() - undo axv_vmx_l1d_init() */
void axv_vmx_l1d_exit(void)
{
	free_pages((unsigned long)l1d_pages, L1D_ORDER);
	l1d_pages = NULL;
}

/* All of the pages into the TLB, then all of their lines into the cache. */
static void fill_l1d(void)
{
	const char *p = l1d_pages;
	unsigned long i;

	for (i = 0; i < PAGE_SIZE << L1D_ORDER; i += PAGE_SIZE)
		(void)READ_ONCE(p[i]);
	asm volatile("lfence" : : : "memory");
	for (i = 0; i < PAGE_SIZE << L1D_ORDER; i += 64)
		(void)READ_ONCE(p[i]);
	asm volatile("lfence" : : : "memory");
}

/**
 * axv_vmx_before_entry() - take away what the guest must not find by speculation
 * @vmx: the vCPU, right before an entry
 */
void axv_vmx_before_entry(struct axv_vmx_vcpu *vmx)
{
	static const u16 ds = __KERNEL_DS;

	if (vmx->l1d_due) {
		vmx->l1d_due = false;
		if (l1d_flush && l1d_pages)
			fill_l1d();
		else if (l1d_flush)
			axv_x86_write_msr(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
	}
	if (mmio_verw)
		asm volatile("verw %0" : : "m" (ds) : "cc");
}
