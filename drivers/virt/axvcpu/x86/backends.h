/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 backends, as arch.c sees them. */
#ifndef AXVCPU_X86_BACKENDS_H
#define AXVCPU_X86_BACKENDS_H

struct axv_probe;

int axv_svm_probe(struct axv_probe *probe);
void axv_svm_exit(void);
int axv_vmx_probe(struct axv_probe *probe);
void axv_vmx_gone(void);

#endif /* AXVCPU_X86_BACKENDS_H */
