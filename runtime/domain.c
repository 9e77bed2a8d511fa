// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: created when the first module naming them is loaded, destroyed when
 * the last one is gone; hooks by which class glue follows their life.
 *
 * Locking: nooks_domains_mutex protects the list; domain->mutex serialises
 * load, recovery, stop and unload of one domain; domain->lock (raw, irq-safe,
 * innermost) protects what it tracks.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "internal.h"

DEFINE_MUTEX(nooks_domains_mutex);
LIST_HEAD(nooks_domains);

static DEFINE_MUTEX(hooks_mutex);
static LIST_HEAD(hooks);
static LIST_HEAD(quiets);

static const char *const state_names[] = {
	[NOOKS_LIVE] = "live",
	[NOOKS_FAILED] = "failed",
	[NOOKS_RECOVERING] = "recovering",
	[NOOKS_STOPPED] = "stopped",
	[NOOKS_GONE] = "gone",
};

const char *nooks_state_name(enum nooks_state s)
{
	return (unsigned int)s < ARRAY_SIZE(state_names) ? state_names[s] : "?";
}

void nooks_hook_register(struct nooks_hook *h)
{
	mutex_lock(&hooks_mutex);
	list_add_tail(&h->link, &hooks);
	mutex_unlock(&hooks_mutex);
}
EXPORT_SYMBOL_GPL(nooks_hook_register);

void nooks_hook_unregister(struct nooks_hook *h)
{
	mutex_lock(&hooks_mutex);
	list_del(&h->link);
	mutex_unlock(&hooks_mutex);
}
EXPORT_SYMBOL_GPL(nooks_hook_unregister);

void nooks_quiet_register(struct nooks_quiet *q)
{
	mutex_lock(&hooks_mutex);
	list_add_tail(&q->link, &quiets);
	mutex_unlock(&hooks_mutex);
}
EXPORT_SYMBOL_GPL(nooks_quiet_register);

void nooks_quiet_unregister(struct nooks_quiet *q)
{
	mutex_lock(&hooks_mutex);
	list_del(&q->link);
	mutex_unlock(&hooks_mutex);
}
EXPORT_SYMBOL_GPL(nooks_quiet_unregister);

/* Tell the class glue; process context. */
void nooks_event(struct nooks_domain *d, enum nooks_event event, unsigned long addr, size_t n)
{
	struct nooks_hook *h;

	mutex_lock(&hooks_mutex);
	list_for_each_entry(h, &hooks, link)
		h->event(d, event, addr, n);
	mutex_unlock(&hooks_mutex);
}

struct quiet_walk {
	const struct nooks_quiet *q;
	struct nooks_object *next;
	u64 below;
};

/* The newest object older than the last one served. */
static int quiet_next(void *arg, struct nooks_object *o)
{
	struct quiet_walk *w = arg;

	if (o->serial >= w->below)
		return 0;
	w->next = o;
	return 1;
}

/*
 * Stop the devices.  Nobody else can release an object meanwhile (domain
 * drained, its mutex held), so the object stays while its lock is not held.
 */
void nooks_quiet_all(struct nooks_domain *d)
{
	struct quiet_walk w;

	mutex_lock(&hooks_mutex);
	list_for_each_entry(w.q, &quiets, link) {
		w.below = U64_MAX;
		for (;;) {
			w.next = NULL;
			nooks_object_each(d, w.q->type, quiet_next, &w);
			if (!w.next)
				break;
			w.below = w.next->serial;
			w.q->quiet(d, w.next);
		}
	}
	mutex_unlock(&hooks_mutex);
}

static void domain_release(struct kref *ref)
{
	struct nooks_domain *d = container_of(ref, struct nooks_domain, ref);

	nooks_reports_destroy(d);
	kvfree(d);
}

void nooks_domain_put(struct nooks_domain *d)
{
	if (d)
		kref_put(&d->ref, domain_release);
}
EXPORT_SYMBOL_GPL(nooks_domain_put);

/* Caller holds nooks_domains_mutex; no reference is taken. */
struct nooks_domain *nooks_domain_find(const char *name)
{
	struct nooks_domain *d;

	list_for_each_entry(d, &nooks_domains, link)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

struct nooks_domain *nooks_domain_of(struct module *mod)
{
	struct nooks_domain *d, *found = NULL;
	struct nooks_module *m;

	mutex_lock(&nooks_domains_mutex);
	list_for_each_entry(d, &nooks_domains, link)
		list_for_each_entry(m, &d->modules, link)
			if (m->mod == mod)
				found = d;
	if (found)
		kref_get(&found->ref);
	mutex_unlock(&nooks_domains_mutex);
	return found;
}
EXPORT_SYMBOL_GPL(nooks_domain_of);

/*
 * Make an empty live domain.  Caller holds nooks_domains_mutex.  Returns an
 * ERR_PTR on failure.
 */
struct nooks_domain *nooks_domain_create(const char *name)
{
	struct nooks_domain *d;
	int err = -ENOMEM;

	d = kvzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return ERR_PTR(-ENOMEM);
	strscpy(d->name, name, sizeof(d->name));
	kref_init(&d->ref);
	mutex_init(&d->mutex);
	raw_spin_lock_init(&d->lock);
	raw_spin_lock_init(&d->report_lock);
	d->ranges = RB_ROOT_CACHED;
	d->regions = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&d->modules);
	INIT_LIST_HEAD(&d->objects);
	INIT_LIST_HEAD(&d->linkers);
	INIT_LIST_HEAD(&d->strings);
	INIT_LIST_HEAD(&d->tables);
	hash_init(d->by_key);
	INIT_WORK(&d->recovery, nooks_recovery_work);
	d->state = NOOKS_LIVE;
	d->backend = nooks_backend;

	if (nooks_reports_create(d))
		goto free;
	err = d->backend->create(d);
	if (err)
		goto reports;
	err = nooks_xpc_domain_init(d);
	if (err)
		goto backend;
	err = nooks_heap_create(d);
	if (err)
		goto xpc;
	list_add_tail(&d->link, &nooks_domains);
	nooks_event(d, NOOKS_EVENT_CREATED, 0, 0);
	nooks_status_add(d);
	return d;

xpc:
	nooks_xpc_domain_exit(d);
backend:
	d->backend->destroy(d);
	nooks_regions_free(d);
reports:
	nooks_reports_destroy(d);
free:
	kvfree(d);
	return ERR_PTR(err);
}

/*
 * Take an empty domain down: no module left, everything released, nobody
 * inside.  Caller holds nooks_domains_mutex; drops the list's reference.
 */
void nooks_domain_destroy(struct nooks_domain *d)
{
	nooks_status_remove(d);
	list_del(&d->link);
	cancel_work_sync(&d->recovery);
	d->state = NOOKS_GONE;
	nooks_event(d, NOOKS_EVENT_DESTROY, 0, 0);
	nooks_heap_destroy(d);
	nooks_xpc_domain_exit(d);
	d->backend->destroy(d);
	nooks_regions_free(d);
	nooks_strings_free(d);
	nooks_tables_free(d);
	nooks_domain_put(d);
}
