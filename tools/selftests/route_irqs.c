// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds that are interrupts: an edge for each signal, a level until the guest's
 * acknowledge, and what refuses to become one.
 *
 * rig: timeout=180 smp=2
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>

#include "common/route.h"
#include "common/storm.h"

static const struct axt_config serve = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
	.entry = ROUTE(serve),
	.irqs_off = true,	/* some cases inject before there is a handler */
};

static const struct axt_config spin = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(route),
	.entry = ROUTE(serve_spinning),
};

static const struct axt_config ready = {
	.start = AXT_START_PAGED,
	GUEST(route),
};

#define COUNT(f)	GUEST_MEM(f, ROUTE_COUNT, uint32_t)

/* The guest serves interrupts in a thread of its own. */
static void start(struct axt *f, struct storm *s, uint64_t handler)
{
	*s = (struct storm) { .f = f, .v = &f->v };
	axt_irq_handler(f->ram, f->config->start, handler);
	storm_start(s);
	WAIT_UNTIL(GUEST_MEM(f, ROUTE_READY, uint32_t));
}

/* Its handler has run @n times, and does not run once more. */
static void served(struct axt *f, uint32_t n)
{
	WAIT_UNTIL(COUNT(f) >= n);
	axt_sleep_ms(20);
	EXPECT_EQ(COUNT(f), n);
}

/* How often, when nothing raises it any more: a handler that has begun comes to its end. */
static uint32_t __maybe_unused settled(struct axt *f)
{
	uint32_t seen;

	do {
		seen = COUNT(f);
		axt_sleep_ms(100 * axt_slow());
	} while (COUNT(f) != seen && !axt_failures());
	return seen;
}

/* ---- edges ------------------------------------------------------------------------ */

static void edges(struct axt *f)
{
	unsigned int rounds = 400 / axt_slow(), i;
	int fd = new_event();
	struct storm s;

	start(f, &s, ROUTE(edge_handler));
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	for (i = 1; i <= rounds; i++) {
		signal_event(fd);
		if (!WAIT_UNTIL(COUNT(f) == i))
			break;
	}
	served(f, rounds);
	/* the counter was taken, too */
	EXPECT_EQ(events(fd), 0);
	ASSERT_OK(axv_irqfd_remove(f->vm, fd, 0, AXT_IRQ));
	signal_event(fd);
	served(f, rounds);
	EXPECT_EQ(events(fd), 1);
	storm_end(&s);
}

TEST_TIMEOUT(edge_to_a_halted_guest, &serve, 60)
{
	axt_need_irqs(f);
	edges(f);
}

TEST_TIMEOUT(edge_to_a_running_guest, &spin, 60)
{
	axt_need_irqs(f);
	edges(f);
}

/* One that is pending takes the others along; so does one from before the route. */
TEST(edges_come_together, &serve)
{
	int fd = new_event();
	struct storm s;

	axt_need_irqs(f);
	axt_irq_handler(f->ram, f->config->start, ROUTE(edge_handler));
	signal_event(fd);
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	EXPECT_EQ(events(fd), 0);
	for (int i = 0; i < 5; i++)
		signal_event(fd);
	start(f, &s, ROUTE(edge_handler));
	served(f, 1);
	storm_end(&s);
}

/* The guest's own write is its interrupt; nobody else is asked. */
TEST_TIMEOUT(loopback, &ready, 60)
{
	struct axvcpu_io_route r = { .addr = ROUTE_BELL, .len = 1 };
	unsigned int rounds = 2000 / axt_slow();

	axt_need_irqs(f);
	axt_irq_handler(f->ram, f->config->start, ROUTE(edge_handler));
	r.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	ASSERT_OK(axv_irqfd(f->vm, r.fd, 0, AXT_IRQ));
	route_go(&f->v, ROUTE(loopback), ROUTE_BELL, 0, rounds);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(COUNT(f), rounds);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_MMIO_WRITE], 0);
	EXPECT_GE(f->v.run->counters.injected, rounds);
}

TEST(to_the_vcpu_that_was_named, &serve)
{
	struct axv_vcpu other;
	int fd = new_event(), fd2 = new_event();
	struct storm s;

	axt_need_irqs(f);
	axt_add_vcpu(f, 3, &serve, &other);
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	ASSERT_OK(axv_irqfd(f->vm, fd2, 3, AXT_IRQ));
	start(f, &s, ROUTE(edge_handler));
	signal_event(fd2);
	served(f, 0);
	signal_event(fd);
	served(f, 1);
	storm_end(&s);
	ASSERT_OK(axv_bind(&other));
	ASSERT_OK(axv_kick(&other));
	EXPECT_EXIT_V(&other, AXVCPU_EXIT_STOPPED);
	EXPECT_TRUE(other.run->exit.intr_state & AXVCPU_INTR_PENDING);
	axv_vcpu_close(&other);
}

/* ---- levels ------------------------------------------------------------------------- */

#ifdef AXT_LEVEL_ENDS
/* It is taken, perhaps more than once, and then no more. */
static void goes_on_and_ends(struct axt *f, uint32_t n)
{
	WAIT_UNTIL(COUNT(f) >= n);
	axt_sleep_ms(100);
	served(f, COUNT(f));
}
#endif

/* Nothing more while the line is up; a signal of the other eventfd takes it down. */
TEST(level, &serve)
{
	struct axvcpu_io_route ack = { .addr = ROUTE_ACK, .len = 4 };
	int fd = new_event(), resample = new_event();
	struct storm s;

	axt_need_irqs(f);
	/* the guest tells an eventfd that nobody listens to */
	ack.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &ack));
	ASSERT_OK(axv_irqfd_level(f->vm, fd, resample, 0, ROUTE_LEVEL));
	start(f, &s, ROUTE(level_handler));
#ifndef AXT_LEVEL_IRQ
	/* what a CPU takes is used up: without an acknowledge that was all */
	signal_event(fd);
	served(f, 1);
	for (int i = 0; i < 3; i++)
		signal_event(fd);
	served(f, 1);
	EXPECT_EQ(events(fd), 0);
	signal_event(resample);
	served(f, 1);
	/* the counter is for others */
	EXPECT_EQ(events(resample), 1);
	signal_event(fd);
	served(f, 2);
	/* one more than there was a reason for does nothing */
	signal_event(resample);
	signal_event(resample);
	served(f, 2);
	EXPECT_EQ(events(ack.fd), 2);
#elif defined(AXT_LEVEL_ENDS)
	/* its end is the acknowledge, when the kernel gets to it */
	for (int i = 1; i <= 3; i++) {
		uint32_t seen = COUNT(f);

		signal_event(fd);
		goes_on_and_ends(f, seen + 1);
		EXPECT_EQ(events(resample), 1);
	}
	signal_event(resample);
	served(f, COUNT(f));
#else
	/* it is taken again and again until then */
	signal_event(fd);
	WAIT_UNTIL(COUNT(f) >= 5);
	signal_event(resample);
	served(f, settled(f));
	EXPECT_EQ(events(resample), 1);
#endif
	storm_end(&s);
}

/* The guest's own acknowledge goes to the line, and never to the VMM. */
TEST_TIMEOUT(level_acknowledged_by_the_guest, &serve, 60)
{
	struct axvcpu_io_route ack = { .addr = ROUTE_ACK, .len = 4, .width = 4 };
	unsigned int rounds = 400 / axt_slow();
	uint64_t acks = 0;
	int fd = new_event();
	struct storm s;

	axt_need_irqs(f);
	ack.flags = AXVCPU_ROUTE_MATCH;
	ack.data = 1;
	ack.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &ack));
	ASSERT_OK(axv_irqfd_level(f->vm, fd, ack.fd, 0, ROUTE_LEVEL));
	start(f, &s, ROUTE(level_handler));
	for (unsigned int i = 1; i <= rounds; i++) {
		signal_event(fd);
#ifdef AXT_LEVEL_ENDS
		/* what comes before the end of the last one may go down with it */
		for (int n = 0; n < 20 && COUNT(f) < i; n++) {
			uint64_t end = axt_now_ms() + 500;

			while (COUNT(f) < i && axt_now_ms() < end)
				axt_sleep_ms(1);
			if (COUNT(f) < i)
				signal_event(fd);
		}
#endif
		if (!WAIT_UNTIL(COUNT(f) == i))
			break;
	}
	served(f, rounds);
	acks = events(ack.fd);
#ifdef AXT_LEVEL_ENDS
	EXPECT_GE(acks, rounds);
#else
	EXPECT_EQ(acks, rounds);
#endif
	storm_end(&s);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_MMIO_WRITE], 0);
}

#if defined(AXT_LEVEL_IRQ) && !defined(AXT_LEVEL_ENDS)
static void goes_on(struct axt *f)
{
	uint32_t seen = COUNT(f);

	ASSERT_TRUE(WAIT_UNTIL(COUNT(f) >= seen + 5));
}
#endif

/* Two on one line: it is up until both are down. */
TEST(level_shared, &serve)
{
	struct axvcpu_io_route ack = { .addr = ROUTE_ACK, .len = 4 };
	int a = new_event(), b = new_event(), ra = new_event(), rb = new_event();
	uint32_t seen __maybe_unused;
	struct storm s;

	axt_need_irqs(f);
	ack.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &ack));
	ASSERT_OK(axv_irqfd_level(f->vm, a, ra, 0, ROUTE_LEVEL));
	ASSERT_OK(axv_irqfd_level(f->vm, b, rb, 0, ROUTE_LEVEL));
	start(f, &s, ROUTE(level_handler));
#ifndef AXT_LEVEL_IRQ
	signal_event(a);
	served(f, 1);
	signal_event(b);
	served(f, 1);
	/* still up: the guest hears it once more */
	signal_event(ra);
	served(f, 2);
	signal_event(rb);
	served(f, 2);
	/* the route that has it up goes: down, for the other one to raise */
	signal_event(a);
	served(f, 3);
	ASSERT_OK(axv_irqfd_remove(f->vm, a, 0, ROUTE_LEVEL));
	signal_event(b);
	served(f, 4);
#elif defined(AXT_LEVEL_ENDS)
	/* one's end is the other's too, which is told so */
	signal_event(a);
	signal_event(b);
	goes_on_and_ends(f, 1);
	EXPECT_GE(events(rb), 1);
	EXPECT_GE(events(ra), 1);
	ASSERT_OK(axv_irqfd_remove(f->vm, a, 0, ROUTE_LEVEL));
	seen = COUNT(f);
	signal_event(b);
	goes_on_and_ends(f, seen + 1);
#else
	/* a level that the guest leaves as it is: it hears of nothing else */
	signal_event(a);
	signal_event(b);
	goes_on(f);
	signal_event(ra);
	goes_on(f);
	signal_event(rb);
	served(f, settled(f));
	signal_event(a);
	goes_on(f);
	ASSERT_OK(axv_irqfd_remove(f->vm, a, 0, ROUTE_LEVEL));
	served(f, settled(f));
#endif
	storm_end(&s);
}

/* A controller in user space asks the eventfds which of them it was. */
TEST(level_kept, &serve)
{
	struct axvcpu_irqfd i = {
		.flags = AXVCPU_IRQFD_LEVEL | AXVCPU_IRQFD_KEEP,
		.vector = ROUTE_LEVEL,
	};
	struct axvcpu_io_route ack = { .addr = ROUTE_ACK, .len = 4 };
	struct storm s;

	axt_need_irqs(f);
	i.fd = new_event();
	i.resample_fd = new_event();
	ack.fd = i.resample_fd;
	ASSERT_OK(axv_set_io_route(f->vm, &ack));
	signal_event(i.fd);
	ASSERT_OK(axv_set_irqfd(f->vm, &i));
	start(f, &s, ROUTE(level_handler));
	served(f, 1);
	for (int n = 0; n < 3; n++) {
		signal_event(i.fd);
		served(f, n + 2);
	}
	EXPECT_EQ(events(i.fd), 4);
	storm_end(&s);
}

/* ---- what it is not -------------------------------------------------------------------- */

TEST(arguments, &serve)
{
	int fd = new_event(), fd2 = new_event(), file = memfd_create("file", MFD_CLOEXEC);
	int i, vm = ASSERT_OK(axv_vm_create(&f->dev, 0));
	struct axvcpu_irqfd a = { .fd = fd, .resample_fd = -1, .vector = AXT_IRQ };

	axt_need_irqs(f);
	EXPECT_ERR(EBADF, axv_irqfd(f->vm, -1, 0, AXT_IRQ));
	EXPECT_ERR(EBADF, axv_irqfd(f->vm, 1000, 0, AXT_IRQ));
	EXPECT_ERR(EINVAL, axv_irqfd(f->vm, file, 0, AXT_IRQ));
	EXPECT_ERR(EINVAL, axv_irqfd(f->vm, f->vm, 0, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd(f->vm, fd, 1, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd(f->vm, fd, ~0u, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd(vm, fd, 0, AXT_IRQ));
	EXPECT_ERR(EINVAL, axv_irqfd(f->vm, fd, 0, ~0u));
	EXPECT_ERR(EINVAL, axv_irqfd(f->vm, fd, 0, AXT_IRQ | AXVCPU_INTERRUPT_CLEAR));
	EXPECT_ERR(EBADF, axv_irqfd_level(f->vm, fd, -1, 0, ROUTE_LEVEL));
	EXPECT_ERR(EINVAL, axv_irqfd_level(f->vm, fd, file, 0, ROUTE_LEVEL));
	EXPECT_ERR(EINVAL, axv_irqfd_level(f->vm, fd, fd, 0, ROUTE_LEVEL));
	EXPECT_ERR(EINVAL, axv_irqfd_level(f->vm, fd, dup(fd), 0, ROUTE_LEVEL));
	a.resample_fd = fd2;
	EXPECT_ERR(EINVAL, axv_set_irqfd(f->vm, &a));
	a.resample_fd = -1;
	a.flags = AXVCPU_IRQFD_KEEP;
	EXPECT_ERR(EINVAL, axv_set_irqfd(f->vm, &a));
	a.flags = AXVCPU_IRQFD_KEEP | AXVCPU_IRQFD_DEASSIGN;
	EXPECT_ERR(EINVAL, axv_set_irqfd(f->vm, &a));

	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd, 0, AXT_IRQ));
	EXPECT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	EXPECT_ERR(EEXIST, axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	EXPECT_ERR(EEXIST, axv_irqfd_level(f->vm, fd, fd2, 0, ROUTE_LEVEL));
	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd2, 0, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd, 1, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd, 0, AXT_IRQ + 1));
	EXPECT_ERR(ENOENT, axv_irqfd_remove(vm, fd, 0, AXT_IRQ));
	EXPECT_ERR(EINVAL, axv_irqfd_remove(f->vm, file, 0, AXT_IRQ));
	EXPECT_ERR(EBADF, axv_irqfd_remove(f->vm, -1, 0, AXT_IRQ));
	EXPECT_OK(axv_irqfd_remove(f->vm, dup(fd), 0, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd, 0, AXT_IRQ));
	for (i = 0; i < 100; i++) {
		ASSERT_OK(axv_irqfd_level(f->vm, fd, fd2, 0, ROUTE_LEVEL));
		signal_event(fd);
		ASSERT_OK(axv_irqfd_remove(f->vm, fd, 0, ROUTE_LEVEL));
	}
}

/* The last of a few thousand eventfds does not become one more than the limit. */
TEST_TIMEOUT(limit, &serve, 60)
{
	uint32_t max = f->dev.info.max_irqfds, i;
	struct rlimit files = { max + 64, max + 64 };
	int fd[2];

	axt_need_irqs(f);
	ASSERT_GE(max, 64);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < max; i++) {
		int r = eventfd(0, EFD_CLOEXEC);

		if (r < 0)
			axt_skip("no more than %u fds", i);
		fd[i & 1] = r;
		ASSERT_OK(axv_irqfd(f->vm, r, 0, AXT_IRQ));
	}
	i = new_event();
	EXPECT_ERR(ENOSPC, axv_irqfd(f->vm, i, 0, AXT_IRQ));
	EXPECT_OK(axv_irqfd_remove(f->vm, fd[0], 0, AXT_IRQ));
	EXPECT_OK(axv_irqfd(f->vm, i, 0, AXT_IRQ));
	EXPECT_ERR(ENOSPC, axv_irqfd(f->vm, fd[0], 0, AXT_IRQ));
	/* a closed one makes room, when the kernel gets to it */
	close(fd[1]);
	WAIT_UNTIL(!axv_irqfd(f->vm, fd[0], 0, AXT_IRQ));
}

/* ---- ends ---------------------------------------------------------------------------------- */

/* Closed and open again under the same number: another eventfd, and no route. */
TEST(eventfd_closed, &serve)
{
	int fd = new_event(), resample = new_event();
	struct storm s;

	axt_need_irqs(f);
	start(f, &s, ROUTE(edge_handler));
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	close(fd);
	fd = new_event();
	signal_event(fd);
	served(f, 0);
	EXPECT_EQ(events(fd), 1);
	ASSERT_OK(axv_irqfd_level(f->vm, fd, resample, 0, ROUTE_LEVEL));
	/* with the other one it goes as well */
	close(resample);
	WAIT_UNTIL(axv_irqfd(f->vm, fd, 0, AXT_IRQ) == 0);
	signal_event(fd);
	served(f, 1);
	storm_end(&s);
}

/* The route goes with its vCPU; another one of that id starts without. */
TEST(vcpu_closed, &serve)
{
	int fd = new_event(), fd2 = new_event();
	struct axv_vcpu v;

	axt_need_irqs(f);
	axt_add_vcpu(f, 1, &serve, &v);
	ASSERT_OK(axv_irqfd(f->vm, fd, 1, AXT_IRQ));
	ASSERT_OK(axv_irqfd_level(f->vm, fd2, new_event(), 1, ROUTE_LEVEL));
	signal_event(fd2);
	axv_vcpu_close(&v);
	signal_event(fd);
	EXPECT_EQ(events(fd), 1);
	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd, 1, AXT_IRQ));
	EXPECT_ERR(ENOENT, axv_irqfd(f->vm, fd, 1, AXT_IRQ));
	axt_add_vcpu(f, 1, &serve, &v);
	EXPECT_ERR(ENOENT, axv_irqfd_remove(f->vm, fd2, 1, ROUTE_LEVEL));
	EXPECT_OK(axv_irqfd(f->vm, fd, 1, AXT_IRQ));
	axv_vcpu_close(&v);
}

/* The VM's fd is not needed for its routes. */
TEST(vm_closed, &serve)
{
	int fd = new_event();
	struct storm s;

	axt_need_irqs(f);
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	start(f, &s, ROUTE(edge_handler));
	close(f->vm);
	f->vm = -1;
	signal_event(fd);
	served(f, 1);
	storm_end(&s);
}

/* INVALID: nothing comes, as with INJECT_INTERRUPT; after RESET it does again. */
TEST(invalid_vcpu, &ready)
{
	struct axvcpu_setup a = axt_setup_args(f->s2, &serve);
	int fd = new_event();
	struct storm s;

	axt_need_irqs(f);
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, AXT_IRQ));
	EXPECT_ERR(EBADFD, axv_bind(&f->v));
	EXPECT_STATE(&f->v, INVALID);
	signal_event(fd);
	EXPECT_EQ(events(fd), 0);
	EXPECT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &a));
	start(f, &s, ROUTE(edge_handler));
	served(f, 0);
	signal_event(fd);
	served(f, 1);
	storm_end(&s);
}
