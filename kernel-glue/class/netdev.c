// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices: making, registering, giving back.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <nooks/support.h>
#include "nooks_net.gen.h"

/* NETDEV_AUX_BUSY: it is being registered, unregistered or freed */
enum { NETDEV_AUX_AREA, NETDEV_AUX_SIZE, NETDEV_AUX_TX, NETDEV_AUX_BUSY };

/* All phases: what is writable until one of them is not. */
#define REGISTERED (~NOOKS_PHASE_BOUND)

static struct net_device *alloc(struct nooks_frame *f, int priv, const char *name,
				unsigned char assign_type, unsigned int txqs,
				unsigned int rxqs)
{
	struct nooks_domain *d = f->domain;
	struct net_device *dev;
	struct nooks_object *o;
	unsigned long area;
	size_t size;

	if (nooks_net_pool(d))
		return NULL;
	dev = nooks_netdev_place(priv, name, assign_type, txqs, rxqs, &area, &size);
	if (!dev)
		return NULL;
	if (nooks_own_region(d, area, size, "private area", f->wrapper->source))
		goto free;
	o = nooks_object_add(d, &nooks_type_net_device, (unsigned long)dev, sizeof(*dev), 0,
			     f->wrapper->source, GFP_KERNEL);
	if (!o)
		goto disown;
	o->aux[NETDEV_AUX_AREA] = area;
	o->aux[NETDEV_AUX_SIZE] = size;
	o->aux[NETDEV_AUX_TX] = (unsigned long)nooks_queue_place(d, dev);
	if (nooks_object_add(d, &nooks_type_netdev_queue, (unsigned long)dev->_tx,
			     txqs * sizeof(*dev->_tx), 0, f->wrapper->source, GFP_KERNEL))
		return dev;
	nooks_queue_unplace(d, dev, (struct netdev_queue *)o->aux[NETDEV_AUX_TX]);
	nooks_object_drop(d, &nooks_type_net_device, (unsigned long)dev);
disown:
	nooks_disown_pages(d, area, size);
free:
	free_netdev(dev);
	return NULL;
}

struct net_device *nooks_alloc_etherdev(struct nooks_frame *f, int priv, unsigned int txqs,
					unsigned int rxqs)
{
	return alloc(f, priv, "eth%d", NET_NAME_UNKNOWN, txqs, rxqs);
}

/*
 * Every device is set up as an Ethernet device first; @setup, the driver's or
 * ether_setup() again, goes over it once it is in its place.
 */
struct net_device *nooks_alloc_netdev(struct nooks_frame *f, int priv, const char *name,
				      unsigned char assign_type,
				      void (*setup)(struct net_device *), unsigned int txqs,
				      unsigned int rxqs)
{
	struct net_device *dev = alloc(f, priv, name, assign_type, txqs, rxqs);

	if (dev)
		setup(dev);
	return dev;
}

struct net_device *nooks_devm_alloc_etherdev(struct nooks_frame *f, struct device *parent,
					     int priv, unsigned int txqs, unsigned int rxqs)
{
	struct net_device *dev = nooks_alloc_etherdev(f, priv, txqs, rxqs);

	if (!dev || nooks_hold(f, parent, &nooks_type_net_device, dev))
		return dev;
	nooks_free_netdev(f, dev);
	return NULL;
}

/* @o is off the tracker; nothing of the domain refers to the device any more. */
void nooks_netdev_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct net_device *dev = (struct net_device *)o->key;

	/* Its registration was lost track of: free_netdev() would be a BUG. */
	if (dev->reg_state == NETREG_REGISTERED)
		unregister_netdev(dev);
	nooks_napis_drop(d, dev);
	nooks_object_drop(d, &nooks_type_netdev_queue, (unsigned long)dev->_tx);
	nooks_disown_pages(d, o->aux[NETDEV_AUX_AREA], o->aux[NETDEV_AUX_SIZE]);
	nooks_queue_unplace(d, dev, (struct netdev_queue *)o->aux[NETDEV_AUX_TX]);
	free_netdev(dev);
}

/*
 * Registering, unregistering and freeing exclude each other: the first two call
 * the driver, which must not pull the device away under them.
 */
static struct nooks_object *begin(struct nooks_frame *f, struct net_device *dev)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_net_device,
						   (unsigned long)dev);

	if (!o || (o->flags & NOOKS_OBJ_LENT))
		nooks_refuse(f, 1, "no device of this driver");
	else if (cmpxchg(&o->aux[NETDEV_AUX_BUSY], 0, 1))
		nooks_refuse(f, 1, "the device is being registered, unregistered or freed");
	else
		return o;
	return NULL;
}

static int lives_in(void *arg, struct nooks_object *o)
{
	const struct nooks_object *dev = arg;

	return (o->flags & NOOKS_OBJ_TWIN) && o->type != &nooks_type_napi_struct &&
	       o->key - dev->aux[NETDEV_AUX_AREA] < dev->aux[NETDEV_AUX_SIZE];
}

/* Timers, work and locks in the private area, as in memory that is freed by kfree(). */
static bool still_used(struct nooks_domain *d, struct nooks_object *o)
{
	nooks_works_forget(d, o->aux[NETDEV_AUX_AREA], o->aux[NETDEV_AUX_SIZE]);
	nooks_timers_forget(d, o->aux[NETDEV_AUX_AREA], o->aux[NETDEV_AUX_SIZE]);
	nooks_sleep_locks_forget(d, o->aux[NETDEV_AUX_AREA], o->aux[NETDEV_AUX_SIZE]);
	return nooks_object_each(d, NULL, lives_in, o);
}

void nooks_free_netdev(struct nooks_frame *f, struct net_device *dev)
{
	struct nooks_domain *d = f->domain;
	struct nooks_object *o = begin(f, dev);

	if (!o)
		return;
	if (dev->reg_state == NETREG_REGISTERED || dev->reg_state == NETREG_UNREGISTERING) {
		nooks_refuse(f, 1, "the device is registered");
		return;
	}
	if (still_used(d, o)) {
		nooks_refuse(f, 1, "a timer, work item or lock in its private area is in use");
		return;
	}
	o = nooks_object_take(d, &nooks_type_net_device, (unsigned long)dev);
	if (!o) {
		nooks_refuse(f, 1, "no device of this driver");
		return;
	}
	nooks_netdev_release(d, o);
	nooks_object_free(o);
}

/* What drivers could write until now, and what the kernel is about to believe. */
static bool fit(struct nooks_frame *f, struct net_device *dev)
{
	struct device *parent = READ_ONCE(dev->dev.parent);

	if (strnlen(dev->name, IFNAMSIZ) == IFNAMSIZ)
		return nooks_refuse(f, 1, "name is not terminated");
	if (parent && !nooks_object_is(f->domain, &nooks_type_device, (unsigned long)parent))
		return nooks_refuse(f, 1, "dev.parent is no device of this driver");
	if (dev->addr_assign_type > NET_ADDR_SET)
		return nooks_refuse(f, 1, "addr_assign_type %u", dev->addr_assign_type);
	return true;
}

/*
 * The fields are frozen before they are looked at: at once, or, when the device
 * has an ndo_init, which may fill them in, as soon as that returns.
 */
static bool freeze(struct nooks_frame *f, struct net_device *dev)
{
	nooks_enter_phase(f, &nooks_type_net_device, (unsigned long)dev, REGISTERED);
	return fit(f, dev);
}

int nooks_register_netdev(struct nooks_frame *f, struct net_device *dev)
{
	struct nooks_object *o = begin(f, dev);
	int err = -EINVAL;

	if (!o)
		return err;
	if (!nooks_rtnl_free(f))
		goto out;
	if (dev->reg_state != NETREG_UNINITIALIZED)
		nooks_refuse(f, 1, "registered before");
	else if (dev->netdev_ops->ndo_init ? fit(f, dev) : freeze(f, dev))
		err = register_netdev(dev);
	if (err)
		nooks_leave_phase(f, &nooks_type_net_device, (unsigned long)dev, REGISTERED);
out:
	WRITE_ONCE(o->aux[NETDEV_AUX_BUSY], 0);
	return err;
}

/* In the place of nooks_enter() for ndo_init. */
int nooks_ndo_init(struct nooks_frame *f)
{
	int err = nooks_enter(f);

	if (err || (int)f->ret)
		return err;
	return freeze(f, (struct net_device *)f->original[0]) ? 0 : -EFAULT;
}

void nooks_unregister_netdev(struct nooks_frame *f, struct net_device *dev)
{
	struct nooks_object *o = begin(f, dev);

	if (!o)
		return;
	if (nooks_rtnl_free(f))
		unregister_netdev(dev);
	WRITE_ONCE(o->aux[NETDEV_AUX_BUSY], 0);
}

void nooks_netdev_registered_release(struct nooks_domain *d, struct nooks_object *o)
{
	unregister_netdev((struct net_device *)o->key);
}

void nooks_get_stats_fault(struct nooks_frame *f)
{
	f->ret = (unsigned long)&((struct net_device *)f->original[0])->stats;
}

/* @storage is the wrapper's copy; the driver gets its own address back. */
struct rtnl_link_stats64 *nooks_dev_get_stats(struct nooks_frame *f, struct net_device *dev,
					      struct rtnl_link_stats64 *storage)
{
	dev_get_stats(dev, storage);
	return (struct rtnl_link_stats64 *)f->down[1];
}

/* What ptp_clock_register() answers in a kernel without such clocks. */
struct ptp_clock *nooks_no_ptp_clock(struct nooks_frame *f, struct ptp_clock_info *info,
				     struct device *parent)
{
	return NULL;
}

void nooks_fix_features_fault(struct nooks_frame *f)
{
	f->ret = f->original[1];
}

/* The descriptor is a table in the driver's image: it is not followed. */
void nooks_dynamic_netdev_dbg(struct nooks_frame *f, struct _ddebug *descriptor,
			      const struct net_device *dev, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	netdev_printk(KERN_DEBUG, dev, "%pV", &vaf);
	va_end(args);
}
