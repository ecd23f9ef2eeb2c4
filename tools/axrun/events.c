// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event thread: waits for input and for the devices' timers and calls
 * their functions with vm->lock held. It is the only thread beside the vCPU's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "axrun.h"

void events_init(struct events *ev)
{
	ev->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ev->wake_fd < 0)
		die("eventfd: %s", strerror(errno));
}

struct event *event_add_fd(struct events *ev, int fd,
			   void (*fn)(void *), void *opaque)
{
	struct event *e;

	if (ev->nr == MAX_EVENTS)
		die("too many event sources");

	e = &ev->event[ev->nr++];
	e->fd = fd;
	e->events = POLLIN;
	e->fn = fn;
	e->opaque = opaque;
	return e;
}

struct event *event_add_timer(struct events *ev, void (*fn)(void *),
			      void *opaque)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct event *e;

	if (fd < 0)
		die("timerfd: %s", strerror(errno));

	e = event_add_fd(ev, fd, fn, opaque);
	e->timer = true;
	e->due = UINT64_MAX;
	return e;
}

void event_set_timer(struct event *e, uint64_t when)
{
	struct itimerspec its = { 0 };

	if (when == e->due)
		return;
	e->due = when;
	if (when != UINT64_MAX) {
		/* all zeroes would disarm it */
		if (!when)
			when = 1;
		its.it_value.tv_sec = when / NSEC_PER_SEC;
		its.it_value.tv_nsec = when % NSEC_PER_SEC;
	}
	timerfd_settime(e->fd, TFD_TIMER_ABSTIME, &its, NULL);
}

static void wake(struct events *ev)
{
	uint64_t one = 1;

	/* full means that it is awake anyway */
	if (write(ev->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void event_enable_fd(struct events *ev, struct event *e, bool on)
{
	e->events = on ? POLLIN : 0;
	wake(ev);
}

static void dispatch(struct event *e)
{
	uint64_t expirations;

	/*
	 * The read fails when the timer was set anew since poll() returned.
	 * Then it has not expired.
	 */
	if (e->timer) {
		if (read(e->fd, &expirations, sizeof(expirations)) < 0)
			return;
		e->due = UINT64_MAX;
	}
	e->fn(e->opaque);
}

static void *event_thread(void *arg)
{
	struct vm *vm = arg;
	struct events *ev = &vm->events;
	struct pollfd p[MAX_EVENTS + 1];
	uint64_t count;

	pthread_mutex_lock(&vm->lock);
	while (!ev->stop) {
		unsigned int nr = ev->nr;

		for (unsigned int i = 0; i < nr; i++) {
			/* a negative one is passed over, hang-ups and all */
			p[i].fd = ev->event[i].events ? ev->event[i].fd : -1;
			p[i].events = ev->event[i].events;
			p[i].revents = 0;
		}
		p[nr].fd = ev->wake_fd;
		p[nr].events = POLLIN;
		p[nr].revents = 0;

		pthread_mutex_unlock(&vm->lock);
		poll(p, nr + 1, -1);
		pthread_mutex_lock(&vm->lock);

		if (p[nr].revents &&
		    read(ev->wake_fd, &count, sizeof(count)) < 0)
			continue;
		for (unsigned int i = 0; i < nr && !ev->stop; i++)
			if (p[i].revents)
				dispatch(&ev->event[i]);
	}
	pthread_mutex_unlock(&vm->lock);
	return NULL;
}

void events_start(struct vm *vm)
{
	sigset_t all;
	sigset_t old;
	int ret;

	/* signals are the vCPU thread's: they must get it out of RUN */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&vm->events.thread, NULL, event_thread, vm);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		die("cannot start a thread: %s", strerror(ret));
	vm->events.started = true;
}

/* lock not held */
void events_stop(struct vm *vm)
{
	if (!vm->events.started)
		return;

	pthread_mutex_lock(&vm->lock);
	vm->events.stop = true;
	pthread_mutex_unlock(&vm->lock);
	wake(&vm->events);
	pthread_join(vm->events.thread, NULL);
	vm->events.started = false;
}
