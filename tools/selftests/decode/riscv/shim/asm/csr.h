/* SPDX-License-Identifier: GPL-2.0-only */
/* What riscv/decode.c, mmio.c, complete.c, csr.c and walk.c need of the kernel's. */
#ifndef SHIM_ASM_CSR_H
#define SHIM_ASM_CSR_H

#define SR_SIE		0x2ul
#define SR_SPP		0x100ul
#define SR_FS		0x6000ul
#define SR_SUM		0x40000ul

#define SATP_MODE_SHIFT	60

#define EXC_INST_ACCESS			1
#define EXC_INST_ILLEGAL		2
#define EXC_BREAKPOINT			3
#define EXC_LOAD_ACCESS			5
#define EXC_STORE_ACCESS		7
#define EXC_SUPERVISOR_SYSCALL		10
#define EXC_INST_PAGE_FAULT		12
#define EXC_LOAD_PAGE_FAULT		13
#define EXC_STORE_PAGE_FAULT		15
#define EXC_INST_GUEST_PAGE_FAULT	20
#define EXC_LOAD_GUEST_PAGE_FAULT	21
#define EXC_VIRTUAL_INST_FAULT		22
#define EXC_STORE_GUEST_PAGE_FAULT	23

#define CSR_VSSTATUS	0x200
#define CSR_VSATP	0x280

#endif
