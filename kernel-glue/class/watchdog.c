// SPDX-License-Identifier: GPL-2.0
/*
 * Watchdog timers, by twins.
 *
 * The watchdog core never sees the driver's structure.  What both sides change
 * (the timeouts, whether the hardware runs) is copied to the driver before each
 * op and taken back after it, so a driver that changes it between ops is only
 * heard at the next one.  A failed driver's timer may go on running: then it does
 * what it is for.
 */
#include <linux/slab.h>
#include <linux/watchdog.h>
#include "nooks_watchdog.gen.h"

/* What drivers say in status; the rest is the core's. */
#define DRIVER_STATUS (BIT(WDOG_HW_RUNNING))
#define FIRST_STATUS (DRIVER_STATUS | BIT(WDOG_NO_WAY_OUT) | BIT(WDOG_STOP_ON_REBOOT) | \
		      BIT(WDOG_STOP_ON_UNREGISTER) | BIT(WDOG_NO_PING_ON_SUSPEND))

/* The core computes milliseconds. */
static bool time_ok(unsigned int seconds)
{
	return seconds <= UINT_MAX / 1000;
}

/* A copy of the driver's structure that is safe to look at. */
static bool look(struct nooks_frame *f, unsigned int arg, struct watchdog_device *copy,
		 const struct watchdog_device *wdd)
{
	if (!nooks_check_writable(f, arg, wdd, sizeof(*wdd), 0) ||
	    !nooks_copy_in(f, arg, copy, wdd, sizeof(*copy)))
		return false;
	if (!time_ok(copy->timeout) || !time_ok(copy->pretimeout) ||
	    !time_ok(copy->min_timeout) || !time_ok(copy->max_timeout))
		return nooks_refuse(f, arg, "a timeout is out of range");
	return true;
}

static bool tell(struct nooks_frame *f, struct watchdog_device *wdd,
		 const struct watchdog_device *twin)
{
	return nooks_check_writable(f, 1, wdd, sizeof(*wdd), 0) &&
	       nooks_copy_out(f, 1, &wdd->id, &twin->id, sizeof(twin->id)) &&
	       nooks_copy_out(f, 1, &wdd->timeout, &twin->timeout, sizeof(twin->timeout)) &&
	       nooks_copy_out(f, 1, &wdd->pretimeout, &twin->pretimeout,
			      sizeof(twin->pretimeout)) &&
	       nooks_copy_out(f, 1, &wdd->status, &twin->status, sizeof(twin->status));
}

/* In the place of nooks_enter(): the core holds its lock, or is restarting. */
int nooks_watchdog_op(struct nooks_frame *f)
{
	struct watchdog_device *twin = (struct watchdog_device *)f->original[0], copy;
	struct watchdog_device *wdd = (struct watchdog_device *)f->arg[0];
	int err;

	if (!tell(f, wdd, twin))
		return -EFAULT;
	err = nooks_enter(f);
	if (err)
		return err;
	if (!look(f, 1, &copy, wdd))
		return -EFAULT;
	twin->timeout = copy.timeout;
	twin->pretimeout = copy.pretimeout;
	twin->bootstatus = copy.bootstatus;
	if (copy.status & BIT(WDOG_HW_RUNNING))
		set_bit(WDOG_HW_RUNNING, &twin->status);
	else
		clear_bit(WDOG_HW_RUNNING, &twin->status);
	return 0;
}

/* A copy that lasts as long as the twin; kfree() it. */
static struct watchdog_info *keep_info(struct nooks_frame *f, const struct watchdog_info *info)
{
	struct watchdog_info *copy;

	if (!nooks_check_readable(f, 1, info, sizeof(*info), 0))
		return NULL;
	copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return NULL;
	if (!nooks_copy_in(f, 1, copy, info, sizeof(*copy))) {
		kfree(copy);
		return NULL;
	}
	copy->identity[sizeof(copy->identity) - 1] = 0;
	return copy;
}

int nooks_watchdog_init_timeout(struct nooks_frame *f, struct watchdog_device *wdd,
				unsigned int timeout, struct device *dev)
{
	struct watchdog_device copy;
	struct watchdog_info *info;
	int err;

	if (!look(f, 1, &copy, wdd))
		return -EINVAL;
	info = keep_info(f, copy.info);
	if (!info)
		return -ENOMEM;
	copy.info = info;
	copy.parent = NULL;	/* only to name it in a message */
	err = watchdog_init_timeout(&copy, timeout, dev);
	kfree(info);
	return nooks_copy_out(f, 1, &wdd->timeout, &copy.timeout, sizeof(copy.timeout)) ?
	       err : -EINVAL;
}

static bool fit(struct nooks_frame *f, const struct watchdog_device *wdd)
{
	if (wdd->groups)
		return nooks_refuse(f, 1, "attribute groups are not supported");
	if (wdd->gov)
		return nooks_refuse(f, 1, "the governor is the core's to choose");
	if (wdd->ops->owner && !nooks_check_self(f, 1, wdd->ops->owner))
		return false;
	return nooks_check_object(f, 1, wdd->parent, &nooks_type_device, NOOKS_NULLABLE);
}

static void fill(struct watchdog_device *twin, const struct watchdog_device *wdd)
{
	twin->parent = wdd->parent;
	twin->ops = wdd->ops;
	twin->bootstatus = wdd->bootstatus;
	twin->timeout = wdd->timeout;
	twin->pretimeout = wdd->pretimeout;
	twin->min_timeout = wdd->min_timeout;
	twin->max_timeout = wdd->max_timeout;
	twin->min_hw_heartbeat_ms = wdd->min_hw_heartbeat_ms;
	twin->max_hw_heartbeat_ms = wdd->max_hw_heartbeat_ms;
	twin->restart_nb.priority = wdd->restart_nb.priority;
	twin->status = wdd->status & FIRST_STATUS;
}

int nooks_watchdog_register(struct nooks_frame *f, struct watchdog_device *wdd)
{
	struct watchdog_device copy, *twin;
	int err = -ENOMEM;

	if (!look(f, 1, &copy, wdd) ||
	    !nooks_bind_ops(f, 1, (const void **)&copy.ops, &nooks_ops_watchdog_ops, 0) ||
	    !fit(f, &copy))
		return -EINVAL;
	twin = nooks_twin_new(f, 1, wdd, &nooks_type_watchdog_device, GFP_KERNEL);
	if (!twin)
		return -ENOMEM;
	if (twin->info) {
		nooks_refuse(f, 1, "this watchdog is registered already");
		return -EBUSY;
	}
	fill(twin, &copy);
	twin->info = keep_info(f, copy.info);
	if (twin->info)
		err = watchdog_register_device(twin);
	if (err) {
		kfree(twin->info);
		nooks_twin_free(f->domain, wdd, &nooks_type_watchdog_device);
		return err;
	}
	return tell(f, wdd, twin) ? 0 : -EINVAL;
}

int nooks_devm_watchdog_register(struct nooks_frame *f, struct device *dev,
				 struct watchdog_device *wdd)
{
	int err = nooks_watchdog_register(f, wdd);

	if (err || nooks_hold(f, dev, &nooks_type_watchdog_device, wdd))
		return err;
	nooks_watchdog_unregister(f, wdd);
	return -ENOMEM;
}

void nooks_watchdog_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct watchdog_device *twin = o->twin;

	if (!twin->info)
		return;
	watchdog_unregister_device(twin);
	kfree(twin->info);
}

void nooks_watchdog_unregister(struct nooks_frame *f, struct watchdog_device *wdd)
{
	struct nooks_object *o = nooks_object_take(f->domain, &nooks_type_watchdog_device,
						   (unsigned long)wdd);

	if (!o) {
		nooks_refuse(f, 1, "no watchdog that is registered");
		return;
	}
	nooks_watchdog_release(f->domain, o);
	nooks_object_free(o);
}

int nooks_watchdog_glue_init(void)
{
	return 0;
}

void nooks_watchdog_glue_exit(void)
{
}
