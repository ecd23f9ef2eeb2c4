/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zcb, put together for assemblers that do not know it: quadrant 0, funct3 4,
 * funct6 and two bits of an offset.
 */
	.macro zcb funct:req, high:req, base:req, low:req, data:req
	.2byte	0x8000 | (\funct << 10) | ((\base - 8) << 7) | (\high << 6) | (\low << 5) | ((\data - 8) << 2)
	.endm
	.macro c_lbu data:req, imm:req, base:req
	zcb 0, ((\imm) & 1), \base, ((\imm) >> 1), \data
	.endm
	.macro c_lhu data:req, imm:req, base:req
	zcb 1, 0, \base, ((\imm) >> 1), \data
	.endm
	.macro c_lh data:req, imm:req, base:req
	zcb 1, 1, \base, ((\imm) >> 1), \data
	.endm
	.macro c_sb data:req, imm:req, base:req
	zcb 2, ((\imm) & 1), \base, ((\imm) >> 1), \data
	.endm
	.macro c_sh data:req, imm:req, base:req
	zcb 3, 0, \base, ((\imm) >> 1), \data
	.endm
