/* SPDX-License-Identifier: GPL-2.0-only */
/* A timer that is part of a structure, and of nothing else. */
#ifndef SHIM_LINUX_HRTIMER_H
#define SHIM_LINUX_HRTIMER_H

struct hrtimer {
	int unused;
};

#endif
