// SPDX-License-Identifier: GPL-2.0
/*
 * The object tracker: what a domain holds.
 *
 * Each object is in up to three places of its domain, all under domain->lock:
 * a hash by (type, key), the list in order of acquisition, and, if it has
 * memory, an interval tree by address.  Ranges may nest and overlap.
 */
#include <linux/module.h>
#include <linux/hash.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/interval_tree_generic.h>
#include "internal.h"

/* Longest chain of embedded parts and links that is followed. */
#define PART_DEPTH 4

const struct nooks_type nooks_type_memory = {
	.name = "memory", .source = "runtime/heap.c", .rights = NOOKS_RIGHTS_ALL,
};
EXPORT_SYMBOL_GPL(nooks_type_memory);

const struct nooks_type nooks_type_lent = {
	.name = "lent bytes", .source = "runtime/object.c", .rights = NOOKS_RIGHTS_ALL,
};
EXPORT_SYMBOL_GPL(nooks_type_lent);

const struct nooks_type nooks_type_private = {
	.name = "private area", .source = "runtime/object.c", .rights = NOOKS_RIGHTS_ALL,
};
EXPORT_SYMBOL_GPL(nooks_type_private);

const struct nooks_type nooks_type_string = {
	.name = "string", .source = "runtime/strings.c", .rights = NOOKS_RIGHTS_NONE,
};
EXPORT_SYMBOL_GPL(nooks_type_string);

#define START(o) ((o)->key)
#define LAST(o) ((o)->key + (o)->size - 1)
INTERVAL_TREE_DEFINE(struct nooks_object, by_addr, unsigned long, subtree_last,
		     START, LAST, static, range)

static struct kmem_cache *cache;
struct srcu_struct nooks_srcu;		/* readers: downcalls */

int nooks_objects_init(void)
{
	int err = init_srcu_struct(&nooks_srcu);

	if (err)
		return err;
	cache = kmem_cache_create("nooks_object", sizeof(struct nooks_object), 0, 0, NULL);
	if (cache)
		return 0;
	cleanup_srcu_struct(&nooks_srcu);
	return -ENOMEM;
}

void nooks_objects_exit(void)
{
	srcu_barrier(&nooks_srcu);
	cleanup_srcu_struct(&nooks_srcu);
	kmem_cache_destroy(cache);
}

/* Callers of the two hold domain->lock. */
struct nooks_object *nooks_range_first(struct nooks_domain *d, unsigned long first,
				       unsigned long last)
{
	return range_iter_first(&d->ranges, first, last);
}

struct nooks_object *nooks_range_next(struct nooks_object *o, unsigned long first,
				      unsigned long last)
{
	return range_iter_next(o, first, last);
}

static unsigned long hash_of(const struct nooks_type *type, unsigned long key)
{
	return key ^ ((unsigned long)type >> 3);
}

static struct nooks_object *find(struct nooks_domain *d, const struct nooks_type *type,
				 unsigned long key)
{
	struct nooks_object *o;

	hash_for_each_possible(d->by_key, o, by_key, hash_of(type, key))
		if (o->type == type && o->key == key)
			return o;
	return NULL;
}

/* Does the type, or a part of it, have link fields? */
static bool has_links(const struct nooks_type *type, int depth)
{
	const struct nooks_part *p;

	if (depth == PART_DEPTH)
		return false;
	for (p = type->parts; p < type->parts + type->nparts; p++)
		if (p->link || has_links(p->type, depth + 1))
			return true;
	return false;
}

static void attach(struct nooks_domain *d, struct nooks_object *o)
{
	o->serial = ++d->serial;
	d->nobjects++;
	hash_add(d->by_key, &o->by_key, hash_of(o->type, o->key));
	list_add_tail(&o->order, &d->objects);
	if (o->size)
		range_insert(o, &d->ranges);
	if (o->type->size && o->size >= o->type->size && has_links(o->type, 0))
		list_add_tail(&o->linker, &d->linkers);
	else
		INIT_LIST_HEAD(&o->linker);
}

static void detach(struct nooks_domain *d, struct nooks_object *o)
{
	hash_del(&o->by_key);
	list_del(&o->order);
	list_del_init(&o->linker);
	if (o->size)
		range_remove(o, &d->ranges);
	d->nobjects--;
}

/* Bytes whose end wraps round are nobody's object. */
static bool wraps(unsigned long key, size_t size)
{
	return size && key + size - 1 < key;
}

/*
 * nooks_object_add() with a twin, which is there from the moment the object
 * can be found.
 */
struct nooks_object *nooks_object_add_twin(struct nooks_domain *d, const struct nooks_type *type,
					   unsigned long key, size_t size, u32 flags,
					   const char *source, gfp_t gfp, void *twin)
{
	struct nooks_object *o, *old;
	unsigned long irq;

	if (wraps(key, size))
		return NULL;
	o = kmem_cache_zalloc(cache, gfp);
	if (!o)
		return NULL;
	o->type = type;
	o->domain = d;
	o->key = key;
	o->size = size;
	o->flags = flags;
	o->lends = flags & NOOKS_OBJ_LENT ? 1 : 0;
	o->source = source;
	o->twin = twin;

	raw_spin_lock_irqsave(&d->lock, irq);
	old = find(d, type, key);
	if (!old) {
		attach(d, o);
		raw_spin_unlock_irqrestore(&d->lock, irq);
		return o;
	}
	if ((old->flags & NOOKS_OBJ_LENT) && !(flags & NOOKS_OBJ_LENT)) {
		detach(d, old);
		old->flags = flags;
		old->size = size;
		old->source = source;
		old->twin = twin;
		attach(d, old);
	} else {
		old = NULL;
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);
	kmem_cache_free(cache, o);
	return old;
}

/**
 * nooks_object_add() - start tracking an object
 * @d: the domain that holds it from now on
 * @type: what it is
 * @key: its address, or a number
 * @size: bytes of memory at @key; a multiple of @type's size for an array; 0: none
 * @flags: NOOKS_OBJ_*
 * @source: IDL line that made it the domain's; static string
 * @gfp: how memory for the descriptor may be got
 *
 * An object that was merely lent becomes the domain's own: the descriptor is
 * the same, the loans go on being counted.
 *
 * Return: the object, or NULL if memory is short or it is held already.
 */
struct nooks_object *nooks_object_add(struct nooks_domain *d, const struct nooks_type *type,
				      unsigned long key, size_t size, u32 flags,
				      const char *source, gfp_t gfp)
{
	return nooks_object_add_twin(d, type, key, size, flags, source, gfp, NULL);
}
EXPORT_SYMBOL_GPL(nooks_object_add);

struct nooks_object *nooks_object_find(struct nooks_domain *d, const struct nooks_type *type,
				       unsigned long key)
{
	struct nooks_object *o;
	unsigned long irq;

	raw_spin_lock_irqsave(&d->lock, irq);
	o = find(d, type, key);
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return o;
}
EXPORT_SYMBOL_GPL(nooks_object_find);

/**
 * nooks_object_take() - stop tracking an object and own its descriptor
 * @d: domain
 * @type: its type
 * @key: its key
 *
 * Whoever takes an object releases it; of several CPUs trying, one succeeds.
 * An object that is only lent cannot be taken: it is not the domain's.
 *
 * Return: the descriptor, to be given to nooks_object_free(), or NULL.
 */
struct nooks_object *nooks_object_take(struct nooks_domain *d, const struct nooks_type *type,
				       unsigned long key)
{
	struct nooks_object *o;
	unsigned long irq;

	raw_spin_lock_irqsave(&d->lock, irq);
	o = find(d, type, key);
	if (o && (o->flags & NOOKS_OBJ_LENT))
		o = NULL;
	if (o)
		detach(d, o);
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return o;
}
EXPORT_SYMBOL_GPL(nooks_object_take);

void nooks_object_free_now(struct nooks_object *o)
{
	if (!o)
		return;
	nooks_twin_dispose(o);
	kmem_cache_free(cache, o);
}
EXPORT_SYMBOL_GPL(nooks_object_free_now);

static void free_later(struct rcu_head *rcu)
{
	nooks_object_free_now(container_of(rcu, struct nooks_object, rcu));
}

void nooks_object_free(struct nooks_object *o)
{
	if (o)
		call_srcu(&nooks_srcu, &o->rcu, free_later);
}
EXPORT_SYMBOL_GPL(nooks_object_free);

bool nooks_object_drop(struct nooks_domain *d, const struct nooks_type *type, unsigned long key)
{
	struct nooks_object *o = nooks_object_take(d, type, key);

	nooks_object_free(o);
	return o;
}
EXPORT_SYMBOL_GPL(nooks_object_drop);

/* Take the newest object of all, lent ones included; NULL when none is left. */
struct nooks_object *nooks_object_pop(struct nooks_domain *d)
{
	struct nooks_object *o = NULL;
	unsigned long irq;

	raw_spin_lock_irqsave(&d->lock, irq);
	if (!list_empty(&d->objects)) {
		o = list_last_entry(&d->objects, struct nooks_object, order);
		detach(d, o);
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return o;
}

void nooks_object_phase(struct nooks_object *o, u32 phase)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&o->domain->lock, irq);
	o->phase |= phase;
	raw_spin_unlock_irqrestore(&o->domain->lock, irq);
}
EXPORT_SYMBOL_GPL(nooks_object_phase);

/**
 * nooks_object_lend() - track an object that the kernel passed in for one call
 * @d: borrower
 * @type: what it is
 * @addr: where
 * @size: how many bytes
 * @source: IDL line
 *
 * Every successful call needs one nooks_object_unlend().  Calls that overlap
 * in time share one descriptor; the largest size counts until the last returns.
 *
 * Return: 0, -ENOMEM, or -EINVAL if the bytes wrap round.
 */
int nooks_object_lend(struct nooks_domain *d, const struct nooks_type *type,
		      const void *addr, size_t size, const char *source)
{
	unsigned long key = (unsigned long)addr, irq;
	struct nooks_object *o, *old;

	if (wraps(key, size))
		return -EINVAL;
	raw_spin_lock_irqsave(&d->lock, irq);
	old = find(d, type, key);
	if (old && !((old->flags & NOOKS_OBJ_LENT) && old->size < size)) {
		old->lends++;
		raw_spin_unlock_irqrestore(&d->lock, irq);
		return 0;
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);

	o = kmem_cache_zalloc(cache, GFP_ATOMIC);
	if (!o)
		return -ENOMEM;
	o->type = type;
	o->domain = d;
	o->key = key;
	o->size = size;
	o->flags = NOOKS_OBJ_LENT;
	o->lends = 1;
	o->source = source;

	raw_spin_lock_irqsave(&d->lock, irq);
	old = find(d, type, key);
	if (!old) {
		attach(d, o);
		o = NULL;
	} else {
		if ((old->flags & NOOKS_OBJ_LENT) && old->size < size) {
			if (old->size)
				range_remove(old, &d->ranges);
			old->size = size;
			range_insert(old, &d->ranges);
		}
		old->lends++;
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);
	nooks_object_free_now(o);
	return 0;
}
EXPORT_SYMBOL_GPL(nooks_object_lend);

void nooks_object_unlend(struct nooks_domain *d, const struct nooks_type *type, const void *addr)
{
	struct nooks_object *o;
	unsigned long irq;

	raw_spin_lock_irqsave(&d->lock, irq);
	o = find(d, type, (unsigned long)addr);
	if (o && o->lends)
		o->lends--;
	if (o && (o->flags & NOOKS_OBJ_LENT) && !o->lends)
		detach(d, o);
	else
		o = NULL;
	raw_spin_unlock_irqrestore(&d->lock, irq);
	nooks_object_free_now(o);
}
EXPORT_SYMBOL_GPL(nooks_object_unlend);

/* Caller holds domain->lock. */
static struct nooks_object *covering(struct nooks_domain *d, const struct nooks_type *type,
				     unsigned long addr, size_t n)
{
	unsigned long last = addr + (n ? n - 1 : 0);
	struct nooks_object *o, *best = NULL;

	if (last < addr)
		return NULL;
	for (o = range_iter_first(&d->ranges, addr, addr); o;
	     o = range_iter_next(o, addr, addr)) {
		if (LAST(o) < last || (type && o->type != type))
			continue;
		if (!best || o->size < best->size)
			best = o;
	}
	return best;
}

struct nooks_object *nooks_object_covering(struct nooks_domain *d, const struct nooks_type *type,
					   unsigned long addr, size_t n)
{
	struct nooks_object *o;
	unsigned long irq;

	raw_spin_lock_irqsave(&d->lock, irq);
	o = covering(d, type, addr, n);
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return o;
}
EXPORT_SYMBOL_GPL(nooks_object_covering);

/* Is @addr a part of type @want at its place within @type at @base? */
static bool part_at(const struct nooks_type *type, unsigned long base,
		    const struct nooks_type *want, unsigned long addr, int depth)
{
	const struct nooks_part *p;

	if (depth == PART_DEPTH)
		return false;
	for (p = type->parts; p < type->parts + type->nparts; p++) {
		if (p->link)
			continue;
		if (p->type == want && base + p->offset == addr)
			return true;
		if (addr - (base + p->offset) < p->type->size &&
		    part_at(p->type, base + p->offset, want, addr, depth + 1))
			return true;
	}
	return false;
}

/*
 * Does a link field of the object at @base, or of a part of it, hold @addr?
 * Links are read from the kernel's object, whose memory is there as long as it
 * is tracked; they are not followed any further.
 */
static bool linked(const struct nooks_type *type, unsigned long base,
		   const struct nooks_type *want, unsigned long addr, int depth)
{
	const struct nooks_part *p;

	if (depth == PART_DEPTH)
		return false;
	for (p = type->parts; p < type->parts + type->nparts; p++) {
		if (!p->link) {
			if (linked(p->type, base + p->offset, want, addr, depth + 1))
				return true;
		} else if (p->type == want &&
			   READ_ONCE(*(unsigned long *)(base + p->offset)) == addr) {
			return true;
		}
	}
	return false;
}

/* The element of an array of objects that @addr lies in. */
static unsigned long element(const struct nooks_object *o, unsigned long addr)
{
	return o->type->size ? o->key + (addr - o->key) / o->type->size * o->type->size : o->key;
}

/**
 * nooks_object_is() - is @addr a tracked object of a type?
 * @d: domain
 * @type: the type wanted
 * @addr: what the driver passed
 *
 * Yes for an object of the type, an element of an array of them, an embedded
 * part at its place in a tracked object, and what a link field of a tracked
 * object points to.
 */
bool nooks_object_is(struct nooks_domain *d, const struct nooks_type *type, unsigned long addr)
{
	struct nooks_object *o;
	unsigned long irq;
	bool is;

	raw_spin_lock_irqsave(&d->lock, irq);
	is = find(d, type, addr);
	for (o = range_iter_first(&d->ranges, addr, addr); o && !is;
	     o = range_iter_next(o, addr, addr))
		is = (o->type == type && element(o, addr) == addr) ||
		     part_at(o->type, element(o, addr), type, addr, 0);
	if (!is) {
		list_for_each_entry(o, &d->linkers, linker) {
			unsigned long e;

			for (e = o->key; e - o->key <= o->size - o->type->size && !is;
			     e += o->type->size)
				is = linked(o->type, e, type, addr, 0);
			if (is)
				break;
		}
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return is;
}
EXPORT_SYMBOL_GPL(nooks_object_is);

int nooks_object_each(struct nooks_domain *d, const struct nooks_type *type,
		      int (*fn)(void *arg, struct nooks_object *o), void *arg)
{
	struct nooks_object *o;
	unsigned long irq;
	int r = 0;

	raw_spin_lock_irqsave(&d->lock, irq);
	list_for_each_entry_reverse(o, &d->objects, order) {
		if (type && o->type != type)
			continue;
		r = fn(arg, o);
		if (r)
			break;
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return r;
}
EXPORT_SYMBOL_GPL(nooks_object_each);

static bool flagged_in(struct nooks_domain *d, unsigned long addr, size_t n, u32 flags,
		       const char **what)
{
	struct nooks_object *o;
	unsigned long irq;
	bool found = false;

	if (!n)
		return false;
	raw_spin_lock_irqsave(&d->lock, irq);
	for (o = range_iter_first(&d->ranges, addr, addr + n - 1); o && !found;
	     o = range_iter_next(o, addr, addr + n - 1)) {
		if (!(o->flags & flags))
			continue;
		*what = o->type->name;
		found = true;
	}
	raw_spin_unlock_irqrestore(&d->lock, irq);
	return found;
}

bool nooks_object_seized_in(struct nooks_domain *d, unsigned long addr, size_t n)
{
	const char *what;

	return flagged_in(d, addr, n, NOOKS_OBJ_SEIZED, &what);
}

/*
 * Does [addr, addr + n) contain something the kernel still uses: a twinned
 * structure, or a seized one?  Then it must not be freed.
 */
bool nooks_object_pinned_in(struct nooks_domain *d, unsigned long addr, size_t n,
			    const char **what)
{
	return flagged_in(d, addr, n, NOOKS_OBJ_TWIN | NOOKS_OBJ_SEIZED, what);
}
