/* SPDX-License-Identifier: GPL-2.0-only */
/* Results of the host-side tests. */
#ifndef DECODE_KTAP_H
#define DECODE_KTAP_H

#include <stdbool.h>

/* What went wrong; false, so that a check can return it. */
__attribute__((format(printf, 1, 2)))
bool wrong(const char *fmt, ...);
const char *what_went_wrong(void);

void ktap_plan(unsigned int tests);
void ktap_result(bool ok, const char *name);
void ktap_skip(const char *name, const char *reason);
/* The exit status. */
int ktap_end(void);

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			return wrong("line %d: %s", __LINE__, #cond);	\
	} while (0)

#endif
