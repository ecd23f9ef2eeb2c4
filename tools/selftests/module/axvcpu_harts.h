/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/axvcpu_harts, of the tests: a hart's CSRs of the H extension and those that a
 * guest could leave behind, as other users of the hart find them.
 */
#ifndef AXVCPU_HARTS_H
#define AXVCPU_HARTS_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* name, number, what of it is looked at; what can be written without harm to a host */
#define HART_CSRS(X)							\
	X(VSSTATUS,	0x200, ~0ull,	0x800c6722ull)			\
	X(VSTVEC,	0x205, ~0ull,	~1ull)				\
	X(VSSCRATCH,	0x240, ~0ull,	~0ull)				\
	X(VSEPC,	0x241, ~0ull,	~1ull)				\
	X(VSCAUSE,	0x242, ~0ull,	0x800000000000000full)		\
	X(VSTVAL,	0x243, ~0ull,	~0ull)				\
	X(VSATP,	0x280, ~0ull,	0x0fffffffffffffffull)		\
	/* SPV and GVA change with every trap */			\
	X(HSTATUS,	0x600, ~0xc0ull, 0x700100ull)			\
	X(HEDELEG,	0x602, ~0ull,	0xb1ffull)			\
	X(HIDELEG,	0x603, ~0ull,	0x444ull)			\
	X(HIE,		0x604, ~0ull,	0x444ull)			\
	X(HTIMEDELTA,	0x605, ~0ull,	~0ull)				\
	X(HCOUNTEREN,	0x606, ~0ull,	0xffffffffull)			\
	X(HGEIE,	0x607, ~0ull,	0)				\
	X(HENVCFG,	0x60a, ~0ull,	0xf1ull)			\
	/* some harts show lines of the host, too */				\
	X(HVIP,		0x645, ~0xbbbull, 0x444ull)			\
	X(HGATP,	0x680, ~0ull,	0x03fffffffffffffcull)		\
	X(SCOUNTEREN,	0x106, ~0ull,	0)				\
	X(SENVCFG,	0x10a, ~0ull,	0)				\
	X(VSTIMECMP,	0x24d, ~0ull,	~0ull)				\
	X(HSTATEEN0,	0x60c, ~0ull,	1ull << 62)			\
	X(VSISELECT,	0x250, ~0ull,	0x3full)			\
	X(HVIEN,	0x608, ~0ull,	0)				\
	X(HVICTL,	0x609, ~0ull,	0x1ffull)			\
	X(HVIPRIO1,	0x646, ~0ull,	~0ull)				\
	X(HVIPRIO2,	0x647, ~0ull,	~0ull)

enum hart_csr {
#define X(name, ...)	HART_##name,
	HART_CSRS(X)
#undef X
	HART_NR
};

#define HART_READ	1u	/* all there are */
#define HART_WRITE	2u	/* those of @there with bits that are free: these bits */
#define HART_FROM_IRQ	4u	/* in an interrupt of whatever runs there, else in a thread */

/**
 * struct hart_csrs - argument of HART_ACCESS
 * @cpu: which hart
 * @flags: HART_*
 * @there: bit by enum hart_csr: those that the hart has; for HART_READ, out
 * @value: by enum hart_csr
 */
struct hart_csrs {
	__u32 cpu;
	__u32 flags;
	__u64 there;
	__u64 value[HART_NR];
};

#define HART_ACCESS	_IOWR('h', 1, struct hart_csrs)

#endif /* AXVCPU_HARTS_H */
