/* SPDX-License-Identifier: GPL-2.0-only */
static const unsigned long riscv_timebase = 10000000;
