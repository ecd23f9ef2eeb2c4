/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of the parts of axrun that are pure logic. */
#ifndef AXRUN_TEST_H
#define AXRUN_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct test {
	const char *name;
	void (*fn)(void);
};

/* each ends with an entry without a name */
extern const struct test util_tests[];
extern const struct test bzimage_tests[];
extern const struct test acpi_tests[];
extern const struct test i8259_tests[];
extern const struct test i8254_tests[];
extern const struct test ioapic_tests[];
extern const struct test topology_tests[];
extern const struct test elf_tests[];
extern const struct test multiboot_tests[];
extern const struct test boot_info_tests[];
extern const struct test rtc_tests[];
extern const struct test uart_tests[];
extern const struct test bus_tests[];
extern const struct test virtq_tests[];
extern const struct test virtio_tests[];
extern const struct test virtio_thread_tests[];
extern const struct test plic_tests[];
extern const struct test goldfish_rtc_tests[];
extern const struct test linux_image_tests[];
extern const struct test riscv_isa_tests[];
extern const struct test riscv_fdt_tests[];
extern const struct test arm64_fdt_tests[];
extern const struct test gicd_tests[];
extern const struct test pl011_tests[];

/* A failed one is reported with its place; the test goes on. */
void expect(bool good, const char *what, const char *file, int line);
void expect_eq(uint64_t got, uint64_t want, const char *what, const char *file,
	       int line);

/* little-endian */
void put_le(uint8_t *at, uint64_t value, unsigned int bytes);
/* @n of the @len bytes get another value, or the same; the same ones for the same @seed */
void garble(uint8_t *at, size_t len, unsigned int n, uint32_t *seed);

#define EXPECT(cond) \
	expect(cond, #cond, __FILE__, __LINE__)
#define EXPECT_EQ(got, want) \
	expect_eq(got, want, #got " == " #want, __FILE__, __LINE__)

#endif /* AXRUN_TEST_H */
