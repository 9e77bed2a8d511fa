// SPDX-License-Identifier: GPL-2.0
/*
 * Strings from a driver: copied, bounded, and if the kernel keeps the pointer,
 * kept in kernel memory as long as the domain lives, so that a string changed
 * or freed later hurts nobody.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <nooks/check.h>
#include "internal.h"

/* They stay as long as the domain: a driver has a handful. */
#define MAX_KEPT 1024U

struct kept_string {
	struct list_head link;
	size_t len;
	char s[];
};

bool nooks_copy_string(struct nooks_frame *f, unsigned int arg, char *dst, const char *src,
		       size_t max, u32 flags)
{
	size_t n = 0, step;

	if (!src && (flags & NOOKS_NULLABLE)) {
		dst[0] = '\0';
		return true;
	}
	/* Page by page: what follows the end of the string need not be readable. */
	while (n < max) {
		step = min_t(size_t, max - n, PAGE_SIZE - ((unsigned long)(src + n) & ~PAGE_MASK));
		if (!nooks_check_readable(f, arg, src + n, 1, 0))
			return false;
		for (; step; step--, n++) {
			/* mapped, and still the driver's? */
			if (get_kernel_nofault(dst[n], src + n))
				return nooks_refuse(f, arg, "string at %px went away", src);
			if (!dst[n])
				return true;
		}
	}
	return nooks_refuse(f, arg, "string is not terminated within %zu bytes", max);
}
EXPORT_SYMBOL_GPL(nooks_copy_string);

static struct kept_string *find_kept(struct nooks_domain *d, const char *s, size_t len,
				     unsigned int *n)
{
	struct kept_string *k;

	list_for_each_entry(k, &d->strings, link)
		if (++*n && k->len == len && !memcmp(k->s, s, len))
			return k;
	return NULL;
}

const char *nooks_keep_string(struct nooks_frame *f, unsigned int arg, const char *src,
			      size_t max, u32 flags)
{
	struct nooks_domain *d = f->domain;
	struct kept_string *k, *old;
	unsigned int n = 0;
	unsigned long irq;

	if (!src && (flags & NOOKS_NULLABLE))
		return NULL;
	k = kmalloc(sizeof(*k) + max, GFP_ATOMIC);
	if (!k) {
		nooks_refuse(f, arg, "no memory to keep a string");
		return NULL;
	}
	if (!nooks_copy_string(f, arg, k->s, src, max, 0)) {
		kfree(k);
		return NULL;
	}
	k->len = strlen(k->s);
	raw_spin_lock_irqsave(&d->lock, irq);
	old = find_kept(d, k->s, k->len, &n);
	if (!old && n < MAX_KEPT)
		list_add_tail(&k->link, &d->strings);
	raw_spin_unlock_irqrestore(&d->lock, irq);
	if (old) {
		kfree(k);
		return old->s;
	}
	if (n < MAX_KEPT)
		return k->s;
	kfree(k);
	nooks_refuse(f, arg, "more than %u strings to keep", MAX_KEPT);
	return NULL;
}
EXPORT_SYMBOL_GPL(nooks_keep_string);

void nooks_strings_free(struct nooks_domain *d)
{
	struct kept_string *k, *next;

	list_for_each_entry_safe(k, next, &d->strings, link) {
		list_del(&k->link);
		kfree(k);
	}
}
