// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters of a driver: what the kernel reads of them must not be in
 * the driver's hands.
 *
 * Reading a string parameter in sysfs, the kernel follows a pointer in the driver's
 * .data; reading an array, it believes a count there and writes past its page.
 * Such parameters get their pointer or count in kernel memory while the driver is
 * loaded; setting one still stores the value where the driver expects it.
 * Parameters whose operations are the driver's own are called through thunks
 * (thunk.c); all other operations only touch bytes whose place the driver cannot change.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "internal.h"

struct param_guard {
	struct kernel_param *kp;	/* in the module's read-only data */
	struct kernel_param saved;
	char *string;			/* what kp->arg of a guarded string points to */
	struct kparam_array array;
	unsigned int count;
};

struct nooks_params {
	unsigned int n;
	struct param_guard guard[];
};

/* Set: the kernel's own, then the driver's copy of the pointer. */
static int string_set(const char *val, const struct kernel_param *kp)
{
	struct param_guard *g = container_of(kp->arg, struct param_guard, string);
	int err = param_set_charp(val, kp);

	if (!err)
		WRITE_ONCE(*(char **)g->saved.arg, g->string);
	return err;
}

static const struct kernel_param_ops string_ops = {
	.set = string_set,
	.get = param_get_charp,
	.free = param_free_charp,
};

static int array_set(const char *val, const struct kernel_param *kp)
{
	struct param_guard *g = container_of(kp->arr, struct param_guard, array);
	int err = param_array_ops.set(val, kp);

	g->count = min(g->count, g->array.max);
	if (!err && g->saved.arr->num)
		WRITE_ONCE(*g->saved.arr->num, g->count);
	return err;
}

static int array_get(char *buffer, const struct kernel_param *kp)
{
	return param_array_ops.get(buffer, kp);
}

static void array_free(void *arg)
{
	param_array_ops.free(arg);
}

static const struct kernel_param_ops array_ops = {
	.set = array_set,
	.get = array_get,
	.free = array_free,
};

/* Strings in arrays would be followed, too: nobody may read them in sysfs. */
static bool refused(const struct kernel_param *kp)
{
	return kp->perm && kp->ops == &param_array_ops && kp->arr->ops == &param_ops_charp;
}

static bool guarded(const struct kernel_param *kp)
{
	return kp->ops == &param_ops_charp ||
	       (kp->ops == &param_array_ops && kp->arr->num);
}

/* Write one entry of the read-only table through an alias. */
static int write_entry(struct kernel_param *kp, const struct kernel_param *value)
{
	unsigned long a = (unsigned long)kp;
	struct page *pages[2] = {
		vmalloc_to_page((void *)a),
		vmalloc_to_page((void *)(a + sizeof(*kp) - 1)),
	};
	char *alias = vmap(pages, 2, VM_MAP, PAGE_KERNEL);

	if (!alias)
		return -ENOMEM;
	if (pages[0] == pages[1] || !((a + sizeof(*kp) - 1) & ~PAGE_MASK)) {
		memcpy(alias + offset_in_page(a), value, sizeof(*kp));
	} else {
		size_t first = min_t(size_t, sizeof(*kp), PAGE_SIZE - offset_in_page(a));

		memcpy(alias + offset_in_page(a), value, first);
		memcpy(alias + PAGE_SIZE, (char *)value + first, sizeof(*kp) - first);
	}
	vunmap(alias);
	return 0;
}

static int guard_one(struct param_guard *g, struct kernel_param *kp)
{
	struct kernel_param now = *kp;

	g->kp = kp;
	memcpy(&g->saved, kp, sizeof(*kp));
	if (kp->ops == &param_ops_charp) {
		g->string = *(char **)kp->arg;
		now.ops = &string_ops;
		now.arg = &g->string;
	} else {
		g->array = *kp->arr;
		g->count = min(*kp->arr->num, kp->arr->max);
		g->array.num = &g->count;
		now.ops = &array_ops;
		now.arr = &g->array;
	}
	return write_entry(kp, &now);
}

/* Before the loader parses the parameters. */
int nooks_params_guard(struct nooks_module *m)
{
	struct module *mod = m->mod;
	unsigned int i, n = 0;
	int err;

	for (i = 0; i < mod->num_kp; i++) {
		if (refused(&mod->kp[i])) {
			pr_err("nooks: %s: parameter %s, an array of strings, cannot be isolated\n",
			       mod->name, mod->kp[i].name);
			return -EINVAL;
		}
		n += guarded(&mod->kp[i]);
	}
	if (!n)
		return 0;
	m->params = kzalloc(struct_size(m->params, guard, n), GFP_KERNEL);
	if (!m->params)
		return -ENOMEM;
	for (i = 0; i < mod->num_kp; i++) {
		if (!guarded(&mod->kp[i]))
			continue;
		err = guard_one(&m->params->guard[m->params->n], &mod->kp[i]);
		if (err)
			return err;
		m->params->n++;
	}
	return 0;
}

/*
 * .data is as it was before init ran: give the driver the values that were set
 * since.  The old string may have been freed by the kernel.
 */
void nooks_params_refresh(struct nooks_module *m)
{
	struct param_guard *g;

	if (!m->params)
		return;
	kernel_param_lock(m->mod);
	for (g = m->params->guard; g < m->params->guard + m->params->n; g++) {
		if (g->saved.ops == &param_ops_charp)
			WRITE_ONCE(*(char **)g->saved.arg, g->string);
		else
			WRITE_ONCE(*g->saved.arr->num, g->count);
	}
	kernel_param_unlock(m->mod);
}

/*
 * As the loader knew them: it frees the strings next, by what the driver's
 * memory says, which is true again.
 */
void nooks_params_release(struct nooks_module *m)
{
	struct param_guard *g;
	bool kept = false;

	if (!m->params)
		return;
	nooks_params_refresh(m);
	kernel_param_lock(m->mod);
	for (g = m->params->guard; g < m->params->guard + m->params->n; g++)
		kept |= write_entry(g->kp, &g->saved);
	kernel_param_unlock(m->mod);
	/* Better lost than dangling. */
	if (kept)
		pr_err("nooks: %s: no memory to release its parameters\n", m->mod->name);
	else
		kfree(m->params);
	m->params = NULL;
}
