// SPDX-License-Identifier: GPL-2.0-only
/* See x86_keeper.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/x86_keeper.h"
#include "common/x86_state.h"
#include "guest/x86/keeper.h"

DECLARE_GUEST(keeper);
DECLARE_GUEST_SYM(keeper, keeper);

static const struct axt_config config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(keeper),
	.entry = GUEST_SYM(keeper, keeper),
};

#define PAGES		0x200000
#define NR_PAGES	32u
/* KVM's clock begins so late that nobody else's could be taken for it. */
#define KVM_TIME	(1ull << 52)
#define TIME_RANGE	(1ull << 48)
#define MSR_TSC		0x10

#define WORD(ram, gpa)	(*(uint64_t *)((ram) + (gpa)))

/* ---- what it is to hold ---------------------------------------------------------- */

static void fill(unsigned char *ram, const struct keeper_wish *w, bool ours)
{
	uint64_t seed = (w->seed + 1) * 0x9e3779b97f4a7c15ull, page, mask = xgetbv0() & 7;
	unsigned int i;

	state_fill_slots((uint64_t *)(ram + STATE_LOAD), w->seed);
	state_fill_fp(ram + STATE_LOAD_FP, mask, w->seed);
	WORD(ram, STATE_LOAD + 8 * SLOT_XMASK) = mask;
	WORD(ram, KEEP_XCR0) = mask;
	WORD(ram, KEEP_SPIN) = w->spin;
	WORD(ram, KEEP_TSC) = ours ? 0 : KVM_TIME;
	WORD(ram, KEEP_TSC_END) = WORD(ram, KEEP_TSC) + TIME_RANGE;
	WORD(ram, KEEP_PAGES) = PAGES;
	WORD(ram, KEEP_NR_PAGES) = NR_PAGES;
	WORD(ram, KEEP_SEED) = seed;
	for (i = 0; i < KEEP_NR_GPRS; i++)
		WORD(ram, KEEP_GPRS + 8 * i) = seed * (2 * i + 1);
	for (page = PAGES; page < PAGES + NR_PAGES * AXT_PAGE; page += AXT_PAGE)
		WORD(ram, page) = page ^ seed;
}

/* What it dumped is what it loaded; else say which. */
static bool holds(const struct keeper *k)
{
	const uint64_t *in = (const uint64_t *)(k->ram + STATE_LOAD);
	const uint64_t *out = (const uint64_t *)(k->ram + STATE_DUMP);
	const unsigned char *fp_in = k->ram + STATE_LOAD_FP, *fp_out = k->ram + STATE_DUMP_FP;
	unsigned int i, end = WORD(k->ram, KEEP_XCR0) & XFEATURE_AVX ? XSAVE_AVX_END : XSAVE_SW;
	bool ok = true;

	for (i = 0; i < KEEP_NR_GPRS && ok; i++)
		ok = WORD(k->ram, KEEP_GPRS + 8 * i) == WORD(k->ram, KEEP_GPRS_DUMP + 8 * i);
	if (!ok)
		axt_diag("general register %u is another one", i - 1);
	for (i = SLOT_STAR; i <= SLOT_DR7 && ok; i++) {
		ok = in[i] == out[i];
		if (!ok)
			axt_diag("slot %u: %llx, was %llx", i, (unsigned long long)out[i],
				 (unsigned long long)in[i]);
	}
	if (ok && out[SLOT_XCR0] != WORD(k->ram, KEEP_XCR0)) {
		axt_diag("XCR0: %llx", (unsigned long long)out[SLOT_XCR0]);
		ok = false;
	}
	for (i = 0; i < end && ok; i++) {
		if ((i >= XSAVE_SW && i < XSAVE_AVX) || (i >= XSAVE_MXCSR + 4 && i < XSAVE_ST))
			continue;
		ok = fp_in[i] == fp_out[i];
		if (!ok)
			axt_diag("byte %u of the XSAVE area: %02x, was %02x", i, fp_out[i],
				 fp_in[i]);
	}
	return ok;
}

/* ---- KVM ------------------------------------------------------------------------- */

static const char *vendor_module(void)
{
	return x86_vmx() ? "kvm_intel" : "kvm_amd";
}

bool keeper_have_kvm(void)
{
	return !access("/dev/kvm", R_OK | W_OK);
}

int keeper_load_kvm(const char *options)
{
	char command[100];

	if (options) {
		snprintf(command, sizeof(command), "modprobe kvm %s 2>/dev/null", options);
		if (system(command))
			return -ENODEV;
	}
	snprintf(command, sizeof(command), "modprobe %s 2>/dev/null", vendor_module());
	if (system(command))
		return -ENODEV;
	return WAIT_UNTIL(keeper_have_kvm()) ? 0 : -ENODEV;
}

int keeper_unload_kvm(void)
{
	if (syscall(SYS_delete_module, vendor_module(), O_NONBLOCK) && errno != ENOENT)
		return -errno;
	return syscall(SYS_delete_module, "kvm", O_NONBLOCK) ? -errno : 0;
}

static void kvm_segment(struct kvm_segment *s, const struct axvcpu_x86_segment *from)
{
	s->base = from->base;
	s->limit = from->limit;
	s->selector = from->selector;
	s->type = from->attr & 15;
	s->s = from->attr >> 4 & 1;
	s->dpl = from->attr >> 5 & 3;
	s->present = from->attr >> 7 & 1;
	s->l = from->attr >> 9 & 1;
	s->db = from->attr >> 10 & 1;
	s->g = from->attr >> 11 & 1;
}

static void kvm_cpuid(int dev, int vcpu)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} table;

	table.head.nent = 256;
	ASSERT_EQ(ioctl(dev, KVM_GET_SUPPORTED_CPUID, &table.head), 0);
	ASSERT_EQ(ioctl(vcpu, KVM_SET_CPUID2, &table.head), 0);
}

/* The state that one of ours begins with. */
static void kvm_start(const struct keeper *k, struct axv_vcpu *like)
{
	struct kvm_regs regs = { .rip = config.entry, .rsp = GUEST_STACK, .rflags = 2 };
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry tsc;
	} msrs = { .head.nmsrs = 1, .tsc = { .index = MSR_TSC, .data = KVM_TIME } };
	struct axvcpu_x86_control c;
	struct kvm_sregs s;

	x86_get_control(like, &c);
	ASSERT_EQ(ioctl(k->vcpu, KVM_GET_SREGS, &s), 0);
	kvm_segment(&s.cs, &c.seg[AXVCPU_X86_CS]);
	kvm_segment(&s.ds, &c.seg[AXVCPU_X86_DS]);
	kvm_segment(&s.es, &c.seg[AXVCPU_X86_ES]);
	kvm_segment(&s.ss, &c.seg[AXVCPU_X86_SS]);
	s.gdt.base = c.gdt.base;
	s.gdt.limit = c.gdt.limit;
	s.cr0 = c.cr0;
	s.cr3 = c.cr3;
	s.cr4 = c.cr4;
	s.efer = c.efer;
	ASSERT_EQ(ioctl(k->vcpu, KVM_SET_SREGS, &s), 0);
	ASSERT_EQ(ioctl(k->vcpu, KVM_SET_REGS, &regs), 0);
	ASSERT_EQ(ioctl(k->vcpu, KVM_SET_MSRS, &msrs), 1);
}

static void open_kvm(struct keeper *k, struct axt *like)
{
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_RAM_SIZE };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	ASSERT_GE(kvm, 0);
	k->ram = mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(k->ram != MAP_FAILED);
	memcpy(k->ram, like->ram, GUEST_RAM_SIZE);
	k->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(k->vm, 0);
	ASSERT_EQ(ioctl(k->vm, KVM_SET_TSS_ADDR, 0xfffbd000), 0);
	k->run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	region.userspace_addr = (uintptr_t)k->ram;
	ASSERT_EQ(ioctl(k->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
	k->vcpu = ioctl(k->vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(k->vcpu, 0);
	k->kvm_run = mmap(NULL, k->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, k->vcpu, 0);
	ASSERT_TRUE(k->kvm_run != MAP_FAILED);
	kvm_cpuid(kvm, k->vcpu);
	close(kvm);
	kvm_start(k, &like->v);
}

/* Its exit: the byte it has said, or 0 and what it was. */
static unsigned int run_kvm(struct keeper *k, uint32_t *reason)
{
	struct kvm_run *run = k->kvm_run;
	int r;

	do {
		r = ioctl(k->vcpu, KVM_RUN, 0);
	} while (r && errno == EINTR);
	*reason = r ? errno : run->exit_reason;
	if (r || run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.port != GUEST_PORT)
		return 0;
	return *((unsigned char *)run + run->io.data_offset);
}

/* ---- ours ------------------------------------------------------------------------ */

static unsigned int run_ours(struct keeper *k, uint32_t *reason)
{
	int r;

	do {
		r = axv_run(&k->f.v);
	} while (r == -EINTR);
	*reason = r ? -r : k->f.exit->reason;
	if (r || !axt_is_sync(k->f.exit))
		return 0;
	axv_fulfil(&k->f.v, 0);
	return axt_synced(k->f.exit);
}

/* ---- either ---------------------------------------------------------------------- */

static void set_up(struct axt *f)
{
	struct axvcpu_x86_control c;

	axt_open(f, &config);
	state_enable_fp(&f->v, xgetbv0() & 7);
	x86_get_control(&f->v, &c);
	c.efer |= EFER_SCE;
	ASSERT_OK(x86_set_control(&f->v, &c));
}

void keeper_open(struct keeper *k, enum keeper_kind kind, const struct keeper_wish *w)
{
	struct axt like;

	memset(k, 0, sizeof(*k));
	k->kind = kind;
	snprintf(k->name, sizeof(k->name), "%s %u", kind == KEEPER_KVM ? "KVM" : "ours", w->seed);
	if (kind == KEEPER_KVM) {
		set_up(&like);
		open_kvm(k, &like);
		axt_close(&like);
	} else {
		set_up(&k->f);
		k->ram = k->f.ram;
	}
	fill(k->ram, w, kind == KEEPER_OURS);
}

void keeper_close(struct keeper *k)
{
	if (k->kind == KEEPER_OURS) {
		axt_close(&k->f);
		return;
	}
	munmap(k->kvm_run, k->run_size);
	close(k->vcpu);
	close(k->vm);
	munmap(k->ram, GUEST_RAM_SIZE);
}

bool keeper_round(struct keeper *k)
{
	uint32_t reason;
	unsigned int code = k->kind == KEEPER_KVM ? run_kvm(k, &reason) : run_ours(k, &reason);

	if (code == KEEP_ROUND && holds(k)) {
		__atomic_add_fetch(&k->rounds, 1, __ATOMIC_SEQ_CST);
		return true;
	}
	if (code)
		axt_fail(__FILE__, __LINE__, "the guest %s finds %s wrong after %u rounds", k->name,
			 code == KEEP_ROUND ? "a register" :
			 code == KEEP_CLOCK ? "its clock" : "memory", k->rounds);
	else
		axt_fail(__FILE__, __LINE__, "the guest %s ended with %u after %u rounds", k->name,
			 reason, k->rounds);
	return false;
}

static long keeper_thread(void *arg)
{
	struct keeper *k = arg;
	cpu_set_t set;
	int r;

	if (k->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(k->cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return -errno;
	}
	if (k->kind == KEEPER_OURS) {
		r = axv_bind(&k->f.v);
		if (r)
			return r;
	}
	while (!__atomic_load_n(&k->over, __ATOMIC_SEQ_CST))
		if (!keeper_round(k))
			return -EBADMSG;
	return k->kind == KEEPER_OURS ? axv_unbind(&k->f.v) : 0;
}

void keeper_start(struct keeper *k, int cpu)
{
	k->over = 0;
	k->cpu = cpu;
	axt_thread_start(&k->thread, keeper_thread, k);
}

void keeper_stop(struct keeper *k)
{
	__atomic_store_n(&k->over, 1, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&k->thread));
}

void keeper_all_get_on(struct keeper *k, unsigned int nr, unsigned int n)
{
	unsigned int i, from[8];

	ASSERT_LE(nr, ARRAY_SIZE(from));
	for (i = 0; i < nr; i++)
		from[i] = __atomic_load_n(&k[i].rounds, __ATOMIC_SEQ_CST);
	for (i = 0; i < nr && !axt_failures(); i++) {
		axt_context("the guest %s", k[i].name);
		WAIT_UNTIL(__atomic_load_n(&k[i].rounds, __ATOMIC_SEQ_CST) - from[i] >= n ||
			   axt_failures());
	}
	axt_context(NULL);
}
