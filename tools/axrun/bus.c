// SPDX-License-Identifier: GPL-2.0-only
/* Ports and memory: which device an access is for. */
#include "axrun.h"

void bus_add(struct bus *bus, const struct bus_device *dev)
{
	if (bus->nr == MAX_BUS_DEVICES)
		die("too many devices");
	bus->device[bus->nr++] = *dev;
}

void bus_add_range(struct bus *bus, uint64_t first, uint64_t last, bool bytes,
		   uint64_t (*read)(void *, uint64_t, unsigned int),
		   void (*write)(void *, uint64_t, unsigned int, uint64_t),
		   void *opaque)
{
	struct bus_device dev = {
		.first = first,
		.last = last,
		.bytes = bytes,
		.read = read,
		.write = write,
		.opaque = opaque,
	};

	bus_add(bus, &dev);
}

/* The first match counts, so that one device may sit inside another's range. */
static const struct bus_device *bus_find(const struct bus *bus, uint64_t addr)
{
	for (unsigned int i = 0; i < bus->nr; i++) {
		const struct bus_device *dev = &bus->device[i];

		if (addr >= dev->first && addr <= dev->last)
			return dev;
	}
	return NULL;
}

static uint64_t cut(uint64_t data, unsigned int width)
{
	return width < 8 ? data & ((1ull << (8 * width)) - 1) : data;
}

uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned int width)
{
	const struct bus_device *dev = bus_find(bus, addr);
	uint64_t data = 0;

	if (!dev || !dev->read)
		return cut(UINT64_MAX, width);
	if (width == 1 || !dev->bytes)
		return cut(dev->read(dev->opaque, addr, width), width);

	for (unsigned int i = 0; i < width; i++)
		data |= bus_read(bus, addr + i, 1) << (8 * i);
	return data;
}

void bus_write(struct bus *bus, uint64_t addr, unsigned int width,
	       uint64_t data)
{
	const struct bus_device *dev = bus_find(bus, addr);

	if (!dev || !dev->write)
		return;
	if (width == 1 || !dev->bytes) {
		dev->write(dev->opaque, addr, width, cut(data, width));
		return;
	}

	for (unsigned int i = 0; i < width; i++)
		bus_write(bus, addr + i, 1, data >> (8 * i));
}
