/* SPDX-License-Identifier: GPL-2.0-only */
/* Since 6.19 whoever uses the FP registers brings room for them. Included by fp.c alone. */
#ifndef AXVCPU_COMPAT_NEON_H
#define AXVCPU_COMPAT_NEON_H

#include <asm/neon.h>

struct axv_neon {
#ifdef AXV_NEON_HAS_STATE
	struct user_fpsimd_state state;
#endif
};

static inline void axv_neon_begin(struct axv_neon *n)
{
#ifdef AXV_NEON_HAS_STATE
	kernel_neon_begin(&n->state);
#else
	kernel_neon_begin();
#endif
}

static inline void axv_neon_end(struct axv_neon *n)
{
#ifdef AXV_NEON_HAS_STATE
	kernel_neon_end(&n->state);
#else
	kernel_neon_end();
#endif
}

#endif /* AXVCPU_COMPAT_NEON_H */
