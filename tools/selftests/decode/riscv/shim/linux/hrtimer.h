/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_HRTIMER_H
#define SHIM_LINUX_HRTIMER_H

struct hrtimer {
	int nothing;
};

#endif
