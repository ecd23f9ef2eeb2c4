/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels axvcpu supports. The rest of the driver
 * reads as for the newest kernel; each piece here is chosen by looking at the
 * kernel's headers (see Kbuild), and goes when the oldest kernel goes.
 */
#ifndef AXVCPU_COMPAT_H
#define AXVCPU_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/types.h>

/* Before 6.8 it had a count. Any context. */
static inline void axv_eventfd_signal(struct eventfd_ctx *ctx)
{
#ifdef AXV_EVENTFD_SIGNAL_HAS_COUNT
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

#ifndef AXV_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#ifdef AXV_HAVE_ENTRY_VIRT
#include <linux/entry-virt.h>

static inline int axv_xfer_to_guest_work(void)
{
	if (!__xfer_to_guest_mode_work_pending())
		return 0;
	return xfer_to_guest_mode_handle_work();
}

static inline int axv_compat_init(void) { return 0; }
static inline void axv_compat_exit(void) { }
#else
#include <linux/entry-kvm.h>

/* xfer.c: the helper of these kernels wants a struct kvm_vcpu */
int axv_xfer_to_guest_slow(void);
int axv_compat_init(void);
void axv_compat_exit(void);

static inline int axv_xfer_to_guest_work(void)
{
	if (!__xfer_to_guest_mode_work_pending())
		return 0;
	return axv_xfer_to_guest_slow();
}
#endif

#ifdef AXV_HAVE_RSEQ_VIRT
#include <linux/rseq.h>
#else
/* Before 6.19 the work before an entry was all of it. */
static inline void rseq_virt_userspace_exit(void) { }
#endif

/* Signals, resched, task work, for the last moment: interrupts are off. */
static inline bool axv_xfer_to_guest_pending(void)
{
	return __xfer_to_guest_mode_work_pending();
}

#ifdef CONFIG_X86
#ifdef AXV_HAVE_CPUID_API
#include <asm/cpuid/api.h>
#else
#include <asm/cpuid.h>
#endif
#include <linux/smp.h>
#include <asm/msr.h>

/* Since 6.4 a macro of the plain name traces the IPI and sends it by this. */
#ifndef smp_send_reschedule
#define arch_smp_send_reschedule(cpu)	smp_send_reschedule(cpu)
#endif

/* 6.16 gave these a q for their 64 bits. */
#ifndef rdmsrq
#define rdmsrq(msr, val)	rdmsrl(msr, val)
#define wrmsrq(msr, val)	wrmsrl(msr, val)
#define rdmsrq_safe(msr, p)	rdmsrl_safe(msr, p)
#define wrmsrq_safe(msr, val)	wrmsrl_safe(msr, val)
#endif
#endif

#endif /* AXVCPU_COMPAT_H */
