// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event routes under load, from several threads and vCPUs at once, with routes that
 * come and go meanwhile: every signal, record and piece of work arrives, and none
 * twice.
 *
 * rig: timeout=600 smp=2
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>

#include "common/random.h"
#include "common/route.h"
#include "common/storm.h"

#define SEED		0x5eed0e4d
#define VCPUS		4
#define WRITES		8000		/* of each vCPU */
#define RING_NR		64

static const struct axt_config writers = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
};

static const struct axt_config serve = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
	.entry = ROUTE(serve),
};

static const struct axt_config spin = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
	.entry = ROUTE(serve_spinning),
};

/* ---- routes that come and go --------------------------------------------------------- */

struct changer {
	struct axt *f;
	unsigned int quiet;
	unsigned int changes;
	struct axt_thread thread;
};

static long change_thread(void *arg)
{
	struct changer *c = arg;
	struct rnd rnd = rnd_at(SEED, 99, 0);
	int fd = new_event(), err = 0;

	while (!storm_get(&c->quiet) && !err) {
		struct axvcpu_io_route r = {
			.addr = ROUTE_BELL + 0x2000 + rnd_below(&rnd, 16), .len = 1, .fd = fd,
		};
		int irq = new_event();

		/* none of them is what the others count */
		err = axv_set_io_route(c->f->vm, &r) ?:
		      axv_irqfd(c->f->vm, irq, 0, AXT_IRQ) ?:
		      axv_io_route_remove(c->f->vm, &r);
		if (!err && rnd_below(&rnd, 2))
			err = axv_irqfd_remove(c->f->vm, irq, 0, AXT_IRQ);
		close(irq);
		c->changes++;
		sched_yield();
	}
	close(fd);
	return err;
}

static void change_start(struct changer *c, struct axt *f)
{
	*c = (struct changer) { .f = f };
	axt_thread_start(&c->thread, change_thread, c);
}

static void change_stop(struct changer *c)
{
	storm_set(&c->quiet, 1);
	EXPECT_OK(axt_thread_join(&c->thread));
	axt_diag("%u changes of other routes meanwhile", c->changes);
}

/* ---- many writers ------------------------------------------------------------------------ */

struct writer {
	struct axv_vcpu *v;
	uint64_t label;
	uint64_t first;			/* value */
	unsigned int writes;
	unsigned int exits;		/* of writes, by value: */
	unsigned char *seen;		/* NULL: an exit is a failure */
	struct axt_thread thread;
};

static long write_thread(void *arg)
{
	struct writer *w = arg;
	uint64_t value;
	int r = axv_bind(w->v);

	if (r)
		return r;
	route_go(w->v, w->label, ROUTE_BELL, w->first, w->writes);
	for (;;) {
		r = axv_run(w->v);
		if (r || w->v->run->exit.reason == AXVCPU_EXIT_HYPERCALL)
			break;
		if (!EXPECT_EQ(w->v->run->exit.reason, AXVCPU_EXIT_MMIO_WRITE) ||
		    !EXPECT_TRUE(w->seen))
			break;
		value = w->v->run->exit.mmio.data - w->first;
		if (!EXPECT_LE(value, w->writes - 1))
			break;
		w->seen[value]++;
		w->exits++;
		axv_fulfil(w->v, 0);
	}
	return r ?: axv_unbind(w->v);
}

static struct axv_vcpu vcpus[VCPUS];
static struct writer writer[VCPUS];

static unsigned int make_writers(struct axt *f, uint64_t label)
{
	unsigned int writes = WRITES / axt_slow(), i;

	for (i = 0; i < VCPUS; i++) {
		writer[i] = (struct writer) { .v = &f->v, .label = label, .writes = writes };
		if (!i)
			continue;
		axt_add_vcpu(f, i, &writers, &vcpus[i]);
		writer[i].v = &vcpus[i];
	}
	return writes;
}

static void let_write(void)
{
	for (int i = 0; i < VCPUS; i++)
		axt_thread_start(&writer[i].thread, write_thread, &writer[i]);
}

static void join_writers(void)
{
	for (int i = 0; i < VCPUS; i++)
		EXPECT_OK(axt_thread_join(&writer[i].thread));
}

TEST_TIMEOUT(one_eventfd, &writers, 120)
{
	struct axvcpu_io_route r = { .addr = ROUTE_BELL, .len = 1, .width = 4 };
	struct changer c;
	unsigned int n;

	r.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	n = make_writers(f, ROUTE(write_many));
	change_start(&c, f);
	let_write();
	join_writers();
	change_stop(&c);
	EXPECT_EQ(events(r.fd), (uint64_t)n * VCPUS);
}

TEST_TIMEOUT(an_eventfd_for_each_value, &writers, 120)
{
	struct axvcpu_io_route r = { .addr = ROUTE_BELL, .len = 1, .width = 4 };
	unsigned int n, i;
	struct changer c;
	int fd[4];

	r.flags = AXVCPU_ROUTE_MATCH;
	for (i = 0; i < 4; i++) {
		r.data = i;
		fd[i] = r.fd = new_event();
		ASSERT_OK(axv_set_io_route(f->vm, &r));
	}
	n = make_writers(f, ROUTE(write_four));
	change_start(&c, f);
	let_write();
	join_writers();
	change_stop(&c);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(events(fd[i]), (uint64_t)(n / 4 + (i < n % 4)) * VCPUS);
}

/* ---- a ring that many fill --------------------------------------------------------------- */

struct reader {
	struct axv_ring ring;
	int event;
	unsigned int writes;
	unsigned int end;
	bool slow;
	unsigned int records;
	unsigned int sleeps;
	unsigned char *seen[VCPUS];
};

/* Take all there is; what a vCPU wrote comes in its order. */
static bool drain(struct reader *r, uint32_t *last, uint32_t *seq)
{
	struct axvcpu_ring_record rec;

	while (axv_ring_take(&r->ring, &rec)) {
		if (!EXPECT_EQ(rec.seq, *seq) || !EXPECT_LE(rec.vcpu, VCPUS - 1) ||
		    !EXPECT_LE(rec.value, r->writes - 1) || !EXPECT_EQ(rec.addr, ROUTE_BELL) ||
		    !EXPECT_EQ(rec.width, 4) || !EXPECT_EQ(rec.token, 0x70cef))
			return false;
		if (*seq && last[rec.vcpu] != ~0u && !EXPECT_GE(rec.value, last[rec.vcpu] + 1))
			return false;
		last[rec.vcpu] = rec.value;
		r->seen[rec.vcpu][rec.value]++;
		(*seq)++;
		r->records++;
		if (r->slow && !(r->records % RING_NR))
			sched_yield();
	}
	return true;
}

/* Sleeps in the eventfd only: a signal that is missing is noticed by the time-out. */
static long read_thread(void *arg)
{
	struct reader *r = arg;
	uint32_t last[VCPUS], seq = 0;

	memset(last, 0xff, sizeof(last));
	for (;;) {
		struct pollfd p = { .fd = r->event, .events = POLLIN };

		if (!drain(r, last, &seq))
			return -EIO;
		if (poll(&p, 1, -1) != 1)
			return -errno;
		r->sleeps++;
		events(r->event);
		if (storm_get(&r->end))
			return drain(r, last, &seq) ? 0 : -EIO;
	}
}

static void ring_storm(struct axt *f, bool slow)
{
	struct axvcpu_io_route route = {
		.addr = ROUTE_BELL, .len = 4, .flags = AXVCPU_ROUTE_RING, .token = 0x70cef,
	};
	static struct reader r;
	struct axt_thread reader;
	struct changer c;
	unsigned int n, i, exits = 0, wrong = 0;

	r.event = new_event();
	r.slow = slow;
	ASSERT_OK(axv_ring_create(&f->dev, RING_NR, r.event, &r.ring));
	route.fd = r.ring.fd;
	ASSERT_OK(axv_set_io_route(f->vm, &route));
	r.writes = n = make_writers(f, ROUTE(write_many));
	for (i = 0; i < VCPUS; i++) {
		r.seen[i] = calloc(n, 1);
		writer[i].seen = calloc(n, 1);
	}
	axt_thread_start(&reader, read_thread, &r);
	change_start(&c, f);
	let_write();
	join_writers();
	change_stop(&c);
	/* what is in the ring has been signalled: it is taken without this */
	WAIT_UNTIL(__atomic_load_n(&r.ring.shared->tail, __ATOMIC_ACQUIRE) == r.ring.shared->head);
	storm_set(&r.end, 1);
	signal_event(r.event);
	EXPECT_OK(axt_thread_join(&reader));
	for (i = 0; i < VCPUS; i++) {
		for (unsigned int k = 0; k < n; k++)
			wrong += r.seen[i][k] + writer[i].seen[k] != 1;
		exits += writer[i].exits;
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(r.records + exits, n * VCPUS);
	EXPECT_EQ(r.ring.shared->overflows, exits);
	axt_diag("%u records, %u exits because it was full, %u sleeps", r.records, exits, r.sleeps);
}

TEST_TIMEOUT(ring, &writers, 120)
{
	ring_storm(f, false);
}

TEST_TIMEOUT(ring_with_a_slow_reader, &writers, 120)
{
	ring_storm(f, true);
}

/* ---- interrupts from many threads ---------------------------------------------------------- */

#define PENDING(f, n)	((uint32_t *)((f)->ram + ROUTE_PENDING) + (n))
#define WORKED(f, n)	GUEST_MEM(f, ROUTE_WORKED + 4 * (n), uint32_t)

struct producer {
	struct axt *f;
	unsigned int nr;
	unsigned int jobs;
	int fd;
	struct axt_thread thread;
};

/* A piece of work, then the signal; the signals of others may take it along. */
static long produce_thread(void *arg)
{
	struct producer *p = arg;
	struct rnd rnd = rnd_at(SEED, p->nr, 0);

	for (unsigned int i = 0; i < p->jobs; i++) {
		__atomic_fetch_add(PENDING(p->f, p->nr), 1, __ATOMIC_SEQ_CST);
		signal_event(p->fd);
		if (!rnd_below(&rnd, 16))
			sched_yield();
		/* now and then all is done, and the guest waits */
		if (!rnd_below(&rnd, 64))
			axt_sleep_ms(1);
	}
	return 0;
}

/*
 * Where the kernel knows of an interrupt's end it takes the line down then, too, when the
 * guest has looked for work already: who has some says so again.
 */
#ifdef AXT_LEVEL_ENDS
#define ENDS_IN_KERNEL	true
#else
#define ENDS_IN_KERNEL	false
#endif

struct repeater {
	struct axt *f;
	struct producer *p;
	int fd;
	unsigned int quiet;
	unsigned int signals;
	struct axt_thread thread;
};

static long repeat_thread(void *arg)
{
	struct repeater *r = arg;
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	unsigned int i;

	while (!storm_get(&r->quiet)) {
		if (poll(&p, 1, 100) != 1 || !events(r->fd))
			continue;
		for (i = 0; i < ROUTE_JOBS; i++) {
			if (!__atomic_load_n(PENDING(r->f, i), __ATOMIC_SEQ_CST))
				continue;
			signal_event(r->p[i].fd);
			r->signals++;
		}
	}
	return 0;
}

static void interrupts(struct axt *f, bool level)
{
	unsigned int jobs = 4000 / axt_slow(), i;
	static struct producer p[ROUTE_JOBS];
	struct axvcpu_io_route ack = { .addr = ROUTE_ACK, .len = 4 };
	struct storm s = { .f = f, .v = &f->v };
	struct repeater r = { .f = f, .p = p };
	bool repeat = level && ENDS_IN_KERNEL;
	struct changer c;

	axt_need_irqs(f);
	ack.fd = new_event();
	r.fd = ack.fd;
	if (level)
		ASSERT_OK(axv_set_io_route(f->vm, &ack));
	for (i = 0; i < ROUTE_JOBS; i++) {
		p[i] = (struct producer) { .f = f, .nr = i, .jobs = jobs, .fd = new_event() };
		if (level)
			ASSERT_OK(axv_irqfd_level(f->vm, p[i].fd, ack.fd, 0, ROUTE_LEVEL));
		else
			ASSERT_OK(axv_irqfd(f->vm, p[i].fd, 0, AXT_IRQ));
	}
	axt_irq_handler(f->ram, f->config->start, level ? ROUTE(level_handler) :
							  ROUTE(edge_handler));
	storm_start(&s);
	WAIT_UNTIL(GUEST_MEM(f, ROUTE_READY, uint32_t));
	change_start(&c, f);
	if (repeat)
		axt_thread_start(&r.thread, repeat_thread, &r);
	for (i = 0; i < ROUTE_JOBS; i++)
		axt_thread_start(&p[i].thread, produce_thread, &p[i]);
	for (i = 0; i < ROUTE_JOBS; i++)
		EXPECT_OK(axt_thread_join(&p[i].thread));
	change_stop(&c);
	for (i = 0; i < ROUTE_JOBS; i++) {
		axt_context("producer %u", i);
		WAIT_UNTIL(WORKED(f, i) == jobs);
		EXPECT_EQ(*PENDING(f, i), 0);
	}
	axt_context(NULL);
	if (repeat) {
		storm_set(&r.quiet, 1);
		EXPECT_OK(axt_thread_join(&r.thread));
		axt_diag("%u signals were repeated", r.signals);
	}
	storm_end(&s);
	axt_diag("%u jobs, %u interrupts, halted %llu times", jobs * ROUTE_JOBS,
		 GUEST_MEM(f, ROUTE_COUNT, uint32_t),
		 (unsigned long long)f->v.run->counters.blocked);
}

TEST_TIMEOUT(edges_to_a_halted_guest, &serve, 120)
{
	interrupts(f, false);
}

TEST_TIMEOUT(edges_to_a_running_guest, &spin, 120)
{
	interrupts(f, false);
}

TEST_TIMEOUT(levels_to_a_halted_guest, &serve, 120)
{
	interrupts(f, true);
}

TEST_TIMEOUT(levels_to_a_running_guest, &spin, 120)
{
	interrupts(f, true);
}
