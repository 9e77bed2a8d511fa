// SPDX-License-Identifier: GPL-2.0
/*
 * Driver stacks: one per call, out of a pool per domain.
 *
 * The pool is one 2 MiB chunk of slots (see nooks/entry.h for the layout); a
 * slot's guard pages stay the kernel's.  A call that finds no slot is answered
 * with its op's failure value and counted: it is load, not a driver's fault.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "internal.h"
#include "xpc.h"

#define POOL_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define SLOTS		(PMD_SIZE / NOOKS_STACK_SLOT)

struct pool {
	unsigned long base;
	DECLARE_BITMAP(used, SLOTS);
	atomic64_t exhausted;
};

unsigned long nooks_stack_get(struct nooks_frame *f)
{
	struct pool *p = f->domain->xpc_data;
	/* where to look first: CPUs should not fight for one word's first bits */
	unsigned int start = raw_smp_processor_id() % SLOTS;
	struct nooks_stack_base *base;
	unsigned int i;

	do {
		i = find_next_zero_bit(p->used, SLOTS, start);
		if (i >= SLOTS)
			i = find_first_zero_bit(p->used, SLOTS);
		if (i >= SLOTS) {
			atomic64_inc(&p->exhausted);
			return 0;
		}
	} while (test_and_set_bit(i, p->used));

	f->dslot = i;
	base = (void *)(p->base + i * NOOKS_STACK_SLOT);
	WRITE_ONCE(base->pc, NOOKS_PC_START);
	WRITE_ONCE(base->count, 0);
	return (unsigned long)base;
}

void nooks_stack_put(struct nooks_frame *f)
{
	struct pool *p = f->domain->xpc_data;

	clear_bit_unlock(f->dslot, p->used);
	f->dslot = -1;
}

/* nooks_stacks_exhausted() - calls refused for want of a stack */
u64 nooks_stacks_exhausted(struct nooks_domain *d)
{
	struct pool *p = d->xpc_data;

	return p ? atomic64_read(&p->exhausted) : 0;
}

void nooks_xpc_domain_exit(struct nooks_domain *d)
{
	struct pool *p = d->xpc_data;
	unsigned long landing;
	size_t n;

	if (!p)
		return;
	nooks_landing(&landing, &n);
	nooks_disown_pages(d, landing, n);
	nooks_disown_pages(d, p->base, PMD_SIZE);
	d->xpc_data = NULL;
	free_pages(p->base, POOL_ORDER);
	kfree(p);
}

static int own_slots(struct nooks_domain *d, unsigned long base)
{
	unsigned long slot;
	int ret = 0;

	for (slot = base; slot < base + PMD_SIZE && !ret; slot += NOOKS_STACK_SLOT) {
		ret = nooks_own_region(d, slot, PAGE_SIZE, "stack base", "runtime/stack.c");
		if (!ret)
			ret = nooks_own_region(d, slot + NOOKS_STACK_LOW,
					       NOOKS_STACK_HIGH - NOOKS_STACK_LOW,
					       "stack", "runtime/stack.c");
	}
	return ret;
}

int nooks_xpc_domain_init(struct nooks_domain *d)
{
	struct pool *p = kzalloc(sizeof(*p), GFP_KERNEL);
	unsigned long landing;
	size_t n;
	int ret;

	if (!p)
		return -ENOMEM;
	p->base = __get_free_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, POOL_ORDER);
	if (!p->base) {
		kfree(p);
		return -ENOMEM;
	}
	d->xpc_data = p;
	nooks_landing(&landing, &n);
	ret = nooks_own_region(d, landing, n, "trap landing", "kernel-glue/entry/idt.c");
	if (!ret)
		ret = own_slots(d, p->base);
	if (ret)
		nooks_xpc_domain_exit(d);
	return ret;
}
