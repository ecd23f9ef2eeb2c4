/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of /proc and /sys, read and written. */
#ifndef AXV_SELFTEST_FILE_H
#define AXV_SELFTEST_FILE_H

#include <stddef.h>

/* A number from a file; -1 when there is none. */
long file_number(const char *path);
/* Text from a file, ended by 0: bytes, or -errno. */
long file_read(const char *path, char *buf, size_t size);
/* Of lines "name value", the value of @name; 0 where there is none. */
unsigned long long file_value(const char *path, const char *name);
/* 0 or -errno. */
int file_write(const char *path, const char *text);

#endif /* AXV_SELFTEST_FILE_H */
