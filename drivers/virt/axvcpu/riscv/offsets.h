/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets in struct axv_riscv_ctx for entry.S; arch.c checks them. */
#ifndef AXVCPU_RISCV_OFFSETS_H
#define AXVCPU_RISCV_OFFSETS_H

#define CTX_X(n)	((n) * 8)
#define CTX_PC		256
#define CTX_SSTATUS	264
#define CTX_SCAUSE	272
#define CTX_STVAL	280
#define CTX_HTVAL	288
#define CTX_HTINST	296
#define CTX_HOST(n)	(304 + (n) * 8)

#endif
