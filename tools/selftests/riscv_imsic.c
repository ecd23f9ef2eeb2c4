// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs with IMSICs: who can have one, their registers, and their pages. MSIs from each to
 * each are riscv_imsic_storm.c's.
 *
 * rig: arch=riscv machine=virt,aia
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/riscv_imsic.h"
#include "module/axvcpu_harts.h"

static const struct axt_config fault_exits = {
	.stage = AXT_NO_VCPU,
	.vm_flags = AXVCPU_VM_FAULT_EXITS,
	.start = AXT_START_FLAT,
	GUEST(imsic),
};

/* ---- what there is -------------------------------------------------------------------------- */

TEST(without_files, &config)
{
	struct axvcpu_setup s;
	struct axv_vcpu v;
	int r;

	r = create(f, 0, IMSIC_PAGE(0), &v);
	if (f->dev.info.arch_features & AXVCPU_RISCV_FEAT_IMSIC) {
		EXPECT_TRUE(r == 0 || r == -EBUSY);
		axt_diag("guest interrupt files: %s", r ? "KVM's" : "free");
		if (!r)
			axv_vcpu_close(&v);
	} else {
		EXPECT_EQ(r, -EOPNOTSUPP);
		axt_diag("no guest interrupt files: EOPNOTSUPP");
	}

	/* one that has none, wherever it is */
	ASSERT_OK(create(f, 0, 0, &v));
	s = axt_setup_args(f->s2, &config);
	ASSERT_OK(axv_setup(&v, &s));
	EXPECT_ERR(EINVAL, axv_inject_irq(&v, MSI(1)));
	EXPECT_ERR(EINVAL, axv_irqfd(f->vm, eventfd(0, 0), 0, MSI(1)));
	ASSERT_OK(axv_sync(&v, 0, AXVCPU_REGS_INTR));
	EXPECT_EQ(v.run->regs.riscv.intr.flags & AXVCPU_RISCV_INTR_IMSIC, 0u);
	EXPECT_EQ(v.run->regs.riscv.imsic.ids, 0u);
	v.run->regs.riscv.intr.flags |= AXVCPU_RISCV_INTR_IMSIC;
	EXPECT_ERR(EINVAL, axv_sync(&v, AXVCPU_REGS_INTR, 0));
	axv_vcpu_close(&v);
}

TEST(bad_pages, &config)
{
	struct axv_vcpu v;

	EXPECT_ERR(EINVAL, create(f, 0, 1, &v));
	EXPECT_ERR(EINVAL, create(f, 0, IMSIC_PAGES + 0x800, &v));
	EXPECT_ERR(EINVAL, create(f, 0, 1ull << f->dev.info.gpa_bits, &v));
	EXPECT_ERR(EINVAL, create(f, 0, ~0xfffull, &v));
}

TEST(bad_identities, &config)
{
	uint32_t ids;

	make(f, 1);
	set_up(0, SYM(look));
	get_file(0);
	ids = IMSIC(0).ids;
	axt_diag("%u identities", ids);
	ASSERT_GE(ids, 63u);
	ASSERT_LE(ids, 2047u);
	EXPECT_ERR(EINVAL, axv_inject_irq(V(0), MSI(0)));
	EXPECT_ERR(EINVAL, axv_inject_irq(V(0), MSI(ids + 1)));
	EXPECT_ERR(EINVAL, axv_inject_irq(V(0), MSI(0xffff)));
	EXPECT_ERR(EINVAL, axv_inject_irq(V(0), 0x20000 | 1));
	EXPECT_ERR(EINVAL, axv_inject_irq(V(0), MSI(1) | AXVCPU_INTERRUPT_CLEAR));
	EXPECT_OK(axv_inject_irq(V(0), MSI(ids)));
	get_file(0);
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_EQ(IMSIC(0).eip[i], i == ids / 64 ? 1ull << ids % 64 : 0);
}

/* ---- registers ------------------------------------------------------------------------------ */

TEST(bad_registers, &config)
{
	static const struct axvcpu_riscv_imsic none;
	uint32_t ids;

	make(f, 1);
	set_up(0, SYM(look));
	get_file(0);
	ids = IMSIC(0).ids;
#define BAD(member, value)							\
	do {									\
		axt_context("%s %llx", #member, (unsigned long long)(value));	\
		IMSIC(0) = none;						\
		IMSIC(0).member = value;					\
		EXPECT_ERR(EINVAL, axv_sync(V(0), AXVCPU_REGS_INTR, 0));	\
	} while (0)
	BAD(eidelivery, 2);
	BAD(eidelivery, 0x40000000);
	BAD(eithreshold, ids + 1);
	BAD(reserved, 1);
	BAD(eip[0], 1);
	BAD(eie[0], 1);
	BAD(eip[31], ids < 2047 ? 1ull << 63 : 0);
	BAD(eie[(ids + 1) / 64], 1ull << (ids + 1) % 64);
	axt_context(NULL);
	get_file(0);
	EXPECT_EQ(IMSIC(0).eidelivery | IMSIC(0).eithreshold | IMSIC(0).eip[0] | IMSIC(0).eie[0],
		  0u);
}

/* What user space gives, the guest finds, and the other way round, on each CPU. */
TEST(save_and_restore, &config)
{
	static struct axvcpu_riscv_imsic saved;
	unsigned int i, cpus = axt_cpus();

	make(f, 2);
	set_up(0, SYM(look));
	set_up(1, SYM(look));
	for (i = 0; i < 4; i++) {
		axt_context("round %u", i);
		go_to(0, i % cpus);
		get_file(0);
		IMSIC(0).eidelivery = 1;
		IMSIC(0).eithreshold = 40 + i;
		IMSIC(0).eip[0] = 0x8000000000001234ull << i & ~1ull;
		IMSIC(0).eie[0] = 0x7fffffffffff0000ull | 0x20 << i;
		IMSIC(0).eip[1] = i;
		ASSERT_OK(axv_sync(V(0), AXVCPU_REGS_INTR, 0));
		run_done(0, SYM(look), 0, 0);
		EXPECT_EQ(reg(V(0), A0), 1u);
		EXPECT_EQ(reg(V(0), A1), 40u + i);
		EXPECT_EQ(reg(V(0), A2), 0x8000000000001234ull << i & ~1ull);
		EXPECT_EQ(reg(V(0), A3), 0x7fffffffffff0000ull | 0x20 << i);
		/* the lowest that is pending and enabled */
		EXPECT_EQ(reg(V(0), A4), (5 + i) * 0x10001ull);

		go_to(0, (i + 1) % cpus);
		run_done(0, SYM(look), 0, 0);
		EXPECT_EQ(reg(V(0), A2), 0x8000000000001234ull << i & ~1ull);
		EXPECT_EQ(reg(V(0), A4), (5 + i) * 0x10001ull);

		/* to another vCPU, as it is */
		get_file(0);
		EXPECT_EQ(IMSIC(0).eip[1], i);
		saved = IMSIC(0);
		get_file(1);
		IMSIC(1) = saved;
		ASSERT_OK(axv_sync(V(1), AXVCPU_REGS_INTR, 0));
		run_done(1, SYM(look), 0, 0);
		EXPECT_EQ(reg(V(1), A2), 0x8000000000001234ull << i & ~1ull);
		EXPECT_EQ(reg(V(1), A4), (5 + i) * 0x10001ull);
		get_file(1);
		EXPECT_EQ(IMSIC(1).siselect, saved.siselect);
		EXPECT_EQ(IMSIC(1).eip[1], i);
	}
	axt_context(NULL);

	ASSERT_OK(axv_bind(V(0)));
	axt_goto(V(0), SYM(set), 0);
	ASSERT_OK(axv_set_gpr(V(0), A1, 1));
	ASSERT_OK(axv_set_gpr(V(0), A2, 33));
	ASSERT_OK(axv_set_gpr(V(0), A3, 0xf0f0));
	ASSERT_OK(axv_set_gpr(V(0), A4, 0xff00ff));
	ASSERT_EXIT_V(V(0), AXVCPU_EXIT_HYPERCALL);
	get_file(0);
	EXPECT_EQ(IMSIC(0).eidelivery, 1u);
	EXPECT_EQ(IMSIC(0).eithreshold, 33u);
	EXPECT_EQ(IMSIC(0).eip[0], 0xf0f0u);
	EXPECT_EQ(IMSIC(0).eie[0], 0xff00feu);
	EXPECT_EQ(IMSIC(0).siselect, 0xc0u);

	/* as new */
	ASSERT_OK(axv_reset(V(0)));
	set_up(0, SYM(look));
	get_file(0);
	EXPECT_EQ(IMSIC(0).eidelivery | IMSIC(0).eithreshold | IMSIC(0).eip[0] | IMSIC(0).eie[0] |
		  IMSIC(0).siselect, 0u);
}

/* Only what is enabled, below the threshold, and while it delivers at all. */
TEST(threshold_and_delivery, &config)
{
	make(f, 1);
	set_up(0, SYM(idle_as_is));
	get_file(0);
	IMSIC(0).eidelivery = 0;
	IMSIC(0).eithreshold = 10;
	IMSIC(0).eie[0] = 1ull << 5 | 1ull << 9 | 1ull << 10 | 1ull << 20;
	INTR(0).flags |= AXVCPU_RISCV_INTR_IMSIC;
	ASSERT_OK(axv_sync(V(0), AXVCPU_REGS_INTR, 0));
	m->cpu[0].started = true;
	axt_thread_start(&m->cpu[0].thread, run_cpu, &m->cpu[0]);
	WAIT_STATE(V(0), BLOCKED);
	for (unsigned int id = 1; id < IMSIC_IDS; id++)
		ASSERT_OK(axv_inject_irq(V(0), MSI(id)));
	axt_sleep_ms(20);
	EXPECT_EQ(WORD(0, IMSIC_IRQS), 0u);
	stop(0);

	for (unsigned int delivery = 1; delivery < 3; delivery++) {
		get_file(0);
		EXPECT_EQ(IMSIC(0).eip[0], delivery > 1 ? ~1ull & ~(1ull << 5 | 1ull << 9) : ~1ull);
		IMSIC(0).eidelivery = 1;
		IMSIC(0).eithreshold = delivery > 1 ? 0 : 10;
		ASSERT_OK(axv_sync(V(0), AXVCPU_REGS_INTR, 0));
		m->cpu[0].started = true;
		axt_thread_start(&m->cpu[0].thread, run_cpu, &m->cpu[0]);
		WAIT_UNTIL(WORD(0, IMSIC_IRQS) >= 2 * delivery);
		WAIT_STATE(V(0), BLOCKED);
		axt_sleep_ms(10);
		stop(0);
		EXPECT_EQ(WORD(0, IMSIC_IRQS), 2 * delivery);
	}
	for (unsigned int id = 1; id < IMSIC_IDS; id++) {
		axt_context("identity %u", id);
		EXPECT_EQ(WORD(0, IMSIC_COUNT + 4 * id), id == 5 || id == 9 || id == 10 || id == 20);
	}
}

/* ---- the page ------------------------------------------------------------------------------- */

/* Accesses that the file refuses are refused in memory, too. */
static void accesses(struct axt *f)
{
	static const struct {
		const char *name;
		uint64_t entry;
		unsigned int offset;
		uint64_t value;
		uint64_t cause;		/* 0: none */
		uint64_t a2;		/* after it */
		uint64_t eip;
	} rows[] = {
		{ "store of 4", SYM(store_4), 0, 5, 0, 5, 1 << 5 },
		{ "store of 0", SYM(store_4), 0, 0, 0, 0, 0 },
		{ "store of a large one", SYM(store_4), 0, 4000, 0, 4000, 0 },
		{ "store of a huge one", SYM(store_4), 0, 0x80000005, 0, 0x80000005, 0 },
		{ "store elsewhere", SYM(store_4), 0x40, 5, 0, 5, 0 },
		{ "load", SYM(load_4), 0, 77, 0, 0, 0 },
		{ "load elsewhere", SYM(load_4), 0xffc, 77, 0, 0, 0 },
		{ "byte store", SYM(store_1), 0, 5, 7, 5, 0 },
		{ "half-word store", SYM(store_2), 0, 5, 7, 5, 0 },
		{ "double-word store", SYM(store_8), 0, 5, 7, 5, 0 },
		{ "byte load", SYM(load_1), 0, 5, 5, 5, 0 },
		{ "double-word load", SYM(load_8), 0, 5, 5, 5, 0 },
	};
	uint64_t seen;

	make(f, 2);
	set_up(0, SYM(burst));
	set_up(1, SYM(look));
	for (unsigned int file = 0; file < 2; file++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
			axt_context("%s, %s", rows[i].name, file ? "with a file" : "in memory");
			get_file(1);
			memset((void *)IMSIC(1).eip, 0, sizeof(IMSIC(1).eip));
			ASSERT_OK(axv_sync(V(1), AXVCPU_REGS_INTR, 0));
			if (file)
				run_done(1, SYM(look), 0, 0);
			ASSERT_OK(axv_bind(V(0)));
			axt_goto(V(0), rows[i].entry, 0);
			ASSERT_OK(axv_set_gpr(V(0), A1, IMSIC_PAGE(1) + rows[i].offset));
			ASSERT_OK(axv_set_gpr(V(0), A2, rows[i].value));
			ASSERT_EXIT_V(V(0), AXVCPU_EXIT_HYPERCALL);
			seen = V(0)->run->exit.hypercall.nr;
			axt_fetch(V(0));
			ASSERT_OK(axv_unbind(V(0)));
			EXPECT_EQ(seen, (uint64_t)(rows[i].cause ? IMSIC_CALL_TRAP :
						   IMSIC_CALL_DONE));
			if (rows[i].cause) {
				EXPECT_EQ(reg(V(0), A0), rows[i].cause);
				EXPECT_EQ(reg(V(0), A1), IMSIC_PAGE(1) + rows[i].offset);
			} else {
				EXPECT_EQ(reg(V(0), A2), rows[i].a2);
			}
			get_file(1);
			EXPECT_EQ(IMSIC(1).eip[0], rows[i].eip);
		}
	}
	axt_context("AMO in memory");
	get_file(1);
	ASSERT_OK(axv_bind(V(0)));
	axt_goto(V(0), SYM(amo), 0);
	ASSERT_OK(axv_set_gpr(V(0), A1, IMSIC_PAGE(1)));
	ASSERT_EXIT_V(V(0), AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(V(0)->run->exit.hypercall.nr, (uint64_t)IMSIC_CALL_TRAP);
	axt_fetch(V(0));
	EXPECT_EQ(reg(V(0), A0), 7u);
	axt_context(NULL);

	/* a page that is nobody's is none */
	axt_goto(V(0), SYM(store_4), 0);
	ASSERT_OK(axv_set_gpr(V(0), A1, IMSIC_PAGE(2)));
	if (f->config->vm_flags & AXVCPU_VM_FAULT_EXITS)
		ASSERT_EXIT_V(V(0), AXVCPU_EXIT_NESTED_PAGE_FAULT);
	else
		ASSERT_EXIT_V(V(0), AXVCPU_EXIT_MMIO_WRITE);
}

TEST(accesses, &config)
{
	accesses(f);
}

TEST(accesses_with_fault_exits, &fault_exits)
{
	accesses(f);
}

/* What user space maps there comes first, and the page is there again when it goes. */
TEST(mapped_over, &config)
{
	make(f, 2);
	ALL(IMSIC_ROUNDS) = 1;
	set_up(0, SYM(burst));
	set_up(1, SYM(look));
	for (unsigned int file = 0; file < 2; file++) {
		axt_context(file ? "with a file" : "in memory");
		if (file)
			run_done(1, SYM(look), 0, 0);
		run_done(0, SYM(burst), 3, 1);
		ASSERT_OK(axv_s2_map_user(f->s2, IMSIC_PAGE(1), f->ram + 0x100000, AXT_PAGE,
					  AXV_PROT_RWX));
		run_done(0, SYM(burst), 4, 1);
		EXPECT_EQ(GUEST_MEM(f, 0x100000, uint32_t), 4u);
		GUEST_MEM(f, 0x100000, uint32_t) = 0;
		ASSERT_OK(axv_s2_unmap(f->s2, IMSIC_PAGE(1), AXT_PAGE));
		run_done(0, SYM(burst), 5, 1);
		EXPECT_EQ(GUEST_MEM(f, 0x100000, uint32_t), 0u);
		get_file(1);
		EXPECT_EQ(IMSIC(1).eip[0], 1u << 3 | 1u << 5);
		IMSIC(1).eip[0] = 0;
		ASSERT_OK(axv_sync(V(1), AXVCPU_REGS_INTR, 0));
	}
}

/* vCPUs on tables of their own reach each other, and the one that a page was mapped in goes. */
TEST(other_tables, &config)
{
	int other;

	make(f, 2);
	ALL(IMSIC_ROUNDS) = 3;
	set_up(0, SYM(burst));
	set_up(1, SYM(look));
	run_done(1, SYM(look), 0, 0);
	run_done(0, SYM(burst), 3, 1);
	other = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(other, 0, f->ram, f->ram_size, AXV_PROT_RWX));
	ASSERT_OK(axv_set_root(V(1), other));
	run_done(1, SYM(look), 0, 0);
	EXPECT_EQ(reg(V(1), A2), 1u << 3);
	run_done(0, SYM(burst), 4, 1);
	ASSERT_OK(axv_set_root(V(0), other));
	run_done(0, SYM(burst), 5, 1);
	close(other);
	run_done(1, SYM(look), 0, 0);
	EXPECT_EQ(reg(V(1), A2), 1u << 3 | 1u << 4 | 1u << 5);
}

/* ---- ends ----------------------------------------------------------------------------------- */

/* vCPUs that go while others send to them. */
TEST_TIMEOUT(vcpus_that_go, &config, 60)
{
	make(f, 3);
	ALL(IMSIC_ROUNDS) = 500000000;
	m->last = AXVCPU_EXIT_MMIO_WRITE;
	for (unsigned int i = 0; i < 20; i++) {
		set_up(0, SYM(burst));
		ASSERT_OK(axv_set_gpr(V(0), A1, 3));
		ASSERT_OK(axv_set_gpr(V(0), A2, 1));
		m->cpu[0].started = true;
		axt_thread_start(&m->cpu[0].thread, run_cpu, &m->cpu[0]);
		WAIT_STATE(V(0), RUNNING);
		start(1, SYM(idle));
		axt_sleep_ms(5);
		stop(1);
		axv_vcpu_close(V(1));
		axt_sleep_ms(2);
		/* what is left there is no IMSIC: an exit */
		WAIT_UNTIL(m->cpu[0].thread.done);
		EXPECT_EQ(V(0)->run->exit.reason, AXVCPU_EXIT_MMIO_WRITE);
		m->cpu[0].started = false;
		axt_thread_join(&m->cpu[0].thread);
		ASSERT_OK(axv_reset(V(0)));
		ASSERT_OK(create(f, 1, IMSIC_PAGE(1), V(1)));
	}
}

/* ---- the host ------------------------------------------------------------------------ */

#define HARTS	"/dev/axvcpu_harts"
#define SGEIE	(1ull << 12)

static const char * const names[] = {
#define X(name, ...)	#name,
	HART_CSRS(X)
#undef X
};

static void read_hart(int harts, unsigned int cpu, struct hart_csrs *c)
{
	c->cpu = cpu;
	c->flags = HART_READ;
	ASSERT_EQ(ioctl(harts, HART_ACCESS, c), 0);
}

static void same_hart(int harts, const struct hart_csrs *was, uint64_t hie, const char *when)
{
	struct hart_csrs now;

	read_hart(harts, was->cpu, &now);
	for (unsigned int i = 0; i < HART_NR; i++) {
		axt_context("%s of CPU %u, %s", names[i], was->cpu, when);
		EXPECT_EQ(now.value[i], was->value[i] | (i == HART_HIE ? hie : 0));
	}
	axt_context(NULL);
}

/*
 * VGEIN, vsiselect and the like are the host's own between sections. Its interrupt for
 * files is on as long as somebody has any, and no file is listened to but those of vCPUs
 * that wait.
 */
TEST(host_registers, &config)
{
	struct hart_csrs was[8], now;
	int harts, cpus = axt_cpus(), cpu;

	if (access(HARTS, F_OK) && system("modprobe axvcpu_harts 2>/dev/null"))
		axt_skip("there is no module axvcpu_harts, which reads CSRs of harts");
	WAIT_UNTIL(!access(HARTS, R_OK | W_OK));
	harts = open(HARTS, O_RDWR | O_CLOEXEC);
	ASSERT_GE(harts, 0);
	need_files(f);
	for (cpu = 0; cpu < cpus && cpu < 8; cpu++)
		read_hart(harts, cpu, &was[cpu]);
	make(f, 2);
	set_up(0, SYM(look));
	set_up(1, SYM(look));
	for (cpu = 0; cpu < cpus && cpu < 8; cpu++) {
		go_to(0, cpu);
		run_done(0, SYM(look), 0, 0);
		run_done(1, SYM(set), 1, 20);
		same_hart(harts, &was[cpu], SGEIE, "between RUNs");
		get_file(0);
		same_hart(harts, &was[cpu], SGEIE, "after a file was read");
	}
	ASSERT_OK(axv_reset(V(1)));
	m->pinned = 0;
	start(1, SYM(idle));
	WAIT_UNTIL(WORD(1, IMSIC_READY));
	WAIT_STATE(V(1), BLOCKED);
	read_hart(harts, 0, &now);
	EXPECT_NE(now.value[HART_HGEIE], was[0].value[HART_HGEIE]);
	stop(1);
	for (cpu = 0; cpu < 2; cpu++)
		axv_vcpu_close(V(cpu));
	for (cpu = 0; cpu < cpus && cpu < 8; cpu++)
		same_hart(harts, &was[cpu], 0, "after the vCPUs' end");
}

/* KVM wants the same files, and does not get them; it is not hurt by that. */
TEST_TIMEOUT(kvm_comes_second, &config, 120)
{
	int status;

	need_files(f);
	if (!access("/sys/module/kvm", F_OK))
		axt_skip("KVM is there already");
	if (system("find /lib/modules -name 'kvm.ko*' | grep -q ."))
		axt_skip("there is no KVM");
	make(f, 1);
	set_up(0, SYM(look));
	run_done(0, SYM(look), 0, 0);
	status = system("modprobe kvm 2>/dev/null");
	EXPECT_NE(status, 0);
	EXPECT_TRUE(access("/sys/module/kvm", F_OK));
	ASSERT_OK(axv_inject_irq(V(0), MSI(8)));
	run_done(0, SYM(look), 0, 0);
	EXPECT_EQ(reg(V(0), A2), 1u << 8);
}
