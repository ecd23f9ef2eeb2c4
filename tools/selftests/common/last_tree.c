// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of last.c for machines with a device tree. Not every kernel there can load a
 * file by itself (kexec_file_load), so the pieces are put where they are to be
 * (kexec_load): the Image, the initrd, and this machine's own device tree, which says
 * where the initrd is and, for a crash kernel, that there is no memory but its own.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/last_tree.h"

#define TREE_FILE	"/sys/firmware/fdt"
#define MIB		0x100000ul

static unsigned char *read_all(int fd, size_t *len)
{
	size_t room = 64 * MIB, n = 0;
	unsigned char *p = malloc(room);
	ssize_t r;

	ASSERT_TRUE(p);
	while ((r = read(fd, p + n, room - n)) > 0)
		n += r;
	ASSERT_EQ(r, 0);
	ASSERT_TRUE(n < room);
	*len = n;
	return p;
}

/* An Image has what /proc/version begins with somewhere in it. */
bool last_tree_is_this_kernel(int kernel)
{
	unsigned char *image;
	struct utsname u;
	char text[120];
	size_t len;
	bool is;

	ASSERT_EQ(uname(&u), 0);
	snprintf(text, sizeof(text), "Linux version %s ", u.release);
	image = read_all(kernel, &len);
	is = memmem(image, len, text, strlen(text));
	free(image);
	ASSERT_EQ(lseek(kernel, 0, SEEK_SET), 0);
	return is;
}

/* ---- the device tree ----------------------------------------------------------------- */

static uint32_t word_at(const unsigned char *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return be32toh(w);
}

/* Property @name of the node of the root whose name begins with @node, and its length. */
static unsigned char *tree_property(unsigned char *tree, const char *node, const char *name,
				    uint32_t *len)
{
	const unsigned char *strings = tree + word_at(tree + 12);
	unsigned char *at = tree + word_at(tree + 8);
	unsigned int depth = 0;
	bool in_node = false;

	for (;;) {
		switch (word_at(at)) {
		case 1:		/* a node */
			at += 4;
			if (++depth == 2)
				in_node = !strncmp((char *)at, node, strlen(node));
			at += (strlen((char *)at) + 4) & ~3ul;
			break;
		case 2:		/* its end */
			depth--;
			at += 4;
			break;
		case 3:		/* a property: length, place of its name */
			*len = word_at(at + 4);
			if (in_node && depth == 2 &&
			    !strcmp((char *)strings + word_at(at + 8), name))
				return at + 12;
			at += 12 + ((*len + 3) & ~3u);
			break;
		case 4:
			at += 4;
			break;
		default:
			return NULL;
		}
	}
}

/* A number of one cell or two. */
static void tree_set(unsigned char *tree, const char *node, const char *name, uint64_t value)
{
	uint32_t len;
	unsigned char *p = tree_property(tree, node, name, &len);
	uint64_t wide = htobe64(value);

	ASSERT_TRUE(p && (len == 4 || len == 8));
	memcpy(p, (unsigned char *)&wide + 8 - len, len);
}

/* The only memory there is. */
static void tree_set_memory(unsigned char *tree, uint64_t start, uint64_t size)
{
	uint64_t pair[2] = { htobe64(start), htobe64(size) };
	uint32_t len;
	unsigned char *p = tree_property(tree, "memory@", "reg", &len);

	ASSERT_TRUE(p && len == sizeof(pair));
	memcpy(p, pair, sizeof(pair));
}

/* ---- where there is room ------------------------------------------------------------- */

/* The first range of that name in /proc/iomem. */
static bool find_memory(const char *name, uint64_t *start, uint64_t *size)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long long first, last;
	char line[200], what[100];
	bool found = false;

	ASSERT_TRUE(f);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %llx-%llx : %99[^\n]", &first, &last, what) == 3 &&
			!strcmp(what, name);
	fclose(f);
	*start = first;
	*size = last - first + 1;
	return found;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) & -to;
}

int last_tree_kexec(int kernel, int initrd, bool crash, const char *magic, last_start_t start_code)
{
	uint64_t start, size, image_size, offset;
	struct kexec_segment s[4] = { };
	unsigned int i, nr = 3;
	unsigned char *tree;
	size_t len[4];
	const void *entry;
	int fd, r;

	if (!find_memory(crash ? "Crash kernel" : "System RAM", &start, &size))
		axt_skip("no memory for a kernel");
	s[0].buf = read_all(kernel, &len[0]);
	ASSERT_TRUE(!memcmp((char *)s[0].buf + 56, magic, 4));
	memcpy(&offset, (char *)s[0].buf + 8, sizeof(offset));
	memcpy(&image_size, (char *)s[0].buf + 16, sizeof(image_size));
	s[1].buf = read_all(initrd, &len[1]);
	fd = open(TREE_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		axt_skip("no " TREE_FILE);
	tree = read_all(fd, &len[2]);
	s[2].buf = tree;
	close(fd);

	s[0].mem = (void *)(round_up(start, 2 * MIB) + (crash ? 0 : offset));
	s[0].memsz = round_up(le64toh(image_size), AXT_PAGE);
	s[1].mem = (void *)round_up((uint64_t)s[0].mem + s[0].memsz, 2 * MIB);
	s[1].memsz = round_up(len[1], AXT_PAGE);
	s[2].mem = (void *)round_up((uint64_t)s[1].mem + s[1].memsz, 2 * MIB);
	s[2].memsz = round_up(len[2], AXT_PAGE);
	entry = s[0].mem;
	if (start_code) {
		s[3].buf = calloc(1, AXT_PAGE);
		ASSERT_TRUE(s[3].buf);
		len[3] = start_code((void *)s[3].buf, (uint64_t)s[0].mem, (uint64_t)s[2].mem);
		s[3].mem = (char *)s[2].mem + s[2].memsz;
		s[3].memsz = AXT_PAGE;
		entry = s[3].mem;
		nr = 4;
	}
	for (i = 0; i < nr; i++)
		s[i].bufsz = len[i];
	ASSERT_LE((uint64_t)s[nr - 1].mem + s[nr - 1].memsz, start + size);

	tree_set(tree, "chosen", "linux,initrd-start", (uint64_t)s[1].mem);
	tree_set(tree, "chosen", "linux,initrd-end", (uint64_t)s[1].mem + len[1]);
	if (crash)
		tree_set_memory(tree, start, size);
	r = syscall(SYS_kexec_load, entry, (unsigned long)nr, s,
		    (unsigned long)KEXEC_ARCH_DEFAULT | (crash ? KEXEC_ON_CRASH : 0)) ? -errno : 0;
	for (i = 0; i < nr; i++)
		free((void *)s[i].buf);
	return r;
}
