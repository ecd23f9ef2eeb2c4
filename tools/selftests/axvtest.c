// SPDX-License-Identifier: GPL-2.0-only
/* The harness: fixture, cases in processes of their own, KTAP. */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "axvtest.h"

#define DEFAULT_TIMEOUT	30
#define EXIT_SKIP	4

struct axt_case {
	const char *name;
	axt_fn fn;
	const struct axt_config *config;
	const void *arg;
	unsigned int timeout;
};

/* what a case's process tells its parent */
struct axt_report {
	unsigned int failures;
	bool skipped;
	char reason[256];
	uint32_t exits;		/* bit n: reason n was seen; kept from case to case */
};

static struct axt_case *cases;
static size_t nr_cases;
static struct axt_report *report;
static char context[256];

/* ---- registration ----------------------------------------------------------- */

void axt_add(const char *name, axt_fn fn, const struct axt_config *c,
	     const void *arg, unsigned int timeout)
{
	cases = realloc(cases, (nr_cases + 1) * sizeof(*cases));
	if (!cases)
		abort();
	cases[nr_cases++] = (struct axt_case) {
		name, fn, c, arg, timeout ? timeout : DEFAULT_TIMEOUT
	};
}

char *axt_format(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

/* ---- verdicts ---------------------------------------------------------------- */

/* One write per line, so that threads and processes do not mix theirs. */
static void say_v(const char *prefix, const char *fmt, va_list ap)
{
	char line[1024];
	size_t n = strlen(prefix);
	int more;

	memcpy(line, prefix, n);
	more = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	n += more < (int)(sizeof(line) - n - 1) ? (size_t)more : sizeof(line) - n - 2;
	line[n++] = '\n';
	while (write(STDOUT_FILENO, line, n) < 0)
		if (errno != EINTR)
			abort();
}

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v("", fmt, ap);
	va_end(ap);
}

void axt_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v("# ", fmt, ap);
	va_end(ap);
}

void axt_context(const char *fmt, ...)
{
	va_list ap;

	context[0] = '\0';
	if (!fmt)
		return;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
}

void axt_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char prefix[400];
	va_list ap;

	snprintf(prefix, sizeof(prefix), "# %s:%d: %s%s", base ? base + 1 : file,
		 line, context, context[0] ? ": " : "");
	va_start(ap, fmt);
	say_v(prefix, fmt, ap);
	va_end(ap);
	__atomic_fetch_add(&report->failures, 1, __ATOMIC_SEQ_CST);
}

void axt_end(void)
{
	_exit(report->failures ? 1 : report->skipped ? EXIT_SKIP : 0);
}

void axt_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(report->reason, sizeof(report->reason), fmt, ap);
	va_end(ap);
	report->skipped = true;
	axt_end();
}

/* @where: engine or machine; @backend: with this one only */
static const struct {
	const char *where;
	const char *backend;
	const char *what;
} flaws[AXT_NR_FLAWS] = {
	[AXT_FLAW_SPIN] = { "bochs", NULL, "masks the host's interrupts while a guest has its own off" },
	[AXT_FLAW_STEP] = { "bochs", "svm", "gives the host the #DB of a guest's step that was an exit" },
	[AXT_FLAW_EVENT] = { "bochs", "svm", "names an earlier event when INT n exits for a page fault" },
	[AXT_FLAW_WINDOW] = { "bochs", "svm", "masks virtual interrupts until IF changes" },
	[AXT_FLAW_DR6] = { "bochs", "svm", "does not set DR6 for a #DB that is an exit" },
	[AXT_FLAW_REFUSED] = { "bochs", "svm", "overwrites the state that it refuses to enter" },
	[AXT_FLAW_REAL_CS] = { "bochs", NULL, "gives CS the attributes of data in real mode" },
	[AXT_FLAW_SREG] = { "qemu", NULL, "dies of MOV to a segment register that there is not" },
	[AXT_FLAW_SLOW] = { "bochs", NULL, "takes longer for an interrupt than the shortest period of a timer" },
	[AXT_FLAW_TORN] = { "qemu", NULL, "fetches an instruction in halves" },
	[AXT_FLAW_HTINST] = { "qemu7", NULL, "leaves htinst 0" },
	[AXT_FLAW_BEYOND] = { "qemu7", NULL, "does not look at bits that no stage-2 table has" },
	[AXT_FLAW_STIP] = { "qemu7", NULL, "does not show in sip what stimecmp raises" },
};

bool axt_flawed(enum axt_flaw flaw)
{
	const char *engine = getenv("AXT_ENGINE"), *machine = getenv("AXT_MACHINE");
	const char *backend = getenv("AXT_BACKEND");

	if (flaws[flaw].backend && backend && strcmp(backend, flaws[flaw].backend))
		return false;
	return (engine && !strcmp(engine, flaws[flaw].where)) ||
	       (machine && !strcmp(machine, flaws[flaw].where));
}

void axt_avoid(enum axt_flaw flaw)
{
	if (axt_flawed(flaw))
		axt_skip("%s %s", flaws[flaw].where, flaws[flaw].what);
}

unsigned int axt_failures(void)
{
	return __atomic_load_n(&report->failures, __ATOMIC_SEQ_CST);
}

const char *axt_result_str(long ret)
{
	static __thread char ring[4][40];
	static __thread unsigned int next;
	char *s = ring[next++ % ARRAY_SIZE(ring)];

	if (ret < 0 && ret > -4096 && strerrorname_np(-ret))
		snprintf(s, sizeof(ring[0]), "-%s", strerrorname_np(-ret));
	else
		snprintf(s, sizeof(ring[0]), "%ld", ret);
	return s;
}

bool axt_run_to(const char *file, int line, struct axv_vcpu *v,
		uint32_t reason, const char *name)
{
	char buf[200];
	int ret = axv_run(v);

	if (ret < 0) {
		axt_fail(file, line, "RUN for %s: %s", name, axt_result_str(ret));
		return false;
	}
	if (v->run->exit.reason != reason) {
		axt_fail(file, line, "exit is not %s: %s", name,
			 axv_exit_str(&v->run->exit, buf, sizeof(buf)));
		return false;
	}
	return true;
}

bool axt_state_is(const char *file, int line, const struct axv_vcpu *v,
		  uint32_t state)
{
	int now = axv_get_state(v, NULL);

	if (now == (int)state)
		return true;
	axt_fail(file, line, "state is %s, not %s",
		 now < 0 ? axt_result_str(now) : axv_state_name(now),
		 axv_state_name(state));
	return false;
}

/* ---- what is seen, for the rig to make a table of ----------------------------- */

static struct axvcpu_info machine;

/* The linker has every axv_run() of the tests go here. */
int __real_axv_run(const struct axv_vcpu *v);
int __wrap_axv_run(const struct axv_vcpu *v);

int __wrap_axv_run(const struct axv_vcpu *v)
{
	int ret = __real_axv_run(v);
	uint32_t reason;

	if (!ret) {
		reason = v->run->exit.reason;
		if (reason < AXVCPU_EXIT_NR)
			__atomic_fetch_or(&report->exits, 1u << reason, __ATOMIC_RELAXED);
	}
	return ret;
}

static void say_seen(void)
{
	char line[900] = "";
	uint32_t i;

	for (i = 1; i < AXVCPU_EXIT_NR; i++)
		if (report->exits & 1u << i)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), " %s",
				 axv_exit_name(i));
	say("# observed exits:%s", line);
	line[0] = '\0';
	for (i = 0; axt_features[i]; i++)
		if (machine.arch_features & 1ull << i)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), " %s",
				 axt_features[i]);
	say("# observed machine: %.16s %u %u %#llx%s", machine.backend_name, machine.gpa_bits,
	    machine.stage2_levels, (unsigned long long)machine.page_sizes, line);
}

/* ---- threads and time ------------------------------------------------------------ */

unsigned int axt_slow(void)
{
	const char *s = getenv("AXT_SLOW");
	int factor = s ? atoi(s) : 1;

	return factor > 0 ? factor : 1;
}

uint64_t axt_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

void axt_sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, (ms % 1000) * 1000000l };

	nanosleep(&t, NULL);
}

static void *thread_main(void *arg)
{
	struct axt_thread *t = arg;

	__atomic_store_n(&t->tid, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	t->result = t->fn(t->arg);
	__atomic_store_n(&t->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

void axt_thread_start(struct axt_thread *t, long (*fn)(void *arg), void *arg)
{
	pthread_t id;

	*t = (struct axt_thread) { .fn = fn, .arg = arg };
	ASSERT_EQ(pthread_create(&id, NULL, thread_main, t), 0);
	t->id = id;
}

long axt_thread_join(struct axt_thread *t)
{
	ASSERT_EQ(pthread_join(t->id, NULL), 0);
	return t->result;
}

long axt_in_thread(long (*fn)(void *arg), void *arg)
{
	struct axt_thread t;

	axt_thread_start(&t, fn, arg);
	return axt_thread_join(&t);
}

long axt_run_once(void *arg)
{
	struct axv_vcpu *v = arg;
	long ret;

	ASSERT_OK(axv_bind(v));
	ret = axv_run(v);
	ASSERT_OK(axv_unbind(v));
	return ret;
}

int axt_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

/* ---- the fixture --------------------------------------------------------------------- */

void axt_fetch(const struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_GPR));
}

void axt_goto(const struct axv_vcpu *v, uint64_t addr, uint64_t sp)
{
	ASSERT_OK(axv_set_entry(v, addr));
	if (sp)
		ASSERT_OK(axv_set_gpr(v, AXT_SP, sp));
}

struct axvcpu_setup axt_setup_args(int s2, const struct axt_config *c)
{
	struct axvcpu_setup s = {
		.size = sizeof(s),
		.flags = AXVCPU_SETUP_RUNNABLE,
		.entry = c->entry ? c->entry : GUEST_CODE,
		.stage2_fd = s2,
	};

	axt_arch_setup(&s, c);
	return s;
}

static void bring_up(const struct axv_vcpu *v, int s2, const struct axt_config *c)
{
	struct axvcpu_setup s = axt_setup_args(s2, c);

	if (c->stage <= AXT_FREE)
		ASSERT_OK(axv_setup(v, &s));
	if (c->stage <= AXT_FREE && !c->irqs_off)
		axt_let_spin(v);
	if (c->stage == AXT_READY)
		ASSERT_OK(axv_bind(v));
}

void axt_add_vcpu(struct axt *f, uint32_t id, const struct axt_config *c,
		  struct axv_vcpu *v)
{
	ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, id, v));
	bring_up(v, f->s2, c);
}

static void make_ram(struct axt *f, const struct axt_config *c)
{
	f->ram_size = c->ram_size ? c->ram_size : GUEST_RAM_SIZE;
	f->ram = mmap(NULL, f->ram_size, PROT_READ | PROT_WRITE,
		      (c->shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(f->ram != MAP_FAILED);
	if (c->code) {
		ASSERT_LE(c->code_end - c->code, GUEST_CODE_END - GUEST_CODE);
		memcpy(f->ram + GUEST_CODE, c->code, c->code_end - c->code);
		axt_arch_code(f, f->ram + GUEST_CODE, c->code_end - c->code);
	}
	axt_arch_ram(f->ram, c->start);

	f->s2 = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(f->s2, 0, f->ram, f->ram_size, AXV_PROT_RWX));
}

void axt_open(struct axt *f, const struct axt_config *c)
{
	struct axvcpu_create_vm vm = { };

	memset(f, 0, sizeof(*f));
	f->vm = -1;
	f->s2 = -1;
	f->v.fd = -1;
	f->config = c;
	ASSERT_OK(axv_open(&f->dev, NULL));
	if (!c)
		return;

	vm.flags = c->vm_flags;
	vm.exception_exits = c->exception_exits;
	vm.arch_flags = c->arch_flags;
	f->vm = ASSERT_OK(axv_vm_create_with(&f->dev, &vm));
	make_ram(f, c);
	if (c->stage == AXT_NO_VCPU)
		return;
	axt_add_vcpu(f, 0, c, &f->v);
	f->exit = &f->v.run->exit;
	f->regs = axt_regs(f->v.run);
}

void axt_close(struct axt *f)
{
	axv_vcpu_close(&f->v);
	if (f->s2 >= 0)
		close(f->s2);
	if (f->vm >= 0)
		close(f->vm);
	if (f->ram)
		munmap(f->ram, f->ram_size);
	axv_close(&f->dev);
}

/* ---- running the cases ------------------------------------------------------------------- */

static void __attribute__((noreturn)) run_case(const struct axt_case *c)
{
	struct axt f;

	/* what a case leaves running dies with it */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	axt_open(&f, c->config);
	c->fn(&f, c->arg);
	axt_end();
}

/* Wait for the case's process; false when it had to be killed. */
static bool wait_case(pid_t pid, unsigned int timeout, int *status)
{
	uint64_t end = axt_now_ms() + timeout * 1000ull;
	unsigned int nap = 0;
	bool killed = false;

	while (waitpid(pid, status, WNOHANG) != pid) {
		if (!killed && axt_now_ms() >= end) {
			killed = true;
			kill(-pid, SIGKILL);
			end = axt_now_ms() + 5000;
		} else if (killed && axt_now_ms() >= end) {
			axt_diag("process %d cannot be killed", pid);
			*status = SIGKILL;
			break;
		}
		/* short naps first: most cases take no time at all */
		axt_sleep_ms(nap < 20 ? 1 : 10);
		nap++;
	}
	/* whatever it started */
	kill(-pid, SIGKILL);
	return !killed;
}

/* 0 passed, 1 failed, EXIT_SKIP skipped; the line is printed. */
static int do_case(size_t nr, const struct axt_case *c)
{
	unsigned int timeout = c->timeout * axt_slow();
	int status = 0;
	bool in_time;
	pid_t pid;

	*report = (struct axt_report){ .exits = report->exits };
	pid = fork();
	if (pid < 0) {
		say("not ok %zu - %s", nr, c->name);
		return 1;
	}
	if (!pid)
		run_case(c);
	setpgid(pid, pid);

	in_time = wait_case(pid, timeout, &status);
	if (!in_time)
		axt_diag("no end within %u seconds", timeout);
	else if (WIFSIGNALED(status))
		axt_diag("killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));

	if (in_time && WIFEXITED(status) && !report->failures) {
		if (WEXITSTATUS(status) == 0) {
			say("ok %zu - %s", nr, c->name);
			return 0;
		}
		if (WEXITSTATUS(status) == EXIT_SKIP && report->skipped) {
			say("ok %zu - %s # SKIP %s", nr, c->name, report->reason);
			return EXIT_SKIP;
		}
		axt_diag("exit status %d", WEXITSTATUS(status));
	}
	say("not ok %zu - %s", nr, c->name);
	return 1;
}

static bool wanted(const char *name, char **filters)
{
	if (!*filters)
		return true;
	for (; *filters; filters++)
		if (!fnmatch(*filters, name, 0) || strstr(name, *filters))
			return true;
	return false;
}

/* NULL when a VM can be made here, else why not. */
bool __attribute__((weak)) axt_unusable_too;

static const char *why_not(void)
{
	static char text[300];
	struct axv a;
	int ret = axv_open(&a, NULL);

	if (ret < 0) {
		snprintf(text, sizeof(text), "%s: %s", AXV_DEVICE, strerror(-ret));
		return text;
	}
	machine = a.info;
	snprintf(text, sizeof(text), "%.160s", a.info.why_text);
	axv_close(&a);
	return a.info.why == AXVCPU_WHY_USABLE || axt_unusable_too ? NULL : text;
}

static void usage(const char *name)
{
	printf("usage: %s [-l] [NAME...]\n"
	       "Runs the cases whose names contain or match one of NAME, or all.\n"
	       "  -l  list the cases\n", name);
}

int main(int argc, char **argv)
{
	size_t i, nr = 0, failed = 0, skipped = 0;
	const char *reason;
	bool list = false;
	int opt;

	while ((opt = getopt(argc, argv, "lvh")) != -1) {
		switch (opt) {
		case 'l':
			list = true;
			break;
		case 'v':	/* for habit's sake: all is told anyway */
			break;
		default:
			usage(argv[0]);
			return opt == 'h' ? 0 : 2;
		}
	}
	for (i = 0; i < nr_cases; i++) {
		if (!wanted(cases[i].name, argv + optind))
			continue;
		if (list)
			printf("%s\n", cases[i].name);
		cases[nr++] = cases[i];
	}
	if (list)
		return 0;

	say("TAP version 13");
	reason = why_not();
	if (reason) {
		say("1..0 # SKIP %s", reason);
		return EXIT_SKIP;
	}
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return 1;

	say("1..%zu", nr);
	for (i = 0; i < nr; i++) {
		switch (do_case(i + 1, &cases[i])) {
		case 0:
			break;
		case EXIT_SKIP:
			skipped++;
			break;
		default:
			failed++;
		}
	}
	say_seen();
	say("# Totals: pass:%zu fail:%zu skip:%zu", nr - failed - skipped, failed, skipped);
	if (failed)
		return 1;
	return nr && skipped == nr ? EXIT_SKIP : 0;
}
