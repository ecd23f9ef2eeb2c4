/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of SBI by the guest of sbi.S, with any arguments, and vCPUs with hart ids. */
#ifndef AXV_SELFTEST_RISCV_SBI_H
#define AXV_SELFTEST_RISCV_SBI_H

#include "axvtest.h"
#include "guest/riscv/sbi.h"

DECLARE_GUEST(sbi);
DECLARE_GUEST_SYM(sbi, call);
DECLARE_GUEST_SYM(sbi, call_done);
DECLARE_GUEST_SYM(sbi, user_call);
DECLARE_GUEST_SYM(sbi, user_call_done);
DECLARE_GUEST_SYM(sbi, traps);
DECLARE_GUEST_SYM(sbi, spin);
DECLARE_GUEST_SYM(sbi, wait);
DECLARE_GUEST_SYM(sbi, waited);
DECLARE_GUEST_SYM(sbi, hart_main);
DECLARE_GUEST_SYM(sbi, hart_count);
DECLARE_GUEST_SYM(sbi, start_count);
DECLARE_GUEST_SYM(sbi, fence_reader);
DECLARE_GUEST_SYM(sbi, fence_writer);
DECLARE_GUEST_SYM(sbi, fence_all);
DECLARE_GUEST_SYM(sbi, ping_pong);
DECLARE_GUEST_SYM(sbi, timer);
DECLARE_GUEST_SYM(sbi, time);
DECLARE_GUEST_SYM(sbi, clock);

#define SBI(label)	GUEST_SYM(sbi, label)

#define EXT_BASE	0x10
#define EXT_TIME	0x54494d45
#define EXT_IPI		0x735049
#define EXT_RFENCE	0x52464e43
#define EXT_HSM		0x48534d
#define EXT_SRST	0x53525354
#define EXT_DBCN	0x4442434e
#define EXT_PMU		0x504d55
#define EXT_SUSP	0x53555350
#define EXT_HVC		AXVCPU_RISCV_SBI_HVC

#define SBI_OK			0ll
#define SBI_FAILED		-1ll
#define SBI_NOT_SUPPORTED	-2ll
#define SBI_INVALID_PARAM	-3ll
#define SBI_DENIED		-4ll
#define SBI_INVALID_ADDRESS	-5ll
#define SBI_ALREADY_AVAILABLE	-6ll

#define HART_STARTED		0u
#define HART_STOPPED		1u
#define HART_START_PENDING	2u
#define HART_SUSPENDED		4u

#define CAUSE_IRQ		(1ull << 63)

struct sbi_call {
	uint64_t eid;
	uint64_t fid;
	uint64_t args[6];
};

struct sbi_ret {
	int64_t error;
	uint64_t value;
};

/* @v is about to make @c; what a1 is when that leaves it alone is 0xa1. */
static inline void sbi_prepare(struct axv_vcpu *v, const struct sbi_call *c)
{
	unsigned int i;

	axt_goto(v, SBI(call), 0);
	for (i = 0; i < 6; i++)
		ASSERT_OK(axv_set_gpr(v, A0 + i, c->args[i]));
	ASSERT_OK(axv_set_gpr(v, A6, c->fid));
	ASSERT_OK(axv_set_gpr(v, A7, c->eid));
}

/* It has made it, without an exit to the VMM: what it was told. */
static inline struct sbi_ret sbi_result(struct axv_vcpu *v)
{
	axt_fetch(v);
	return (struct sbi_ret) { reg(v, A0), reg(v, A1) };
}

static inline struct sbi_ret sbi_make(struct axv_vcpu *v, const struct sbi_call *c)
{
	sbi_prepare(v, c);
	ASSERT_SYNC_V(v);
	ASSERT_EQ(v->run->exit.mmio.gpa, GUEST_SYNC);
	return sbi_result(v);
}

#define sbi(v, _eid, _fid, ...)						\
	sbi_make(v, &(struct sbi_call) {				\
		.eid = _eid, .fid = _fid, .args = { __VA_ARGS__ },	\
	})

/* EXPECT_SBI(v, error, value, extension, function, arguments ...) */
#define EXPECT_SBI(v, err, val, ...)					\
	do {								\
		struct sbi_ret _ret = sbi(v, __VA_ARGS__);		\
									\
		EXPECT_EQ(_ret.error, (int64_t)(err));			\
		EXPECT_EQ(_ret.value, (uint64_t)(val));			\
	} while (0)

/* A vCPU of f->vm with that hart id, at @entry; @flags: AXVCPU_SETUP_RUNNABLE or 0. */
static inline void hart_new(struct axt *f, uint32_t id, uint64_t hartid, uint64_t entry,
			    uint32_t flags, struct axv_vcpu *v)
{
	const struct axvcpu_create_vcpu c = {
		.id = id, .preferred_cpu = -1,
		.arch.riscv = { .hartid = hartid, .dtb = 0xd7b },
	};
	const struct axvcpu_setup s = {
		.flags = flags, .entry = entry, .stage2_fd = f->s2,
		.arch.riscv.sp = GUEST_STACK,
	};

	ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, v));
	ASSERT_OK(axv_setup(v, &s));
}

/* Its interrupts pending, of those it could have. */
static inline uint64_t sip_of(struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	return v->run->regs.riscv.intr.sip;
}

/* None pending, @sie enabled, nothing waited for. */
static inline void set_irqs(struct axv_vcpu *v, uint64_t sie)
{
	memset((void *)&v->run->regs.riscv.intr, 0, sizeof(v->run->regs.riscv.intr));
	v->run->regs.riscv.intr.sie = sie;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_INTR, 0));
}

/* RUN: the guest's trap handler has this to say. */
#define ASSERT_TRAP(v, cause, tval, pc)					\
	do {								\
		ASSERT_SYNC_V(v);					\
		ASSERT_EQ((v)->run->exit.mmio.gpa, GUEST_TRAP);		\
		axt_fetch(v);						\
		EXPECT_EQ(reg(v, A0), (uint64_t)(cause));		\
		EXPECT_EQ(reg(v, A1), (uint64_t)(tval));		\
		EXPECT_EQ(reg(v, A2), (uint64_t)(pc));			\
	} while (0)

#endif /* AXV_SELFTEST_RISCV_SBI_H */
