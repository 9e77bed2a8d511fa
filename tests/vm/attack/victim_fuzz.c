// SPDX-License-Identifier: GPL-2.0
/*
 * Random wild stores: to the direct map, per-CPU memory, the IDT, page tables,
 * the current task, its kernel stack, text, vmemmap and modules.
 *
 * The driver makes one store per call; each that is refused ends it, so that it
 * has to come back before the next.  The word is read afterwards from here.  The
 * refused value itself may lie there, in a copy of the driver's registers (the
 * report of the failure, say): what looks as if it got through is tried once more
 * with another value, which a store that gets through writes again.
 * Run natively, this kills the machine.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "victim_internal.h"

#define VALUE	0x6b6f6f4e00000000ULL	/* nobody else writes that */

struct fuzz {
	unsigned int writes, refused, own, through, unnoticed, lost;
};

/* The driver that is registered now and answers; NULL if none does for 20 s. */
static struct victim_dev *wait_for_driver(void)
{
	unsigned long end = jiffies + 20 * HZ;

	while (time_before(jiffies, end)) {
		struct victim_dev *dev = victim_current();

		if (dev && dev->ops->ping(dev, 41) == 42)
			return dev;
		usleep_range(500, 1000);
	}
	return NULL;
}

static bool wait_for_restart(int count)
{
	unsigned long end = jiffies + 20 * HZ;

	while (atomic_read(&victim_registrations) == count) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(300, 600);
	}
	return true;
}

/* False if the driver is gone for good.  *@hit: the word holds what was to be stored. */
static bool one_store(struct fuzz *z, struct victim_job *job, bool again, bool *hit)
{
	int count = atomic_read(&victim_registrations);
	struct victim_dev *dev = wait_for_driver();
	u64 after = 0;
	int ret;

	*hit = false;
	if (!dev)
		return false;
	if (!again)
		victim_random(&job->addr, 1, get_random_u64());
	job->value = VALUE | z->writes++;
	ret = dev->ops->run(dev, job);
	if (copy_from_kernel_nofault(&after, (void *)job->addr, sizeof(after)))
		z->lost++;
	if (!ret && victim_is_drivers(job->addr)) {
		z->own++;
		return true;
	}
	*hit = after == job->value;
	if (*hit && again) {
		z->through++;
		pr_err("victim: a store to %px got through\n", (void *)job->addr);
	}
	if (!ret) {
		z->unnoticed++;
		return true;
	}
	z->refused++;
	return wait_for_restart(count);
}

void victim_fuzz(unsigned int writes, unsigned int seconds, char *result, size_t n)
{
	struct victim_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	unsigned long end = jiffies + seconds * HZ;
	struct fuzz z = { };
	bool alive = true, hit = false;

	if (!job)
		return;
	strscpy(job->name, "store", sizeof(job->name));
	job->size = sizeof(u64);
	while (alive && z.writes < writes && time_before(jiffies, end) && !signal_pending(current))
		alive = one_store(&z, job, hit, &hit);
	snprintf(result, n,
		 "writes=%u refused=%u own=%u through=%u unnoticed=%u unmapped=%u alive=%d",
		 z.writes, z.refused, z.own, z.through, z.unnoticed, z.lost, alive);
	kfree(job);
}
