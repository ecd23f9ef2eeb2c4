// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The smallest complete VMM: one vCPU, one page of devices, a guest that
 * prints. Only the guest itself (guest-*.S) knows the architecture.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "libaxvcpu.h"

extern const char guest_start[], guest_end[];

/* Every call gives -errno when it fails, so one check serves them all. */
static int check(int ret, const char *what)
{
	if (ret < 0) {
		fprintf(stderr, "hello: %s: %s\n", what, strerror(-ret));
		exit(1);
	}
	return ret;
}

int main(void)
{
	struct axv axv;
	struct axv_vcpu vcpu;
	volatile struct axvcpu_exit *e;
	char line[160];
	void *ram;
	int vm, s2;

	check(axv_open(&axv, NULL), AXV_DEVICE);
	if (axv.info.why != AXVCPU_WHY_USABLE) {
		fprintf(stderr, "hello: %s\n", axv.info.why_text);
		return 1;
	}

	/* guest memory: any memory of this process, put into an address space */
	ram = mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(ram == MAP_FAILED ? -errno : 0, "mmap");
	memcpy(ram, guest_start, guest_end - guest_start);
	s2 = check(axv_stage2_create(&axv, 0), "stage-2");
	check(axv_s2_map_user(s2, GUEST_RAM, ram, GUEST_RAM_SIZE, AXV_PROT_RWX),
	      "map memory");

	/* a VM with one vCPU, bound to this thread */
	vm = check(axv_vm_create(&axv, 0), "create VM");
	check(axv_vcpu_create(&axv, vm, 0, &vcpu), "create vCPU");
	check(axv_setup_flat(&vcpu, s2, GUEST_RAM, GUEST_RAM + GUEST_RAM_SIZE),
	      "set up vCPU");
	check(axv_bind(&vcpu), "bind vCPU");

	/* run it until it says so; what it stores into holes comes here */
	e = &vcpu.run->exit;
	for (;;) {
		check(axv_run(&vcpu), "run");
		if (e->reason != AXVCPU_EXIT_MMIO_WRITE ||
		    (e->mmio.gpa != GUEST_PUTC && e->mmio.gpa != GUEST_EXIT)) {
			fprintf(stderr, "hello: unexpected exit: %s\n",
				axv_exit_str(e, line, sizeof(line)));
			return 1;
		}
		if (e->mmio.gpa == GUEST_EXIT)
			return e->mmio.data;
		putchar(e->mmio.data);
		axv_fulfil(&vcpu, 0);
	}
}
