/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that look after all that a CPU holds (guest/x86/keeper.S), of ours and of the
 * kernel's own KVM: whoever harms one hears of it.
 */
#ifndef AXV_SELFTEST_X86_KEEPER_H
#define AXV_SELFTEST_X86_KEEPER_H

#include "axvtest.h"

enum keeper_kind {
	KEEPER_OURS,
	KEEPER_KVM,
};

struct kvm_run;

/**
 * struct keeper - one VM with one vCPU
 * @kind: whose
 * @name: for complaints
 * @f: of ours: its fixture
 * @vm: of KVM: the VM, the vCPU and its page
 * @vcpu: likewise
 * @kvm_run: likewise
 * @run_size: likewise
 * @ram: its memory
 * @thread: where keeper_start() has it run
 * @cpu: the only CPU of that thread, -1: any
 * @over: it is to end
 * @rounds: how often it came back and was well
 */
struct keeper {
	enum keeper_kind kind;
	char name[16];
	struct axt f;
	int vm;
	int vcpu;
	struct kvm_run *kvm_run;
	size_t run_size;
	unsigned char *ram;
	struct axt_thread thread;
	int cpu;
	unsigned int over;
	unsigned int rounds;
};

/**
 * struct keeper_wish - what it is to hold
 * @seed: differs from all others that there are
 * @spin: turns of a loop within a round
 */
struct keeper_wish {
	unsigned int seed;
	unsigned int spin;
};

/* Does this machine have /dev/kvm now? */
bool keeper_have_kvm(void);
/*
 * The modules: 0 or -errno. @options: of the general one, for one of KVM's own words, or
 * NULL.
 */
int keeper_load_kvm(const char *options);
int keeper_unload_kvm(void);

void keeper_open(struct keeper *k, enum keeper_kind kind, const struct keeper_wish *w);
void keeper_close(struct keeper *k);
/* One RUN, one round, by this thread (which has bound it, if it is ours): is all well? */
bool keeper_round(struct keeper *k);
/* Rounds in a thread of its own until keeper_stop(), or until something is wrong. */
void keeper_start(struct keeper *k, int cpu);
void keeper_stop(struct keeper *k);
/* Each of them comes round @n times more. */
void keeper_all_get_on(struct keeper *k, unsigned int nr, unsigned int n);

#endif /* AXV_SELFTEST_X86_KEEPER_H */
