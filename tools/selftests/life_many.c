// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many at once: two VMs with two vCPUs each that compute, a thousand VMs that are
 * open together. Afterwards the kernel has everything back.
 *
 * rig: timeout=300 smp=2
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/leaks.h"
#include "guest/storm.h"

DECLARE_GUEST(storm);
DECLARE_GUEST_SYM(storm, compute);
DECLARE_GUEST_SYM(storm, tell);

static const struct axt_config computing = {
	.stage = AXT_NO_VCPU,
	.start = AXT_START_PAGED,
	GUEST(storm),
	.entry = GUEST_SYM(storm, compute),
};

static const struct axt_config unbound = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(storm),
	.entry = GUEST_SYM(storm, compute),
};

/* ---- two VMs, two vCPUs each --------------------------------------------------- */

#define VMS	2
#define VCPUS	2
#define LAPS	200

struct computer {
	struct axt *f;
	struct axv_vcpu v;
	unsigned int nr;
	uint64_t block;		/* gpa */
	uint64_t value, sum, fsum;
	bool done;
};

/* What the guest does in one lap, here. */
static void lap(struct computer *c)
{
	for (int i = 0; i < COMPUTE_ROUNDS; i++) {
		c->value = c->value * COMPUTE_MUL + COMPUTE_ADD;
		c->value = c->value << 13 | c->value >> 51;
		c->sum += c->value;
		c->fsum += c->value & 0xffff;
	}
}

static long compute_thread(void *arg)
{
	struct computer *c = arg;
	struct axt *f = c->f;
	int r;

	axt_context("VM %u vCPU %u", c->nr / VCPUS, c->nr % VCPUS);
	r = axv_bind(&c->v);
	for (int i = 0; !r && i < LAPS && !axt_failures(); i++) {
		lap(c);
		do {
			r = axv_run(&c->v);
		} while (!r && c->v.run->exit.reason == AXVCPU_EXIT_STOPPED);
		if (r)
			break;
		EXPECT_EQ(c->v.run->exit.reason, AXT_EXIT_SYNC);
		EXPECT_EQ(GUEST_MEM(f, c->block + COMPUTE_VALUE, uint64_t), c->value);
		EXPECT_EQ(GUEST_MEM(f, c->block + COMPUTE_SUM, uint64_t), c->sum);
		EXPECT_EQ(GUEST_MEM(f, c->block + COMPUTE_FSUM, uint64_t), c->fsum);
		axv_fulfil(&c->v, 0);
	}
	__atomic_store_n(&c->done, true, __ATOMIC_SEQ_CST);
	return r ? r : axv_unbind(&c->v);
}

TEST_TIMEOUT(two_vms_of_two_vcpus, NULL, 120)
{
	static struct computer c[VMS * VCPUS];
	struct axt_thread t[VMS * VCPUS];
	struct axt vm[VMS];
	unsigned int i, kicks = 0;
	bool busy;

	for (i = 0; i < VMS; i++)
		axt_open(&vm[i], &computing);
	for (i = 0; i < VMS * VCPUS; i++) {
		c[i].f = &vm[i / VCPUS];
		c[i].nr = i;
		c[i].block = GUEST_DATA + i % VCPUS * COMPUTE_BLOCK;
		c[i].value = 0x123456789abcdef0ull * (i + 1);
		axt_add_vcpu(c[i].f, i % VCPUS, &unbound, &c[i].v);
		GUEST_MEM(c[i].f, c[i].block + COMPUTE_VALUE, uint64_t) = c[i].value;
		ASSERT_OK(axv_set_gpr(&c[i].v, AXT_SECOND, c[i].block));
	}
	for (i = 0; i < VMS * VCPUS; i++)
		axt_thread_start(&t[i], compute_thread, &c[i]);
	/* four vCPUs on two CPUs change places anyway; kicks make them do it oftener */
	do {
		busy = false;
		for (i = 0; i < VMS * VCPUS; i++) {
			busy |= !__atomic_load_n(&c[i].done, __ATOMIC_SEQ_CST);
			EXPECT_OK(axv_kick(&c[i].v));
			kicks++;
		}
		axt_sleep_ms(2);
	} while (busy);
	for (i = 0; i < VMS * VCPUS; i++)
		EXPECT_OK(axt_thread_join(&t[i]));
	axt_diag("%u laps of %u steps on each of %u vCPUs, %u kicks", LAPS, COMPUTE_ROUNDS,
		 VMS * VCPUS, kicks);
}

/* ---- a thousand VMs ------------------------------------------------------------- */

#define MANY	1000

struct one {
	int vm;
	int s2;
	struct axv_vcpu v;
};

/* Code that all share, a page with its number for each. */
static void make_one(struct axt *f, struct one *o, unsigned char *shared, unsigned char *own)
{
	static const struct axt_config c = {
		.start = AXT_START_PAGED,
		.entry = GUEST_SYM(storm, tell),
	};
	struct axvcpu_setup s;

	o->vm = ASSERT_OK(axv_vm_create(&f->dev, 0));
	o->s2 = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(o->s2, 0, shared, GUEST_DATA, AXV_PROT_RWX));
	ASSERT_OK(axv_s2_map_user(o->s2, GUEST_DATA, own, AXT_PAGE, AXV_PROT_RW));
	ASSERT_OK(axv_vcpu_create(&f->dev, o->vm, 0, &o->v));
	s = axt_setup_args(o->s2, &c);
	ASSERT_OK(axv_setup(&o->v, &s));
	axt_let_spin(&o->v);
	ASSERT_OK(axv_bind(&o->v));
}

static void run_one(struct one *o, unsigned int nr)
{
	ASSERT_SYNC_V(&o->v);
	EXPECT_EQ(axt_synced(&o->v.run->exit), nr);
	axv_fulfil(&o->v, 0);
}

static void close_one(struct one *o)
{
	axv_vcpu_close(&o->v);
	close(o->s2);
	close(o->vm);
}

static unsigned char *anon(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

/* @n VMs: all made, each run once; each again, the other way round; all closed. */
static void at_once(struct axt *f, unsigned char *shared, unsigned char *own, unsigned int n)
{
	struct one *o = calloc(n, sizeof(*o));
	unsigned int i;

	ASSERT_TRUE(o);
	for (i = 0; i < n; i++) {
		axt_context("VM %u", i);
		make_one(f, &o[i], shared, own + i * AXT_PAGE);
		run_one(&o[i], i + 1);
	}
	/* more than there are tags for translations: none may see another's page */
	for (i = n; i--;) {
		axt_context("VM %u again", i);
		run_one(&o[i], i + 1);
	}
	axt_context(NULL);
	EXPECT_EQ(file_number(MODULE_USERS) >= (long)(3 * n), true);
	for (i = 0; i < n; i++)
		close_one(&o[i]);
	free(o);
}

TEST_TIMEOUT(a_thousand_vms, NULL, 180)
{
	struct rlimit files = { 4 * MANY, 4 * MANY };
	unsigned char *shared, *own;
	struct leaks before;
	uint64_t start;

	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
	shared = anon(GUEST_DATA);
	memcpy(shared + GUEST_CODE, guest_storm_start, guest_storm_end - guest_storm_start);
	axt_arch_ram(shared, AXT_START_PAGED);
	own = anon(MANY * AXT_PAGE);
	for (unsigned int i = 0; i < MANY; i++)
		*(uint32_t *)(own + i * AXT_PAGE) = i + 1;

	leaks_group();
	/* what grows once and stays: tables of files, the kernel's caches */
	at_once(f, shared, own, MANY / 4);
	leaks_read(&before);
	start = axt_now_ms();
	at_once(f, shared, own, MANY);
	axt_diag("%u VMs in %llu ms", MANY, (unsigned long long)(axt_now_ms() - start));
	/* a leak of one object in each VM is a thousand, of one page 4 MB */
	leaks_check(&before, 1 << 20, 200);
}
