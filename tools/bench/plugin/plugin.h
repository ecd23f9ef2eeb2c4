/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AXV_BENCH_PLUGIN_H
#define AXV_BENCH_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CODE_MAX	15
#define CLASSES_MAX	24

/* The architecture's: costly instructions by name, to a NULL, and which one this is, or -1. */
extern const char * const class_names[];
int classify(const uint8_t *code, size_t len);
size_t enters_guest(int class);
/* known by its address to be a guest's */
bool is_guest(uint64_t address);

/* Symbols of the kernel and of the program, as nm and /proc/kallsyms write them. */
void symbols_add(const char *text, size_t bytes);
void symbols_file(const char *path);
const char *symbol_of(uint64_t address);

#endif /* AXV_BENCH_PLUGIN_H */
