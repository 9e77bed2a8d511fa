// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that generated wrappers and stubs make on what crosses: see check.h.
 *
 * A check never follows a pointer before it knows whose memory that is.
 */
#include <linux/module.h>
#include <linux/kallsyms.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <nooks/check.h>
#include "internal.h"

bool nooks_refuse(struct nooks_frame *f, unsigned int arg, const char *why, ...)
{
	struct nooks_cause cause = {
		.kind = f->wrapper ? "argument" : "result",
		.arg = arg,
	};
	struct va_format vaf;
	va_list ap;

	va_start(ap, why);
	vaf.fmt = why;
	vaf.va = &ap;
	if (arg && arg <= NOOKS_NR_REG_ARGS) {
		cause.addr = f->wrapper ? f->down[arg - 1] : f->original[arg - 1];
		cause.has_addr = true;
	}
	f->failed = 1;
	nooks_fail_cause(f->domain, f, &cause, "%pV", &vaf);
	va_end(ap);
	return false;
}
EXPORT_SYMBOL_GPL(nooks_refuse);

bool nooks_check_object(struct nooks_frame *f, unsigned int arg, const void *p,
			const struct nooks_type *type, u32 flags)
{
	if (!p && (flags & NOOKS_NULLABLE))
		return true;
	if (p && nooks_object_is(f->domain, type, (unsigned long)p))
		return true;
	return nooks_refuse(f, arg, "%px is no %s of this driver", p, type->name);
}
EXPORT_SYMBOL_GPL(nooks_check_object);

struct nooks_object *nooks_get_object(struct nooks_frame *f, unsigned int arg, const void *p,
				      const struct nooks_type *type)
{
	struct nooks_object *o = nooks_object_find(f->domain, type, (unsigned long)p);

	if (!o)
		nooks_refuse(f, arg, "%px is no %s of this driver", p, type->name);
	return o;
}
EXPORT_SYMBOL_GPL(nooks_get_object);

/* An address of the kernel half, and no wrap round its end. */
static bool kernel_range(unsigned long a, size_t n)
{
	return a >= TASK_SIZE_MAX && a + n >= a;
}

/* May the driver write all of it, with whatever value? */
static bool may_write_all(struct nooks_domain *d, unsigned long a, size_t n,
			  struct nooks_verdict *v)
{
	size_t step;

	if (nooks_owned(d, a, n) && !nooks_object_seized_in(d, a, n))
		return true;
	if (nooks_may_write(d, a, n, NULL, v))
		return true;
	if (n <= 64)
		return false;
	/* Neighbouring objects may cover it together. */
	for (; n; a += step, n -= step) {
		step = min_t(size_t, n, 64);
		if (!nooks_may_write(d, a, step, NULL, v))
			return false;
	}
	return true;
}

bool nooks_check_writable(struct nooks_frame *f, unsigned int arg, const void *p, size_t n,
			  u32 flags)
{
	unsigned long a = (unsigned long)p;
	struct nooks_verdict v = { .reason = "no kernel address" };

	if (!p && (flags & NOOKS_NULLABLE))
		return true;
	if (!n)
		return true;
	if (kernel_range(a, n) && may_write_all(f->domain, a, n, &v))
		return true;
	return nooks_refuse(f, arg, "the driver may not write %zu bytes at %px: %s%s%s", n, p,
			    v.reason, v.type ? ", in " : "", v.type ? v.type->name : "");
}
EXPORT_SYMBOL_GPL(nooks_check_writable);

/* All of it in one tracked object that is not just a field of something bigger. */
static bool readable(struct nooks_domain *d, unsigned long a, size_t n)
{
	return nooks_owned(d, a, n) || nooks_image_rodata(d, a, n) ||
	       nooks_object_covering(d, NULL, a, n);
}

bool nooks_check_readable(struct nooks_frame *f, unsigned int arg, const void *p, size_t n,
			  u32 flags)
{
	unsigned long a = (unsigned long)p;

	if (!p && (flags & NOOKS_NULLABLE))
		return true;
	if (!n || (kernel_range(a, n) && readable(f->domain, a, n)))
		return true;
	return nooks_refuse(f, arg, "%zu bytes at %px are not the driver's to pass", n, p);
}
EXPORT_SYMBOL_GPL(nooks_check_readable);

bool nooks_check_rodata(struct nooks_frame *f, unsigned int arg, const void *p, size_t n,
			u32 flags)
{
	if (!p && (flags & NOOKS_NULLABLE))
		return true;
	if (nooks_image_rodata(f->domain, (unsigned long)p, n))
		return true;
	return nooks_refuse(f, arg, "%px is not in the driver's read-only data", p);
}
EXPORT_SYMBOL_GPL(nooks_check_rodata);

bool nooks_copy_in(struct nooks_frame *f, unsigned int arg, void *dst, const void *src, size_t n)
{
	if (!nooks_check_readable(f, arg, src, n, 0))
		return false;
	/* Another thread may have given it back meanwhile: not every address stays mapped. */
	if (!copy_from_kernel_nofault(dst, src, n))
		return true;
	return nooks_refuse(f, arg, "%zu bytes at %px went away", n, src);
}
EXPORT_SYMBOL_GPL(nooks_copy_in);

bool nooks_copy_out(struct nooks_frame *f, unsigned int arg, void *dst, const void *src, size_t n)
{
	if (!nooks_check_writable(f, arg, dst, n, 0))
		return false;
	memcpy(dst, src, n);
	return true;
}
EXPORT_SYMBOL_GPL(nooks_copy_out);

/* A function of the kernel's that the driver's own image names. */
static bool listed_address(struct nooks_domain *d, unsigned long fn)
{
	struct nooks_module *m;
	bool listed = false;
	const u64 *list;
	u32 i;

	if (nooks_module_at(d, fn))
		return false;
	rcu_read_lock();
	list_for_each_entry_rcu(m, &d->modules, link) {
		list = (const u64 *)m->info->addresses;
		for (i = 0; i < m->info->naddresses; i++)
			listed |= list[i] == fn;
	}
	rcu_read_unlock();
	return listed && nooks_kernel_text(fn);
}

/*
 * A kernel function is believed to be of the right type only in a constant
 * table, where the driver's compiler saw to that; elsewhere any address that
 * the image happens to name would be called with arguments of another type.
 */
static bool bind(struct nooks_frame *f, unsigned int arg, const void *fn,
		 const struct nooks_stub *stub, bool constant)
{
	unsigned long a = (unsigned long)fn;
	const struct nooks_stub *old;
	struct nooks_thunk *t;

	t = nooks_thunk_find(f->domain, a);
	if (!t) {
		if (constant && listed_address(f->domain, a))
			return true;
		return nooks_refuse(f, arg, "%px (%ps) for %s is no function of the driver",
				    fn, fn, stub->name);
	}
	old = cmpxchg(&t->stub, NULL, stub);
	if (old && old != stub)
		return nooks_refuse(f, arg, "%ps is %s already, it cannot be %s as well",
				    (void *)t->func, old->name, stub->name);
	return true;
}

bool nooks_bind(struct nooks_frame *f, unsigned int arg, const void *fn,
		const struct nooks_stub *stub, u32 flags)
{
	return (!fn && (flags & NOOKS_NULLABLE)) || bind(f, arg, fn, stub, false);
}
EXPORT_SYMBOL_GPL(nooks_bind);

/* A copy of an ops table that the driver could change later.  They stay: bounded. */
#define MAX_TABLES 512U

struct kept_table {
	struct list_head link;
	unsigned long from;
	const struct nooks_ops *ops;
	char bytes[] __aligned(8);
};

static const void *keep_table(struct nooks_frame *f, unsigned int arg, const void *from,
			      const struct nooks_ops *ops)
{
	struct nooks_domain *d = f->domain;
	struct kept_table *k, *i;
	unsigned int n = 0;
	unsigned long irq;

	if (!nooks_check_readable(f, arg, from, ops->size, 0))
		return NULL;
	k = kmalloc(sizeof(*k) + ops->size, GFP_ATOMIC);
	if (!k) {
		nooks_refuse(f, arg, "no memory for a copy of %s", ops->name);
		return NULL;
	}
	k->from = (unsigned long)from;
	k->ops = ops;
	memcpy(k->bytes, from, ops->size);
	raw_spin_lock_irqsave(&d->lock, irq);
	list_for_each_entry(i, &d->tables, link) {
		n++;
		if (i->from != k->from || i->ops != ops || memcmp(i->bytes, k->bytes, ops->size))
			continue;
		raw_spin_unlock_irqrestore(&d->lock, irq);
		kfree(k);
		return i->bytes;
	}
	if (n < MAX_TABLES)
		list_add_tail(&k->link, &d->tables);
	raw_spin_unlock_irqrestore(&d->lock, irq);
	if (n < MAX_TABLES)
		return k->bytes;
	kfree(k);
	nooks_refuse(f, arg, "more than %u tables of ops", MAX_TABLES);
	return NULL;
}

void nooks_tables_free(struct nooks_domain *d)
{
	struct kept_table *k, *next;

	list_for_each_entry_safe(k, next, &d->tables, link) {
		list_del(&k->link);
		kfree(k);
	}
}

/*
 * What the kernel put there itself: a table without any op, in its read-only
 * data (default_ethtool_ops).  There is nothing in it to bind or to change.
 */
static bool kernels_empty(const void *t, const struct nooks_ops *ops)
{
	unsigned long start = nooks_ksym("__start_rodata"), end = nooks_ksym("__end_rodata");
	unsigned long a = (unsigned long)t;
	u32 i;

	if (!start || a < start || a > end || end - a < ops->size)
		return false;
	for (i = 0; i < ops->nops; i++)
		if (*(void **)(t + ops->offsets[i]))
			return false;
	return true;
}

bool nooks_bind_ops(struct nooks_frame *f, unsigned int arg, const void **table,
		    const struct nooks_ops *ops, u32 flags)
{
	const void *t = *table;
	bool constant = t && nooks_image_rodata(f->domain, (unsigned long)t, ops->size);
	const void *fn;
	u32 i;

	if (!t && (flags & NOOKS_NULLABLE))
		return true;
	if (kernels_empty(t, ops))
		return true;
	if (!constant) {
		t = t ? keep_table(f, arg, t, ops) : NULL;
		if (!t)
			return f->failed ? false :
			       nooks_refuse(f, arg, "no table of %s", ops->name);
	}
	for (i = 0; i < ops->nops; i++) {
		fn = *(void **)(t + ops->offsets[i]);
		if (!fn)
			continue;
		if (!ops->stubs[i])
			return nooks_refuse(f, arg, "%s: %ps: an op that is not supported",
					    ops->name, fn);
		if (!bind(f, arg, fn, ops->stubs[i], constant))
			return false;
	}
	*table = t;
	return true;
}
EXPORT_SYMBOL_GPL(nooks_bind_ops);

bool nooks_free_checked(struct nooks_frame *f, unsigned int arg, const void *p)
{
	const char *why;

	if (nooks_free_why(f->domain, p, &why))
		return true;
	return nooks_refuse(f, arg, "%px cannot be freed: %s", p, why);
}
EXPORT_SYMBOL_GPL(nooks_free_checked);

bool nooks_check_self(struct nooks_frame *f, unsigned int arg, const void *p)
{
	struct nooks_module *m;
	bool self = false;

	rcu_read_lock();
	list_for_each_entry_rcu(m, &f->domain->modules, link)
		self |= m->mod == p;
	rcu_read_unlock();
	return self || nooks_refuse(f, arg, "%px is not the driver's own module", p);
}
EXPORT_SYMBOL_GPL(nooks_check_self);

bool nooks_size_mul(struct nooks_frame *f, unsigned int arg, size_t a, size_t b, size_t *res)
{
	if (!check_mul_overflow(a, b, res))
		return true;
	return nooks_refuse(f, arg, "%zu times %zu bytes overflows", a, b);
}
EXPORT_SYMBOL_GPL(nooks_size_mul);

bool nooks_size_add(struct nooks_frame *f, unsigned int arg, size_t a, size_t b, size_t *res)
{
	if (!check_add_overflow(a, b, res))
		return true;
	return nooks_refuse(f, arg, "%zu plus %zu bytes overflows", a, b);
}
EXPORT_SYMBOL_GPL(nooks_size_add);
