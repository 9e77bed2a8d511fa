// SPDX-License-Identifier: GPL-2.0
/*
 * In-domain library: byte queue limits of transmit queues.
 *
 * A queue whose end lies on a page of the driver's own is updated right here, by
 * the kernel's own code; any other goes through the gate.
 */
#include <linux/netdevice.h>
#include <nooks/entry.h>
#include "nooks_net.gen.h"

void nw_nooks_dql_completed(struct dql *dql, unsigned int count);
void nw_nooks_dql_reset(struct dql *dql);

static bool own(const struct dql *dql)
{
	const struct nooks_net *n = nooks_net(this_cpu_read(nooks_cpu.cur)->domain);
	unsigned long page = (unsigned long)dql & PAGE_MASK;
	int i;

	for (i = 0; n && i < ARRAY_SIZE(n->queue_page); i++)
		if (n->queue_page[i] == page)
			return true;
	return false;
}

void dl_dql_completed(struct dql *dql, unsigned int count)
{
	if (own(dql))
		dql_completed(dql, count);
	else
		nw_nooks_dql_completed(dql, count);
}

void dl_dql_reset(struct dql *dql)
{
	if (own(dql))
		dql_reset(dql);
	else
		nw_nooks_dql_reset(dql);
}
