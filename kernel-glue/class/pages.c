// SPDX-License-Identifier: GPL-2.0
/*
 * Whole pages for drivers, with a struct page each.
 *
 * The pages come from the domain's heap.  Drivers count references to them
 * with inline functions that write page->_refcount; they have a right to that
 * field of these pages alone.  Nothing believes the count: when the driver's
 * own counting ends in __folio_put() or it frees the pages, the count is set
 * back to what the heap's chunk had, and only then does the memory go back.
 */
#include <linux/mm.h>
#include "nooks_core.gen.h"

enum { PAGE_AUX_COUNT, PAGE_AUX_ORDER };

struct page *nooks_alloc_pages(struct nooks_frame *f, gfp_t gfp, unsigned int order)
{
	struct nooks_domain *d = f->domain;
	struct nooks_object *o;
	struct page *page;
	void *p;

	p = nooks_alloc(d, PAGE_SIZE << order, gfp, f->wrapper->source);
	if (!p)
		return NULL;
	page = virt_to_page(p);
	o = nooks_object_add(d, &nooks_type_page, (unsigned long)page,
			     sizeof(*page) << order, 0, f->wrapper->source,
			     in_atomic() || irqs_disabled() ? GFP_ATOMIC : GFP_KERNEL);
	if (!o) {
		nooks_free(d, p);
		return NULL;
	}
	o->aux[PAGE_AUX_COUNT] = page_count(page);
	o->aux[PAGE_AUX_ORDER] = order;
	set_page_count(page, 1);
	return page;
}

static void page_reset(struct nooks_object *o)
{
	struct page *page = (struct page *)o->key;
	unsigned int i;

	set_page_count(page, o->aux[PAGE_AUX_COUNT]);
	for (i = 1; i < 1U << o->aux[PAGE_AUX_ORDER]; i++)
		set_page_count(page + i, 0);
}

/* The driver is done with @page: take it back.  False: it was not the domain's. */
bool nooks_page_take(struct nooks_domain *d, struct page *page)
{
	struct nooks_object *o = nooks_object_take(d, &nooks_type_page, (unsigned long)page);

	if (!o)
		return false;
	page_reset(o);
	nooks_object_free(o);
	return nooks_free(d, page_address(page));
}
EXPORT_SYMBOL_GPL(nooks_page_take);

void nooks_free_pages(struct nooks_frame *f, struct page *page, unsigned int order)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_page,
						   (unsigned long)page);

	if (!o || o->aux[PAGE_AUX_ORDER] != order)
		nooks_refuse(f, o ? 2 : 1, "no pages of this domain, or of another order");
	else if (!nooks_page_take(f->domain, page))
		nooks_refuse(f, 1, "pages are freed already");
}

void nooks_folio_put(struct nooks_frame *f, struct folio *folio)
{
	if (!nooks_page_take(f->domain, (struct page *)folio))
		nooks_refuse(f, 1, "the last reference to a page that is not the domain's");
}

void nooks_page_release(struct nooks_domain *d, struct nooks_object *o)
{
	page_reset(o);
	nooks_free(d, page_address((struct page *)o->key));
}

/* In the domain: heap pages are never device memory. */
bool dl_put_devmap_page(struct page *page, int refs)
{
	return false;
}
