// SPDX-License-Identifier: GPL-2.0-only
/*
 * The opcode maps: instructions with a memory operand that axvcpu serves, in
 * the order and with the group numbers of the AMD64 manual's opcode maps.
 */
#include "decode_impl.h"

#define R	AXV_X86_READ
#define W	AXV_X86_WRITE
#define RW	(R | W)
#define OP(x)	AXV_X86_OP_##x

const struct axv_x86_row axv_x86_groups[NR_GROUPS][8] = {
	[GROUP_1] = {
		{ OP(ADD), 0, RW, ROW_LOCK }, { OP(OR), 0, RW, ROW_LOCK },
		{ OP(ADC), 0, RW, ROW_LOCK }, { OP(SBB), 0, RW, ROW_LOCK },
		{ OP(AND), 0, RW, ROW_LOCK }, { OP(SUB), 0, RW, ROW_LOCK },
		{ OP(XOR), 0, RW, ROW_LOCK }, { OP(CMP), 0, R },
	},
	[GROUP_1A] = {
		[0] = { OP(POP), FORM_M, W, ROW_STACK },
	},
	[GROUP_2] = {
		{ OP(ROL), 0, RW }, { OP(ROR), 0, RW }, { OP(RCL), 0, RW }, { OP(RCR), 0, RW },
		{ OP(SHL), 0, RW }, { OP(SHR), 0, RW }, { OP(SHL), 0, RW }, { OP(SAR), 0, RW },
	},
	[GROUP_3] = {
		[0] = { OP(TEST), FORM_MI, R },
		[1] = { OP(TEST), FORM_MI, R },
		[2] = { OP(NOT), FORM_M, RW, ROW_LOCK },
		[3] = { OP(NEG), FORM_M, RW, ROW_LOCK },
	},
	[GROUP_4] = {
		[0] = { OP(INC), FORM_M, RW, ROW_LOCK },
		[1] = { OP(DEC), FORM_M, RW, ROW_LOCK },
	},
	[GROUP_5] = {
		[0] = { OP(INC), FORM_M, RW, ROW_LOCK },
		[1] = { OP(DEC), FORM_M, RW, ROW_LOCK },
		[6] = { OP(PUSH), FORM_M, R, ROW_STACK },
	},
	[GROUP_8] = {
		[4] = { OP(BT), 0, R },
		[5] = { OP(BTS), 0, RW, ROW_LOCK },
		[6] = { OP(BTR), 0, RW, ROW_LOCK },
		[7] = { OP(BTC), 0, RW, ROW_LOCK },
	},
	[GROUP_9] = {
		[1] = { OP(CMPXCHG8B), FORM_M, RW, ROW_LOCK | ROW_NO_REP },
	},
	[GROUP_11] = {
		[0] = { OP(MOV), 0, W },
	},
};

const struct axv_x86_row axv_x86_one_byte[256] = {
	[0x00] = { OP(ADD), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x01] = { OP(ADD), FORM_MR, RW, ROW_LOCK },
	[0x02] = { OP(ADD), FORM_RM, R, ROW_BYTE },
	[0x03] = { OP(ADD), FORM_RM, R },
	[0x08] = { OP(OR), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x09] = { OP(OR), FORM_MR, RW, ROW_LOCK },
	[0x0a] = { OP(OR), FORM_RM, R, ROW_BYTE },
	[0x0b] = { OP(OR), FORM_RM, R },
	[0x10] = { OP(ADC), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x11] = { OP(ADC), FORM_MR, RW, ROW_LOCK },
	[0x12] = { OP(ADC), FORM_RM, R, ROW_BYTE },
	[0x13] = { OP(ADC), FORM_RM, R },
	[0x18] = { OP(SBB), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x19] = { OP(SBB), FORM_MR, RW, ROW_LOCK },
	[0x1a] = { OP(SBB), FORM_RM, R, ROW_BYTE },
	[0x1b] = { OP(SBB), FORM_RM, R },
	[0x20] = { OP(AND), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x21] = { OP(AND), FORM_MR, RW, ROW_LOCK },
	[0x22] = { OP(AND), FORM_RM, R, ROW_BYTE },
	[0x23] = { OP(AND), FORM_RM, R },
	[0x28] = { OP(SUB), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x29] = { OP(SUB), FORM_MR, RW, ROW_LOCK },
	[0x2a] = { OP(SUB), FORM_RM, R, ROW_BYTE },
	[0x2b] = { OP(SUB), FORM_RM, R },
	[0x30] = { OP(XOR), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x31] = { OP(XOR), FORM_MR, RW, ROW_LOCK },
	[0x32] = { OP(XOR), FORM_RM, R, ROW_BYTE },
	[0x33] = { OP(XOR), FORM_RM, R },
	[0x38] = { OP(CMP), FORM_MR, R, ROW_BYTE },
	[0x39] = { OP(CMP), FORM_MR, R },
	[0x3a] = { OP(CMP), FORM_RM, R, ROW_BYTE },
	[0x3b] = { OP(CMP), FORM_RM, R },
	[0x63] = { OP(MOV), FORM_RM, R, ROW_MEM32 | ROW_SIGN | ROW_ONLY64 },
	[0x80] = { GROUP_1, FORM_MI8, 0, ROW_GROUP | ROW_BYTE },
	[0x81] = { GROUP_1, FORM_MI, 0, ROW_GROUP },
	[0x82] = { GROUP_1, FORM_MI8, 0, ROW_GROUP | ROW_BYTE | ROW_NOT64 },
	[0x83] = { GROUP_1, FORM_MI8, 0, ROW_GROUP },
	[0x84] = { OP(TEST), FORM_MR, R, ROW_BYTE },
	[0x85] = { OP(TEST), FORM_MR, R },
	[0x86] = { OP(XCHG), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0x87] = { OP(XCHG), FORM_MR, RW, ROW_LOCK },
	[0x88] = { OP(MOV), FORM_MR, W, ROW_BYTE },
	[0x89] = { OP(MOV), FORM_MR, W },
	[0x8a] = { OP(MOV), FORM_RM, R, ROW_BYTE },
	[0x8b] = { OP(MOV), FORM_RM, R },
	[0x8f] = { GROUP_1A, FORM_NONE, 0, ROW_GROUP },
	[0xa0] = { OP(MOV), FORM_LOAD, R, ROW_BYTE },
	[0xa1] = { OP(MOV), FORM_LOAD, R },
	[0xa2] = { OP(MOV), FORM_STORE, W, ROW_BYTE },
	[0xa3] = { OP(MOV), FORM_STORE, W },
	[0xa4] = { OP(MOVS), FORM_STRING, 0, ROW_BYTE },
	[0xa5] = { OP(MOVS), FORM_STRING },
	[0xa6] = { OP(CMPS), FORM_STRING, 0, ROW_BYTE },
	[0xa7] = { OP(CMPS), FORM_STRING },
	[0xaa] = { OP(STOS), FORM_STRING, 0, ROW_BYTE },
	[0xab] = { OP(STOS), FORM_STRING },
	[0xac] = { OP(LODS), FORM_STRING, 0, ROW_BYTE },
	[0xad] = { OP(LODS), FORM_STRING },
	[0xae] = { OP(SCAS), FORM_STRING, 0, ROW_BYTE },
	[0xaf] = { OP(SCAS), FORM_STRING },
	[0xc0] = { GROUP_2, FORM_MI8, 0, ROW_GROUP | ROW_BYTE },
	[0xc1] = { GROUP_2, FORM_MI8, 0, ROW_GROUP },
	[0xc6] = { GROUP_11, FORM_MI8, 0, ROW_GROUP | ROW_BYTE },
	[0xc7] = { GROUP_11, FORM_MI, 0, ROW_GROUP },
	[0xd0] = { GROUP_2, FORM_M1, 0, ROW_GROUP | ROW_BYTE },
	[0xd1] = { GROUP_2, FORM_M1, 0, ROW_GROUP },
	[0xd2] = { GROUP_2, FORM_MC, 0, ROW_GROUP | ROW_BYTE },
	[0xd3] = { GROUP_2, FORM_MC, 0, ROW_GROUP },
	[0xf6] = { GROUP_3, FORM_NONE, 0, ROW_GROUP | ROW_BYTE },
	[0xf7] = { GROUP_3, FORM_NONE, 0, ROW_GROUP },
	[0xfe] = { GROUP_4, FORM_NONE, 0, ROW_GROUP | ROW_BYTE },
	[0xff] = { GROUP_5, FORM_NONE, 0, ROW_GROUP },
};

const struct axv_x86_row axv_x86_two_byte[256] = {
	[0x40 ... 0x4f] = { OP(CMOV), FORM_RM, R },
	[0x90 ... 0x9f] = { OP(SETCC), FORM_M, W, ROW_BYTE },
	[0xa3] = { OP(BT), FORM_MR, R, ROW_BITS },
	[0xab] = { OP(BTS), FORM_MR, RW, ROW_BITS | ROW_LOCK },
	[0xb0] = { OP(CMPXCHG), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0xb1] = { OP(CMPXCHG), FORM_MR, RW, ROW_LOCK },
	[0xb3] = { OP(BTR), FORM_MR, RW, ROW_BITS | ROW_LOCK },
	[0xb6] = { OP(MOV), FORM_RM, R, ROW_MEM8 },
	[0xb7] = { OP(MOV), FORM_RM, R, ROW_MEM16 },
	[0xba] = { GROUP_8, FORM_MI8, 0, ROW_GROUP },
	[0xbb] = { OP(BTC), FORM_MR, RW, ROW_BITS | ROW_LOCK },
	[0xbe] = { OP(MOV), FORM_RM, R, ROW_MEM8 | ROW_SIGN },
	[0xbf] = { OP(MOV), FORM_RM, R, ROW_MEM16 | ROW_SIGN },
	[0xc0] = { OP(XADD), FORM_MR, RW, ROW_BYTE | ROW_LOCK },
	[0xc1] = { OP(XADD), FORM_MR, RW, ROW_LOCK },
	[0xc3] = { OP(MOV), FORM_MR, W, ROW_NO_66 | ROW_NO_REP },
	[0xc7] = { GROUP_9, FORM_NONE, 0, ROW_GROUP },
};

const struct axv_x86_row axv_x86_movbe[2] = {
	{ OP(MOVBE), FORM_RM, R, ROW_NO_REP },
	{ OP(MOVBE), FORM_MR, W, ROW_NO_REP },
};
