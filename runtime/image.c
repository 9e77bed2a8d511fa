// SPDX-License-Identifier: GPL-2.0
/*
 * A driver module in memory: is what the linker left in it sound, which pages
 * become the driver's, the copy of its data from before it ran, and its text.
 */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "internal.h"

static bool in_span(unsigned long base, unsigned long from, unsigned long to,
		    unsigned long addr, unsigned long n)
{
	return addr >= base + from && addr + n >= addr && addr + n <= base + to;
}

static bool in_text(const struct module *mod, unsigned long addr, unsigned long n)
{
	return in_span((unsigned long)mod->core_layout.base, 0, mod->core_layout.text_size,
		       addr, n);
}

static bool in_rodata(const struct module *mod, unsigned long addr, unsigned long n)
{
	return in_span((unsigned long)mod->core_layout.base, mod->core_layout.text_size,
		       mod->core_layout.ro_after_init_size, addr, n);
}

static bool in_data(const struct module *mod, unsigned long addr, unsigned long n)
{
	return in_span((unsigned long)mod->core_layout.base, mod->core_layout.ro_after_init_size,
		       mod->core_layout.size, addr, n);
}

/* The driver's read-only data: ops tables, strings. */
bool nooks_image_rodata(struct nooks_domain *d, unsigned long addr, size_t n)
{
	struct nooks_module *m;
	bool in = false;

	rcu_read_lock();
	list_for_each_entry_rcu(m, &d->modules, link)
		in |= in_rodata(m->mod, addr, n);
	rcu_read_unlock();
	return in;
}

struct nooks_module *nooks_module_at(struct nooks_domain *d, unsigned long addr)
{
	struct nooks_module *m, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(m, &d->modules, link)
		if (within_module_core(addr, m->mod))
			found = m;
	rcu_read_unlock();
	return found;
}

static int bad(struct module *mod, const char *what, u64 value)
{
	pr_err("nooks: %s: not loaded: its link information is unsound: %s (%#llx); link it again with nooksctl link\n",
	       mod->name, what, value);
	return -ENOEXEC;
}

static int check_tables(struct module *mod, const struct nooks_link_info *info)
{
	u64 pages = DIV_ROUND_UP((u64)info->nthunks, NOOKS_THUNKS_PER_PAGE);
	u64 thunks_end = info->thunks + pages * NOOKS_THUNK_PAGE;
	const struct nooks_thunk_page_head *head;
	const u64 *p;
	u32 i;

	if (info->nthunks && (info->thunks & ~PAGE_MASK ||
			      !in_text(mod, info->thunks, pages * NOOKS_THUNK_PAGE)))
		return bad(mod, "thunks outside the text", info->thunks);
	for (i = 0; i < pages; i++) {
		head = (const void *)info->thunks + i * NOOKS_THUNK_PAGE;
		if (head->magic != NOOKS_LINK_MAGIC || head->table)
			return bad(mod, "thunk page without its head", (unsigned long)head);
	}
	if (info->nthunks && (info->functions & 7 ||
			      !in_rodata(mod, info->functions, info->nthunks * sizeof(u64))))
		return bad(mod, "table of functions outside read-only data", info->functions);
	p = (const u64 *)info->functions;
	for (i = 0; i < info->nthunks; i++)
		if (!in_text(mod, p[i], 1) || (p[i] >= info->thunks && p[i] < thunks_end))
			return bad(mod, "a thunk's function is not in the text", p[i]);
	if (info->naddresses && (info->addresses & 7 ||
				 !in_rodata(mod, info->addresses,
					    info->naddresses * sizeof(u64))))
		return bad(mod, "table of addresses outside read-only data", info->addresses);
	return 0;
}

/**
 * nooks_image_check() - is the link information of a module sound?
 * @mod: the module, state COMING
 * @info: where its symbol says it is
 *
 * Everything the runtime is going to rely on is checked here, once.
 */
int nooks_image_check(struct module *mod, const struct nooks_link_info *info)
{
	unsigned long a = (unsigned long)info;

	if (a & 7 || !in_rodata(mod, a, sizeof(*info)))
		return bad(mod, "not in read-only data", a);
	if (info->magic != NOOKS_LINK_MAGIC)
		return bad(mod, "magic", info->magic);
	if (info->version != NOOKS_LINK_VERSION || info->size != sizeof(*info))
		return bad(mod, "made by a nooksctl of another version", info->version);
	if (info->flags)
		return bad(mod, "unknown flags", info->flags);
	if (info->nthunks > mod->core_layout.text_size / NOOKS_THUNK_SIZE)
		return bad(mod, "more thunks than text", info->nthunks);
	if (info->naddresses > mod->core_layout.ro_size / sizeof(u64))
		return bad(mod, "more addresses than data", info->naddresses);
	if ((info->init_thunk != ~0U && info->init_thunk >= info->nthunks) ||
	    (info->exit_thunk != ~0U && info->exit_thunk >= info->nthunks))
		return bad(mod, "no such init or exit thunk", info->init_thunk);
	if (!info->domain[0] || strnlen(info->domain, sizeof(info->domain)) ==
	    sizeof(info->domain) || strchr(info->domain, '/'))
		return bad(mod, "name of the domain", 0);
	if (info->data_size && ((info->data | info->data_size) & ~PAGE_MASK ||
				!in_data(mod, info->data, info->data_size)))
		return bad(mod, "data outside the writable part", info->data);
	if (info->data_size && info->data < (unsigned long)(mod + 1) &&
	    info->data + info->data_size > (unsigned long)mod)
		return bad(mod, "struct module within the driver's data", info->data);
	return check_tables(mod, info);
}

/* Text but for the thunk pages becomes executable in the domain only. */
static int hide_text(struct nooks_module *m, bool hide)
{
	unsigned long base = (unsigned long)m->mod->core_layout.base;
	unsigned long end = base + m->mod->core_layout.text_size;
	unsigned long t = m->info->nthunks ? m->info->thunks : end;
	unsigned long t_end = t + DIV_ROUND_UP(m->info->nthunks, NOOKS_THUNKS_PER_PAGE) *
				  NOOKS_THUNK_PAGE;
	int err = 0;

	if (t > base)
		err = m->domain->backend->text(m->domain, base, t - base, hide);
	if (!err && end > t_end)
		err = m->domain->backend->text(m->domain, t_end, end - t_end, hide);
	return err;
}

/* Give the domain the module's data, and its text to execute. */
int nooks_image_prepare(struct nooks_module *m)
{
	int err;

	if (m->info->data_size) {
		err = nooks_own_region(m->domain, m->info->data, m->info->data_size,
				       "module data", m->mod->name);
		if (err)
			return err;
		m->owned = true;
	}
	m->text_hidden = true;
	return hide_text(m, true);
}

void nooks_image_undo(struct nooks_module *m)
{
	if (m->text_hidden)
		hide_text(m, false);
	m->text_hidden = false;
	if (m->owned)
		nooks_disown_pages(m->domain, m->info->data, m->info->data_size);
	m->owned = false;
	vfree(m->pristine);
	m->pristine = NULL;
}

int nooks_image_save(struct nooks_module *m)
{
	if (!m->info->data_size)
		return 0;
	m->pristine = vmalloc(m->info->data_size);
	if (!m->pristine)
		return -ENOMEM;
	memcpy(m->pristine, (void *)m->info->data, m->info->data_size);
	return 0;
}

/* Put .data and .bss back. */
void nooks_image_restore(struct nooks_module *m)
{
	if (m->pristine)
		memcpy((void *)m->info->data, m->pristine, m->info->data_size);
}
