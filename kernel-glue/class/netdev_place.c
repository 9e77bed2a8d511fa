// SPDX-License-Identifier: GPL-2.0
/*
 * A net_device whose private area starts on a page of its own.
 *
 * The kernel allocates both as one piece.  Here the piece is made larger and the
 * structure moved up in it, right after it was made and before anybody else
 * knows it, until the private area starts at a page boundary: those pages become
 * the driver's own and need no traps, the structure stays the kernel's.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include "nooks_net.gen.h"

/* Words that point into the structure itself move with it. */
static void move(struct net_device *to, struct net_device *from)
{
	unsigned long old = (unsigned long)from, *w = (unsigned long *)to;
	unsigned long delta = (unsigned long)to - old;
	struct list_head *l;
	unsigned int i;

	memmove(to, from, sizeof(*to));
	for (i = 0; i < sizeof(*to) / sizeof(*w); i++)
		if (w[i] - old < sizeof(*to))
			w[i] += delta;
	for (i = 0; i < to->num_tx_queues; i++)
		to->_tx[i].dev = to;
	for (i = 0; i < to->num_rx_queues; i++)
		to->_rx[i].dev = to;
	/* The list of addresses has a member already: the device's own. */
	l = &to->dev_addrs.list;
	l->next->prev = l;
	l->prev->next = l;
	to->padded += delta;
}

/**
 * nooks_netdev_place() - allocate an Ethernet device
 * @priv: size of the private area
 * @name: name or pattern
 * @assign_type: where the name is from
 * @txqs: number of transmit queues
 * @rxqs: number of receive queues
 * @area: set to the private area's address, page-aligned
 * @size: set to its size, whole pages
 */
struct net_device *nooks_netdev_place(int priv, const char *name, unsigned char assign_type,
				      unsigned int txqs, unsigned int rxqs, unsigned long *area,
				      size_t *size)
{
	const size_t head = ALIGN(sizeof(struct net_device), NETDEV_ALIGN);
	struct net_device *dev, *at;

	*size = PAGE_ALIGN(max(priv, 1));
	dev = alloc_netdev_mqs(*size + PAGE_SIZE, name, assign_type, ether_setup, txqs, rxqs);
	if (!dev)
		return NULL;
	*area = PAGE_ALIGN((unsigned long)dev + head);
	at = (struct net_device *)(*area - head);
	if (at != dev)
		move(at, dev);
	memset((void *)*area, 0, *size);
	return at;
}
