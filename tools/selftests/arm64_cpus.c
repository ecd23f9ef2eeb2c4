// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each CPU has for itself: what an exit does about its branch predictors, also after
 * it has been away, and guest physical addresses of 52 bits where all have FEAT_LPA2.
 *
 * rig: arch=arm64 smp=2 machine=virt,max
 */
#include <unistd.h>

#include "axvtest.h"
#include "common/file.h"

DECLARE_GUEST(errors);
DECLARE_GUEST_SYM(errors, traps);
DECLARE_GUEST_SYM(errors, load);

#define BACKEND		"/sys/kernel/debug/axvcpu/backend"
#define VULNERABILITY	"/sys/devices/system/cpu/vulnerabilities/spectre_v2"
#define MIDR		"/sys/devices/system/cpu/cpu%d/regs/identification/midr_el1"

#define SYNC_EL1	0x210u

static const struct axt_config config = { .start = AXT_START_FLAT, GUEST(errors) };

/* ---- predictors ------------------------------------------------------------------------- */

/* Of CPU @cpu, the debug file's word for it. */
static void predictors(int cpu, char word[64])
{
	char buf[4096], name[32];
	const char *at;

	ASSERT_GE(file_read(BACKEND, buf, sizeof(buf)), 1);
	snprintf(name, sizeof(name), "predictors_cpu%d ", cpu);
	at = strstr(buf, name);
	ASSERT_TRUE(at);
	at += strlen(name);
	snprintf(word, 64, "%.*s", (int)strcspn(at, "\n"), at);
}

/* Those of QEMU's processors, which have no firmware that would do more. */
static const char *wanted(int cpu)
{
	char path[128], buf[64];
	unsigned long midr;

	snprintf(path, sizeof(path), MIDR, cpu);
	if (file_read(path, buf, sizeof(buf)) < 1)
		return NULL;
	midr = strtoul(buf, NULL, 16);
	switch (midr >> 4 & 0xfff) {
	case 0xd07:
		return "unknown";	/* Spectre-v2, too */
	case 0xd0c:
		return "loop 24";
	case 0x051:
		return "hardware";
	}
	return NULL;
}

static void expect_predictors(void)
{
	char word[64];
	int cpu;

	for (cpu = 0; cpu < axt_cpus(); cpu++) {
		axt_context("CPU %d", cpu);
		predictors(cpu, word);
		axt_diag("CPU %d: %s", cpu, word);
		if (wanted(cpu))
			EXPECT_TRUE(!strcmp(word, wanted(cpu)));
	}
	axt_context(NULL);
}

TEST(predictors, NULL)
{
	char said[256] = "";

	if (access(BACKEND, R_OK))
		axt_skip("there is no debugfs");
	file_read(VULNERABILITY, said, sizeof(said));
	axt_diag("the kernel says: %s", strtok(said, "\n") ?: "nothing");
	expect_predictors();
}

/* One that was away has what it had. */
TEST(predictors_after_hotplug, NULL)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", axt_cpus() - 1);
	if (axt_cpus() < 2 || access(path, W_OK) || access(BACKEND, R_OK))
		axt_skip("no CPU can be taken away, or there is no debugfs");
	ASSERT_OK(file_write(path, "0"));
	ASSERT_OK(file_write(path, "1"));
	expect_predictors();
}

/* ---- addresses -------------------------------------------------------------------------- */

/* Memory where 48 bits do not reach, in a table of five levels. */
TEST(wide, &config)
{
	static const unsigned int bits[] = { 48, 50, 51 };
	unsigned int i;
	uint64_t at;

	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_LPA2)) {
		EXPECT_LE(f->dev.info.gpa_bits, 48u);
		axt_skip("the CPUs have no FEAT_LPA2");
	}
	EXPECT_EQ(f->dev.info.gpa_bits, 52u);
	EXPECT_EQ(f->dev.info.stage2_levels, 5u);
	want(&f->v, AXVCPU_REGS_GPR);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL));
	f->regs->control.vbar = GUEST_SYM(errors, traps);
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL, 0));
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		axt_context("bit %u", bits[i]);
		at = (1ull << bits[i]) + 0x200000;
		GUEST_MEM(f, 0x200000 + i * AXT_PAGE, uint32_t) = 0x1234567 * (i + 1);
		ASSERT_OK(axv_s2_map_user(f->s2, at, f->ram + 0x200000 + i * AXT_PAGE, AXT_PAGE,
					  AXVCPU_PROT_READ));
		axt_goto(&f->v, GUEST_SYM(errors, load), 0);
		ASSERT_OK(axv_set_gpr(&f->v, 1, at));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc - GUEST_SYM(errors, traps), SYNC_EL1);
		EXPECT_EQ(reg(&f->v, 0), 0x1234567u * (i + 1));
		/* beside it there is nothing, and the exit tells where */
		axt_goto(&f->v, GUEST_SYM(errors, load), 0);
		ASSERT_OK(axv_set_gpr(&f->v, 1, at + AXT_PAGE));
		ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
		EXPECT_EQ(f->exit->mmio.gpa, at + AXT_PAGE);
	}
	axt_context(NULL);
	EXPECT_ERR(EINVAL, axv_s2_map_user(f->s2, 1ull << 52, f->ram, AXT_PAGE, AXVCPU_PROT_READ));
}
