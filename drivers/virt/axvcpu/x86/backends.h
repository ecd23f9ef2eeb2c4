/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 backends and arch.c, as they see each other. */
#ifndef AXVCPU_X86_BACKENDS_H
#define AXVCPU_X86_BACKENDS_H

#include <linux/types.h>

struct axv_probe;

int axv_svm_probe(struct axv_probe *probe);
void axv_svm_exit(void);
int axv_vmx_probe(struct axv_probe *probe);
void axv_vmx_gone(void);

/* arch.c: what both say of themselves */
void axv_x86_fill_info(struct axv_probe *probe);
/* arch.c: why there is nothing to be used; returns 0. */
int axv_x86_refuse(struct axv_probe *probe, u32 why, int err, const char *text);

#endif /* AXVCPU_X86_BACKENDS_H */
