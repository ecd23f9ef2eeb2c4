/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 64-bit code that reads and writes everything a CPU holds, as dump_all and load_all:
 * for guests. OSFXSR and OSXSAVE are on. rbx, rbp, rsi, rdi and r8-r15 survive.
 */
#ifndef AXV_SELFTEST_STATE_ASM_H
#define AXV_SELFTEST_STATE_ASM_H

#include "state.h"

#define SLOT(nr)	(STATE_DUMP + 8 * nr)
#define VALUE(nr)	(STATE_LOAD + 8 * nr)

.macro dump_msr msr, slot
	mov	$\msr, %ecx
	rdmsr
	mov	%eax, \slot
	mov	%edx, \slot + 4
.endm

.macro load_msr msr, value
	mov	$\msr, %ecx
	mov	\value, %eax
	mov	\value + 4, %edx
	wrmsr
.endm

.macro dump_reg reg, slot
	mov	\reg, %rax
	mov	%rax, \slot
.endm

.macro load_reg reg, value
	mov	\value, %rax
	mov	%rax, \reg
.endm

.macro DUMP_AND_LOAD
dump_all:
	mov	$7, %eax
	xor	%edx, %edx
	xsave64	STATE_DUMP_FP
	dump_msr 0xc0000081, SLOT(SLOT_STAR)
	dump_msr 0xc0000082, SLOT(SLOT_LSTAR)
	dump_msr 0xc0000083, SLOT(SLOT_CSTAR)
	dump_msr 0xc0000084, SLOT(SLOT_SFMASK)
	dump_msr 0xc0000102, SLOT(SLOT_KERNEL_GS)
	dump_msr 0xc0000100, SLOT(SLOT_FS_BASE)
	dump_msr 0xc0000101, SLOT(SLOT_GS_BASE)
	dump_msr 0x174, SLOT(SLOT_SYSENTER_CS)
	dump_msr 0x175, SLOT(SLOT_SYSENTER_ESP)
	dump_msr 0x176, SLOT(SLOT_SYSENTER_EIP)
	dump_msr 0x277, SLOT(SLOT_PAT)
	dump_msr 0xc0000103, SLOT(SLOT_TSC_AUX)
	dump_msr 0xc0000080, SLOT(SLOT_EFER)
	dump_reg %cr2, SLOT(SLOT_CR2)
	dump_reg %cr8, SLOT(SLOT_CR8)
	dump_reg %cr0, SLOT(SLOT_CR0)
	dump_reg %cr3, SLOT(SLOT_CR3)
	dump_reg %cr4, SLOT(SLOT_CR4)
	dump_reg %db0, SLOT(SLOT_DR0)
	dump_reg %db1, SLOT(SLOT_DR1)
	dump_reg %db2, SLOT(SLOT_DR2)
	dump_reg %db3, SLOT(SLOT_DR3)
	dump_reg %db6, SLOT(SLOT_DR6)
	dump_reg %db7, SLOT(SLOT_DR7)
	dump_reg %cs, SLOT(SLOT_CS)
	dump_reg %ds, SLOT(SLOT_DS)
	dump_reg %es, SLOT(SLOT_ES)
	dump_reg %fs, SLOT(SLOT_FS)
	dump_reg %gs, SLOT(SLOT_GS)
	dump_reg %ss, SLOT(SLOT_SS)
	sgdt	SLOT(SLOT_GDT)
	sidt	SLOT(SLOT_IDT)
	xor	%ecx, %ecx
	xgetbv
	mov	%eax, SLOT(SLOT_XCR0)
	mov	%edx, SLOT(SLOT_XCR0) + 4
	rdtscp
	mov	%rcx, SLOT(SLOT_RCX_TSCP)
	ret

load_all:
	mov	VALUE(SLOT_XMASK), %eax
	xor	%edx, %edx
	xrstor64 STATE_LOAD_FP
	load_msr 0xc0000081, VALUE(SLOT_STAR)
	load_msr 0xc0000082, VALUE(SLOT_LSTAR)
	load_msr 0xc0000083, VALUE(SLOT_CSTAR)
	load_msr 0xc0000084, VALUE(SLOT_SFMASK)
	load_msr 0xc0000102, VALUE(SLOT_KERNEL_GS)
	load_msr 0xc0000100, VALUE(SLOT_FS_BASE)
	load_msr 0xc0000101, VALUE(SLOT_GS_BASE)
	load_msr 0x174, VALUE(SLOT_SYSENTER_CS)
	load_msr 0x175, VALUE(SLOT_SYSENTER_ESP)
	load_msr 0x176, VALUE(SLOT_SYSENTER_EIP)
	load_msr 0x277, VALUE(SLOT_PAT)
	load_msr 0xc0000103, VALUE(SLOT_TSC_AUX)
	load_reg %cr2, VALUE(SLOT_CR2)
	load_reg %cr8, VALUE(SLOT_CR8)
	load_reg %db0, VALUE(SLOT_DR0)
	load_reg %db1, VALUE(SLOT_DR1)
	load_reg %db2, VALUE(SLOT_DR2)
	load_reg %db3, VALUE(SLOT_DR3)
	load_reg %db6, VALUE(SLOT_DR6)
	load_reg %db7, VALUE(SLOT_DR7)
	ret
.endm

#endif /* AXV_SELFTEST_STATE_ASM_H */
