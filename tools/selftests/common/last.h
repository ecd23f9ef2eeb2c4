/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests that end the machine: guests on all CPUs, and the next kernel. */
#ifndef AXV_SELFTEST_LAST_H
#define AXV_SELFTEST_LAST_H

#include "axvtest.h"

/* A guest that counts on every CPU, each run by a thread; they do. */
void last_guests(void);
/*
 * Load the kernel of /axvcpu/guest, by kexec or (@crash) for a panic. It runs on
 * this machine's own programs: loads the module, runs axvcpu/hello, says result 1,
 * "@what", and the end of @test in the rig's words, and switches off.
 */
void last_load_kernel(const char *test, const char *what, bool crash);

/* Of the architecture: is @kernel the one that runs? The module is for no other. */
bool last_is_this_kernel(int kernel);
/* kexec of @kernel with @initrd: 0 or -errno */
int last_kexec(int kernel, int initrd, bool crash);

#endif /* AXV_SELFTEST_LAST_H */
