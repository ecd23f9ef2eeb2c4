/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stdlib.h>

#define GFP_KERNEL_ACCOUNT	0

static inline void *kzalloc(size_t size, unsigned int gfp)
{
	return calloc(1, size);
}

static inline void kfree(void *p)
{
	free(p);
}

#endif
