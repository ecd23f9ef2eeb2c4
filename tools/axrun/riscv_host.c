// SPDX-License-Identifier: GPL-2.0-only
/* What the RISC-V machine below says of its harts: /proc/cpuinfo, device tree. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "axrun.h"
#include "riscv_host.h"
#include "riscv_isa.h"

#define CPUINFO		"/proc/cpuinfo"
#define CPUS		"/proc/device-tree/cpus"

/* A cell of the machine's device tree, 0 where there is none. */
static uint32_t read_cell(const char *node, const char *name)
{
	char path[512];
	uint32_t cell;
	FILE *f;

	snprintf(path, sizeof(path), CPUS "%s%s/%s", *node ? "/" : "", node,
		 name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fread(&cell, sizeof(cell), 1, f) != 1)
		cell = 0;
	fclose(f);
	return be32toh(cell);
}

/* One that every hart has, the smallest where they differ. */
static uint32_t read_cpu_cell(const char *name)
{
	DIR *dir = opendir(CPUS);
	uint32_t least = 0;
	struct dirent *e;
	bool first = true;

	if (!dir)
		return 0;
	while ((e = readdir(dir)) != NULL) {
		uint32_t cell;

		if (strncmp(e->d_name, "cpu@", 4))
			continue;
		cell = read_cell(e->d_name, name);
		if (first || cell < least)
			least = cell;
		first = false;
	}
	closedir(dir);
	return least;
}

void riscv_host_read(struct riscv_host *host)
{
	/* the first hart is enough: the line "isa" has what all have */
	char text[16384];
	size_t n;
	FILE *f;

	memset(host, 0, sizeof(*host));
	f = fopen(CPUINFO, "re");
	if (!f)
		die(CPUINFO ": %s", strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';

	if (!riscv_cpuinfo(text, "isa", host->isa, sizeof(host->isa)))
		die(CPUINFO " does not tell the ISA of this machine");
	if (!riscv_cpuinfo(text, "mmu", host->mmu, sizeof(host->mmu)))
		host->mmu[0] = '\0';
	host->timebase = read_cell("", "timebase-frequency");
	host->cbom_block = read_cpu_cell("riscv,cbom-block-size");
	host->cboz_block = read_cpu_cell("riscv,cboz-block-size");
}
