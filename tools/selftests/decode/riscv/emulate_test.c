// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO, CSRs, entry commands and the guest page walk of the module's RISC-V part,
 * compiled for user space and run on a mock vCPU.
 */
#include "ktap.h"

static const struct mock_test *const files[] = { mmio_tests, csr_tests, walk_tests };

int main(void)
{
	const struct mock_test *t;
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		for (t = files[i]; t->name; t++)
			n++;
	ktap_plan(n);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		for (t = files[i]; t->name; t++)
			ktap_result(t->fn(), t->name);
	return ktap_end();
}
