// SPDX-License-Identifier: GPL-2.0
/*
 * Endless loops in drivers.
 *
 * A loop with interrupts on is found by the ticks that interrupt it: a frame
 * that has been hit by ticks for loop_ms without having crossed in between is
 * ended right there.  Ticks, not time: what a thread waits for the CPU is not
 * its own.
 *
 * For loops with interrupts off, a timer on every CPU looks, several times a
 * second, at which frame each other CPU runs (its own runs none in a timer).
 * One that was found again and again without having crossed is told to die at
 * its next interrupt, a reschedule IPI is sent, and if it is still there at the
 * next look, an NMI.  Threads in a domain that has failed are treated so at once.
 *
 * A loop that crosses is in nobody's way as long as it can be preempted; one
 * that cannot is found by nooks_downcall().
 *
 * Every CPU looks at all, so a loop with interrupts off is seen by another CPU;
 * on a machine with a single CPU such a loop cannot be ended.
 */
#include <linux/cpuhotplug.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/smp.h>
#include <linux/timer.h>
#include "internal.h"
#include "xpc.h"

static unsigned int loop_ms = 10000;
module_param(loop_ms, uint, 0644);
MODULE_PARM_DESC(loop_ms, "a driver that runs that long without leaving its domain has failed (10000)");

static DEFINE_PER_CPU(struct timer_list, look_timer);
static unsigned long last_look;		/* jiffies */
static int hotplug_state;

/* nooks_watchdog_limit() - how long a driver may keep its thread from being preempted */
unsigned long nooks_watchdog_limit(void)
{
	return msecs_to_jiffies(READ_ONCE(loop_ms));
}

/**
 * nooks_watchdog_tick() - an interrupt of driver code is over
 * @f: the frame it interrupted
 *
 * Return: true if this frame has looped for too long.
 */
bool nooks_watchdog_tick(struct nooks_frame *f)
{
	unsigned long now = jiffies;

	if (f->ticked != f->progress) {
		f->ticked = f->progress;
		f->ticks = 0;
	}
	if (f->tick == now)
		return false;
	f->tick = now;
	if (++f->ticks <= nooks_watchdog_limit())
		return false;
	f->stuck = max_t(u32, f->stuck, f->ticks / NOOKS_WATCH_INTERVAL);
	return true;
}

/* The CPU that runs @f's driver code right now, or -1. */
static int running_on(const struct nooks_frame *f)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu(nooks_cpu.cur, cpu)) == f)
			return cpu;
	return -1;
}

/* Under the lock of the table of frames, so @f stays. */
static int look_at(void *unused, struct nooks_frame *f)
{
	int cpu = running_on(f);
	u32 limit = nooks_watchdog_limit() / NOOKS_WATCH_INTERVAL;

	if (cpu < 0)
		return 0;
	if (f->seen != f->progress + 1) {
		f->seen = f->progress + 1;	/* 0: never seen */
		f->stuck = 0;
	}
	f->stuck++;
	if (!READ_ONCE(f->domain->dead) && f->stuck <= limit)
		return 0;
	if (!f->kill) {
		WRITE_ONCE(f->kill, 1);
		smp_send_reschedule(cpu);
	} else {
		WRITE_ONCE(f->kill, 2);
		nooks_send_nmi(cpu);
	}
	return 0;
}

static void look(struct timer_list *t)
{
	unsigned long last = READ_ONCE(last_look), now = jiffies;

	/* One CPU looks for all. */
	if (time_after_eq(now, last + NOOKS_WATCH_INTERVAL) && cmpxchg(&last_look, last, now) == last)
		nooks_frames_each(NULL, look_at, NULL);
	mod_timer(t, now + NOOKS_WATCH_INTERVAL);
}

/* nooks_watchdog_hurry() - a domain failed: look soon.  Any context. */
void nooks_watchdog_hurry(void)
{
	WRITE_ONCE(last_look, jiffies - NOOKS_WATCH_INTERVAL);
}

static int cpu_up(unsigned int cpu)
{
	struct timer_list *t = per_cpu_ptr(&look_timer, cpu);

	timer_setup(t, look, TIMER_PINNED);
	t->expires = jiffies + NOOKS_WATCH_INTERVAL;
	add_timer_on(t, cpu);
	return 0;
}

static int cpu_down(unsigned int cpu)
{
	del_timer_sync(per_cpu_ptr(&look_timer, cpu));
	return 0;
}

int nooks_watchdog_init(void)
{
	int ret;

	last_look = jiffies;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "nooks:watchdog", cpu_up, cpu_down);
	if (ret < 0)
		return ret;
	hotplug_state = ret;
	return 0;
}

void nooks_watchdog_exit(void)
{
	cpuhp_remove_state(hotplug_state);
}
