// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's own address translation: segments and page tables, done as the
 * CPU does them, for instructions that the kernel finishes on its behalf.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/processor-flags.h>

#include "emul.h"

#define PTE_PRESENT	BIT_ULL(0)
#define PTE_WRITE	BIT_ULL(1)
#define PTE_USER	BIT_ULL(2)
#define PTE_ACCESSED	BIT_ULL(5)
#define PTE_DIRTY	BIT_ULL(6)
#define PTE_LARGE	BIT_ULL(7)
#define PTE_NX		BIT_ULL(63)
#define PTE_KEY_SHIFT	59

#define MAX_LEVELS	5

/* How often to start again when the tables change under the walk. */
#define MAX_TRIES	8

/**
 * struct paging - a paging mode
 * @levels: levels of tables
 * @bytes: size of an entry
 * @index_bits: index bits of a level
 */
struct paging {
	u8 levels;
	u8 bytes;
	u8 index_bits;
};

static const struct paging paging_32 = { 2, 4, 10 };
static const struct paging paging_pae = { 3, 8, 9 };
static const struct paging paging_4 = { 4, 8, 9 };
static const struct paging paging_5 = { 5, 8, 9 };

/**
 * struct walker - a walk
 * @m: the guest's control registers
 * @mode: NULL: paging is off
 * @leaf: level of the leaf
 * @entry: the entries met, by level
 * @at: gpa of these
 * @gpa: result; where the tables failed
 * @writable: write right in all levels
 * @user: user right in all levels
 * @nx: no-execute in any level
 * @error: RSVD, PRESENT of a failed walk
 */
struct walker {
	const struct axv_x86_mode *m;
	const struct paging *mode;
	unsigned int leaf;
	u64 entry[MAX_LEVELS];
	u64 at[MAX_LEVELS];
	u64 gpa;
	bool writable;
	bool user;
	bool nx;
	u32 error;
};

static const struct paging *paging_mode(const struct axv_x86_mode *m)
{
	if (!(m->cr0 & X86_CR0_PG))
		return NULL;
	if (!(m->cr4 & X86_CR4_PAE))
		return &paging_32;
	if (!m->long_mode)
		return &paging_pae;
	return m->cr4 & X86_CR4_LA57 ? &paging_5 : &paging_4;
}

static bool is_canonical(const struct axv_x86_mode *m, u64 gva)
{
	unsigned int unused = m->cr4 & X86_CR4_LA57 ? 7 : 16;

	return (u64)((s64)(gva << unused) >> unused) == gva;
}

static unsigned int level_shift(const struct walker *k, unsigned int level)
{
	return PAGE_SHIFT + level * k->mode->index_bits;
}

/* PAE's four top entries have neither rights nor an accessed bit. */
static bool is_pdpte(const struct walker *k, unsigned int level)
{
	return k->mode == &paging_pae && level == 2;
}

static bool is_leaf(const struct walker *k, unsigned int level)
{
	if (level == 0)
		return true;
	if (!(k->entry[level] & PTE_LARGE))
		return false;
	if (k->mode == &paging_32)
		return k->m->cr4 & X86_CR4_PSE;
	return level == 1 || (level == 2 && !is_pdpte(k, level));
}

/* Bits of an entry that must be zero. The CPU that runs the guest knows its
 * own address width, whatever the guest was told.
 */
static u64 reserved_bits(const struct walker *k, unsigned int level)
{
	u64 bits;

	if (k->mode == &paging_32)
		return is_leaf(k, level) && level ? BIT_ULL(21) : 0;

	bits = GENMASK_ULL(51, boot_cpu_data.x86_phys_bits);
	if (k->mode == &paging_pae)
		bits |= GENMASK_ULL(62, 52);
	/* Bit 5 is reserved too, but QEMU's TCG takes it for an accessed bit. */
	if (is_pdpte(k, level))
		return bits | PTE_NX | GENMASK_ULL(8, 6) | GENMASK_ULL(2, 1);
	if (!(k->m->efer & EFER_NX))
		bits |= PTE_NX;
	if (level && is_leaf(k, level))
		bits |= GENMASK_ULL(level_shift(k, level) - 1, 13);
	if (level > 2 || (level == 2 && !boot_cpu_has(X86_FEATURE_GBPAGES)))
		bits |= PTE_LARGE;
	return bits;
}

static u64 root_table(const struct walker *k)
{
	if (k->mode == &paging_32)
		return k->m->cr3 & GENMASK_ULL(31, 12);
	if (k->mode == &paging_pae)
		return k->m->cr3 & GENMASK_ULL(31, 5);
	return k->m->cr3 & GENMASK_ULL(51, 12);
}

static u64 leaf_gpa(const struct walker *k, u64 gva)
{
	u64 entry = k->entry[k->leaf];
	u64 offset = BIT_ULL(level_shift(k, k->leaf)) - 1;
	u64 base;

	if (k->mode == &paging_32)
		base = entry & GENMASK_ULL(31, 12);
	else
		base = entry & GENMASK_ULL(51, 12);
	base &= ~offset;
	/* PSE-36: a 4 MiB page above 4 GiB */
	if (k->mode == &paging_32 && k->leaf)
		base |= (entry & GENMASK_ULL(20, 13)) << 19;
	return base | (gva & offset);
}

/* 0; 1 with k->error; -errno with k->gpa */
static int walk_tables(struct axv_vcpu *v, const struct axv_x86_mode *m, u64 gva,
		       struct walker *k)
{
	unsigned int level;
	u64 table, index;
	int err;

	k->m = m;
	k->mode = paging_mode(m);
	k->leaf = 0;
	k->error = 0;
	k->writable = true;
	k->user = true;
	k->nx = false;
	k->gpa = gva;
	if (!k->mode)
		return 0;
	/* Whoever wants the #GP asks for a linear address first. */
	if (k->mode->levels >= 4 && !is_canonical(k->m, gva))
		return 1;

	table = root_table(k);
	for (level = k->mode->levels - 1;; level--) {
		index = (gva >> level_shift(k, level)) & (BIT_ULL(k->mode->index_bits) - 1);
		k->at[level] = table + index * k->mode->bytes;
		k->entry[level] = 0;
		err = axv_s2_read(v->s2, k->at[level], &k->entry[level], k->mode->bytes);
		if (err) {
			k->gpa = k->at[level];
			return err;
		}
		if (!(k->entry[level] & PTE_PRESENT))
			return 1;
		k->error = AXV_X86_PFERR_PRESENT;
		if (k->entry[level] & reserved_bits(k, level)) {
			k->error |= AXV_X86_PFERR_RSVD;
			return 1;
		}
		k->error = 0;
		if (!is_pdpte(k, level)) {
			k->writable &= !!(k->entry[level] & PTE_WRITE);
			k->user &= !!(k->entry[level] & PTE_USER);
			k->nx |= !!(k->entry[level] & PTE_NX);
		}
		if (is_leaf(k, level))
			break;
		table = k->entry[level] & (k->mode == &paging_32 ? GENMASK_ULL(31, 12) :
								   GENMASK_ULL(51, 12));
	}
	k->leaf = level;
	k->gpa = leaf_gpa(k, gva);
	return 0;
}

/* ---- rights ------------------------------------------------------------------------- */

/* AXVCPU_PROT_* that the page tables give at privilege @cpl. */
static u32 table_rights(struct axv_vcpu *v, const struct walker *k, u8 cpl)
{
	const struct axv_x86_mode *m = k->m;
	bool supervisor = cpl != 3;
	u32 prot = 0;

	if (!k->mode)
		return AXVCPU_PROT_READ | AXVCPU_PROT_WRITE | AXVCPU_PROT_EXEC;
	if (!supervisor && !k->user)
		return 0;

	if (!k->nx && !(supervisor && k->user && (m->cr4 & X86_CR4_SMEP)))
		prot |= AXVCPU_PROT_EXEC;
	if (supervisor && k->user && (m->cr4 & X86_CR4_SMAP) &&
	    !(v->arch.gpr.rflags & X86_EFLAGS_AC))
		return prot;
	prot |= AXVCPU_PROT_READ;
	if (k->writable || (supervisor && !(m->cr0 & X86_CR0_WP)))
		prot |= AXVCPU_PROT_WRITE;
	return prot;
}

/* AXVCPU_PROT_* that protection keys take away. */
static u32 key_denies(struct axv_vcpu *v, const struct walker *k, u8 cpl)
{
	u32 pkru, deny = 0;
	unsigned int key;

	if (!k->mode || k->mode->levels < 4 || !k->user || !(k->m->cr4 & X86_CR4_PKE))
		return 0;
	key = (k->entry[k->leaf] >> PTE_KEY_SHIFT) & 15;
	pkru = axv_x86_fpu_pkru(v) >> (key * 2);
	if (pkru & 1)
		deny |= AXVCPU_PROT_READ | AXVCPU_PROT_WRITE;
	if ((pkru & 2) && (cpl == 3 || (k->m->cr0 & X86_CR0_WP)))
		deny |= AXVCPU_PROT_WRITE;
	return deny;
}

/* The #PF error code of @access (WRITE, FETCH) that failed as k->error says. */
static u32 fault_code(const struct walker *k, u32 access, u8 cpl)
{
	u32 error = k->error | (access & AXV_X86_PFERR_WRITE);

	if (cpl == 3)
		error |= AXV_X86_PFERR_USER;
	/* A fetch is told from a read only where that can make a difference. */
	if ((access & AXV_X86_PFERR_FETCH) &&
	    ((k->m->cr4 & X86_CR4_SMEP) ||
	     ((k->m->cr4 & X86_CR4_PAE) && (k->m->efer & EFER_NX))))
		error |= AXV_X86_PFERR_FETCH;
	return error;
}

/* 0, or 1 with k->error: may this @access be made? */
static int check_rights(struct axv_vcpu *v, struct walker *k, u32 access, u8 cpl)
{
	u32 rights = table_rights(v, k, cpl);
	u32 need = AXVCPU_PROT_READ;

	if (access & AXV_X86_PFERR_FETCH)
		need = AXVCPU_PROT_EXEC;
	else if (access & AXV_X86_PFERR_WRITE)
		need = AXVCPU_PROT_WRITE;
	if (!(rights & need)) {
		k->error = AXV_X86_PFERR_PRESENT;
		return 1;
	}
	if (key_denies(v, k, cpl) & need) {
		k->error = AXV_X86_PFERR_PRESENT | AXV_X86_PFERR_PK;
		return 1;
	}
	return 0;
}

/* Accessed and dirty bits; -EAGAIN: the tables have changed, walk again. */
static int set_marks(struct axv_vcpu *v, struct walker *k, u32 access)
{
	unsigned int level;
	u64 want;
	int err;

	if (!k->mode)
		return 0;
	for (level = k->mode->levels; level-- > k->leaf;) {
		if (is_pdpte(k, level))
			continue;
		want = k->entry[level] | PTE_ACCESSED;
		if (level == k->leaf && (access & AXV_X86_PFERR_WRITE))
			want |= PTE_DIRTY;
		if (want == k->entry[level])
			continue;
		err = axv_s2_cmpxchg(v->s2, k->at[level], k->entry[level], want, k->mode->bytes);
		if (err) {
			k->gpa = k->at[level];
			return err;
		}
	}
	return 0;
}

int axv_x86_walk(struct axv_vcpu *v, u64 gva, u32 access, struct axv_x86_walk *w)
{
	unsigned int tries;
	struct axv_x86_mode m;
	struct walker k;
	int err;

	axv_x86_get_mode(v, &m);
	for (tries = 0; tries < MAX_TRIES; tries++) {
		err = walk_tables(v, &m, gva, &k);
		if (!err)
			err = check_rights(v, &k, access, m.cpl);
		if (!err)
			err = set_marks(v, &k, access);
		if (err != -EAGAIN)
			break;
	}
	w->gpa = k.gpa;
	w->error = err == 1 ? fault_code(&k, access, m.cpl) : 0;
	w->page_size = k.mode && !err ? BIT_ULL(level_shift(&k, k.leaf)) : 0;
	w->prot = err ? 0 : table_rights(v, &k, m.cpl) & ~key_denies(v, &k, m.cpl);
	return err;
}

/* The accesses that @t->access asks for, as the page-fault code has them. */
static const struct {
	u32 prot;
	u32 access;
} tried[] = {
	{ AXVCPU_PROT_READ, 0 },
	{ AXVCPU_PROT_WRITE, AXV_X86_PFERR_WRITE },
	{ AXVCPU_PROT_EXEC, AXV_X86_PFERR_FETCH },
};

int axv_x86_translate(struct axv_vcpu *v, struct axvcpu_translate *t)
{
	struct axv_x86_mode m;
	struct walker k;
	unsigned int i;
	int err;

	axv_x86_get_mode(v, &m);
	t->gpa = 0;
	t->valid = 0;
	t->prot = 0;
	t->page_size = 0;
	t->fault = 0;

	err = walk_tables(v, &m, t->gva, &k);
	/* EFAULT is for the caller's own pointers. */
	if (err < 0)
		return err == -ENOMEM || err == -EINTR ? err : -ENXIO;
	if (!err) {
		t->gpa = k.gpa;
		t->prot = table_rights(v, &k, m.cpl) & ~key_denies(v, &k, m.cpl);
		t->page_size = k.mode ? BIT_ULL(level_shift(&k, k.leaf)) : 0;
	}
	for (i = 0; i < ARRAY_SIZE(tried); i++) {
		/* A walk that ends early fails for any access, or for none. */
		if (!(t->access & tried[i].prot) && !(err && !t->access))
			continue;
		if (err || check_rights(v, &k, tried[i].access, m.cpl)) {
			t->fault = fault_code(&k, tried[i].access, m.cpl);
			return 0;
		}
	}
	t->valid = 1;
	return 0;
}

/* ---- segments ---------------------------------------------------------------------------- */

#define TYPE_WRITE		BIT(1)	/* data: writable, code: readable */
#define TYPE_EXPAND_DOWN	BIT(2)	/* data */
#define TYPE_CODE		BIT(3)

static bool segment_allows(const struct axvcpu_x86_segment *s, bool write)
{
	if (!(s->attr & AXV_X86_ATTR_P))
		return false;
	if (s->attr & TYPE_CODE)
		return !write && (s->attr & TYPE_WRITE);
	return !write || (s->attr & TYPE_WRITE);
}

static bool within_limit(const struct axvcpu_x86_segment *s, u64 first, u64 last)
{
	bool down = !(s->attr & TYPE_CODE) && (s->attr & TYPE_EXPAND_DOWN);

	if (!down)
		return last <= s->limit;
	return first > s->limit && last <= (s->attr & AXV_X86_ATTR_DB ? U32_MAX : U16_MAX);
}

unsigned int axv_x86_check_linear(struct axv_vcpu *v, unsigned int seg, u64 off,
				  unsigned int len, bool write, u64 *gva)
{
	unsigned int fault = seg == AXVCPU_X86_SS ? AXV_X86_SS : AXV_X86_GP;
	struct axvcpu_x86_segment s;
	struct axv_x86_mode m;
	bool real;

	axv_x86_get_mode(v, &m);
	if (m.bits == 64) {
		if (seg >= AXVCPU_X86_FS) {
			axv_x86_get_segment(v, seg, &s);
			off += s.base;
		}
		if (!is_canonical(&m, off) || !is_canonical(&m, off + len - 1))
			return fault;
		*gva = off;
		return 0;
	}

	/* Real-mode and virtual-8086 segments have no rights, but limits. */
	axv_x86_get_segment(v, seg, &s);
	real = !(m.cr0 & X86_CR0_PE) || (v->arch.gpr.rflags & X86_EFLAGS_VM);
	if (!real && !segment_allows(&s, write))
		return fault;
	if (!within_limit(&s, off, off + len - 1))
		return fault;
	*gva = (u32)(s.base + off);
	return 0;
}

int axv_x86_linear(struct axv_vcpu *v, unsigned int seg, u64 off, unsigned int len,
		   bool write, u64 *gva)
{
	unsigned int vector = axv_x86_check_linear(v, seg, off, len, write, gva);

	if (!vector)
		return 0;
	axv_x86_queue_exception(v, vector, 0);
	return 1;
}

/* ---- accesses ------------------------------------------------------------------------------ */

/* The page after the one of @gva, as wide as linear addresses are now. */
static u64 next_page(struct axv_vcpu *v, u64 gva)
{
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	gva = (gva | ~PAGE_MASK) + 1;
	return m.long_mode ? gva : (u32)gva;
}

int axv_x86_span_walk(struct axv_vcpu *v, u64 gva, u32 len, u32 access,
		      struct axv_x86_span *s)
{
	u32 room = PAGE_SIZE - offset_in_page(gva);
	struct axv_x86_walk w;
	unsigned int i;
	int err;

	s->len[0] = min(len, room);
	s->len[1] = len - s->len[0];
	for (i = 0; i < 2 && s->len[i]; i++) {
		s->gva = i ? next_page(v, gva) : gva;
		err = axv_x86_walk(v, s->gva, access, &w);
		if (err == 1) {
			axv_x86_queue_pf(v, s->gva, w.error);
			return 1;
		}
		if (err) {
			s->gpa[0] = w.gpa;
			return err;
		}
		s->gpa[i] = w.gpa;
	}
	return 0;
}

int axv_x86_span_read(struct axv_vcpu *v, const struct axv_x86_span *s, void *buf, u64 *gpa)
{
	unsigned int i;
	int err;

	for (i = 0; i < 2 && s->len[i]; i++) {
		*gpa = s->gpa[i];
		err = axv_s2_read(v->s2, s->gpa[i], buf + (i ? s->len[0] : 0), s->len[i]);
		if (err)
			return err;
	}
	return 0;
}

int axv_x86_span_write(struct axv_vcpu *v, const struct axv_x86_span *s,
		       const void *buf, u64 *gpa)
{
	unsigned int i;
	int err;

	for (i = 0; i < 2 && s->len[i]; i++) {
		*gpa = s->gpa[i];
		err = axv_s2_write(v->s2, s->gpa[i], buf + (i ? s->len[0] : 0), s->len[i]);
		if (err)
			return err;
	}
	return 0;
}

enum axv_x86_backing axv_x86_span_backing(struct axv_vcpu *v, const struct axv_x86_span *s)
{
	u32 first = axv_s2_prot(v->s2, s->gpa[0]), second = first;

	if (s->len[1])
		second = axv_s2_prot(v->s2, s->gpa[1]);
	if (!first != !second)
		return AXV_X86_MIXED;
	if (!first)
		return s->len[1] && s->gpa[1] != s->gpa[0] + s->len[0] ? AXV_X86_MIXED :
									 AXV_X86_HOLE;
	return first & second & AXVCPU_PROT_WRITE ? AXV_X86_RAM : AXV_X86_READ_ONLY;
}

/* Walks page by page; 0, 1 with a #PF queued, -errno. */
static int access_gva(struct axv_vcpu *v, u64 gva, void *buf, unsigned int len,
		      u32 access, bool write)
{
	unsigned int chunk;
	struct axv_x86_walk w;
	int err;

	while (len) {
		chunk = min_t(unsigned int, len, PAGE_SIZE - offset_in_page(gva));
		err = axv_x86_walk(v, gva, access, &w);
		if (err == 1)
			axv_x86_queue_pf(v, gva, w.error);
		if (err)
			return err;
		err = write ? axv_s2_write(v->s2, w.gpa, buf, chunk) :
			      axv_s2_read(v->s2, w.gpa, buf, chunk);
		if (err)
			return err;
		buf += chunk;
		len -= chunk;
		if (len)
			gva = next_page(v, gva);
	}
	return 0;
}

int axv_x86_read_gva(struct axv_vcpu *v, u64 gva, void *buf, unsigned int len, u32 access)
{
	return access_gva(v, gva, buf, len, access, false);
}

int axv_x86_write_gva(struct axv_vcpu *v, u64 gva, const void *buf, unsigned int len)
{
	return access_gva(v, gva, (void *)buf, len, AXV_X86_PFERR_WRITE, true);
}

/**
 * axv_x86_peek_gpa() - translate, with what is at hand in a section
 * @v: the vCPU, in a section
 * @m: its mode
 * @gva: linear address that the CPU has just used: rights are not asked
 * @gpa: where that is
 *
 * Return: false where a table of the guest's is not at hand.
 */
bool axv_x86_peek_gpa(struct axv_vcpu *v, const struct axv_x86_mode *m, u64 gva, u64 *gpa)
{
	struct walker k = { .m = m, .mode = paging_mode(m) };
	unsigned int level;
	const void *at;
	u64 table;

	if (!k.mode) {
		*gpa = gva;
		return true;
	}
	table = root_table(&k);
	for (level = k.mode->levels - 1;; level--) {
		table += (gva >> level_shift(&k, level) & (BIT_ULL(k.mode->index_bits) - 1)) *
			 k.mode->bytes;
		at = axv_s2_peek(v, table, 1 + level);
		if (!at)
			return false;
		k.entry[level] = k.mode->bytes == 4 ? READ_ONCE(*(const u32 *)at) :
						      READ_ONCE(*(const u64 *)at);
		if (!(k.entry[level] & PTE_PRESENT))
			return false;
		if (is_leaf(&k, level))
			break;
		table = k.entry[level] & (k.mode == &paging_32 ? GENMASK_ULL(31, 12) :
								 GENMASK_ULL(51, 12));
	}
	k.leaf = level;
	*gpa = leaf_gpa(&k, gva);
	return true;
}

/**
 * axv_x86_peek_code() - where the kernel has the bytes at rip, without sleeping
 * @v: the vCPU, in a section, at an instruction the CPU has just fetched
 * @m: its mode
 * @len: how many are wanted
 *
 * Return: NULL where they are not at hand: axv_x86_fetch() is to be asked.
 */
const void *axv_x86_peek_code(struct axv_vcpu *v, const struct axv_x86_mode *m, unsigned int len)
{
	u64 *at = &v->arch.emul->quick_gpa;

	*at = v->arch.gpr.rip;
	if (m->bits != 64)
		*at = (u32)(*at + m->cs_base);
	if (offset_in_page(*at) > PAGE_SIZE - len)
		return NULL;
	if ((m->cr0 & X86_CR0_PG) && !axv_x86_peek_gpa(v, m, *at, at))
		return NULL;
	return axv_s2_peek(v, *at, 0);
}

int axv_x86_fetch(struct axv_vcpu *v, u8 *buf)
{
	unsigned int room, n = AXV_X86_INSN_MAX;
	struct axv_x86_walk w;
	struct axv_x86_mode m;
	u64 gva = v->arch.gpr.rip;
	int err;

	axv_x86_get_mode(v, &m);
	if (m.bits != 64)
		gva = (u32)(gva + m.cs_base);
	room = PAGE_SIZE - offset_in_page(gva);
	err = axv_x86_read_gva(v, gva, buf, min(n, room), AXV_X86_PFERR_FETCH);
	if (err)
		return err == 1 ? 0 : err;
	if (room >= n)
		return n;
	/* The instruction may well end before the page does. */
	if (axv_x86_walk(v, next_page(v, gva), AXV_X86_PFERR_FETCH, &w) ||
	    axv_s2_read(v->s2, w.gpa, buf + room, n - room))
		return room;
	return n;
}
