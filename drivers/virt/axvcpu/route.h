/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event routes of a VM: eventfds that are interrupts (route_irq.c), and guest
 * writes that are events (route_io.c), with their data in a ring (route_ring.c).
 */
#ifndef AXVCPU_ROUTE_H
#define AXVCPU_ROUTE_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#define AXV_MAX_IRQFDS		1024
#define AXV_MAX_IO_ROUTES	1024
#define AXV_MAX_RING_RECORDS	1024

struct axv_io_table;
struct axv_ring;
struct axv_vcpu;
struct axv_vm;
struct axvcpu_create_ring;
struct axvcpu_io_route;
struct axvcpu_irqfd;

/**
 * struct axv_routes - the routes of a VM
 * @io: [m] writes that are events, NULL: none
 * @irqfds: [m] eventfds that are interrupts
 * @lines: [m] the lines of level-triggered ones
 * @nr_irqfds: [m] how many
 * @reap: takes those away whose eventfd was closed
 */
struct axv_routes {
	struct axv_io_table __rcu *io;
	struct list_head irqfds;
	struct list_head lines;
	u32 nr_irqfds;
	struct work_struct reap;
};

void axv_routes_init(struct axv_routes *routes);
/* The VM goes, and has no vCPU any more. Sleeps. */
void axv_routes_exit(struct axv_routes *routes);

/* route_irq.c */
int axv_set_irqfd(struct axv_vm *vm, const struct axvcpu_irqfd *args);
/* What was @vector, but for bits not in @mask, is ended: whoever waits for that is told. */
void axv_irqfds_ended(struct axv_vcpu *v, u32 mask, u32 vector);
void axv_irqfds_ended_any(struct axv_vm *vm, u32 mask, u32 vector);
/* @v is on its way out; vm->lock is held. */
void axv_irqfds_drop(struct axv_vcpu *v);
void axv_irqfds_reap(struct work_struct *work);

/* route_io.c */
int axv_set_io_route(struct axv_vm *vm, const struct axvcpu_io_route *args);
void axv_io_table_free(struct axv_io_table *t);
bool axv_route_lookup(struct axv_vcpu *v, bool port, u64 addr, u32 width, u64 data);

/* route_ring.c */
int axv_ring_create(const struct axvcpu_create_ring *args);
struct axv_ring *axv_ring_get_fd(int fd);
void axv_ring_put(struct axv_ring *ring);
bool axv_ring_push(struct axv_ring *ring, u32 token, u32 vcpu, bool port, u64 addr,
		   u32 width, u64 data);

#endif /* AXVCPU_ROUTE_H */
