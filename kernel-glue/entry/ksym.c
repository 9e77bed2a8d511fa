// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel symbols that are not exported to modules.
 *
 * kallsyms_lookup_name() itself is not exported; a kprobe on it tells where it
 * is.  Nothing is called before it was found: see the users for what they do
 * without.
 */
#include <linux/export.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <nooks/entry.h>

static unsigned long (*lookup)(const char *name);
static int (*is_text)(unsigned long addr);

/**
 * nooks_ksym() - address of a kernel symbol
 * @name: "symbol", or "module:symbol"
 *
 * Context: process.
 * Return: 0 if there is none.
 */
unsigned long nooks_ksym(const char *name)
{
	return lookup ? lookup(name) : 0;
}
EXPORT_SYMBOL_GPL(nooks_ksym);

bool nooks_kernel_text(unsigned long addr)
{
	return is_text(addr);
}

int nooks_ksym_init(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int ret = register_kprobe(&probe);

	if (ret) {
		pr_err("nooks: cannot find kernel symbols (kprobe: %d): CONFIG_KPROBES and CONFIG_KALLSYMS are needed\n",
		       ret);
		return ret;
	}
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);
	is_text = (void *)lookup("kernel_text_address");
	if (!is_text) {
		pr_err("nooks: kernel symbol kernel_text_address not found\n");
		return -ENOENT;
	}
	return 0;
}
