// SPDX-License-Identifier: GPL-2.0-only
/* axrun: runs a guest on /dev/axvcpu. Options, and the order of things. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "axrun.h"
#include "console.h"
#include "virtio.h"

#define DEFAULT_MEM	(512 * MIB)
#define PAGE		4096u

enum {
	OPT_KERNEL = 0x100, OPT_INITRD, OPT_APPEND, OPT_MEM, OPT_CPUS,
	OPT_FLAT, OPT_DISK, OPT_NET, OPT_RNG, OPT_CONSOLE, OPT_BOARD,
	OPT_NO_APIC, OPT_STATS, OPT_TRACE, OPT_HELP,
};

static const struct option options[] = {
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "mem",    required_argument, NULL, OPT_MEM },
	{ "cpus",   required_argument, NULL, OPT_CPUS },
	{ "flat",   required_argument, NULL, OPT_FLAT },
	{ "disk",   required_argument, NULL, OPT_DISK },
	{ "net",    required_argument, NULL, OPT_NET },
	{ "rng",    no_argument,       NULL, OPT_RNG },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "board",  required_argument, NULL, OPT_BOARD },
	{ "no-apic", no_argument,      NULL, OPT_NO_APIC },
	{ "stats",  no_argument,       NULL, OPT_STATS },
	{ "trace",  no_argument,       NULL, OPT_TRACE },
	{ "help",   no_argument,       NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void help(void)
{
	printf("usage: axrun --kernel FILE [options]\n"
	       "       axrun --flat FILE@ADDR [options]\n"
	       "\n"
	       "  --kernel FILE     Linux kernel\n"
	       "  --initrd FILE     its initial RAM disk\n"
	       "  --append TEXT     its command line\n"
	       "  --mem SIZE        guest memory, SIZE[K|M|G], M if none, default 512M\n"
	       "  --cpus N          vCPUs, default 1\n"
	       "  --flat FILE@ADDR  put a file into guest memory (repeatable); without\n"
	       "                    --kernel the vCPU starts at the first one\n"
	       "  --disk FILE[,ro]  a virtio disk (repeatable)\n"
	       "  --net tap=NAME    a virtio network card (repeatable) on a tap interface;\n"
	       "                    unix=PATH and fd=N: on a socket; [,mac=ADDRESS]\n"
	       "  --rng             a virtio source of random numbers\n"
	       "  --console virtio  a virtio console, which gets the input\n"
	       "  --board NAME      the machine, one of those below\n"
	       "  --no-apic         board pc: no local APICs and no I/O APIC\n"
	       "  --stats           print counters at the end, on stderr\n"
	       "  --trace           print a line per exit, on stderr\n"
	       "  --help            print this\n"
	       "\n"
	       "On the console: Ctrl-A x ends axrun, Ctrl-A h helps.\n"
	       "Exit status: 0 the guest powered off, 1 error, 2 wrong usage,\n"
	       "3 the guest reset, 4 ended at the console, 128+N by signal N.\n"
	       "\n"
	       "Boards:\n");
	for (const struct board *const *b = boards; *b; b++)
		printf("  %-10s %s; --cpus up to %u\n", (*b)->name, (*b)->what,
		       (*b)->max_cpus);
}

static const struct board *find_board(const char *name)
{
	for (const struct board *const *b = boards; *b; b++)
		if (!strcmp((*b)->name, name))
			return *b;
	die_usage("--board %s: no such board; --help lists them", name);
}

static void add_flat(struct options *opt, const char *text)
{
	struct flat_file *f = xcalloc(1, sizeof(*f));
	struct flat_file **at = &opt->flats;

	if (!parse_flat(text, &f->path, &f->addr))
		die_usage("--flat %s: not of the form FILE@ADDR", text);
	while (*at)
		at = &(*at)->next;
	*at = f;
}

static void set_mem(struct options *opt, const char *text)
{
	bool bare = !text[strspn(text, "0123456789")];

	if (!parse_size(text, &opt->mem))
		die_usage("--mem %s: not a size like 512M", text);
	/* megabytes, as every other VMM takes it */
	if (bare && opt->mem > UINT64_MAX / MIB)
		die_usage("--mem %s: not a size like 512M", text);
	if (bare)
		opt->mem *= MIB;
	if (opt->mem % PAGE)
		die_usage("--mem %s: not a multiple of 4K", text);
}

static void set_cpus(struct options *opt, const char *text)
{
	uint64_t nr;

	if (!parse_size(text, &nr) || !nr || nr > MAX_VCPUS)
		die_usage("--cpus %s: not a number from 1 to %u", text,
			  MAX_VCPUS);
	opt->cpus = nr;
}

static void add_device(struct options *opt, const struct virtio_kind *kind,
		       const char *arg)
{
	struct device_option *d = xcalloc(1, sizeof(*d));
	struct device_option **at = &opt->devices;

	while (*at) {
		if ((*at)->kind == kind && !kind->many)
			die_usage("%s: once is enough", kind->option);
		at = &(*at)->next;
	}
	d->kind = kind;
	d->arg = arg;
	*at = d;
}

static void parse_options(struct options *opt, int argc, char **argv)
{
	int c;

	opt->mem = DEFAULT_MEM;
	opt->cpus = 1;
	opt->board = boards[0];
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (c) {
		case OPT_KERNEL:
			opt->kernel = optarg;
			break;
		case OPT_INITRD:
			opt->initrd = optarg;
			break;
		case OPT_APPEND:
			opt->append = optarg;
			break;
		case OPT_MEM:
			set_mem(opt, optarg);
			break;
		case OPT_CPUS:
			set_cpus(opt, optarg);
			break;
		case OPT_FLAT:
			add_flat(opt, optarg);
			break;
		case OPT_DISK:
			add_device(opt, &virtio_block, optarg);
			break;
		case OPT_NET:
			add_device(opt, &virtio_net, optarg);
			break;
		case OPT_RNG:
			add_device(opt, &virtio_rng, NULL);
			break;
		case OPT_CONSOLE:
			add_device(opt, &virtio_console, optarg);
			break;
		case OPT_BOARD:
			opt->board = find_board(optarg);
			break;
		case OPT_NO_APIC:
			opt->no_apic = true;
			break;
		case OPT_STATS:
			opt->stats = true;
			break;
		case OPT_TRACE:
			opt->trace = true;
			break;
		case OPT_HELP:
			help();
			exit(0);
		case ':':
			die_usage("%s: an argument is missing",
				  argv[optind - 1]);
		default:
			die_usage("unknown option %s; --help lists them all",
				  argv[optind - 1]);
		}
	}
	if (optind < argc)
		die_usage("%s: options only; --help lists them", argv[optind]);
}

static void open_devices(struct options *opt)
{
	unsigned int nr = 0;

	for (struct device_option *d = opt->devices; d; d = d->next) {
		if (nr++ == opt->board->virtio.nr)
			die_usage("%s: board %s has room for %u virtio devices",
				  d->kind->option, opt->board->name,
				  opt->board->virtio.nr);
		d->priv = d->kind->open(d->arg);
	}
}

static void check_options(struct options *opt)
{
	if (!opt->kernel && !opt->flats)
		die_usage("nothing to run: give --kernel or --flat; --help lists the options");
	if (opt->initrd && !opt->kernel)
		die_usage("--initrd: there is no --kernel it could be for");
	if (opt->append && !opt->kernel)
		die_usage("--append: there is no --kernel it could be for");
	if (opt->no_apic && !opt->board->has_apic)
		die_usage("--no-apic: board %s has none anyway", opt->board->name);
	if (opt->mem < opt->board->min_mem)
		die_usage("--mem: board %s needs at least %lluM",
			  opt->board->name,
			  (unsigned long long)(opt->board->min_mem / MIB));
	if (opt->cpus > opt->board->max_cpus)
		die_usage("--cpus %u: board %s has %u at most", opt->cpus,
			  opt->board->name, opt->board->max_cpus);

	/* so that a bad file is told of on a machine without the device too */
	for (struct flat_file *f = opt->flats; f; f = f->next) {
		struct image im;

		image_open(&im, "--flat", f->path);
		image_close(&im);
	}
	opt->board->check(opt);
	open_devices(opt);
}

static int check(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, strerror(-ret));
	return ret;
}

static void open_vm(struct vm *vm)
{
	struct axvcpu_create_vm args = { 0 };
	uint64_t limit;

	check(axv_open(&vm->axv, NULL), AXV_DEVICE);
	if (vm->axv.info.why != AXVCPU_WHY_USABLE)
		die("%.*s", (int)sizeof(vm->axv.info.why_text),
		    vm->axv.info.why_text);

	/* some of it may be moved up to make room for devices */
	limit = (1ull << vm->axv.info.gpa_bits) - 4 * GIB;
	if (vm->axv.info.gpa_bits < 33)
		limit = 2 * GIB;
	if (vm->opt.mem > limit)
		die_usage("--mem: this machine can give a guest %lluM at most",
			  (unsigned long long)(limit / MIB));

	if (vm->opt.cpus > vm->axv.info.max_vcpus)
		die_usage("--cpus: this machine can give a guest %u at most",
			  vm->axv.info.max_vcpus);

	if (vm->opt.board->vm_args)
		vm->opt.board->vm_args(vm, &args);
	vm->fd = check(axv_vm_create_with(&vm->axv, &args),
		       "cannot make a VM");
	vm->s2 = check(axv_stage2_create(&vm->axv, 0),
		       "cannot make a guest address space");
	vcpus_create(vm);
}

static void close_vm(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		axv_vcpu_close(&vm->vcpu[i].axv);
	close(vm->s2);
	close(vm->fd);
	axv_close(&vm->axv);
}

int main(int argc, char **argv)
{
	static struct vm vm = { .lock = PTHREAD_MUTEX_INITIALIZER };

	parse_options(&vm.opt, argc, argv);
	check_options(&vm.opt);

	open_vm(&vm);
	vm.opt.board->map_memory(&vm);
	events_init(&vm.events);
	vm.opt.board->init(&vm);
	virtio_add_all(&vm);
	vm.opt.board->load(&vm);
	for (unsigned int i = 1; i < vm.nr_vcpus; i++)
		vm.opt.board->setup_secondary(&vm.vcpu[i]);
	events_start(&vm);
	virtio_start(&vm);

	vm_run(&vm);

	virtio_stop(&vm);
	events_stop(&vm);
	console_close();
	if (vm.opt.stats)
		vm_print_stats(&vm);
	if (vm.message[0])
		say("%s", vm.message);
	else if (vm.status > 128)
		say("ended by signal %d", vm.status - 128);
	close_vm(&vm);
	return vm.status;
}
