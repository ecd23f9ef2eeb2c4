/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of the tests, by name: their bits become CODE_name in code.h. */
	.macro code name:req, insn:vararg
	.globl \name
\name:	\insn
	.balign 4
	.endm

	.option rvc
	.text
	code lw, lw x5, 8(x6)
	code ld, ld x5, 8(x6)
	code lbu, lbu x31, -1(x1)
	code lb_x0, lb x0, 0(x6)
	code c_ld, c.ld x9, 8(x8)
	code sb, sb x5, -4(x6)
	code sd, sd x5, 0(x6)
	code sw_x0, sw x0, 0(x6)
	code c_sw, c.sw x9, 4(x8)
	code flw, flw f7, 0(x6)
	code fld, fld f31, 0(x6)
	code flh, flh f0, 0(x6)
	code fsw, fsw f7, 0(x6)
	code c_fsd, c.fsd f9, 0(x8)
	code amoadd, amoadd.w x5, x7, (x6)
	code lr, lr.d x5, (x6)
	code sc, sc.d x5, x7, (x6)
	code vle, vle8.v v1, (x6)
	code cbo, cbo.zero 0(x6)
	code add, add x5, x6, x7
	code csrrw, csrrw x5, 0x5c0, x6
	code csrrw_x0, csrrw x0, 0x5c0, x6
	code csrrs, csrrs x5, 0x5c0, x6
	code csrrs_x0, csrrs x5, 0x5c0, x0
	code csrrc, csrrc x6, 0x5c0, x6
	code csrrwi, csrrwi x5, 0x5c0, 21
	code csrrsi, csrrsi x5, 0x5c0, 21
	code csrrci, csrrci x5, 0x5c0, 21
	code csrrsi_0, csrrsi x5, 0x5c0, 0
	code csrrs_ro, csrrs x5, 0xcc0, x0
	code csrrw_ro, csrrw x5, 0xcc0, x6
	code csrrs_user, csrrs x5, 0x8c0, x0
	code wfi, wfi
	code sret, sret
	code c_li, c.li x5, 1
