/* SPDX-License-Identifier: GPL-2.0-only */
/* The pair of 8259A interrupt controllers of a PC. */
#ifndef AXRUN_I8259_H
#define AXRUN_I8259_H

#include <stdbool.h>
#include <stdint.h>

enum i8259_init { I8259_READY, I8259_ICW2, I8259_ICW3, I8259_ICW4 };

struct i8259_chip {
	uint8_t irr;		/* requests */
	uint8_t isr;		/* in service */
	uint8_t imr;		/* masked */
	uint8_t lines;		/* input levels */
	uint8_t elcr;		/* level-triggered inputs */
	uint8_t base;		/* vector of input 0 */
	uint8_t lowest;		/* input of the lowest priority */
	enum i8259_init init;
	bool need_icw4;
	bool single;
	bool auto_eoi;
	bool rotate_aeoi;
	bool fully_nested;	/* special fully nested mode */
	bool special_mask;
	bool read_isr;		/* OCW3: reads of the command port give ISR */
	bool poll;		/* OCW3: the next read acknowledges */
};

struct i8259 {
	struct i8259_chip chip[2];	/* master, slave on its input 2 */
};

void i8259_reset(struct i8259 *pic);
/* inputs 0-15; 2 does not exist */
void i8259_set_line(struct i8259 *pic, unsigned int irq, bool level);
bool i8259_output(const struct i8259 *pic);
/* the CPU's acknowledge cycle: the vector */
unsigned int i8259_ack(struct i8259 *pic);
/* the vector it would give now */
unsigned int i8259_peek(const struct i8259 *pic);
/* ports 20h, 21h, A0h, A1h, 4D0h, 4D1h */
uint8_t i8259_read(struct i8259 *pic, uint16_t port);
void i8259_write(struct i8259 *pic, uint16_t port, uint8_t data);

#endif /* AXRUN_I8259_H */
