/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's console: stdin and stdout. */
#ifndef AXRUN_CONSOLE_H
#define AXRUN_CONSOLE_H

#include <stdbool.h>

struct vm;

/*
 * Make the terminal raw and take input. ready() is called, with vm->lock held,
 * when console_getc() has something new. The terminal is put back by
 * console_close(), by exit() and by every signal that ends the process.
 */
void console_open(struct vm *vm, void (*ready)(void *opaque), void *opaque);
void console_close(void);
bool console_is_raw(void);

/* the next byte of input, -1: none */
int console_getc(void);
/*
 * Another device takes the input: ready() is called for it, console_getc() has
 * none any more, and console_read() has, as many bytes as there are and fit.
 */
void console_take(void (*ready)(void *opaque), void *opaque);
unsigned int console_read(unsigned char *buf, unsigned int len);
/* buffered; on its way at the latest some milliseconds later */
void console_putc(unsigned char c);
void console_flush(void);

#endif /* AXRUN_CONSOLE_H */
