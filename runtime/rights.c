// SPDX-License-Identifier: GPL-2.0
/*
 * May domain D write [a, a + n)?  The one policy function.
 *
 * A byte may be written if it lies in the driver's own pages, or if any object
 * that covers it permits it.  Compilers
 * merge stores to adjacent fields, so every byte is judged against the union of
 * rights.  A seized object takes its bytes away from whatever lies round it,
 * except for the fields it grants itself.
 *
 * A field with a check is judged once per field touched, with the value that
 * the whole field would have after the write; if another right covers all the
 * touched bytes of that field without a check, the check does not matter.
 */
#include <linux/module.h>
#include <linux/string.h>
#include "internal.h"

/* Longest write that is judged byte by byte; longer ones need one object with all rights. */
#define MAX_JUDGED 128
#define MAX_CHECKED_FIELD 64
#define PART_DEPTH 4

struct judged {
	unsigned long addr;
	size_t n;
	const u8 *value;
	u8 allowed[MAX_JUDGED];		/* by byte */
	u8 seized[MAX_JUDGED];
	const char *reason;		/* of a refusal more specific than "not writable" */
	struct nooks_verdict *v;
};

static bool touches(unsigned long a, size_t n, unsigned long b, size_t m)
{
	return a < b + m && b < a + n;
}

/* Would the check of @fld at @at pass? */
static bool check_passes(struct judged *j, const struct nooks_field *fld,
			 unsigned long base, unsigned long at)
{
	u8 after[MAX_CHECKED_FIELD] __aligned(8);
	unsigned long lo, hi;

	if (!j->value || fld->size > sizeof(after)) {
		j->reason = "the value cannot be checked";
		return false;
	}
	memcpy(after, (const void *)at, fld->size);
	lo = max(j->addr, at);
	hi = min(j->addr + j->n, at + fld->size);
	memcpy(after + (lo - at), j->value + (lo - j->addr), hi - lo);
	if (fld->check((const void *)base, after))
		return true;
	j->reason = "the value is refused by the field's check";
	return false;
}

/* Add the rights that @type at @base gives, in @phase. */
static void add_fields(struct judged *j, const struct nooks_type *type, unsigned long base,
		       u32 phase, u8 *into, int depth)
{
	const struct nooks_field *fld;
	const struct nooks_part *p;
	unsigned long at, b, lo, hi;

	for (fld = type->fields; fld < type->fields + type->nfields; fld++) {
		at = base + fld->offset;
		if (!touches(at, fld->size, j->addr, j->n))
			continue;
		if (j->addr - at < fld->size && (!j->v->field || j->v->field->size > fld->size)) {
			j->v->field = fld;
			j->v->source = fld->source;
		}
		if (fld->until & phase) {
			j->reason = "no longer writable in this phase";
			continue;
		}
		if (fld->check && !check_passes(j, fld, base, at))
			continue;
		lo = max(j->addr, at);
		hi = min(j->addr + j->n, at + fld->size);
		for (b = lo; b < hi; b++)
			into[b - j->addr] = 1;
	}
	if (depth == PART_DEPTH)
		return;
	/* A part has no phase of its own: what its type grants `until` is gone. */
	for (p = type->parts; p < type->parts + type->nparts; p++)
		if (!p->link && touches(base + p->offset, p->type->size, j->addr, j->n))
			add_fields(j, p->type, base + p->offset, ~0U, into, depth + 1);
}

/* Add what one object gives and, if it is seized, what it takes. */
static void add_object(struct judged *j, struct nooks_object *o)
{
	unsigned long first = max(j->addr, o->key);
	unsigned long last = min(j->addr + j->n - 1, o->key + o->size - 1);
	u8 *into = j->allowed;
	unsigned long e, b;

	if (o->flags & NOOKS_OBJ_SEIZED) {
		for (b = first; b <= last; b++)
			j->seized[b - j->addr] |= 1;
	}
	if (o->type->rights == NOOKS_RIGHTS_ALL && !(o->flags & NOOKS_OBJ_SEIZED)) {
		for (b = first; b <= last; b++)
			into[b - j->addr] = 1;
		return;
	}
	if (o->type->rights != NOOKS_RIGHTS_FIELDS)
		return;
	if (o->flags & NOOKS_OBJ_SEIZED)
		into = NULL;
	e = o->type->size ? first - (first - o->key) % o->type->size : o->key;
	do {
		u8 granted[MAX_JUDGED] = { 0 };

		add_fields(j, o->type, e, o->phase, granted, 0);
		for (b = first; b <= last; b++) {
			if (!granted[b - j->addr])
				continue;
			if (into)
				into[b - j->addr] = 1;
			else
				j->seized[b - j->addr] |= 2;
		}
		e += o->type->size;
	} while (o->type->size && e <= last);
}

/*
 * The driver's own pages: all of it, but for what the kernel seized in them.
 * Registers are written without a trap; asked about, they are no memory.
 */
static void add_regions(struct nooks_domain *d, struct judged *j)
{
	unsigned long last = j->addr + j->n - 1, b;
	struct nooks_region *r;

	for (r = nooks_region_first(d, j->addr, last); r; r = nooks_region_next(r, j->addr, last))
		for (b = max(j->addr, r->addr); !r->device && b <= min(last, r->last); b++)
			j->allowed[b - j->addr] = 1;
}

/* Name the innermost object the first byte lies in. */
static void name_object(struct judged *j, struct nooks_object *o, size_t *best)
{
	if (j->addr - o->key >= o->size || (j->v->type && o->size >= *best))
		return;
	*best = o->size;
	j->v->type = o->type;
	j->v->key = o->key;
	j->v->offset = j->addr - o->key;
	if (o->type->size)
		j->v->offset %= o->type->size;
	j->v->source = o->source;
}

/**
 * nooks_may_write() - the one policy function
 * @d: domain
 * @addr: first byte
 * @n: number of bytes
 * @value: the bytes as they would be written, or NULL if unknown (fields with
 *	a check are then refused)
 * @v: filled in: the answer, and why
 *
 * Context: any but NMI.
 */
bool nooks_may_write(struct nooks_domain *d, unsigned long addr, size_t n,
		     const void *value, struct nooks_verdict *v)
{
	struct judged j = { .addr = addr, .n = n, .value = value, .v = v };
	struct nooks_object *o;
	struct nooks_region *r;
	unsigned long irq, last = addr + n - 1;
	const char *object_source = NULL;
	size_t best = 0, i;
	bool seized;

	memset(v, 0, sizeof(*v));
	if (!n || last < addr) {
		v->reason = "empty, or wraps round the address space";
		return false;
	}
	if (n > MAX_JUDGED) {
		raw_spin_lock_irqsave(&d->lock, irq);
		for (o = nooks_range_first(d, addr, last); o; o = nooks_range_next(o, addr, last)) {
			name_object(&j, o, &best);
			if (o->flags & NOOKS_OBJ_SEIZED)
				v->reason = "seized: the kernel uses it now";
			if (o->type->rights == NOOKS_RIGHTS_ALL && o->key <= addr &&
			    o->key + o->size - 1 >= last)
				v->allowed = true;
		}
		for (r = nooks_region_first(d, addr, last); r; r = nooks_region_next(r, addr, last))
			if (!r->device && r->addr <= addr && r->last >= last)
				v->allowed = true;
		raw_spin_unlock_irqrestore(&d->lock, irq);
		if (v->reason)
			v->allowed = false;
		else if (!v->allowed)
			v->reason = v->type ? "too long a write for field rights" :
					      "no tracked object";
		return v->allowed;
	}

	raw_spin_lock_irqsave(&d->lock, irq);
	for (o = nooks_range_first(d, addr, last); o; o = nooks_range_next(o, addr, last))
		name_object(&j, o, &best);
	object_source = v->source;
	for (o = nooks_range_first(d, addr, last); o; o = nooks_range_next(o, addr, last))
		add_object(&j, o);
	add_regions(d, &j);
	raw_spin_unlock_irqrestore(&d->lock, irq);

	v->allowed = true;
	for (i = 0; i < n; i++) {
		seized = j.seized[i] == 1;
		if ((j.allowed[i] && !seized) || j.seized[i] & 2)
			continue;
		v->allowed = false;
		if (seized)
			v->reason = "seized: the kernel uses it now";
		else if (j.reason)
			v->reason = j.reason;
		else if (!v->type)
			v->reason = "no tracked object";
		else if (i)
			v->reason = "reaches past a writable field";
		else
			v->reason = "field not writable";
		break;
	}
	if (!v->source)
		v->source = object_source;
	return v->allowed;
}
EXPORT_SYMBOL_GPL(nooks_may_write);
