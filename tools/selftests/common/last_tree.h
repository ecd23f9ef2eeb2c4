/* SPDX-License-Identifier: GPL-2.0-only */
/* last.h where there is a device tree; see last_tree.c. */
#ifndef AXV_SELFTEST_LAST_TREE_H
#define AXV_SELFTEST_LAST_TREE_H

#include "common/last.h"

/*
 * Code that begins the kernel at @kernel with the tree at @tree, into the page at @to: its
 * length. NULL where kexec gives the next kernel its tree.
 */
typedef size_t (*last_start_t)(void *to, uint64_t kernel, uint64_t tree);

bool last_tree_is_this_kernel(int kernel);
/* @magic: what an Image has at byte 56 */
int last_tree_kexec(int kernel, int initrd, bool crash, const char *magic, last_start_t start_code);

#endif /* AXV_SELFTEST_LAST_TREE_H */
