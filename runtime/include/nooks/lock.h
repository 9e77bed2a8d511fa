/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks that drivers take.
 *
 * A spinlock in driver memory is taken by our own test-and-set on the same
 * word: a scribbled queue tail would send the kernel's queued spinlock to a
 * wild address.  A lock in a kernel object (a part of @type nooks_type_spinlock
 * of a tracked object) is passed to the kernel's function.  A mutex in driver
 * memory gets a twin.  Everything held is on the thread's frame, so that a
 * failure releases it and an unbalanced unlock is refused.
 *
 * The functions here are what the lock class's wrappers call.  They run in the
 * wrapper's context and change the real preempt count, bottom-half count and
 * interrupt flag exactly as the kernel's function of that name does; the gate
 * carries the interrupt flag out of the downcall.
 */
#ifndef NOOKS_LOCK_H
#define NOOKS_LOCK_H

#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <nooks/xpc.h>
#include <nooks/object.h>

/* Kinds of entries in frame->held[]. */
enum nooks_held {
	NOOKS_HELD_SPIN,	/* in driver memory: our test-and-set */
	NOOKS_HELD_KSPIN,	/* the kernel's spinlock */
	NOOKS_HELD_READ,	/* rwlock in driver memory, our own */
	NOOKS_HELD_WRITE,
	NOOKS_HELD_KREAD,	/* the kernel's rwlock */
	NOOKS_HELD_KWRITE,
	NOOKS_HELD_MUTEX,	/* address of the real mutex: twin or kernel's */
	NOOKS_HELD_RSEM,	/* rw_semaphore, read */
	NOOKS_HELD_WSEM,	/* rw_semaphore, write */
	NOOKS_HELD_RCU,		/* counted in flags, one entry */
	NOOKS_HELD_CLASS,	/* first of those that class glue registers */
	NOOKS_HELD_MAX = NOOKS_HELD_CLASS + 8,
};

/* How a spinlock or rwlock is taken and released. */
enum nooks_spin_how {
	NOOKS_SPIN_PLAIN,
	NOOKS_SPIN_BH,
	NOOKS_SPIN_IRQ,
	NOOKS_SPIN_IRQSAVE,	/* release: NOOKS_SPIN_IRQSAVE with the flags saved */
};

enum nooks_sleep_how {
	NOOKS_SLEEP_PLAIN,
	NOOKS_SLEEP_INTERRUPTIBLE,
	NOOKS_SLEEP_KILLABLE,
	NOOKS_SLEEP_TRY,
};

extern const struct nooks_type nooks_type_spinlock;
extern const struct nooks_type nooks_type_rwlock;
extern const struct nooks_type nooks_type_mutex;
extern const struct nooks_type nooks_type_rwsem;

/* Returns the saved flags for NOOKS_SPIN_IRQSAVE; after a refusal 0, nothing taken. */
unsigned long nooks_spin_lock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
			      enum nooks_spin_how how);
/* Returns 1 if taken; for IRQSAVE the caller saves the flags before (inline in drivers). */
int nooks_spin_trylock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
		       enum nooks_spin_how how);
void nooks_spin_unlock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
		       enum nooks_spin_how how, unsigned long flags);
unsigned long nooks_rw_lock(struct nooks_frame *f, unsigned int arg, rwlock_t *lock, bool write,
			    enum nooks_spin_how how);
void nooks_rw_unlock(struct nooks_frame *f, unsigned int arg, rwlock_t *lock, bool write,
		     enum nooks_spin_how how, unsigned long flags);

/* [addr, addr + n) is about to be freed: drop the twins of locks in it that nobody holds */
void nooks_sleep_locks_forget(struct nooks_domain *d, unsigned long addr, size_t n);
void nooks_mutex_init(struct nooks_frame *f, unsigned int arg, struct mutex *lock);
/* As mutex_lock_interruptible() etc.; for NOOKS_SLEEP_TRY 1 if taken. */
int nooks_mutex_lock(struct nooks_frame *f, unsigned int arg, struct mutex *lock,
		     enum nooks_sleep_how how);
void nooks_mutex_unlock(struct nooks_frame *f, unsigned int arg, struct mutex *lock);
bool nooks_mutex_is_locked(struct nooks_frame *f, unsigned int arg, struct mutex *lock);
void nooks_rwsem_init(struct nooks_frame *f, unsigned int arg, struct rw_semaphore *sem);
int nooks_rwsem_down(struct nooks_frame *f, unsigned int arg, struct rw_semaphore *sem,
		     bool write, enum nooks_sleep_how how);
void nooks_rwsem_up(struct nooks_frame *f, unsigned int arg, struct rw_semaphore *sem, bool write);
void nooks_rcu_lock(struct nooks_frame *f);
void nooks_rcu_unlock(struct nooks_frame *f, unsigned int arg);

/*
 * For other locks (rtnl, a class's own): record and forget.  nooks_held_del()
 * refuses if it is not held.
 */
bool nooks_held_add(struct nooks_frame *f, unsigned int arg, unsigned long lock, u32 kind);
bool nooks_held_del(struct nooks_frame *f, unsigned int arg, unsigned long lock, u32 kind);
bool nooks_held(struct nooks_frame *f, unsigned long lock, u32 kind);
/* A kind of class glue's own; @undo releases one.  Negative: no kind is left. */
int nooks_held_register(const char *name, void (*undo)(unsigned long lock));
void nooks_held_unregister(int kind);

/*
 * nooks_locks_undo() - release what a failed driver's thread holds
 *
 * Called by the unwinder, interrupts off, before it restores preempt count and
 * interrupt flag: the counts are the unwinder's, this releases the locks only.
 * Recorded in the domain's report.
 */
void nooks_locks_undo(struct nooks_frame *f);
/* nooks_locks_left() - locks still held at the return of an upcall */
unsigned int nooks_locks_left(struct nooks_frame *f);

#endif
