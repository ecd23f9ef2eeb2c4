// SPDX-License-Identifier: GPL-2.0-only
/* From an address to the name of the function. */
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

static struct symbol {
	uint64_t address;
	char *name;
} *symbols;
static size_t count, room;
static bool sorted;

static char *pending;
static size_t pending_len;

/* "ffffffff81000000 T name\t[module]" */
static void add_line(char *line)
{
	char type, name[256], module[128] = "";
	unsigned long long address;
	int fields;

	fields = sscanf(line, "%llx %c %255s %127s", &address, &type, name, module);
	/* functions only, not the labels inside them that some linkers leave */
	if (fields < 3 || !strchr("tTwW", type) || !address || name[0] == '.' || name[0] == '$')
		return;
	if (count == room) {
		room = room ? 2 * room : 1 << 16;
		symbols = realloc(symbols, room * sizeof(*symbols));
	}
	if (fields == 4) {
		strcat(name, " ");
		strncat(name, module, sizeof(name) - strlen(name) - 1);
	}
	symbols[count].address = address;
	symbols[count].name = strdup(name);
	count++;
	sorted = false;
}

void symbols_add(const char *text, size_t bytes)
{
	char *line, *end;

	pending = realloc(pending, pending_len + bytes + 1);
	memcpy(pending + pending_len, text, bytes);
	pending_len += bytes;
	pending[pending_len] = 0;
	for (line = pending; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		add_line(line);
	}
	pending_len = strlen(line);
	memmove(pending, line, pending_len + 1);
}

void symbols_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		add_line(line);
	if (file)
		fclose(file);
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

const char *symbol_of(uint64_t address)
{
	size_t low = 0, high = count;

	if (!sorted && count)
		qsort(symbols, count, sizeof(*symbols), compare);
	sorted = true;
	/* the last that is not above the address */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	if (!count || symbols[low].address > address)
		return "?";
	return symbols[low].name;
}
