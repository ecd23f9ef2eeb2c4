/* SPDX-License-Identifier: GPL-2.0-only */
static const unsigned int tsc_khz = 1000;
