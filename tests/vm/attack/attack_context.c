// SPDX-License-Identifier: GPL-2.0
/*
 * Time and context: loops, stacks, interrupts and locks left in the wrong state,
 * sleeping where one must not, memory freed under a running timer; and ordinary
 * faults.  Ends with what well-behaved drivers do, for stress tests.
 */
#include <linux/bottom_half.h>
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <asm/processor-flags.h>
#include "attack.h"

#define ATTACK(name) \
	static noinline int name(struct victim_dev *dev, const struct victim_job *job)

static DEFINE_SPINLOCK(spin);

ATTACK(loop)
{
	for (;;)
		cpu_relax();
	return ATTACK_DONE;
}

ATTACK(loop_irqs_off)
{
	asm volatile("cli");
	for (;;)
		cpu_relax();
	return ATTACK_DONE;
}

ATTACK(loop_locked)
{
	spin_lock(&spin);
	for (;;)
		cpu_relax();
	return ATTACK_DONE;
}

/* Loops over a downcall. */
ATTACK(loop_calls)
{
	for (;;)
		victim_pair(1, 2);
	return ATTACK_DONE;
}

/* Waits for itself. */
ATTACK(deadlock)
{
	static DEFINE_SPINLOCK(spin);

	spin_lock(&spin);
	spin_lock(&spin);
	return ATTACK_DONE;
}

static noinline int recurse(unsigned long depth)
{
	volatile u8 frame[512];

	frame[0] = depth;
	if (!depth)
		return 0;
	return recurse(depth - 1) + frame[0];
}

ATTACK(stack_overflow)
{
	return recurse(1 << 20) ? ATTACK_DONE : -EIO;
}

ATTACK(stack_overflow_irqs_off)
{
	asm volatile("cli");
	return recurse(1 << 20) ? ATTACK_DONE : -EIO;
}

ATTACK(null_read)
{
	volatile int *p = (int *)8;

	OPTIMIZER_HIDE_VAR(p);
	return *p ? ATTACK_DONE : -EIO;
}

ATTACK(null_write)
{
	volatile int *p = (int *)8;

	OPTIMIZER_HIDE_VAR(p);
	*p = 1;
	return ATTACK_DONE;
}

ATTACK(wild_read)
{
	volatile int *p = (int *)0x4141414141414141;

	OPTIMIZER_HIDE_VAR(p);
	return *p ? ATTACK_DONE : -EIO;
}

ATTACK(bug)
{
	BUG();
	return ATTACK_DONE;
}

ATTACK(divide)
{
	int zero = 0;

	OPTIMIZER_HIDE_VAR(zero);
	return (int)job->seed / zero;
}

ATTACK(irqs_leak)
{
	asm volatile("cli");
	return ATTACK_DONE;
}

/* Interrupts were off: forged flags turn them on. */
ATTACK(irqs_on)
{
	static DEFINE_SPINLOCK(spin);
	unsigned long flags;

	spin_lock_irqsave(&spin, flags);
	spin_unlock_irqrestore(&spin, X86_EFLAGS_IF);
	return ATTACK_DONE;
}

ATTACK(preempt_leak)
{
	preempt_disable();
	return ATTACK_DONE;
}

ATTACK(preempt_under)
{
	preempt_enable();
	return ATTACK_DONE;
}

ATTACK(bh_leak)
{
	local_bh_disable();
	return ATTACK_DONE;
}

ATTACK(lock_leak)
{
	static DEFINE_SPINLOCK(spin);

	spin_lock(&spin);
	return ATTACK_DONE;
}

ATTACK(lock_irq_leak)
{
	static DEFINE_SPINLOCK(spin);
	unsigned long flags;

	spin_lock_irqsave(&spin, flags);
	return ATTACK_DONE;
}

ATTACK(unlock_free_lock)
{
	static DEFINE_SPINLOCK(spin);

	spin_unlock(&spin);
	return ATTACK_DONE;
}

/* A lock of the kernel's, by its address. */
ATTACK(lock_kernel)
{
	spin_lock((spinlock_t *)job->addr);
	return ATTACK_DONE;
}

ATTACK(fault_locked)
{
	static DEFINE_SPINLOCK(spin);
	unsigned long flags;

	spin_lock_irqsave(&spin, flags);
	*(volatile u64 *)job->addr = job->value;
	spin_unlock_irqrestore(&spin, flags);
	return ATTACK_DONE;
}

ATTACK(sleep_irqs_off)
{
	asm volatile("cli");
	victim_sleep(5);
	return ATTACK_DONE;
}

ATTACK(sleep_locked)
{
	static DEFINE_SPINLOCK(spin);

	spin_lock(&spin);
	victim_sleep(5);
	spin_unlock(&spin);
	return ATTACK_DONE;
}

ATTACK(sleep_preempt_off)
{
	preempt_disable();
	victim_sleep(5);
	preempt_enable();
	return ATTACK_DONE;
}

/* in whatever context the job has */
ATTACK(sleep)
{
	victim_sleep(5);
	return ATTACK_DONE;
}

struct timed {
	u64 before[8];
	struct delayed_work work;
	u64 after[8];
};

static void timed_work(struct work_struct *work)
{
}

/* Natively the timer goes on running in freed memory. */
ATTACK(free_live_timer)
{
	struct timed *t = kmalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	INIT_DELAYED_WORK(&t->work, timed_work);
	schedule_delayed_work(&t->work, HZ / 5);
	kfree(t);
	return ATTACK_DONE;
}

/* What the kernel links into its lists, scribbled over. */
ATTACK(scribble_timer)
{
	static struct timed *t;

	t = kmalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	INIT_DELAYED_WORK(&t->work, timed_work);
	schedule_delayed_work(&t->work, HZ / 5);
	memset(&t->work, 0x41, sizeof(t->work));
	return ATTACK_DONE;
}

/* A work whose function is the driver's: faults in a worker thread. */
static struct work_struct later;
static unsigned long later_addr;

static void later_fault(struct work_struct *work)
{
	*(volatile u64 *)later_addr = 0x4141414141414141;
}

ATTACK(fault_in_work)
{
	later_addr = job->addr;
	INIT_WORK(&later, later_fault);
	schedule_work(&later);
	return ATTACK_DONE;
}

/* Faults below a nested call: driver -> kernel -> driver. */
static int nested_fault(void *cookie, int x)
{
	*(volatile u64 *)cookie = 0x4141414141414141;
	return x;
}

ATTACK(fault_nested)
{
	victim_set_callback(dev, nested_fault, (void *)job->addr);
	victim_call(dev, 1);
	return ATTACK_DONE;
}

static int nested_again(void *cookie, int x)
{
	return victim_call(cookie, x + 1);
}

/* Nests until a stack ends. */
ATTACK(nest_deep)
{
	victim_set_callback(dev, nested_again, dev);
	victim_call(dev, 1);
	return ATTACK_DONE;
}

/* Well behaved: many crossings. */
ATTACK(crossings)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 2000; i++)
		bad += victim_pair(i, i + 3) != 3;
	return bad ? -EIO : ATTACK_DONE;
}

/* Well behaved: is moved to another CPU in the driver... */
ATTACK(migrate_here)
{
	unsigned long end = jiffies + HZ / 4;
	unsigned int n = 0;
	int last = raw_smp_processor_id();

	while (time_before(jiffies, end)) {
		int cpu = raw_smp_processor_id();

		n += cpu != last;
		last = cpu;
		cpu_relax();
	}
	return n;
}

/* ... or in a downcall. */
ATTACK(migrate_there)
{
	unsigned int i, n = 0;
	int last = raw_smp_processor_id();

	for (i = 0; i < 30; i++) {
		victim_sleep(2);
		n += raw_smp_processor_id() != last;
		last = raw_smp_processor_id();
	}
	return n;
}

const struct attack attack_contexts[] = {
	{ "loop", loop },
	{ "loop-irqs-off", loop_irqs_off },
	{ "loop-locked", loop_locked },
	{ "loop-calls", loop_calls },
	{ "deadlock", deadlock },
	{ "stack-overflow", stack_overflow },
	{ "stack-overflow-irqs-off", stack_overflow_irqs_off },
	{ "null-read", null_read },
	{ "null-write", null_write },
	{ "wild-read", wild_read },
	{ "bug", bug },
	{ "divide", divide },
	{ "irqs-leak", irqs_leak },
	{ "irqs-on", irqs_on },
	{ "preempt-leak", preempt_leak },
	{ "preempt-under", preempt_under },
	{ "bh-leak", bh_leak },
	{ "lock-leak", lock_leak },
	{ "lock-irq-leak", lock_irq_leak },
	{ "unlock-free-lock", unlock_free_lock },
	{ "lock-kernel", lock_kernel },
	{ "fault-locked", fault_locked },
	{ "sleep-irqs-off", sleep_irqs_off },
	{ "sleep-locked", sleep_locked },
	{ "sleep-preempt-off", sleep_preempt_off },
	{ "sleep", sleep },
	{ "free-live-timer", free_live_timer },
	{ "scribble-timer", scribble_timer },
	{ "fault-in-work", fault_in_work },
	{ "fault-nested", fault_nested },
	{ "nest-deep", nest_deep },
	{ "crossings", crossings },
	{ "migrate-here", migrate_here },
	{ "migrate-there", migrate_there },
	{ }
};
