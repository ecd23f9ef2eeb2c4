/* SPDX-License-Identifier: GPL-2.0-only */
#include "classified.inc"

	.option	norelax
	.option	arch, +v, +h, +zfh, +svinval
	.option	norvc
	is	-, nop
	is	CSRR, csrr a0, sstatus
	is	CSRR, csrrs a0, scause, zero
	is	CSRR, csrrci a0, sie, 0
	is	CSRR, rdtime a0
	is	CSRW, csrw sscratch, zero
	is	CSRW, csrrw a0, stvec, a1
	is	CSRW, csrci sstatus, 2
	is	CSRW, csrs sie, a0
	is	HCSRR, csrr a0, hstatus
	is	HCSRR, csrr a0, vsstatus
	is	HCSRR, csrr a0, hgeip
	is	HCSRR, csrr a0, htinst
	is	HCSRW, csrw hgatp, a0
	is	HCSRW, csrw vstimecmp, a0
	is	HCSRW, csrrw a0, hvip, zero
	is	HCSRW, csrc hie, a0
	is	SRET, sret
	is	-, mret
	is	ECALL, ecall
	is	-, ebreak
	is	WFI, wfi
	is	SFENCE, sfence.vma
	is	SFENCE, sfence.vma a0, a1
	is	HFENCE, hfence.gvma a0, a1
	is	HFENCE, hfence.vvma
	is	FENCE_I, fence.i
	is	-, fence rw, rw
	is	HLV, hlv.w a0, (a1)
	is	HLV, hlvx.hu a0, (a1)
	is	HLV, hsv.d a0, (a1)
	is	FLOAD, fld f0, 8(a0)
	is	FLOAD, flh f0, 8(a0)
	is	FSTORE, fsw f0, 8(a0)
	is	FSTORE, fsd f0, 8(a0)
	is	VLOAD, vle8.v v0, (a0)
	is	VLOAD, vl8re64.v v0, (a0)
	is	VSTORE, vse32.v v0, (a0)
	is	VSTORE, vs8r.v v8, (a0)
	is	-, ld a0, 8(a1)
	is	-, amoadd.w a0, a1, (a2)
	.option	rvc
	is	FLOAD, c.fld fa0, 8(a0)
	is	FLOAD, c.fldsp f0, 8(sp)
	is	FSTORE, c.fsd fa0, 8(a0)
	is	FSTORE, c.fsdsp f0, 8(sp)
	is	-, c.j .
	is	-, c.addiw a0, 1
	is	-, c.ld a0, 8(a0)
