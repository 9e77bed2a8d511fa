// SPDX-License-Identifier: GPL-2.0
/*
 * inject.ko: make a running driver, isolated or not, do something wrong.
 *
 * /sys/kernel/debug/nooks-inject/
 *	do	write "MODULE FAULT [FUNCTION]": the driver's next call of FUNCTION
 *		(default: its transmit function) executes FAULT, once.  "MODULE none"
 *		takes the hook out again.
 *	status	what is armed or was, and whether it has fired
 *	victim	"intact", or what happened to the kernel memory wild-store aims at
 *	faults	the list
 *
 * Knows nothing of Nooks but the mark of a linked driver.  Only for machines
 * that may be lost.
 */
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include "inject.h"

unsigned long inject_softirq_action;
static unsigned long original_action;

static DEFINE_MUTEX(lock);
static struct inject_site site;
static const struct inject_fault *fault;
static char last_module[MODULE_NAME_LEN], last_function[64];
static bool last_isolated;
static unsigned int last_fired;

static unsigned int fired(void)
{
	return site.mod ? fault->times - max_t(s8, 0, READ_ONCE(site.state->armed)) : last_fired;
}

static void unhook(void)
{
	if (!site.mod)
		return;
	last_fired = fired();
	inject_site_unhook(&site);
}

static int arm(const char *module, const char *name, const char *function)
{
	const struct inject_fault *f;
	int rc;

	if (!strcmp(name, "none")) {
		unhook();
		return 0;
	}
	for (f = inject_faults; f->name && strcmp(f->name, name); f++)
		;
	if (!f->name)
		return -EINVAL;
	if (site.mod && !fired())
		return -EBUSY;
	unhook();
	rc = inject_site_find(&site, module, function);
	if (rc)
		return rc;
	last_fired = 0;
	last_isolated = site.isolated;
	strscpy(last_module, module, sizeof(last_module));
	strscpy(last_function, site.function, sizeof(last_function));
	fault = f;
	rc = inject_site_hook(&site, f);
	if (!rc)
		pr_info("inject: %s armed at %s of %s\n", name, site.function, module);
	return rc;
}

static ssize_t do_write(struct file *file, const char __user *user, size_t n, loff_t *pos)
{
	char line[200], *p = line, *word[3] = { };
	unsigned int i = 0;
	int rc;

	if (n >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, user, n))
		return -EFAULT;
	line[n] = '\0';
	p = strim(line);
	while (p && i < 3) {
		char *w = strsep(&p, " \t");

		if (*w)
			word[i++] = w;
	}
	if (i < 2)
		return -EINVAL;
	mutex_lock(&lock);
	rc = arm(word[0], word[1], word[2]);
	mutex_unlock(&lock);
	return rc ? rc : n;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.write = do_write,
	.llseek = noop_llseek,
};

static int status_show(struct seq_file *m, void *v)
{
	mutex_lock(&lock);
	if (fault)
		seq_printf(m, "module=%s function=%s fault=%s isolated=%d armed=%d fired=%u\n",
			   last_module, last_function, fault->name, last_isolated,
			   site.mod && READ_ONCE(site.state->armed) > 0, fired());
	else
		seq_puts(m, "armed=0 fired=0\n");
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static unsigned long current_action(void)
{
	return READ_ONCE(*(unsigned long *)inject_softirq_action);
}

static int victim_show(struct seq_file *m, void *v)
{
	if (current_action() == original_action)
		seq_puts(m, "intact\n");
	else
		seq_printf(m, "corrupted: softirq_vec[NET_RX] is %lx, was %ps\n",
			   current_action(), (void *)original_action);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(victim);

static int faults_show(struct seq_file *m, void *v)
{
	const struct inject_fault *f;

	for (f = inject_faults; f->name; f++)
		seq_printf(m, "%s\t%s\n", f->name, f->what);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(faults);

/* The driver goes away, and the hook with it. */
static int module_event(struct notifier_block *nb, unsigned long event, void *mod)
{
	if (event == MODULE_STATE_GOING) {
		mutex_lock(&lock);
		if (site.mod == mod) {
			last_fired = fired();
			site.mod = NULL;
		}
		mutex_unlock(&lock);
	}
	return NOTIFY_OK;
}
static struct notifier_block module_nb = { .notifier_call = module_event };

static struct dentry *dir;

static int __init inject_init(void)
{
	int rc = inject_site_init();

	if (rc)
		return rc;
	inject_softirq_action += NET_RX_SOFTIRQ * sizeof(struct softirq_action) +
				 offsetof(struct softirq_action, action);
	original_action = current_action();
	rc = register_module_notifier(&module_nb);
	if (rc)
		return rc;
	dir = debugfs_create_dir("nooks-inject", NULL);
	debugfs_create_file("do", 0200, dir, NULL, &do_fops);
	debugfs_create_file("status", 0400, dir, NULL, &status_fops);
	debugfs_create_file("victim", 0400, dir, NULL, &victim_fops);
	debugfs_create_file("faults", 0400, dir, NULL, &faults_fops);
	return 0;
}

static void __exit inject_exit(void)
{
	debugfs_remove_recursive(dir);
	unregister_module_notifier(&module_nb);
	mutex_lock(&lock);
	unhook();
	mutex_unlock(&lock);
}

module_init(inject_init);
module_exit(inject_exit);
MODULE_DESCRIPTION("Makes a running driver do something wrong");
MODULE_LICENSE("GPL");
