// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's lock functions, on the runtime's tracked locks (nooks/lock.h).
 */
#include <linux/bottom_half.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include "nooks_core.gen.h"

void nooks_raw_spin_lock(struct nooks_frame *f, raw_spinlock_t *lock)
{
	nooks_spin_lock(f, 1, lock, NOOKS_SPIN_PLAIN);
}

void nooks_raw_spin_lock_bh(struct nooks_frame *f, raw_spinlock_t *lock)
{
	nooks_spin_lock(f, 1, lock, NOOKS_SPIN_BH);
}

void nooks_raw_spin_lock_irq(struct nooks_frame *f, raw_spinlock_t *lock)
{
	nooks_spin_lock(f, 1, lock, NOOKS_SPIN_IRQ);
}

unsigned long nooks_raw_spin_lock_irqsave(struct nooks_frame *f, raw_spinlock_t *lock)
{
	return nooks_spin_lock(f, 1, lock, NOOKS_SPIN_IRQSAVE);
}

int nooks_raw_spin_trylock(struct nooks_frame *f, raw_spinlock_t *lock)
{
	return nooks_spin_trylock(f, 1, lock, NOOKS_SPIN_PLAIN);
}

void nooks_raw_spin_unlock(struct nooks_frame *f, raw_spinlock_t *lock)
{
	nooks_spin_unlock(f, 1, lock, NOOKS_SPIN_PLAIN, 0);
}

void nooks_raw_spin_unlock_bh(struct nooks_frame *f, raw_spinlock_t *lock)
{
	nooks_spin_unlock(f, 1, lock, NOOKS_SPIN_BH, 0);
}

void nooks_raw_spin_unlock_irq(struct nooks_frame *f, raw_spinlock_t *lock)
{
	nooks_spin_unlock(f, 1, lock, NOOKS_SPIN_IRQ, 0);
}

void nooks_raw_spin_unlock_irqrestore(struct nooks_frame *f, raw_spinlock_t *lock,
				      unsigned long flags)
{
	nooks_spin_unlock(f, 1, lock, NOOKS_SPIN_IRQSAVE, flags);
}

void nooks_mutex_init_key(struct nooks_frame *f, struct mutex *lock, const char *name,
			  struct lock_class_key *key)
{
	nooks_mutex_init(f, 1, lock);
}

void nooks_mutex_lock_plain(struct nooks_frame *f, struct mutex *lock)
{
	nooks_mutex_lock(f, 1, lock, NOOKS_SLEEP_PLAIN);
}

int nooks_mutex_lock_intr(struct nooks_frame *f, struct mutex *lock)
{
	return nooks_mutex_lock(f, 1, lock, NOOKS_SLEEP_INTERRUPTIBLE);
}

int nooks_mutex_lock_try(struct nooks_frame *f, struct mutex *lock)
{
	return nooks_mutex_lock(f, 1, lock, NOOKS_SLEEP_TRY);
}

void nooks_mutex_unlock_plain(struct nooks_frame *f, struct mutex *lock)
{
	nooks_mutex_unlock(f, 1, lock);
}

/*
 * local_bh_disable() is inline in drivers and was folded into the real count
 * by the gate.  The count may not fall below what the caller came with.
 */
void nooks_local_bh_enable(struct nooks_frame *f, unsigned long ip, unsigned int cnt)
{
	if (irqs_disabled())
		nooks_refuse(f, 0, "bottom halves enabled with interrupts off");
	else if (softirq_count() < (f->preempt_count & SOFTIRQ_MASK) + cnt)
		nooks_refuse(f, 2, "bottom halves enabled that were not disabled");
	else
		__local_bh_enable_ip(ip, cnt);
}

int nooks_cond_resched(struct nooks_frame *f)
{
	return cond_resched();
}

/*
 * In the domain: the rate limit's state is the driver's, its lock would be a
 * kernel lock.  Messages are limited where they reach the kernel.
 */
int dl_ratelimit(struct ratelimit_state *rs, const char *func)
{
	return 1;
}
