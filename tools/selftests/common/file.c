// SPDX-License-Identifier: GPL-2.0-only
/* See file.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"

long file_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (at < size - 1 && (n = read(fd, buf + at, size - 1 - at)) > 0)
		at += n;
	buf[at] = '\0';
	close(fd);
	return at;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

long file_number(const char *path)
{
	char text[64];

	return file_read(path, text, sizeof(text)) > 0 ? atol(text) : -1;
}

unsigned long long file_value(const char *path, const char *name)
{
	unsigned long long n = 0, value;
	char line[200], word[64];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %llu", word, &value) == 2 && !strcmp(word, name))
			n = value;
	if (file)
		fclose(file);
	return n;
}
