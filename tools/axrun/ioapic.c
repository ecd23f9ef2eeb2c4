// SPDX-License-Identifier: GPL-2.0-only
/*
 * An I/O APIC as the 82093AA's data sheet has it, with the EOI register of later
 * ones (version 20h): where an input asks for an interrupt, a message goes out to
 * the local APICs at once.
 *
 * Edge: each rise is one message, unless the input is masked: then it is lost, as
 * the data sheet says. Level: one message, and no other until its EOI is back
 * (Remote IRR); then the line is looked at again. Of a level that nobody took, the
 * next change of the line or of the entry makes another one.
 *
 * A line here is asserted or not; the polarity of an entry is kept, and means
 * nothing, since no wire of the board could be inverted.
 */
#include "ioapic.h"

/* registers in memory */
#define SELECT		0x00u
#define WINDOW		0x10u
#define EOI		0x40u

/* registers behind the window */
#define REG_ID		0x00u
#define REG_VERSION	0x01u
#define REG_ARBITRATION	0x02u
#define REG_TABLE	0x10u		/* two for each input */
#define REG_TABLE_END	(REG_TABLE + 2 * IOAPIC_PINS)

#define VERSION_VALUE	((IOAPIC_PINS - 1) << 16 | 0x20u)
#define ID_SHIFT	24
#define ID_MASK		0x0fu

/* an entry */
#define VECTOR		0xffull
#define MODE_SHIFT	8
#define MODE_MASK	7u
#define LOGICAL		(1ull << 11)
#define POLARITY	(1ull << 13)
#define REMOTE_IRR	(1ull << 14)
#define LEVEL		(1ull << 15)
#define MASKED		(1ull << 16)
#define DESTINATION_SHIFT	56
#define DESTINATION	(0xffull << DESTINATION_SHIFT)
#define WRITABLE	(VECTOR | (uint64_t)MODE_MASK << MODE_SHIFT | LOGICAL | \
			 POLARITY | LEVEL | MASKED | DESTINATION)

/* The others are edges, whatever the entry says. */
static bool can_be_level(uint64_t entry)
{
	unsigned int mode = entry >> MODE_SHIFT & MODE_MASK;

	return mode == IOAPIC_FIXED || mode == IOAPIC_LOWEST;
}

static bool is_level(uint64_t entry)
{
	return (entry & LEVEL) && can_be_level(entry);
}

static bool send(struct ioapic *io, uint64_t entry)
{
	const struct ioapic_message m = {
		.destination = entry >> DESTINATION_SHIFT,
		.logical = entry & LOGICAL,
		.mode = entry >> MODE_SHIFT & MODE_MASK,
		.level = is_level(entry),
		.vector = entry,
	};

	return io->send(io->opaque, &m);
}

/* A level that asks, and may. */
static void service(struct ioapic *io, unsigned int pin)
{
	uint64_t *entry = &io->entry[pin];

	if (!(io->lines >> pin & 1) || !is_level(*entry) ||
	    (*entry & (MASKED | REMOTE_IRR)))
		return;
	if (send(io, *entry))
		*entry |= REMOTE_IRR;
}

void ioapic_reset(struct ioapic *io)
{
	io->select = 0;
	io->id = 0;
	for (unsigned int i = 0; i < IOAPIC_PINS; i++)
		io->entry[i] = MASKED;
}

void ioapic_set_line(struct ioapic *io, unsigned int pin, bool level)
{
	uint32_t old = io->lines;
	uint64_t entry;

	if (pin >= IOAPIC_PINS)
		return;
	entry = io->entry[pin];
	if (!level) {
		io->lines &= ~(1u << pin);
		return;
	}
	io->lines |= 1u << pin;
	if (is_level(entry))
		service(io, pin);
	else if (io->lines != old && !(entry & MASKED))
		send(io, entry);
}

void ioapic_eoi(struct ioapic *io, uint8_t vector)
{
	for (unsigned int i = 0; i < IOAPIC_PINS; i++) {
		uint64_t *entry = &io->entry[i];

		/*
		 * One without Remote IRR too: its message may have met that of
		 * another input with the same vector.
		 */
		if (!is_level(*entry) || (*entry & VECTOR) != vector)
			continue;
		*entry &= ~REMOTE_IRR;
		service(io, i);
	}
}

static void write_entry(struct ioapic *io, unsigned int reg, uint32_t data)
{
	unsigned int shift = reg & 1 ? 32 : 0;
	unsigned int pin = (reg - REG_TABLE) / 2;
	uint64_t *entry = &io->entry[pin];
	uint64_t mask = (uint64_t)UINT32_MAX << shift & WRITABLE;

	*entry = (*entry & ~mask) | ((uint64_t)data << shift & mask);
	/* the only way back without an EOI, which drivers know and use */
	if (!is_level(*entry))
		*entry &= ~REMOTE_IRR;
	service(io, pin);
}

static uint32_t read_window(const struct ioapic *io)
{
	uint8_t reg = io->select;

	switch (reg) {
	case REG_ID:
	case REG_ARBITRATION:
		return (uint32_t)io->id << ID_SHIFT;
	case REG_VERSION:
		return VERSION_VALUE;
	case REG_TABLE ... REG_TABLE_END - 1:
		return io->entry[(reg - REG_TABLE) / 2] >> (reg & 1 ? 32 : 0);
	default:
		return 0;
	}
}

static void write_window(struct ioapic *io, uint32_t data)
{
	uint8_t reg = io->select;

	if (reg == REG_ID)
		io->id = data >> ID_SHIFT & ID_MASK;
	else if (reg >= REG_TABLE && reg < REG_TABLE_END)
		write_entry(io, reg, data);
}

uint32_t ioapic_read(struct ioapic *io, uint32_t reg, unsigned int width)
{
	if (reg == SELECT && width <= 4)
		return io->select;
	if (reg == WINDOW && width == 4)
		return read_window(io);
	return 0;
}

void ioapic_write(struct ioapic *io, uint32_t reg, unsigned int width, uint32_t data)
{
	if (reg == SELECT && width <= 4)
		io->select = data;
	else if (reg == WINDOW && width == 4)
		write_window(io, data);
	else if (reg == EOI && width == 4)
		ioapic_eoi(io, data);
}
