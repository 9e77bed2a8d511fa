// SPDX-License-Identifier: GPL-2.0
/*
 * Work items in driver memory, by twins.
 *
 * The driver's own work_struct or delayed_work is only read when it is queued:
 * its function is bound there and the kernel queues a twin.  A twin stays until
 * the memory it stands for is freed, so that queueing and cancelling cannot
 * race for its life; freeing memory with work in it that is queued, or runs in
 * another thread, is refused.
 */
#include <linux/workqueue.h>
#include "nooks_core.gen.h"

/* Queueing and deciding that a twin is idle exclude each other. */
static DEFINE_RAW_SPINLOCK(works_lock);

static bool wq_ok(struct nooks_frame *f, struct workqueue_struct *wq)
{
	if (wq == system_wq || wq == system_highpri_wq || wq == system_long_wq ||
	    wq == system_unbound_wq || wq == system_freezable_wq ||
	    wq == system_power_efficient_wq || wq == system_freezable_power_efficient_wq)
		return true;
	return nooks_refuse(f, 2, "no workqueue that the driver may use");
}

static bool cpu_ok(struct nooks_frame *f, int cpu)
{
	if (cpu == WORK_CPU_UNBOUND || (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu)))
		return true;
	return nooks_refuse(f, 1, "no such CPU: %d", cpu);
}

static void *twin_of(struct nooks_frame *f, const void *p, const struct nooks_type *type)
{
	struct nooks_object *o = nooks_object_find(f->domain, type, (unsigned long)p);

	return o ? o->twin : NULL;
}

/* The function of a work item about to be queued, bound; NULL after refusing. */
static work_func_t bound(struct nooks_frame *f, unsigned int arg, const struct work_struct *w)
{
	work_func_t func = READ_ONCE(w->func);

	return nooks_bind(f, arg, func, &nooks_stub_work_function, 0) ? func : NULL;
}

bool nooks_queue_work_on(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
			 struct work_struct *work)
{
	struct work_struct *twin;
	unsigned long irq;
	work_func_t func;
	bool r = false;

	if (!cpu_ok(f, cpu) || !wq_ok(f, wq) ||
	    !nooks_check_writable(f, 3, work, sizeof(*work), 0))
		return false;
	func = bound(f, 3, work);
	if (!func)
		return false;
	raw_spin_lock_irqsave(&works_lock, irq);
	twin = nooks_twin_new(f, 3, work, &nooks_type_work_struct, GFP_ATOMIC);
	if (twin) {
		if (!twin->func)
			INIT_WORK(twin, func);
		else if (!work_pending(twin))
			twin->func = func;
		r = queue_work_on(cpu, wq, twin);
	}
	raw_spin_unlock_irqrestore(&works_lock, irq);
	return r;
}

static bool queue_delayed(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
			  struct delayed_work *work, unsigned long delay,
			  bool (*queue)(int, struct workqueue_struct *, struct delayed_work *,
					unsigned long))
{
	struct delayed_work *twin;
	unsigned long irq;
	work_func_t func;
	bool r = false;

	if (!cpu_ok(f, cpu) || !wq_ok(f, wq) ||
	    !nooks_check_writable(f, 3, work, sizeof(*work), 0))
		return false;
	func = bound(f, 3, &work->work);
	if (!func)
		return false;
	raw_spin_lock_irqsave(&works_lock, irq);
	twin = nooks_twin_new(f, 3, work, &nooks_type_delayed_work, GFP_ATOMIC);
	if (twin) {
		if (!twin->work.func)
			INIT_DELAYED_WORK(twin, func);
		else if (!work_pending(&twin->work))
			twin->work.func = func;
		r = queue(cpu, wq, twin, delay);
	}
	raw_spin_unlock_irqrestore(&works_lock, irq);
	return r;
}

bool nooks_queue_delayed_work_on(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
				 struct delayed_work *work, unsigned long delay)
{
	return queue_delayed(f, cpu, wq, work, delay, queue_delayed_work_on);
}

bool nooks_mod_delayed_work_on(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
			       struct delayed_work *work, unsigned long delay)
{
	return queue_delayed(f, cpu, wq, work, delay, mod_delayed_work_on);
}

/* Does this thread run in the callback of @twin? */
bool nooks_runs_in(const void *twin)
{
	struct nooks_frame *f;

	for (f = twin ? nooks_current_frame() : NULL; f; f = f->outer)
		if (f->original[0] == (unsigned long)twin)
			return true;
	return false;
}

/* The twin to wait for, NULL: none.  From within itself that would be for ever. */
static void *twin_to_wait_for(struct nooks_frame *f, const void *p,
			      const struct nooks_type *type)
{
	void *twin = twin_of(f, p, type);

	if (!nooks_runs_in(twin))
		return twin;
	nooks_refuse(f, 1, "a work item waits for itself");
	return NULL;
}

/* A work item that was never queued has no twin: there is nothing to wait for. */
bool nooks_flush_work(struct nooks_frame *f, struct work_struct *work)
{
	struct work_struct *twin = twin_to_wait_for(f, work,
						    &nooks_type_work_struct);

	return twin && flush_work(twin);
}

bool nooks_flush_delayed_work(struct nooks_frame *f, struct delayed_work *work)
{
	struct delayed_work *twin = twin_to_wait_for(f, work,
						     &nooks_type_delayed_work);

	return twin && flush_delayed_work(twin);
}

bool nooks_cancel_work_sync(struct nooks_frame *f, struct work_struct *work)
{
	struct work_struct *twin = twin_to_wait_for(f, work,
						    &nooks_type_work_struct);

	return twin && cancel_work_sync(twin);
}

bool nooks_cancel_delayed_work(struct nooks_frame *f, struct delayed_work *work)
{
	struct delayed_work *twin = twin_of(f, work, &nooks_type_delayed_work);

	return twin && cancel_delayed_work(twin);
}

bool nooks_cancel_delayed_work_sync(struct nooks_frame *f, struct delayed_work *work)
{
	struct delayed_work *twin = twin_to_wait_for(f, work,
						     &nooks_type_delayed_work);

	return twin && cancel_delayed_work_sync(twin);
}

struct span {
	unsigned long addr, n, found[8];
	unsigned int nfound;
};

static int in_span(void *arg, struct nooks_object *o)
{
	struct span *r = arg;

	if (o->key - r->addr < r->n)
		r->found[r->nfound++] = o->key;
	return r->nfound == ARRAY_SIZE(r->found);
}

/* Drop idle twins, some at a time; false: there may be more. */
static bool forget_some(struct nooks_domain *d, unsigned long addr, size_t n,
			const struct nooks_type *type)
{
	struct span r = { .addr = addr, .n = n };
	bool full = nooks_object_each(d, type, in_span, &r), dropped = false;
	struct work_struct *twin;
	struct nooks_object *o;
	unsigned long irq;
	unsigned int busy;

	while (r.nfound--) {
		raw_spin_lock_irqsave(&works_lock, irq);
		o = nooks_object_find(d, type, r.found[r.nfound]);
		if (o) {
			twin = o->twin;	/* a delayed_work starts with its work_struct */
			busy = work_busy(twin);
			if (!(busy & WORK_BUSY_PENDING) &&
			    (!(busy & WORK_BUSY_RUNNING) || nooks_runs_in(twin))) {
				nooks_twin_free(d, (void *)o->key, type);
				dropped = true;
			}
		}
		raw_spin_unlock_irqrestore(&works_lock, irq);
	}
	return !full || !dropped;
}

static void forget(struct nooks_domain *d, unsigned long addr, size_t n,
		   const struct nooks_type *type)
{
	while (!forget_some(d, addr, n, type))
		;
}

/* [addr, addr + n) is about to be freed: drop the twins of idle work in it. */
void nooks_works_forget(struct nooks_domain *d, unsigned long addr, size_t n)
{
	BUILD_BUG_ON(offsetof(struct delayed_work, work) != 0);
	forget(d, addr, n, &nooks_type_work_struct);
	forget(d, addr, n, &nooks_type_delayed_work);
}
EXPORT_SYMBOL_GPL(nooks_works_forget);

void nooks_work_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct work_struct *twin = o->twin;

	if (twin->func)
		cancel_work_sync(twin);
}

void nooks_delayed_work_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct delayed_work *twin = o->twin;

	if (twin->work.func)
		cancel_delayed_work_sync(twin);
}
