// SPDX-License-Identifier: GPL-2.0
/*
 * Sleeping locks that drivers take.
 *
 * A mutex or rw_semaphore is a list of waiting tasks, which the kernel follows:
 * one in driver memory gets a twin and only the twin is used.  One in a
 * tracked kernel object is used as it is.  A static lock has no call that
 * initialises it; its twin is made at the first use.
 *
 * A driver whose threads wait for each other for ever hangs as it would
 * natively, but without a failure nobody notices; the watchdog of hung tasks reports it.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <nooks/check.h>
#include "internal.h"

static struct lock_class_key mutex_key, rwsem_key;

static void *real_lock(struct nooks_frame *f, unsigned int arg, const void *lock,
		       const struct nooks_type *type, bool init)
{
	struct nooks_object *o;
	void *twin;

	if (!nooks_owned(f->domain, (unsigned long)lock, type->size)) {
		if (init) {
			nooks_refuse(f, arg, "%s to initialise is not in the driver's memory",
				     type->name);
			return NULL;
		}
		return nooks_check_object(f, arg, lock, type, 0) ? (void *)lock : NULL;
	}
	o = nooks_object_find(f->domain, type, (unsigned long)lock);
	if (o && !init)
		return o->twin;
	if (o && type == &nooks_type_mutex && mutex_is_locked(o->twin)) {
		nooks_refuse(f, arg, "initialises a mutex that is held");
		return NULL;
	}
	if (o && type == &nooks_type_rwsem && rwsem_is_locked(o->twin)) {
		nooks_refuse(f, arg, "initialises a rw_semaphore that is held");
		return NULL;
	}
	twin = o ? o->twin : nooks_twin_new(f, arg, lock, type, GFP_ATOMIC);
	if (!twin)
		return NULL;
	if (type == &nooks_type_mutex)
		__mutex_init(twin, "driver mutex", &mutex_key);
	else
		__init_rwsem(twin, "driver rwsem", &rwsem_key);
	return twin;
}

void nooks_mutex_init(struct nooks_frame *f, unsigned int arg, struct mutex *lock)
{
	real_lock(f, arg, lock, &nooks_type_mutex, true);
}
EXPORT_SYMBOL_GPL(nooks_mutex_init);

int nooks_mutex_lock(struct nooks_frame *f, unsigned int arg, struct mutex *lock,
		     enum nooks_sleep_how how)
{
	struct mutex *real = real_lock(f, arg, lock, &nooks_type_mutex, false);
	int r = 0;

	if (!real)
		return 0;
	if (how != NOOKS_SLEEP_TRY && nooks_held(f, (unsigned long)real, NOOKS_HELD_MUTEX)) {
		nooks_refuse(f, arg, "deadlock: the mutex is held by this thread");
		return 0;
	}
	if (f->nheld == ARRAY_SIZE(f->held)) {
		nooks_refuse(f, arg, "too many locks held at once");
		return 0;
	}
	switch (how) {
	case NOOKS_SLEEP_PLAIN:
		mutex_lock(real);
		break;
	case NOOKS_SLEEP_INTERRUPTIBLE:
		r = mutex_lock_interruptible(real);
		break;
	case NOOKS_SLEEP_KILLABLE:
		r = mutex_lock_killable(real);
		break;
	case NOOKS_SLEEP_TRY:
		r = mutex_trylock(real);
		break;
	}
	if (how == NOOKS_SLEEP_TRY ? r == 1 : r == 0)
		nooks_held_add(f, arg, (unsigned long)real, NOOKS_HELD_MUTEX);
	return r;
}
EXPORT_SYMBOL_GPL(nooks_mutex_lock);

void nooks_mutex_unlock(struct nooks_frame *f, unsigned int arg, struct mutex *lock)
{
	struct mutex *real = real_lock(f, arg, lock, &nooks_type_mutex, false);

	if (real && nooks_held_del(f, arg, (unsigned long)real, NOOKS_HELD_MUTEX))
		mutex_unlock(real);
}
EXPORT_SYMBOL_GPL(nooks_mutex_unlock);

bool nooks_mutex_is_locked(struct nooks_frame *f, unsigned int arg, struct mutex *lock)
{
	struct mutex *real = real_lock(f, arg, lock, &nooks_type_mutex, false);

	return real && mutex_is_locked(real);
}
EXPORT_SYMBOL_GPL(nooks_mutex_is_locked);

void nooks_rwsem_init(struct nooks_frame *f, unsigned int arg, struct rw_semaphore *sem)
{
	real_lock(f, arg, sem, &nooks_type_rwsem, true);
}
EXPORT_SYMBOL_GPL(nooks_rwsem_init);

int nooks_rwsem_down(struct nooks_frame *f, unsigned int arg, struct rw_semaphore *sem,
		     bool write, enum nooks_sleep_how how)
{
	struct rw_semaphore *real = real_lock(f, arg, sem, &nooks_type_rwsem, false);
	u32 kind = write ? NOOKS_HELD_WSEM : NOOKS_HELD_RSEM;
	int r = 0;

	if (!real)
		return 0;
	if (how != NOOKS_SLEEP_TRY && (nooks_held(f, (unsigned long)real, NOOKS_HELD_WSEM) ||
				       nooks_held(f, (unsigned long)real, NOOKS_HELD_RSEM))) {
		nooks_refuse(f, arg, "deadlock: the rw_semaphore is held by this thread");
		return 0;
	}
	if (f->nheld == ARRAY_SIZE(f->held)) {
		nooks_refuse(f, arg, "too many locks held at once");
		return 0;
	}
	switch (how) {
	case NOOKS_SLEEP_PLAIN:
		write ? down_write(real) : down_read(real);
		break;
	case NOOKS_SLEEP_INTERRUPTIBLE:
		r = write ? down_write_killable(real) : down_read_interruptible(real);
		break;
	case NOOKS_SLEEP_KILLABLE:
		r = write ? down_write_killable(real) : down_read_killable(real);
		break;
	case NOOKS_SLEEP_TRY:
		r = write ? down_write_trylock(real) : down_read_trylock(real);
		break;
	}
	if (how == NOOKS_SLEEP_TRY ? r == 1 : r == 0)
		nooks_held_add(f, arg, (unsigned long)real, kind);
	return r;
}
EXPORT_SYMBOL_GPL(nooks_rwsem_down);

void nooks_rwsem_up(struct nooks_frame *f, unsigned int arg, struct rw_semaphore *sem, bool write)
{
	struct rw_semaphore *real = real_lock(f, arg, sem, &nooks_type_rwsem, false);

	if (!real || !nooks_held_del(f, arg, (unsigned long)real,
				     write ? NOOKS_HELD_WSEM : NOOKS_HELD_RSEM))
		return;
	if (write)
		up_write(real);
	else
		up_read(real);
}
EXPORT_SYMBOL_GPL(nooks_rwsem_up);

struct span {
	unsigned long addr, n, found;
};

static int idle_in(void *arg, struct nooks_object *o)
{
	struct span *s = arg;

	if (o->key - s->addr >= s->n ||
	    (o->type == &nooks_type_mutex ? mutex_is_locked(o->twin) : rwsem_is_locked(o->twin)))
		return 0;
	s->found = o->key;
	return 1;
}

/* One that is held stays, and with it the memory: see nooks_free_why(). */
void nooks_sleep_locks_forget(struct nooks_domain *d, unsigned long addr, size_t n)
{
	static const struct nooks_type *const types[] = { &nooks_type_mutex, &nooks_type_rwsem };
	struct span s = { .addr = addr, .n = n };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		while (nooks_object_each(d, types[i], idle_in, &s))
			nooks_twin_free(d, (void *)s.found, types[i]);
}
EXPORT_SYMBOL_GPL(nooks_sleep_locks_forget);
