// SPDX-License-Identifier: GPL-2.0
/*
 * The heap of a domain: everything its driver gets from kmalloc and its kind.
 *
 * Chunks of 4 MiB of the direct map (below 4 GiB where there is such memory, so
 * that every device can reach them), naturally aligned and owned as a whole, so
 * that they are writable in the domain at the PMD level.  All bookkeeping is on the
 * kernel side: nothing that the driver writes can confuse the allocator.
 *
 * A page of a chunk is free, a slab of objects of one size class, or part of a
 * run of pages that is one allocation.  Small sizes round up to a class, others
 * to pages; power-of-two sizes are naturally aligned, as kmalloc() promises.
 * What was freed is remembered until the memory is used again, so that a
 * double free is told from a wild one.
 */
#include <linux/module.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include "internal.h"

static unsigned int heap_mb = 64;
module_param(heap_mb, uint, 0644);
MODULE_PARM_DESC(heap_mb, "most MiB of heap per domain");

#define CHUNK_ORDER	10
#define CHUNK_PAGES	(1U << CHUNK_ORDER)
#define CHUNK_BYTES	(PAGE_SIZE << CHUNK_ORDER)
#define MAX_CHUNKS	256
#define LOW_PAGES	(CHUNK_PAGES / 4)	/* grow in the background below this */
#define MAX_SLOTS	(PAGE_SIZE / 32)

static const u16 class_size[] = { 32, 64, 96, 128, 192, 256, 512, 1024, 2048 };
#define NR_CLASSES ARRAY_SIZE(class_size)

enum page_kind {
	PAGE_FREE,
	PAGE_SLAB,
	PAGE_RUN,	/* first page of an allocation of @run pages */
	PAGE_TAIL,	/* another page of it */
	PAGE_CARVED,	/* first page of a carved-out area */
};

struct heap_page {
	u8 kind;
	u8 class;
	u8 was_run;		/* free, and was the start of an allocation */
	u16 used;		/* slots in use */
	u32 run;		/* PAGE_RUN: pages; PAGE_TAIL: distance to the first */
	struct heap_chunk *chunk;
	DECLARE_BITMAP(busy, MAX_SLOTS);
	DECLARE_BITMAP(ever, MAX_SLOTS);	/* slots that were used at least once */
	struct list_head partial;		/* in heap->partial[class] if slots are free */
};

struct heap_chunk {
	struct list_head link;
	unsigned long addr;
	DECLARE_BITMAP(busy, CHUNK_PAGES);
	struct heap_page page[CHUNK_PAGES];
};

struct nooks_heap {
	raw_spinlock_t lock;
	struct list_head chunks;
	struct heap_chunk *by_nr[MAX_CHUNKS];
	struct list_head partial[NR_CLASSES];
	u32 nchunks;
	u32 free_pages;
	u32 allocations;
	u32 failures;
	u64 used, peak;
	struct mutex grow_mutex;
	struct work_struct grow;
	struct nooks_domain *domain;
	bool closing;
};

static struct heap_chunk *chunk_of(struct nooks_heap *h, unsigned long addr)
{
	u32 i;

	for (i = 0; i < READ_ONCE(h->nchunks); i++)
		if (addr - h->by_nr[i]->addr < CHUNK_BYTES)
			return h->by_nr[i];
	return NULL;
}

/* One more chunk; process context. */
static int grow(struct nooks_heap *h)
{
	struct nooks_domain *d = h->domain;
	struct heap_chunk *c;
	struct page *pages;
	unsigned long irq;
	u32 i;
	int err = -ENOMEM;

	mutex_lock(&h->grow_mutex);
	if (h->closing || h->nchunks == MAX_CHUNKS ||
	    (u64)(h->nchunks + 1) * CHUNK_BYTES > (u64)READ_ONCE(heap_mb) << 20)
		goto out;
	c = kvzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		goto out;
	pages = alloc_pages(GFP_KERNEL | __GFP_DMA32 | __GFP_ZERO | __GFP_NOWARN, CHUNK_ORDER);
	if (!pages)
		pages = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, CHUNK_ORDER);
	if (!pages)
		goto free;
	c->addr = (unsigned long)page_address(pages);
	for (i = 0; i < CHUNK_PAGES; i++) {
		INIT_LIST_HEAD(&c->page[i].partial);
		c->page[i].chunk = c;
	}
	err = nooks_own_region(d, c->addr, CHUNK_BYTES, "heap", "runtime/heap.c");
	if (err)
		goto pages;

	raw_spin_lock_irqsave(&h->lock, irq);
	list_add_tail(&c->link, &h->chunks);
	h->by_nr[h->nchunks] = c;
	smp_store_release(&h->nchunks, h->nchunks + 1);
	h->free_pages += CHUNK_PAGES;
	raw_spin_unlock_irqrestore(&h->lock, irq);
	mutex_unlock(&h->grow_mutex);
	nooks_event(d, NOOKS_EVENT_CHUNK, c->addr, CHUNK_BYTES);
	return 0;

pages:
	__free_pages(pages, CHUNK_ORDER);
free:
	kvfree(c);
out:
	mutex_unlock(&h->grow_mutex);
	return err;
}

static void grow_work(struct work_struct *w)
{
	grow(container_of(w, struct nooks_heap, grow));
}

/* A run of free pages, naturally aligned; heap->lock held.  NULL: no room. */
static struct heap_chunk *take_pages(struct nooks_heap *h, u32 n, u32 *first)
{
	u32 align = roundup_pow_of_two(n) - 1, i;
	struct heap_chunk *c;
	unsigned long at;

	list_for_each_entry(c, &h->chunks, link) {
		at = bitmap_find_next_zero_area(c->busy, CHUNK_PAGES, 0, n, align);
		if (at >= CHUNK_PAGES)
			continue;
		bitmap_set(c->busy, at, n);
		h->free_pages -= n;
		for (i = 0; i < n; i++)
			c->page[at + i].was_run = 0;
		*first = at;
		return c;
	}
	return NULL;
}

static void give_pages(struct nooks_heap *h, struct heap_chunk *c, u32 first, u32 n)
{
	u32 i;

	bitmap_clear(c->busy, first, n);
	h->free_pages += n;
	for (i = 0; i < n; i++)
		c->page[first + i].kind = PAGE_FREE;
}

static unsigned long page_addr(const struct heap_page *p)
{
	return p->chunk->addr + (p - p->chunk->page) * PAGE_SIZE;
}

static unsigned long alloc_small(struct nooks_heap *h, u32 class)
{
	u32 size = class_size[class], slots = PAGE_SIZE / size, at, i;
	struct heap_chunk *c;
	struct heap_page *p;

	p = list_first_entry_or_null(&h->partial[class], struct heap_page, partial);
	if (!p) {
		c = take_pages(h, 1, &at);
		if (!c)
			return 0;
		p = &c->page[at];
		p->kind = PAGE_SLAB;
		p->class = class;
		p->used = 0;
		bitmap_zero(p->busy, MAX_SLOTS);
		bitmap_zero(p->ever, MAX_SLOTS);
		list_add(&p->partial, &h->partial[class]);
	}
	i = find_first_zero_bit(p->busy, slots);
	__set_bit(i, p->busy);
	__set_bit(i, p->ever);
	if (++p->used == slots)
		list_del_init(&p->partial);
	h->used += size;
	return page_addr(p) + i * size;
}

static unsigned long alloc_run(struct nooks_heap *h, u32 pages, enum page_kind kind)
{
	struct heap_chunk *c;
	u32 at, i;

	c = take_pages(h, pages, &at);
	if (!c)
		return 0;
	c->page[at].kind = kind;
	c->page[at].run = pages;
	for (i = 1; i < pages; i++) {
		c->page[at + i].kind = PAGE_TAIL;
		c->page[at + i].run = i;
	}
	if (kind == PAGE_RUN)
		h->used += pages * PAGE_SIZE;
	return page_addr(&c->page[at]);
}

static int class_for(size_t n)
{
	int i;

	for (i = 0; i < NR_CLASSES; i++)
		if (n <= class_size[i])
			return i;
	return -1;
}

static unsigned long alloc_locked(struct nooks_heap *h, size_t n)
{
	int class = class_for(n);
	unsigned long p;

	if (class >= 0)
		p = alloc_small(h, class);
	else
		p = alloc_run(h, DIV_ROUND_UP(n, PAGE_SIZE), PAGE_RUN);
	if (p) {
		h->allocations++;
		h->peak = max(h->peak, h->used);
	}
	return p;
}

/**
 * nooks_alloc() - allocate in a domain's heap
 * @d: domain
 * @n: bytes; more than a chunk (4 MiB) fails
 * @gfp: GFP_KERNEL lets the heap grow at once; __GFP_ZERO zeroes
 * @source: who asks, static string
 *
 * Return: the memory; NULL if the limit or the machine's memory is reached.
 */
void *nooks_alloc(struct nooks_domain *d, size_t n, gfp_t gfp, const char *source)
{
	bool may_grow = gfpflags_allow_blocking(gfp) && !in_atomic() && !irqs_disabled();
	struct nooks_heap *h = d->heap;
	unsigned long irq, p = 0;
	bool low;

	while (n <= CHUNK_BYTES) {
		raw_spin_lock_irqsave(&h->lock, irq);
		p = alloc_locked(h, n);
		low = h->free_pages < LOW_PAGES;
		raw_spin_unlock_irqrestore(&h->lock, irq);
		if (low && !may_grow)
			queue_work(system_unbound_wq, &h->grow);
		if (p || !may_grow || grow(h))
			break;
	}
	if (!p) {
		WRITE_ONCE(h->failures, h->failures + 1);
		return NULL;
	}
	if (gfp & __GFP_ZERO)
		memset((void *)p, 0, n);
	return (void *)p;
}
EXPORT_SYMBOL_GPL(nooks_alloc);

/* The allocation that contains @addr; heap->lock held. */
static struct heap_page *lookup(struct nooks_heap *h, unsigned long addr, unsigned long *base,
				size_t *size, u32 *slot)
{
	struct heap_chunk *c = chunk_of(h, addr);
	struct heap_page *p;

	if (!c)
		return NULL;
	p = &c->page[(addr - c->addr) / PAGE_SIZE];
	if (p->kind == PAGE_TAIL)
		p -= p->run;
	*base = page_addr(p);
	*slot = 0;
	switch (p->kind) {
	case PAGE_SLAB:
		*size = class_size[p->class];
		*slot = (addr - *base) / *size;
		*base += *slot * *size;
		return *slot < PAGE_SIZE / *size ? p : NULL;
	case PAGE_RUN:
		*size = p->run * PAGE_SIZE;
		return p;
	default:
		return NULL;
	}
}

/* Why is @addr nothing that can be freed?  heap->lock held. */
static const char *why_not(struct nooks_heap *h, unsigned long addr)
{
	struct heap_chunk *c = chunk_of(h, addr);
	struct heap_page *p;

	if (!c)
		return "not memory of the driver's heap";
	p = &c->page[(addr - c->addr) / PAGE_SIZE];
	if (p->kind == PAGE_FREE && p->was_run && !(addr & ~PAGE_MASK))
		return "freed already";
	if (p->kind == PAGE_FREE)
		return "not allocated";
	return "not the start of an allocation";
}

bool nooks_free_why(struct nooks_domain *d, const void *ptr, const char **why)
{
	unsigned long addr = (unsigned long)ptr, base, irq;
	struct nooks_heap *h = d->heap;
	struct heap_page *p;
	const char *what;
	size_t size;
	u32 slot;

	raw_spin_lock_irqsave(&h->lock, irq);
	p = lookup(h, addr, &base, &size, &slot);
	*why = NULL;
	if (!p)
		*why = why_not(h, addr);
	else if (p->kind == PAGE_SLAB && !test_bit(slot, p->busy))
		*why = test_bit(slot, p->ever) ? "freed already" : "not allocated";
	else if (base != addr)
		*why = "not the start of an allocation";
	else if (nooks_object_pinned_in(d, base, size, &what))
		*why = "it contains a structure that the kernel still uses";
	if (*why)
		goto out;

	h->allocations--;
	h->used -= size;
	if (p->kind == PAGE_RUN) {
		p->was_run = 1;
		give_pages(h, p->chunk, p - p->chunk->page, p->run);
		goto out;
	}
	__clear_bit(slot, p->busy);
	if (--p->used + 1 == PAGE_SIZE / size)
		list_add(&p->partial, &h->partial[p->class]);
	/* Keep one empty slab per class: a driver in balance never comes here. */
	if (!p->used && !list_is_singular(&h->partial[p->class])) {
		list_del_init(&p->partial);
		give_pages(h, p->chunk, p - p->chunk->page, 1);
	}
out:
	raw_spin_unlock_irqrestore(&h->lock, irq);
	return !*why;
}
EXPORT_SYMBOL_GPL(nooks_free_why);

bool nooks_free(struct nooks_domain *d, const void *p)
{
	const char *why;

	return nooks_free_why(d, p, &why);
}
EXPORT_SYMBOL_GPL(nooks_free);

void *nooks_alloc_base(struct nooks_domain *d, const void *ptr, size_t *n)
{
	unsigned long base = 0, irq;
	struct nooks_heap *h = d->heap;
	struct heap_page *p;
	u32 slot;

	raw_spin_lock_irqsave(&h->lock, irq);
	p = lookup(h, (unsigned long)ptr, &base, n, &slot);
	if (!p || (p->kind == PAGE_SLAB && !test_bit(slot, p->busy)))
		base = 0;
	raw_spin_unlock_irqrestore(&h->lock, irq);
	return (void *)base;
}
EXPORT_SYMBOL_GPL(nooks_alloc_base);

size_t nooks_alloc_size(struct nooks_domain *d, const void *p)
{
	size_t n = 0;

	return nooks_alloc_base(d, p, &n) == p ? n : 0;
}
EXPORT_SYMBOL_GPL(nooks_alloc_size);

void *nooks_heap_carve(struct nooks_domain *d, unsigned int pages, const char *what)
{
	struct nooks_heap *h = d->heap;
	unsigned long irq, p;

	if (!pages || pages > CHUNK_PAGES)
		return NULL;
	do {
		raw_spin_lock_irqsave(&h->lock, irq);
		p = alloc_run(h, pages, PAGE_CARVED);
		raw_spin_unlock_irqrestore(&h->lock, irq);
	} while (!p && !grow(h));
	return (void *)p;
}
EXPORT_SYMBOL_GPL(nooks_heap_carve);

int nooks_heap_chunks(struct nooks_domain *d,
		      int (*fn)(void *arg, unsigned long addr, size_t n), void *arg)
{
	struct nooks_heap *h = d->heap;
	u32 i, n = smp_load_acquire(&h->nchunks);
	int r = 0;

	for (i = 0; i < n && !r; i++)
		r = fn(arg, h->by_nr[i]->addr, CHUNK_BYTES);
	return r;
}
EXPORT_SYMBOL_GPL(nooks_heap_chunks);

/* Forget all allocations; nobody is inside.  The chunks stay. */
void nooks_heap_reset(struct nooks_domain *d, u64 *bytes, u32 *allocations)
{
	struct nooks_heap *h = d->heap;
	struct heap_chunk *c;
	unsigned long irq;
	u32 i;

	raw_spin_lock_irqsave(&h->lock, irq);
	*bytes = h->used;
	*allocations = h->allocations;
	h->used = 0;
	h->allocations = 0;
	for (i = 0; i < NR_CLASSES; i++)
		INIT_LIST_HEAD(&h->partial[i]);
	list_for_each_entry(c, &h->chunks, link) {
		bitmap_zero(c->busy, CHUNK_PAGES);
		for (i = 0; i < CHUNK_PAGES; i++) {
			c->page[i].kind = PAGE_FREE;
			c->page[i].was_run = 0;
			INIT_LIST_HEAD(&c->page[i].partial);
		}
	}
	h->free_pages = h->nchunks * CHUNK_PAGES;
	raw_spin_unlock_irqrestore(&h->lock, irq);
}

void nooks_heap_use(struct nooks_domain *d, struct nooks_heap_use *u)
{
	struct nooks_heap *h = d->heap;
	unsigned long irq;

	raw_spin_lock_irqsave(&h->lock, irq);
	u->chunks = h->nchunks;
	u->chunk_bytes = (u64)h->nchunks * CHUNK_BYTES;
	u->used_bytes = h->used;
	u->peak_bytes = h->peak;
	u->allocations = h->allocations;
	u->failures = h->failures;
	u->limit_bytes = (u64)heap_mb << 20;
	raw_spin_unlock_irqrestore(&h->lock, irq);
}

int nooks_heap_create(struct nooks_domain *d)
{
	struct nooks_heap *h = kvzalloc(sizeof(*h), GFP_KERNEL);
	int i, err;

	if (!h)
		return -ENOMEM;
	raw_spin_lock_init(&h->lock);
	mutex_init(&h->grow_mutex);
	INIT_LIST_HEAD(&h->chunks);
	for (i = 0; i < NR_CLASSES; i++)
		INIT_LIST_HEAD(&h->partial[i]);
	INIT_WORK(&h->grow, grow_work);
	h->domain = d;
	d->heap = h;
	err = grow(h);
	if (err) {
		d->heap = NULL;
		kvfree(h);
	}
	return err;
}

void nooks_heap_destroy(struct nooks_domain *d)
{
	struct nooks_heap *h = d->heap;
	struct heap_chunk *c, *next;

	if (!h)
		return;
	mutex_lock(&h->grow_mutex);
	h->closing = true;
	mutex_unlock(&h->grow_mutex);
	cancel_work_sync(&h->grow);
	list_for_each_entry_safe(c, next, &h->chunks, link) {
		nooks_disown_pages(d, c->addr, CHUNK_BYTES);
		__free_pages(virt_to_page((void *)c->addr), CHUNK_ORDER);
		kvfree(c);
	}
	d->heap = NULL;
	kvfree(h);
}
