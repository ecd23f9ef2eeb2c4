/* SPDX-License-Identifier: GPL-2.0-only */
/* The I/O APIC of a PC: 24 inputs, each with an interrupt message of its own. */
#ifndef AXRUN_IOAPIC_H
#define AXRUN_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#define IOAPIC_PINS	24u
/* bytes of the registers */
#define IOAPIC_SIZE	0x1000u

/* how a message is to be taken: delivery modes as local APICs have them too */
enum ioapic_mode {
	IOAPIC_FIXED	= 0,
	IOAPIC_LOWEST	= 1,
	IOAPIC_SMI	= 2,
	IOAPIC_NMI	= 4,
	IOAPIC_INIT	= 5,
	IOAPIC_EXTINT	= 7,
};

/* what local APICs are told */
struct ioapic_message {
	uint8_t destination;
	bool logical;		/* else the id of one, or FFh for all */
	uint8_t mode;		/* enum ioapic_mode, or one that is reserved */
	bool level;		/* its EOI comes back by ioapic_eoi() */
	uint8_t vector;
};

struct ioapic {
	/* false: nobody has taken it */
	bool (*send)(void *opaque, const struct ioapic_message *m);
	void *opaque;

	uint8_t select;
	uint8_t id;
	uint32_t lines;			/* the devices', a bit each */
	uint64_t entry[IOAPIC_PINS];	/* the redirection table */
};

/* All inputs masked; send and opaque are the caller's and stay, as do lines. */
void ioapic_reset(struct ioapic *io);
void ioapic_set_line(struct ioapic *io, unsigned int pin, bool level);
/* a local APIC has seen the end of a level-triggered interrupt */
void ioapic_eoi(struct ioapic *io, uint8_t vector);
uint32_t ioapic_read(struct ioapic *io, uint32_t reg, unsigned int width);
void ioapic_write(struct ioapic *io, uint32_t reg, unsigned int width, uint32_t data);

#endif /* AXRUN_IOAPIC_H */
