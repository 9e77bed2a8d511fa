// SPDX-License-Identifier: GPL-2.0
/*
 * Ports and registers that drivers claim as resources: request_region() and
 * request_mem_region(), only inside BARs of devices that the domain holds.
 */
#include <linux/ioport.h>
#include <linux/pci.h>
#include "nooks_pci.gen.h"

enum { REGION_AUX_SIZE, REGION_AUX_PARENT };

struct resource *nooks_request_region(struct nooks_frame *f, struct resource *parent,
				      resource_size_t start, resource_size_t n,
				      const char *name, int flags)
{
	unsigned long kind = parent == &ioport_resource ? IORESOURCE_IO : IORESOURCE_MEM;

	if (parent != &ioport_resource && parent != &iomem_resource)
		nooks_refuse(f, 1, "neither ports nor memory");
	else if (!nooks_pci_owns(f->domain, kind, start, n))
		nooks_refuse(f, 2, "%pa, %pa bytes: in no BAR of a device of the driver", &start,
			     &n);
	else
		return __request_region(parent, start, n, name, flags);
	return NULL;
}

void nooks_release_region(struct nooks_frame *f, struct resource *parent, resource_size_t start,
			  resource_size_t n)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_region, start);

	if (!o || o->aux[REGION_AUX_SIZE] != n ||
	    (struct resource *)o->aux[REGION_AUX_PARENT] != parent) {
		nooks_refuse(f, 2, "%pa, %pa bytes: not requested", &start, &n);
		return;
	}
	o = nooks_object_take(f->domain, &nooks_type_region, start);
	if (!o)
		return;
	nooks_region_release(f->domain, o);
	nooks_object_free(o);
}

void nooks_region_release(struct nooks_domain *d, struct nooks_object *o)
{
	__release_region((struct resource *)o->aux[REGION_AUX_PARENT], o->key,
			 o->aux[REGION_AUX_SIZE]);
}

void nooks_pci_region_release(struct nooks_domain *d, struct nooks_object *o)
{
	pci_release_region((struct pci_dev *)o->aux[0], o->aux[1]);
}
