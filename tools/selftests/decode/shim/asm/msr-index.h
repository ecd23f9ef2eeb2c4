/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_MSR_INDEX_H
#define SHIM_ASM_MSR_INDEX_H

#define EFER_LMA	(1u << 10)
#define EFER_NX		(1u << 11)

#endif
