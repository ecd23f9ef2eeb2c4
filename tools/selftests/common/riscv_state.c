// SPDX-License-Identifier: GPL-2.0-only
/* See riscv_state.h. */
#include <sys/auxv.h>

#include "common/riscv_state.h"
#include "guest/riscv/state.h"

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

bool host_has(const char *extension)
{
	char line[512], *word, *rest;
	bool all = false, has;
	FILE *f = fopen("/proc/cpuinfo", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "isa", 3) || (line[3] != '\t' && line[3] != ' '))
			continue;
		has = false;
		for (word = strtok_r(line, "_ \t\n", &rest); word; word = strtok_r(NULL, "_ \t\n", &rest))
			has |= !strcmp(word, extension);
		if (!has) {
			all = false;
			break;
		}
		all = true;
	}
	if (f)
		fclose(f);
	return all;
}

unsigned int host_vlenb(void)
{
	return have_v() ? vlenb() : 0;
}

void state_fill(unsigned char *area, unsigned int seed, unsigned int len, uint64_t stvec)
{
	uint64_t *p = (uint64_t *)(area + STATE_LOAD);
	uint64_t value = (seed + 1) * 0x9e3779b97f4a7c15ull;
	unsigned int i;

	memset(area, 0, STATE_SIZE);
	*(uint64_t *)(area + STATE_VLENB) = len;
	for (i = 1; i < 32; i++)
		p[STATE_X + i] = value + i * 0x0101010101010101ull;
	p[STATE_X + 8] = 0;
	/* it may be the number of a call to the VMM */
	p[STATE_X + A6] &= ~(1ull << 63);
	for (i = 0; i < 32; i++)
		p[STATE_F + i] = ~value + i * 0x0303030303030303ull;
	p[STATE_FCSR] = (seed & 0x1f) | seed % 5 << 5;
	p[STATE_SSCRATCH] = ~value;
	p[STATE_SEPC] = 0x1234560 + seed * 4;
	p[STATE_SCAUSE] = (seed & 1) ? 1ull << 63 | 5 : 13;
	p[STATE_STVAL] = 0x4000 + seed;
	p[STATE_STVEC] = stvec;
	p[STATE_COUNTEREN] = seed & 7;
	if (!len)
		return;
	p[STATE_VL] = 1 + seed % (len / 4);
	p[STATE_VTYPE] = 0xd0;	/* 32 bits, one register; tails and masks agnostic */
	p[STATE_VCSR] = seed & 7;
	p[STATE_VSTART] = seed & 1;
	for (i = 0; i < 32 * len; i++)
		area[STATE_LOAD_V + i] = seed * 0x3b + i * 7 + (i >> 8);
}
