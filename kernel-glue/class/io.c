// SPDX-License-Identifier: GPL-2.0
/*
 * Device registers: each mapping lies in a 2 MiB slot of its own.
 *
 * A domain's tables take a slot over as a whole, at the PMD level, so no page of
 * kernel page-table entries is ever cloned that also maps something else of
 * the vmalloc area (kernel stacks live there).  Only BARs of devices that the
 * domain holds can be mapped: anything else would be a window on all memory.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vmalloc.h>
#include <nooks/entry.h>
#include "nooks_pci.gen.h"

enum { IOMEM_AUX_AREA };

static struct vm_struct *(*get_area)(unsigned long size, unsigned long flags);
static int (*map_range)(unsigned long addr, unsigned long end, phys_addr_t phys, pgprot_t prot);
static void (*free_area)(struct vm_struct *area);

int nooks_io_init(void)
{
	get_area = (void *)nooks_ksym("get_vm_area");
	map_range = (void *)nooks_ksym("ioremap_page_range");
	free_area = (void *)nooks_ksym("free_vm_area");
	return get_area && map_range && free_area ? 0 : -ENOENT;
}

/* Page-aligned; @size at most one slot. */
static unsigned long map_slot(struct nooks_domain *d, phys_addr_t phys, unsigned long size,
			      struct vm_struct **area)
{
	unsigned long addr;

	*area = get_area(2 * PMD_SIZE, VM_IOREMAP);
	if (!*area)
		return 0;
	addr = ALIGN((unsigned long)(*area)->addr, PMD_SIZE);
	if (!map_range(addr, addr + size, phys, pgprot_noncached(PAGE_KERNEL)) &&
	    !nooks_own_device(d, addr, PMD_SIZE, "iomem", "idl/pci.idl"))
		return addr;
	free_area(*area);
	return 0;
}

void __iomem *nooks_ioremap(struct nooks_frame *f, resource_size_t phys, unsigned long size)
{
	unsigned long offset = offset_in_page(phys), addr;
	struct nooks_domain *d = f->domain;
	struct vm_struct *area;
	struct nooks_object *o;

	if (!nooks_pci_owns(d, IORESOURCE_MEM, phys, size)) {
		nooks_refuse(f, 1, "%pa, %lu bytes: in no BAR of a device of the driver", &phys,
			     size);
		return NULL;
	}
	size = PAGE_ALIGN(size + offset);
	if (size > PMD_SIZE)
		return NULL;
	addr = map_slot(d, phys - offset, size, &area);
	if (!addr)
		return NULL;
	o = nooks_object_add(d, &nooks_type_iomem, addr, 0, 0, f->wrapper->source, GFP_KERNEL);
	if (!o) {
		nooks_disown_pages(d, addr, PMD_SIZE);
		free_area(area);
		return NULL;
	}
	o->aux[IOMEM_AUX_AREA] = (unsigned long)area;
	return (void __iomem *)(addr + offset);
}

void __iomem *nooks_pci_ioremap_bar(struct nooks_frame *f, struct pci_dev *pdev, int bar)
{
	if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return NULL;
	return nooks_ioremap(f, pci_resource_start(pdev, bar), pci_resource_len(pdev, bar));
}

void __iomem *nooks_pci_iomap(struct nooks_frame *f, struct pci_dev *pdev, int bar,
			      unsigned long max)
{
	unsigned long n = pci_resource_len(pdev, bar);

	if (max && n > max)
		n = max;
	if (pci_resource_flags(pdev, bar) & IORESOURCE_IO)
		return __pci_ioport_map(pdev, pci_resource_start(pdev, bar), n);
	if (!n || !(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return NULL;
	return nooks_ioremap(f, pci_resource_start(pdev, bar), n);
}

static void unmap(struct nooks_domain *d, struct nooks_object *o)
{
	nooks_disown_pages(d, o->key, PMD_SIZE);
	free_area((struct vm_struct *)o->aux[IOMEM_AUX_AREA]);
}

void nooks_iounmap(struct nooks_frame *f, volatile void __iomem *p)
{
	unsigned long addr = (unsigned long)p & PMD_MASK;
	struct nooks_object *o;

	if (!p)
		return;
	o = nooks_object_take(f->domain, &nooks_type_iomem, addr);
	if (!o) {
		nooks_refuse(f, 1, "no registers of the driver are mapped there");
		return;
	}
	unmap(f->domain, o);
	nooks_object_free(o);
}

void nooks_pci_iounmap(struct nooks_frame *f, struct pci_dev *pdev, void __iomem *p)
{
	/* A port: ioport_map() only made a cookie of its number. */
	if ((unsigned long)p >= 0x40000)
		nooks_iounmap(f, p);
}

void nooks_iomem_release(struct nooks_domain *d, struct nooks_object *o)
{
	unmap(d, o);
}
