/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The object tracker: what a domain holds, and which bytes of it the driver
 * may write.
 *
 * Everything a driver got from the kernel is one struct nooks_object: a
 * net_device, an interrupt line, a heap allocation, a DMA mapping, a buffer
 * lent for one call.  An object has a key within its type (its address, or a
 * number such as an interrupt line), perhaps memory, and at most one way to be
 * released.  Objects are released in reverse order of acquisition when the
 * driver fails.
 *
 * "May domain D write [a, a + n)?" is answered byte by byte from the objects
 * whose memory contains a: see nooks_may_write().
 *
 * All functions here may be called in any context, NMI excepted, with
 * interrupts on or off, unless they say otherwise; locks are irq-safe.
 */
#ifndef NOOKS_OBJECT_H
#define NOOKS_OBJECT_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>

struct nooks_domain;
struct nooks_frame;
struct nooks_object;
struct nooks_stub;

/**
 * struct nooks_field - bytes of a type that drivers may write
 * @name: "features", for reports and audit
 * @source: IDL line that grants it
 * @offset: in the object
 * @size: in bytes
 * @until: 0, or the phase bit (1 << n) from which on the right is gone
 * @check: NULL, or decides about a write: @object is the start of the
 *	object (or array element), @value a copy of the whole field as it would be
 *	after the write.  Called with interrupts off; must not sleep or lock.
 */
struct nooks_field {
	const char *name;
	const char *source;
	u32 offset;
	u32 size;
	u32 until;
	bool (*check)(const void *object, const void *value);
};

/* An object embedded in, or reached from, another one. */
struct nooks_part {
	const struct nooks_type *type;
	const char *name;
	u32 offset;
	u8 link;		/* 0: the part lies at offset; 1: a pointer to it does */
};

/* What the driver may write of an object's memory. */
enum nooks_rights {
	NOOKS_RIGHTS_NONE,
	NOOKS_RIGHTS_FIELDS,	/* type->fields, in the object's phase */
	NOOKS_RIGHTS_ALL,
};

/**
 * struct nooks_type - a type of object: generated from `object` declarations
 * @name: "net_device"
 * @source: IDL line
 * @size: of one element; 0 if the key is not an address
 * @rights: what a tracked object of this type may have written to it
 * @phases: names of the phases, by bit; NULL-terminated or NULL
 * @release: give the object back to the kernel because its driver failed.
 *	Process context, may sleep, domain closed and drained.  The object is off
 *	all tables already; the runtime frees its descriptor afterwards.  NULL:
 *	there is nothing to do (lent or kept objects).
 * @release_name: "free_irq", for the report
 */
struct nooks_type {
	const char *name;
	const char *source;
	u32 size;
	u8 rights;
	const struct nooks_field *fields;
	u32 nfields;
	const struct nooks_part *parts;
	u32 nparts;
	const char *const *phases;
	void (*release)(struct nooks_domain *d, struct nooks_object *o);
	const char *release_name;
};

#define NOOKS_OBJ_LENT		0x01	/* until the call that lent it returns */
#define NOOKS_OBJ_PAGES		0x02	/* whole pages in the domain's own tables: no trap */
#define NOOKS_OBJ_TWIN		0x04	/* @twin points at the kernel-side copy */
#define NOOKS_OBJ_SEIZED	0x08	/* driver memory that the kernel uses now: not writable */

/**
 * struct nooks_object - one tracked object
 * @key: its address, or a number
 * @size: bytes of memory at @key (0: none); a multiple of type->size for arrays
 * @phase: bits of the phases reached
 * @lends: for NOOKS_OBJ_LENT, by how many calls
 * @serial: order of acquisition within the domain
 * @source: IDL line that made it the domain's
 * @twin: kernel-side copy
 * @aux: for the type's release function and checks
 */
struct nooks_object {
	const struct nooks_type *type;
	struct nooks_domain *domain;
	unsigned long key;
	size_t size;
	u32 flags;
	u32 phase;
	u32 lends;
	u64 serial;
	const char *source;
	void *twin;
	unsigned long aux[4];
	struct rb_node by_addr;		/* in domain->ranges if it has memory */
	unsigned long subtree_last;	/* interval tree's */
	struct hlist_node by_key;
	struct list_head order;		/* in domain->objects, oldest first */
	struct rcu_head rcu;
	struct list_head linker;	/* in domain->linkers, or empty */
};

/*
 * nooks_object_add() - start tracking; NULL if memory is short or (type, key)
 * is tracked already.  May not sleep unless @gfp allows.
 */
struct nooks_object *nooks_object_add(struct nooks_domain *d, const struct nooks_type *type,
				      unsigned long key, size_t size, u32 flags,
				      const char *source, gfp_t gfp);
/* nooks_object_find() - by exact key; NULL if not tracked */
struct nooks_object *nooks_object_find(struct nooks_domain *d, const struct nooks_type *type,
				       unsigned long key);
/*
 * nooks_object_take() - stop tracking and own the descriptor; NULL if it is
 * not there (already taken by another CPU: whoever takes it, releases it)
 */
struct nooks_object *nooks_object_take(struct nooks_domain *d, const struct nooks_type *type,
				       unsigned long key);
/*
 * nooks_object_free() - free a taken descriptor, and its twin, once no downcall
 * is in progress that began before: another thread of the driver may have found
 * them and be using them still.
 */
void nooks_object_free(struct nooks_object *o);
/* nooks_object_free_now() - the same at once, for types that are only used under a lock */
void nooks_object_free_now(struct nooks_object *o);
/* nooks_object_drop() - take and free; false if it was not there */
bool nooks_object_drop(struct nooks_domain *d, const struct nooks_type *type, unsigned long key);
/* nooks_object_phase() - enter a phase */
void nooks_object_phase(struct nooks_object *o, u32 phase);

/*
 * nooks_object_lend() / _unlend() - track for the length of a call an object the
 * kernel passed in.  Counted, so that nested and concurrent calls agree.  If
 * the domain holds the object anyway, nothing changes.
 */
int nooks_object_lend(struct nooks_domain *d, const struct nooks_type *type,
		      const void *addr, size_t size, const char *source);
void nooks_object_unlend(struct nooks_domain *d, const struct nooks_type *type, const void *addr);

/*
 * nooks_object_covering() - the innermost object of @type that contains [addr,
 * addr + n); @type NULL: of any type
 */
struct nooks_object *nooks_object_covering(struct nooks_domain *d, const struct nooks_type *type,
					   unsigned long addr, size_t n);
/* nooks_object_is() - @addr is an object of @type, a part of one, or reached by a link of one */
bool nooks_object_is(struct nooks_domain *d, const struct nooks_type *type, unsigned long addr);
/*
 * nooks_object_each() - call @fn for every tracked object of @type (NULL: all),
 * newest first, under the tracker's lock: @fn must not call back.  Stops when
 * it returns non-zero.
 */
int nooks_object_each(struct nooks_domain *d, const struct nooks_type *type,
		      int (*fn)(void *arg, struct nooks_object *o), void *arg);
/* Built-in types */
extern const struct nooks_type nooks_type_memory;	/* heap allocation: kmalloc, vmalloc ... */
extern const struct nooks_type nooks_type_lent;		/* lent bytes, all writable */
extern const struct nooks_type nooks_type_private;	/* driver-private area, own pages */
extern const struct nooks_type nooks_type_string;	/* kept copy of a string, kernel side */

/**
 * struct nooks_verdict - why a write is permitted, or is not
 * @allowed: the answer
 * @object: the object concerned, may be NULL (descriptor is not pinned: copy
 *	what you need while the domain cannot change, or use @type and @offset)
 */
struct nooks_verdict {
	bool allowed;
	const struct nooks_type *type;	/* NULL: no tracked object there */
	const struct nooks_field *field;	/* the field the first byte lies in, if any */
	unsigned long key;
	u32 offset;			/* of the first byte, in the object or element */
	const char *source;		/* IDL line of the right, or of the object */
	const char *reason;		/* why not: "no tracked object", "field not writable", ... */
};

/**
 * nooks_may_write() - the one policy function
 * @d: domain
 * @addr: first byte
 * @n: number of bytes
 * @value: the bytes as they would be written, or NULL if unknown (fields
 *	with a check are then refused)
 * @v: filled in
 *
 * Every byte must be covered; compilers merge stores to adjacent fields, so
 * rights are unions of bytes.
 */
bool nooks_may_write(struct nooks_domain *d, unsigned long addr, size_t n,
		     const void *value, struct nooks_verdict *v);

/* nooks_owned() - does the driver own all of [addr, addr + n)? (pages of its own) */
bool nooks_owned(struct nooks_domain *d, unsigned long addr, size_t n);

#endif
