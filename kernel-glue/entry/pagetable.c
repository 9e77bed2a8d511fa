// SPDX-License-Identifier: GPL-2.0
/*
 * The `pagetable` backend: a top-level table per domain.
 *
 * Its kernel half is a copy of the kernel's with the write bit cleared; all
 * lower tables are the kernel's own, so there is nothing to keep in step.
 * Only the path to pages that the domain owns (or executes) is private: each
 * table on it is a copy with the write bits cleared but for owned entries.
 *
 * An entry of a private table is the kernel's (a copy), a pointer to the next
 * private table (PRIVATE) or ours (OURS: owned pages, driver text).  Copies
 * go stale when the kernel changes the original: missing ones are copied on
 * demand (sync), replaced ones at every module load (resync).
 *
 * Writers of one domain hold its mutex, except sync(), which only replaces
 * entries that are copies, by compare-and-exchange.  Private tables live as
 * long as the domain.
 */
#include <linux/cc_platform.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <nooks/backend.h>
#include <nooks/domain.h>
#include <nooks/entry.h>

#define PRIVATE		BIT_ULL(58)	/* ignored by the CPU */
#define OURS		BIT_ULL(57)
#define MARKS		(PRIVATE | OURS)
#define ADDRESS		((u64)PTE_PFN_MASK)
#define STICKY		((u64)(_PAGE_ACCESSED | _PAGE_DIRTY))

#define NR		512
#define KERNEL_HALF	256
#define DOMAIN_PCID	0x7f0UL		/* Linux uses 1..6, and with bit 11 set */

struct tables {
	struct list_head link;		/* all, under tables_mutex */
	struct mutex mutex;
	u64 *top;
	atomic64_t synced;
};

u64 nooks_noflush;

static LIST_HEAD(all_tables);
static DEFINE_MUTEX(tables_mutex);
static u64 *kernel_top;
static int (*set_memory_nx_fn)(unsigned long addr, int pages);
static int (*set_memory_x_fn)(unsigned long addr, int pages);

static int top_level(void)
{
	return pgtable_l5_enabled() ? 5 : 4;
}

static unsigned int slot(unsigned long addr, int level)
{
	return (addr >> (PAGE_SHIFT + 9 * (level - 1))) & (NR - 1);
}

static u64 span(int level)
{
	return 1ULL << (PAGE_SHIFT + 9 * (level - 1));
}

static u64 *table_of(u64 entry)
{
	return __va(entry & ADDRESS);
}

static bool is_leaf(u64 entry, int level)
{
	return level == 1 || (level < 4 && (entry & _PAGE_PSE));
}

/* A kernel entry as it appears in a private table. */
static u64 as_copy(u64 entry, int level)
{
	if (!(entry & _PAGE_PRESENT))
		return 0;
	entry &= ~(u64)(_PAGE_RW | MARKS);
	if (is_leaf(entry, level))
		entry &= ~(u64)_PAGE_GLOBAL;
	return entry;
}

/* Entry @i of the table that would say the same as the large page @entry of @level. */
static u64 split(u64 entry, int level, unsigned int i)
{
	u64 address = entry & ADDRESS & ~(span(level) - 1);
	u64 flags = entry & ~ADDRESS;
	u64 pat = entry & _PAGE_PAT_LARGE;

	/* the PAT bit is bit 12 of a large page's entry and bit 7 of a small one's */
	if (level == 2)
		flags = (flags & ~(u64)_PAGE_PSE) | (pat ? _PAGE_PAT : 0);
	else
		address |= pat;
	return (address + i * span(level - 1)) | flags;
}

/* What the kernel has for @addr, as an entry of @level. */
static u64 kernel_entry(unsigned long addr, int level)
{
	u64 *table = kernel_top;
	u64 entry;
	int l;

	for (l = top_level(); ; l--) {
		entry = READ_ONCE(table[slot(addr, l)]);
		if (l == level)
			return entry;
		if (!(entry & _PAGE_PRESENT))
			return 0;
		if (is_leaf(entry, l))
			break;
		table = table_of(entry);
	}
	for (; l > level; l--)
		entry = split(entry, l, slot(addr, l - 1));
	return entry;
}

/* A private table in place of the kernel's (or of a large page), with the same contents. */
static u64 *make_private(u64 *entry, int level)
{
	u64 *table = (u64 *)get_zeroed_page(GFP_KERNEL);
	u64 old = READ_ONCE(*entry);
	unsigned int i;

	if (!table)
		return NULL;
	for (i = 0; (old & _PAGE_PRESENT) && i < NR; i++) {
		u64 e = is_leaf(old, level) ? split(old, level, i) : READ_ONCE(table_of(old)[i]);

		table[i] = as_copy(e, level - 1);
	}
	WRITE_ONCE(*entry, __pa(table) | _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | PRIVATE);
	return table;
}

/* The domain's entry for @addr at @level, all tables above made private. */
static u64 *private_entry(struct tables *t, unsigned long addr, int level)
{
	u64 *table = t->top;
	int l;

	for (l = top_level(); l > level; l--) {
		u64 *entry = &table[slot(addr, l)];

		if (*entry & PRIVATE)
			table = table_of(*entry);
		else
			table = make_private(entry, l);
		if (!table)
			return NULL;
	}
	return &table[slot(addr, level)];
}

static bool pagetable_sync(struct nooks_domain *d, unsigned long addr)
{
	struct tables *t = d->backend_data;
	u64 *table;
	int l;

	if (!t || (long)addr >= 0)
		return false;
	for (l = top_level(), table = t->top; l >= 1; l--) {
		u64 *entry = &table[slot(addr, l)];
		u64 old = READ_ONCE(*entry), new;

		if (old & PRIVATE) {
			table = table_of(old);
			continue;
		}
		if (old & OURS)
			return false;
		new = as_copy(kernel_entry(addr, l), l);
		if (!((old ^ new) & ~STICKY))
			return false;
		/* Lost the race: whoever won knows better. */
		if (try_cmpxchg64(entry, &old, new))
			atomic64_inc(&t->synced);
		return true;
	}
	return false;
}

/* Make the entry for @addr ours.  The kernel must have it mapped. */
static int claim(struct tables *t, unsigned long addr, int level, bool write)
{
	u64 *entry = private_entry(t, addr, level);
	u64 have;

	if (!entry)
		return -ENOMEM;
	have = READ_ONCE(*entry);
	if (have & PRIVATE)
		return -EBUSY;		/* parts of it are claimed one by one */
	if (!(have & OURS))
		have = as_copy(kernel_entry(addr, level), level);
	if (!(have & _PAGE_PRESENT))
		return -EFAULT;
	if (write)
		have |= _PAGE_RW | _PAGE_DIRTY;
	WRITE_ONCE(*entry, have | _PAGE_ACCESSED | OURS);
	return 0;
}

/*
 * Give [addr, addr + a page of @level) back to the kernel's view of it: what
 * lies below is taken along.
 */
static void unclaim(struct tables *t, unsigned long addr, int level)
{
	u64 *table = t->top, *entry;
	unsigned int i;
	int l;

	for (l = top_level(); l > level; l--) {
		u64 e = table[slot(addr, l)];

		if (!(e & PRIVATE))
			return;
		table = table_of(e);
	}
	entry = &table[slot(addr, level)];
	if (*entry & PRIVATE)
		for (i = 0; i < NR; i++)
			unclaim(t, addr + i * span(level - 1), level - 1);
	else if (*entry & OURS)
		WRITE_ONCE(*entry, as_copy(kernel_entry(addr, level), level));
}

/* The largest step from @addr that stays within @end */
static int step_level(unsigned long addr, unsigned long end)
{
	return IS_ALIGNED(addr, PMD_SIZE) && end - addr >= PMD_SIZE ? 2 : 1;
}

static void nothing(void *unused)
{
}

/*
 * Every CPU leaves the domain for the interrupt and loads its CR3 anew on the
 * way back, which drops what it cached of the domain's tables.
 */
static void flush_domains(void)
{
	on_each_cpu(nothing, NULL, 1);
}

static void pagetable_disown(struct nooks_domain *d, unsigned long addr, size_t n)
{
	struct tables *t = d->backend_data;
	unsigned long a, end = PAGE_ALIGN(addr + n);
	int level;

	mutex_lock(&t->mutex);
	for (a = addr & PAGE_MASK; a < end; a += span(level)) {
		level = step_level(a, end);
		unclaim(t, a, level);
	}
	mutex_unlock(&t->mutex);
	flush_domains();
}

static int pagetable_own(struct nooks_domain *d, unsigned long addr, size_t n)
{
	struct tables *t = d->backend_data;
	unsigned long a, end = addr + n;
	int level, ret = 0;

	if (!IS_ALIGNED(addr | n, PAGE_SIZE) || (long)addr >= 0 || end < addr)
		return -EINVAL;
	mutex_lock(&t->mutex);
	for (a = addr; a < end && !ret; a += span(level)) {
		unsigned int i;

		level = step_level(a, end);
		ret = claim(t, a, level, true);
		if (ret == -EBUSY)
			for (i = 0, ret = 0; i < NR && !ret; i++)
				ret = claim(t, a + i * PAGE_SIZE, 1, true);
	}
	mutex_unlock(&t->mutex);
	if (ret)
		pagetable_disown(d, addr, n);
	return ret;
}

static bool pagetable_owned(struct nooks_domain *d, unsigned long addr, size_t n)
{
	struct tables *t = d->backend_data;
	unsigned long last = addr + n - 1;

	if ((long)addr >= 0 || last < addr)
		return false;
	for (;;) {
		u64 *table = t->top, entry = 0;
		int l;

		for (l = top_level(); l >= 1; l--) {
			entry = READ_ONCE(table[slot(addr, l)]);
			if (!(entry & PRIVATE))
				break;
			table = table_of(entry);
		}
		if (l < 1 || !(entry & OURS) || !(entry & _PAGE_RW))
			return false;
		addr = (addr | (span(l) - 1)) + 1;
		if (!addr || addr > last)
			return true;
	}
}

/* The address that entry @i of a table for [base, ...) of @level stands for. */
static unsigned long entry_address(unsigned long base, unsigned int i, int level)
{
	unsigned long addr = base + i * span(level);
	int unused = 64 - PAGE_SHIFT - 9 * top_level();

	return (unsigned long)((long)(addr << unused) >> unused);
}

/* Bring every copy in a private table up to date. */
static bool refresh(struct tables *t, u64 *table, unsigned long base, int level)
{
	unsigned int i = level == top_level() ? KERNEL_HALF : 0;
	bool changed = false;

	for (; i < NR; i++) {
		unsigned long addr = entry_address(base, i, level);
		u64 old = READ_ONCE(table[i]), new;

		if (old & PRIVATE) {
			changed |= refresh(t, table_of(old), addr, level - 1);
			continue;
		}
		new = as_copy(kernel_entry(addr, level), level);
		if ((old & OURS) || !((old ^ new) & ~STICKY))
			continue;
		if (try_cmpxchg64(&table[i], &old, new)) {
			atomic64_inc(&t->synced);
			changed = true;
		}
	}
	return changed;
}

static void pagetable_resync(struct nooks_domain *d)
{
	struct tables *t = d->backend_data;
	bool changed;

	mutex_lock(&t->mutex);
	changed = refresh(t, t->top, 0, top_level());
	mutex_unlock(&t->mutex);
	if (changed)
		flush_domains();
}

static int pagetable_text(struct nooks_domain *d, unsigned long addr, size_t n, bool on)
{
	struct tables *t = d->backend_data;
	unsigned long a, end = PAGE_ALIGN(addr + n);
	int ret = 0;

	addr &= PAGE_MASK;
	if (!on) {
		ret = set_memory_x_fn(addr, (end - addr) >> PAGE_SHIFT);
		mutex_lock(&t->mutex);
		for (a = addr; a < end; a += PAGE_SIZE)
			unclaim(t, a, 1);
		mutex_unlock(&t->mutex);
		flush_domains();
		return ret;
	}
	mutex_lock(&t->mutex);
	for (a = addr; a < end && !ret; a += PAGE_SIZE)
		ret = claim(t, a, 1, false);
	mutex_unlock(&t->mutex);
	if (!ret)
		ret = set_memory_nx_fn(addr, (end - addr) >> PAGE_SHIFT);
	if (ret)
		pagetable_text(d, addr, n, false);
	return ret;
}

/* Runs of writable pages, joined across entries and tables. */
struct run {
	unsigned long start, end;
	int (*fn)(void *arg, unsigned long addr, size_t n);
	void *arg;
};

static int flush_run(struct run *run)
{
	int ret = 0;

	if (run->end != run->start)
		ret = run->fn(run->arg, run->start, run->end - run->start);
	run->start = run->end;
	return ret;
}

static int walk(struct run *run, u64 *table, unsigned long base, int level)
{
	int i, ret;

	for (i = 0; i < NR; i++) {
		unsigned long addr = entry_address(base, i, level);
		u64 entry = READ_ONCE(table[i]);

		if (!(entry & _PAGE_PRESENT) || !(entry & _PAGE_RW))
			continue;
		if (!is_leaf(entry, level)) {
			ret = walk(run, table_of(entry), addr, level - 1);
			if (ret)
				return ret;
			continue;
		}
		if (addr != run->end) {
			ret = flush_run(run);
			if (ret)
				return ret;
			run->start = addr;
		}
		run->end = addr + span(level);
	}
	return 0;
}

static int pagetable_walk(struct nooks_domain *d,
			  int (*fn)(void *arg, unsigned long addr, size_t n), void *arg)
{
	struct tables *t = d->backend_data;
	struct run run = { .fn = fn, .arg = arg };
	int ret;

	mutex_lock(&t->mutex);
	ret = walk(&run, t->top, 0, top_level());
	if (!ret)
		ret = flush_run(&run);
	mutex_unlock(&t->mutex);
	return ret;
}

static void free_private(u64 *table, int level)
{
	int i;

	for (i = 0; level > 1 && i < NR; i++)
		if (table[i] & PRIVATE)
			free_private(table_of(table[i]), level - 1);
	free_page((unsigned long)table);
}

static void pagetable_destroy(struct nooks_domain *d)
{
	struct tables *t = d->backend_data;

	mutex_lock(&tables_mutex);
	list_del(&t->link);
	mutex_unlock(&tables_mutex);
	d->cr3 = 0;
	d->backend_data = NULL;
	flush_domains();
	free_private(t->top, top_level());
	kfree(t);
}

static int pagetable_create(struct nooks_domain *d)
{
	struct tables *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int i;

	if (!t)
		return -ENOMEM;
	t->top = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!t->top) {
		kfree(t);
		return -ENOMEM;
	}
	mutex_init(&t->mutex);
	for (i = KERNEL_HALF; i < NR; i++)
		t->top[i] = as_copy(READ_ONCE(kernel_top[i]), top_level());
	d->backend_data = t;
	mutex_lock(&tables_mutex);
	list_add(&t->link, &all_tables);
	mutex_unlock(&tables_mutex);
	d->cr3 = __pa(t->top) | (nooks_noflush ? DOMAIN_PCID : 0);
	return 0;
}

/*
 * A module that comes or goes replaces mappings next to a driver's.  First of
 * all notifiers, so that domains are up to date when others look.
 */
static int module_event(struct notifier_block *nb, unsigned long state, void *mod)
{
	struct tables *t;
	bool changed = false;

	if (state != MODULE_STATE_COMING && state != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	mutex_lock(&tables_mutex);
	list_for_each_entry(t, &all_tables, link) {
		mutex_lock(&t->mutex);
		changed |= refresh(t, t->top, 0, top_level());
		mutex_unlock(&t->mutex);
	}
	mutex_unlock(&tables_mutex);
	if (changed)
		flush_domains();
	return NOTIFY_DONE;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
	.priority = INT_MAX,
};

static const char *pagetable_usable(void)
{
	const char *why = nooks_idt_usable();

	if (why)
		return why;
	if (!boot_cpu_has(X86_FEATURE_NX))
		return "no NX: drivers could run their data as code; boot without noexec=off, or use another CPU";
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return "memory encryption (SME, SEV, TDX) is not supported; boot with mem_encrypt=off";
	/*
	 * A writable global translation survives the switch to the domain's
	 * tables and would let a store through.  The kernel has such for all of
	 * its memory, unless it isolates its tables from user space's.
	 */
	if (cpu_feature_enabled(X86_FEATURE_PGE) && !boot_cpu_has(X86_FEATURE_PTI))
		return "global pages would defeat the page tables; boot with pti=on (or clearcpuid=pge)";
#ifdef X86_CR4_CET
	if (__read_cr4() & X86_CR4_CET)
		return "CET forbids writes to read-only pages that single-stepping needs; boot with ibt=off";
#endif
	if (!kernel_top || !set_memory_nx_fn || !set_memory_x_fn)
		return "kernel symbols init_top_pgt, set_memory_nx, set_memory_x not found; needs CONFIG_KALLSYMS_ALL";
	return NULL;
}

int nooks_pagetable_init(void)
{
	kernel_top = (u64 *)nooks_ksym("init_top_pgt");
	set_memory_nx_fn = (void *)nooks_ksym("set_memory_nx");
	set_memory_x_fn = (void *)nooks_ksym("set_memory_x");
	if (__read_cr4() & X86_CR4_PCIDE)
		nooks_noflush = BIT_ULL(63);
	return register_module_notifier(&module_notifier);
}

void nooks_pagetable_exit(void)
{
	unregister_module_notifier(&module_notifier);
}

const struct nooks_backend nooks_backend_pagetable = {
	.name = "pagetable",
	.usable = pagetable_usable,
	.create = pagetable_create,
	.destroy = pagetable_destroy,
	.own = pagetable_own,
	.disown = pagetable_disown,
	.owned = pagetable_owned,
	.sync = pagetable_sync,
	.resync = pagetable_resync,
	.text = pagetable_text,
	.walk = pagetable_walk,
};
