// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory that attacks aim at.
 *
 * Each target names some bits whose change would do no immediate harm, so that
 * one boot of the unprotected kernel can show many attacks succeed.  The value is
 * read before and after from here, the kernel's side, and put back.
 * "alias:NAME" is NAME seen through the direct map.
 */
#include <linux/cred.h>
#include <linux/interrupt.h>
#include <linux/kallsyms.h>
#include <linux/kernel_stat.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/cpu_entry_area.h>
#include <asm/desc.h>
#include "victim_internal.h"

#define NVICTIM_PAGES	64

static unsigned long (*lookup_name)(const char *name);
static u64 module_data = 0x1111111111111111;
static const u64 module_rodata[2] = { 0x2222222222222222, 3 };
static DEFINE_PER_CPU(u64, module_percpu);
static u64 *slab_object;
static u64 *vmalloc_page;
static struct page *victim_pages[NVICTIM_PAGES];
static unsigned long top_pfn;

unsigned long victim_lookup(const char *name)
{
	return lookup_name(name);
}

static void *sym(const char *name)
{
	return (void *)lookup_name(name);
}

static void *t_data(void) { return sym("overflowuid"); }
static void *t_bss(void) { return sym("dump_stack_arch_desc_str") + 120; }
static void *t_text(void) { return sym("sys_ni_syscall"); }
static void *t_rodata(void) { return sym("linux_banner"); }
static void *t_module(void) { return &module_data; }
static void *t_module_text(void) { return victim_forbidden; }
static void *t_module_rodata(void) { return (void *)module_rodata; }
static void *t_module_struct(void) { return &THIS_MODULE->version; }
static void *t_own_struct(void)
{
	return victim_owner_module ? &victim_owner_module->version : NULL;
}
static void *t_task(void) { return current->comm + 8; }
static void *t_cred(void) { return (void *)&current_cred()->securebits; }
static void *t_percpu(void) { return raw_cpu_ptr(&kernel_cpustat) ? (void *)
	&raw_cpu_ptr(&kernel_cpustat)->cpustat[CPUTIME_GUEST_NICE] : NULL; }
static void *t_percpu_module(void) { return raw_cpu_ptr(&module_percpu); }
static void *t_slab(void) { return slab_object; }
static void *t_vmalloc(void) { return vmalloc_page; }
static void *t_vmemmap(void) { return &victim_pages[0]->private; }
static void *t_page(void) { return page_address(victim_pages[1]); }
static void *t_pte(void)
{
	unsigned int level;

	return lookup_address((unsigned long)vmalloc_page, &level);
}
static void *t_gdt(void) { return &get_cpu_gdt_rw(raw_smp_processor_id())[GDT_ENTRIES - 1]; }
static void *t_tss(void) { return &raw_cpu_ptr(&cpu_tss_rw)->x86_tss.reserved3; }
static void *t_idt(void)
{
	struct desc_ptr idt;

	store_idt(&idt);
	return (void *)idt.address + 16 * 0x1f + 12;	/* reserved word of a reserved vector */
}
static void *t_idt_table(void) { return sym("idt_table") + 16 * 0x1f + 12; }
static void *t_entry_area(void)
{
	return get_cpu_entry_area(raw_smp_processor_id())->entry_stack_page.stack.stack;
}
/* deep in this thread's kernel stack, where nothing is at the moment */
static void *t_kernel_stack(void) { return task_stack_page(current) + 256; }
static void *t_softirq(void) { return sym("softirq_vec") + 8 * HRTIMER_SOFTIRQ; }

static const struct {
	const char *name;
	void *(*find)(void);
	u8 width;
	u64 mask;
} targets[] = {
	{ "data", t_data, 4, 0x10 },
	{ "bss", t_bss, 8, ~0ull },
	{ "text", t_text, 1, 0x02 },
	{ "rodata", t_rodata, 1, 0x20 },
	{ "module", t_module, 8, ~0ull },
	{ "module-text", t_module_text, 1, 0x02 },
	{ "module-rodata", t_module_rodata, 8, ~0ull },
	{ "module-struct", t_module_struct, 8, 0x1 },
	{ "own-struct", t_own_struct, 8, 0x1 },
	{ "task", t_task, 8, 0x20 },
	{ "cred", t_cred, 4, 0x100 },
	{ "percpu", t_percpu, 8, 0x1 },
	{ "percpu-module", t_percpu_module, 8, ~0ull },
	{ "slab", t_slab, 8, ~0ull },
	{ "vmalloc", t_vmalloc, 8, ~0ull },
	{ "vmemmap", t_vmemmap, 8, ~0ull },
	{ "page", t_page, 8, ~0ull },
	{ "pte", t_pte, 8, 0x200 },		/* a software bit */
	{ "gdt", t_gdt, 8, 0x10 },
	{ "tss", t_tss, 4, ~0u },
	{ "idt", t_idt, 4, 0x1 },
	{ "idt-table", t_idt_table, 4, 0x1 },
	{ "entry-area", t_entry_area, 8, ~0ull },
	{ "kernel-stack", t_kernel_stack, 8, ~0ull },
	{ "softirq", t_softirq, 8, 0x1 },
};

/* The same byte in the direct map, or NULL if it is there already. */
static void *direct_map(void *p)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)p, &level);
	unsigned long mask = page_level_mask(level);
	void *alias;

	if (!pte || !pte_present(*pte))
		return NULL;
	alias = __va((pte_pfn(*pte) << PAGE_SHIFT) + ((unsigned long)p & ~mask));
	return alias == p ? NULL : alias;
}

u64 victim_target_value(const struct victim_target *t)
{
	u64 v = 0;

	memcpy(&v, t->addr, t->width);
	return v;
}

int victim_target_find(struct victim_target *t, const char *name)
{
	bool alias = !strncmp(name, "alias:", 6);
	unsigned int i;

	strscpy(t->name, name, sizeof(t->name));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		if (strcmp(targets[i].name, name + 6 * alias))
			continue;
		t->addr = targets[i].find();
		t->width = targets[i].width;
		t->mask = targets[i].mask;
		if (t->addr && alias)
			t->addr = direct_map(t->addr);
		if (!t->addr)
			return -ENODEV;
		t->old = victim_target_value(t);
		return 0;
	}
	return -ENOENT;
}

bool victim_target_check(struct victim_target *t)
{
	u64 now = victim_target_value(t);

	if (!((now ^ t->old) & t->mask))
		return false;
	/* only reached if the page could be written */
	memcpy(t->addr, &t->old, t->width);
	return true;
}

void victim_target_list(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		seq_printf(m, "%s\n", targets[i].name);
}

/* A random 8-byte word of kernel memory that exists. */
static unsigned long random_address(struct rnd_state *rnd)
{
	unsigned long offset = prandom_u32_state(rnd) % PAGE_SIZE & ~7ul;
	unsigned int i = prandom_u32_state(rnd);
	struct desc_ptr idt;
	unsigned long pfn;

	switch (prandom_u32_state(rnd) % 16) {
	case 0:
		return (unsigned long)page_address(victim_pages[i % NVICTIM_PAGES]) + offset;
	case 1:
		return (unsigned long)sym("_text") + i % (1 << 20) * 8;
	case 2:
		return (unsigned long)sym("_sdata") + i % (1 << 16) * 8;
	case 3:
		return (unsigned long)per_cpu_ptr(&kernel_cpustat, i % num_online_cpus()) + offset / 64 * 8;
	case 4:
		store_idt(&idt);
		return idt.address + offset;
	case 5:
		return (unsigned long)__va(read_cr3_pa()) + offset;
	case 6:
		return (unsigned long)current + offset % sizeof(struct task_struct);
	case 7:
		/* of a thread that waits: on its own lie copies of whatever it handles */
		return (unsigned long)task_stack_page(current->group_leader->real_parent) +
			i % (THREAD_SIZE / 8) * 8;
	case 8:
		return (unsigned long)get_cpu_entry_area(i % num_online_cpus()) + PAGE_SIZE + offset;
	case 9:
		return (unsigned long)pfn_to_page(i % top_pfn) & ~7ul;
	case 10:
		return (unsigned long)THIS_MODULE->core_layout.base +
			i % (THIS_MODULE->core_layout.size / 8) * 8;
	case 11:
		return (unsigned long)vmalloc_page + offset;
	default:
		do {
			pfn = prandom_u32_state(rnd) % top_pfn;
		} while (!pfn_valid(pfn) || PageReserved(pfn_to_page(pfn)));
		return (unsigned long)pfn_to_kaddr(pfn) + offset;
	}
}

size_t victim_random(unsigned long *list, size_t n, u64 seed)
{
	struct rnd_state rnd;
	size_t i;

	prandom_seed_state(&rnd, seed);
	for (i = 0; i < n; i++) {
		u64 probe;

		do {
			list[i] = random_address(&rnd);
		} while (copy_from_kernel_nofault(&probe, (void *)list[i], sizeof(probe)));
	}
	return n;
}

/*
 * An isolated driver owns pages of the direct map, which it may of course write.
 * The only question ever asked of Nooks here; none if it is not loaded.
 */
bool victim_is_drivers(unsigned long addr)
{
	struct nooks_domain *(*domain_of)(struct module *mod) = sym("nooks_domain_of");
	void (*domain_put)(struct nooks_domain *d) = sym("nooks_domain_put");
	bool (*owned)(struct nooks_domain *d, unsigned long addr, size_t n) = sym("nooks_owned");
	struct nooks_domain *d;
	bool yes;

	if (!domain_of || !domain_put || !owned || !victim_owner_module)
		return false;
	d = domain_of(victim_owner_module);
	if (!d)
		return false;
	yes = owned(d, addr, sizeof(u64));
	domain_put(d);
	return yes;
}

/* kallsyms_lookup_name() is not exported: ask a kprobe where it is. */
int victim_target_init(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	unsigned int i;
	int rc = register_kprobe(&kp);

	if (rc)
		return rc;
	lookup_name = (void *)kp.addr;
	unregister_kprobe(&kp);
	top_pfn = *(unsigned long *)lookup_name("max_pfn");
	slab_object = kzalloc(256, GFP_KERNEL);
	vmalloc_page = vzalloc(PAGE_SIZE);
	rc = slab_object && vmalloc_page ? 0 : -ENOMEM;
	for (i = 0; i < NVICTIM_PAGES; i++) {
		victim_pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!victim_pages[i])
			rc = -ENOMEM;
	}
	if (rc)
		victim_target_exit();
	return rc;
}

void victim_target_exit(void)
{
	unsigned int i;

	for (i = 0; i < NVICTIM_PAGES; i++)
		if (victim_pages[i])
			__free_page(victim_pages[i]);
	vfree(vmalloc_page);
	kfree(slab_object);
}
