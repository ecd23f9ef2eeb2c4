/* SPDX-License-Identifier: GPL-2.0-only */
#include <x86intrin.h>
#define rdtsc()		__rdtsc()
