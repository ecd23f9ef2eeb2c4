// SPDX-License-Identifier: GPL-2.0-only
/* See riscv_state.h. */
#include <sys/auxv.h>

#include "common/riscv_state.h"

static bool have_v(void)
{
	return getauxval(AT_HWCAP) & 1ul << ('v' - 'a');
}

static uint64_t vlenb(void)
{
	uint64_t n;

	asm volatile("csrr %0, 0xc22" : "=r" (n));
	return n;
}

void host_fp_fill(struct host_fp *p, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		p->f[i] = (seed + 1) * 0x9e3779b97f4a7c15ull + i * 0x0101010101010101ull;
	p->fcsr = (seed & 0x1f) | seed % 5 << 5;
	p->vlenb = have_v() ? vlenb() : 0;
	if (p->vlenb > HOST_VLENB)
		p->vlenb = 0;
	for (i = 0; i < 32 * p->vlenb; i++)
		p->v[i] = seed * 0x3b + i * 7 + (i >> 8);
}

#define EACH_F(insn, at)						\
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, " \
	"21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"		\
	insn " f\\n, 8 * \\n(" at ")\n\t"				\
	".endr\n\t"

#define ALL_F								\
	"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13", \
	"f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25",	\
	"f26", "f27", "f28", "f29", "f30", "f31"

/* Whole registers, eight at a time: nothing of vl and vtype matters. */
#define EACH_V(insn, at)						\
	".option push\n\t.option arch, +v\n\t"				\
	"slli t0, %[len], 3\n\t"					\
	"mv t1, " at "\n\t"						\
	insn " v0, (t1)\n\tadd t1, t1, t0\n\t"				\
	insn " v8, (t1)\n\tadd t1, t1, t0\n\t"				\
	insn " v16, (t1)\n\tadd t1, t1, t0\n\t"				\
	insn " v24, (t1)\n\t.option pop\n\t"

#define ROUND								\
	"mv t0, %[loops]\n\t"						\
	"3: addi t0, t0, -1\n\t"					\
	"bnez t0, 3b\n\t"

/* With no code of the compiler between. */
void host_fp_hold(const struct host_fp *in, struct host_fp *out, unsigned long loops, long nr)
{
	memset(out, 0, sizeof(*out));
	out->vlenb = in->vlenb;
	asm volatile(EACH_F("fld", "%[in]")
		     "ld t0, 256(%[in])\n\t"
		     "fscsr t0\n\t"
		     "beqz %[len], 1f\n\t"
		     EACH_V("vl8re8.v", "%[inv]")
		     "1:\n\t"
		     ROUND
		     "beqz %[len], 2f\n\t"
		     EACH_V("vs8r.v", "%[outv]")
		     "2:\n\t"
		     "mv a7, %[nr]\n\t"
		     "ecall\n\t"
		     ROUND
		     EACH_F("fsd", "%[out]")
		     "frcsr t0\n\t"
		     "sd t0, 256(%[out])\n\t"
		     "fscsr zero\n\t"
		     : : [in] "r" (in->f), [out] "r" (out->f), [inv] "r" (in->v),
			 [outv] "r" (out->v), [len] "r" (in->vlenb), [loops] "r" (loops),
			 [nr] "r" (nr)
		     : "t0", "t1", "a0", "a7", "memory", ALL_F);
}


void host_fp_call(const struct host_fp *in, struct host_fp *out, long nr, long a, long b, long c)
{
	memset(out, 0, sizeof(*out));
	asm volatile(EACH_F("fld", "%[in]")
		     "ld t0, 256(%[in])\n\t"
		     "fscsr t0\n\t"
		     "mv a0, %[a]\n\t"
		     "mv a1, %[b]\n\t"
		     "mv a2, %[c]\n\t"
		     "mv a7, %[nr]\n\t"
		     "ecall\n\t"
		     EACH_F("fsd", "%[out]")
		     "frcsr t0\n\t"
		     "sd t0, 256(%[out])\n\t"
		     "fscsr zero\n\t"
		     : : [in] "r" (in->f), [out] "r" (out->f), [nr] "r" (nr), [a] "r" (a),
			 [b] "r" (b), [c] "r" (c)
		     : "t0", "a0", "a1", "a2", "a7", "memory", ALL_F);
}

bool host_fp_same(const struct host_fp *in, const struct host_fp *out)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		if (!EXPECT_EQ(out->f[i], in->f[i]))
			return false;
	if (!EXPECT_EQ(out->fcsr, in->fcsr))
		return false;
	for (i = 0; i < 32 * out->vlenb; i++) {
		if (out->v[i] == in->v[i])
			continue;
		axt_fail(__FILE__, __LINE__, "byte %u of v%u is %02x, was %02x",
			 (unsigned int)(i % out->vlenb), (unsigned int)(i / out->vlenb), out->v[i],
			 in->v[i]);
		return false;
	}
	return true;
}
