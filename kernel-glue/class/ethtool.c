// SPDX-License-Identifier: GPL-2.0
/*
 * What ethtool's ops leave unsaid: how long a buffer is, and messages that the
 * kernel would follow into driver memory.
 */
#include <linux/ethtool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <nooks/entry.h>
#include "nooks_net.gen.h"

static struct vm_struct *(*find_area)(const void *addr);

int nooks_ethtool_init(void)
{
	find_area = (void *)nooks_ksym("find_vm_area");
	return find_area ? 0 : -ENOENT;
}

/* Bytes allocated at @p: for buffers whose length only the driver's answer says. */
size_t nooks_buffer_size(const void *p)
{
	struct vm_struct *area;

	if (!p)
		return 0;
	if (!is_vmalloc_addr(p))
		return virt_addr_valid(p) ? ksize(p) : 0;
	area = find_area(p);
	return area && area->addr == p ? get_vm_area_size(area) : 0;
}

/*
 * struct netlink_ext_ack takes a pointer to a message in the driver's memory
 * that the kernel reads after the call: drivers are called without one.
 */
int nooks_no_extack(struct nooks_frame *f)
{
	f->arg[3] = 0;
	return nooks_enter(f);
}
