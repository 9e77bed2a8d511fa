// SPDX-License-Identifier: GPL-2.0
/*
 * The lock of network configuration, taken by drivers.
 *
 * It is on the thread's list of held locks like any other, so that a failure
 * releases it and an unbalanced unlock is refused.  A thread that has it
 * already, through its caller in the kernel, would wait for itself.
 */
#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <nooks/entry.h>
#include "nooks_net.gen.h"

static struct mutex *rtnl;
static int kind;

/* With interrupts off: rtnl_unlock() itself may sleep. */
static void undo(unsigned long lock)
{
	mutex_unlock((struct mutex *)lock);
}

int nooks_rtnl_init(void)
{
	rtnl = (void *)nooks_ksym("rtnl_mutex");
	if (!rtnl)
		return -ENOENT;
	kind = nooks_held_register("rtnl", undo);
	return min(kind, 0);
}

void nooks_rtnl_exit(void)
{
	nooks_held_unregister(kind);
}

/* The low bits of the owner are flags of the mutex. */
static bool mine(void)
{
	return (atomic_long_read(&rtnl->owner) & ~7L) == (long)current;
}

/* This thread may wait for it; refuses otherwise. */
bool nooks_rtnl_free(struct nooks_frame *f)
{
	return !mine() || nooks_refuse(f, 0, "this thread holds the rtnl lock already");
}

void nooks_rtnl_lock(struct nooks_frame *f)
{
	if (!nooks_rtnl_free(f))
		return;
	rtnl_lock();
	if (!nooks_held_add(f, 0, (unsigned long)rtnl, kind))
		rtnl_unlock();
}

void nooks_rtnl_unlock(struct nooks_frame *f)
{
	if (nooks_held_del(f, 0, (unsigned long)rtnl, kind))
		rtnl_unlock();
}
