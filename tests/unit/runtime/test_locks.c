// SPDX-License-Identifier: GPL-2.0
/* Locks: counts as the kernel's functions leave them, bookkeeping, undoing, deadlocks. */
#include "world.h"

struct object {
	long x;
	raw_spinlock_t lock;
	rwlock_t rw;
	struct mutex mutex;
};

static const struct nooks_part parts[] = {
	{ .type = &nooks_type_spinlock, .name = "lock", .offset = offsetof(struct object, lock) },
	{ .type = &nooks_type_rwlock, .name = "rw", .offset = offsetof(struct object, rw) },
	{ .type = &nooks_type_mutex, .name = "mutex", .offset = offsetof(struct object, mutex) },
};
static const struct nooks_type t_object = {
	.name = "object", .size = sizeof(struct object), .parts = parts, .nparts = 3,
};

extern unsigned int *const shim_param_lock_ms;

static struct object *kernel_object(struct world *w)
{
	nooks_object_add(w->d, &t_object, (unsigned long)w->kernel, sizeof(struct object), 0, "x",
			 GFP_KERNEL);
	return (struct object *)w->kernel;
}

static void counts(int preempt, int bh, bool irqs_off)
{
	assert_int_equal(shim_preempt, preempt);
	assert_int_equal(shim_bh, bh);
	assert_int_equal(shim_irqs_off, irqs_off);
}

static void spin_each_way(struct world *w, raw_spinlock_t *l)
{
	unsigned long flags;

	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_PLAIN);
	counts(1, 0, false);
	assert_int_equal(l->val, 1);
	assert_int_equal(nooks_locks_left(&w->f), 1);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_PLAIN, 0);
	counts(0, 0, false);
	assert_int_equal(l->val, 0);

	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_BH);
	counts(1, 1, false);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_BH, 0);
	counts(0, 0, false);

	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_IRQ);
	counts(1, 0, true);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_IRQ, 0);
	counts(0, 0, false);

	flags = nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE);
	assert_int_equal(flags & X86_EFLAGS_IF, X86_EFLAGS_IF);
	counts(1, 0, true);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE, flags);
	counts(0, 0, false);

	shim_irqs_off = true;
	flags = nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE, flags);
	counts(0, 0, true);
	shim_irqs_off = false;

	assert_int_equal(nooks_spin_trylock(&w->f, 1, l, NOOKS_SPIN_PLAIN), 1);
	assert_int_equal(nooks_spin_trylock(&w->f, 1, l, NOOKS_SPIN_PLAIN), 0);
	counts(1, 0, false);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_PLAIN, 0);
	assert_int_equal(world_failures, 0);
	assert_int_equal(nooks_locks_left(&w->f), 0);
}

static void driver_spinlock(void **state)
{
	struct world *w = *state;

	spin_each_way(w, (raw_spinlock_t *)(w->data + 64));
}

static void kernel_spinlock(void **state)
{
	struct world *w = *state;

	spin_each_way(w, &kernel_object(w)->lock);
}

static void wrong_places(void **state)
{
	struct world *w = *state;
	struct object *o = kernel_object(w);

	nooks_spin_lock(&w->f, 1, (raw_spinlock_t *)&o->x, NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "is no spinlock");
	nooks_spin_lock(&w->f, 1, (raw_spinlock_t *)&o->rw, NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "is no spinlock");
	nooks_spin_lock(&w->f, 1, NULL, NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "is no spinlock");
	nooks_spin_lock(&w->f, 1, (void *)(w->data + 65), NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "odd");
	nooks_mutex_lock(&w->f, 1, (struct mutex *)&o->x, NOOKS_SLEEP_PLAIN);
	world_assert_refused(w, 1, "is no mutex");
	nooks_mutex_init(&w->f, 1, &o->mutex);
	world_assert_refused(w, 1, "not in the driver's memory");
	counts(0, 0, false);
	assert_int_equal(o->x, 0);
}

static void not_held(void **state)
{
	struct world *w = *state;
	struct object *o = kernel_object(w);

	nooks_spin_unlock(&w->f, 1, (raw_spinlock_t *)w->data, NOOKS_SPIN_PLAIN, 0);
	world_assert_refused(w, 1, "not held");
	nooks_spin_unlock(&w->f, 1, &o->lock, NOOKS_SPIN_PLAIN, 0);
	world_assert_refused(w, 1, "not held");
	nooks_mutex_unlock(&w->f, 1, &o->mutex);
	world_assert_refused(w, 1, "not held");
	nooks_rw_unlock(&w->f, 1, &o->rw, true, NOOKS_SPIN_PLAIN, 0);
	world_assert_refused(w, 1, "not held");
	nooks_rcu_unlock(&w->f, 0);
	world_assert_refused(w, 0, "without rcu_read_lock");
	counts(0, 0, false);
	assert_int_equal(shim_rcu, 0);
}

static void deadlocks(void **state)
{
	struct world *w = *state;
	raw_spinlock_t *l = (raw_spinlock_t *)w->data;
	struct object *o = kernel_object(w);
	struct nooks_frame inner = { .domain = w->d, .outer = &w->f, .thunk = &w->thunk,
				     .wrapper = &w->wrapper, .eflags = X86_EFLAGS_IF };
	u64 begin;

	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_PLAIN);
	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "held by this thread");
	/* An interrupt of the driver over the holder. */
	nooks_spin_lock(&inner, 1, l, NOOKS_SPIN_IRQSAVE);
	assert_int_equal(world_failures, 1);
	world_failures = 0;
	w->d->dead = 0;
	counts(1, 0, false);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_PLAIN, 0);

	/* Somebody else's, for ever: given up, the counts as before. */
	*shim_param_lock_ms = 20;
	l->val = 1;
	begin = local_clock();
	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE);
	assert_true(local_clock() - begin >= 20 * NSEC_PER_MSEC);
	world_assert_refused(w, 1, "deadlock");
	counts(0, 0, false);
	assert_int_equal(nooks_locks_left(&w->f), 0);

	/* A kernel's lock that its holder, our caller, will not release. */
	o->lock.val = 1;
	nooks_spin_lock(&w->f, 1, &o->lock, NOOKS_SPIN_BH);
	world_assert_refused(w, 1, "deadlock");
	o->lock.val = 0;
	counts(0, 0, false);

	/* The domain dies meanwhile: the waiter notices without a report of its own. */
	w->d->dead = 1;
	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_BH);
	assert_int_equal(world_failures, 0);
	counts(0, 0, false);
	w->d->dead = 0;
}

/* What the kernel had off when it called the driver stays off. */
static void enabling(void **state)
{
	struct world *w = *state;
	raw_spinlock_t *l = (raw_spinlock_t *)w->data;
	rwlock_t *rw = (rwlock_t *)(w->data + 64);

	shim_irqs_off = true;
	w->f.eflags = 0;
	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_IRQ, 0);
	world_assert_refused(w, 1, "enable interrupts");
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE, X86_EFLAGS_IF);
	world_assert_refused(w, 1, "enable interrupts");
	assert_int_equal(nooks_locks_left(&w->f), 1);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_IRQSAVE, 0);
	counts(0, 0, true);
	nooks_rw_lock(&w->f, 1, rw, true, NOOKS_SPIN_PLAIN);
	nooks_rw_unlock(&w->f, 1, rw, true, NOOKS_SPIN_IRQ, 0);
	world_assert_refused(w, 1, "enable interrupts");
	nooks_rw_unlock(&w->f, 1, rw, true, NOOKS_SPIN_PLAIN, 0);
	shim_irqs_off = false;
	w->f.eflags = X86_EFLAGS_IF;

	shim_bh = 1;		/* the caller's */
	w->f.preempt_count = preempt_count();
	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_PLAIN);
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_BH, 0);
	world_assert_refused(w, 1, "unlock_bh without");
	shim_preempt--;		/* the driver's own preempt_enable() */
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_PLAIN, 0);
	world_assert_refused(w, 1, "preempt count");
	shim_preempt++;
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_PLAIN, 0);
	nooks_spin_lock(&w->f, 1, l, NOOKS_SPIN_BH);
	shim_irqs_off = true;
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_BH, 0);
	world_assert_refused(w, 1, "with interrupts off");
	shim_irqs_off = false;
	nooks_spin_unlock(&w->f, 1, l, NOOKS_SPIN_BH, 0);
	counts(0, 1, false);
	assert_int_equal(nooks_locks_left(&w->f), 0);
}

static void rwlocks(struct world *w, rwlock_t *l)
{
	struct nooks_frame other = { .domain = w->d, .thunk = &w->thunk, .wrapper = &w->wrapper,
				     .eflags = X86_EFLAGS_IF };

	nooks_rw_lock(&w->f, 1, l, false, NOOKS_SPIN_BH);
	nooks_rw_lock(&other, 1, l, false, NOOKS_SPIN_PLAIN);
	counts(2, 1, false);
	nooks_rw_unlock(&other, 1, l, false, NOOKS_SPIN_PLAIN, 0);
	nooks_rw_unlock(&w->f, 1, l, false, NOOKS_SPIN_BH, 0);
	counts(0, 0, false);
	assert_int_equal(l->cnts, 0);
	nooks_rw_lock(&w->f, 1, l, true, NOOKS_SPIN_IRQ);
	counts(1, 0, true);
	nooks_rw_lock(&w->f, 1, l, false, NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "held by this thread");
	nooks_rw_unlock(&w->f, 1, l, true, NOOKS_SPIN_IRQ, 0);
	counts(0, 0, false);
	assert_int_equal(l->cnts, 0);
}

static void read_write(void **state)
{
	struct world *w = *state;

	rwlocks(w, (rwlock_t *)(w->data + 32));
	rwlocks(w, &kernel_object(w)->rw);
}

static void mutexes(void **state)
{
	struct world *w = *state;
	struct mutex *m = (struct mutex *)(w->data + 128), *twin;

	m->locked = 77;		/* what the driver writes there does not matter */
	assert_int_equal(nooks_mutex_lock(&w->f, 1, m, NOOKS_SLEEP_PLAIN), 0);
	twin = nooks_twin(&w->f, 1, m, &nooks_type_mutex);
	assert_int_equal(twin->locked, 1);
	assert_int_equal(m->locked, 77);
	assert_true(nooks_mutex_is_locked(&w->f, 1, m));
	nooks_mutex_lock(&w->f, 1, m, NOOKS_SLEEP_INTERRUPTIBLE);
	world_assert_refused(w, 1, "held by this thread");
	assert_int_equal(nooks_mutex_lock(&w->f, 1, m, NOOKS_SLEEP_TRY), 0);
	nooks_mutex_init(&w->f, 1, m);
	world_assert_refused(w, 1, "is held");
	nooks_mutex_unlock(&w->f, 1, m);
	assert_int_equal(twin->locked, 0);
	nooks_mutex_init(&w->f, 1, m);
	assert_int_equal(world_failures, 0);
	assert_int_equal(nooks_mutex_lock(&w->f, 1, m, NOOKS_SLEEP_TRY), 1);
	nooks_mutex_unlock(&w->f, 1, m);
}

static int undone;
static unsigned long undone_lock;

static void class_undo(unsigned long lock)
{
	undone++;
	undone_lock = lock;
}

static void undo(void **state)
{
	struct world *w = *state;
	struct object *o = kernel_object(w);
	struct rw_semaphore *sem = (struct rw_semaphore *)(w->data + 256), *twin;
	struct mutex *m = (struct mutex *)(w->data + 128);
	int kind = nooks_held_register("rtnl", class_undo);
	int preempt;

	assert_true(kind >= NOOKS_HELD_CLASS);
	nooks_mutex_lock(&w->f, 1, m, NOOKS_SLEEP_PLAIN);
	nooks_rwsem_down(&w->f, 1, sem, true, NOOKS_SLEEP_PLAIN);
	twin = nooks_twin(&w->f, 1, sem, &nooks_type_rwsem);
	nooks_held_add(&w->f, 1, 4711, kind);
	nooks_rcu_lock(&w->f);
	nooks_rcu_lock(&w->f);
	nooks_spin_lock(&w->f, 1, (raw_spinlock_t *)w->data, NOOKS_SPIN_BH);
	nooks_spin_lock(&w->f, 1, &o->lock, NOOKS_SPIN_IRQSAVE);
	nooks_rw_lock(&w->f, 1, &o->rw, false, NOOKS_SPIN_PLAIN);
	assert_int_equal(nooks_locks_left(&w->f), 7);
	preempt = shim_preempt;
	assert_int_equal(preempt, 3);

	nooks_locks_undo(&w->f);
	/* The counts are the unwinder's. */
	assert_int_equal(shim_preempt, preempt);
	assert_int_equal(nooks_locks_left(&w->f), 0);
	assert_int_equal(((raw_spinlock_t *)w->data)->val, 0);
	assert_int_equal(o->lock.val, 0);
	assert_int_equal(o->rw.cnts, 0);
	assert_int_equal(twin->count, 0);
	assert_int_equal(shim_rcu, 0);
	assert_int_equal(undone, 1);
	assert_int_equal(undone_lock, 4711);
	assert_false(nooks_mutex_is_locked(&w->f, 1, m));
	nooks_held_unregister(kind);
}

static void too_many(void **state)
{
	struct world *w = *state;
	raw_spinlock_t *l = (raw_spinlock_t *)w->data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(w->f.held); i++)
		nooks_spin_lock(&w->f, 1, l + i, NOOKS_SPIN_PLAIN);
	assert_int_equal(world_failures, 0);
	nooks_spin_lock(&w->f, 1, l + i, NOOKS_SPIN_PLAIN);
	world_assert_refused(w, 1, "locks held at once");
	assert_int_equal(l[i].val, 0);
	counts(i, 0, false);
	nooks_locks_undo(&w->f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(driver_spinlock), T(kernel_spinlock), T(wrong_places), T(not_held),
		T(deadlocks), T(enabling), T(read_write), T(mutexes), T(undo), T(too_many),
	};

	return cmocka_run_group_tests_name("runtime locks", tests, NULL, NULL);
}
