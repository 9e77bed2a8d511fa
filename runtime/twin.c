// SPDX-License-Identifier: GPL-2.0
/*
 * Twins: kernel-side copies used in place of structures in driver memory.
 *
 * A twin is an object of flag NOOKS_OBJ_TWIN whose key is the address in the
 * driver's memory.  In front of the twin itself lies a header by which the
 * driver's address is found from the twin (stubs are called with the twin).
 *
 * A class may also track an object with a copy of its own making: the same
 * without the flag; nooks_twin() finds it, freeing it is the class's business.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <nooks/check.h>
#include "internal.h"

#define TWIN_MAGIC 0x4e575454U	/* a twin that is alive */
#define TWIN_GONE 0x4e4f4e45U

struct twin_head {
	struct rcu_head rcu;
	unsigned long driver;
	u32 magic;
	u32 size;
} __aligned(16);

static struct twin_head *head_of(const void *twin)
{
	return (struct twin_head *)twin - 1;
}

void *nooks_twin_new(struct nooks_frame *f, unsigned int arg, const void *p,
		     const struct nooks_type *type, gfp_t gfp)
{
	struct nooks_domain *d = f->domain;
	unsigned long a = (unsigned long)p;
	struct nooks_object *o;
	struct twin_head *h;

	if (!type->size || !nooks_owned(d, a, type->size)) {
		nooks_refuse(f, arg, "%s is not in the driver's own memory", type->name);
		return NULL;
	}
	o = nooks_object_find(d, type, a);
	if (o)
		return o->twin;
	h = kzalloc(sizeof(*h) + type->size, gfp);
	if (!h)
		return NULL;
	h->driver = a;
	h->magic = TWIN_MAGIC;
	h->size = type->size;
	o = nooks_object_add_twin(d, type, a, type->size, NOOKS_OBJ_TWIN, type->source, gfp,
				  h + 1);
	if (!o) {
		kfree(h);
		/* Another thread was faster, or memory is short. */
		o = nooks_object_find(d, type, a);
		return o ? o->twin : NULL;
	}
	return h + 1;
}
EXPORT_SYMBOL_GPL(nooks_twin_new);

void *nooks_twin(struct nooks_frame *f, unsigned int arg, const void *p,
		 const struct nooks_type *type)
{
	struct nooks_object *o = nooks_object_find(f->domain, type, (unsigned long)p);

	if (o && o->twin)
		return o->twin;
	nooks_refuse(f, arg, "no %s is known at this address", type->name);
	return NULL;
}
EXPORT_SYMBOL_GPL(nooks_twin);

/**
 * nooks_twin_driver() - the driver's address of a twin
 * @twin: what nooks_twin_new() returned
 */
void *nooks_twin_driver(const void *twin)
{
	struct twin_head *h = head_of(twin);

	if (WARN_ON_ONCE(h->magic != TWIN_MAGIC && h->magic != TWIN_GONE))
		return NULL;
	return (void *)h->driver;
}
EXPORT_SYMBOL_GPL(nooks_twin_driver);

/* The descriptor of a twin is about to be freed. */
void nooks_twin_dispose(struct nooks_object *o)
{
	struct twin_head *h;

	if (!(o->flags & NOOKS_OBJ_TWIN) || !o->twin)
		return;
	h = head_of(o->twin);
	h->magic = TWIN_GONE;
	o->twin = NULL;
	/* Readers under RCU (a list the twin was on) may still be looking. */
	kfree_rcu(h, rcu);
}

void nooks_twin_free(struct nooks_domain *d, const void *p, const struct nooks_type *type)
{
	nooks_object_drop(d, type, (unsigned long)p);
}
EXPORT_SYMBOL_GPL(nooks_twin_free);
