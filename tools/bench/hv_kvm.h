/* SPDX-License-Identifier: GPL-2.0-only */
/* What the VM on /dev/kvm has from each architecture. */
#ifndef AXV_BENCH_HV_KVM_H
#define AXV_BENCH_HV_KVM_H

#include <linux/kvm.h>

#include "bench.h"

/* The error is errno's. */
int kvm_check(int r, const char *what);

/* The device is open. */
void kvm_arch_open(int dev);
/* Make vCPU @id, with an interrupt controller where KVM cannot do without, unless @bare. */
int kvm_arch_vcpu(int vm, unsigned int id, bool bare);
/* Make a vCPU ready to run at @entry. */
void kvm_arch_start(int vm, int vcpu, uint32_t entry, bool bare);
/* An interrupt controller in the kernel, before the vCPU; -1 where there is none. */
int kvm_arch_irqchip(int vm);
/* The rest of it, after the vCPU: where messages go that interrupt it, 0: GSI does. */
uint32_t kvm_arch_msi(int vcpu);
/* What the exit was, if it is not MMIO; it is answered. */
enum exit_kind kvm_arch_answer(struct kvm_run *run);
/* The guest's TSC is the host's; x86 only. */
void kvm_arch_tsc(int vcpu);
void kvm_arch_inject(int vcpu);
/* What is injected is no more. */
void kvm_arch_lower(int vcpu);

/* struct kvm_ioeventfd */
extern const uint32_t kvm_arch_event_len, kvm_arch_event_flags;

#endif /* AXV_BENCH_HV_KVM_H */
