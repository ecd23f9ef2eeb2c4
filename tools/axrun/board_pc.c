// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "pc": a PC without PCI. Two 8259 and an I/O APIC, an 8254, an MC146818,
 * a 16550 at COM1, as much of a keyboard controller as resets take, and ACPI's fixed
 * hardware for switching off. The local APICs are in the kernel.
 *
 * A line goes to the 8259 pair and to the I/O APIC, as in any PC; which of the two is
 * masked is the guest's affair. The pair's output is at LINT0 of the first CPU.
 *
 * All functions here are called with vm->lock held.
 */
#include <string.h>
#include <time.h>

#include "acpi.h"
#include "axrun.h"
#include "console.h"
#include "i8254.h"
#include "i8259.h"
#include "irq.h"
#include "pc.h"
#include "rtc.h"
#include "serial.h"

#define IRQ_PIT		0
#define IRQ_COM1	4
#define IRQ_RTC		8

#define PORT_COM1	0x3f8
#define PORT_DELAY	0x80

/* how the kernel tells of the end of a level-triggered interrupt */
#define MSR_X2APIC_EOI	0x80b

#define KBC_OUTPUT_PORT	0xd1
#define KBC_RESET	0xfe
#define RESET_CPU	0x04
#define SLP_EN		0x2000
#define SLP_TYP		0x1c00

/* lines of the 8259 pair that nothing else has */
const uint8_t pc_virtio_irq[PC_VIRTIO_SLOTS] = { 5, 10, 11, 12, 14, 15, 3, 6 };

struct pc {
	struct vm *vm;
	struct irq_source irq;
	struct i8259 pic;
	struct ioapic ioapic;
	struct i8254 pit;
	struct rtc rtc;
	struct serial serial;
	struct event *pit_timer;
	struct event *rtc_timer;
	uint8_t kbc_command;
	uint16_t pm1_enable;
};

static void set_irq(struct pc *pc, unsigned int irq, bool level)
{
	i8259_set_line(&pc->pic, irq, level);
	if (!pc->vm->opt.no_apic)
		ioapic_set_line(&pc->ioapic, irq ? irq : PC_PIN_IRQ0, level);
	irq_changed(&pc->vm->vcpu[0], &pc->irq);
}

static void guest_reset(struct pc *pc, const char *how)
{
	vm_end(pc->vm, AXRUN_RESET, "the guest asked for a reset (%s)", how);
}

/* ---- 8259 pair ------------------------------------------------------------ */

static bool pic_output(void *opaque)
{
	struct pc *pc = opaque;

	return i8259_output(&pc->pic);
}

static unsigned int pic_peek(void *opaque)
{
	struct pc *pc = opaque;

	return i8259_peek(&pc->pic);
}

static void pic_ack(void *opaque)
{
	struct pc *pc = opaque;

	i8259_ack(&pc->pic);
}

static uint64_t pic_read(void *opaque, uint64_t port, unsigned int width)
{
	struct pc *pc = opaque;

	(void)width;
	return i8259_read(&pc->pic, port);
}

static void pic_write(void *opaque, uint64_t port, unsigned int width,
		      uint64_t data)
{
	struct pc *pc = opaque;

	(void)width;
	i8259_write(&pc->pic, port, data);
}

/* ---- I/O APIC ------------------------------------------------------------- */

static uint64_t pc_ioapic_read(void *opaque, uint64_t addr, unsigned int width)
{
	struct pc *pc = opaque;

	return ioapic_read(&pc->ioapic, addr - PC_IO_APIC, width);
}

static void pc_ioapic_write(void *opaque, uint64_t addr, unsigned int width,
			    uint64_t data)
{
	struct pc *pc = opaque;

	ioapic_write(&pc->ioapic, addr - PC_IO_APIC, width, data);
}

static void init_ioapic(struct pc *pc)
{
	pc->ioapic.send = pc_apic_send;
	pc->ioapic.opaque = pc->vm;
	ioapic_reset(&pc->ioapic);
	bus_add_range(&pc->vm->mmio, PC_IO_APIC, PC_IO_APIC + IOAPIC_SIZE - 1, false,
		      pc_ioapic_read, pc_ioapic_write, pc);
}

static bool pc_exit(struct vcpu *v, const volatile struct axvcpu_exit *e)
{
	struct pc *pc = v->vm->board;

	if (v->vm->opt.no_apic || e->reason != AXVCPU_EXIT_SYSREG_WRITE ||
	    e->sysreg.addr != MSR_X2APIC_EOI)
		return false;

	ioapic_eoi(&pc->ioapic, e->sysreg.value);
	axv_fulfil(&v->axv, 0);
	return true;
}

/* ---- 8254 ----------------------------------------------------------------- */

/* Pass on rises of the output that are due, and set the timer for the next. */
static void pit_update(struct pc *pc, uint64_t now)
{
	if (i8254_risen(&pc->pit, now)) {
		/* the 8259 keeps the edge */
		set_irq(pc, IRQ_PIT, true);
		set_irq(pc, IRQ_PIT, false);
	}
	event_set_timer(pc->pit_timer, i8254_next(&pc->pit, now));
}

static void pit_timer(void *opaque)
{
	pit_update(opaque, now_ns());
}

static uint64_t pit_read(void *opaque, uint64_t port, unsigned int width)
{
	struct pc *pc = opaque;

	(void)width;
	return i8254_read(&pc->pit, port, now_ns());
}

static void pit_write(void *opaque, uint64_t port, unsigned int width,
		      uint64_t data)
{
	struct pc *pc = opaque;
	uint64_t now = now_ns();

	(void)width;
	/* what was due under the old programming comes first */
	if (port != 0x61)
		pit_update(pc, now);
	i8254_write(&pc->pit, port, data, now);
	if (port != 0x61)
		pit_update(pc, now);
}

/* ---- MC146818 ------------------------------------------------------------- */

static void rtc_update(struct pc *pc, uint64_t now)
{
	set_irq(pc, IRQ_RTC, rtc_irq(&pc->rtc, now));
	event_set_timer(pc->rtc_timer, rtc_next(&pc->rtc, now));
}

static void rtc_timer(void *opaque)
{
	rtc_update(opaque, now_ns());
}

static uint64_t pc_rtc_read(void *opaque, uint64_t port, unsigned int width)
{
	struct pc *pc = opaque;
	uint64_t now = now_ns();
	uint32_t data;

	(void)width;
	data = rtc_read(&pc->rtc, port, now);
	rtc_update(pc, now);
	return data;
}

static void pc_rtc_write(void *opaque, uint64_t port, unsigned int width,
			 uint64_t data)
{
	struct pc *pc = opaque;
	uint64_t now = now_ns();

	(void)width;
	rtc_write(&pc->rtc, port, data, now);
	rtc_update(pc, now);
}

/* ---- 16550 ---------------------------------------------------------------- */

static void uart_irq(void *opaque, bool level)
{
	set_irq(opaque, IRQ_COM1, level);
}

/* ---- resets and power ----------------------------------------------------- */

/* The keyboard controller: always idle, no keyboard, but a reset line. */
static uint64_t kbc_read(void *opaque, uint64_t port, unsigned int width)
{
	(void)opaque;
	(void)port;
	(void)width;
	return 0;
}

static void kbc_write(void *opaque, uint64_t port, unsigned int width,
		      uint64_t data)
{
	struct pc *pc = opaque;

	(void)width;
	if (port == 0x64) {
		pc->kbc_command = data;
		if (data == KBC_RESET)
			guest_reset(pc, "keyboard controller");
	} else if (pc->kbc_command == KBC_OUTPUT_PORT) {
		pc->kbc_command = 0;
		/* bit 0 of the output port is the reset line, active low */
		if (!(data & 1))
			guest_reset(pc, "keyboard controller");
	}
}

static uint64_t port92_read(void *opaque, uint64_t port, unsigned int width)
{
	(void)opaque;
	(void)port;
	(void)width;
	/* A20 is always open */
	return 0x02;
}

static void port92_write(void *opaque, uint64_t port, unsigned int width,
			 uint64_t data)
{
	(void)port;
	(void)width;
	if (data & 1)
		guest_reset(opaque, "port 92h");
}

static void reset_write(void *opaque, uint64_t port, unsigned int width,
			uint64_t data)
{
	(void)port;
	(void)width;
	if (data & RESET_CPU)
		guest_reset(opaque, "port CF9h");
}

/* No event ever comes; enable bits read back, as drivers check. */
static uint64_t pm1_read(void *opaque, uint64_t port, unsigned int width)
{
	struct pc *pc = opaque;
	uint32_t event = (uint32_t)pc->pm1_enable << 16;

	if (port >= PC_PORT_PM1A_CNT)
		return 0;
	event >>= 8 * (port - PC_PORT_PM1A_EVT);
	return width == 1 ? event & 0xff : width == 2 ? event & 0xffff : event;
}

static void pm1_write(void *opaque, uint64_t port, unsigned int width,
		      uint64_t data)
{
	struct pc *pc = opaque;

	if (port == PC_PORT_PM1A_EVT && width == 4)
		pc->pm1_enable = data >> 16;
	else if (port == PC_PORT_PM1A_EVT + 2)
		pc->pm1_enable = data;
	/*
	 * The exact value 2000h ends the VM in the kernel already; a guest
	 * that sets other bits of the register too means the same.
	 */
	else if (port == PC_PORT_PM1A_CNT && data & SLP_EN &&
		 !(data & SLP_TYP))
		vm_end(pc->vm, AXRUN_POWEROFF, "the guest powered off");
}

/*
 * The timer by which guests check the rate of their time stamp counter. It
 * takes one exit to read, where the 8254 takes thousands in a row, so this
 * works where exits are slow too.
 */
static uint64_t pm_timer_read(void *opaque, uint64_t port, unsigned int width)
{
	uint32_t value = (__uint128_t)now_ns() * ACPI_PM_TIMER_HZ /
			 NSEC_PER_SEC;

	(void)opaque;
	(void)width;
	return value >> 8 * (port - PC_PORT_PM_TIMER);
}

/* ---- the board ------------------------------------------------------------ */

static void pc_map_memory(struct vm *vm)
{
	uint64_t low = pc_low_mem(&vm->opt);
	uint8_t *host = mem_alloc(vm->opt.mem);

	mem_add(vm, 0, PC_VGA, host);
	/*
	 * Kernels look through the ROMs for signatures of all kinds. That
	 * there are none costs no exits if there is memory, all zeroes.
	 */
	mem_add(vm, PC_ROM, PC_EXTENDED - PC_ROM, host + PC_ROM);
	mem_add(vm, PC_EXTENDED, low - PC_EXTENDED, host + PC_EXTENDED);
	mem_add(vm, PC_HIGH, pc_high_mem(&vm->opt), host + low);
}

/* The PCI ports CF8h and CFCh are left out: all ones mean that there is none. */
static void add_devices(struct pc *pc)
{
	struct bus *bus = &pc->vm->ports;

	bus_add_range(bus, 0x20, 0x21, true, pic_read, pic_write, pc);
	bus_add_range(bus, 0xa0, 0xa1, true, pic_read, pic_write, pc);
	bus_add_range(bus, 0x4d0, 0x4d1, true, pic_read, pic_write, pc);
	bus_add_range(bus, 0x40, 0x43, true, pit_read, pit_write, pc);
	bus_add_range(bus, 0x61, 0x61, true, pit_read, pit_write, pc);
	bus_add_range(bus, 0x60, 0x60, true, kbc_read, kbc_write, pc);
	bus_add_range(bus, 0x64, 0x64, true, kbc_read, kbc_write, pc);
	bus_add_range(bus, 0x70, 0x71, true, pc_rtc_read, pc_rtc_write, pc);
	bus_add_range(bus, 0x92, 0x92, true, port92_read, port92_write, pc);
	bus_add_range(bus, PC_PORT_PM1A_EVT, PC_PORT_PM1A_CNT + 1, false,
		      pm1_read, pm1_write, pc);
	bus_add_range(bus, PC_PORT_PM_TIMER, PC_PORT_PM_TIMER + 3, false,
		      pm_timer_read, NULL, pc);
	bus_add_range(bus, PC_PORT_RESET, PC_PORT_RESET, true, NULL,
		      reset_write, pc);
	serial_init(&pc->serial, bus, PORT_COM1, true, uart_irq, pc);
	console_open(pc->vm, serial_ready, &pc->serial);
}

/* Linux writes to this port to let time pass: no device, no exit. */
static void ignore_delay_port(struct vm *vm)
{
	static const struct axvcpu_filter_range range = {
		.first = PORT_DELAY,
		.last = PORT_DELAY,
		.read = AXVCPU_FILTER_IGNORE,
		.write = AXVCPU_FILTER_IGNORE,
	};
	int ret = axv_set_io_filter(vm->fd, &range, 1);

	if (ret < 0)
		die("cannot set the port filter: %s", strerror(-ret));
}

static void pc_init(struct vm *vm)
{
	struct pc *pc = xcalloc(1, sizeof(*pc));
	struct timespec ts;

	vm->board = pc;
	pc->vm = vm;
	pc->irq = (struct irq_source){
		.output = pic_output,
		.peek = pic_peek,
		.ack = pic_ack,
		.opaque = pc,
	};

	pc->pit_timer = event_add_timer(&vm->events, pit_timer, pc);
	pc->rtc_timer = event_add_timer(&vm->events, rtc_timer, pc);

	clock_gettime(CLOCK_REALTIME, &ts);
	i8259_reset(&pc->pic);
	i8254_reset(&pc->pit);
	rtc_reset(&pc->rtc, now_ns(), ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec,
		  pc_low_mem(&vm->opt), pc_high_mem(&vm->opt));
	add_devices(pc);
	if (!vm->opt.no_apic)
		init_ioapic(pc);
	pc_apic_init(vm);
	ignore_delay_port(vm);
}

static void pc_before_run(struct vcpu *v)
{
	struct pc *pc = v->vm->board;

	if (!v->id)
		irq_before_run(v, &pc->irq);
}

static void pc_set_irq(struct vm *vm, unsigned int irq, bool level)
{
	set_irq(vm->board, irq, level);
}

static const struct board board_pc = {
	.name = "pc",
	.what = "x86: APICs, 8259, 8254, MC146818, 16550, ACPI power-off",
	.min_mem = 2 * MIB,
	.max_cpus = MAX_VCPUS,
	.has_apic = true,
	.virtio = {
		.addr = PC_VIRTIO,
		.nr = PC_VIRTIO_SLOTS,
		.irq = pc_virtio_irq,
	},
	.check = pc_check,
	.vm_args = pc_apic_vm_args,
	.map_memory = pc_map_memory,
	.init = pc_init,
	.load = pc_load,
	.setup_secondary = pc_apic_setup_secondary,
	.before_run = pc_before_run,
	.exit = pc_exit,
	.set_irq = pc_set_irq,
};

/* the first one is the default */
const struct board *const boards[] = { &board_pc, NULL };
