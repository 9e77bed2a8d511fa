// SPDX-License-Identifier: GPL-2.0
/*
 * Timers in driver memory, by twins.
 *
 * The driver's own struct timer_list is only read when the timer starts: its
 * function is bound there and the kernel runs a twin.  entry.pprev of the driver's
 * copy says "pending", which is all that inline code looks at.  A twin is idle
 * when it is not pending; it goes when the memory it stands for is freed.
 */
#include <linux/timer.h>
#include "nooks_core.gen.h"

/* Starting a timer and deciding that a twin is idle exclude each other. */
static DEFINE_RAW_SPINLOCK(timers_lock);

#define PENDING ((struct hlist_node **)1UL)

static void mark(struct timer_list *t, bool pending)
{
	WRITE_ONCE(t->entry.pprev, pending ? PENDING : NULL);
}

static struct timer_list *twin_of(struct nooks_frame *f, struct timer_list *t)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_timer_list,
						   (unsigned long)t);

	return o ? o->twin : NULL;
}

static int start(struct nooks_frame *f, struct timer_list *t, const unsigned long *expires)
{
	void (*func)(struct timer_list *);
	struct timer_list *twin;
	unsigned long irq;
	int r = 0;

	if (!nooks_check_writable(f, 1, t, sizeof(*t), 0))
		return 0;
	func = READ_ONCE(t->function);
	if (!nooks_bind(f, 1, func, &nooks_stub_timer_function, 0))
		return 0;
	raw_spin_lock_irqsave(&timers_lock, irq);
	twin = nooks_twin_new(f, 1, t, &nooks_type_timer_list, GFP_ATOMIC);
	if (twin) {
		if (!twin->function)
			timer_setup(twin, func, READ_ONCE(t->flags) &
				    (TIMER_DEFERRABLE | TIMER_PINNED));
		else if (!timer_pending(twin))
			twin->function = func;
		mark(t, true);
		r = mod_timer(twin, expires ? *expires : READ_ONCE(t->expires));
	}
	raw_spin_unlock_irqrestore(&timers_lock, irq);
	return r;
}

int nooks_mod_timer(struct nooks_frame *f, struct timer_list *t, unsigned long expires)
{
	return start(f, t, &expires);
}

void nooks_add_timer(struct nooks_frame *f, struct timer_list *t)
{
	struct timer_list *twin = twin_of(f, t);

	if (twin && timer_pending(twin))
		nooks_refuse(f, 1, "add_timer() of a timer that is pending");
	else
		start(f, t, NULL);
}

static int stop(struct nooks_frame *f, struct timer_list *t, int (*del)(struct timer_list *))
{
	struct timer_list *twin;

	if (!nooks_check_writable(f, 1, t, sizeof(*t), 0))
		return 0;
	twin = twin_of(f, t);
	mark(t, false);
	return twin ? del(twin) : 0;
}

int nooks_del_timer(struct nooks_frame *f, struct timer_list *t)
{
	return stop(f, t, del_timer);
}

int nooks_del_timer_sync(struct nooks_frame *f, struct timer_list *t)
{
	/* It waits for the handler: from within, for ever. */
	if (in_hardirq() || nooks_runs_in(twin_of(f, t))) {
		nooks_refuse(f, 1, "del_timer_sync() in %s", in_hardirq() ?
			     "an interrupt handler" : "the timer's own function");
		return 0;
	}
	return stop(f, t, del_timer_sync);
}

/* In the place of nooks_enter(): f->arg[0] is the driver's structure already. */
int nooks_timer_fire(struct nooks_frame *f)
{
	struct timer_list *t = (struct timer_list *)f->arg[0];

	if (nooks_owned(f->domain, (unsigned long)t, sizeof(*t)))
		mark(t, false);
	return nooks_enter(f);
}

struct span {
	unsigned long addr, n, found;
};

static int in_span(void *arg, struct nooks_object *o)
{
	struct span *r = arg;

	if (o->key - r->addr >= r->n || timer_pending((struct timer_list *)o->twin))
		return 0;
	r->found = o->key;
	return 1;
}

/* [addr, addr + n) is about to be freed: drop the twins of idle timers in it. */
void nooks_timers_forget(struct nooks_domain *d, unsigned long addr, size_t n)
{
	struct span r = { .addr = addr, .n = n };
	unsigned long irq;

	raw_spin_lock_irqsave(&timers_lock, irq);
	while (nooks_object_each(d, &nooks_type_timer_list, in_span, &r))
		nooks_twin_free(d, (void *)r.found, &nooks_type_timer_list);
	raw_spin_unlock_irqrestore(&timers_lock, irq);
}
EXPORT_SYMBOL_GPL(nooks_timers_forget);

void nooks_timer_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct timer_list *twin = o->twin;

	if (twin->function)
		del_timer_sync(twin);
}

/*
 * In the domain.  delayed_work_timer_fn comes here from INIT_DELAYED_WORK(); it
 * is never called on the driver's copy.
 */
void dl_init_timer_key(struct timer_list *t, void (*func)(struct timer_list *),
		       unsigned int flags, const char *name, struct lock_class_key *key)
{
	t->entry.next = NULL;
	t->entry.pprev = NULL;
	t->function = func;
	t->flags = flags;
}
