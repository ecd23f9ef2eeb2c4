/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions of code.S. */
#ifndef DECODE_CODE_H
#define DECODE_CODE_H

#define DECLARE_CODE(name) extern const u8 code_##name[], code_##name##_end[]

DECLARE_CODE(load32);
DECLARE_CODE(load8_sign);
DECLARE_CODE(load16_zero);
DECLARE_CODE(load_high);
DECLARE_CODE(store32);
DECLARE_CODE(store_high);
DECLARE_CODE(store_imm64);
DECLARE_CODE(add_mem);
DECLARE_CODE(add_reg);
DECLARE_CODE(cmpxchg);
DECLARE_CODE(bts);
DECLARE_CODE(movs);
DECLARE_CODE(rep_movs);
DECLARE_CODE(rep_stos);
DECLARE_CODE(repe_cmps);
DECLARE_CODE(push_mem);
DECLARE_CODE(pop_mem);
DECLARE_CODE(push_mem16);
DECLARE_CODE(movups);
DECLARE_CODE(reg_only);
DECLARE_CODE(load_moffs);
DECLARE_CODE(load_gs);

DECLARE_CODE(insb);
DECLARE_CODE(rep_insb);
DECLARE_CODE(rep_outsb);
DECLARE_CODE(rep_outsw_fs);
DECLARE_CODE(out_imm);
DECLARE_CODE(in_dx);

#endif
