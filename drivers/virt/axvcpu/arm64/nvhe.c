// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL2 without VHE, taken and given back. The kernel runs at EL1 and has left its stub at
 * EL2, which takes and gives no more than a jump: by it EL2 is ours on every CPU from the
 * first vCPU to the last one, with a CPU that comes and until one goes, sleeps or reboots.
 *
 * Whose EL2 is it? An HVC that nobody knows is answered by the stub and by KVM, each in
 * its way, and changes nothing; where the kernel was booted at EL1 it may not even be
 * executed. No other call is made before the stub has answered: KVM's own vectors know
 * the stub's calls, and one of them would throw KVM out.
 *
 * A CPU's page says whether EL2 is ours there; it changes on that CPU, interrupts off.
 */
#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/arch_timer.h>
#include <asm/cacheflush.h>
#include <asm/cputype.h>
#include <asm/virt.h>

#include "arm64.h"

static_assert(offsetof(struct axv_el2_cpu, scratch) == EL2CPU_SCRATCH);
static_assert(offsetof(struct axv_el2_cpu, ctx) == EL2CPU_CTX);
static_assert(offsetof(struct axv_el2_cpu, self) == EL2CPU_SELF);
static_assert(offsetof(struct axv_el2_cpu, report) == EL2CPU_REPORT);
static_assert(offsetof(struct axv_el2_cpu, faulted) == EL2CPU_FAULTED);
static_assert(offsetof(struct axv_el2_cpu, stub.vbar) == EL2CPU_STUB_VBAR);
static_assert(offsetof(struct axv_el2_cpu, stub.sctlr) == EL2CPU_STUB_SCTLR);
static_assert(offsetof(struct axv_el2_cpu, stub.ttbr0) == EL2CPU_STUB_TTBR0);
static_assert(offsetof(struct axv_el2_cpu, stub.tcr) == EL2CPU_STUB_TCR);
static_assert(offsetof(struct axv_el2_cpu, stub.mair) == EL2CPU_STUB_MAIR);
static_assert(offsetof(struct axv_el2_cpu, stub.sp) == EL2CPU_STUB_SP);
static_assert(offsetof(struct axv_el2_cpu, host) == EL2CPU_HOST);
static_assert(offsetof(struct axv_el2_cpu, fault.x) == EL2CPU_FAULT_X);
static_assert(offsetof(struct axv_el2_cpu, fault.elr) == EL2CPU_FAULT_ELR);
static_assert(offsetof(struct axv_el2_cpu, fault.spsr) == EL2CPU_FAULT_SPSR);
static_assert(offsetof(struct axv_el2_cpu, fault.esr) == EL2CPU_FAULT_ESR);
static_assert(offsetof(struct axv_el2_cpu, fault.far) == EL2CPU_FAULT_FAR);
static_assert(offsetof(struct axv_el2_cpu, fault.hpfar) == EL2CPU_FAULT_HPFAR);
static_assert(offsetof(struct axv_el2_cpu, fault.vector) == EL2CPU_FAULT_VECTOR);
static_assert(sizeof(struct axv_el2_cpu) <= PAGE_SIZE);
static_assert(sizeof(struct axv_arm64_ctx) <= PAGE_SIZE);

/**
 * struct el2_cpu - what the kernel knows of EL2 of a CPU
 * @page: its page, while anyone has EL2; physical address @phys
 * @phys: likewise
 * @ours: we have it
 * @asleep: given back because the CPU loses its state
 */
struct el2_cpu {
	struct axv_el2_cpu *page;
	phys_addr_t phys;
	bool ours;
	bool asleep;
};

static DEFINE_PER_CPU(struct el2_cpu, el2_cpus);

/* axv_nvhe_lock: who may have a page, and the table */
static DEFINE_MUTEX(axv_nvhe_lock);
static unsigned int axv_nvhe_users;
static bool axv_nvhe_rebooting;
static int axv_nvhe_hp_state;

/* the copy of the code that EL2 runs */
static void *axv_nvhe_code;
static unsigned int axv_nvhe_code_order;
static phys_addr_t axv_nvhe_entry;
static u64 axv_nvhe_ttbr, axv_nvhe_tcr;

/* ---- calls ------------------------------------------------------------------------ */

/* An HVC is a function call that keeps what functions keep. */
static __always_inline u64 el2_call(u64 id, u64 arg1, u64 arg2, u64 arg3, u64 arg4)
{
	register u64 x0 asm("x0") = id;
	register u64 x1 asm("x1") = arg1;
	register u64 x2 asm("x2") = arg2;
	register u64 x3 asm("x3") = arg3;
	register u64 x4 asm("x4") = arg4;

	asm volatile("hvc	#0"
		     : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3), "+r" (x4)
		     :
		     : "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
		       "x16", "x17", "cc", "memory");
	return x0;
}

/**
 * axv_arm64_nvhe_call() - have EL2 do something
 * @what: AXV_EL2_*
 * @arg0: what that says
 * @arg1: likewise
 *
 * Interrupts are off.
 *
 * Return: what it says; SMCCC_RET_NOT_SUPPORTED where EL2 is not ours.
 */
u64 axv_arm64_nvhe_call(unsigned long what, u64 arg0, u64 arg1)
{
	if (unlikely(!this_cpu_read(el2_cpus.ours)))
		return SMCCC_RET_NOT_SUPPORTED;
	return el2_call(AXV_EL2_BASE + what, arg0, arg1, 0, 0);
}

/**
 * axv_arm64_nvhe_enter() - run the guest up to an exit
 * @ctx: what it is; interrupts are off
 *
 * Where EL2 is not ours, because the machine goes down, it is as if an interrupt had come
 * at once.
 */
void axv_arm64_nvhe_enter(struct axv_arm64_ctx *ctx)
{
	if (unlikely(!this_cpu_read(el2_cpus.ours))) {
		ctx->trap.kind = AXV_TRAP_IRQ;
		return;
	}
	el2_call(AXV_EL2_BASE + AXV_EL2_ENTER, virt_to_phys(ctx), 0, 0, 0);
}

/* ---- a fault of ours -------------------------------------------------------------- */

/*
 * EL2 comes here, on the stack and with the registers of the HVC, when something has gone
 * wrong there: it cannot be mended, only told.
 */
static void __noreturn axv_arm64_el2_fault(struct axv_el2_cpu *cpu)
{
	unsigned int i;

	pr_emerg("EL2 fault, vector %#llx%s: ESR %#llx FAR %#llx HPFAR %#llx\n",
		 cpu->fault.vector & 0xfff, cpu->fault.vector & 0x1000 ? " of a guest's" : "",
		 cpu->fault.esr, cpu->fault.far, cpu->fault.hpfar);
	pr_emerg("ELR %#llx (code at %#llx) SPSR %#llx ctx %#llx\n", cpu->fault.elr,
		 (u64)virt_to_phys(axv_nvhe_code), cpu->fault.spsr, cpu->ctx);
	for (i = 0; i < 30; i += 3)
		pr_emerg("x%-2u %016llx x%-2u %016llx x%-2u %016llx\n", i, cpu->fault.x[i],
			 i + 1, cpu->fault.x[i + 1], i + 2, cpu->fault.x[i + 2]);
	pr_emerg("x30 %016llx\n", cpu->fault.x[30]);
	panic("axvcpu: fault at EL2");
}

/* ---- who has it ------------------------------------------------------------------- */

enum booted {
	BOOTED_UNKNOWN,
	BOOTED_EL1,
	BOOTED_EL2,
};

/* Its clock tells: a kernel that could have had EL2 has the physical timer. */
static enum booted booted_at(void)
{
	bool physical = read_sysreg(cntp_ctl_el0) & ARCH_TIMER_CTRL_ENABLE;
	bool virtual = read_sysreg(cntv_ctl_el0) & ARCH_TIMER_CTRL_ENABLE;

	if (physical == virtual)
		return BOOTED_UNKNOWN;
	return physical ? BOOTED_EL2 : BOOTED_EL1;
}

static enum hrtimer_restart nothing(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

/* The same where this CPU's clock may have nothing to do at the moment. */
static enum booted find_booted_at(void)
{
	static struct hrtimer timer;
	enum booted booted;

	hrtimer_setup(&timer, nothing, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	preempt_disable();
	hrtimer_start(&timer, NSEC_PER_SEC, HRTIMER_MODE_REL_PINNED);
	booted = booted_at();
	preempt_enable();
	hrtimer_cancel(&timer);
	return booted;
}

static bool kvm_is_here(void)
{
	static const char * const names[] = { "/dev/kvm", "/sys/class/misc/kvm" };
	unsigned int i;
	struct path path;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (kern_path(names[i], LOOKUP_FOLLOW, &path))
			continue;
		path_put(&path);
		return true;
	}
	return false;
}

static int refuse(struct axv_probe *probe, u32 why, int error, const char *text)
{
	probe->why = why;
	probe->why_errno = error;
	strscpy(probe->why_text, text, sizeof(probe->why_text));
	return error;
}

/**
 * axv_arm64_nvhe_probe() - may EL2 be had?
 * @probe: why not
 *
 * Nothing is changed.
 *
 * Return: 0; -ENODEV, -EOPNOTSUPP, -EBUSY.
 */
int axv_arm64_nvhe_probe(struct axv_probe *probe)
{
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	bool kvm = kvm_is_here();

	if (!(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1) & 0xf00))
		return refuse(probe, AXVCPU_WHY_NO_HARDWARE, -ENODEV, "the CPUs have no EL2");
	switch (find_booted_at()) {
	case BOOTED_EL2:
		break;
	case BOOTED_EL1:
		return refuse(probe, AXVCPU_WHY_FIRMWARE, -EOPNOTSUPP,
			      "the kernel was booted at EL1: firmware or a hypervisor keeps EL2");
	default:
		return refuse(probe, AXVCPU_WHY_FIRMWARE, -EOPNOTSUPP,
			      "it cannot be told whether the kernel was booted at EL2");
	}
	/* TGran4_2 says it where TGran4, bits 31:28, does not; ours is stage 1 */
	if ((mmfr0 >> 28 & 0xf) == 0xf)
		return refuse(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
			      "the CPUs have no 4K granule");
	if (el2_call(AXV_EL2_PROBE, 0, 0, 0, 0) != HVC_STUB_ERR)
		return refuse(probe, AXVCPU_WHY_HELD, -EBUSY, kvm ?
			      "KVM holds EL2: boot with kvm-arm.mode=none" :
			      "a hypervisor holds EL2: boot without it, and with kvm-arm.mode=none");
	/* It takes EL2 when its first VM is made, and asks nobody. */
	if (kvm)
		return refuse(probe, AXVCPU_WHY_HELD, -EBUSY,
			      "KVM may take EL2 any time (/dev/kvm): boot with kvm-arm.mode=none");
	return 0;
}

/* ---- one CPU ---------------------------------------------------------------------- */

/* On the CPU, interrupts off. */
static int take(void)
{
	struct el2_cpu *cpu = this_cpu_ptr(&el2_cpus);

	if (cpu->ours)
		return 0;
	if (el2_call(AXV_EL2_PROBE, 0, 0, 0, 0) != HVC_STUB_ERR)
		return -EBUSY;
	if (el2_call(HVC_SOFT_RESTART, axv_nvhe_entry, axv_nvhe_ttbr, axv_nvhe_tcr, cpu->phys))
		return -EBUSY;
	cpu->ours = true;
	return 0;
}

static void give_back(void)
{
	struct el2_cpu *cpu = this_cpu_ptr(&el2_cpus);

	if (!cpu->ours)
		return;
	cpu->ours = false;
	WARN_ON_ONCE(el2_call(HVC_SET_VECTORS, cpu->page->stub.vbar, 0, 0, 0));
}

static void take_ipi(void *failed)
{
	if (take())
		atomic_inc(failed);
}

static void give_back_ipi(void *unused)
{
	give_back();
}

/* ---- CPUs that come and go -------------------------------------------------------- */

static int cpu_comes(unsigned int cpu)
{
	unsigned long flags;
	int r = 0;

	local_irq_save(flags);
	if (per_cpu(el2_cpus, cpu).page && !axv_nvhe_rebooting)
		r = take();
	local_irq_restore(flags);
	return r;
}

static int cpu_goes(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	give_back();
	local_irq_restore(flags);
	return 0;
}

/* The CPU, interrupts off, goes where its registers do not: EL2 begins with the stub again. */
static int cpu_sleeps(struct notifier_block *nb, unsigned long event, void *data)
{
	struct el2_cpu *cpu = this_cpu_ptr(&el2_cpus);

	switch (event) {
	case CPU_PM_ENTER:
		cpu->asleep = cpu->ours;
		give_back();
		break;
	case CPU_PM_ENTER_FAILED:
	case CPU_PM_EXIT:
		if (cpu->asleep && take())
			pr_err("CPU %d has lost EL2\n", smp_processor_id());
		cpu->asleep = false;
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block axv_nvhe_pm_notifier = {
	.notifier_call = cpu_sleeps,
};

/*
 * kexec jumps to the next kernel by way of EL2. That works with ours too, which a crash
 * needs; what has been given back cannot fail.
 */
static int machine_reboots(struct notifier_block *nb, unsigned long event, void *data)
{
	mutex_lock(&axv_nvhe_lock);
	WRITE_ONCE(axv_nvhe_rebooting, true);
	on_each_cpu(give_back_ipi, NULL, 1);
	mutex_unlock(&axv_nvhe_lock);
	return NOTIFY_DONE;
}

static struct notifier_block axv_nvhe_reboot_notifier = {
	.notifier_call = machine_reboots,
};

/* ---- all CPUs --------------------------------------------------------------------- */

static void free_pages_of_cpus(void)
{
	struct el2_cpu *pcpu;
	int cpu;

	for_each_possible_cpu(cpu) {
		pcpu = &per_cpu(el2_cpus, cpu);
		free_page((unsigned long)pcpu->page);
		pcpu->page = NULL;
	}
}

static int make_pages_of_cpus(void)
{
	struct el2_cpu *pcpu;
	int cpu, r;

	for_each_possible_cpu(cpu) {
		struct axv_el2_cpu *page = (void *)get_zeroed_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		page->self = (unsigned long)page;
		page->report = (unsigned long)axv_arm64_el2_fault;
		r = axv_nvhe_mm_map(page, false);
		if (r) {
			free_page((unsigned long)page);
			return r;
		}
		pcpu = &per_cpu(el2_cpus, cpu);
		pcpu->phys = virt_to_phys(page);
		pcpu->page = page;
	}
	return 0;
}

/* EL2 reads it with its MMU off before it turns it on, so memory must have it. */
static void clean_to_memory(const void *start, size_t size)
{
	size_t line = 4 << (read_sanitised_ftr_reg(SYS_CTR_EL0) >> 16 & 0xf);
	unsigned long p;

	for (p = (unsigned long)start & ~(line - 1); p < (unsigned long)start + size; p += line)
		asm volatile("dc	civac, %0" : : "r" (p) : "memory");
	dsb(sy);
}

static int make_code(void)
{
	size_t size = axv_nvhe_text_end - axv_nvhe_text;
	unsigned int i;
	int r;

	axv_nvhe_code_order = get_order(size);
	axv_nvhe_code = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, axv_nvhe_code_order);
	if (!axv_nvhe_code)
		return -ENOMEM;
	memcpy(axv_nvhe_code, axv_nvhe_text, size);
	clean_to_memory(axv_nvhe_code, size);
	caches_clean_inval_pou((unsigned long)axv_nvhe_code, (unsigned long)axv_nvhe_code + size);
	for (i = 0; i < 1u << axv_nvhe_code_order; i++) {
		r = axv_nvhe_mm_map(axv_nvhe_code + i * PAGE_SIZE, true);
		if (r) {
			free_pages((unsigned long)axv_nvhe_code, axv_nvhe_code_order);
			return r;
		}
	}
	axv_nvhe_entry = virt_to_phys(axv_nvhe_code) + (axv_nvhe_take - axv_nvhe_text);
	return 0;
}

static int take_all(void)
{
	atomic_t failed = ATOMIC_INIT(0);
	int r;

	r = axv_nvhe_mm_create();
	if (r)
		return r;
	axv_nvhe_ttbr = axv_nvhe_mm_root();
	axv_nvhe_tcr = axv_nvhe_mm_tcr();
	r = make_code();
	if (r)
		goto out_table;
	/* A CPU that comes from here on takes EL2 itself. */
	cpus_read_lock();
	r = make_pages_of_cpus();
	if (!r) {
		on_each_cpu(take_ipi, &failed, 1);
		if (!atomic_read(&failed)) {
			cpus_read_unlock();
			return 0;
		}
		on_each_cpu(give_back_ipi, NULL, 1);
		r = -EBUSY;
	}
	free_pages_of_cpus();
	cpus_read_unlock();
	free_pages((unsigned long)axv_nvhe_code, axv_nvhe_code_order);
out_table:
	axv_nvhe_mm_destroy();
	return r;
}

static void give_back_all(void)
{
	cpus_read_lock();
	on_each_cpu(give_back_ipi, NULL, 1);
	free_pages_of_cpus();
	cpus_read_unlock();
	free_pages((unsigned long)axv_nvhe_code, axv_nvhe_code_order);
	axv_nvhe_mm_destroy();
}

/**
 * axv_arm64_nvhe_get() - for a vCPU: EL2 of every CPU
 *
 * Return: 0; -ENOMEM; -EBUSY: somebody else has it meanwhile, or the machine goes down.
 */
int axv_arm64_nvhe_get(void)
{
	int r = 0;

	mutex_lock(&axv_nvhe_lock);
	if (axv_nvhe_rebooting)
		r = -EBUSY;
	else if (!axv_nvhe_users)
		r = take_all();
	if (!r)
		axv_nvhe_users++;
	else if (r == -EBUSY && !axv_nvhe_rebooting)
		pr_info_ratelimited("another hypervisor has taken EL2 meanwhile: remove it\n");
	mutex_unlock(&axv_nvhe_lock);
	return r;
}

/** axv_arm64_nvhe_put() - the vCPU goes */
void axv_arm64_nvhe_put(void)
{
	mutex_lock(&axv_nvhe_lock);
	if (!--axv_nvhe_users)
		give_back_all();
	mutex_unlock(&axv_nvhe_lock);
}

/**
 * axv_arm64_nvhe_map() - let EL2 read and write a page, between get and put
 * @page: of the linear map
 *
 * Return: 0; -ENOMEM; -ERANGE: its address is beyond 48 bits.
 */
int axv_arm64_nvhe_map(void *page)
{
	int r;

	mutex_lock(&axv_nvhe_lock);
	r = axv_nvhe_mm_map(page, false);
	mutex_unlock(&axv_nvhe_lock);
	return r;
}

static void flush_page(u64 at)
{
	u64 end = at + PAGE_SIZE;

	for (; at < end; at += SZ_4K)
		axv_arm64_nvhe_call(AXV_EL2_FLUSH_VA, at >> 12, 0);
}

/**
 * axv_arm64_nvhe_unmap() - take the page back
 * @page: it
 */
void axv_arm64_nvhe_unmap(void *page)
{
	unsigned long flags;

	mutex_lock(&axv_nvhe_lock);
	axv_nvhe_mm_unmap(page);
	/* It reaches all CPUs; one where EL2 is not ours begins without TLB entries. */
	local_irq_save(flags);
	flush_page(virt_to_phys(page));
	local_irq_restore(flags);
	mutex_unlock(&axv_nvhe_lock);
}

/**
 * axv_arm64_nvhe_init() - after axv_arm64_nvhe_probe() has said yes
 *
 * Return: 0 or an error of who has to be told.
 */
int axv_arm64_nvhe_init(void)
{
	int r;

	r = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "virt/axvcpu:online", cpu_comes, cpu_goes);
	if (r < 0)
		return r;
	axv_nvhe_hp_state = r;
	r = cpu_pm_register_notifier(&axv_nvhe_pm_notifier);
	if (r)
		goto out_hp;
	r = register_reboot_notifier(&axv_nvhe_reboot_notifier);
	if (r)
		goto out_pm;
	return 0;

out_pm:
	cpu_pm_unregister_notifier(&axv_nvhe_pm_notifier);
out_hp:
	cpuhp_remove_state(axv_nvhe_hp_state);
	return r;
}

/** axv_arm64_nvhe_exit() - undo axv_arm64_nvhe_init(); there are no vCPUs */
void axv_arm64_nvhe_exit(void)
{
	unregister_reboot_notifier(&axv_nvhe_reboot_notifier);
	cpu_pm_unregister_notifier(&axv_nvhe_pm_notifier);
	cpuhp_remove_state(axv_nvhe_hp_state);
}
