// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "ktap.h"

static unsigned int tests, failures;
static char why[512];

bool wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return false;
}

const char *what_went_wrong(void)
{
	return why;
}

void ktap_plan(unsigned int n)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
}

void ktap_result(bool ok, const char *name)
{
	if (!ok) {
		printf("# %s\n", why);
		failures++;
	}
	printf("%sok %u %s\n", ok ? "" : "not ", ++tests, name);
}

void ktap_skip(const char *name, const char *reason)
{
	printf("ok %u %s # SKIP %s\n", ++tests, name, reason);
}

int ktap_end(void)
{
	return failures ? 1 : 0;
}
