// SPDX-License-Identifier: GPL-2.0-only
/* Messages, time, and the parsing of option arguments. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "axrun.h"
#include "console.h"

static void vsay(const char *fmt, va_list ap)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	/* whole lines, so that the guest's output does not break them up */
	fprintf(stderr, "axrun: %s%s\n", line, console_is_raw() ? "\r" : "");
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void die(const char *fmt, ...)
{
	va_list ap;

	console_close();
	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	exit(AXRUN_ERROR);
}

void die_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	exit(AXRUN_USAGE);
}

void *xcalloc(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	if (!p)
		die("out of memory");
	return p;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

bool parse_size(const char *text, uint64_t *size)
{
	unsigned long long value;
	unsigned int shift;
	char *end;

	/* strtoull() would take blanks and signs */
	if (!isdigit((unsigned char)text[0]))
		return false;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno)
		return false;

	switch (*end) {
	case '\0':
		shift = 0;
		break;
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	default:
		return false;
	}
	if (*end && end[1])
		return false;
	if (value > UINT64_MAX >> shift)
		return false;

	*size = value << shift;
	return true;
}

bool parse_flat(const char *text, char **path, uint64_t *addr)
{
	/* the last one: a file name may contain the character */
	const char *at = strrchr(text, '@');

	if (!at || at == text || !parse_size(at + 1, addr))
		return false;

	*path = strndup(text, at - text);
	return *path;
}
