/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test of what the runtime tracks, under a real kernel: life.ko is a subsystem
 * with hand-written wrappers (heap, locks, objects, strings), lifedrv.ko a driver of it and
 * lifemate.ko a helper in the same domain.
 */
#ifndef LIFE_H
#define LIFE_H

#include <linux/types.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>

struct life_ops {
	long (*run)(const char *what, char *out, size_t n);
};

int life_register(const struct life_ops *ops, const char *name);
void life_unregister(void);
void *life_alloc(size_t n);
void life_free(void *p);
long life_get(unsigned long key);		/* acquires object number @key */
void life_put(unsigned long key);
void life_lock(spinlock_t *lock);
void life_unlock(spinlock_t *lock);
void life_mutex_lock(struct mutex *lock);
void life_mutex_unlock(struct mutex *lock);
void life_rcu_lock(void);
void life_msleep(unsigned int ms);

/* lifemate.ko */
long mate_add(long a, long b);
long mate_sum(void);
int mate_store(int *p, int value);

#endif
