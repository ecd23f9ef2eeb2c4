// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever has a part in a route goes first: the eventfd, the ring, the vCPU, the VM,
 * the whole process, while signals and writes arrive. The others do not notice, and
 * all is given back.
 *
 * rig: timeout=240 smp=2
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "common/leaks.h"
#include "common/random.h"
#include "common/route.h"
#include "common/storm.h"

#define SEED	0x11fe5eed

static const struct axt_config writer = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
	.entry = ROUTE(write_many),
};

static const struct axt_config serve = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
	.entry = ROUTE(serve),
};

/* ---- those who make the noise -------------------------------------------------------- */

struct noise {
	struct axt *f;
	int fd[3];
	unsigned int quiet;
	struct axt_thread guest;
	struct axt_thread host;
};

/* A guest that rings for ever; what no route takes is an exit. */
static long ring_thread(void *arg)
{
	struct noise *n = arg;
	struct axv_vcpu *v = &n->f->v;
	int r = axv_bind(v);

	if (r)
		return r;
	ASSERT_OK(axv_set_gpr(v, AXT_ADDR, ROUTE_BELL));
	ASSERT_OK(axv_set_gpr(v, AXT_COUNT, ~0ull));
	while (!r && !storm_get(&n->quiet)) {
		r = axv_run(v);
		if (!r && v->run->exit.reason == AXVCPU_EXIT_MMIO_WRITE)
			axv_fulfil(v, 0);
		else if (!r && !EXPECT_EQ(v->run->exit.reason, AXVCPU_EXIT_STOPPED))
			break;
	}
	return r;
}

/* A thread that signals them all; some may be gone. */
static long signal_thread(void *arg)
{
	struct noise *n = arg;
	uint64_t one = 1;

	while (!storm_get(&n->quiet))
		for (unsigned int i = 0; i < ARRAY_SIZE(n->fd); i++)
			if (write(storm_get(&n->fd[i]), &one, sizeof(one)) < 0 && errno == EAGAIN)
				events(n->fd[i]);
	return 0;
}

/* ---- what they are aimed at ------------------------------------------------------------- */

enum { VM, VCPU, STAGE2, SIGNAL, RESAMPLE, RING, NR_PARTS };

struct target {
	int fd[NR_PARTS];
	struct axv_vcpu v;
	struct axv_ring ring;
	unsigned char *ram;
};

/* A VM with a route of each kind, a vCPU in no thread. */
static void make_target(struct axt *f, struct target *t, struct noise *n)
{
	struct axvcpu_io_route r = { .addr = 0x1000, .len = 8, .flags = AXVCPU_ROUTE_RING };
	struct axvcpu_setup setup;

	t->fd[VM] = ASSERT_OK(axv_vm_create(&f->dev, 0));
	t->fd[STAGE2] = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_vcpu_create(&f->dev, t->fd[VM], 0, &t->v));
	setup = axt_setup_args(t->fd[STAGE2], &serve);
	ASSERT_OK(axv_setup(&t->v, &setup));
	t->fd[VCPU] = t->v.fd;
	t->fd[SIGNAL] = new_event();
	t->fd[RESAMPLE] = new_event();
	ASSERT_OK(axv_ring_create(&f->dev, 8, t->fd[SIGNAL], &t->ring));
	t->fd[RING] = t->ring.fd;

	ASSERT_OK(axv_irqfd_level(t->fd[VM], t->fd[SIGNAL], t->fd[RESAMPLE], 0, ROUTE_LEVEL));
	ASSERT_OK(axv_irqfd(t->fd[VM], t->fd[RESAMPLE], 0, AXT_IRQ));
	r.fd = t->ring.fd;
	ASSERT_OK(axv_set_io_route(t->fd[VM], &r));
	r = (struct axvcpu_io_route) { .addr = 0x2000, .len = 8, .fd = t->fd[SIGNAL] };
	ASSERT_OK(axv_set_io_route(t->fd[VM], &r));

	/* the guest that rings does so here, the ring it may fill is here as well */
	r = (struct axvcpu_io_route) { .addr = ROUTE_BELL, .len = 1, .fd = t->fd[SIGNAL] };
	ASSERT_OK(axv_set_io_route(n->f->vm, &r));
	storm_set(&n->fd[0], t->fd[SIGNAL]);
	storm_set(&n->fd[1], t->fd[RESAMPLE]);
}

static void close_part(struct target *t, unsigned int part)
{
	if (part == VCPU)
		munmap((void *)t->v.run, t->v.run_size);
	if (part == RING)
		munmap(t->ring.shared, t->ring.size);
	close(t->fd[part]);
}

static void noise_start(struct axt *f, struct noise *n)
{
	*n = (struct noise) { .f = f, .fd = { -1, -1, -1 } };
	axt_thread_start(&n->guest, ring_thread, n);
	axt_thread_start(&n->host, signal_thread, n);
	ASSERT_TRUE(WAIT_UNTIL(axv_get_state(&f->v, NULL) >= AXVCPU_STATE_RUNNING));
}

static void noise_stop(struct noise *n)
{
	storm_set(&n->quiet, 1);
	EXPECT_OK(axv_kick(&n->f->v));
	EXPECT_OK(axt_thread_join(&n->guest));
	EXPECT_OK(axt_thread_join(&n->host));
}

/* In any order, with and without a moment between. */
TEST_TIMEOUT(any_order, &writer, 120)
{
	struct axvcpu_io_route bell = { .addr = ROUTE_BELL, .len = 1 };
	unsigned int rounds = 300 / axt_slow(), i, k, part[NR_PARTS];
	struct leaks before;
	struct target t;
	struct noise n;

	axt_need_irqs(f);
	leaks_group();
	noise_start(f, &n);
	for (i = 0; i < rounds && !axt_failures(); i++) {
		struct rnd rnd = rnd_at(SEED, 0, i);

		/* the first ones are to fill the kernel's caches */
		if (i == rounds / 4)
			leaks_read(&before);
		make_target(f, &t, &n);
		for (k = 0; k < NR_PARTS; k++) {
			unsigned int at = rnd_below(&rnd, k + 1);

			part[k] = part[at];
			part[at] = k;
		}
		for (k = 0; k < NR_PARTS; k++) {
			if (!rnd_below(&rnd, 3))
				axt_sleep_ms(1);
			close_part(&t, part[k]);
		}
		ASSERT_OK(axv_io_route_remove(f->vm, &bell));
	}
	leaks_check(&before, 1 << 20, 400);
	noise_stop(&n);
}

/* The process ends with all of it open. */
TEST_TIMEOUT(killed, &writer, 60)
{
	axt_need_irqs(f);
	for (int i = 0; i < 20 / (int)axt_slow() + 1; i++) {
		pid_t pid = fork();
		int status;

		ASSERT_GE(pid, 0);
		if (!pid) {
			static struct noise n;
			struct target t;
			struct axt g;

			axt_open(&g, &writer);
			noise_start(&g, &n);
			make_target(&g, &t, &n);
			axt_sleep_ms(2);
			kill(getpid(), SIGKILL);
		}
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

/* Two VMs whose guests ring for each other, and whose parts are one another's. */
TEST_TIMEOUT(each_other, &writer, 60)
{
	struct axvcpu_io_route r = { .addr = ROUTE_BELL, .len = 1 };
	int a = new_event(), b = new_event();
	struct noise n[2];
	struct axt g;

	axt_need_irqs(f);
	/* they have no handlers for what comes when they must have interrupts on */
	axt_avoid(AXT_FLAW_SPIN);
	axt_open(&g, &writer);
	/* what raises the one takes the other down */
	ASSERT_OK(axv_irqfd_level(f->vm, a, b, 0, ROUTE_LEVEL));
	ASSERT_OK(axv_irqfd_level(g.vm, b, a, 0, ROUTE_LEVEL));
	r.fd = a;
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	r.fd = b;
	ASSERT_OK(axv_set_io_route(g.vm, &r));
	noise_start(f, &n[0]);
	noise_start(&g, &n[1]);
	storm_set(&n[0].fd[0], a);
	storm_set(&n[0].fd[1], b);
	storm_set(&n[1].fd[0], b);
	storm_set(&n[1].fd[1], a);
	axt_sleep_ms(500);
	noise_stop(&n[0]);
	noise_stop(&n[1]);
	axt_close(&g);
}
