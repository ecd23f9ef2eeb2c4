/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program tells the emulator's plugin: by stores of 64 bits with an
 * instruction that nobody else uses. Without the plugin they are just stores.
 *
 * A word's low byte says what it is. The words of a text follow its first.
 */
#ifndef AXV_BENCH_CHANNEL_H
#define AXV_BENCH_CHANNEL_H

#include <stdint.h>

#define CHANNEL_ROW	'R'	/* bits 8..: bytes of the text: row and hypervisor */
#define CHANNEL_SYMBOLS	'K'	/* bits 8..: bytes of the text: of /proc/kallsyms */
#define CHANNEL_BEGIN	'B'	/* bits 8-15: the part (below), 16..: operations, if any */
#define CHANNEL_END	'E'

/* Of several measurements of one part the one with the fewest instructions counts. */
#define PART_WITH	0	/* the operations and what goes with them */
#define PART_WITHOUT	1	/* what goes with them, without them */
#define PARTS		2

/* For the program and for the plugin, which runs on another machine. */
#if defined(__riscv) || defined(CHANNEL_TARGET_riscv)
#define CHANNEL_TARGET	"riscv64"
/* sd a0, -2040(a1) */
#define CHANNEL_CODE	{ 0x23, 0xb4, 0xa5, 0x80 }
#elif defined(__aarch64__) || defined(CHANNEL_TARGET_arm64)
#define CHANNEL_TARGET	"aarch64"
/* stur x0, [x1, #-255] */
#define CHANNEL_CODE	{ 0x20, 0x10, 0x10, 0xf8 }
#else
#define CHANNEL_TARGET	"x86_64"
/* mov %rdi, (%rsi) behind prefixes that say nothing */
#define CHANNEL_CODE	{ 0x3e, 0x2e, 0x3e, 0x2e, 0x48, 0x89, 0x3e }
#endif

static inline void channel_word(uint64_t word)
{
	uint64_t to;

#if defined(__x86_64__)
	asm volatile(".byte 0x3e, 0x2e, 0x3e, 0x2e, 0x48, 0x89, 0x3e"
		     : "=m" (to) : "D" (word), "S" (&to));
#elif defined(__riscv)
	register uint64_t a0 asm("a0") = word;
	register uintptr_t a1 asm("a1") = (uintptr_t)&to + 2040;

	asm volatile(".4byte 0x80a5b423" : "=m" (to) : "r" (a0), "r" (a1));
#elif defined(__aarch64__)
	register uint64_t x0 asm("x0") = word;
	register uintptr_t x1 asm("x1") = (uintptr_t)&to + 255;

	asm volatile("stur x0, [x1, #-255]" : "=m" (to) : "r" (x0), "r" (x1));
#else
	(void)word, (void)to;
#endif
}

static inline void channel_begin(unsigned int part, uint64_t operations)
{
	channel_word(CHANNEL_BEGIN | part << 8 | operations << 16);
}

static inline void channel_end(void)
{
	channel_word(CHANNEL_END);
}

void channel_text(char kind, const char *text, uint64_t bytes);
/* What the kernel and its modules have at which address. */
void channel_symbols(void);

#endif /* AXV_BENCH_CHANNEL_H */
