// SPDX-License-Identifier: GPL-2.0-only
/* See riscv_keeper.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/riscv_keeper.h"
#include "common/riscv_state.h"
#include "guest/riscv/state.h"

DECLARE_GUEST(keeper);
DECLARE_GUEST_SYM(keeper, keeper);
DECLARE_GUEST_SYM(keeper, trapped);

static const struct axt_config config = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(keeper),
	.entry = GUEST_SYM(keeper, keeper),
};

#define PAGES		0x200000
#define NR_PAGES	32u
/* ours begin so late that nobody else's clock could be taken for it */
#define OUR_TIME	(1ull << 52)
#define TIME_RANGE	(1ull << 48)

#define WORD(ram, offset)	(*(uint64_t *)((ram) + STATE_AREA + (offset)))

/* ---- what it is to hold ---------------------------------------------------------- */

static void fill(unsigned char *ram, const struct keeper_wish *w, bool ours)
{
	static const unsigned int sies[] = { 0, 0x2, 0x22, 0x222 };
	uint64_t seed = (w->seed + 1) * 0x9e3779b97f4a7c15ull, page;

	axt_page_tables(ram, false);
	state_fill(ram + STATE_AREA, w->seed, host_vlenb(), GUEST_SYM(keeper, trapped));
	/*
	 * KVM saves the vector registers where sstatus says that they are dirty, and in
	 * QEMU a guest's write of vstart does not have it say so.
	 */
	if (!ours)
		WORD(ram, STATE_LOAD + 8 * STATE_VSTART) = 0;
	WORD(ram, KEEP_SATP) = AXT_SATP;
	WORD(ram, KEEP_SIE) = sies[w->seed % ARRAY_SIZE(sies)];
	WORD(ram, KEEP_SIP) = w->seed & 2;
	WORD(ram, KEEP_STIMECMP) = host_has("sstc") ? seed | 1ull << 62 : 0;
	WORD(ram, KEEP_TIME) = ours ? OUR_TIME : 0;
	WORD(ram, KEEP_TIME_END) = WORD(ram, KEEP_TIME) + TIME_RANGE;
	WORD(ram, KEEP_PAGES) = PAGES;
	WORD(ram, KEEP_NR_PAGES) = NR_PAGES;
	WORD(ram, KEEP_SEED) = seed;
	WORD(ram, KEEP_SPIN) = w->spin;
	WORD(ram, KEEP_TICKS) = w->ticks;
	for (page = PAGES; page < PAGES + NR_PAGES * AXT_PAGE; page += AXT_PAGE)
		*(uint64_t *)(ram + page) = page ^ seed;
}

static const char *complaint(unsigned int code)
{
	static const char * const what[] = {
		[KEEP_REGS] = "a register or CSR", [KEEP_VECTORS] = "a vector register",
		[KEEP_CSRS] = "satp, sie, sip, sstatus or stimecmp", [KEEP_CLOCK] = "its clock",
		[KEEP_MEMORY] = "memory", [KEEP_EARLY] = "a timer that rings early",
		[KEEP_TRAP] = "a trap",
	};

	return code < ARRAY_SIZE(what) && what[code] ? what[code] : "nobody knows";
}

/* ---- KVM ------------------------------------------------------------------------- */

bool keeper_have_kvm(void)
{
	return !access("/dev/kvm", R_OK | W_OK);
}

int keeper_load_kvm(void)
{
	if (system("modprobe kvm 2>/dev/null"))
		return -ENODEV;
	return WAIT_UNTIL(keeper_have_kvm()) ? 0 : -ENODEV;
}

int keeper_unload_kvm(void)
{
	return syscall(SYS_delete_module, "kvm", O_NONBLOCK) ? -errno : 0;
}

static void set_reg(struct keeper *k, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | id, .addr = (uintptr_t)&value,
	};

	ASSERT_EQ(ioctl(k->vcpu, KVM_SET_ONE_REG, &reg), 0);
}

static void open_kvm(struct keeper *k)
{
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_RAM_SIZE };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	ASSERT_GE(kvm, 0);
	k->ram = mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(k->ram != MAP_FAILED);
	memcpy(k->ram + GUEST_CODE, config.code, config.code_end - config.code);
	k->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(k->vm, 0);
	k->run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	close(kvm);
	region.userspace_addr = (uintptr_t)k->ram;
	ASSERT_EQ(ioctl(k->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
	k->vcpu = ioctl(k->vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(k->vcpu, 0);
	k->kvm_run = mmap(NULL, k->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, k->vcpu, 0);
	ASSERT_TRUE(k->kvm_run != MAP_FAILED);
	set_reg(k, KVM_REG_RISCV_CORE | KVM_REG_RISCV_CORE_REG(regs.pc), config.entry);
	set_reg(k, KVM_REG_RISCV_CORE | KVM_REG_RISCV_CORE_REG(regs.s0), STATE_AREA);
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
	if (r || run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write ||
	    run->mmio.phys_addr != GUEST_SYNC)
		return 0;
	return run->mmio.data[0];
}

/* ---- ours ------------------------------------------------------------------------ */

static void open_ours(struct keeper *k)
{
	axt_open(&k->f, &config);
	k->ram = k->f.ram;
	ASSERT_OK(axv_set_gpr(&k->f.v, S0, STATE_AREA));
	ASSERT_OK(axv_sync(&k->f.v, 0, AXVCPU_REGS_TIMER));
	k->f.regs->timer.flags = AXVCPU_RISCV_TIMER_SET;
	k->f.regs->timer.time = OUR_TIME;
	ASSERT_OK(axv_sync(&k->f.v, AXVCPU_REGS_TIMER, 0));
}

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

void keeper_open(struct keeper *k, enum keeper_kind kind, const struct keeper_wish *w)
{
	memset(k, 0, sizeof(*k));
	k->kind = kind;
	snprintf(k->name, sizeof(k->name), "%s %u", kind == KEEPER_KVM ? "KVM" : "ours", w->seed);
	if (kind == KEEPER_KVM)
		open_kvm(k);
	else
		open_ours(k);
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

	if (code == KEEP_WELL) {
		__atomic_add_fetch(&k->rounds, 1, __ATOMIC_SEQ_CST);
		return true;
	}
	if (code)
		axt_fail(__FILE__, __LINE__, "the guest %s finds %s wrong after %u rounds", k->name,
			 complaint(code), k->rounds);
	else
		axt_fail(__FILE__, __LINE__, "the guest %s ended with %u after %u rounds", k->name,
			 reason, k->rounds);
	if (code == KEEP_REGS)
		for (unsigned int i = 0; i < STATE_WORDS; i++)
			if (WORD(k->ram, STATE_LOAD + 8 * i) != WORD(k->ram, STATE_DUMP + 8 * i))
				axt_diag("word %u: %llx, was %llx", i,
					 (unsigned long long)WORD(k->ram, STATE_DUMP + 8 * i),
					 (unsigned long long)WORD(k->ram, STATE_LOAD + 8 * i));
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
