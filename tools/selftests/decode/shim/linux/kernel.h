/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_KERNEL_H
#define SHIM_LINUX_KERNEL_H

#include <linux/bits.h>

#define U8_MAX		0xffu
#define U16_MAX		0xffffu
#define U32_MAX		0xffffffffu

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define fallthrough	__attribute__((__fallthrough__))

#define min_t(type, a, b) ({			\
	type min_a = (a), min_b = (b);		\
	min_a < min_b ? min_a : min_b; })
#define max_t(type, a, b) ({			\
	type max_a = (a), max_b = (b);		\
	max_a > max_b ? max_a : max_b; })
#define min(a, b)	min_t(typeof(a), a, b)
#define max(a, b)	max_t(typeof(a), a, b)

#endif
