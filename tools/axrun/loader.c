// SPDX-License-Identifier: GPL-2.0-only
/* Files named by options, and flat images put into guest memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "axrun.h"

void image_open(struct image *im, const char *option, const char *path)
{
	struct stat st;

	im->option = option;
	im->path = path;
	im->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (im->fd < 0 || fstat(im->fd, &st) < 0)
		die("%s %s: %s", option, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		die("%s %s: not a regular file", option, path);
	if (!st.st_size)
		die("%s %s: the file is empty", option, path);
	im->size = st.st_size;
}

void image_read(const struct image *im, uint64_t offset, void *to,
		uint64_t len)
{
	while (len) {
		ssize_t n = pread(im->fd, to, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("%s %s: %s", im->option, im->path,
			    strerror(errno));
		if (!n)
			die("%s %s: the file ends at byte %llu", im->option,
			    im->path, (unsigned long long)offset);
		to = (char *)to + n;
		offset += n;
		len -= n;
	}
}

void image_close(struct image *im)
{
	if (im->fd >= 0)
		close(im->fd);
	im->fd = -1;
}

void load_flats(struct vm *vm)
{
	for (struct flat_file *f = vm->opt.flats; f; f = f->next) {
		struct image im;
		void *to;

		image_open(&im, "--flat", f->path);
		to = mem_ptr(&vm->mem, f->addr, im.size);
		if (!to)
			die("--flat %s@%#llx: %llu bytes there are not all memory",
			    f->path, (unsigned long long)f->addr,
			    (unsigned long long)im.size);
		image_read(&im, 0, to, im.size);
		image_close(&im);
	}
}
