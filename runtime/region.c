// SPDX-License-Identifier: GPL-2.0
/*
 * The pages that are the driver's own, and why: heap chunks, module data,
 * stacks, private areas, register windows.
 *
 * The backend makes them writable; this records them, so that nooks_owned()
 * has one answer under every backend and the audit can explain each page that
 * it finds writable.  Regions never overlap.
 */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/interval_tree_generic.h>
#include "internal.h"

#define START(r) ((r)->addr)
#define LAST(r) ((r)->last)
INTERVAL_TREE_DEFINE(struct nooks_region, node, unsigned long, subtree_last,
		     START, LAST, static, region)

int nooks_region_record(struct nooks_domain *d, unsigned long addr, size_t n,
			const char *what, const char *source, bool device)
{
	struct nooks_region *r;
	unsigned long flags;
	int err = 0;

	if (!n || addr + n - 1 < addr)
		return -EINVAL;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->addr = addr;
	r->last = addr + n - 1;
	r->what = what;
	r->source = source;
	r->device = device;
	raw_spin_lock_irqsave(&d->lock, flags);
	if (region_iter_first(&d->regions, r->addr, r->last))
		err = -EEXIST;
	else
		region_insert(r, &d->regions);
	raw_spin_unlock_irqrestore(&d->lock, flags);
	if (err)
		kfree(r);
	return err;
}

/* Forget every region that lies in [addr, addr + n). */
void nooks_region_forget(struct nooks_domain *d, unsigned long addr, size_t n)
{
	unsigned long last = addr + n - 1, flags;
	struct nooks_region *r;

	for (;;) {
		raw_spin_lock_irqsave(&d->lock, flags);
		for (r = region_iter_first(&d->regions, addr, last); r;
		     r = region_iter_next(r, addr, last))
			if (r->addr >= addr && r->last <= last)
				break;
		if (r)
			region_remove(r, &d->regions);
		raw_spin_unlock_irqrestore(&d->lock, flags);
		if (!r)
			return;
		kfree(r);
	}
}

void nooks_regions_free(struct nooks_domain *d)
{
	nooks_region_forget(d, 0, ULONG_MAX);
}

/* Callers of the two hold domain->lock. */
struct nooks_region *nooks_region_first(struct nooks_domain *d, unsigned long first,
					unsigned long last)
{
	return region_iter_first(&d->regions, first, last);
}

struct nooks_region *nooks_region_next(struct nooks_region *r, unsigned long first,
				       unsigned long last)
{
	return region_iter_next(r, first, last);
}

/* Copy the first region that reaches into [first, last]. */
bool nooks_region_from(struct nooks_domain *d, unsigned long first, unsigned long last,
		       struct nooks_region *copy)
{
	struct nooks_region *r;
	unsigned long flags;

	raw_spin_lock_irqsave(&d->lock, flags);
	r = region_iter_first(&d->regions, first, last);
	if (r)
		*copy = *r;
	raw_spin_unlock_irqrestore(&d->lock, flags);
	return r;
}

/**
 * nooks_owned() - does the driver own all of these bytes?
 * @d: domain
 * @addr: first byte
 * @n: number of bytes; 0 is owned if @addr is
 *
 * Pages of its own only: lent bytes and field rights do not count.  Registers do
 * not either: the kernel may not be made to read or write them.
 */
bool nooks_owned(struct nooks_domain *d, unsigned long addr, size_t n)
{
	unsigned long last = addr + (n ? n - 1 : 0), flags;
	struct nooks_region *r;
	bool owned = false;

	if (last < addr)
		return false;
	raw_spin_lock_irqsave(&d->lock, flags);
	while ((r = region_iter_first(&d->regions, addr, addr)) && !r->device) {
		if (r->last >= last) {
			owned = true;
			break;
		}
		addr = r->last + 1;
	}
	raw_spin_unlock_irqrestore(&d->lock, flags);
	return owned;
}
EXPORT_SYMBOL_GPL(nooks_owned);

static int own(struct nooks_domain *d, unsigned long addr, size_t n, const char *what,
	       const char *source, bool device)
{
	int err;

	if ((addr | n) & ~PAGE_MASK)
		return -EINVAL;
	err = nooks_region_record(d, addr, n, what, source, device);
	if (err)
		return err;
	err = d->backend->own(d, addr, n);
	if (err) {
		d->backend->disown(d, addr, n);
		nooks_region_forget(d, addr, n);
	}
	return err;
}

/**
 * nooks_own_region() - make whole pages the driver's own
 * @d: domain
 * @addr: page-aligned
 * @n: a multiple of the page size
 * @what: what it is, for audit and reports; static string
 * @source: who gave it; static string
 *
 * Context: process, may sleep.
 */
int nooks_own_region(struct nooks_domain *d, unsigned long addr, size_t n,
		     const char *what, const char *source)
{
	return own(d, addr, n, what, source, false);
}
EXPORT_SYMBOL_GPL(nooks_own_region);

/* nooks_own_device() - the same for registers: writable, but no memory */
int nooks_own_device(struct nooks_domain *d, unsigned long addr, size_t n,
		     const char *what, const char *source)
{
	return own(d, addr, n, what, source, true);
}
EXPORT_SYMBOL_GPL(nooks_own_device);

int nooks_own_pages(struct nooks_domain *d, unsigned long addr, size_t n)
{
	return nooks_own_region(d, addr, n, "pages", "class glue");
}
EXPORT_SYMBOL_GPL(nooks_own_pages);

void nooks_disown_pages(struct nooks_domain *d, unsigned long addr, size_t n)
{
	nooks_region_forget(d, addr, n);
	d->backend->disown(d, addr, n);
}
EXPORT_SYMBOL_GPL(nooks_disown_pages);
