// SPDX-License-Identifier: GPL-2.0
/*
 * Thunks: the code pointers that stand for a driver's functions outside it.
 *
 * A thunk page of the driver holds, in slot 0, a pointer to that page's table
 * of records in kernel memory; the record of the thunk at address a is
 * table + ((a & 0xfff) >> 4).  One allocation of 256 records per page holds all
 * tables of a module, so that record numbers are page * 256 + slot.
 */
#include <linux/module.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "internal.h"

#define SLOTS (NOOKS_THUNK_PAGE / NOOKS_THUNK_SIZE)

static u32 pages_of(const struct nooks_link_info *info)
{
	return DIV_ROUND_UP(info->nthunks, NOOKS_THUNKS_PER_PAGE);
}

struct nooks_thunk *nooks_thunk_nr(struct nooks_module *m, u32 i)
{
	return &m->thunks[i / NOOKS_THUNKS_PER_PAGE * SLOTS + 1 + i % NOOKS_THUNKS_PER_PAGE];
}

unsigned long nooks_thunk_address(struct nooks_module *m, u32 i)
{
	return m->info->thunks + i / NOOKS_THUNKS_PER_PAGE * NOOKS_THUNK_PAGE +
	       (1 + i % NOOKS_THUNKS_PER_PAGE) * NOOKS_THUNK_SIZE;
}

/* Write the table pointers through an alias: the pages are read-only themselves. */
static int fill_pages(struct nooks_module *m, bool fill)
{
	u32 n = pages_of(m->info), i;
	struct page **pages;
	char *alias;

	pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = vmalloc_to_page((void *)m->info->thunks + i * PAGE_SIZE);
	alias = vmap(pages, n, VM_MAP, PAGE_KERNEL);
	kfree(pages);
	if (!alias)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct nooks_thunk_page_head *head = (void *)alias + i * PAGE_SIZE;

		WRITE_ONCE(head->table, fill ? (unsigned long)&m->thunks[i * SLOTS] : 0);
	}
	vunmap(alias);
	return 0;
}

int nooks_thunks_prepare(struct nooks_module *m)
{
	const u64 *functions = (const u64 *)m->info->functions;
	u32 i;

	if (!m->info->nthunks)
		return 0;
	m->thunks = kvcalloc(pages_of(m->info) * SLOTS, sizeof(*m->thunks), GFP_KERNEL);
	if (!m->thunks)
		return -ENOMEM;
	for (i = 0; i < pages_of(m->info) * SLOTS; i++)
		m->thunks[i].module = m;
	for (i = 0; i < m->info->nthunks; i++)
		nooks_thunk_nr(m, i)->func = functions[i];
	return fill_pages(m, true);
}

void nooks_thunks_free(struct nooks_module *m)
{
	if (!m->thunks)
		return;
	fill_pages(m, false);
	kvfree(m->thunks);
	m->thunks = NULL;
}

/* Module init and exit, parameters: stubs that no class needs to bring. */

static void fault_eio(struct nooks_frame *f)
{
	f->ret = (unsigned long)-EIO;
}

static void fault_void(struct nooks_frame *f)
{
	f->ret = 0;
}

static struct nooks_module *module_of(struct nooks_frame *f)
{
	return f->thunk->module;
}

/*
 * The first call saves .data and .bss: the loader has stored the module's
 * parameters by now, and no driver code has run.
 */
static void init_call(struct nooks_frame *f)
{
	struct nooks_module *m = module_of(f);

	if (!m->pristine && nooks_image_save(m)) {
		f->ret = (unsigned long)-ENOMEM;
		return;
	}
	if (nooks_enter(f))
		return;
	f->ret = (int)f->ret;
	if ((long)f->ret > 0 || (long)f->ret < -MAX_ERRNO) {
		nooks_fail(f->domain, f, "module_init returned %ld, which is no result",
			   (long)f->ret);
		f->failed = 1;
		return;
	}
	m->initialized = !f->ret;
}

static void exit_call(struct nooks_frame *f)
{
	struct nooks_module *m = module_of(f);

	if (!nooks_enter(f))
		m->initialized = false;
}

static void param_set_call(struct nooks_frame *f)
{
	if (!nooks_enter(f))
		f->ret = (int)f->ret;
}

/* kernel_param_ops.get writes to a page the kernel gives it. */
static void param_get_call(struct nooks_frame *f)
{
	void *buffer = (void *)f->arg[0];
	struct nooks_domain *d = f->domain;
	int err;

	err = nooks_object_lend(d, &nooks_type_lent, buffer, PAGE_SIZE, "runtime/thunk.c");
	if (err) {
		f->ret = err;
		return;
	}
	if (!nooks_enter(f)) {
		f->ret = (int)f->ret;
		if ((long)f->ret > (long)PAGE_SIZE) {
			nooks_fail(d, f, "kernel_param_ops.get returned %ld", (long)f->ret);
			f->failed = 1;
		}
	}
	nooks_object_unlend(d, &nooks_type_lent, buffer);
}

static void param_free_call(struct nooks_frame *f)
{
	nooks_enter(f);
}

static const struct nooks_stub stub_init = {
	.name = "module_init", .source = "runtime/thunk.c", .call = init_call,
	.fault = fault_eio, .nargs = 0, .context = NOOKS_CTX_SLEEPS,
};

static const struct nooks_stub stub_exit = {
	.name = "module_exit", .source = "runtime/thunk.c", .call = exit_call,
	.fault = fault_void, .nargs = 0, .context = NOOKS_CTX_SLEEPS,
};

static const struct nooks_stub stub_param_set = {
	.name = "kernel_param_ops.set", .source = "runtime/thunk.c", .call = param_set_call,
	.fault = fault_eio, .nargs = 2, .context = NOOKS_CTX_SLEEPS,
};

static const struct nooks_stub stub_param_get = {
	.name = "kernel_param_ops.get", .source = "runtime/thunk.c", .call = param_get_call,
	.fault = fault_eio, .nargs = 2, .context = NOOKS_CTX_SLEEPS,
};

static const struct nooks_stub stub_param_free = {
	.name = "kernel_param_ops.free", .source = "runtime/thunk.c", .call = param_free_call,
	.fault = fault_void, .nargs = 1, .context = NOOKS_CTX_SLEEPS,
};

static bool is_builtin(const struct nooks_stub *s)
{
	return s == &stub_init || s == &stub_exit || s == &stub_param_set ||
	       s == &stub_param_get || s == &stub_param_free;
}

/* Bind the thunk at @addr if it is one of @m's; false: it is not. */
static bool bind_at(struct nooks_module *m, unsigned long addr, const struct nooks_stub *stub)
{
	struct nooks_thunk *t = nooks_thunk_find(m->domain, addr);

	if (!t || t->module != m || (t->stub && t->stub != stub))
		return false;
	WRITE_ONCE(t->stub, stub);
	return true;
}

static bool inside(const struct module *mod, unsigned long addr)
{
	return within_module_core(addr, mod);
}

/*
 * A parameter whose operations are the driver's own is called by the kernel
 * through thunks; the table must be where the driver cannot change it.
 */
static int bind_param(struct nooks_module *m, const struct kernel_param *kp)
{
	const struct kernel_param_ops *ops = kp->ops;
	struct nooks_domain *d = m->domain;
	unsigned long set, get, fre;

	if (!inside(m->mod, (unsigned long)ops))
		return 0;
	if (!nooks_image_rodata(d, (unsigned long)ops, sizeof(*ops)))
		goto refuse;
	set = (unsigned long)ops->set;
	get = (unsigned long)ops->get;
	fre = (unsigned long)ops->free;
	if ((inside(m->mod, set) && !bind_at(m, set, &stub_param_set)) ||
	    (inside(m->mod, get) && !bind_at(m, get, &stub_param_get)) ||
	    (inside(m->mod, fre) && !bind_at(m, fre, &stub_param_free)))
		goto refuse;
	return 0;
refuse:
	pr_err("nooks: %s: parameter %s has operations that cannot be isolated\n",
	       m->mod->name, kp->name);
	return -EINVAL;
}

/* Bind init, exit and the operations of module parameters. */
int nooks_thunks_bind_builtin(struct nooks_module *m)
{
	const struct nooks_link_info *info = m->info;
	unsigned int i;
	int err;

	if (info->init_thunk != ~0U)
		nooks_thunk_nr(m, info->init_thunk)->stub = &stub_init;
	if (info->exit_thunk != ~0U)
		nooks_thunk_nr(m, info->exit_thunk)->stub = &stub_exit;
	for (i = 0; i < m->mod->num_kp; i++) {
		err = bind_param(m, &m->mod->kp[i]);
		if (err)
			return err;
	}
	return 0;
}

void nooks_thunks_unbind(struct nooks_module *m, bool builtin_too)
{
	u32 i;

	for (i = 0; m->thunks && i < m->info->nthunks; i++) {
		struct nooks_thunk *t = nooks_thunk_nr(m, i);

		if (t->stub && (builtin_too || !is_builtin(t->stub)))
			WRITE_ONCE(t->stub, NULL);
	}
}

void nooks_thunk_count(struct nooks_module *m, u32 *bound, u32 *total)
{
	u32 i;

	*bound = 0;
	*total = m->info->nthunks;
	for (i = 0; m->thunks && i < m->info->nthunks; i++)
		*bound += !!READ_ONCE(nooks_thunk_nr(m, i)->stub);
}

/* The record of the thunk at @addr; NULL: no thunk of this domain. */
struct nooks_thunk *nooks_thunk_find(struct nooks_domain *d, unsigned long addr)
{
	struct nooks_thunk *found = NULL;
	struct nooks_module *m;
	unsigned long off;
	u32 i;

	if (addr % NOOKS_THUNK_SIZE)
		return NULL;
	rcu_read_lock();
	list_for_each_entry_rcu(m, &d->modules, link) {
		off = addr - m->info->thunks;
		if (!m->thunks || off >= (unsigned long)pages_of(m->info) * NOOKS_THUNK_PAGE ||
		    !(off % NOOKS_THUNK_PAGE))
			continue;
		i = off / NOOKS_THUNK_PAGE * NOOKS_THUNKS_PER_PAGE +
		    off % NOOKS_THUNK_PAGE / NOOKS_THUNK_SIZE - 1;
		if (i < m->info->nthunks)
			found = nooks_thunk_nr(m, i);
	}
	rcu_read_unlock();
	return found;
}

/*
 * The kernel called a thunk whose type it never met: a gap in the IDL.  It ends
 * the driver; it is never a way round the checks.
 */
void nooks_thunk_unbound(struct nooks_frame *f)
{
	const struct nooks_cause cause = { .kind = "unbound thunk" };

	f->failed = 1;
	fault_eio(f);
	nooks_fail_cause(f->domain, f, &cause,
			 "the kernel called %ps, which no interface of the IDL bound",
			 (void *)f->thunk->func);
}
