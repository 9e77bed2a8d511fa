// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel side of the crossing's test: a subsystem, its wrappers and stub
 * as the generator would write them, and a control file.
 *
 *   echo "WHAT [A [B]]" >/sys/kernel/debug/xpct/run; cat /sys/kernel/debug/xpct/run
 *
 * calls the driver and shows the result and what state it left the thread in.
 * A is a number or a name: victim, object, text, percpu, stack, idt.
 * "storm SECONDS [nmi] [irq]" crosses from both CPUs, from hard interrupts and
 * tasklets; "scribble SECONDS" has the driver overwrite what it can while that
 * goes on; "migrate WHAT" moves a thread about while it is in the driver.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/nmi.h>
#include <nooks/check.h>
#include <nooks/domain.h>
#include <nooks/entry.h>
#include <nooks/object.h>
#include <nooks/xpc.h>
#include "xpct.h"

static const struct xpct_ops *ops;
static struct xpct_object object;
static u64 victim = 0x1234;
static long later_sum, later_count;
static char answer[256] = "nothing was run\n";
static atomic_t nmis;
static bool storming;

/* The subsystem. */
static int do_register(const struct xpct_ops *o)
{
	return cmpxchg(&ops, NULL, o) ? -EBUSY : 0;
}

static long do_nested(long what, unsigned long a, unsigned long b)
{
	const struct xpct_ops *o = READ_ONCE(ops);
	long ret = o ? o->run(what, a, b, 0, 0, 0, 0, 0) : -ENODEV;

	pr_info("xpct: nested call returned %ld\n", ret);
	return ret;
}

/* Stub and types, as generated. */
static void run_call(struct nooks_frame *f)
{
	nooks_enter(f);
}

static void run_fault(struct nooks_frame *f)
{
	f->ret = -EIO;
}

static const struct nooks_stub stub_run = {
	.name = "xpct_ops.run", .source = "tests/vm/xpc/xpct.c", .call = run_call,
	.fault = run_fault, .nargs = 8, .context = NOOKS_CTX_ANY,
};

static bool below_100(const void *o, const void *value)
{
	return *(const u32 *)value < 100;
}

static const struct nooks_field fields[] = {
	{ .name = "field", .source = "xpct.c:field", .offset = offsetof(struct xpct_object, field),
	  .size = sizeof(object.field) },
	{ .name = "checked", .source = "xpct.c:checked",
	  .offset = offsetof(struct xpct_object, checked), .size = 4, .check = below_100 },
};

static const struct nooks_type type_object = {
	.name = "xpct_object", .source = "xpct.c", .size = sizeof(struct xpct_object),
	.rights = NOOKS_RIGHTS_FIELDS, .fields = fields, .nfields = ARRAY_SIZE(fields),
};

static void release_registration(struct nooks_domain *d, struct nooks_object *o)
{
	WRITE_ONCE(ops, NULL);
}

static const struct nooks_type type_registration = {
	.name = "xpct_registration", .source = "xpct.c", .release = release_registration,
	.release_name = "xpct_unregister",
};

/* Wrappers. */
static unsigned long call_register(struct nooks_frame *f)
{
	const struct xpct_ops *o = (void *)f->down[0];
	int ret;

	if (!nooks_check_rodata(f, 1, o, sizeof(*o), 0) ||
	    !nooks_bind(f, 1, o->run, &stub_run, 0))
		return 0;
	ret = do_register(o);
	if (!ret) {
		nooks_object_add(f->domain, &type_registration, (unsigned long)o, 0, 0, "xpct.c",
				 GFP_KERNEL);
		nooks_object_add(f->domain, &type_object, (unsigned long)&object,
				 sizeof(object), 0, "xpct.c", GFP_KERNEL);
	}
	return ret;
}

static unsigned long call_unregister(struct nooks_frame *f)
{
	nooks_object_drop(f->domain, &type_registration, (unsigned long)ops);
	nooks_object_drop(f->domain, &type_object, (unsigned long)&object);
	WRITE_ONCE(ops, NULL);
	return 0;
}

static unsigned long call_object(struct nooks_frame *f)
{
	return (unsigned long)&object;
}

static unsigned long call_sleep(struct nooks_frame *f)
{
	msleep(f->down[0]);
	return f->down[0];
}

static unsigned long call_nested(struct nooks_frame *f)
{
	return do_nested(f->down[0], f->down[1], f->down[2]);
}

static unsigned long call_irqsave(struct nooks_frame *f)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

static unsigned long call_irqrestore(struct nooks_frame *f)
{
	local_irq_restore(f->down[0]);
	return 0;
}

static unsigned long call_sum(struct nooks_frame *f)
{
	unsigned long sum = 0;
	int i;

	for (i = 0; i < 6; i++)
		sum += f->down[i];
	return sum + nooks_stack_arg(f, 0) + nooks_stack_arg(f, 1);
}

static unsigned long call_later(struct nooks_frame *f)
{
	later_sum += f->down[0];
	later_count++;
	return 0;
}

static unsigned long call_preempt(struct nooks_frame *f)
{
	return 0;
}

#define WRAPPER(n, args, ctx, fl)						\
	static struct nooks_wrapper __used w_##n = {				\
		.call = call_##n, .name = "xpct_" #n, .source = "xpct.c",	\
		.nargs = args, .context = ctx, .flags = fl,			\
	}
WRAPPER(register, 1, NOOKS_CTX_ANY, 0);
WRAPPER(unregister, 0, NOOKS_CTX_ANY, 0);
WRAPPER(object, 0, NOOKS_CTX_ANY, 0);
WRAPPER(sleep, 1, NOOKS_CTX_SLEEPS, 0);
WRAPPER(nested, 3, NOOKS_CTX_ANY, 0);
WRAPPER(irqsave, 0, NOOKS_CTX_ANY, 0);
WRAPPER(irqrestore, 1, NOOKS_CTX_ANY, 0);
WRAPPER(sum, 8, NOOKS_CTX_ANY, 0);
WRAPPER(later, 1, NOOKS_CTX_ANY, NOOKS_W_DEFERRED);
WRAPPER(preempt, 0, NOOKS_CTX_ANY, 0);

/* Never registered: what a driver's own memory could look like. */
static struct nooks_wrapper __used w_bad = { .call = call_preempt, .id = 1, .name = "bad" };

NOOKS_DEFINE_GATE(xpct_register, w_register);
NOOKS_DEFINE_GATE(xpct_unregister, w_unregister);
NOOKS_DEFINE_GATE(xpct_object, w_object);
NOOKS_DEFINE_GATE(xpct_sleep, w_sleep);
NOOKS_DEFINE_GATE(xpct_nested, w_nested);
NOOKS_DEFINE_GATE(xpct_irqsave, w_irqsave);
NOOKS_DEFINE_GATE(xpct_irqrestore, w_irqrestore);
NOOKS_DEFINE_GATE(xpct_sum, w_sum);
NOOKS_DEFINE_GATE(xpct_bad_gate, w_bad);
NOOKS_DEFINE_DEFERRED(xpct_later, w_later, 0);

static struct nooks_wrapper *const wrappers[] = {
	&w_register, &w_unregister, &w_object, &w_sleep, &w_nested, &w_irqsave, &w_irqrestore,
	&w_sum, &w_later, &w_preempt,
};

/* The functions themselves, for a driver that is not isolated. */
int xpct_register(const struct xpct_ops *o)
{
	return do_register(o);
}
EXPORT_SYMBOL_GPL(xpct_register);

void xpct_unregister(void)
{
	WRITE_ONCE(ops, NULL);
}
EXPORT_SYMBOL_GPL(xpct_unregister);

struct xpct_object *xpct_object(void)
{
	return &object;
}
EXPORT_SYMBOL_GPL(xpct_object);

long xpct_sleep(unsigned int ms)
{
	msleep(ms);
	return ms;
}
EXPORT_SYMBOL_GPL(xpct_sleep);

long xpct_nested(long what, unsigned long a, unsigned long b)
{
	return do_nested(what, a, b);
}
EXPORT_SYMBOL_GPL(xpct_nested);

unsigned long xpct_irqsave(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}
EXPORT_SYMBOL_GPL(xpct_irqsave);

void xpct_irqrestore(unsigned long flags)
{
	local_irq_restore(flags);
}
EXPORT_SYMBOL_GPL(xpct_irqrestore);

long xpct_sum(long a, long b, long c, long d, long e, long f, long g, long h)
{
	return a + b + c + d + e + f + g + h;
}
EXPORT_SYMBOL_GPL(xpct_sum);

void xpct_later(long v)
{
	later_sum += v;
	later_count++;
}
EXPORT_SYMBOL_GPL(xpct_later);

void xpct_bad_gate(void);
void xpct_bad_gate(void)
{
}
EXPORT_SYMBOL_GPL(xpct_bad_gate);

/* Control. */
static long call_driver(long what, unsigned long a, unsigned long b)
{
	const struct xpct_ops *o = READ_ONCE(ops);

	return o ? o->run(what, a, b, 1, 2, 3, 4, 5) : -ENODEV;
}

struct crosser {
	struct task_struct *task;
	struct completion done;
	long what;
	unsigned long good, bad, until;
};

static int cross_thread(void *arg)
{
	struct crosser *c = arg;
	unsigned long i;

	for (i = 0; time_before(jiffies, c->until); i++) {
		if (call_driver(X_SPIN, i, 20) == i + 1)
			c->good++;
		else
			c->bad++;
		if (!(i & 255))
			cond_resched();
	}
	complete(&c->done);
	return 0;
}

static atomic_t hard_good, hard_bad, soft_good, soft_bad;

static void tasklet_fn(struct tasklet_struct *t)
{
	atomic_inc(call_driver(X_SPIN, 5, 100) == 6 ? &soft_good : &soft_bad);
}

struct ticker {
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	bool nmi, irq;
};
static DEFINE_PER_CPU(struct ticker, tickers);

static enum hrtimer_restart tick(struct hrtimer *t)
{
	struct ticker *k = container_of(t, struct ticker, timer);
	int cpu;

	if (k->nmi)
		for_each_online_cpu(cpu)
			if (cpu != smp_processor_id())
				apic->send_IPI(cpu, NMI_VECTOR);
	if (k->irq) {
		atomic_inc(call_driver(X_SPIN, 5, 10) == 6 ? &hard_good : &hard_bad);
		tasklet_schedule(&k->tasklet);
	}
	hrtimer_forward_now(t, ns_to_ktime(300000));
	return HRTIMER_RESTART;
}

static void start_tick(void *irq_nmi)
{
	struct ticker *k = this_cpu_ptr(&tickers);

	k->irq = (long)irq_nmi & 1;
	k->nmi = (long)irq_nmi & 2;
	hrtimer_init(&k->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	k->timer.function = tick;
	hrtimer_start(&k->timer, ns_to_ktime(300000), HRTIMER_MODE_REL_PINNED);
}

static int nmi_handler(unsigned int type, struct pt_regs *regs)
{
	if (!READ_ONCE(storming))
		return NMI_DONE;
	atomic_inc(&nmis);
	return NMI_HANDLED;
}

static u64 cpu_sum(size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += *(u64 *)((char *)per_cpu_ptr(&nooks_cpu, cpu) + offset);
	return sum;
}

static void storm(long seconds, bool nmi, bool irq)
{
	struct crosser c[2] = { };
	unsigned long good = 0, bad = 0;
	int i, cpu, n = min_t(int, num_online_cpus(), 2);

	atomic_set(&nmis, 0);
	atomic_set(&hard_good, 0);
	atomic_set(&hard_bad, 0);
	atomic_set(&soft_good, 0);
	atomic_set(&soft_bad, 0);
	for_each_possible_cpu(cpu)
		tasklet_setup(&per_cpu_ptr(&tickers, cpu)->tasklet, tasklet_fn);
	storming = nmi;
	on_each_cpu(start_tick, (void *)((nmi ? 2L : 0) | (irq ? 1L : 0)), 1);
	for (i = 0; i < n; i++) {
		init_completion(&c[i].done);
		c[i].until = jiffies + seconds * HZ;
		c[i].task = kthread_create(cross_thread, &c[i], "xpct/%d", i);
		if (IS_ERR(c[i].task)) {
			complete(&c[i].done);
			continue;
		}
		kthread_bind(c[i].task, cpumask_nth(i, cpu_online_mask));
		wake_up_process(c[i].task);
	}
	for (i = 0; i < n; i++) {
		wait_for_completion(&c[i].done);
		good += c[i].good;
		bad += c[i].bad;
	}
	/* the timer of a CPU that went away runs on another one */
	for_each_possible_cpu(cpu) {
		if (per_cpu_ptr(&tickers, cpu)->timer.function)
			hrtimer_cancel(&per_cpu_ptr(&tickers, cpu)->timer);
		tasklet_kill(&per_cpu_ptr(&tickers, cpu)->tasklet);
	}
	msleep(50);
	storming = false;
	snprintf(answer, sizeof(answer),
		 "thread good %lu bad %lu hard good %d bad %d soft good %d bad %d nmi %d interrupts_inside %llu nmis_inside %llu windows %llu\n",
		 good, bad, atomic_read(&hard_good), atomic_read(&hard_bad),
		 atomic_read(&soft_good), atomic_read(&soft_bad), atomic_read(&nmis),
		 cpu_sum(NOOKS_CPU_INTERRUPTS), cpu_sum(NOOKS_CPU_NMIS),
		 cpu_sum(NOOKS_CPU_WINDOWS));
}

/*
 * A driver thread that overwrites, all the time, the pages on which traps out
 * of drivers land.  Nothing in the kernel may come of that.
 */
static int scribble_thread(void *arg)
{
	struct crosser *c = arg;
	unsigned long landing;

	landing = per_cpu(cpu_tss_rw, 0).x86_tss.ist[NOOKS_LANDING_IST - 1] - 2048;
	while (time_before(jiffies, c->until)) {
		if (call_driver(X_SCRIBBLE, landing, nr_cpu_ids * 2048 / 8) > 0)
			c->good++;
		else
			usleep_range(100, 1000);	/* being restarted */
	}
	complete(&c->done);
	return 0;
}

static void scribble(long seconds)
{
	struct crosser c = { .until = jiffies + seconds * HZ };

	init_completion(&c.done);
	c.task = kthread_create(scribble_thread, &c, "xpct/scribble");
	if (IS_ERR(c.task))
		return;
	wake_up_process(c.task);
	storm(seconds, false, true);
	wait_for_completion(&c.done);
	snprintf(answer, sizeof(answer), "scribbled %lu\n", c.good);
}

static int migrate_thread(void *arg)
{
	struct crosser *c = arg;

	c->good = c->what == X_SLEEP ? call_driver(X_WHERE, 30, 4) :
				       call_driver(X_WHERE, 100000000, 0);
	complete(&c->done);
	return 0;
}

static void migrate(long what)
{
	struct crosser c = { .what = what };
	int to = 0;

	init_completion(&c.done);
	c.task = kthread_create(migrate_thread, &c, "xpct/migrate");
	if (IS_ERR(c.task))
		return;
	get_task_struct(c.task);
	wake_up_process(c.task);
	while (!wait_for_completion_timeout(&c.done, 2)) {
		to = cpumask_next(to, cpu_online_mask);
		if (to >= nr_cpu_ids)
			to = cpumask_first(cpu_online_mask);
		set_cpus_allowed_ptr(c.task, cpumask_of(to));
	}
	put_task_struct(c.task);
	snprintf(answer, sizeof(answer), "moved %ld\n", c.good);
}

static unsigned long parse(const char *s)
{
	struct desc_ptr idt;
	unsigned long v = 0;

	if (!strcmp(s, "victim"))
		return (unsigned long)&victim;
	if (!strcmp(s, "object"))
		return (unsigned long)&object;
	if (!strcmp(s, "checked"))
		return (unsigned long)&object.checked;
	if (!strcmp(s, "text"))
		return (unsigned long)kfree;
	if (!strcmp(s, "percpu"))
		return (unsigned long)per_cpu_ptr(&nooks_cpu, 0);
	if (!strcmp(s, "stack"))
		return (unsigned long)task_stack_page(current) + 512;
	if (!strcmp(s, "idt")) {
		store_idt(&idt);
		return idt.address;
	}
	if (kstrtoul(s, 0, &v))
		pr_err("xpct: what is %s?\n", s);
	return v;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	char line[96], a[24] = "0", b[24] = "0", verb[16];
	unsigned long before, after;
	int what, count;
	long ret;

	if (n >= sizeof(line) || copy_from_user(line, buf, n))
		return -EINVAL;
	line[n] = 0;
	if (sscanf(line, "storm %23s", a) == 1) {
		storm(parse(a), strstr(line, "nmi"), strstr(line, "irq"));
		return n;
	}
	if (sscanf(line, "scribble %23s", a) == 1) {
		scribble(parse(a));
		return n;
	}
	if (sscanf(line, "migrate %15s", verb) == 1) {
		migrate(strcmp(verb, "sleep") ? X_SPIN : X_SLEEP);
		return n;
	}
	if (sscanf(line, "%d %23s %23s", &what, a, b) < 1)
		return -EINVAL;
	later_sum = later_count = 0;
	if (strstr(line, "irqoff"))
		local_irq_disable();
	if (strstr(line, "atomic"))
		preempt_disable();
	count = preempt_count();
	before = irqs_disabled();
	ret = call_driver(what, parse(a), parse(b));
	after = irqs_disabled();
	if (after && !before)
		local_irq_enable();
	snprintf(answer, sizeof(answer),
		 "ret %ld victim %#llx irqs %s preempt %s rcu %d later %ld/%ld after %#llx checked %u\n",
		 ret, victim, before == after ? "same" : "CHANGED",
		 preempt_count() == count ? "same" : "CHANGED", rcu_preempt_depth(),
		 later_count, later_sum, object.after, object.checked);
	if (strstr(line, "atomic"))
		preempt_enable();
	if (strstr(line, "irqoff"))
		local_irq_enable();
	return n;
}

static ssize_t run_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	return simple_read_from_buffer(buf, n, pos, answer, strlen(answer));
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE, .read = run_read, .write = run_write, .llseek = default_llseek,
};

static struct dentry *dir;

static int __init xpct_init(void)
{
	int ret = nooks_wrappers_register(THIS_MODULE, wrappers, ARRAY_SIZE(wrappers));

	if (ret)
		return ret;
	ret = register_nmi_handler(NMI_LOCAL, nmi_handler, 0, "xpct");
	if (ret) {
		nooks_wrappers_unregister(THIS_MODULE);
		return ret;
	}
	dir = debugfs_create_dir("xpct", NULL);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	return 0;
}

static void __exit xpct_exit(void)
{
	debugfs_remove_recursive(dir);
	unregister_nmi_handler(NMI_LOCAL, "xpct");
	nooks_wrappers_unregister(THIS_MODULE);
}

module_init(xpct_init);
module_exit(xpct_exit);
MODULE_DESCRIPTION("nooks test: subsystem");
MODULE_LICENSE("GPL");
