// SPDX-License-Identifier: GPL-2.0
/*
 * Modules come and go: a linked driver joins the domain it names before the
 * loader calls its first instruction, and has left no trace when the loader
 * frees its memory.
 *
 * The loader's notifier tells of COMING (we may refuse), LIVE and GOING.  GOING
 * comes after module_exit and after a failed module_init; whatever the driver
 * still holds then is a leak, or what it held when it failed, and is released.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include "internal.h"

static const struct nooks_link_info *find_info(struct module *mod)
{
	char name[MODULE_NAME_LEN + sizeof(NOOKS_LINK_SYMBOL) + 1];

	snprintf(name, sizeof(name), "%s:%s", mod->name, NOOKS_LINK_SYMBOL);
	return (const void *)nooks_ksym(name);
}

/* Caller holds nooks_domains_mutex. */
static struct nooks_module *find_module_record(struct module *mod)
{
	struct nooks_domain *d;
	struct nooks_module *m;

	list_for_each_entry(d, &nooks_domains, link)
		list_for_each_entry(m, &d->modules, link)
			if (m->mod == mod)
				return m;
	return NULL;
}

/* Other modules' mappings changed under cloned page tables. */
static void resync_all(void)
{
	struct nooks_domain *d;

	mutex_lock(&nooks_domains_mutex);
	list_for_each_entry(d, &nooks_domains, link)
		if (d->backend->resync)
			d->backend->resync(d);
	mutex_unlock(&nooks_domains_mutex);
}

/* Take @m off its domain; both mutexes held. */
static void leave(struct nooks_module *m)
{
	list_del_rcu(&m->link);
	synchronize_rcu();
	nooks_params_release(m);
	nooks_image_undo(m);
	nooks_thunks_free(m);
	kfree(m);
}

static int coming(struct module *mod)
{
	const struct nooks_link_info *info = find_info(mod);
	struct nooks_domain *d;
	struct nooks_module *m;
	int err, tries = 0;

	if (!info)
		return 0;
	err = nooks_image_check(mod, info);
	if (err)
		return err;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	m->mod = mod;
	m->info = info;

again:
	mutex_lock(&nooks_domains_mutex);
	d = nooks_domain_find(info->domain);
	if (!d)
		d = nooks_domain_create(info->domain);
	if (IS_ERR(d)) {
		err = PTR_ERR(d);
		pr_err("nooks: %s: domain %s cannot be made: %d\n", mod->name, info->domain, err);
		goto free;
	}
	/* A recovery under way may itself be waiting for a module to load. */
	if (!mutex_trylock(&d->mutex)) {
		mutex_unlock(&nooks_domains_mutex);
		if (++tries < 250) {
			msleep(20);
			goto again;
		}
		pr_err("nooks: %s: not loaded: domain %s is busy\n", mod->name, info->domain);
		kfree(m);
		return -EBUSY;
	}
	m->domain = d;
	if (d->state != NOOKS_LIVE) {
		pr_err("nooks: %s: not loaded: domain %s is %s\n", mod->name, d->name,
		       nooks_state_name(d->state));
		err = -EBUSY;
		goto unlock;
	}
	err = nooks_thunks_prepare(m);
	if (err)
		goto thunks;
	list_add_tail_rcu(&m->link, &d->modules);
	err = nooks_thunks_bind_builtin(m);
	if (!err)
		err = nooks_params_guard(m);
	if (!err)
		err = nooks_image_prepare(m);
	if (err) {
		leave(m);
		m = NULL;
		goto unlock;
	}
	if (d->backend->resync)
		d->backend->resync(d);
	pr_info("nooks: %s: %u thunks, in domain %s (%s)\n", mod->name, info->nthunks, d->name,
		d->backend->name);
	mutex_unlock(&d->mutex);
	mutex_unlock(&nooks_domains_mutex);
	return 0;

thunks:
	nooks_thunks_free(m);
unlock:
	mutex_unlock(&d->mutex);
	if (list_empty(&d->modules))
		nooks_domain_destroy(d);
free:
	mutex_unlock(&nooks_domains_mutex);
	kfree(m);
	return err;
}

struct left {
	u32 n;
	char types[96];
};

/*
 * What has nothing to release is our own bookkeeping, such as the twin of a
 * mutex, which no driver takes down.
 */
static int count_left(void *arg, struct nooks_object *o)
{
	struct left *l = arg;
	size_t len = strlen(l->types);

	if (!o->type->release)
		return 0;
	l->n++;
	if (!strstr(l->types, o->type->name))
		snprintf(l->types + len, sizeof(l->types) - len, "%s%s", len ? ", " : "",
			 o->type->name);
	return 0;
}

static void warn_left(struct nooks_domain *d, struct module *mod)
{
	struct nooks_heap_use use;
	struct left l = { 0 };

	nooks_object_each(d, NULL, count_left, &l);
	nooks_heap_use(d, &use);
	if (l.n)
		pr_warn("nooks: %s: left %u objects behind (%s); released\n", mod->name, l.n,
			l.types);
	if (use.allocations)
		pr_warn("nooks: %s: left %u allocations (%llu bytes) behind; freed\n", mod->name,
			use.allocations, use.used_bytes);
}

/*
 * The loader is about to free the module.  With other modules left in a live
 * domain only this one leaves: what it holds is not told apart from what they
 * hold and stays until the domain ends.
 */
static void going(struct module *mod)
{
	struct nooks_domain *d;
	struct nooks_module *m;
	bool last, failed;

	mutex_lock(&nooks_domains_mutex);
	m = find_module_record(mod);
	if (!m) {
		mutex_unlock(&nooks_domains_mutex);
		return;
	}
	d = m->domain;
	kref_get(&d->ref);
	m->going = true;
	mutex_unlock(&nooks_domains_mutex);

	/* A recovery under way gives up at its next step, seeing m->going. */
	cancel_work_sync(&d->recovery);

	mutex_lock(&nooks_domains_mutex);
	mutex_lock(&d->mutex);
	last = list_is_singular(&d->modules);
	failed = READ_ONCE(d->dead);
	if (last || failed) {
		nooks_domain_close(d);
		/* The loader frees the text next: nobody may be left in it. */
		while (nooks_domain_drain(d))
			pr_err("nooks: %s: %s cannot be unloaded yet\n", d->name, mod->name);
		/* Callers that are on their way out past the count have a moment to go. */
		synchronize_rcu();
		if (!failed)
			warn_left(d, mod);
		nooks_domain_release(d);
	}
	leave(m);
	/* What shares its fate with a module that failed while loading starts anew. */
	if (failed && !last && d->state == NOOKS_FAILED)
		nooks_recovery_schedule(d);
	mutex_unlock(&d->mutex);
	if (last)
		nooks_domain_destroy(d);
	mutex_unlock(&nooks_domains_mutex);
	nooks_domain_put(d);
}

/*
 * The loader is done with the module.  One without init is saved now: its
 * parameters are set and nobody has called it.  A failure that came before this
 * could not be recovered from, as the module might still have been taken away.
 */
static void live(struct module *mod)
{
	struct nooks_module *m;

	mutex_lock(&nooks_domains_mutex);
	m = find_module_record(mod);
	if (m && m->info->init_thunk == ~0U && !m->pristine && nooks_image_save(m))
		pr_warn("nooks: %s: no memory to restore its data after a failure\n", mod->name);
	if (m && READ_ONCE(m->domain->dead))
		nooks_recovery_schedule(m->domain);
	mutex_unlock(&nooks_domains_mutex);
}

static int module_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct module *mod = data;
	int err = 0;

	switch (action) {
	case MODULE_STATE_COMING:
		resync_all();
		err = coming(mod);
		break;
	case MODULE_STATE_LIVE:
		live(mod);
		break;
	case MODULE_STATE_GOING:
		going(mod);
		resync_all();
		break;
	}
	return notifier_from_errno(err);
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
	/* After ftrace, jump labels and static calls have patched the text. */
	.priority = -10,
};

int nooks_modules_init(void)
{
	return register_module_notifier(&module_nb);
}

void nooks_modules_exit(void)
{
	unregister_module_notifier(&module_nb);
}
