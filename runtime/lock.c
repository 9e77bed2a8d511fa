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
 * The kernel's functions that release its locks, by how.  Through tables,
 * because sparse wants each function to take and release the same locks, which
 * is what these do not do.
 */
static void (*const kspin_unlock[])(raw_spinlock_t *lock) = {
	[NOOKS_SPIN_PLAIN] = _raw_spin_unlock,
	[NOOKS_SPIN_BH] = _raw_spin_unlock_bh,
	[NOOKS_SPIN_IRQ] = _raw_spin_unlock_irq,
};

static void (*const kspin_unlock_irqrestore)(raw_spinlock_t *lock, unsigned long flags) =
	_raw_spin_unlock_irqrestore;

/* [write][how] */
static void (*const krw_unlock[2][3])(rwlock_t *lock) = {
	{
		[NOOKS_SPIN_PLAIN] = _raw_read_unlock,
		[NOOKS_SPIN_BH] = _raw_read_unlock_bh,
		[NOOKS_SPIN_IRQ] = _raw_read_unlock_irq,
	}, {
		[NOOKS_SPIN_PLAIN] = _raw_write_unlock,
		[NOOKS_SPIN_BH] = _raw_write_unlock_bh,
		[NOOKS_SPIN_IRQ] = _raw_write_unlock_irq,
	},
};

static void (*const krw_unlock_irqrestore[2])(rwlock_t *lock, unsigned long flags) = {
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
 * Releasing a lock enables what taking it disabled.  What the kernel had off
 * when it called the driver stays off: its own locks depend on it.
 */
static bool may_enable(struct nooks_frame *f, unsigned int arg, enum nooks_spin_how how,
		       unsigned long flags)
{
	int before = f->preempt_count;

	if ((preempt_count() & PREEMPT_MASK) <= (before & PREEMPT_MASK))
		return nooks_refuse(f, arg, "unlock would lower the caller's preempt count");
	if ((how == NOOKS_SPIN_IRQ || (how == NOOKS_SPIN_IRQSAVE && (flags & X86_EFLAGS_IF))) &&
	    !(f->eflags & X86_EFLAGS_IF))
		return nooks_refuse(f, arg, "unlock would enable interrupts that its caller has off");
	if (how != NOOKS_SPIN_BH)
		return true;
	if ((preempt_count() & SOFTIRQ_MASK) < (before & SOFTIRQ_MASK) + SOFTIRQ_DISABLE_OFFSET)
		return nooks_refuse(f, arg, "unlock_bh without lock_bh");
	if (irqs_disabled())
		return nooks_refuse(f, arg, "unlock_bh with interrupts off");
	return true;
}

/*
 * Wait for @ready to say yes.  Gives up when the domain dies, and kills it when
 * it takes too long: a lock of its own only its own threads can hold, and one
 * of the kernel's is held for long only by this thread's callers.  @own: size of
 * the lock if it is in the driver's memory, which may go while we wait.
 */
static bool spin_until(struct nooks_frame *f, unsigned int arg, unsigned long lock, size_t own,
		       bool (*ready)(unsigned long lock), const char *what)
{
	u64 limit = 0, now;

	while (!ready(lock)) {
		cpu_relax();
		if (READ_ONCE(f->domain->dead))
			return false;
		if (own && !nooks_owned(f->domain, lock, own))
			return nooks_refuse(f, arg, "%s freed while waiting for it", what);
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

static bool try_kspin(unsigned long lock)
{
	return arch_spin_trylock(&((raw_spinlock_t *)lock)->raw_lock);
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
	flags = begin(how);
	if (!spin_until(f, arg, a, own ? sizeof(*lock) : 0, own ? try_spin : try_kspin,
			"spinlock")) {
		end(how, flags);
		return 0;
	}
	add(f, a, own ? NOOKS_HELD_SPIN : NOOKS_HELD_KSPIN);
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
	flags = begin(how);
	if (!(own ? try_spin(a) : try_kspin(a))) {
		end(how, flags);
		return 0;
	}
	add(f, a, own ? NOOKS_HELD_SPIN : NOOKS_HELD_KSPIN);
	return 1;
}
EXPORT_SYMBOL_GPL(nooks_spin_trylock);

void nooks_spin_unlock(struct nooks_frame *f, unsigned int arg, raw_spinlock_t *lock,
		       enum nooks_spin_how how, unsigned long flags)
{
	unsigned long a = (unsigned long)lock;
	int i = held_index(f, a, NOOKS_HELD_SPIN);
	bool own = i >= 0;

	if (!own)
		i = held_index(f, a, NOOKS_HELD_KSPIN);
	if (i < 0) {
		nooks_refuse(f, arg, "unlock of a spinlock that is not held");
		return;
	}
	if (!may_enable(f, arg, how, flags))
		return;
	del(f, i);
	if (own) {
		if (nooks_owned(f->domain, a, sizeof(*lock)))
			atomic_set_release((atomic_t *)lock, 0);
		end(how, flags);
	} else if (how == NOOKS_SPIN_IRQSAVE) {
		kspin_unlock_irqrestore(lock, flags & X86_EFLAGS_IF);
	} else {
		kspin_unlock[how](lock);
	}
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

static bool try_kwrite(unsigned long lock)
{
	return arch_write_trylock(&((rwlock_t *)lock)->raw_lock);
}

static bool try_kread(unsigned long lock)
{
	return arch_read_trylock(&((rwlock_t *)lock)->raw_lock);
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
	flags = begin(how);
	if (!spin_until(f, arg, a, own ? sizeof(*lock) : 0,
			own ? (write ? try_write : try_read) : (write ? try_kwrite : try_kread),
			"rwlock")) {
		end(how, flags);
		return 0;
	}
	if (own)
		add(f, a, write ? NOOKS_HELD_WRITE : NOOKS_HELD_READ);
	else
		add(f, a, write ? NOOKS_HELD_KWRITE : NOOKS_HELD_KREAD);
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
	bool own = i >= 0;

	if (!own)
		i = held_index(f, a, write ? NOOKS_HELD_KWRITE : NOOKS_HELD_KREAD);
	if (i < 0) {
		nooks_refuse(f, arg, "unlock of a rwlock that is not held");
		return;
	}
	if (!may_enable(f, arg, how, flags))
		return;
	del(f, i);
	if (own) {
		drop_rw(f->domain, a, write);
		end(how, flags);
	} else if (how == NOOKS_SPIN_IRQSAVE) {
		krw_unlock_irqrestore[write](lock, flags & X86_EFLAGS_IF);
	} else {
		krw_unlock[write][how](lock);
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
		kspin_unlock[NOOKS_SPIN_PLAIN]((raw_spinlock_t *)a);
		break;
	case NOOKS_HELD_KREAD:
	case NOOKS_HELD_KWRITE:
		preempt_disable();
		krw_unlock[kind == NOOKS_HELD_KWRITE][NOOKS_SPIN_PLAIN]((rwlock_t *)a);
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
