// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, errnos and neighbours, see hostile.h. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/beside.h"

DECLARE_GUEST(beside);
DECLARE_GUEST_SYM(beside, mix);

/* ---- numbers ---------------------------------------------------------------- */

uint64_t rnd_value(struct rnd *r)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 7, 8, 0xff, 0xfff, 0x1000, 0x1001, 0x7fffffff, 0x80000000,
		0xfffff000, 0xffffffff, 0x100000000, 0x7fffffffffff, 0x800000000000,
		0x7ffffffff000, 0xffff800000000000, 0xffff888000000000, 0xffffffff81000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000, ~0ull, ~1ull,
	};

	switch (rnd_below(r, 6)) {
	case 0:
		return rnd(r);
	case 1:
		return 1ull << rnd_below(r, 64);
	case 2:
		return rnd_below(r, 64);
	case 3:
		return rnd(r) << rnd_below(r, 64);
	default:
		return edges[rnd_below(r, ARRAY_SIZE(edges))];
	}
}

uint64_t env_number(const char *name, uint64_t usual)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 0) : usual;
}

/* ---- what an ioctl may say ---------------------------------------------------- */

#define ERRNOS(_name, _list)	{ #_name, AXVCPU_##_name, " " _list " " }

/* abi_docs.sh compares this with the documentation. */
static const struct {
	const char *name;
	unsigned int cmd;
	const char *list;
} errnos[] = {
	ERRNOS(GET_INFO, "E2BIG EFAULT EINVAL"),
	ERRNOS(CREATE_VM, "E2BIG EBUSY EFAULT EINVAL EMFILE ENFILE ENODEV ENOMEM ENOSPC EOPNOTSUPP"),
	ERRNOS(CREATE_STAGE2, "E2BIG EBUSY EFAULT EINVAL EMFILE ENFILE ENODEV ENOMEM EOPNOTSUPP"),
	ERRNOS(CREATE_RING, "E2BIG EBADF EFAULT EINVAL EMFILE ENFILE ENOMEM"),
	ERRNOS(CREATE_VCPU, "E2BIG EBUSY EEXIST EFAULT EINVAL EMFILE ENFILE ENOMEM EOPNOTSUPP"),
	ERRNOS(SET_IO_FILTER, "E2BIG EFAULT EINVAL ENOMEM EOPNOTSUPP"),
	ERRNOS(SET_MSR_FILTER, "E2BIG EFAULT EINVAL ENOMEM"),
	ERRNOS(VM_CONTROL, "E2BIG EBADFD EFAULT EINVAL"),
	ERRNOS(VM_GET_STATE, "E2BIG EFAULT EINVAL"),
	ERRNOS(SET_IRQFD, "E2BIG EBADF EEXIST EFAULT EINVAL ENOENT ENOMEM ENOSPC"),
	ERRNOS(SET_IO_ROUTE, "E2BIG EBADF EEXIST EFAULT EINVAL ENOENT ENOMEM ENOSPC"),
	ERRNOS(S2_MAP, "E2BIG EACCES EAGAIN EBADF EEXIST EFAULT EINTR EINVAL ENODEV ENOMEM ENOSPC EOVERFLOW EPERM"),
	ERRNOS(S2_UNMAP, "E2BIG EFAULT EINTR EINVAL ENOENT ENOMEM ENOSPC"),
	ERRNOS(S2_PROTECT, "E2BIG EFAULT EINTR EINVAL ENOENT ENOMEM ENOSPC"),
	ERRNOS(S2_GET_STATS, "E2BIG EFAULT EINVAL"),
	ERRNOS(SETUP, "E2BIG EBADF EBADFD EBUSY EFAULT EINVAL"),
	ERRNOS(SET_ENTRY, "E2BIG EBADFD EBUSY EFAULT EINVAL"),
	ERRNOS(SET_STAGE2_ROOT, "E2BIG EBADF EBADFD EBUSY EFAULT EINVAL"),
	ERRNOS(BIND, "EBADFD EBUSY EINVAL"),
	ERRNOS(RUN, "EBADFD EBUSY EINTR EINVAL ENOMEM"),
	ERRNOS(UNBIND, "EBADFD EBUSY EINVAL"),
	ERRNOS(RESET, "EBUSY EINVAL"),
	ERRNOS(KICK, "EINVAL"),
	ERRNOS(GET_STATE, "E2BIG EFAULT EINVAL"),
	ERRNOS(SET_AFFINITY, "E2BIG EBADFD EBUSY EFAULT EINVAL ENOMEM"),
	ERRNOS(SET_GPR, "E2BIG EBADFD EBUSY EFAULT EINVAL"),
	ERRNOS(SET_RETURN_VALUE, "E2BIG EBADFD EBUSY EFAULT EINVAL"),
	ERRNOS(INJECT_INTERRUPT, "E2BIG EAGAIN EBADFD EFAULT EINVAL"),
	ERRNOS(INJECT_EVENT, "E2BIG EAGAIN EBADFD EFAULT EINVAL"),
	ERRNOS(TRANSLATE, "E2BIG EBADFD EBUSY EFAULT EINTR EINVAL ENOMEM ENXIO"),
	ERRNOS(SET_CPUID, "E2BIG EBADFD EBUSY EFAULT EINVAL ENOMEM EOPNOTSUPP"),
	ERRNOS(GET_CPUID, "E2BIG EBADFD EBUSY EFAULT EINVAL ENOMEM EOPNOTSUPP"),
	ERRNOS(SYNC, "E2BIG EBADFD EBUSY EFAULT EINVAL ENOMEM"),
};

bool errno_documented(unsigned int cmd, int err)
{
	const char *name = strerrorname_np(err);
	char word[32];
	size_t i;

	snprintf(word, sizeof(word), " %s ", name ? name : "?");
	for (i = 0; i < ARRAY_SIZE(errnos); i++)
		if (errnos[i].cmd == cmd)
			return strstr(errnos[i].list, word);
	return err == ENOTTY;
}

const char *request_name(unsigned int cmd)
{
	static __thread char number[20];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++)
		if (errnos[i].cmd == cmd)
			return errnos[i].name;
	snprintf(number, sizeof(number), "ioctl 0x%x", cmd);
	return number;
}

/* ---- those beside --------------------------------------------------------------- */

static const struct axt_config beside_config = {
	.start = AXT_START_PAGED,
	GUEST(beside),
	.entry = GUEST_SYM(beside, mix),
};

static uint64_t rol5(uint64_t x)
{
	return x << 5 | x >> 59;
}

/* What the guest does, done here. */
static uint64_t mix(uint64_t *words, uint64_t x, unsigned int n)
{
	unsigned int i;

	while (n--) {
		for (i = 0; i < 512; i++) {
			x = rol5(x ^ words[i]) + (512 - i);
			words[i] = x;
		}
	}
	return x;
}

static void orderly_vm(struct beside_shared *s)
{
	static uint64_t words[512];
	struct axt f;
	uint64_t x;

	axt_open(&f, &beside_config);
	axt_fp_on(&f.v);
	want(&f.v, AXVCPU_REGS_GPR);
	for (x = 1; !__atomic_load_n(&s->over, __ATOMIC_SEQ_CST); s->rounds[0]++) {
		ASSERT_OK(axv_set_gpr(&f.v, AXT_RESULT_REG, x));
		ASSERT_OK(axv_set_gpr(&f.v, AXT_ROUNDS, 3));
		ASSERT_EXIT_V(&f.v, AXVCPU_EXIT_HYPERCALL);
		x = mix(words, x, 3);
		ASSERT_EQ(reg(&f.v, AXT_RESULT_REG), x);
		ASSERT_EQ(reg(&f.v, AXT_SECOND), x);
		ASSERT_TRUE(!memcmp(words, f.ram + GUEST_DATA, sizeof(words)));
		axv_fulfil(&f.v, x);
		axt_sleep_ms(1);
	}
}

void beside_start(struct beside *b)
{
	unsigned int i;

	b->shared = mmap(NULL, sizeof(*b->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(b->shared != MAP_FAILED);
	for (i = 0; i < ARRAY_SIZE(b->pid); i++) {
		b->pid[i] = fork();
		ASSERT_GE(b->pid[i], 0);
		if (b->pid[i])
			continue;
		if (i)
			host_thread(b->shared, i - 1);
		else
			orderly_vm(b->shared);
		/* failures are counted where all can see them */
		_exit(0);
	}
}

void beside_stop(struct beside *b)
{
	int status;
	unsigned int i;

	/* each has its turn, however short the test was */
	for (i = 0; i < ARRAY_SIZE(b->pid); i++) {
		WAIT_UNTIL(__atomic_load_n(&b->shared->rounds[i], __ATOMIC_SEQ_CST) ||
			   axt_failures());
	}
	__atomic_store_n(&b->shared->over, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < ARRAY_SIZE(b->pid); i++) {
		ASSERT_EQ(waitpid(b->pid[i], &status, 0), b->pid[i]);
		EXPECT_EQ(status, 0);
	}
	axt_diag("beside it: %u rounds of an orderly VM, %u and %u of host threads",
		 b->shared->rounds[0], b->shared->rounds[1], b->shared->rounds[2]);
}

void expect_hello(void)
{
	static uint64_t words[512];
	struct axt f;
	uint64_t x;

	axt_open(&f, &beside_config);
	axt_fp_on(&f.v);
	want(&f.v, AXVCPU_REGS_GPR);
	ASSERT_OK(axv_set_gpr(&f.v, AXT_RESULT_REG, 7));
	ASSERT_OK(axv_set_gpr(&f.v, AXT_ROUNDS, 1));
	ASSERT_EXIT_V(&f.v, AXVCPU_EXIT_HYPERCALL);
	x = mix(words, 7, 1);
	EXPECT_EQ(reg(&f.v, AXT_RESULT_REG), x);
	EXPECT_EQ(reg(&f.v, AXT_SECOND), x);
	axt_close(&f);
}

/* ---- stopping a guest ------------------------------------------------------------- */

static long stop_now_and_then(void *arg)
{
	struct stopper *s = arg;

	while (!__atomic_load_n(&s->over, __ATOMIC_SEQ_CST)) {
		axt_sleep_ms(s->ms);
		axv_kick(s->v);
	}
	return 0;
}

void stopper_start(struct stopper *s, struct axv_vcpu *v, unsigned int ms)
{
	s->v = v;
	s->ms = ms;
	s->over = false;
	axt_thread_start(&s->thread, stop_now_and_then, s);
}

void stopper_stop(struct stopper *s)
{
	__atomic_store_n(&s->over, true, __ATOMIC_SEQ_CST);
	axt_thread_join(&s->thread);
	/* stops that were not taken any more */
	s->v->run->stop = 0;
}
