// SPDX-License-Identifier: GPL-2.0
/*
 * Runs attacks, and tells what became of them.
 *
 * /sys/kernel/debug/victim/
 *	run	write "ATTACK [TARGET|-] [CONTEXT]": ATTACK is a name the driver
 *		knows, TARGET one of `targets` (or alias:TARGET), CONTEXT one of
 *		process, softirq, hardirq, atomic, irqsoff.  Returns when it has
 *		ended, died or hung.
 *	result	of the last run, one line: ret=N state=returned|died|hung
 *		changed=WHAT leaked=WHAT
 *	ping	"alive" if the driver answers
 *	count	how often a driver has registered
 *	targets	the list
 *
 * "random-stores N SECONDS" lets the driver make N random stores, see victim_fuzz.c.
 * ATTACKs called lent-* go to the driver's lend operation, "fuzz" gets a list of
 * random addresses.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "victim_internal.h"

#define HUNG_MS		15000
#define LENT_AT		256
#define LENT_SIZE	64
#define FUZZ_LIST	16
#define FUZZ_VALUE	0x6b6f6f4e00000000ULL

struct run {
	struct victim_job job;
	struct victim_target target;
	bool has_target;
	u8 *page;			/* for lent-*: the middle is lent */
	unsigned long *list;
	const char *context;
	struct tasklet_struct tasklet;
	struct hrtimer timer;
	struct completion done;
	struct victim_dev *dev;
	struct victim_dev before;
	u32 port_closed;
	u64 noted;
	int ret;
	unsigned int through;
	char changed[64], leaked[64];
};

static DEFINE_MUTEX(run_lock);
static char result[256] = "none";

static void add(char *list, const char *word)
{
	strlcat(list, *list ? "," : "", 64);
	strlcat(list, word, 64);
}

/* The driver's device is looked at before a recovery can free it. */
static struct run *watching;
static DEFINE_SPINLOCK(watch_lock);

static void check_dev(struct run *r)
{
	const struct victim_dev *a = &r->before, *b = r->dev;

	if (memcmp(a->red_before, b->red_before, sizeof(a->red_before)) ||
	    memcmp(a->red_after, b->red_after, sizeof(a->red_after)))
		add(r->changed, "dev-red");
	if (a->early != b->early)
		add(r->changed, "dev-early");
	if (b->level > VICTIM_LEVEL_MAX)
		add(r->changed, "dev-level");
	if (a->guarded != b->guarded || a->beside != b->beside || a->after != b->after ||
	    a->part.closed != b->part.closed)
		add(r->changed, "dev-field");
	if (a->ops != b->ops || a->port != b->port)
		add(r->changed, "dev-pointer");
	else if (b->port->closed != r->port_closed)
		add(r->changed, "dev-port");

	/* so that the next attack finds it as it was */
	*r->dev = r->before;
	r->dev->port->closed = r->port_closed;
}

void victim_check_freed(struct victim_dev *dev)
{
	unsigned long flags;

	spin_lock_irqsave(&watch_lock, flags);
	if (watching && watching->dev == dev) {
		check_dev(watching);
		watching = NULL;
	}
	spin_unlock_irqrestore(&watch_lock, flags);
}

static void check_all(struct run *r)
{
	unsigned long flags;

	spin_lock_irqsave(&watch_lock, flags);
	if (watching == r)
		check_dev(r);
	watching = NULL;
	spin_unlock_irqrestore(&watch_lock, flags);
	if (r->has_target && victim_target_check(&r->target))
		add(r->changed, r->target.name);
	if (victim_noted != r->noted)
		add(r->changed, "forbidden-function");
	if (victim_other_changed())
		add(r->changed, "other-object");
	if (r->page && (memchr_inv(r->page, 0x5a, LENT_AT) ||
			memchr_inv(r->page + LENT_AT + LENT_SIZE, 0x5a,
				   PAGE_SIZE - LENT_AT - LENT_SIZE)))
		add(r->changed, "beside-lent");
}

/* May sleep.  The values are such as nobody else would have put there. */
static void check_fuzz(struct run *r)
{
	size_t i;

	for (i = 0; r->list && i < FUZZ_LIST; i++)
		if (*(u64 *)r->list[i] == (FUZZ_VALUE | i) && !victim_is_drivers(r->list[i]))
			r->through++;
	if (r->through)
		add(r->changed, "fuzzed-memory");
}

/* The upcall itself, in whatever context this is. */
static void upcall(struct run *r)
{
	int count = preempt_count();
	bool irqs_off = irqs_disabled();
	struct victim_dev *dev = r->dev;

	if (r->page)
		r->ret = dev->ops->lend(dev, r->page + LENT_AT, LENT_SIZE, &r->job);
	else
		r->ret = dev->ops->run(dev, &r->job);
	if (irqs_disabled() != irqs_off) {
		add(r->leaked, "irqs");
		if (irqs_off)
			local_irq_disable();
		else
			local_irq_enable();
	}
	if (preempt_count() != count) {
		add(r->leaked, "preempt");
		preempt_count_set(count);
	}
	check_all(r);
	complete(&r->done);
}

static void run_tasklet(struct tasklet_struct *t)
{
	upcall(from_tasklet((struct run *)NULL, t, tasklet));
}

static enum hrtimer_restart run_timer(struct hrtimer *t)
{
	upcall(container_of(t, struct run, timer));
	return HRTIMER_NORESTART;
}

static int run_thread(void *arg)
{
	struct run *r = arg;

	if (r->has_target && victim_target_find(&r->target, r->target.name)) {
		r->ret = -ENODEV;
		add(r->leaked, "no-such-target");
		complete(&r->done);
		return 0;
	}
	if (r->has_target) {
		r->job.addr = (unsigned long)r->target.addr;
		r->job.size = r->target.width;
		r->job.value = r->target.old ^ r->target.mask;
	}
	if (r->list) {
		r->job.value = FUZZ_VALUE;
		r->job.nlist = victim_random(r->list, FUZZ_LIST, r->job.seed);
		r->job.list = r->list;
	}
	if (!strcmp(r->context, "softirq")) {
		tasklet_schedule(&r->tasklet);
	} else if (!strcmp(r->context, "hardirq")) {
		hrtimer_start(&r->timer, ms_to_ktime(1), HRTIMER_MODE_REL_PINNED_HARD);
	} else if (!strcmp(r->context, "atomic")) {
		preempt_disable();
		upcall(r);
		preempt_enable();
	} else if (!strcmp(r->context, "irqsoff")) {
		local_irq_disable();
		upcall(r);
		local_irq_enable();
	} else {
		upcall(r);
	}
	return 0;
}

/* Whether the thread ended with the upcall, without it, or not at all. */
static const char *wait_for_end(struct run *r, struct task_struct *task)
{
	unsigned int ms;

	for (ms = 0; ms < HUNG_MS; ms += 10) {
		if (try_wait_for_completion(&r->done))
			return "returned";
		if (READ_ONCE(task->exit_state) && !strcmp(r->context, "process"))
			return try_wait_for_completion(&r->done) ? "returned" : "died";
		msleep(10);
	}
	return "hung";
}

static struct run *new_run(const char *attack, const char *target, const char *context)
{
	struct run *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	strscpy(r->job.name, attack, sizeof(r->job.name));
	strscpy(r->target.name, target, sizeof(r->target.name));
	r->has_target = strcmp(target, "-");
	r->context = context;
	r->job.fn = (unsigned long)victim_forbidden;
	if (!strncmp(attack, "forged-", 7))
		r->job.fn = victim_lookup("nooks_downcall_gate");
	r->job.seed = get_random_u64();
	if (!strncmp(attack, "lent-", 5)) {
		r->page = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (r->page)
			memset(r->page, 0x5a, PAGE_SIZE);
	}
	if (!strncmp(attack, "fuzz", 4))
		r->list = kcalloc(FUZZ_LIST, sizeof(long), GFP_KERNEL);
	tasklet_setup(&r->tasklet, run_tasklet);
	hrtimer_init(&r->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	r->timer.function = run_timer;
	init_completion(&r->done);
	r->noted = victim_noted;
	return r;
}

static int run_attack(const char *attack, const char *target, const char *context)
{
	struct task_struct *task;
	struct run *r;
	const char *state;

	r = new_run(attack, target, context);
	if (!r)
		return -ENOMEM;
	r->dev = victim_current();
	if (!r->dev || (!r->page && !strncmp(attack, "lent-", 5))) {
		kfree(r);
		return -ENODEV;
	}
	r->before = *r->dev;
	r->port_closed = r->dev->port->closed;
	spin_lock_irq(&watch_lock);
	watching = r;
	spin_unlock_irq(&watch_lock);

	task = kthread_create(run_thread, r, "victim/attack");
	if (IS_ERR(task)) {
		watching = NULL;
		kfree(r);
		return PTR_ERR(task);
	}
	kthread_bind(task, cpumask_last(cpu_online_mask));
	get_task_struct(task);
	wake_up_process(task);
	state = wait_for_end(r, task);
	put_task_struct(task);
	if (strcmp(state, "returned"))
		check_all(r);
	check_fuzz(r);
	snprintf(result, sizeof(result), "ret=%d state=%s changed=%s leaked=%s through=%u",
		 r->ret, state, *r->changed ? r->changed : "nothing",
		 *r->leaked ? r->leaked : "nothing", r->through);
	if (!strcmp(state, "returned")) {
		free_page((unsigned long)r->page);
		kfree(r->list);
		kfree(r);
	}	/* else somebody may still use it: lost */
	return 0;
}

static ssize_t run_write(struct file *file, const char __user *user, size_t n, loff_t *pos)
{
	char line[128], *p, *word[3] = { NULL, "-", "process" };
	unsigned int i = 0;
	int rc;

	if (n >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, user, n))
		return -EFAULT;
	line[n] = '\0';
	p = strim(line);
	while (p && i < 3) {
		char *w = strsep(&p, " ");

		if (*w)
			word[i++] = w;
	}
	if (!word[0])
		return -EINVAL;
	mutex_lock(&run_lock);
	strscpy(result, "none", sizeof(result));
	if (!strcmp(word[0], "random-stores")) {
		unsigned int writes = 0, seconds = 0;

		rc = kstrtouint(word[1], 0, &writes) ?: kstrtouint(word[2], 0, &seconds);
		if (!rc)
			victim_fuzz(writes, seconds, result, sizeof(result));
	} else {
		rc = run_attack(word[0], word[1], word[2]);
	}
	mutex_unlock(&run_lock);
	return rc ? rc : n;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.write = run_write,
	.llseek = noop_llseek,
};

static int result_show(struct seq_file *m, void *v)
{
	mutex_lock(&run_lock);
	seq_printf(m, "%s\n", result);
	mutex_unlock(&run_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int ping_show(struct seq_file *m, void *v)
{
	struct victim_dev *dev;

	mutex_lock(&run_lock);
	dev = victim_current();
	seq_puts(m, dev && dev->ops->ping(dev, 41) == 42 ? "alive\n" : "dead\n");
	mutex_unlock(&run_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ping);

static int count_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", atomic_read(&victim_registrations));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(count);

static int targets_show(struct seq_file *m, void *v)
{
	victim_target_list(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(targets);

static struct dentry *dir;

static int __init victim_init(void)
{
	int rc = victim_target_init();

	if (rc)
		return rc;
	dir = debugfs_create_dir("victim", NULL);
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	debugfs_create_file("ping", 0400, dir, NULL, &ping_fops);
	debugfs_create_file("count", 0400, dir, NULL, &count_fops);
	debugfs_create_file("targets", 0400, dir, NULL, &targets_fops);
	return 0;
}

static void __exit victim_exit(void)
{
	debugfs_remove_recursive(dir);
	victim_target_exit();
}

module_init(victim_init);
module_exit(victim_exit);
MODULE_DESCRIPTION("A made-up subsystem whose driver misbehaves");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
