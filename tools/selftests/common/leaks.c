// SPDX-License-Identifier: GPL-2.0-only
/* See leaks.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/leaks.h"

#define GROUPS	"/sys/fs/cgroup"
#define GROUP	GROUPS "/axvcpu-test"
#define CACHES	"/sys/kernel/slab"

void leaks_group(void)
{
	char text[16];

	mount("cgroup2", GROUPS, "cgroup2", 0, NULL);
	file_write(GROUPS "/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	snprintf(text, sizeof(text), "%d", getpid());
	if (file_write(GROUP "/cgroup.procs", text))
		axt_diag("no control group: kernel memory is not counted by itself");
}

/* The line "@name number" of a file of such lines. */
static long named_number(const char *path, const char *name)
{
	static char text[1 << 16];
	size_t len = strlen(name);
	char *line;

	if (file_read(path, text, sizeof(text)) <= 0)
		return -1;
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ')
			return atol(line + len);
	}
	return -1;
}

static long count_vms(void)
{
	static char text[1 << 20];
	long n = 0;
	char *s;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (file_read("/sys/kernel/debug/axvcpu/vms", text, sizeof(text)) < 0)
		return -1;
	for (s = text; (s = strstr(s, "vm ")); s += 3)
		n += s == text || s[-1] == '\n';
	return n;
}

/* What each CPU keeps of a cache for itself counts as in use, so it is trimmed. */
static long count_objects(void)
{
	struct dirent *e;
	long n = 0, one;
	DIR *dir;
	char path[PATH_MAX], text[64];

	dir = opendir(CACHES);
	if (!dir)
		return -1;
	while ((e = readdir(dir))) {
		if (strncmp(e->d_name, "kmalloc-cg-", 11))
			continue;
		snprintf(path, sizeof(path), CACHES "/%s/shrink", e->d_name);
		file_write(path, "1");
		snprintf(path, sizeof(path), CACHES "/%s/objects", e->d_name);
		one = file_read(path, text, sizeof(text)) > 0 ? atol(text) : 0;
		n += one;
	}
	closedir(dir);
	return n;
}

void leaks_read(struct leaks *l)
{
	l->users = file_number(MODULE_USERS);
	l->vms = count_vms();
	file_write("/proc/sys/vm/drop_caches", "2");
	l->objects = count_objects();
	l->charged = named_number(GROUP "/memory.stat", "kernel");
	/* before 5.18 there was no sum */
	if (l->charged < 0)
		l->charged = named_number(GROUP "/memory.stat", "slab");
}

static bool same(const struct leaks *before, const struct leaks *now, long bytes, long objects)
{
	return now->users == before->users && now->vms == before->vms &&
	       now->charged <= before->charged + bytes &&
	       now->objects <= before->objects + objects;
}

void leaks_check(const struct leaks *before, long bytes, long objects)
{
	uint64_t end = axt_now_ms() + 5000 * axt_slow();
	struct leaks now;

	/* what is freed by RCU and by workers takes its time */
	for (;;) {
		leaks_read(&now);
		if (same(before, &now, bytes, objects) || axt_now_ms() >= end)
			break;
		axt_sleep_ms(100);
	}
	axt_diag("users of the module %ld, then %ld; VMs %ld, %ld; bytes charged %ld, %ld (%+ld, allowed %ld); objects %ld, %ld (%+ld, allowed %ld)",
		 before->users, now.users, before->vms, now.vms, before->charged, now.charged,
		 now.charged - before->charged, bytes, before->objects, now.objects,
		 now.objects - before->objects, objects);
	EXPECT_EQ(now.users, before->users);
	EXPECT_EQ(now.vms, before->vms);
	EXPECT_LE(now.charged, before->charged + bytes);
	EXPECT_LE(now.objects, before->objects + objects);
}
