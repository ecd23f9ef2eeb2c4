/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_CPUFEATURE_H
#define SHIM_ASM_CPUFEATURE_H

#include <stdbool.h>

bool riscv_has_extension_unlikely(unsigned long ext);

#endif
