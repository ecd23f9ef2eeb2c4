// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest interrupt files of the harts' IMSICs: who has which.
 *
 * A vCPU with an IMSIC runs only where it has a file of the hart it runs on (VGEIN): it
 * gets one before a section, from whoever has had one for longest where none is free, and
 * keeps it, in RUN or not, until it runs elsewhere or another one needs it. A vCPU without
 * a file has all of its registers in memory, and does not run.
 *
 * A file that is taken from a vCPU is first taken from its page: the page leads nowhere,
 * whoever had a translation of it has been driven out of the guest, and writes from then
 * on are faults, or come from the kernel. Only then is it read, on its hart, and cleared;
 * under the lock that writers take, so each of those writes is either in the file before
 * it is read or is noted in memory after.
 *
 * The files of a hart are handed out under its mutex. What says that one is there
 * (imsic.cpu, the hart's table) changes on that hart only, with interrupts off: a section
 * there, and the interrupt below, have it as it is.
 *
 * They are all ours, or none: KVM takes the guest external interrupt when it is loaded on
 * such a machine, and we while there is a vCPU that has an IMSIC. Who comes second fails.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>
#include <asm/irq.h>

#include "compat/compat_imsic.h"
#include "imsic.h"

#define FILES		64	/* what VGEIN can name, 0: none */
#define SGEIE		BIT(IRQ_S_GEXT)

/**
 * struct imsic_cpu - the files of a CPU
 * @lock: they are handed out and taken back under it
 * @owner: by number; written on the CPU with interrupts off and @lock held
 * @nr: files 1 to @nr are there; 0: the CPU is not. Under @lock
 * @hand: the last one that was handed out. Under @lock
 * @had_sgeie: the interrupt was on before. On the CPU
 * @untold: files that had something, and the hart did not tell. On the CPU
 */
struct imsic_cpu {
	struct mutex lock;	/* of all but what is read in sections */
	struct axv_riscv_imsic *owner[FILES];
	unsigned int nr;
	unsigned int hand;
	bool had_sgeie;
	u64 untold;
};

static DEFINE_PER_CPU(struct imsic_cpu, imsic_cpus);

u32 axv_riscv_imsic_ids;

static const struct imsic_global_config *imsic_config;

/* the interrupt, and what comes with it, as long as somebody has an IMSIC */
static DEFINE_MUTEX(claim_lock);
static unsigned int claims;
static unsigned int sgei_irq;
static int sgei_state;

/* ---- a file's registers: on its hart, interrupts off ------------------------------- */

struct window {
	u64 hstatus;
	u64 iselect;
};

static void open_window(struct window *w, unsigned int file)
{
	w->hstatus = csr_read(CSR_HSTATUS);
	w->iselect = csr_read(CSR_VSISELECT);
	csr_write(CSR_HSTATUS, (w->hstatus & ~HSTATUS_VGEIN) | (u64)file << HSTATUS_VGEIN_SHIFT);
}

static void close_window(const struct window *w)
{
	csr_write(CSR_VSISELECT, w->iselect);
	csr_write(CSR_HSTATUS, w->hstatus);
}

static u64 swap_reg(unsigned int nr, u64 value)
{
	csr_write(CSR_VSISELECT, nr);
	return csr_swap(CSR_VSIREG, value);
}

/* Registers of 64 identities: on RV64 the even ones are there, twice as wide. */
static unsigned int words(void)
{
	return axv_riscv_imsic_ids / 64 + 1;
}

static void clear_file(unsigned int file)
{
	struct window w;
	unsigned int i;

	open_window(&w, file);
	swap_reg(IMSIC_EIDELIVERY, 0);
	swap_reg(IMSIC_EITHRESHOLD, 0);
	for (i = 0; i < words(); i++) {
		swap_reg(IMSIC_EIE0 + 2 * i, 0);
		swap_reg(IMSIC_EIP0 + 2 * i, 0);
	}
	close_window(&w);
}

/* ---- into a file and out of it: on its hart, interrupts off -------------------------- */

struct load {
	struct axv_riscv_imsic *im;
	unsigned int file;
};

static void load_file(void *arg)
{
	const struct load *load = arg;
	struct axv_riscv_imsic *im = load->im;
	const struct imsic_local_config *local = this_cpu_ptr(imsic_config->local);
	unsigned long page = (unsigned long)load->file << IMSIC_MMIO_PAGE_SHIFT;
	struct window w;
	unsigned int i;

	raw_spin_lock(&im->lock);
	open_window(&w, load->file);
	swap_reg(IMSIC_EITHRESHOLD, im->eithreshold);
	for (i = 0; i < words(); i++) {
		swap_reg(IMSIC_EIE0 + 2 * i, im->eie[i]);
		swap_reg(IMSIC_EIP0 + 2 * i, im->eip[i]);
		im->eie[i] = 0;
		im->eip[i] = 0;
	}
	swap_reg(IMSIC_EIDELIVERY, im->eidelivery);
	close_window(&w);
	im->eithreshold = 0;
	im->eidelivery = 0;

	this_cpu_ptr(&imsic_cpus)->owner[load->file] = im;
	im->file = load->file;
	im->door = local->msi_va + page;
	im->hpa = local->msi_pa + page;
	WRITE_ONCE(im->cpu, smp_processor_id());
	raw_spin_unlock(&im->lock);
}

/* Does the hart say that the file has something, and interrupt for it where it is to? */
static bool is_told(u64 file)
{
	if (!(csr_read(CSR_HGEIP) & file))
		return false;
	return !(csr_read(CSR_HGEIE) & file) || (csr_read(CSR_HIP) & SGEIE);
}

static void save_file(void *arg)
{
	struct axv_riscv_imsic *im = arg;
	struct window w;
	unsigned int i;
	bool told;

	raw_spin_lock(&im->lock);
	/* What was written to the page has reached it when the page can be read. */
	readl(im->door);
	told = is_told(BIT(im->file));
	open_window(&w, im->file);
	im->eidelivery = swap_reg(IMSIC_EIDELIVERY, 0);
	im->eithreshold = swap_reg(IMSIC_EITHRESHOLD, 0);
	for (i = 0; i < words(); i++) {
		im->eie[i] = swap_reg(IMSIC_EIE0 + 2 * i, 0);
		im->eip[i] = swap_reg(IMSIC_EIP0 + 2 * i, 0);
	}
	close_window(&w);
	if (!told && axv_riscv_imsic_has(im))
		this_cpu_inc(imsic_cpus.untold);

	csr_clear(CSR_HGEIE, BIT(im->file));
	WRITE_ONCE(im->armed, false);
	this_cpu_ptr(&imsic_cpus)->owner[im->file] = NULL;
	WRITE_ONCE(im->cpu, -1);
	raw_spin_unlock(&im->lock);
}

/* ---- handing out --------------------------------------------------------------------- */

/* @im has a file of a CPU whose lock is held, and loses it. */
static void take_back(struct axv_riscv_imsic *im)
{
	unsigned long flags;
	bool wake;

	/* no new door, and then none at all */
	raw_spin_lock_irqsave(&im->lock, flags);
	im->hpa = 0;
	raw_spin_unlock_irqrestore(&im->lock, flags);
	if (im->s2)
		axv_s2_door_unmap(im->s2, im->gpa);

	/* without a file, its vCPU may go at any time */
	rcu_read_lock();
	smp_call_function_single(im->cpu, save_file, im, 1);
	raw_spin_lock_irqsave(&im->lock, flags);
	wake = im->cpu < 0 && axv_riscv_imsic_has(im);
	raw_spin_unlock_irqrestore(&im->lock, flags);
	if (wake)
		axv_vcpu_kick(im->v);
	rcu_read_unlock();
}

/* A file of the CPU that nobody has. Its lock is held. */
static unsigned int find_file(struct imsic_cpu *c)
{
	unsigned int file;

	for (file = 1; file <= c->nr; file++)
		if (!c->owner[file])
			return file;
	file = c->hand < c->nr ? c->hand + 1 : 1;
	take_back(c->owner[file]);
	c->hand = file;
	return file;
}

/* Where @cpu is about to go, nothing is done; the thread will be elsewhere. */
static void hand_out(struct axv_riscv_imsic *im, int cpu)
{
	struct imsic_cpu *c = &per_cpu(imsic_cpus, cpu);
	struct load load = { .im = im };

	mutex_lock(&c->lock);
	if (c->nr) {
		load.file = find_file(c);
		smp_call_function_single(cpu, load_file, &load, 1);
	}
	mutex_unlock(&c->lock);
}

/* All of it to memory, wherever it is: the vCPU's own thread, which alone hands it out. */
static void to_memory(struct axv_riscv_imsic *im)
{
	struct imsic_cpu *c;
	int cpu;

	while ((cpu = READ_ONCE(im->cpu)) >= 0) {
		c = &per_cpu(imsic_cpus, cpu);
		mutex_lock(&c->lock);
		if (READ_ONCE(im->cpu) == cpu)
			take_back(im);
		mutex_unlock(&c->lock);
	}
}

/**
 * axv_riscv_imsic_rest() - have the registers in memory
 * @v: the vCPU, at rest, its own thread; it has an IMSIC
 *
 * They stay there until it runs.
 */
void axv_riscv_imsic_rest(struct axv_vcpu *v)
{
	to_memory(v->arch.imsic);
}

/**
 * axv_riscv_imsic_prepare() - have a file of this CPU, as long as it is that
 * @v: the vCPU, at rest, its own thread
 */
void axv_riscv_imsic_prepare(struct axv_vcpu *v)
{
	struct axv_riscv_imsic *im = v->arch.imsic;
	int cpu = raw_smp_processor_id();

	if (!im || READ_ONCE(im->cpu) == cpu)
		return;
	to_memory(im);
	hand_out(im, cpu);
}

/* ---- in the section ------------------------------------------------------------------- */

/**
 * axv_riscv_imsic_begin() - the section begins: is there a file?
 * @v: the vCPU; it has an IMSIC
 */
void axv_riscv_imsic_begin(struct axv_vcpu *v)
{
	struct axv_riscv_imsic *im = v->arch.imsic;

	v->arch.away = im->cpu != smp_processor_id();
	if (unlikely(v->arch.away)) {
		v->arch.vgein = 0;
		WRITE_ONCE(v->prepare, true);
		return;
	}
	v->arch.vgein = (u64)im->file << HSTATUS_VGEIN_SHIFT;
	if (im->armed) {
		csr_clear(CSR_HGEIE, BIT(im->file));
		WRITE_ONCE(im->armed, false);
	}
}

/**
 * axv_riscv_imsic_arm() - the guest waits: its file is to interrupt the hart
 * @v: the vCPU, in the section
 *
 * If it has something already that is not waited for. (QEMU may forget to interrupt for
 * what comes while hgeie is written.)
 */
void axv_riscv_imsic_arm(struct axv_vcpu *v)
{
	struct axv_riscv_imsic *im = v->arch.imsic;

	if (!im || !(axv_riscv_read_vs(v, CSR_VSIE) & AXV_LINE_EXT))
		return;
	csr_set(CSR_HGEIE, BIT(im->file));
	if (likely(!(csr_read(CSR_HGEIP) & BIT(im->file))))
		WRITE_ONCE(im->armed, true);
	else
		csr_clear(CSR_HGEIE, BIT(im->file));
}

/* A file whose vCPU waits has something. It is a level: once is enough. */
static irqreturn_t imsic_interrupt(int irq, void *arg)
{
	struct imsic_cpu *c = arg;
	unsigned long files = csr_read(CSR_HGEIP) & csr_read(CSR_HGEIE);
	struct axv_riscv_imsic *im;
	unsigned int file;

	csr_clear(CSR_HGEIE, files);
	for_each_set_bit(file, &files, FILES) {
		im = c->owner[file];
		if (!im)
			continue;
		WRITE_ONCE(im->armed, false);
		axv_vcpu_kick(im->v);
	}
	return files ? IRQ_HANDLED : IRQ_NONE;
}

/**
 * axv_riscv_imsic_show() - how often a hart did not tell of what a file had
 * @m: debugfs file
 */
void axv_riscv_imsic_show(struct seq_file *m)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(imsic_cpus, cpu).untold);
	seq_printf(m, "imsic_untold %llu\n", sum);
}

/* ---- CPUs come and go ------------------------------------------------------------------- */

/* hgeie has a bit for each file. Interrupts are off. */
static unsigned int count_files(void)
{
	unsigned long old = csr_swap(CSR_HGEIE, ~0ul);
	unsigned int nr = fls64(csr_swap(CSR_HGEIE, old));

	return nr ? min(nr - 1, (1u << imsic_config->guest_index_bits) - 1) : 0;
}

static int cpu_comes(unsigned int cpu)
{
	struct imsic_cpu *c = &per_cpu(imsic_cpus, cpu);
	unsigned int file, nr;
	unsigned long flags;

	local_irq_save(flags);
	nr = count_files();
	if (nr) {
		for (file = 1; file <= nr; file++)
			clear_file(file);
		csr_write(CSR_HGEIE, 0);
		c->had_sgeie = csr_read_set(CSR_HIE, SGEIE) & SGEIE;
	}
	local_irq_restore(flags);
	if (!nr)
		return -EOPNOTSUPP;
	enable_percpu_irq(sgei_irq, IRQ_TYPE_NONE);

	mutex_lock(&c->lock);
	c->nr = nr;
	c->hand = 0;
	mutex_unlock(&c->lock);
	return 0;
}

static int cpu_goes(unsigned int cpu)
{
	struct imsic_cpu *c = &per_cpu(imsic_cpus, cpu);
	unsigned int file;

	mutex_lock(&c->lock);
	for (file = 1; file <= c->nr; file++)
		if (c->owner[file])
			take_back(c->owner[file]);
	c->nr = 0;
	mutex_unlock(&c->lock);
	disable_percpu_irq(sgei_irq);
	if (!c->had_sgeie)
		csr_clear(CSR_HIE, SGEIE);
	return 0;
}

/* ---- the interrupt ------------------------------------------------------------------------ */

static int claim_locked(void)
{
	struct irq_domain *domain;
	int r;

	domain = irq_find_matching_fwnode(riscv_get_intc_hwnode(), DOMAIN_BUS_ANY);
	sgei_irq = domain ? irq_create_mapping(domain, IRQ_S_GEXT) : 0;
	if (!sgei_irq)
		return -EOPNOTSUPP;
	/* asked before, so that the kernel does not complain */
	if (irq_has_action(sgei_irq))
		return -EBUSY;
	r = request_percpu_irq(sgei_irq, imsic_interrupt, "axvcpu", &imsic_cpus);
	if (r)
		return r;
	r = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "axvcpu/imsic:online", cpu_comes, cpu_goes);
	if (r < 0) {
		free_percpu_irq(sgei_irq, &imsic_cpus);
		return r;
	}
	sgei_state = r;
	return 0;
}

static int claim(void)
{
	int r = 0;

	if (!axv_riscv_has(AXVCPU_RISCV_FEAT_IMSIC))
		return -EOPNOTSUPP;
	mutex_lock(&claim_lock);
	if (!claims)
		r = claim_locked();
	claims += !r;
	mutex_unlock(&claim_lock);
	return r;
}

static void unclaim(void)
{
	mutex_lock(&claim_lock);
	if (!--claims) {
		cpuhp_remove_state(sgei_state);
		free_percpu_irq(sgei_irq, &imsic_cpus);
	}
	mutex_unlock(&claim_lock);
}

/* ---- life ---------------------------------------------------------------------------------- */

/**
 * axv_riscv_imsic_init() - at load: are there files?
 */
void axv_riscv_imsic_init(void)
{
	unsigned long flags;
	unsigned int nr;
	int cpu;

	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu(imsic_cpus, cpu).lock);
	if (!riscv_isa_extension_available(NULL, SSAIA))
		return;
	imsic_config = imsic_get_global_config();
	if (!imsic_config || !imsic_config->nr_guest_ids ||
	    imsic_config->nr_guest_ids >= 64 * IMSIC_WORDS)
		return;
	local_irq_save(flags);
	nr = count_files();
	local_irq_restore(flags);
	if (!nr)
		return;
	axv_riscv_imsic_ids = imsic_config->nr_guest_ids;
	axv_riscv_features |= AXVCPU_RISCV_FEAT_IMSIC;
}

/* The VM's pages: where to look for one at all. */
static void widen(struct axv_vm *vm, u64 gpa)
{
	struct axv_vm_arch *a = &vm->arch;

	mutex_lock(&vm->lock);
	if (!a->imsic_end || gpa < a->imsic_first)
		WRITE_ONCE(a->imsic_first, gpa);
	if (gpa + PAGE_SIZE > a->imsic_end)
		WRITE_ONCE(a->imsic_end, gpa + PAGE_SIZE);
	mutex_unlock(&vm->lock);
}

/**
 * axv_riscv_imsic_create() - a new vCPU's IMSIC
 * @v: the vCPU
 * @gpa: its page, 0: it has none
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP: the harts have no guest interrupt files; -EBUSY: they
 * are KVM's; -ENOMEM.
 */
int axv_riscv_imsic_create(struct axv_vcpu *v, u64 gpa)
{
	struct axv_riscv_imsic *im;
	int r;

	if (!gpa)
		return 0;
	if (!PAGE_ALIGNED(gpa) || gpa >> axv_s2_config.gpa_bits)
		return -EINVAL;
	im = kzalloc(sizeof(*im), GFP_KERNEL_ACCOUNT);
	if (!im)
		return -ENOMEM;
	r = claim();
	if (r) {
		kfree(im);
		return r;
	}
	im->v = v;
	im->gpa = gpa;
	im->cpu = -1;
	raw_spin_lock_init(&im->lock);
	v->arch.imsic = im;
	widen(v->vm, gpa);
	return 0;
}

/* The page, which is in no table any more, goes to @s2. */
static void set_table(struct axv_riscv_imsic *im, struct axv_stage2 *s2)
{
	struct axv_stage2 *old = im->s2;
	unsigned long flags;

	if (s2) {
		axv_s2_get(s2);
		axv_s2_door_expect(s2);
	}
	raw_spin_lock_irqsave(&im->lock, flags);
	im->s2 = s2;
	raw_spin_unlock_irqrestore(&im->lock, flags);
	if (old)
		axv_s2_put(old);
}

/**
 * axv_riscv_imsic_destroy() - undo axv_riscv_imsic_create()
 * @v: the vCPU, which nobody finds any more
 */
void axv_riscv_imsic_destroy(struct axv_vcpu *v)
{
	struct axv_riscv_imsic *im = v->arch.imsic;

	if (!im)
		return;
	to_memory(im);
	set_table(im, NULL);
	unclaim();
	kfree_rcu(im, rcu);
}

/**
 * axv_riscv_imsic_reset() - nothing pending, nothing enabled
 * @v: the vCPU, at rest
 */
void axv_riscv_imsic_reset(struct axv_vcpu *v)
{
	struct axv_riscv_imsic *im = v->arch.imsic;
	unsigned long flags;

	if (!im)
		return;
	to_memory(im);
	set_table(im, NULL);
	raw_spin_lock_irqsave(&im->lock, flags);
	im->eidelivery = 0;
	im->eithreshold = 0;
	memset(im->eip, 0, sizeof(im->eip));
	memset(im->eie, 0, sizeof(im->eie));
	raw_spin_unlock_irqrestore(&im->lock, flags);
}

/**
 * axv_riscv_imsic_set_root() - the page is in the vCPU's own stage-2
 * @v: the vCPU, at rest; v->s2 is another one
 */
void axv_riscv_imsic_set_root(struct axv_vcpu *v)
{
	if (!v->arch.imsic)
		return;
	to_memory(v->arch.imsic);
	set_table(v->arch.imsic, v->s2);
}
