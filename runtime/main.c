// SPDX-License-Identifier: GPL-2.0
/*
 * nooks.ko: start and end.
 *
 * Loads only where the chosen backend can protect; otherwise it says why not
 * and what to do about it.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <nooks/entry.h>
#include "internal.h"
#include "xpc.h"

const struct nooks_backend *nooks_backend;

static const struct nooks_backend *const backends[] = {
	&nooks_backend_pagetable,
	&nooks_backend_none,
};

static char *backend = "pagetable";
module_param(backend, charp, 0444);
MODULE_PARM_DESC(backend, "what enforces write rights: pagetable (default), none (nothing does)");

static int choose_backend(void)
{
	const char *why;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(backends); i++)
		if (!strcmp(backends[i]->name, backend))
			break;
	if (i == ARRAY_SIZE(backends)) {
		pr_err("nooks: no backend \"%s\": there are pagetable and none\n", backend);
		return -EINVAL;
	}
	why = backends[i]->usable();
	if (why) {
		pr_err("nooks: not loaded: backend %s cannot protect here: %s\n", backend, why);
		return -ENODEV;
	}
	nooks_backend = backends[i];
	return 0;
}

/* In order; undone in reverse order. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ nooks_ksym_init, NULL },
	{ nooks_fault_init, NULL },
	{ nooks_pagetable_init, nooks_pagetable_exit },
	{ choose_backend, NULL },
	{ nooks_idt_init, nooks_idt_exit },
	{ nooks_watchdog_init, nooks_watchdog_exit },
	{ nooks_objects_init, nooks_objects_exit },
	{ nooks_recovery_init, nooks_recovery_exit },
	{ nooks_status_init, nooks_status_exit },
	{ nooks_modules_init, nooks_modules_exit },
};

static void undo(unsigned int n)
{
	while (n--)
		if (parts[n].exit)
			parts[n].exit();
}

static int __init nooks_init(void)
{
	unsigned int i;
	int ret;

	nooks_frames_init();
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		ret = parts[i].init();
		if (ret) {
			undo(i);
			return ret;
		}
	}
	pr_info("nooks: ready, backend %s\n", nooks_backend->name);
	return 0;
}

static void __exit nooks_exit(void)
{
	undo(ARRAY_SIZE(parts));
}

module_init(nooks_init);
module_exit(nooks_exit);
MODULE_DESCRIPTION("Nooks: device drivers in protection domains");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
