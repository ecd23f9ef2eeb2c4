// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings: guest writes with their data, for user space to take when it likes.
 *
 * Many vCPUs put records in, in a section with interrupts off; one lock makes
 * them a sequence. User space has the whole ring mapped and may write anything
 * into it at any time: the kernel keeps its own head, reads nothing back but the
 * tail, and whatever that says no record is written outside the ring. A tail that
 * cannot be is a full ring, and a write that finds the ring full is an exit.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "axvcpu.h"

/**
 * struct axv_ring - a ring
 * @refs: its file, and the routes into it
 * @shared: head, tail and records, shared with user space: hostile
 * @event: [I] signalled when it is not empty any more, NULL: nothing is
 * @nr: [I] records, a power of two
 * @size: [I] bytes of @shared
 * @lock: covers the rest; taken with interrupts off
 * @head: records written
 * @tail: records taken, when that was last looked at
 * @overflows: writes that found it full
 */
struct axv_ring {
	struct kref refs;
	void *shared;
	struct eventfd_ctx *event;
	u32 nr;
	u32 size;
	raw_spinlock_t lock;
	u32 head;
	u32 tail;
	u64 overflows;
};

static struct axvcpu_ring *axv_ring_shared(struct axv_ring *ring)
{
	return ring->shared;
}

static struct axvcpu_ring_record *axv_ring_record(struct axv_ring *ring, u32 seq)
{
	struct axvcpu_ring_record *records = ring->shared + AXVCPU_RING_RECORDS;

	return &records[seq & (ring->nr - 1)];
}

/* Is there room, if need be by what user space has taken since? */
static bool axv_ring_has_room(struct axv_ring *ring)
{
	if (likely(ring->head - ring->tail < ring->nr))
		return true;
	/* what user space read of the records comes before they are written over */
	ring->tail = smp_load_acquire(&axv_ring_shared(ring)->tail);
	return ring->head - ring->tail < ring->nr;
}

/**
 * axv_ring_push() - a guest's write becomes a record
 * @ring: the ring
 * @token: of the route
 * @vcpu: who wrote
 * @port: to a port
 * @addr: where
 * @width: how many bytes
 * @data: what, zero-extended
 *
 * Any context. Return: false: the ring is full, and nothing was done.
 */
bool axv_ring_push(struct axv_ring *ring, u32 token, u32 vcpu, bool port, u64 addr,
		   u32 width, u64 data)
{
	struct axvcpu_ring *u = axv_ring_shared(ring);
	bool room, was_empty = false;
	unsigned long irq;

	raw_spin_lock_irqsave(&ring->lock, irq);
	room = axv_ring_has_room(ring);
	if (room) {
		*axv_ring_record(ring, ring->head) = (struct axvcpu_ring_record) {
			.addr = addr,
			.value = data,
			.seq = ring->head,
			.token = token,
			.vcpu = vcpu,
			.width = width,
			.flags = port ? AXVCPU_RECORD_PORT : 0,
		};
		ring->head++;
		/* behind the record, for those who read up to it */
		smp_store_release(&u->head, ring->head);
		/*
		 * Either user space, which writes the tail before it looks at the
		 * head, sees this record, or that tail is seen here.
		 */
		smp_mb();
		ring->tail = READ_ONCE(u->tail);
		was_empty = ring->tail == ring->head - 1;
	} else {
		WRITE_ONCE(u->overflows, ++ring->overflows);
	}
	raw_spin_unlock_irqrestore(&ring->lock, irq);
	if (was_empty && ring->event)
		axv_eventfd_signal(ring->event);
	return room;
}

/* ---- the object -------------------------------------------------------------- */

static void axv_ring_free(struct kref *refs)
{
	struct axv_ring *ring = container_of(refs, struct axv_ring, refs);

	if (ring->event)
		eventfd_ctx_put(ring->event);
	if (ring->shared)
		free_pages_exact(ring->shared, ring->size);
	kfree(ring);
}

/**
 * axv_ring_put() - one user less
 * @ring: the ring
 */
void axv_ring_put(struct axv_ring *ring)
{
	kref_put(&ring->refs, axv_ring_free);
}

static int axv_ring_release(struct inode *inode, struct file *file)
{
	axv_ring_put(file->private_data);
	return 0;
}

static vm_fault_t axv_ring_fault(struct vm_fault *vmf)
{
	struct axv_ring *ring = vmf->vma->vm_file->private_data;

	if (vmf->pgoff >= ring->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page(ring->shared + (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct axv_ring_vm_ops = {
	.fault = axv_ring_fault,
};

static int axv_ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct axv_ring *ring = file->private_data;

	if (vma->vm_pgoff + vma_pages(vma) > ring->size >> PAGE_SHIFT)
		return -EINVAL;
	/* a private copy would never see a record */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_ops = &axv_ring_vm_ops;
	return 0;
}

static const struct file_operations axv_ring_fops = {
	.owner = THIS_MODULE,
	.mmap = axv_ring_mmap,
	.release = axv_ring_release,
	.llseek = noop_llseek,
};

/**
 * axv_ring_get_fd() - the ring of an fd
 * @fd: user space's
 *
 * Return: the ring with a reference for the caller; -EBADF, -EINVAL.
 */
struct axv_ring *axv_ring_get_fd(int fd)
{
	struct axv_ring *ring = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &axv_ring_fops) {
		ring = file->private_data;
		kref_get(&ring->refs);
	}
	fput(file);
	return ring;
}

/* The eventfd at @fd; NULL for -1. */
static int axv_ring_event(struct axv_ring *ring, int fd)
{
	struct eventfd_ctx *ctx;

	if (fd == -1)
		return 0;
	ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ring->event = ctx;
	return 0;
}

/**
 * axv_ring_create() - AXVCPU_CREATE_RING
 * @args: checked here
 *
 * Return: the ring fd; EINVAL, EBADF, ENOMEM, EMFILE.
 */
int axv_ring_create(const struct axvcpu_create_ring *args)
{
	struct axv_ring *ring;
	int r;

	if (args->flags || !is_power_of_2(args->nr) || args->nr > AXV_MAX_RING_RECORDS)
		return -EINVAL;
	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return -ENOMEM;
	kref_init(&ring->refs);
	raw_spin_lock_init(&ring->lock);
	ring->nr = args->nr;
	ring->size = PAGE_ALIGN(AXVCPU_RING_RECORDS +
				args->nr * sizeof(struct axvcpu_ring_record));
	r = axv_ring_event(ring, args->fd);
	if (r)
		goto out;
	r = -ENOMEM;
	ring->shared = alloc_pages_exact(ring->size,
					 GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	if (!ring->shared)
		goto out;
	axv_ring_shared(ring)->nr = ring->nr;
	r = axv_install_fd("axvcpu-ring", &axv_ring_fops, ring);
	if (r >= 0)
		return r;
out:
	axv_ring_put(ring);
	return r;
}
