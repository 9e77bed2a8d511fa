// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit queues: the fields that drivers write for every packet, without traps.
 *
 * The last part of a netdev_queue (trans_start, state, dql) is written by
 * drivers and damages nobody but them.  Where a device has one queue, its
 * netdev_queue is moved, before anybody knows it, so that this part starts on
 * a page of its own, which becomes the driver's.  What is before it, the lock
 * above all, stays the kernel's.  Devices with several queues, whose array cannot
 * be torn apart, go on with field rights.
 */
#include <linux/gfp.h>
#include <linux/netdevice.h>
#include "nooks_net.gen.h"

#define SPLIT offsetof(struct netdev_queue, trans_start)

static_assert(offsetof(struct netdev_queue, state) > SPLIT);
static_assert(offsetof(struct netdev_queue, dql) > SPLIT);
static_assert(offsetof(struct netdev_queue, _xmit_lock) < SPLIT);
static_assert(offsetof(struct netdev_queue, xmit_lock_owner) < SPLIT);
static_assert(SPLIT < PAGE_SIZE && sizeof(struct netdev_queue) - SPLIT <= PAGE_SIZE);
static_assert(SPLIT % sizeof(long) == 0);

static int slot(struct nooks_net *net, unsigned long page)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(net->queue_page); i++)
		if (net->queue_page[i] == page)
			return i;
	return -1;
}

/*
 * nooks_queue_place() - move the only queue of a new device
 *
 * Return: where it was, for nooks_queue_unplace(); NULL if it was not moved.
 */
struct netdev_queue *nooks_queue_place(struct nooks_domain *d, struct net_device *dev)
{
	struct netdev_queue *old = dev->_tx, *q;
	int i = slot(nooks_net(d), 0);
	unsigned long pages;

	if (dev->num_tx_queues != 1 || i < 0)
		return NULL;
	pages = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 1);
	if (!pages)
		return NULL;
	if (nooks_own_region(d, pages + PAGE_SIZE, PAGE_SIZE, "transmit queue", "idl/net.idl")) {
		free_pages(pages, 1);
		return NULL;
	}
	q = (struct netdev_queue *)(pages + PAGE_SIZE - SPLIT);
	memcpy(q, old, sizeof(*q));
	dev->_tx = q;
	WRITE_ONCE(nooks_net(d)->queue_page[i], pages + PAGE_SIZE);
	return old;
}

/* The device is about to be freed: give the kernel back what it allocated. */
void nooks_queue_unplace(struct nooks_domain *d, struct net_device *dev,
			 struct netdev_queue *original)
{
	unsigned long own = (unsigned long)dev->_tx + SPLIT;
	int i = slot(nooks_net(d), own);

	if (!original || WARN_ON(i < 0))
		return;
	WRITE_ONCE(nooks_net(d)->queue_page[i], 0);
	nooks_disown_pages(d, own, PAGE_SIZE);
	memcpy(original, dev->_tx, sizeof(*original));
	dev->_tx = original;
	free_pages(own - PAGE_SIZE, 1);
}

/* @dql is that of a queue of the domain; the kernel's code works on a copy. */
static bool dql_ok(struct nooks_frame *f, struct dql *dql)
{
	unsigned long at = (unsigned long)dql - offsetof(struct netdev_queue, dql);

	if (nooks_object_is(f->domain, &nooks_type_netdev_queue, at))
		return true;
	return nooks_refuse(f, 1, "no queue of this driver");
}

void nooks_dql_completed_checked(struct nooks_frame *f, struct dql *dql, unsigned int count)
{
	const size_t rest = offsetof(struct dql, limit);
	struct dql copy;

	if (!dql_ok(f, dql))
		return;
	copy = *dql;
	if (count > copy.num_queued - copy.num_completed) {
		nooks_refuse(f, 2, "%u completed, %u were queued", count,
			     copy.num_queued - copy.num_completed);
		return;
	}
	dql_completed(&copy, count);
	/* num_queued, adj_limit and last_obj_cnt belong to the queueing side */
	dql->adj_limit = copy.adj_limit;
	memcpy((char *)dql + rest, (char *)&copy + rest, sizeof(copy) - rest);
}

void nooks_dql_reset_checked(struct nooks_frame *f, struct dql *dql)
{
	if (dql_ok(f, dql))
		dql_reset(dql);
}
