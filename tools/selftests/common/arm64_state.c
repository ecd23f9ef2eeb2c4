// SPDX-License-Identifier: GPL-2.0-only
/* See arm64_state.h. */
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "common/arm64_state.h"

#define HWCAP_SVE_BIT	(1ul << 22)
#ifndef PR_SVE_GET_VL
#define PR_SVE_GET_VL	51
#endif

unsigned int host_vl(void)
{
	int vl;

	if (!(getauxval(AT_HWCAP) & HWCAP_SVE_BIT))
		return 0;
	vl = prctl(PR_SVE_GET_VL);
	return vl < 0 ? 0 : vl & 0xffff;
}

void host_fp_fill(struct host_fp *p, unsigned int seed)
{
	unsigned int i, len;

	memset(p, 0, sizeof(*p));
	p->vl = host_vl();
	if (p->vl > HOST_VL)
		p->vl = 0;
	len = p->vl ?: 16;
	p->fpsr = (seed & 1) << 27 | (seed & 0x1f);
	p->fpcr = (seed & 3ul) << 22;
	for (i = 0; i < 32 * len; i++)
		p->v[i] = seed * 0x3b + i * 7 + (i >> 8) + 1;
	for (i = 0; i < 16 * p->vl / 8; i++)
		p->p[i] = seed * 0x1d + i * 5 + 3;
	/* FFR is ones from some bit down */
	for (; i < 17 * p->vl / 8; i++)
		p->p[i] = 0xff;
}

#define EACH_V(insn, at)						\
	".irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30\n\t" \
	insn " q\\n, [" at ", #16 * \\n]\n\t"				\
	".endr\n\t"							\
	".irp n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31\n\t" \
	insn " q\\n, [" at ", #16 * \\n]\n\t"				\
	".endr\n\t"

#define ALL_V								\
	"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", \
	"v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25",	\
	"v26", "v27", "v28", "v29", "v30", "v31"

#define SVE(code)	".arch_extension sve\n\t" code ".arch_extension nosve\n\t"
#define EACH_Z(insn, at)						\
	SVE(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, " \
	"21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"		\
	insn " z\\n, [" at ", #\\n, mul vl]\n\t"			\
	".endr\n\t")
#define EACH_P(insn, at)						\
	SVE(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t" \
	insn " p\\n, [" at ", #\\n, mul vl]\n\t"			\
	".endr\n\t")

#define ROUND								\
	"mov x9, %[loops]\n\t"						\
	"3: subs x9, x9, #1\n\t"					\
	"b.ne 3b\n\t"

/* With no code of the compiler between. */
void host_fp_hold(const struct host_fp *in, struct host_fp *out, unsigned long loops, long nr)
{
	unsigned char low[32 * 16];
	unsigned int i;

	memset(out, 0, sizeof(*out));
	out->vl = in->vl;
	asm volatile("msr fpsr, %[fpsr]\n\t"
		     "msr fpcr, %[fpcr]\n\t"
		     "cbnz %[vl], 1f\n\t"
		     EACH_V("ldr", "%[in]")
		     "b 2f\n\t"
		     "1:\n\t"
		     SVE("ldr p0, [%[inp], #16, mul vl]\n\twrffr p0.b\n\t")
		     EACH_P("ldr", "%[inp]")
		     EACH_Z("ldr", "%[in]")
		     "2:\n\t"
		     ROUND
		     "cbnz %[vl], 1f\n\t"
		     EACH_V("str", "%[out]")
		     "b 2f\n\t"
		     "1:\n\t"
		     EACH_Z("str", "%[out]")
		     EACH_P("str", "%[outp]")
		     SVE("rdffr p0.b\n\tstr p0, [%[outp], #16, mul vl]\n\t")
		     "2:\n\t"
		     "mov x8, %[nr]\n\t"
		     "svc #0\n\t"
		     ROUND
		     EACH_V("str", "%[low]")
		     : : [in] "r" (in->v), [out] "r" (out->v), [inp] "r" (in->p),
			 [outp] "r" (out->p), [vl] "r" (in->vl), [loops] "r" (loops),
			 [low] "r" (low), [nr] "r" (nr), [fpsr] "r" (in->fpsr), [fpcr] "r" (in->fpcr)
		     : "x0", "x8", "x9", "memory", "cc", ALL_V);
	asm volatile("mrs %0, fpsr\n\tmrs %1, fpcr\n\tmsr fpsr, xzr\n\tmsr fpcr, xzr"
		     : "=r" (out->fpsr), "=r" (out->fpcr));
	for (i = 0; i < 32; i++)
		if (memcmp(low + 16 * i, in->v + (in->vl ?: 16) * i, 16))
			axt_fail(__FILE__, __LINE__, "v%u changed at a system call", i);
}

void host_fp_call(const struct host_fp *in, struct host_fp *out, long nr, long a, long b, long c)
{
	unsigned char low[32 * 16], back[32 * 16];
	unsigned int i, len = in->vl ?: 16;

	memset(out, 0, sizeof(*out));
	*out = *in;
	for (i = 0; i < 32; i++)
		memcpy(low + 16 * i, in->v + len * i, 16);
	asm volatile("msr fpsr, %[fpsr]\n\t"
		     "msr fpcr, %[fpcr]\n\t"
		     EACH_V("ldr", "%[in]")
		     "mov x0, %[a]\n\t"
		     "mov x1, %[b]\n\t"
		     "mov x2, %[c]\n\t"
		     "mov x8, %[nr]\n\t"
		     "svc #0\n\t"
		     EACH_V("str", "%[out]")
		     : : [in] "r" (low), [out] "r" (back), [nr] "r" (nr), [a] "r" (a),
			 [b] "r" (b), [c] "r" (c), [fpsr] "r" (in->fpsr), [fpcr] "r" (in->fpcr)
		     : "x0", "x1", "x2", "x8", "memory", "cc", ALL_V);
	asm volatile("mrs %0, fpsr\n\tmrs %1, fpcr\n\tmsr fpsr, xzr\n\tmsr fpcr, xzr"
		     : "=r" (out->fpsr), "=r" (out->fpcr));
	for (i = 0; i < 32; i++)
		memcpy(out->v + len * i, back + 16 * i, 16);
}

bool host_fp_same(const struct host_fp *in, const struct host_fp *out)
{
	unsigned int i, len = in->vl ?: 16;

	if (!EXPECT_EQ(out->fpsr, in->fpsr) || !EXPECT_EQ(out->fpcr, in->fpcr))
		return false;
	for (i = 0; i < 32 * len; i++) {
		if (out->v[i] == in->v[i])
			continue;
		axt_fail(__FILE__, __LINE__, "byte %u of v%u is %02x, was %02x", i % len, i / len,
			 out->v[i], in->v[i]);
		return false;
	}
	for (i = 0; i < 17 * in->vl / 8; i++) {
		if (out->p[i] == in->p[i])
			continue;
		axt_fail(__FILE__, __LINE__, "byte %u of the predicates is %02x, was %02x", i,
			 out->p[i], in->p[i]);
		return false;
	}
	return true;
}
