// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest writes that are events: looked up where they would become an exit, mostly
 * in a section, and done right there.
 *
 * A VM's routes are one sorted table that is replaced as a whole. Ranges of two
 * routes are either the same or apart, and no write matches two, so that what a
 * write does depends on the table and not on its history. Readers are in RCU read
 * sections; interrupts off are one. A route that goes is marked, for which no memory
 * is needed, and is left out of the next table.
 */
#include <linux/eventfd.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "axvcpu.h"

/**
 * struct axv_io_route - one route
 * @port: first key: of the ports, which come behind the memory
 * @match: third key: only @data
 * @dead: it was taken away
 * @width: bytes of the write, 0: any
 * @token: for the ring
 * @first: second key: first address
 * @last: last one
 * @data: fourth key
 * @event: signalled, or NULL
 * @ring: where the write goes, or NULL
 */
struct axv_io_route {
	bool port;
	bool match;
	bool dead;
	u8 width;
	u32 token;
	u64 first;
	u64 last;
	u64 data;
	struct eventfd_ctx *event;
	struct axv_ring *ring;
};

/**
 * struct axv_io_table - all routes of a VM
 * @rcu: old ones go after a grace period
 * @nr: rows
 * @live: [m] those that are not dead
 * @routes: sorted
 */
struct axv_io_table {
	struct rcu_head rcu;
	u32 nr;
	u32 live;
	struct axv_io_route routes[];
};

/* ---- looking up --------------------------------------------------------------- */

/* Where in the order is @r: before (< 0), at, or behind what is looked for? */
static int axv_io_order(const struct axv_io_route *r, bool port, u64 addr, bool match, u64 data)
{
	if (r->port != port)
		return r->port - port;
	if (addr > r->last)
		return -1;
	if (addr < r->first)
		return 1;
	if (r->match != match)
		return r->match - match;
	if (!match || r->data == data)
		return 0;
	return r->data < data ? -1 : 1;
}

/* The first route that is not before it in the order. */
static u32 axv_io_first(const struct axv_io_table *t, bool port, u64 addr, bool match, u64 data)
{
	u32 lo = 0, hi = t->nr, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (axv_io_order(&t->routes[mid], port, addr, match, data) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * Of a range and a value there is one route for each width at most: a few. One that
 * is dead was the only one that could match.
 */
static const struct axv_io_route *axv_io_find(const struct axv_io_table *t, bool port, u64 addr,
					      u32 width, bool match, u64 data)
{
	u32 i = axv_io_first(t, port, addr, match, data);
	const struct axv_io_route *r;

	for (; i < t->nr; i++) {
		r = &t->routes[i];
		if (axv_io_order(r, port, addr, match, data))
			break;
		if (!r->width || r->width == width)
			return READ_ONCE(r->dead) ? NULL : r;
	}
	return NULL;
}

/**
 * axv_route_lookup() - axv_route_write() of a VM that has routes
 * @v: the vCPU
 * @port: a port, not memory
 * @addr: first address
 * @width: bytes
 * @data: value, zero-extended
 *
 * Return: true: the write is done.
 */
bool axv_route_lookup(struct axv_vcpu *v, bool port, u64 addr, u32 width, u64 data)
{
	const struct axv_io_route *r = NULL;
	const struct axv_io_table *t;
	bool done = false;

	rcu_read_lock();
	t = rcu_dereference(v->vm->routes.io);
	if (t) {
		r = axv_io_find(t, port, addr, width, false, 0);
		r = r ?: axv_io_find(t, port, addr, width, true, data);
	}
	if (r && r->event) {
		axv_eventfd_signal(r->event);
		done = true;
	} else if (r) {
		done = axv_ring_push(r->ring, r->token, v->id, port, addr, width, data);
	}
	rcu_read_unlock();
	return done;
}

/* ---- changing ------------------------------------------------------------------- */

static void axv_io_target_put(struct axv_io_route *r)
{
	if (r->event)
		eventfd_ctx_put(r->event);
	if (r->ring)
		axv_ring_put(r->ring);
}

static int axv_io_target_get(struct axv_io_route *r, const struct axvcpu_io_route *args)
{
	struct eventfd_ctx *event;
	struct axv_ring *ring;

	if (args->flags & AXVCPU_ROUTE_RING) {
		ring = axv_ring_get_fd(args->fd);
		if (IS_ERR(ring))
			return PTR_ERR(ring);
		r->ring = ring;
		return 0;
	}
	event = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(event))
		return PTR_ERR(event);
	r->event = event;
	return 0;
}

/* All of @args that is not about the target, checked. */
static int axv_io_route_init(struct axv_io_route *r, const struct axvcpu_io_route *args)
{
	u32 known = AXVCPU_ROUTE_DEASSIGN | AXVCPU_ROUTE_PORT | AXVCPU_ROUTE_MATCH |
		    AXVCPU_ROUTE_RING;

	*r = (struct axv_io_route) {
		.port = args->flags & AXVCPU_ROUTE_PORT,
		.match = args->flags & AXVCPU_ROUTE_MATCH,
		.width = args->width,
		.token = args->token,
		.first = args->addr,
		.last = args->addr + args->len - 1,
		.data = args->data,
	};
	if ((args->flags & ~known) || args->reserved)
		return -EINVAL;
	if (!args->len || r->last < r->first || (r->port && r->last > U16_MAX))
		return -EINVAL;
	if (args->width && args->width != 1 && args->width != 2 && args->width != 4 &&
	    (args->width != 8 || r->port))
		return -EINVAL;
	if (args->data && !r->match)
		return -EINVAL;
	if (args->width && args->width < 8 && args->data >> (args->width * 8))
		return -EINVAL;
	if (args->token && !(args->flags & AXVCPU_ROUTE_RING))
		return -EINVAL;
	if ((args->flags & AXVCPU_ROUTE_DEASSIGN) && (args->fd != -1 || args->token))
		return -EINVAL;
	return 0;
}

static bool axv_io_same_range(const struct axv_io_route *a, const struct axv_io_route *b)
{
	return a->port == b->port && a->first == b->first && a->last == b->last;
}

/* Could a write match both, or is the order of their ranges none? */
static bool axv_io_collide(const struct axv_io_route *a, const struct axv_io_route *b)
{
	if (a->port != b->port || a->last < b->first || b->last < a->first)
		return false;
	if (!axv_io_same_range(a, b))
		return true;
	if (a->width && b->width && a->width != b->width)
		return false;
	return !a->match || !b->match || a->data == b->data;
}

/* A copy of what lives in @old, which may be NULL, with @r in its place. */
static struct axv_io_table *axv_io_table_add(const struct axv_io_table *old,
					     const struct axv_io_route *r)
{
	u32 nr = old ? old->nr : 0, live = old ? old->live : 0, at, i, n = 0;
	struct axv_io_table *t;

	for (i = 0; i < nr; i++)
		if (!old->routes[i].dead && axv_io_collide(&old->routes[i], r))
			return ERR_PTR(-EEXIST);
	if (live == AXV_MAX_IO_ROUTES)
		return ERR_PTR(-ENOSPC);
	t = kvmalloc(struct_size(t, routes, live + 1), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr; i++)
		if (!old->routes[i].dead)
			t->routes[n++] = old->routes[i];
	t->nr = n;
	at = axv_io_first(t, r->port, r->first, r->match, r->data);
	memmove(&t->routes[at + 1], &t->routes[at], (n - at) * sizeof(*r));
	t->routes[at] = *r;
	t->nr = n + 1;
	t->live = n + 1;
	return t;
}

static int axv_io_assign(struct axv_vm *vm, struct axv_io_route *r,
			 const struct axvcpu_io_route *args)
{
	struct axv_io_table *old, *new;
	int err;

	err = axv_io_target_get(r, args);
	if (err)
		return err;
	mutex_lock(&vm->lock);
	old = rcu_dereference_protected(vm->routes.io, lockdep_is_held(&vm->lock));
	new = axv_io_table_add(old, r);
	if (!IS_ERR(new))
		rcu_assign_pointer(vm->routes.io, new);
	mutex_unlock(&vm->lock);
	if (IS_ERR(new)) {
		axv_io_target_put(r);
		return PTR_ERR(new);
	}
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/* The row of @r, which has no target. */
static struct axv_io_route *axv_io_row(struct axv_io_table *t, const struct axv_io_route *r,
				       bool ring)
{
	struct axv_io_route *row;
	u32 i;

	for (i = 0; t && i < t->nr; i++) {
		row = &t->routes[i];
		if (!row->dead && axv_io_same_range(row, r) && row->match == r->match &&
		    row->data == r->data && row->width == r->width && !!row->ring == ring)
			return row;
	}
	return NULL;
}

static int axv_io_deassign(struct axv_vm *vm, const struct axv_io_route *r, bool ring)
{
	struct axv_io_route *row, dead = {};
	struct axv_io_table *t;

	mutex_lock(&vm->lock);
	t = rcu_dereference_protected(vm->routes.io, lockdep_is_held(&vm->lock));
	row = axv_io_row(t, r, ring);
	if (!row) {
		mutex_unlock(&vm->lock);
		return -ENOENT;
	}
	dead = *row;
	WRITE_ONCE(row->dead, true);
	if (!--t->live) {
		rcu_assign_pointer(vm->routes.io, NULL);
		kvfree_rcu(t, rcu);
	}
	mutex_unlock(&vm->lock);
	/* who asked wants to know that nothing comes any more */
	synchronize_rcu_expedited();
	axv_io_target_put(&dead);
	return 0;
}

/**
 * axv_set_io_route() - AXVCPU_SET_IO_ROUTE
 * @vm: the VM
 * @args: checked here
 *
 * Return: 0; EINVAL, EBADF, EEXIST, ENOENT, ENOSPC, ENOMEM, and then nothing has
 * changed.
 */
int axv_set_io_route(struct axv_vm *vm, const struct axvcpu_io_route *args)
{
	struct axv_io_route r;
	int err;

	err = axv_io_route_init(&r, args);
	if (err)
		return err;
	if (args->flags & AXVCPU_ROUTE_DEASSIGN)
		return axv_io_deassign(vm, &r, args->flags & AXVCPU_ROUTE_RING);
	return axv_io_assign(vm, &r, args);
}

/**
 * axv_io_table_free() - the end of a VM's routes
 * @t: its table, or NULL; nobody looks it up any more
 */
void axv_io_table_free(struct axv_io_table *t)
{
	u32 i;

	for (i = 0; t && i < t->nr; i++)
		if (!t->routes[i].dead)
			axv_io_target_put(&t->routes[i]);
	kvfree(t);
}
