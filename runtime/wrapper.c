// SPDX-License-Identifier: GPL-2.0
/*
 * The wrappers that classes have registered.
 *
 * A driver reaches kernel code only through descriptors known here: the gate
 * gets one in a register that the driver filled, so it is believed only if
 * this table has it under the number it claims.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "internal.h"
#include "xpc.h"

#define MAX_WRAPPERS	8192

struct batch {
	struct list_head link;
	struct module *owner;
	struct nooks_wrapper *const *wrappers;
	unsigned int n;
	u64 __percpu *calls;
};

static struct nooks_wrapper *table[MAX_WRAPPERS];	/* by id; 0 is nobody's */
static LIST_HEAD(batches);
static DEFINE_MUTEX(batches_mutex);

bool nooks_wrapper_known(const struct nooks_wrapper *w)
{
	unsigned long addr = (unsigned long)w;
	u32 id;

	if (addr < MODULES_VADDR || addr >= MODULES_END - sizeof(*w))
		return false;
	__get_kernel_nofault(&id, &w->id, u32, fault);
	/* functions that run inside the domain have no C part */
	return id && id < MAX_WRAPPERS && READ_ONCE(table[id]) == w && w->call;
fault:
	return false;
}

static void forget(struct batch *b)
{
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		struct nooks_wrapper *w = b->wrappers[i];

		if (w->id && table[w->id] == w)
			WRITE_ONCE(table[w->id], NULL);
		w->id = 0;
		w->calls = NULL;
	}
	free_percpu(b->calls);
	kfree(b);
}

/**
 * nooks_wrappers_register() - make the wrappers of a class known
 * @owner: its module
 * @wrappers: descriptors, in memory that only the kernel writes, until unregistered
 * @n: how many
 *
 * Context: process; may sleep.
 * Return: 0, -ENOMEM, or -ENOSPC if there are too many in all.
 */
int nooks_wrappers_register(struct module *owner, struct nooks_wrapper *const *wrappers,
			    unsigned int n)
{
	struct batch *b = kzalloc(sizeof(*b), GFP_KERNEL);
	unsigned int i, id = 1;
	int ret = -ENOSPC;

	if (!b)
		return -ENOMEM;
	b->owner = owner;
	b->wrappers = wrappers;
	b->calls = __alloc_percpu(max(n, 1U) * sizeof(u64), sizeof(u64));
	if (!b->calls) {
		kfree(b);
		return -ENOMEM;
	}
	mutex_lock(&batches_mutex);
	for (i = 0; i < n; i++) {
		while (id < MAX_WRAPPERS && table[id])
			id++;
		if (id == MAX_WRAPPERS)
			goto undo;
		b->n = i + 1;
		wrappers[i]->calls = b->calls + i;
		wrappers[i]->id = id;
		smp_store_release(&table[id], wrappers[i]);
	}
	list_add_tail(&b->link, &batches);
	mutex_unlock(&batches_mutex);
	return 0;

undo:
	forget(b);
	mutex_unlock(&batches_mutex);
	pr_err("nooks: more than %d wrappers\n", MAX_WRAPPERS - 1);
	return ret;
}
EXPORT_SYMBOL_GPL(nooks_wrappers_register);

/**
 * nooks_wrappers_unregister() - forget all wrappers of a module
 * @owner: the module
 *
 * Drivers bound to them hold references to the module, so none can be running.
 *
 * Context: process; may sleep.
 */
void nooks_wrappers_unregister(struct module *owner)
{
	struct batch *b, *next;

	mutex_lock(&batches_mutex);
	list_for_each_entry_safe(b, next, &batches, link) {
		if (b->owner != owner)
			continue;
		list_del(&b->link);
		forget(b);
	}
	mutex_unlock(&batches_mutex);
}
EXPORT_SYMBOL_GPL(nooks_wrappers_unregister);

/* nooks_wrappers_each() - for status; stops when @fn returns non-zero */
int nooks_wrappers_each(int (*fn)(void *arg, struct module *owner, struct nooks_wrapper *w),
			void *arg)
{
	struct batch *b;
	unsigned int i;
	int ret = 0;

	mutex_lock(&batches_mutex);
	list_for_each_entry(b, &batches, link)
		for (i = 0; i < b->n && !ret; i++)
			ret = fn(arg, b->owner, b->wrappers[i]);
	mutex_unlock(&batches_mutex);
	return ret;
}
