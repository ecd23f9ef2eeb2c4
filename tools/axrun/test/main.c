// SPDX-License-Identifier: GPL-2.0-only
/* Runs all tests and reports in KTAP. */
#include <inttypes.h>
#include <stdio.h>

#include "console.h"
#include "test.h"

static bool failed;

static const struct test *const suites[] = {
	util_tests, bzimage_tests, elf_tests, multiboot_tests, boot_info_tests, acpi_tests, i8259_tests, i8254_tests,
	ioapic_tests, topology_tests, rtc_tests, uart_tests,
	bus_tests, virtq_tests, virtio_tests, virtio_thread_tests,
	plic_tests, goldfish_rtc_tests, linux_image_tests, riscv_isa_tests,
	riscv_fdt_tests, arm64_fdt_tests, gicd_tests, pl011_tests,
};

/* what util.c wants of the console, which is not here */
bool console_is_raw(void)
{
	return false;
}

void console_close(void)
{
}

void expect(bool good, const char *what, const char *file, int line)
{
	if (good)
		return;
	failed = true;
	printf("# %s:%d: %s\n", file, line, what);
}

void expect_eq(uint64_t got, uint64_t want, const char *what, const char *file,
	       int line)
{
	if (got == want)
		return;
	failed = true;
	printf("# %s:%d: %s: %#" PRIx64 ", not %#" PRIx64 "\n", file, line,
	       what, got, want);
}

void put_le(uint8_t *at, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		*at++ = value;
		value >>= 8;
	}
}

void garble(uint8_t *at, size_t len, unsigned int n, uint32_t *seed)
{
	while (n--) {
		*seed = *seed * 1664525 + 1013904223;
		at[(*seed >> 8) % len] = *seed >> 24;
	}
}

int main(void)
{
	unsigned int nr = 0;
	unsigned int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		for (const struct test *t = suites[i]; t->name; t++)
			nr++;
	printf("TAP version 13\n1..%u\n", nr);

	setvbuf(stdout, NULL, _IOLBF, 0);
	nr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		for (const struct test *t = suites[i]; t->name; t++) {
			failed = false;
			t->fn();
			bad += failed;
			printf("%sok %u %s\n", failed ? "not " : "", ++nr,
			       t->name);
		}
	}
	printf("# pass:%u fail:%u skip:0\n", nr - bad, bad);
	return bad != 0;
}
