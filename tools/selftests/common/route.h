/* SPDX-License-Identifier: GPL-2.0-only */
/* What the route_*.c programs share: the guests of route.S, and eventfds. */
#ifndef AXV_SELFTEST_ROUTE_H
#define AXV_SELFTEST_ROUTE_H

#include <sys/eventfd.h>
#include <unistd.h>

#include "axvtest.h"
#include "guest/route.h"

DECLARE_GUEST(route);
DECLARE_GUEST_SYM(route, done);
DECLARE_GUEST_SYM(route, write8);
DECLARE_GUEST_SYM(route, write16);
DECLARE_GUEST_SYM(route, write32);
DECLARE_GUEST_SYM(route, write64);
DECLARE_GUEST_SYM(route, read32);
DECLARE_GUEST_SYM(route, write_many);
DECLARE_GUEST_SYM(route, write_four);
DECLARE_GUEST_SYM(route, loopback);
DECLARE_GUEST_SYM(route, serve);
DECLARE_GUEST_SYM(route, serve_spinning);
DECLARE_GUEST_SYM(route, edge_handler);
DECLARE_GUEST_SYM(route, level_handler);

#define ROUTE(label)	GUEST_SYM(route, label)

/* a line that does not fall by itself, where the architecture has such */
#ifdef AXT_LEVEL_IRQ
#define ROUTE_LEVEL	AXT_LEVEL_IRQ
#else
#define ROUTE_LEVEL	AXT_IRQ
#endif

/* A new eventfd. */
static inline int new_event(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	ASSERT_GE(fd, 0);
	return fd;
}

/* What was signalled since it was last asked. */
static inline uint64_t events(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static inline void signal_event(int fd)
{
	uint64_t one = 1;

	ASSERT_EQ(write(fd, &one, sizeof(one)), (ssize_t)sizeof(one));
}

/* The guest goes to @label with @value for @addr, @nr times. */
static inline void route_go(const struct axv_vcpu *v, uint64_t label, uint64_t addr,
			    uint64_t value, uint64_t nr)
{
	axt_goto(v, label, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(v, AXT_ADDR, addr));
	ASSERT_OK(axv_set_gpr(v, AXT_VALUE, value));
	ASSERT_OK(axv_set_gpr(v, AXT_COUNT, nr));
}

#endif /* AXV_SELFTEST_ROUTE_H */
