// SPDX-License-Identifier: GPL-2.0
/*
 * Pools of small coherent blocks.
 *
 * The kernel's own pools keep their links in the blocks, where the driver could
 * write them.  These keep all they know on the kernel's side.  Their memory is
 * coherent memory of the domain (dma.c), tracked by itself; a pool grows where
 * its caller may sleep and starts with one piece, so that interrupt handlers
 * find some.
 */
#include <linux/bitmap.h>
#include <linux/dmapool.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include "nooks_pci.gen.h"

struct piece {
	struct list_head link;
	void *addr;
	dma_addr_t dma;
	unsigned long used[];		/* a bit per block */
};

struct pool {
	struct device *dev;
	size_t step;			/* from one block to the next */
	size_t bytes;			/* of a piece */
	unsigned int blocks;		/* of a piece */
	struct list_head pieces;
};

/* All pools: a pool is only looked at, and goes, under this lock. */
static DEFINE_RAW_SPINLOCK(pools_lock);

static struct pool *find(struct nooks_frame *f, struct dma_pool *key)
{
	if (!nooks_object_find(f->domain, &nooks_type_dma_pool, (unsigned long)key))
		return NULL;
	return (struct pool *)key;
}

/* One more piece, not in the pool yet. */
static struct piece *piece_new(struct nooks_frame *f, const struct pool *p, gfp_t gfp)
{
	struct piece *c = kzalloc(struct_size(c, used, BITS_TO_LONGS(p->blocks)), GFP_KERNEL);

	if (!c)
		return NULL;
	c->addr = nooks_dma_alloc(f, p->dev, p->bytes, &c->dma, gfp, 0);
	if (c->addr)
		return c;
	kfree(c);
	return NULL;
}

static void piece_free(struct nooks_frame *f, const struct pool *p, struct piece *c)
{
	nooks_dma_free(f, p->dev, p->bytes, c->addr, c->dma, 0);
	kfree(c);
}

struct dma_pool *nooks_dma_pool_create(struct nooks_frame *f, const char *name,
				       struct device *dev, size_t size, size_t align,
				       size_t boundary)
{
	struct pool *p;
	struct piece *c;

	if (align & (align - 1) || boundary & (boundary - 1) || (boundary && boundary < size)) {
		nooks_refuse(f, 4, "alignment %zu, boundary %zu for blocks of %zu bytes", align,
			     boundary, size);
		return NULL;
	}
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return NULL;
	p->dev = dev;
	p->step = ALIGN(max_t(size_t, size, 8), max_t(size_t, align, 8));
	/* A power of two divides, and is not divided by, any boundary. */
	if (boundary)
		p->step = roundup_pow_of_two(p->step);
	p->bytes = max_t(size_t, PAGE_SIZE, p->step);
	p->blocks = p->bytes / p->step;
	INIT_LIST_HEAD(&p->pieces);
	c = piece_new(f, p, GFP_KERNEL);
	if (!c) {
		kfree(p);
		return NULL;
	}
	list_add(&c->link, &p->pieces);
	return (struct dma_pool *)p;
}

static void *take_block(struct pool *p, dma_addr_t *handle)
{
	struct piece *c;
	unsigned int i;

	list_for_each_entry(c, &p->pieces, link) {
		i = find_first_zero_bit(c->used, p->blocks);
		if (i == p->blocks)
			continue;
		__set_bit(i, c->used);
		*handle = c->dma + i * p->step;
		return c->addr + i * p->step;
	}
	return NULL;
}

void *nooks_dma_pool_alloc(struct nooks_frame *f, struct dma_pool *key, gfp_t gfp,
			   dma_addr_t *handle)
{
	struct piece *c = NULL;
	struct pool *p, copy = {};
	unsigned long irq;
	void *block;

	for (;;) {
		raw_spin_lock_irqsave(&pools_lock, irq);
		p = find(f, key);
		if (p && c) {
			list_add(&c->link, &p->pieces);
			c = NULL;
		}
		block = p ? take_block(p, handle) : NULL;
		if (p)
			copy = *p;
		raw_spin_unlock_irqrestore(&pools_lock, irq);
		if (block || !p || !gfpflags_allow_blocking(gfp) || in_atomic() ||
		    irqs_disabled())
			break;
		c = piece_new(f, &copy, GFP_KERNEL);
		if (!c)
			break;
	}
	if (c)		/* destroyed by another thread meanwhile */
		piece_free(f, &copy, c);
	/* The whole step is the block's, as dma_pool_zalloc() has it. */
	if (block && (gfp & __GFP_ZERO))
		memset(block, 0, copy.step);
	return block;
}

void nooks_dma_pool_free(struct nooks_frame *f, struct dma_pool *key, void *addr, dma_addr_t dma)
{
	bool freed = false;
	struct piece *c;
	struct pool *p;
	unsigned long irq;
	size_t offset;

	raw_spin_lock_irqsave(&pools_lock, irq);
	p = find(f, key);
	if (p) {
		list_for_each_entry(c, &p->pieces, link) {
			offset = addr - c->addr;
			if (offset >= p->blocks * p->step)
				continue;
			freed = !(offset % p->step) && c->dma + offset == dma &&
				__test_and_clear_bit(offset / p->step, c->used);
			break;
		}
	}
	raw_spin_unlock_irqrestore(&pools_lock, irq);
	if (!freed)
		nooks_refuse(f, 2, "%px is no block of the pool in use", addr);
}

/* Pieces with blocks in use stay the driver's, and tracked, as the kernel does it. */
void nooks_dma_pool_destroy(struct nooks_frame *f, struct dma_pool *key)
{
	struct nooks_object *o = NULL;
	struct piece *c, *next;
	struct pool *p;
	unsigned long irq;

	if (!key)
		return;
	raw_spin_lock_irqsave(&pools_lock, irq);
	p = find(f, key);
	if (p)
		o = nooks_object_take(f->domain, &nooks_type_dma_pool, (unsigned long)key);
	raw_spin_unlock_irqrestore(&pools_lock, irq);
	if (!o)
		return;
	list_for_each_entry_safe(c, next, &p->pieces, link) {
		if (bitmap_empty(c->used, p->blocks))
			piece_free(f, p, c);
		else
			kfree(c);
	}
	kfree(p);
	nooks_object_free(o);
}

/* The pieces' memory is tracked by itself and was released before. */
void nooks_dma_pool_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct pool *p = (struct pool *)o->key;
	struct piece *c, *next;

	list_for_each_entry_safe(c, next, &p->pieces, link)
		kfree(c);
	kfree(p);
}
