/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IMSIC of a vCPU: an interrupt file, in a hart or in memory.
 *
 * imsic.c	who has which file of the harts, and how a vCPU comes to one
 * imsic_guest.c	who writes to it: the guest where the page is not mapped, user space
 */
#ifndef AXVCPU_RISCV_IMSIC_H
#define AXVCPU_RISCV_IMSIC_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "riscv.h"

#define IMSIC_WORDS	32	/* of 64 identities each */

/**
 * struct axv_riscv_imsic - one of a vCPU
 * @rcu: siblings may still look at it
 * @v: [I] the vCPU
 * @gpa: [I] its page
 * @s2: the stage-2 that has the page, with a reference; written with @lock by the vCPU's
 *	own thread while there is no file, so that it stays for those who keep it having one
 * @lock: covers what follows; taken with interrupts off or on
 * @cpu: the CPU that it has a file of, -1: none. Written on that CPU with interrupts off,
 *	so that the vCPU's sections there need no lock to read it
 * @file: the file's number, from 1 on
 * @hpa: where the page leads: the file's, 0: nowhere
 * @door: the same for the kernel
 * @armed: the file interrupts the CPU when it has something; written as @cpu is
 * @eidelivery: what of the registers is in memory while there is no file, and 0 else
 * @eithreshold: likewise
 * @eip: likewise
 * @eie: likewise
 */
struct axv_riscv_imsic {
	struct rcu_head rcu;
	struct axv_vcpu *v;
	u64 gpa;
	struct axv_stage2 *s2;
	raw_spinlock_t lock;
	int cpu;
	unsigned int file;
	u64 hpa;
	void __iomem *door;
	bool armed;
	u64 eidelivery;
	u64 eithreshold;
	u64 eip[IMSIC_WORDS];
	u64 eie[IMSIC_WORDS];
};

/* identities are 1 to this; 0 as long as nobody has had an IMSIC */
extern u32 axv_riscv_imsic_ids;

/* At rest, own thread: all of it to memory. Sleeps. */
void axv_riscv_imsic_rest(struct axv_vcpu *v);
/* With the lock, in memory: is there something for the hart? */
bool axv_riscv_imsic_has(const struct axv_riscv_imsic *im);
/* An MSI. Any context; @v stays. */
void axv_riscv_imsic_send(struct axv_vcpu *v, u32 id);

#endif
