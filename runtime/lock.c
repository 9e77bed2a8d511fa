// SPDX-License-Identifier: GPL-2.0
/*
 * Locks that drivers take: see lock.h.
 *
 * Our own test-and-set takes the word of a spinlock in driver memory from 0 to
 * 1, which is also what the kernel's own code reads as locked.  The driver may
 * scribble on the word: it then loses mutual exclusion or hangs itself, and in
 * a hang it is failed; nothing in the kernel follows the word anywhere.
 */
#include <linux/module.h>
#include <linux/bottom_half.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>
#include <nooks/check.h>
#include "internal.h"

static unsigned int lock_ms = 3000;
module_param(lock_ms, uint, 0644);
MODULE_PARM_DESC(lock_ms, "how long a driver may spin on its own spinlock before it is failed");

#define BUILTIN(id, str, ctype)						\
	const struct nooks_type nooks_type_##id = {			\
		.name = str, .source = "runtime/lock.c",		\
		.size = sizeof(ctype), .rights = NOOKS_RIGHTS_NONE,	\
	};								\
	EXPORT_SYMBOL_GPL(nooks_type_##id)
BUILTIN(spinlock, "spinlock", raw_spinlock_t);
BUILTIN(rwlock, "rwlock", rwlock_t);
BUILTIN(mutex, "mutex", struct mutex);
BUILTIN(rwsem, "rw_semaphore", struct rw_semaphore);

static struct {
	const char *name;
	void (*undo)(unsigned long lock);
} class_kind[NOOKS_HELD_MAX - NOOKS_HELD_CLASS];
static DEFINE_SPINLOCK(class_kind_lock);

const char *nooks_held_name(u32 kind)
{
	static const char *const names[] = {
		[NOOKS_HELD_SPIN] = "spinlock", [NOOKS_HELD_KSPIN] = "kernel spinlock",
		[NOOKS_HELD_READ] = "rwlock (read)", [NOOKS_HELD_WRITE] = "rwlock (write)",
		[NOOKS_HELD_KREAD] = "kernel rwlock (read)",
		[NOOKS_HELD_KWRITE] = "kernel rwlock (write)",
		[NOOKS_HELD_MUTEX] = "mutex", [NOOKS_HELD_RSEM] = "rwsem (read)",
		[NOOKS_HELD_WSEM] = "rwsem (write)", [NOOKS_HELD_RCU] = "RCU read side",
	};

	if (kind < NOOKS_HELD_CLASS)
		return names[kind];
	kind -= NOOKS_HELD_CLASS;
	return kind < ARRAY_SIZE(class_kind) && class_kind[kind].name ?
	       class_kind[kind].name : "lock";
}

int nooks_held_register(const char *name, void (*undo)(unsigned long lock))
{
	int i, kind = -ENOSPC;

	spin_lock(&class_kind_lock);
	for (i = 0; i < ARRAY_SIZE(class_kind); i++) {
		if (class_kind[i].name)
			continue;
		class_kind[i].undo = undo;
		class_kind[i].name = name;
		kind = NOOKS_HELD_CLASS + i;
		break;
	}
	spin_unlock(&class_kind_lock);
	return kind;
}
EXPORT_SYMBOL_GPL(nooks_held_register);

void nooks_held_unregister(int kind)
{
	if (kind >= NOOKS_HELD_CLASS && kind < NOOKS_HELD_MAX)
		class_kind[kind - NOOKS_HELD_CLASS].name = NULL;
}
EXPORT_SYMBOL_GPL(nooks_held_unregister);

/* The entry of @lock in this frame, or NULL. */
static int held_index(struct nooks_frame *f, unsigned long lock, u32 kind)
{
	int i;

	for (i = (int)f->nheld - 1; i >= 0; i--)
		if (f->held[i].lock == lock && f->held[i].kind == kind)
			return i;
	return -1;
}

/* Held by this frame or by one it interrupts or is nested in: waiting is vain. */
bool nooks_held(struct nooks_frame *f, unsigned long lock, u32 kind)
{
	for (; f; f = f->outer)
		if (held_index(f, lock, kind) >= 0)
			return true;
	return false;
}
EXPORT_SYMBOL_GPL(nooks_held);

/* Is there room for one more?  Asked before taking. */
static bool room(struct nooks_frame *f, unsigned int arg)
{
	if (f->nheld < ARRAY_SIZE(f->held))
		return true;
	return nooks_refuse(f, arg, "more than %zu locks held at once", ARRAY_SIZE(f->held));
}

static void add(struct nooks_frame *f, unsigned long lock, u32 kind)
{
	f->held[f->nheld].lock = lock;
	f->held[f->nheld].kind = kind;
	f->held[f->nheld].flags = 1;
	f->nheld++;
}

static void del(struct nooks_frame *f, int i)
{
	f->nheld--;
	memmove(&f->held[i], &f->held[i + 1], (f->nheld - i) * sizeof(f->held[0]));
}

bool nooks_held_add(struct nooks_frame *f, unsigned int arg, unsigned long lock, u32 kind)
{
	if (!room(f, arg))
		return false;
	add(f, lock, kind);
	return true;
}
EXPORT_SYMBOL_GPL(nooks_held_add);

bool nooks_held_del(struct nooks_frame *f, unsigned int arg, unsigned long lock, u32 kind)
{
	int i = held_index(f, lock, kind);

	if (i < 0)
		return nooks_refuse(f, arg, "unlock of a %s that is not held",
				    nooks_held_name(kind));
	del(f, i);
	return true;
}
EXPORT_SYMBOL_GPL(nooks_held_del);

/* In the driver's memory, in a kernel object that has one there, or refused. */
static bool driver_lock(struct nooks_frame *f, unsigned int arg, const void *lock, size_t n,
			const struct nooks_type *type, bool *ok)
{
	unsigned long a = (unsigned long)lock;

	*ok = true;
	if (nooks_owned(f->domain, a, n)) {
		if (a & 3)
			*ok = nooks_refuse(f, arg, "lock at an odd address");
		return true;
	}
	*ok = nooks_check_object(f, arg, lock, type, 0);
	return false;
}

/*
 * The kernel's functions, by how.  Through tables, because sparse wants each
 * function to take and release the same locks, which is what these do not do.
 */
static const struct {
	void (*lock)(raw_spinlock_t *lock);
	void (*unlock)(raw_spinlock_t *lock);
} kspin[] = {
	[NOOKS_SPIN_PLAIN] = { _raw_spin_lock, _raw_spin_unlock },
	[NOOKS_SPIN_BH] = { _raw_spin_lock_bh, _raw_spin_unlock_bh },
	[NOOKS_SPIN_IRQ] = { _raw_spin_lock_irq, _raw_spin_unlock_irq },
};

static unsigned long (*const kspin_lock_irqsave)(raw_spinlock_t *) = _raw_spin_lock_irqsave;
static void (*const kspin_unlock_irqrestore)(raw_spinlock_t *, unsigned long) =
	_raw_spin_unlock_irqrestore;
static int (*const kspin_trylock)(raw_spinlock_t *) = _raw_spin_trylock;
static int (*const kspin_trylock_bh)(raw_spinlock_t *) = _raw_spin_trylock_bh;

/* [write][how] */
static const struct {
	void (*lock)(rwlock_t *lock);
	void (*unlock)(rwlock_t *lock);
} krw[2][3] = {
	{
		[NOOKS_SPIN_PLAIN] = { _raw_read_lock, _raw_read_unlock },
		[NOOKS_SPIN_BH] = { _raw_read_lock_bh, _raw_read_unlock_bh },
		[NOOKS_SPIN_IRQ] = { _raw_read_lock_irq, _raw_read_unlock_irq },
	}, {
		[NOOKS_SPIN_PLAIN] = { _raw_write_lock, _raw_write_unlock },
		[NOOKS_SPIN_BH] = { _raw_write_lock_bh, _raw_write_unlock_bh },
		[NOOKS_SPIN_IRQ] = { _raw_write_lock_irq, _raw_write_unlock_irq },
	},
};

static unsigned long (*const krw_lock_irqsave[2])(rwlock_t *) = {
	_raw_read_lock_irqsave, _raw_write_lock_irqsave,
};

static void (*const krw_unlock_irqrestore[2])(rwlock_t *, unsigned long) = {
	_raw_read_unlock_irqrestore, _raw_write_unlock_irqrestore,
};

static unsigned long begin(enum nooks_spin_how how)
{
	unsigned long flags = 0;

	switch (how) {
	case NOOKS_SPIN_IRQSAVE:
		local_irq_save(flags);
		break;
	case NOOKS_SPIN_IRQ:
		local_irq_disable();
		break;
	case NOOKS_SPIN_BH:
		local_bh_disable();
		break;
	case NOOKS_SPIN_PLAIN:
		break;
	}
	preempt_disable();
	return flags;
}

static void end(enum nooks_spin_how how, unsigned long flags)
{
	switch (how) {
	case NOOKS_SPIN_IRQSAVE:
		if (flags & X86_EFLAGS_IF)
			local_irq_enable();
		preempt_enable();
		break;
	case NOOKS_SPIN_IRQ:
		local_irq_enable();
		preempt_enable();
		break;
	case NOOKS_SPIN_BH:
		preempt_enable();
		local_bh_enable();
		break;
	case NOOKS_SPIN_PLAIN:
		preempt_enable();
		break;
	}
}

/*
 * Wait for @ready to say yes.  Gives up when the domain dies, and kills it when
 * it takes too long: nobody but its own threads can hold the lock.
 */
static bool spin_until(struct nooks_frame *f, unsigned int arg, unsigned long lock,
		       bool (*ready)(unsigned long lock), const char *what)
{
	u64 limit = 0, now;

	while (!ready(lock)) {
		cpu_relax();
		if (READ_ONCE(f->domain->dead))
			return false;
		now = local_clock();
		if (!limit)
			limit = now + (u64)READ_ONCE(lock_ms) * NSEC_PER_MSEC;
		else if ((s64)(now - limit) > 0)
			return nooks_refuse(f, arg, "deadlock: %s not released for %u ms", what,
					    lock_ms);
	}
	return true;
}

static bool try_spin(unsigned long lock)
{
	atomic_t *word = (atomic_t *)lock;

	return !atomic_read(word) && atomic_cmpxchg_acquire(word, 0, 1) == 0;
}

unsigned long nooks_spin_lock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
			      enum nooks_spin_how how)
{
	unsigned long flags = 0, a = (unsigned long)lock;
	bool ok, own;

	own = driver_lock(f, arg, lock, sizeof(*lock), &nooks_type_spinlock, &ok);
	if (!ok || !room(f, arg))
		return 0;
	if (nooks_held(f, a, own ? NOOKS_HELD_SPIN : NOOKS_HELD_KSPIN)) {
		nooks_refuse(f, arg, "deadlock: the spinlock is held by this thread");
		return 0;
	}
	if (own) {
		flags = begin(how);
		if (!spin_until(f, arg, a, try_spin, "spinlock")) {
			end(how, flags);
			return 0;
		}
		add(f, a, NOOKS_HELD_SPIN);
		return flags;
	}
	if (how == NOOKS_SPIN_IRQSAVE)
		flags = kspin_lock_irqsave(lock);
	else
		kspin[how].lock(lock);
	add(f, a, NOOKS_HELD_KSPIN);
	return flags;
}
EXPORT_SYMBOL_GPL(nooks_spin_lock);

int nooks_spin_trylock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
		       enum nooks_spin_how how)
{
	unsigned long a = (unsigned long)lock, flags;
	bool ok, own;

	own = driver_lock(f, arg, lock, sizeof(*lock), &nooks_type_spinlock, &ok);
	if (!ok || !room(f, arg))
		return 0;
	if (own) {
		flags = begin(how);
		if (!try_spin(a)) {
			end(how, flags);
			return 0;
		}
		add(f, a, NOOKS_HELD_SPIN);
		return 1;
	}
	if (how == NOOKS_SPIN_BH ? !kspin_trylock_bh(lock) : !kspin_trylock(lock))
		return 0;
	add(f, a, NOOKS_HELD_KSPIN);
	return 1;
}
EXPORT_SYMBOL_GPL(nooks_spin_trylock);

void nooks_spin_unlock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
		       enum nooks_spin_how how, unsigned long flags)
{
	unsigned long a = (unsigned long)lock;
	int i = held_index(f, a, NOOKS_HELD_SPIN);

	if (i >= 0) {
		del(f, i);
		if (nooks_owned(f->domain, a, sizeof(*lock)))
			atomic_set_release((atomic_t *)lock, 0);
		end(how, flags);
		return;
	}
	if (!nooks_held_del(f, arg, a, NOOKS_HELD_KSPIN))
		return;
	if (how == NOOKS_SPIN_IRQSAVE)
		kspin_unlock_irqrestore(lock, flags & X86_EFLAGS_IF);
	else
		kspin[how].unlock(lock);
}
EXPORT_SYMBOL_GPL(nooks_spin_unlock);

/* Words as the kernel's queued rwlock has them: 0xff writer, 0x200 per reader. */
#define RW_WRITER 0xff
#define RW_READER 0x200

static bool try_write(unsigned long lock)
{
	atomic_t *word = (atomic_t *)lock;

	return !atomic_read(word) && atomic_cmpxchg_acquire(word, 0, RW_WRITER) == 0;
}

static bool try_read(unsigned long lock)
{
	atomic_t *word = (atomic_t *)lock;
	int old = atomic_read(word);

	return !(old & 0x1ff) && atomic_cmpxchg_acquire(word, old, old + RW_READER) == old;
}

static unsigned long kernel_rw_lock(rwlock_t *lock, bool write, enum nooks_spin_how how)
{
	if (how == NOOKS_SPIN_IRQSAVE)
		return krw_lock_irqsave[write](lock);
	krw[write][how].lock(lock);
	return 0;
}

static void kernel_rw_unlock(rwlock_t *lock, bool write, enum nooks_spin_how how,
			     unsigned long flags)
{
	if (how == NOOKS_SPIN_IRQSAVE)
		krw_unlock_irqrestore[write](lock, flags & X86_EFLAGS_IF);
	else
		krw[write][how].unlock(lock);
}

unsigned long nooks_rw_lock(struct nooks_frame *f, unsigned int arg, rwlock_t *lock, bool write,
			    enum nooks_spin_how how)
{
	unsigned long flags, a = (unsigned long)lock;
	bool ok, own;

	own = driver_lock(f, arg, lock, sizeof(*lock), &nooks_type_rwlock, &ok);
	if (!ok || !room(f, arg))
		return 0;
	if (nooks_held(f, a, own ? NOOKS_HELD_WRITE : NOOKS_HELD_KWRITE) ||
	    (write && nooks_held(f, a, own ? NOOKS_HELD_READ : NOOKS_HELD_KREAD))) {
		nooks_refuse(f, arg, "deadlock: the rwlock is held by this thread");
		return 0;
	}
	if (!own) {
		flags = kernel_rw_lock(lock, write, how);
		add(f, a, write ? NOOKS_HELD_KWRITE : NOOKS_HELD_KREAD);
		return flags;
	}
	flags = begin(how);
	if (!spin_until(f, arg, a, write ? try_write : try_read, "rwlock")) {
		end(how, flags);
		return 0;
	}
	add(f, a, write ? NOOKS_HELD_WRITE : NOOKS_HELD_READ);
	return flags;
}
EXPORT_SYMBOL_GPL(nooks_rw_lock);

static void drop_rw(struct nooks_domain *d, unsigned long a, bool write)
{
	if (!nooks_owned(d, a, sizeof(rwlock_t)))
		return;
	if (write)
		atomic_set_release((atomic_t *)a, 0);
	else
		(void)atomic_sub_return_release(RW_READER, (atomic_t *)a);
}

void nooks_rw_unlock(struct nooks_frame *f, unsigned int arg, rwlock_t *lock, bool write,
		     enum nooks_spin_how how, unsigned long flags)
{
	unsigned long a = (unsigned long)lock;
	int i = held_index(f, a, write ? NOOKS_HELD_WRITE : NOOKS_HELD_READ);

	if (i >= 0) {
		del(f, i);
		drop_rw(f->domain, a, write);
		end(how, flags);
	} else if (nooks_held_del(f, arg, a, write ? NOOKS_HELD_KWRITE : NOOKS_HELD_KREAD)) {
		kernel_rw_unlock(lock, write, how, flags);
	}
}
EXPORT_SYMBOL_GPL(nooks_rw_unlock);

void nooks_rcu_lock(struct nooks_frame *f)
{
	int i = held_index(f, 0, NOOKS_HELD_RCU);

	if (i < 0 && !nooks_held_add(f, 0, 0, NOOKS_HELD_RCU))
		return;
	if (i >= 0)
		f->held[i].flags++;
	__rcu_read_lock();
}
EXPORT_SYMBOL_GPL(nooks_rcu_lock);

void nooks_rcu_unlock(struct nooks_frame *f, unsigned int arg)
{
	int i = held_index(f, 0, NOOKS_HELD_RCU);

	if (i < 0) {
		nooks_refuse(f, arg, "rcu_read_unlock without rcu_read_lock");
		return;
	}
	__rcu_read_unlock();
	if (!--f->held[i].flags)
		del(f, i);
}
EXPORT_SYMBOL_GPL(nooks_rcu_unlock);

/*
 * Release one entry.  The kernel's functions lower the preempt count, which is
 * the unwinder's to restore: raise it first, so that nothing changes.
 */
static void undo(struct nooks_frame *f, unsigned long a, u32 kind, u32 count)
{
	void (*class_undo)(unsigned long lock);

	switch (kind) {
	case NOOKS_HELD_SPIN:
		if (nooks_owned(f->domain, a, sizeof(raw_spinlock_t)))
			atomic_set_release((atomic_t *)a, 0);
		break;
	case NOOKS_HELD_READ:
	case NOOKS_HELD_WRITE:
		drop_rw(f->domain, a, kind == NOOKS_HELD_WRITE);
		break;
	case NOOKS_HELD_KSPIN:
		preempt_disable();
		kspin[NOOKS_SPIN_PLAIN].unlock((raw_spinlock_t *)a);
		break;
	case NOOKS_HELD_KREAD:
	case NOOKS_HELD_KWRITE:
		preempt_disable();
		krw[kind == NOOKS_HELD_KWRITE][NOOKS_SPIN_PLAIN].unlock((rwlock_t *)a);
		break;
	case NOOKS_HELD_MUTEX:
		mutex_unlock((struct mutex *)a);
		break;
	case NOOKS_HELD_RSEM:
		up_read((struct rw_semaphore *)a);
		break;
	case NOOKS_HELD_WSEM:
		up_write((struct rw_semaphore *)a);
		break;
	case NOOKS_HELD_RCU:
		while (count--)
			__rcu_read_unlock();
		break;
	default:
		class_undo = class_kind[kind - NOOKS_HELD_CLASS].undo;
		if (class_undo)
			class_undo(a);
	}
}

void nooks_locks_undo(struct nooks_frame *f)
{
	while (f->nheld) {
		f->nheld--;
		nooks_report_lock(f->domain, f->held[f->nheld].lock,
				  nooks_held_name(f->held[f->nheld].kind));
		undo(f, f->held[f->nheld].lock, f->held[f->nheld].kind,
		     f->held[f->nheld].flags);
	}
}

unsigned int nooks_locks_left(struct nooks_frame *f)
{
	return f->nheld;
}
