// SPDX-License-Identifier: GPL-2.0-only
/* test_classify FILE: whether each instruction in it is taken for what it says. */
#include <string.h>

#include "plugin.h"

struct record {
	uint8_t code[15];
	uint8_t len;
	char class[16];
};

_Static_assert(sizeof(struct record) == 32, "as in classified.inc");

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	unsigned int seen = 0, wrong = 0;
	struct record r;

	if (!f)
		return 2;
	while (fread(&r, sizeof(r), 1, f) == 1) {
		int class = classify(r.code, r.len);
		const char *name = class < 0 ? "-" : class_names[class];

		seen++;
		if (strcmp(name, r.class)) {
			fprintf(stderr, "instruction %u: %s, not %s\n", seen, name, r.class);
			wrong++;
		}
	}
	fclose(f);
	printf("%u instructions, %u of them taken for others\n", seen, wrong);
	return !seen || wrong;
}
