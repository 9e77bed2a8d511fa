// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts that leave their CPU no time for anything else.
 *
 * A line that is raised again whenever its handler returns keeps the CPU from the
 * soft interrupt that would have quieted the device.  Drivers get there by
 * themselves: 8139cp unmasks at the end of a poll what a handler on another CPU
 * has just masked for the next one.  Natively that is a hiccup; with a crossing
 * at each interrupt it may last for ever.  So a line that interrupted soft
 * interrupts ROW times in a row, with hardly a gap, rests until the next tick.
 */
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include "nooks_core.gen.h"

#define ROW	32
#define GAP_NS	(100 * NSEC_PER_USEC)

struct line {
	struct list_head link;
	struct timer_list timer;
	unsigned int irq;
	void *dev;
	unsigned int row;
	u64 end;		/* of the last handler */
	bool resting, closing;
};

static LIST_HEAD(lines);
static DEFINE_RAW_SPINLOCK(lines_lock);

static struct line *find(unsigned int irq, void *dev)
{
	struct line *l;

	list_for_each_entry(l, &lines, link)
		if (l->irq == irq && l->dev == dev)
			return l;
	return NULL;
}

static void rested(struct timer_list *timer)
{
	struct line *l = from_timer(l, timer, timer);
	unsigned long flags;
	bool enable;

	raw_spin_lock_irqsave(&lines_lock, flags);
	enable = l->resting;
	l->resting = false;
	raw_spin_unlock_irqrestore(&lines_lock, flags);
	if (enable)
		enable_irq(l->irq);
}

/* Before the interrupt is requested.  May sleep. */
bool nooks_irq_watch(unsigned int irq, void *dev)
{
	struct line *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return false;
	l->irq = irq;
	l->dev = dev;
	timer_setup(&l->timer, rested, 0);
	raw_spin_lock_irq(&lines_lock);
	list_add(&l->link, &lines);
	raw_spin_unlock_irq(&lines_lock);
	return true;
}

/* Before the interrupt is freed: the line is as enabled as it was found.  May sleep. */
void nooks_irq_unwatch(unsigned int irq, void *dev)
{
	struct line *l;

	raw_spin_lock_irq(&lines_lock);
	l = find(irq, dev);
	if (l) {
		l->closing = true;
		list_del(&l->link);
	}
	raw_spin_unlock_irq(&lines_lock);
	if (!l)
		return;
	del_timer_sync(&l->timer);
	if (l->resting)
		enable_irq(irq);
	kfree(l);
}

/* In the place of nooks_enter() for interrupt handlers. */
int nooks_irq_handler(struct nooks_frame *f)
{
	bool starves = local_softirq_pending() || (softirq_count() & SOFTIRQ_OFFSET);
	u64 begin = local_clock();
	unsigned long flags;
	struct line *l;
	int err;

	err = nooks_enter(f);
	raw_spin_lock_irqsave(&lines_lock, flags);
	l = find(f->original[0], (void *)f->original[1]);
	if (l) {
		l->row = starves && begin - l->end < GAP_NS ? l->row + 1 : 0;
		l->end = local_clock();
		if (l->row >= ROW && !l->resting && !l->closing) {
			l->row = 0;
			l->resting = true;
			disable_irq_nosync(l->irq);
			mod_timer(&l->timer, jiffies + 1);
		}
	}
	raw_spin_unlock_irqrestore(&lines_lock, flags);
	return err;
}
