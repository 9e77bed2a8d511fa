/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small things that generated wrappers and stubs do often.
 *
 * Only generated code and class glue include this.  Like the checks of
 * check.h, what can be refused returns false or NULL after failing the driver.
 */
#ifndef NOOKS_SUPPORT_H
#define NOOKS_SUPPORT_H

#include <linux/slab.h>
#include <linux/string.h>
#include <nooks/check.h>
#include <nooks/domain.h>
#include <nooks/object.h>
#include <nooks/xpc.h>

/* Bytes of a printk-like function's finished text, on the driver's stack. */
#define NOOKS_FORMAT_MAX	512

/*
 * The nameless phase of an object whose ops are bound: entered before they are
 * looked at, so that no thread of the driver changes them in between.
 */
#define NOOKS_PHASE_BOUND	(1U << 31)

static inline bool nooks_in_range(s64 v, s64 low, s64 high)
{
	return v >= low && v <= high;
}

/* @p is the start of a live heap allocation of the domain. */
static inline bool nooks_check_memory(struct nooks_frame *f, unsigned int arg, const void *p)
{
	if (nooks_alloc_size(f->domain, p))
		return true;
	return nooks_refuse(f, arg, "not an allocation of the driver: %px", p);
}

/* A structure returned by value, of at most a word. */
static inline unsigned long nooks_struct_result(const void *p, size_t n)
{
	unsigned long word = 0;

	memcpy(&word, p, min(n, sizeof(word)));
	return word;
}

/* A copy of [p, p + n) that no driver thread can change; kfree() it. */
static inline void *nooks_copy_buffer(struct nooks_frame *f, unsigned int arg, const void *p,
				      size_t n, gfp_t gfp)
{
	void *copy;

	if (n > KMALLOC_MAX_SIZE) {
		nooks_refuse(f, arg, "%zu bytes are too many", n);
		return NULL;
	}
	copy = kmalloc(n, gfp | __GFP_NOWARN);
	if (!copy) {
		nooks_refuse(f, arg, "no memory for a copy of %zu bytes", n);
		return NULL;
	}
	if (nooks_copy_in(f, arg, copy, p, n))
		return copy;
	kfree(copy);
	return NULL;
}

static inline char *nooks_string_buffer(struct nooks_frame *f, unsigned int arg, const char *p,
					size_t max, gfp_t gfp)
{
	char *copy = kmalloc(max, gfp | __GFP_NOWARN);

	if (!copy) {
		nooks_refuse(f, arg, "no memory for a string of %zu bytes", max);
		return NULL;
	}
	if (nooks_copy_string(f, arg, copy, p, max, 0))
		return copy;
	kfree(copy);
	return NULL;
}

/* What the driver gives up with this call; nobody else can give it up too. */
static inline struct nooks_object *nooks_take(struct nooks_frame *f, unsigned int arg,
					      const struct nooks_type *type, unsigned long key)
{
	struct nooks_object *o = nooks_object_take(f->domain, type, key);

	if (!o)
		nooks_refuse(f, arg, "%lx is no %s of the driver", key, type->name);
	return o;
}

/* It was not given up after all: the call failed. */
static inline void nooks_put_back(struct nooks_frame *f, struct nooks_object *taken)
{
	struct nooks_object *o;

	if (!taken)
		return;
	o = nooks_object_add(f->domain, taken->type, taken->key, taken->size, taken->flags,
			     taken->source, GFP_ATOMIC);
	if (o) {
		memcpy(o->aux, taken->aux, sizeof(o->aux));
		nooks_object_phase(o, taken->phase);
	} else {
		nooks_refuse(f, 0, "no memory to track a %s", taken->type->name);
	}
	nooks_object_free(taken);
}

static inline struct nooks_object *nooks_acquire(struct nooks_frame *f,
						 const struct nooks_type *type,
						 unsigned long key, size_t size, u32 flags,
						 const char *source, gfp_t gfp)
{
	struct nooks_object *o = nooks_object_add(f->domain, type, key, size, flags, source, gfp);

	if (!o)
		nooks_refuse(f, 0, "cannot track %s %lx", type->name, key);
	return o;
}

static inline void nooks_enter_phase(struct nooks_frame *f, const struct nooks_type *type,
				     unsigned long key, u32 phase)
{
	struct nooks_object *o = nooks_object_find(f->domain, type, key);

	if (o)
		nooks_object_phase(o, phase);
}

static inline void nooks_leave_phase(struct nooks_frame *f, const struct nooks_type *type,
				     unsigned long key, u32 phase)
{
	struct nooks_object *o = nooks_object_find(f->domain, type, key);
	unsigned long irq;

	if (!o)
		return;
	raw_spin_lock_irqsave(&f->domain->lock, irq);
	o->phase &= ~phase;
	raw_spin_unlock_irqrestore(&f->domain->lock, irq);
}

/*
 * Lending, in stubs.  Without memory the op fails, though the driver did
 * nothing wrong: the caller gets what a dead driver would answer.
 */
static inline bool nooks_lend(struct nooks_frame *f, const struct nooks_type *type,
			      const void *p, size_t n, const char *source)
{
	if (!p || !nooks_object_lend(f->domain, type, p, n, source))
		return true;
	f->failed = 1;
	return false;
}

static inline void nooks_unlend(struct nooks_frame *f, const struct nooks_type *type,
				const void *p)
{
	if (p)
		nooks_object_unlend(f->domain, type, p);
}

/* Lent until another op returns, or for good. */
static inline bool nooks_lend_for_long(struct nooks_frame *f, const struct nooks_type *type,
				       const void *p, size_t n, const char *source)
{
	unsigned long key = (unsigned long)p;

	if (!p || nooks_object_find(f->domain, type, key) ||
	    nooks_object_add(f->domain, type, key, n, 0, source, GFP_ATOMIC))
		return true;
	f->failed = 1;
	return false;
}

/* The driver declined what it was given; it must not have disposed of it. */
static inline void nooks_ungive(struct nooks_frame *f, const struct nooks_type *type,
				const void *p)
{
	if (p && !nooks_object_drop(f->domain, type, (unsigned long)p) && !f->failed)
		nooks_refuse(f, 0, "the driver declined a %s that it had released", type->name);
}

#endif
