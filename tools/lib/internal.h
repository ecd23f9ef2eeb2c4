/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LIBAXVCPU_INTERNAL_H
#define LIBAXVCPU_INTERNAL_H

#include <linux/axvcpu.h>

/* the architecture this library was built for */
#if defined(__x86_64__) || defined(__i386__)
#define AXV_ARCH	AXVCPU_ARCH_X86
#elif defined(__aarch64__)
#define AXV_ARCH	AXVCPU_ARCH_ARM64
#elif defined(__riscv)
#define AXV_ARCH	AXVCPU_ARCH_RISCV
#else
#error "axvcpu does not know this architecture"
#endif

/* arch-*.c: what the architecture wants of a vCPU of which only the id is said */
void axv_arch_create_vcpu(struct axvcpu_create_vcpu *c);

#endif /* LIBAXVCPU_INTERNAL_H */
