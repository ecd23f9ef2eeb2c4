// SPDX-License-Identifier: GPL-2.0-only
/* See last.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/last.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, count);

#define MAX_CPUS	64
#define KERNEL		"/axvcpu/guest/vmlinuz"
#define TREE		"/tmp/next"
#define INITRD		"/tmp/next.cpio"

static const struct axt_config count = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, count),
};

struct counter {
	struct axt f;
	struct axt_thread thread;
	int cpu;
};

static long count_thread(void *arg)
{
	struct counter *c = arg;
	cpu_set_t one;
	int r;

	CPU_ZERO(&one);
	CPU_SET(c->cpu, &one);
	r = sched_setaffinity(0, sizeof(one), &one) ? -errno : axv_bind(&c->f.v);
	while (!r)
		r = axv_run(&c->f.v);
	return r;
}

void last_guests(void)
{
	static struct counter c[MAX_CPUS];
	int i, cpus = 0;
	cpu_set_t set;

	ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	for (i = 0; i < CPU_SETSIZE && cpus < MAX_CPUS; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		c[cpus].cpu = i;
		axt_open(&c[cpus].f, &count);
		axt_thread_start(&c[cpus].thread, count_thread, &c[cpus]);
		cpus++;
	}
	for (i = 0; i < cpus; i++) {
		uint32_t seen = GUEST_MEM(&c[i].f, GUEST_DATA, uint32_t);

		ASSERT_TRUE(WAIT_UNTIL(GUEST_MEM(&c[i].f, GUEST_DATA, uint32_t) != seen));
	}
	axt_diag("guests run on %d CPUs", cpus);
}

/* What the next kernel starts. */
static void write_init(const char *test, const char *what)
{
	FILE *f = fopen(TREE "/init", "w");

	ASSERT_TRUE(f);
	fprintf(f,
		"#!/bin/sh\n"
		"export PATH=/bin:/sbin\n"
		"mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev\n"
		"mount -t tmpfs none /tmp; dmesg -n 8; dmesg -c >/dev/null\n"
		". /rig/lib\n"
		"port=/dev/ttyS1\n"
		/* as the rig's own first process looks for it */
		"for tty in /sys/class/tty/ttyS*; do\n"
		"case $(readlink $tty) in */pci*) port=/dev/${tty##*/};; esac\n"
		"done\n"
		"[ ! -c \"/dev/$RIG_PORT\" ] || port=/dev/$RIG_PORT\n"
		"stty -F $port 115200 raw -echo\n"
		"{\n"
		"echo \"# $(uname -r), up for $(cut -d' ' -f1 /proc/uptime) seconds\"\n"
		"insmod /axvcpu/axvcpu.ko && /axvcpu/hello && echo 'ok 1 - %s' || echo 'not ok 1 - %s'\n"
		"rig_klog || rig_say splats\n"
		"rig_say 'end %s 0'; rig_say 'exit 0'\n"
		"} >$port 2>&1\n"
		"stty -F $port cooked; sleep 0.1; poweroff -f\n", what, what, test);
	ASSERT_EQ(fclose(f), 0);
	ASSERT_EQ(chmod(TREE "/init", 0755), 0);
}

static void make_initrd(const char *test, const char *what)
{
	/* a symlink to the module's own file is of no use there */
	ASSERT_EQ(system("rm -rf " TREE " && cd / && mkdir -p " TREE "/axvcpu " TREE "/rig " TREE
			 "/proc " TREE "/sys " TREE "/dev " TREE "/tmp && cp -a bin sbin " TREE
			 " && cp rig/lib " TREE "/rig && cp axvcpu/hello axvcpu/axvcpu.ko " TREE
			 "/axvcpu"), 0);
	write_init(test, what);
	ASSERT_EQ(system("cd " TREE " && find . | cpio -o -H newc >" INITRD " 2>/dev/null"), 0);
}

void last_load_kernel(const char *test, const char *what, bool crash)
{
	int kernel, initrd, r;

	kernel = open(KERNEL, O_RDONLY | O_CLOEXEC);
	if (kernel < 0)
		axt_skip("no kernel to load: " KERNEL);
	if (!last_is_this_kernel(kernel))
		axt_skip(KERNEL " is another kernel than this one, which the module is for");
	make_initrd(test, what);
	initrd = open(INITRD, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(initrd, 0);
	r = last_kexec(kernel, initrd, crash);
	if (r == -ENOSYS || r == -EPERM)
		axt_skip("the kernel cannot load another one: %s", strerror(-r));
	ASSERT_OK(r);
	close(kernel);
	close(initrd);
}
