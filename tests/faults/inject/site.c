// SPDX-License-Identifier: GPL-2.0
/*
 * Where a fault goes: a function of a loaded driver, bytes for the code, and a
 * word that says whether it is armed.
 *
 * The entry of every traceable function is a 5-byte nop (the stock loader makes
 * it from `call __fentry__`, so does `nooksctl link`).  It becomes a call to code
 * put into a run of zero bytes of the driver's own text, usually the end of its
 * last page.  So the driver's own text executes the fault, with the driver's
 * rights and in its usual context, isolated or not.  The armed word is at the
 * unused end of the driver's data, so that an isolated driver may count it down,
 * and recovery, which restores that data, disarms.
 *
 * Nothing is changed on disk; unhooking puts the nop back.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/nmi.h>
#include <linux/rcupdate.h>
#include <linux/stop_machine.h>
#include <linux/vmalloc.h>
#include <asm/sync_core.h>
#include <nooks/link.h>
#include "inject.h"

#define ENTRY_SIZE 5
static const u8 entry_nop[ENTRY_SIZE] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

static unsigned long (*lookup_name)(const char *name);
static struct module *(*find_module_by_name)(const char *name);
static struct inject_state native_state;

unsigned long inject_lookup(const char *name)
{
	return lookup_name(name);
}

/* Where the driver's call of an imported function goes; 0 if it has no business there. */
unsigned long inject_callee(const struct inject_site *s, const char *name)
{
	char wrapper[KSYM_NAME_LEN];

	if (!s->isolated)
		return lookup_name(name);
	snprintf(wrapper, sizeof(wrapper), "nw_%s", name);
	return lookup_name(wrapper);
}

/* Call @fn for every symbol of the module that has an address; stop when it returns true. */
static bool for_each_symbol(struct module *mod,
			    bool (*fn)(const char *name, const Elf_Sym *sym, void *arg), void *arg)
{
	const struct mod_kallsyms *k;
	unsigned int i;
	bool found = false;

	rcu_read_lock();
	k = rcu_dereference(mod->kallsyms);
	for (i = 0; !found && i < k->num_symtab; i++) {
		const Elf_Sym *sym = &k->symtab[i];

		if (sym->st_shndx != SHN_UNDEF && sym->st_name)
			found = fn(k->strtab + sym->st_name, sym, arg);
	}
	rcu_read_unlock();
	return found;
}

static bool is_default(const char *name, const Elf_Sym *sym, void *arg)
{
	static const char *const suffixes[] = {
		"_xmit_frame", "start_xmit", "_xmit",
	};
	struct inject_site *s = arg;
	unsigned int i;

	if (!within_module_core(sym->st_value, s->mod) ||
	    sym->st_value >= (unsigned long)s->mod->core_layout.base + s->mod->core_layout.text_size)
		return false;
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(name), m = strlen(suffixes[i]);

		if (n < m || strcmp(name + n - m, suffixes[i]))
			continue;
		if (memcmp((void *)sym->st_value, entry_nop, ENTRY_SIZE))
			continue;
		s->entry = sym->st_value;
		strscpy(s->function, name, sizeof(s->function));
		return true;
	}
	return false;
}

static bool ends_later(const char *name, const Elf_Sym *sym, void *arg)
{
	unsigned long *range = arg;	/* start, end, used up to */

	if (sym->st_value >= range[0] && sym->st_value < range[1])
		range[2] = max_t(unsigned long, range[2], sym->st_value + sym->st_size);
	return false;
}

/* The last bytes of the driver's data, if no variable lies there. */
static struct inject_state *find_state(struct inject_site *s, const struct nooks_link_info *info)
{
	unsigned long range[3] = { info->data, info->data + info->data_size, info->data };
	unsigned long at = range[1] - sizeof(struct inject_state);

	if (!info->data_size)
		return NULL;
	for_each_symbol(s->mod, ends_later, range);
	if (range[2] > at || memchr_inv((void *)at, 0, sizeof(struct inject_state)))
		return NULL;
	return (struct inject_state *)at;
}

/* A run of zero bytes long enough, searched from the end of the text. */
static unsigned long find_room(struct inject_site *s, unsigned long skip, unsigned long skip_end)
{
	unsigned long start = (unsigned long)s->mod->core_layout.base;
	unsigned long p = start + s->mod->core_layout.text_size;
	unsigned int run = 0;

	while (p-- > start) {
		if (p >= skip && p < skip_end)
			run = 0;
		else if (*(u8 *)p)
			run = 0;
		else if (++run == INJECT_CODE_MAX + 16 &&
			 (p & PAGE_MASK) == ((p + INJECT_CODE_MAX + 15) & PAGE_MASK))
			return ALIGN(p, 16);
		else if (run >= INJECT_CODE_MAX + 16)
			run--;			/* crosses a page: slide down */
	}
	return 0;
}

/**
 * inject_site_find() - find a place in a driver
 * @s: filled in; s->mod is pinned until inject_site_hook() has been called
 * @module: its name
 * @function: one of its functions, or NULL for the default one
 */
int inject_site_find(struct inject_site *s, const char *module, const char *function)
{
	char name[MODULE_NAME_LEN + 1 + KSYM_NAME_LEN];
	const struct nooks_link_info *info;

	memset(s, 0, sizeof(*s));
	preempt_disable();
	s->mod = find_module_by_name(module);
	if (s->mod && (s->mod->state != MODULE_STATE_LIVE || !try_module_get(s->mod)))
		s->mod = NULL;
	preempt_enable();
	if (!s->mod)
		return -ENOENT;

	if (function) {
		snprintf(name, sizeof(name), "%s:%s", module, function);
		s->entry = lookup_name(name);
		strscpy(s->function, function, sizeof(s->function));
	} else {
		for_each_symbol(s->mod, is_default, s);
	}
	if (!s->entry || !within_module_core(s->entry, s->mod))
		goto none;
	if (memcmp((void *)s->entry, entry_nop, ENTRY_SIZE)) {
		pr_err("inject: %s does not start with a free fentry nop\n", s->function);
		goto none;
	}

	snprintf(name, sizeof(name), "%s:%s", module, NOOKS_LINK_SYMBOL);
	info = (const struct nooks_link_info *)lookup_name(name);
	s->isolated = info;
	s->state = info ? find_state(s, info) : &native_state;
	if (info)
		s->code = find_room(s, info->thunks,
				    info->thunks + roundup(info->nthunks, NOOKS_THUNKS_PER_PAGE) /
				    NOOKS_THUNKS_PER_PAGE * NOOKS_THUNK_PAGE);
	else
		s->code = find_room(s, 0, 0);
	if (!s->state || !s->code) {
		pr_err("inject: %s has no unused %s\n", module, s->state ? "text" : "data");
		goto none;
	}
	return 0;
none:
	module_put(s->mod);
	s->mod = NULL;
	return -ENOENT;
}

struct patch {
	u8 *alias;
	const u8 *bytes;
	size_t n;
	atomic_t first, done;
};

/* All CPUs are here: none is between the nop and the instruction after it. */
static int patch_stopped(void *arg)
{
	struct patch *p = arg;

	if (atomic_inc_return(&p->first) == 1) {
		memcpy(p->alias, p->bytes, p->n);
		atomic_set(&p->done, 1);
	} else {
		while (!atomic_read(&p->done))
			cpu_relax();
	}
	sync_core();
	return 0;
}

/* Write driver text, through an alias since the text itself is read-only. */
static int patch_text(unsigned long addr, const u8 *bytes, size_t n)
{
	struct page *pages[2];
	struct patch p = { .bytes = bytes, .n = n };
	void *map;

	pages[0] = vmalloc_to_page((void *)addr);
	pages[1] = vmalloc_to_page((void *)(addr + n - 1));
	if (!pages[0] || !pages[1])
		return -EFAULT;
	map = vmap(pages, 2, VM_MAP, PAGE_KERNEL);
	if (!map)
		return -ENOMEM;
	p.alias = map + offset_in_page(addr);
	stop_machine(patch_stopped, &p, cpu_online_mask);
	vunmap(map);
	return 0;
}

/**
 * inject_site_hook() - arm a fault in a site found before
 */
int inject_site_hook(struct inject_site *s, const struct inject_fault *f)
{
	u8 code[INJECT_CODE_MAX] = { };
	u8 call[ENTRY_SIZE] = { 0xe8 };
	s32 rel = s->code - (s->entry + ENTRY_SIZE);
	int n = f->emit(code, s);
	int rc;

	memcpy(call + 1, &rel, sizeof(rel));
	rc = n < 0 ? n : patch_text(s->code, code, n);
	if (!rc) {
		memset(s->state, 0, sizeof(*s->state));
		smp_wmb();
		WRITE_ONCE(s->state->armed, f->times);
		rc = patch_text(s->entry, call, ENTRY_SIZE);
	}
	module_put(s->mod);
	if (rc)
		s->mod = NULL;
	return rc;
}

/**
 * inject_site_unhook() - put the nop back and wipe the code
 *
 * Waits for threads that may be in the code; one that was interrupted there and
 * preempted longer than a grace period would be missed: this is a test tool.
 */
void inject_site_unhook(struct inject_site *s)
{
	static const u8 zero[INJECT_CODE_MAX];

	if (!s->mod)
		return;
	WRITE_ONCE(s->state->armed, 0);
	patch_text(s->entry, entry_nop, ENTRY_SIZE);
	synchronize_rcu();
	patch_text(s->code, zero, INJECT_CODE_MAX);
	memset(s->state, 0, sizeof(*s->state));
	s->mod = NULL;
}

/* kallsyms_lookup_name() is not exported: ask a kprobe where it is. */
int __init inject_site_init(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	int rc = register_kprobe(&kp);

	if (rc)
		return rc;
	lookup_name = (void *)kp.addr;
	unregister_kprobe(&kp);
	find_module_by_name = (void *)lookup_name("find_module");
	inject_softirq_action = lookup_name("softirq_vec");
	return find_module_by_name && inject_softirq_action ? 0 : -ENOENT;
}
