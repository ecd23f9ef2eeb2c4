// SPDX-License-Identifier: GPL-2.0-only
/* Port I/O: which device an access is for. */
#include "axrun.h"

void bus_add(struct bus *bus, const struct bus_device *dev)
{
	if (bus->nr == MAX_BUS_DEVICES)
		die("too many devices");
	bus->device[bus->nr++] = *dev;
}

/* The first match counts, so that one device may sit inside another's range. */
static const struct bus_device *bus_find(const struct bus *bus, uint16_t port)
{
	for (unsigned int i = 0; i < bus->nr; i++) {
		const struct bus_device *dev = &bus->device[i];

		if (port >= dev->first && port <= dev->last)
			return dev;
	}
	return NULL;
}

uint32_t bus_read(struct bus *bus, uint16_t port, unsigned int width)
{
	const struct bus_device *dev = bus_find(bus, port);
	uint32_t data = 0;

	if (!dev || !dev->read)
		return UINT32_MAX;
	if (width == 1 || !dev->bytes)
		return dev->read(dev->opaque, port, width);

	for (unsigned int i = 0; i < width; i++)
		data |= (bus_read(bus, port + i, 1) & 0xff) << (8 * i);
	return data;
}

void bus_write(struct bus *bus, uint16_t port, unsigned int width,
	       uint32_t data)
{
	const struct bus_device *dev = bus_find(bus, port);

	if (!dev || !dev->write)
		return;
	if (width == 1 || !dev->bytes) {
		dev->write(dev->opaque, port, width, data);
		return;
	}

	for (unsigned int i = 0; i < width; i++)
		bus_write(bus, port + i, 1, (data >> (8 * i)) & 0xff);
}
