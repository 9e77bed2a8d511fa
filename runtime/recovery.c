// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: a failed domain is drained, its device quieted, everything it held
 * is released, and its modules start again in place.
 *
 * No driver code is needed to take a driver down: every thunk of a closed domain
 * answers with its declared failure value.  The work runs on a queue of its own
 * with domain->mutex held; a failure while it runs (init failing again) queues
 * it once more, it never waits for itself.
 */
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "internal.h"
#include "trace.h"

static bool recover = true;
module_param(recover, bool, 0644);
MODULE_PARM_DESC(recover, "restart drivers that failed");

static unsigned int max_failures = 10;
module_param(max_failures, uint, 0644);
MODULE_PARM_DESC(max_failures, "give up after that many failures within window_s seconds");

static unsigned int window_s = 60;
module_param(window_s, uint, 0644);
MODULE_PARM_DESC(window_s, "see max_failures");

static unsigned int backoff_ms = 20;
module_param(backoff_ms, uint, 0644);
MODULE_PARM_DESC(backoff_ms, "wait before the second restart within the window; doubled each time");

static unsigned int drain_ms = 10000;
module_param(drain_ms, uint, 0644);
MODULE_PARM_DESC(drain_ms, "how long to wait for threads to leave a failed driver");

static struct workqueue_struct *queue;

int nooks_recovery_init(void)
{
	queue = alloc_workqueue("nooks", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return queue ? 0 : -ENOMEM;
}

void nooks_recovery_exit(void)
{
	destroy_workqueue(queue);
}

void nooks_recovery_schedule(struct nooks_domain *d)
{
	queue_work(queue, &d->recovery);
}

/* No thread enters any more. */
int nooks_domain_close(struct nooks_domain *d)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&d->report_lock, irq);
	if (!READ_ONCE(d->dead)) {
		WRITE_ONCE(d->dead, 1);
		WRITE_ONCE(d->state, NOOKS_FAILED);
	}
	raw_spin_unlock_irqrestore(&d->report_lock, irq);
	nooks_kick(d);
	return 0;
}

static int say_inside(void *arg, struct nooks_frame *f)
{
	struct nooks_domain *d = arg;

	if (f->domain == d)
		pr_err("nooks: %s: %s:%d is inside, in %s%s%s\n", d->name,
		       f->task ? f->task->comm : "?", f->task ? f->task->pid : 0,
		       f->thunk && f->thunk->stub ? f->thunk->stub->name : "?",
		       f->wrapper ? ", waiting in " : "", f->wrapper ? f->wrapper->name : "");
	return 0;
}

/* Wait until no thread is inside; -EBUSY after too long. */
int nooks_domain_drain(struct nooks_domain *d)
{
	unsigned long end = jiffies + msecs_to_jiffies(READ_ONCE(drain_ms));
	unsigned int ms = 0;

	/* A thread is counted before it looks whether the domain is closed. */
	smp_mb();
	while (atomic_read(&d->inside)) {
		if (time_after(jiffies, end)) {
			pr_err("nooks: %s: %d threads have not left after %u ms\n", d->name,
			       atomic_read(&d->inside), drain_ms);
			nooks_frames_each(d, say_inside, d);
			return -EBUSY;
		}
		nooks_kick(d);
		if (ms < 5)
			ms++;
		msleep(ms);
	}
	return 0;
}

/*
 * Give everything back, newest first.  Closed and drained; domain->mutex held.
 * A release function may call thunks (they answer), and may find that an object
 * it depends on is gone (it was newer).
 */
void nooks_domain_release(struct nooks_domain *d)
{
	struct nooks_report *r = nooks_report_last(d);
	struct nooks_module *m;
	struct nooks_object *o;
	u32 allocations;
	u64 bytes;

	nooks_event(d, NOOKS_EVENT_CLOSED, 0, 0);
	nooks_quiet_all(d);
	while ((o = nooks_object_pop(d))) {
		if (!(o->flags & NOOKS_OBJ_LENT)) {
			nooks_report_released(d, o->type);
			if (o->type->release)
				o->type->release(d, o);
		}
		nooks_object_free(o);
		cond_resched();
	}
	nooks_heap_reset(d, &bytes, &allocations);
	if (r && READ_ONCE(d->dead)) {
		r->heap_bytes = bytes;
		r->heap_allocations = allocations;
	}
	list_for_each_entry(m, &d->modules, link) {
		nooks_thunks_unbind(m, false);
		m->initialized = false;
	}
}

static void outcome(struct nooks_domain *d, const char *text)
{
	struct nooks_report *r = nooks_report_last(d);

	if (r)
		strscpy(r->outcome, text, sizeof(r->outcome));
}

static void stop(struct nooks_domain *d, const char *why)
{
	d->state = NOOKS_STOPPED;
	outcome(d, why);
	pr_err("nooks: %s: stopped: %s\n", d->name, why);
}

/* Is every module loaded for good, so that it may be started again? */
static bool restartable(struct nooks_domain *d, const char **why)
{
	struct nooks_module *m;

	if (list_empty(&d->modules)) {
		*why = "no module left";
		return false;
	}
	list_for_each_entry(m, &d->modules, link) {
		if (m->going || m->mod->state != MODULE_STATE_LIVE) {
			*why = m->mod->state == MODULE_STATE_COMING ? "failed while loading" :
								      "being unloaded";
			return false;
		}
	}
	return true;
}

static bool restorable(struct nooks_domain *d)
{
	struct nooks_module *m;

	list_for_each_entry(m, &d->modules, link)
		if (m->info->data_size && !m->pristine)
			return false;
	return true;
}

/* Too often?  Also does the waiting. */
static bool back_off(struct nooks_domain *d)
{
	if (!d->recent || time_after(jiffies, d->recent_since + READ_ONCE(window_s) * HZ)) {
		d->recent = 0;
		d->recent_since = jiffies;
	}
	if (++d->recent > READ_ONCE(max_failures))
		return false;
	if (d->recent > 1)
		msleep(min_t(unsigned int, READ_ONCE(backoff_ms) << min(d->recent - 2, 10U),
			     5000));
	return true;
}

/* Run every module's init through its thunk; the domain is open. */
static int restart(struct nooks_domain *d)
{
	struct nooks_module *m;
	int (*init)(void);
	int err;

	list_for_each_entry(m, &d->modules, link) {
		if (m->info->init_thunk == ~0U) {
			m->initialized = true;
			continue;
		}
		init = (void *)nooks_thunk_address(m, m->info->init_thunk);
		err = init();
		if (err) {
			pr_err("nooks: %s: %s does not start again: %d\n", d->name,
			       m->mod->name, err);
			return err;
		}
	}
	return 0;
}

static void reopen(struct nooks_domain *d)
{
	struct nooks_module *m;
	unsigned long irq;

	list_for_each_entry(m, &d->modules, link) {
		nooks_image_restore(m);
		nooks_params_refresh(m);
	}
	nooks_event(d, NOOKS_EVENT_RESET, 0, 0);
	raw_spin_lock_irqsave(&d->report_lock, irq);
	d->state = NOOKS_LIVE;
	smp_store_release(&d->dead, 0);
	raw_spin_unlock_irqrestore(&d->report_lock, irq);
}

static void recover_locked(struct nooks_domain *d)
{
	struct nooks_report *r = nooks_report_last(d);
	ktime_t begin = ktime_get(), drained, released;
	const char *why = NULL;
	char text[64];
	int err;

	if (!READ_ONCE(d->dead) || d->state == NOOKS_STOPPED)
		return;
	d->state = NOOKS_RECOVERING;
	if (nooks_domain_drain(d)) {
		d->stuck = true;
		stop(d, "threads do not leave it; nothing was released");
		return;
	}
	d->stuck = false;
	drained = ktime_get();
	trace_nooks_recovery(d->name, "drained", ktime_us_delta(drained, begin));
	if (!restartable(d, &why)) {
		/* The loader tells us how it ends, and what is held is released then. */
		d->state = NOOKS_FAILED;
		outcome(d, why);
		return;
	}
	nooks_domain_release(d);
	released = ktime_get();
	trace_nooks_recovery(d->name, "released", ktime_us_delta(released, begin));
	if (r) {
		r->drain_us = ktime_us_delta(drained, begin);
		r->release_us = ktime_us_delta(released, drained);
	}
	if (d->stop_wanted) {
		stop(d, "by the administrator");
		return;
	}
	if (!READ_ONCE(recover)) {
		stop(d, "restarting is off (parameter recover)");
		return;
	}
	if (!restorable(d)) {
		stop(d, "there is no copy of its data to start with");
		return;
	}
	if (!back_off(d)) {
		stop(d, "it failed too often");
		return;
	}
	released = ktime_get();
	reopen(d);
	err = restart(d);
	if (READ_ONCE(d->dead))
		return;		/* failed again: we are queued again */
	if (err) {
		nooks_domain_close(d);
		if (!nooks_domain_drain(d))
			nooks_domain_release(d);
		snprintf(text, sizeof(text), "its initialisation returned %d", err);
		stop(d, text);
		return;
	}
	d->recoveries++;
	d->last_recovery_us = ktime_us_delta(ktime_get(), begin);
	if (r) {
		r->restart_us = ktime_us_delta(ktime_get(), released);
		r->total_us = d->last_recovery_us;
	}
	outcome(d, "recovered");
	trace_nooks_recovery(d->name, "restarted", d->last_recovery_us);
	pr_info("nooks: %s: recovered in %llu us\n", d->name, d->last_recovery_us);
}

void nooks_recovery_work(struct work_struct *w)
{
	struct nooks_domain *d = container_of(w, struct nooks_domain, recovery);

	mutex_lock(&d->mutex);
	recover_locked(d);
	mutex_unlock(&d->mutex);
}

/* By the administrator: take the driver down and leave it so. */
int nooks_domain_stop(struct nooks_domain *d)
{
	if (READ_ONCE(d->state) == NOOKS_STOPPED)
		return 0;
	d->stop_wanted = true;
	nooks_fail(d, NULL, "stopped by the administrator");
	return 0;
}

/* By the administrator: start a stopped driver again. */
int nooks_domain_recover(struct nooks_domain *d)
{
	int err = 0;

	mutex_lock(&d->mutex);
	d->stop_wanted = false;
	if (d->state != NOOKS_STOPPED) {
		err = d->state == NOOKS_LIVE ? -EALREADY : -EBUSY;
	} else {
		d->recent = 0;
		d->state = NOOKS_FAILED;
		nooks_recovery_schedule(d);
	}
	mutex_unlock(&d->mutex);
	return err;
}
