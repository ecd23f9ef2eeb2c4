// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin for QEMU: counts the instructions that the machine executes
 * between two marks of the bench program, those of its guests apart, and the
 * costly ones by kind.
 *
 *	-plugin count.so,out=FILE[,profile=on][,symbols=FILE]
 *
 * FILE gets a line for each row and hypervisor:
 *
 *	count ROW HYPERVISOR OWN GUEST CLASS=N...
 *
 * all per operation; with profile=on also, by function, most first:
 *
 *	profile ROW HYPERVISOR N FUNCTION
 *
 * One processor.
 */
#include <stdlib.h>
#include <string.h>

#include "../channel.h"
#include "plugin.h"
#include "qemu-api.h"

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;

/* An instruction of the machine. */
struct place {
	struct place *next;
	uint64_t address;
	char *host;		/* where the emulator has it: tells a guest's from the machine's */
	int class;
	uint8_t enters;		/* a guest; what it executes next itself is so far on */
	uint64_t hits;		/* in this measurement */
};

struct hit {
	const struct place *place;
	uint64_t hits;
};

/*
 * A measurement: the one that is going on, or the best of a part so far. Of the
 * classes the best has the fewest of each that there were in any.
 */
struct measured {
	uint64_t operations;
	uint64_t own, guest;
	uint64_t class[CLASSES_MAX];
	struct hit *hit;
	size_t hits;
};

#define HASH	(1 << 18)
static struct place *places[HASH];

static struct plugin_u64 active;
static struct measured best[PARTS], now;
static struct place **touched;
static size_t touched_count, touched_room;
static const struct place *entered;	/* a guest, by this instruction */
static unsigned int part;

static FILE *out;
static bool profile;
static char row[128];
static char text_kind;
static char *text;
static size_t text_have, text_want;

/* ---- counting ---------------------------------------------------------- */

static void on_insn(unsigned int vcpu, void *data)
{
	struct place *p = data;

	(void)vcpu;
	if (is_guest(p->address)) {
		now.guest++;
		return;
	}
	if (entered) {
		if (p->address != entered->address + entered->enters ||
		    (p->host && p->host != entered->host + entered->enters)) {
			now.guest++;
			return;
		}
		entered = NULL;
	}
	now.own++;
	if (p->class >= 0)
		now.class[p->class]++;
	if (p->enters)
		entered = p;
	if (p->hits++)
		return;
	if (touched_count == touched_room) {
		touched_room = touched_room ? 2 * touched_room : 1 << 16;
		touched = realloc(touched, touched_room * sizeof(struct place *));
	}
	touched[touched_count++] = p;
}

static void begin(unsigned int vcpu, uint64_t word)
{
	part = (word >> 8 & 0xff) % PARTS;
	memset(&now, 0, sizeof(now));
	now.operations = word >> 16;
	entered = NULL;
	qemu_plugin_u64_set(active, vcpu, now.operations > 0);
}

static void end(unsigned int vcpu)
{
	struct measured *b = &best[part];
	size_t i;

	qemu_plugin_u64_set(active, vcpu, 0);
	if (!now.operations)
		return;
	for (i = 0; b->operations && i < CLASSES_MAX; i++) {
		if (b->class[i] < now.class[i])
			now.class[i] = b->class[i];
		else
			b->class[i] = now.class[i];
	}
	if (!b->operations || now.own + now.guest < b->own + b->guest) {
		free(b->hit);
		*b = now;
		b->hit = calloc(touched_count + 1, sizeof(*b->hit));
		b->hits = touched_count;
		for (i = 0; i < touched_count; i++)
			b->hit[i] = (struct hit) { touched[i], touched[i]->hits };
	}
	for (i = 0; i < touched_count; i++)
		touched[i]->hits = 0;
	touched_count = 0;
	now.operations = 0;
}

/* ---- a row's result ---------------------------------------------------- */

static double difference(uint64_t with, uint64_t without)
{
	return ((double)with - (double)without) / best[PART_WITH].operations;
}

struct function {
	const char *name;
	double hits;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct function *)a)->name, ((const struct function *)b)->name);
}

static int by_hits(const void *a, const void *b)
{
	double x = ((const struct function *)a)->hits, y = ((const struct function *)b)->hits;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void print_profile(void)
{
	size_t n = 0, i, merged;
	struct function *f = calloc(best[0].hits + best[1].hits + 1, sizeof(*f));
	int p;

	for (p = 0; p < PARTS; p++) {
		for (i = 0; i < best[p].hits; i++) {
			f[n].name = symbol_of(best[p].hit[i].place->address);
			f[n].hits = best[p].hit[i].hits;
			if (p == PART_WITHOUT)
				f[n].hits = -f[n].hits;
			n++;
		}
	}
	qsort(f, n, sizeof(*f), by_name);
	for (merged = 0, i = 0; i < n; i++) {
		if (merged && !strcmp(f[merged - 1].name, f[i].name))
			f[merged - 1].hits += f[i].hits;
		else
			f[merged++] = f[i];
	}
	qsort(f, merged, sizeof(*f), by_hits);
	for (i = 0; i < merged; i++) {
		double hits = f[i].hits / best[PART_WITH].operations;

		if (hits >= 0.005 || hits <= -0.005)
			fprintf(out, "profile %s %10.2f %s\n", row, hits, f[i].name);
	}
	free(f);
}

static void row_done(void)
{
	const struct measured *with = &best[PART_WITH], *without = &best[PART_WITHOUT];
	int i;

	if (with->operations) {
		fprintf(out, "count %s %.2f %.2f", row, difference(with->own, without->own),
			difference(with->guest, without->guest));
		for (i = 0; class_names[i]; i++)
			fprintf(out, " %s=%.2f", class_names[i],
				difference(with->class[i], without->class[i]));
		fputc('\n', out);
		if (profile)
			print_profile();
		fflush(out);
	}
	for (i = 0; i < PARTS; i++) {
		free(best[i].hit);
		memset(&best[i], 0, sizeof(best[i]));
	}
}

/* ---- what the program says --------------------------------------------- */

static void text_done(void)
{
	if (text_kind == CHANNEL_SYMBOLS) {
		symbols_add(text, text_have);
	} else {
		row_done();
		snprintf(row, sizeof(row), "%.*s", (int)text_have, text);
	}
	text_have = 0;
	text_want = 0;
}

static void on_word(unsigned int vcpu, plugin_meminfo info, uint64_t vaddr, void *data)
{
	uint64_t word = qemu_plugin_mem_get_value(info).data.u64;
	size_t n;

	(void)vaddr;
	(void)data;
	if (text_want) {
		n = text_want - text_have;
		n = n < sizeof(word) ? n : sizeof(word);
		memcpy(text + text_have, &word, n);
		text_have += n;
		if (text_have == text_want)
			text_done();
		return;
	}
	switch ((char)word) {
	case CHANNEL_BEGIN:
		begin(vcpu, word);
		break;
	case CHANNEL_END:
		end(vcpu);
		break;
	case CHANNEL_ROW:
	case CHANNEL_SYMBOLS:
		text_kind = (char)word;
		text_want = word >> 8;
		text = realloc(text, text_want + 1);
		if (!text_want)
			text_done();
		break;
	}
}

/* ---- translation ------------------------------------------------------- */

static struct place *place_of(uint64_t address, char *host)
{
	struct place **head, *p;

	head = &places[(address ^ address >> 18 ^ (uintptr_t)host >> 12) % HASH];
	for (p = *head; p; p = p->next) {
		if (p->address == address && p->host == host)
			return p;
	}
	p = calloc(1, sizeof(*p));
	p->address = address;
	p->host = host;
	p->next = *head;
	*head = p;
	return p;
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
	static const uint8_t channel_code[] = CHANNEL_CODE;
	size_t n = qemu_plugin_tb_n_insns(tb), i, len;
	uint8_t code[CODE_MAX + 1];

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct place *p = place_of(qemu_plugin_insn_vaddr(insn),
					   qemu_plugin_insn_haddr(insn));

		/* Memory may have got other code since. */
		len = qemu_plugin_insn_data(insn, code, sizeof(code));
		p->class = classify(code, len);
		p->enters = p->class < 0 ? 0 : enters_guest(p->class);
		if (len == sizeof(channel_code) && !memcmp(code, channel_code, len))
			qemu_plugin_register_vcpu_mem_cb(insn, on_word, PLUGIN_CB_NO_REGS,
							 PLUGIN_MEM_W, NULL);
		else
			qemu_plugin_register_vcpu_insn_exec_cond_cb(insn, on_insn,
								    PLUGIN_CB_NO_REGS,
								    PLUGIN_COND_NE, active, 0, p);
	}
}

static void on_exit_of_machine(plugin_id id, void *data)
{
	(void)id;
	(void)data;
	row_done();
	fclose(out);
}

PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc,
				      char **argv)
{
	int i;

	if (!info->system_emulation || strcmp(info->target_name, CHANNEL_TARGET) ||
	    info->system.max_vcpus != 1) {
		qemu_plugin_outs("count: for a machine " CHANNEL_TARGET " of one processor\n");
		return -1;
	}
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "symbols=", 8))
			symbols_file(argv[i] + 8);
		else if (!strcmp(argv[i], "profile=on"))
			profile = true;
	}
	if (!out)
		return -1;
	active.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_machine, NULL);
	return 0;
}
