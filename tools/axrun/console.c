// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's console on stdin and stdout.
 *
 * Input that comes from a terminal is read raw, and Ctrl-A is the escape key.
 * Other input (a file, a pipe) goes to the guest byte for byte.
 *
 * Output is collected until a line is complete, the buffer is full or some
 * milliseconds have gone by: a write() per character would cost more than the
 * guest's exit for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "axrun.h"
#include "console.h"

#define ESCAPE		0x01		/* Ctrl-A */
#define FLUSH_NS	(10 * NSEC_PER_MSEC)
#define IN_SIZE		4096u		/* a power of two */
#define OUT_SIZE	4096u

static struct {
	struct vm *vm;
	void (*ready)(void *opaque);
	void *opaque;
	bool taken;			/* by a device that calls console_read() */
	struct event *in_event;
	struct event *flush_timer;
	bool flush_armed;
	bool escape;

	unsigned char in[IN_SIZE];
	unsigned int in_head;		/* free running */
	unsigned int in_tail;
	bool in_eof;

	unsigned char out[OUT_SIZE];
	unsigned int out_len;
	bool out_broken;

	struct termios saved;
	struct termios raw;
	volatile sig_atomic_t is_raw;
	volatile sig_atomic_t got_signal;
} con;

/* ---- the terminal -------------------------------------------------------- */

/* Also called by signal handlers: tcsetattr() and sigprocmask() are safe. */
static void restore_terminal(void)
{
	sigset_t ttou;
	sigset_t old;

	if (!con.is_raw)
		return;

	con.is_raw = 0;
	/* a background process would be stopped for touching the terminal */
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &old);
	tcsetattr(STDIN_FILENO, TCSANOW, &con.saved);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void make_raw(void)
{
	if (tcgetattr(STDIN_FILENO, &con.saved))
		return;
	/* the terminal is not ours to change when the shell has it */
	if (tcgetpgrp(STDIN_FILENO) != getpgrp())
		return;

	con.raw = con.saved;
	cfmakeraw(&con.raw);
	con.raw.c_cc[VMIN] = 1;
	con.raw.c_cc[VTIME] = 0;
	con.is_raw = 1;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &con.raw))
		con.is_raw = 0;
}

bool console_is_raw(void)
{
	return con.is_raw;
}

/*
 * Runs in the first vCPU's thread, as all others block signals. So RUN is
 * either over with EINTR, or not yet begun, and then the stop word ends it.
 * The second signal does not wait for anything.
 */
static void on_end_signal(int sig)
{
	int saved_errno = errno;

	if (con.got_signal) {
		restore_terminal();
		_exit(128 + sig);
	}
	con.got_signal = sig;
	con.vm->ending = true;
	con.vm->status = 128 + sig;
	axv_stop_word(&con.vm->vcpu[0].axv);
	errno = saved_errno;
}

/* The handler is gone by SA_RESETHAND: back to the terminal, then die of it. */
static void on_fatal_signal(int sig)
{
	restore_terminal();
	raise(sig);
}

/* Stopped from outside: the shell is to find its terminal as it was. */
static void on_stop(int sig)
{
	int saved_errno = errno;

	(void)sig;
	if (con.is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &con.saved);
	raise(SIGSTOP);
	errno = saved_errno;
}

/* Continued: the shell has changed the terminal. */
static void on_continue(int sig)
{
	int saved_errno = errno;

	(void)sig;
	if (con.is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &con.raw);
	errno = saved_errno;
}

static void catch_signals(void)
{
	static const int end[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int fatal[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP,
		SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM,
		SIGPROF,
	};
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(end); i++) {
		struct sigaction old;

		/* nohup and the like stay in force */
		sigaction(end[i], NULL, &old);
		sa.sa_handler = on_end_signal;
		if (old.sa_handler != SIG_IGN)
			sigaction(end[i], &sa, NULL);
	}
	sa.sa_flags = SA_RESETHAND;
	sa.sa_handler = on_fatal_signal;
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	sa.sa_flags = SA_RESTART;
	sa.sa_handler = on_stop;
	sigaction(SIGTSTP, &sa, NULL);
	sa.sa_handler = on_continue;
	sigaction(SIGCONT, &sa, NULL);
	/* a reader that went away is seen by write() */
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

/* ---- input ---------------------------------------------------------------- */

static unsigned int in_room(void)
{
	return IN_SIZE - (con.in_head - con.in_tail);
}

static void in_push(unsigned char c)
{
	con.in[con.in_head++ % IN_SIZE] = c;
}

/* What follows the escape key. */
static void escape_command(unsigned char c)
{
	switch (c) {
	case 'x':
	case 'X':
		vm_end(con.vm, AXRUN_QUIT, "ended at the console");
		break;
	case ESCAPE:
		in_push(ESCAPE);
		break;
	case 'h':
	case 'H':
	case '?':
		console_flush();
		say("Ctrl-A x ends axrun, Ctrl-A Ctrl-A sends Ctrl-A, Ctrl-A h is this help");
		break;
	default:
		break;
	}
}

static void on_input(void *opaque)
{
	unsigned char buf[256];
	unsigned int room = in_room();
	ssize_t n;

	(void)opaque;
	/* the guest is behind: what is not read waits in the terminal */
	if (!room) {
		event_enable_fd(&con.vm->events, con.in_event, false);
		return;
	}

	n = read(STDIN_FILENO, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		con.in_eof = true;
		event_enable_fd(&con.vm->events, con.in_event, false);
		return;
	}

	for (ssize_t i = 0; i < n; i++) {
		if (con.escape) {
			con.escape = false;
			escape_command(buf[i]);
		} else if (con.is_raw && buf[i] == ESCAPE) {
			con.escape = true;
		} else {
			in_push(buf[i]);
		}
	}
	con.ready(con.opaque);
}

static int in_pop(void)
{
	int c;

	if (con.in_head == con.in_tail)
		return -1;

	c = con.in[con.in_tail++ % IN_SIZE];
	if (!con.in_event->events && !con.in_eof)
		event_enable_fd(&con.vm->events, con.in_event, true);
	return c;
}

int console_getc(void)
{
	return con.taken ? -1 : in_pop();
}

unsigned int console_read(unsigned char *buf, unsigned int len)
{
	unsigned int n = 0;
	int c;

	while (n < len && (c = in_pop()) >= 0)
		buf[n++] = c;
	return n;
}

/* ---- output --------------------------------------------------------------- */

void console_flush(void)
{
	unsigned int done = 0;

	while (done < con.out_len && !con.out_broken) {
		ssize_t n = write(STDOUT_FILENO, con.out + done,
				  con.out_len - done);

		if (n >= 0) {
			done += n;
		} else if (errno == EAGAIN) {
			/* stdout may share its file with a non-blocking stdin */
			struct pollfd p = {
				.fd = STDOUT_FILENO,
				.events = POLLOUT,
			};

			poll(&p, 1, 100);
			if (con.got_signal)
				break;
		} else if (errno != EINTR || con.got_signal) {
			con.out_broken = true;
			vm_end(con.vm, AXRUN_ERROR, "stdout: %s",
			       strerror(errno));
		}
	}
	con.out_len = 0;
}

static void on_flush_timer(void *opaque)
{
	(void)opaque;
	con.flush_armed = false;
	console_flush();
}

void console_putc(unsigned char c)
{
	con.out[con.out_len++] = c;
	if (c == '\n' || con.out_len == OUT_SIZE) {
		console_flush();
	} else if (!con.flush_armed) {
		/* left to run after a newline: one timer call per period */
		con.flush_armed = true;
		event_set_timer(con.flush_timer, now_ns() + FLUSH_NS);
	}
}

/* ---- open and close ------------------------------------------------------- */

void console_open(struct vm *vm, void (*ready)(void *opaque), void *opaque)
{
	con.vm = vm;
	con.ready = ready;
	con.opaque = opaque;
	con.in_event = event_add_fd(&vm->events, STDIN_FILENO, on_input, NULL);
	con.flush_timer = event_add_timer(&vm->events, on_flush_timer, NULL);

	atexit(restore_terminal);
	catch_signals();
	if (isatty(STDIN_FILENO))
		make_raw();
}

void console_take(void (*ready)(void *opaque), void *opaque)
{
	con.taken = true;
	con.ready = ready;
	con.opaque = opaque;
}

void console_close(void)
{
	console_flush();
	restore_terminal();
}
