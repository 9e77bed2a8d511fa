// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for drivers: kmalloc(), vmalloc() and their kind on the domain's heap.
 *
 * One heap serves all of them; all of its memory is physically contiguous, so
 * what vmalloc() promises is promised as well.  kfree(), kvfree() and vfree() take
 * back what any of them gave.  Freeing memory with a structure in it that the
 * kernel still uses (a running timer, queued work) is a driver failure.
 */
#include <linux/string.h>
#include "nooks_core.gen.h"

static void *heap_alloc(struct nooks_frame *f, size_t size, gfp_t gfp)
{
	/* kmalloc(0) gives a pointer that may be freed */
	return nooks_alloc(f->domain, size ? size : 1, gfp, f->wrapper->source);
}

void *nooks_kmalloc(struct nooks_frame *f, size_t size, gfp_t gfp)
{
	return heap_alloc(f, size, gfp);
}

void *nooks_kmalloc_node(struct nooks_frame *f, size_t size, gfp_t gfp, int node)
{
	return heap_alloc(f, size, gfp);
}

void *nooks_kmalloc_trace(struct nooks_frame *f, struct kmem_cache *s, gfp_t gfp, size_t size)
{
	return heap_alloc(f, size, gfp);
}

void *nooks_kmalloc_node_trace(struct nooks_frame *f, struct kmem_cache *s, gfp_t gfp, int node,
			       size_t size)
{
	return heap_alloc(f, size, gfp);
}

void *nooks_vmalloc(struct nooks_frame *f, unsigned long size)
{
	return heap_alloc(f, size, GFP_KERNEL);
}

void *nooks_vzalloc(struct nooks_frame *f, unsigned long size)
{
	return heap_alloc(f, size, GFP_KERNEL | __GFP_ZERO);
}

void *nooks_kmemdup(struct nooks_frame *f, const void *src, size_t len, gfp_t gfp)
{
	void *p = heap_alloc(f, len, gfp);

	if (p)
		memcpy(p, src, len);
	return p;
}

char *nooks_kstrdup(struct nooks_frame *f, const char *s, gfp_t gfp)
{
	return s ? nooks_kmemdup(f, s, strlen(s) + 1, gfp) : NULL;
}

/* False: it cannot be freed, for the reason *@why. */
bool nooks_heap_give_back(struct nooks_domain *d, const void *p, const char **why)
{
	size_t n = nooks_alloc_size(d, p);

	if (nooks_free_why(d, p, why))
		return true;
	/* Twins outlive the last use of what they stand for: drop idle ones. */
	nooks_works_forget(d, (unsigned long)p, n);
	nooks_timers_forget(d, (unsigned long)p, n);
	nooks_sleep_locks_forget(d, (unsigned long)p, n);
	return nooks_free_why(d, p, why);
}
EXPORT_SYMBOL_GPL(nooks_heap_give_back);

static void heap_free(struct nooks_frame *f, const void *p)
{
	const char *why;

	if (!nooks_heap_give_back(f->domain, p, &why))
		nooks_refuse(f, 1, "%s", why);
}

void nooks_kfree(struct nooks_frame *f, const void *p)
{
	if (p)
		heap_free(f, p);
}

void nooks_kfree_sensitive(struct nooks_frame *f, const void *p)
{
	if (!p)
		return;
	memzero_explicit((void *)p, nooks_alloc_size(f->domain, p));
	heap_free(f, p);
}

void *nooks_krealloc(struct nooks_frame *f, const void *p, size_t size, gfp_t gfp)
{
	size_t old = p ? nooks_alloc_size(f->domain, p) : 0;
	void *new;

	if (p && !size) {
		heap_free(f, p);
		return NULL;
	}
	if (p && size <= old)
		return (void *)p;
	new = heap_alloc(f, size, gfp);
	if (new && p) {
		memcpy(new, p, old);
		heap_free(f, p);
	}
	return new;
}

size_t nooks_ksize(struct nooks_frame *f, const void *p)
{
	return p ? nooks_alloc_size(f->domain, p) : 0;
}
