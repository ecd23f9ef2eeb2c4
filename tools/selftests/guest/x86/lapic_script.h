/* SPDX-License-Identifier: GPL-2.0-only */
/* What lapic_script.S and x86_lapic_kvm.c agree on. */
#ifndef AXV_SELFTEST_LAPIC_SCRIPT_H
#define AXV_SELFTEST_LAPIC_SCRIPT_H

#define APIC		0xfee00000

#define SCRIPT_STEPS	0x20000
#define SCRIPT_NOTES	0x30000
#define SCRIPT_MAX	0x1000

#define SCRIPT_END	0
#define SCRIPT_LOAD	1
#define SCRIPT_STORE	2
#define SCRIPT_RDMSR	3
#define SCRIPT_WRMSR	4
#define SCRIPT_PEEK	5
#define SCRIPT_CR8	6
#define SCRIPT_GET_CR8	7

#endif /* AXV_SELFTEST_LAPIC_SCRIPT_H */
