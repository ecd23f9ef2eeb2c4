/* SPDX-License-Identifier: GPL-2.0-only */
#define RISCV_ISA_EXT_SVPBMT	29
#define RISCV_ISA_EXT_SVNAPOT	33
