// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stage-2 object: a table of guest physical memory that the kernel owns,
 * an fd to it, and the vCPUs that may be running on it.
 *
 * It lives as long as an fd, a VMA made through the fd, or a vCPU holds it.
 * The structure itself stays a little longer, until the last notifier that
 * points to it is freed.
 */
#include <linux/compat.h>
#include <linux/cpumask.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "s2_internal.h"

struct axv_s2_config axv_s2_config;

/*
 * Generations come from one counter, so that no two tables ever show a vCPU
 * that goes from one to the other the same one.
 */
static atomic64_t generations = ATOMIC64_INIT(0);

/* ---- taking translations away -------------------------------------------- */

static void nothing(void *unused)
{
}

/*
 * Make sure that no CPU uses a translation that was removed before the call.
 *
 * The entering side writes v->cpu, then v->mode = AXV_IN_GUEST, has a full
 * barrier, reads the generation, and flushes its tag if that is new. Here the
 * generation is written, then comes a full barrier, then v->mode is read. So
 * either the vCPU sees the new generation and enters with a clean tag, or it
 * is seen here in its section, on the CPU of that section or of a later one.
 * The guest runs with interrupts off: when the IPI has been served there, it has been
 * left, and the next entry, in that section or in another, sees the new generation.
 *
 * Interrupts are on, and nothing that a section needs is held here.
 */
static void drive_out(struct axv_stage2 *s2)
{
	struct axv_vcpu *v;

	smp_mb(); /* the generation before the modes */
	cpumask_clear(s2->kick);
	list_for_each_entry(v, &s2->vcpus, s2_node) {
		/* the mode before the CPU that goes with it */
		if (smp_load_acquire(&v->mode) == AXV_IN_GUEST)
			cpumask_set_cpu(READ_ONCE(v->cpu), s2->kick);
	}
	preempt_disable();
	smp_call_function_many(s2->kick, nothing, NULL, true);
	preempt_enable();
}

static void new_generation(struct axv_stage2 *s2, const struct axv_s2_gather *g)
{
	u64 new = atomic64_inc_return(&generations);

	raw_write_seqcount_begin(&s2->lost_seq);
	s2->lost[s2->lost_nr++ % AXV_S2_LOSSES] = (struct axv_s2_loss) {
		.before = g->deep ? 0 : s2->pub.generation,
		.after = new,
		.first = g->first,
		.last = g->last,
		.shift = g->shift,
	};
	WRITE_ONCE(s2->pub.generation, new);
	raw_write_seqcount_end(&s2->lost_seq);
}

/**
 * axv_s2_flush() - complete the removal of translations
 * @s2: the stage-2, locked
 * @g: what was removed; is empty afterwards
 *
 * Called before the lock is dropped: another thread that finds a translation
 * gone must be able to rely on it.
 */
void axv_s2_flush(struct axv_stage2 *s2, struct axv_s2_gather *g)
{
	lockdep_assert_held(&s2->lock);
	if (g->flush) {
		new_generation(s2, g);
		drive_out(s2);
	}
	while (g->nr)
		free_page((unsigned long)g->table[--g->nr]);
	axv_s2_gather_empty(g);
}

/**
 * axv_s2_lost_since() - which translations are no longer good
 * @s2: the stage-2
 * @since: the generation that the caller has flushed for last
 * @now: out: the one that stands now
 * @loss: out: room for AXV_S2_LOSSES, the latest first
 *
 * In a section, which the one who changes the table may be waiting for with the lock
 * held: so without it, and without waiting.
 *
 * Return: how many, or -1: all may be.
 */
int axv_s2_lost_since(struct axv_stage2 *s2, u64 since, u64 *now, struct axv_s2_loss *loss)
{
	unsigned int seq = raw_read_seqcount(&s2->lost_seq), nr = READ_ONCE(s2->lost_nr);
	u64 after = axv_s2_generation(s2);
	int i;

	*now = after;
	if (seq & 1)
		return -1;
	for (i = 0; after != since; i++) {
		if (i == AXV_S2_LOSSES)
			return -1;
		nr--;
		loss[i] = s2->lost[nr % AXV_S2_LOSSES];
		if (loss[i].after != after || !loss[i].before)
			return -1;
		after = loss[i].before;
	}
	return read_seqcount_retry(&s2->lost_seq, seq) ? -1 : i;
}

/**
 * axv_s2_new_layout() - a mapping came
 * @s2: the stage-2, locked
 */
void axv_s2_new_layout(struct axv_stage2 *s2)
{
	WRITE_ONCE(s2->pub.layout, atomic64_inc_return(&generations));
}

/**
 * axv_s2_attach() - a vCPU starts to use a table
 * @s2: the stage-2
 * @v: the vCPU, locked, not in the guest
 */
void axv_s2_attach(struct axv_stage2 *s2, struct axv_vcpu *v)
{
	axv_s2_get(s2);
	spin_lock(&s2->lock);
	list_add_tail(&v->s2_node, &s2->vcpus);
	spin_unlock(&s2->lock);
	v->s2 = s2;
}

/**
 * axv_s2_detach() - a vCPU stops using its table
 * @v: the vCPU, locked, not in the guest
 */
void axv_s2_detach(struct axv_vcpu *v)
{
	struct axv_stage2 *s2 = v->s2;

	v->s2 = NULL;
	spin_lock(&s2->lock);
	list_del(&v->s2_node);
	spin_unlock(&s2->lock);
	axv_s2_put(s2);
}

/* ---- looking at mappings ------------------------------------------------- */

static void fill_slot(const struct axv_s2_map *map, struct axv_s2_slot *slot)
{
	slot->first = map->gfn.start;
	slot->last = map->gfn.last;
	slot->mm = map->mm;
	slot->hva = map->mm ? map->hva.start : 0;
	slot->seq = map->mm ? map->mm->seq : 0;
	slot->prot = map->prot;
	slot->flags = map->flags;
}

/**
 * axv_s2_slot_get() - the mapping at an address, for use without the lock
 * @s2: the stage-2, locked
 * @gfn: page of guest memory
 * @slot: where to put it; holds a reference on its mm
 *
 * Return: whether there is one.
 */
bool axv_s2_slot_get(struct axv_stage2 *s2, u64 gfn, struct axv_s2_slot *slot)
{
	struct axv_s2_map *map;

	lockdep_assert_held(&s2->lock);
	map = axv_s2_map_first(s2, gfn, gfn);
	if (!map)
		return false;
	fill_slot(map, slot);
	slot->map_seq = s2->map_seq;
	if (slot->mm)
		refcount_inc(&slot->mm->refs);
	return true;
}

/**
 * axv_s2_slot_valid() - does a mapping still say what it said
 * @s2: the stage-2, locked
 * @gfn: page of guest memory
 * @slot: what it said
 *
 * The process's memory is another question: axv_s2_mm_changed().
 */
bool axv_s2_slot_valid(struct axv_stage2 *s2, u64 gfn, const struct axv_s2_slot *slot)
{
	struct axv_s2_map *map;
	struct axv_s2_slot now;

	lockdep_assert_held(&s2->lock);
	if (s2->map_seq == slot->map_seq)
		return true;
	/* something changed, which most often is something else */
	map = axv_s2_map_first(s2, gfn, gfn);
	if (!map)
		return false;
	fill_slot(map, &now);
	return now.first == slot->first && now.last == slot->last && now.mm == slot->mm &&
	       now.hva == slot->hva && now.prot == slot->prot && now.flags == slot->flags;
}

/**
 * axv_s2_prot() - what kind of memory is at an address
 * @s2: the stage-2
 * @gpa: guest physical address
 *
 * Return: AXVCPU_PROT_* of the mapping, 0 for a hole.
 */
u32 axv_s2_prot(struct axv_stage2 *s2, axv_gpa_t gpa)
{
	u64 gfn = axv_s2_gfn(gpa);
	struct axv_s2_map *map;
	u32 prot;

	spin_lock(&s2->lock);
	map = axv_s2_map_first(s2, gfn, gfn);
	prot = map ? map->prot : 0;
	spin_unlock(&s2->lock);
	return prot;
}

/**
 * axv_s2_root() - the table's root, for the hardware
 * @s2: the stage-2
 */
axv_hpa_t axv_s2_root(struct axv_stage2 *s2)
{
	return virt_to_phys(s2->table.root);
}

/**
 * axv_s2_levels() - levels of the table
 * @s2: the stage-2
 */
u32 axv_s2_levels(struct axv_stage2 *s2)
{
	return s2->table.levels;
}

/**
 * axv_s2_gpa_bits() - width of guest physical addresses
 * @s2: the stage-2
 */
u32 axv_s2_gpa_bits(struct axv_stage2 *s2)
{
	return s2->gpa_bits;
}

/* ---- life ---------------------------------------------------------------- */

/**
 * axv_s2_mem_get() - keep the structure, not the table
 * @s2: the stage-2
 */
void axv_s2_mem_get(struct axv_stage2 *s2)
{
	kref_get(&s2->mem);
}

static void mem_release(struct kref *kref)
{
	struct axv_stage2 *s2 = container_of(kref, struct axv_stage2, mem);

	free_cpumask_var(s2->kick);
	kfree(s2);
}

/**
 * axv_s2_mem_put() - the counterpart of axv_s2_mem_get(); does not sleep
 * @s2: the stage-2
 */
void axv_s2_mem_put(struct axv_stage2 *s2)
{
	kref_put(&s2->mem, mem_release);
}

static void s2_release(struct kref *kref)
{
	struct axv_stage2 *s2 = container_of(kref, struct axv_stage2, refs);

	/* No vCPU is left, so nobody has to be driven out. With the mappings
	 * gone no notifier reaches the table.
	 */
	axv_s2_drop_maps(s2);
	axv_s2t_destroy(&s2->table);
	axv_s2_zero_erase(s2, 0, ULONG_MAX);
	xa_destroy(&s2->zero);
	axv_s2_mem_put(s2);
}

/**
 * axv_s2_get() - take a reference
 * @s2: the stage-2
 */
void axv_s2_get(struct axv_stage2 *s2)
{
	kref_get(&s2->refs);
}

/**
 * axv_s2_put() - drop a reference; the last one may sleep
 * @s2: the stage-2
 */
void axv_s2_put(struct axv_stage2 *s2)
{
	kref_put(&s2->refs, s2_release);
}

/**
 * axv_s2_get_fd() - the stage-2 behind an fd
 * @fd: number of the fd
 *
 * Return: it, with a reference; ERR_PTR(-EBADF); ERR_PTR(-EINVAL) for an fd of
 * another kind.
 */
struct axv_stage2 *axv_s2_get_fd(int fd)
{
	struct axv_stage2 *s2 = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &axv_s2_fops) {
		s2 = file->private_data;
		axv_s2_get(s2);
	}
	fput(file);
	return s2;
}

/* The fewest levels that hold @gpa_bits, where the format leaves a choice. */
static u32 levels_for(const struct axv_s2_config *c, u32 gpa_bits)
{
	const struct axv_s2_format *fmt = c->format;
	u32 levels = c->min_levels;

	while (levels < c->levels &&
	       fmt->page_shift + levels * fmt->index_bits + fmt->root_extra_bits < gpa_bits)
		levels++;
	return levels;
}

static struct axv_stage2 *s2_new(u32 gpa_bits)
{
	struct axv_s2_config config = axv_s2_config;
	struct axv_stage2 *s2;

	config.levels = levels_for(&axv_s2_config, gpa_bits);

	s2 = kzalloc(sizeof(*s2), GFP_KERNEL_ACCOUNT);
	if (!s2)
		return NULL;
	if (!zalloc_cpumask_var(&s2->kick, GFP_KERNEL_ACCOUNT))
		goto err_free;
	if (axv_s2t_init(&s2->table, &config))
		goto err_mask;

	kref_init(&s2->refs);
	kref_init(&s2->mem);
	mutex_init(&s2->ioctl_lock);
	spin_lock_init(&s2->lock);
	seqcount_init(&s2->lost_seq);
	INIT_LIST_HEAD(&s2->mms);
	INIT_LIST_HEAD(&s2->vcpus);
	s2->maps = RB_ROOT_CACHED;
	xa_init_flags(&s2->zero, XA_FLAGS_ACCOUNT);
	s2->gpa_bits = gpa_bits;
	s2->pub.generation = atomic64_inc_return(&generations);
	s2->pub.layout = s2->pub.generation;
	return s2;

err_mask:
	free_cpumask_var(s2->kick);
err_free:
	kfree(s2);
	return NULL;
}

/**
 * axv_s2_create() - AXVCPU_CREATE_STAGE2
 * @args: its argument
 *
 * Return: the fd; EINVAL; ENODEV without a format to write; EOPNOTSUPP where
 * the host's pages are not the format's; ENOMEM, EMFILE, ENFILE.
 */
int axv_s2_create(const struct axvcpu_create_stage2 *args)
{
	u32 gpa_bits = args->gpa_bits ?: axv_s2_config.gpa_bits;
	struct axv_stage2 *s2;
	int fd;

	if (!axv_s2_config.format)
		return -ENODEV;
	if (axv_s2_config.format->page_shift != PAGE_SHIFT)
		return -EOPNOTSUPP;
	if (args->flags || args->reserved)
		return -EINVAL;
	if (gpa_bits < 32 || gpa_bits > axv_s2_config.gpa_bits)
		return -EINVAL;

	s2 = s2_new(gpa_bits);
	if (!s2)
		return -ENOMEM;
	fd = axv_install_fd("[axvcpu-stage2]", &axv_s2_fops, s2);
	if (fd < 0)
		axv_s2_put(s2);
	return fd;
}

/**
 * axv_s2_exit() - module exit: wait for notifiers that are being freed
 */
void axv_s2_exit(void)
{
	mmu_notifier_synchronize();
}

/* ---- the fd -------------------------------------------------------------- */

static long s2_ioctl_stats(struct file *file, void *arg)
{
	struct axv_stage2 *s2 = file->private_data;
	struct axvcpu_s2_stats *stats = arg;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(stats->pages) != AXV_S2_LEAF_LEVELS);
	spin_lock(&s2->lock);
	stats->nr_maps = s2->nr_maps;
	for (i = 0; i < AXV_S2_LEAF_LEVELS; i++)
		stats->pages[i] = s2->table.leaves[i];
	stats->tables = s2->table.nr_tables;
	stats->faults = s2->faults;
	stats->neighbours = s2->neighbours;
	stats->invalidations = s2->invalidations;
	spin_unlock(&s2->lock);
	return 0;
}

static const struct axv_ioctl s2_ioctls[] = {
	AXV_IOCTL_ROW(AXVCPU_S2_MAP, struct axvcpu_s2_map, AXV_IOCTL_OUT, axv_s2_ioctl_map),
	AXV_IOCTL_ROW(AXVCPU_S2_UNMAP, struct axvcpu_s2_range, 0, axv_s2_ioctl_unmap),
	AXV_IOCTL_ROW(AXVCPU_S2_PROTECT, struct axvcpu_s2_range, 0, axv_s2_ioctl_protect),
	AXV_IOCTL_ROW(AXVCPU_S2_GET_STATS, struct axvcpu_s2_stats, AXV_IOCTL_OUT, s2_ioctl_stats),
};

static long s2_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return axv_ioctl(file, cmd, arg, s2_ioctls, ARRAY_SIZE(s2_ioctls));
}

static int s2_file_release(struct inode *inode, struct file *file)
{
	axv_s2_put(file->private_data);
	return 0;
}

const struct file_operations axv_s2_fops = {
	.owner		= THIS_MODULE,
	.llseek		= noop_llseek,
	.unlocked_ioctl	= s2_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= axv_s2_mmap,
	.release	= s2_file_release,
};
