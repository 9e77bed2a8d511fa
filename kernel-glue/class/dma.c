// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that devices read and write.
 *
 * Coherent memory is whole pages that become the domain's own.  A streaming
 * mapping that the device may write must be memory that the driver owns; one
 * that it only reads may be any memory that exists, because the driver can read
 * it as well.  Every mapping is tracked by its address on the bus, so that it
 * can be undone once, with the size and direction it was made with.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include "nooks_pci.gen.h"

enum { DMA_AUX_DEV, DMA_AUX_SIZE, DMA_AUX_HANDLE, DMA_AUX_ATTRS };
enum { MAP_AUX_DEV, MAP_AUX_SIZE, MAP_AUX_DIR, MAP_AUX_COUNT };

/*
 * Where mapping is direct, memory mapped twice (a retransmitted packet) has one
 * address on the bus: such mappings are counted.
 */
static DEFINE_RAW_SPINLOCK(maps_lock);

/*
 * Attributes that change what is returned (a cookie instead of memory, memory
 * not mapped, no sync of a bounce buffer) are not for drivers.
 */
#define ALLOC_ATTRS (DMA_ATTR_WEAK_ORDERING | DMA_ATTR_WRITE_COMBINE | DMA_ATTR_NO_WARN | \
		     DMA_ATTR_ALLOC_SINGLE_PAGES | DMA_ATTR_FORCE_CONTIGUOUS)
#define MAP_ATTRS (DMA_ATTR_WEAK_ORDERING | DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN)
#define GFP_MASK (GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY | __GFP_RETRY_MAYFAIL)

/* A device without a mask does no DMA, as the kernel says loudly. */
static bool may_dma(struct nooks_frame *f, const struct device *dev)
{
	return dev->dma_mask || nooks_refuse(f, 1, "%s is no device that does DMA",
					     dev_name(dev));
}

/* Page tables of the domain change: process context only. */
void *nooks_dma_alloc(struct nooks_frame *f, struct device *dev, size_t size,
		      dma_addr_t *handle, gfp_t gfp, unsigned long attrs)
{
	struct nooks_domain *d = f->domain;
	struct nooks_object *o;
	size_t n = PAGE_ALIGN(size);
	void *p;

	if (!may_dma(f, dev))
		return NULL;
	if (attrs & ~ALLOC_ATTRS) {
		nooks_refuse(f, 5, "DMA attributes %#lx", attrs);
		return NULL;
	}
	if (in_atomic() || irqs_disabled() || !n || n < size || n > PAGE_SIZE << (MAX_ORDER - 1))
		return NULL;
	p = dma_alloc_attrs(dev, n, handle, (gfp & GFP_MASK) | __GFP_ZERO, attrs);
	if (!p)
		return NULL;
	o = nooks_object_add(d, &nooks_type_dma, (unsigned long)p, 0, 0, f->wrapper->source,
			     GFP_KERNEL);
	if (!o)
		goto free;
	o->aux[DMA_AUX_DEV] = (unsigned long)dev;
	o->aux[DMA_AUX_SIZE] = n;
	o->aux[DMA_AUX_HANDLE] = *handle;
	o->aux[DMA_AUX_ATTRS] = attrs;
	if (!nooks_own_region(d, (unsigned long)p, n, "dma", f->wrapper->source))
		return p;
	nooks_object_drop(d, &nooks_type_dma, (unsigned long)p);
free:
	dma_free_attrs(dev, n, p, *handle, attrs);
	return NULL;
}

void nooks_dma_release(struct nooks_domain *d, struct nooks_object *o)
{
	nooks_disown_pages(d, o->key, o->aux[DMA_AUX_SIZE]);
	dma_free_attrs((struct device *)o->aux[DMA_AUX_DEV], o->aux[DMA_AUX_SIZE],
		       (void *)o->key, o->aux[DMA_AUX_HANDLE], o->aux[DMA_AUX_ATTRS]);
}

void nooks_dma_free(struct nooks_frame *f, struct device *dev, size_t size, void *p,
		    dma_addr_t handle, unsigned long attrs)
{
	struct nooks_object *o;

	if (!p)
		return;
	o = nooks_object_find(f->domain, &nooks_type_dma, (unsigned long)p);
	if (!o || (struct device *)o->aux[DMA_AUX_DEV] != dev ||
	    o->aux[DMA_AUX_SIZE] != PAGE_ALIGN(size) || o->aux[DMA_AUX_HANDLE] != handle) {
		nooks_refuse(f, o ? 2 : 3, "no coherent memory of this device and size");
		return;
	}
	o = nooks_object_take(f->domain, &nooks_type_dma, (unsigned long)p);
	if (!o)
		return;
	nooks_dma_release(f->domain, o);
	nooks_object_free(o);
}

/* Does @page name memory, and how much of it follows? */
static bool page_ok(struct page *page, size_t offset, size_t size)
{
	unsigned long pfn, at = (unsigned long)page - VMEMMAP_START;

	if ((unsigned long)page < VMEMMAP_START || at % sizeof(*page) ||
	    at / sizeof(*page) > PHYS_PFN(MAXMEM))
		return false;
	pfn = page_to_pfn(page);
	return size && size <= SZ_1G && offset <= SZ_1G && pfn_valid(pfn) &&
	       pfn_valid(pfn + ((offset + size - 1) >> PAGE_SHIFT));
}

static bool map_track(struct nooks_frame *f, struct device *dev, dma_addr_t dma, size_t size,
		      enum dma_data_direction dir)
{
	struct nooks_object *o;
	unsigned long irq;

	raw_spin_lock_irqsave(&maps_lock, irq);
	o = nooks_object_find(f->domain, &nooks_type_dma_map, dma);
	if (!o)
		o = nooks_object_add(f->domain, &nooks_type_dma_map, dma, 0, 0,
				     f->wrapper->source, GFP_ATOMIC);
	if (o) {
		o->aux[MAP_AUX_DEV] = (unsigned long)dev;
		o->aux[MAP_AUX_SIZE] = max(o->aux[MAP_AUX_SIZE], size);
		/* Without a bounce buffer, where the direction does not matter to us. */
		if (o->aux[MAP_AUX_COUNT]++ && o->aux[MAP_AUX_DIR] != dir)
			dir = DMA_BIDIRECTIONAL;
		o->aux[MAP_AUX_DIR] = dir;
	}
	raw_spin_unlock_irqrestore(&maps_lock, irq);
	return o;
}

dma_addr_t nooks_dma_map_checked(struct nooks_frame *f, struct device *dev, struct page *page,
				 size_t offset, size_t size, enum dma_data_direction dir,
				 unsigned long attrs)
{
	struct nooks_domain *d = f->domain;
	const struct nooks_dma_window *w;
	unsigned long addr;
	dma_addr_t dma;

	if (!page_ok(page, offset, size)) {
		nooks_refuse(f, 2, "no memory there");
		return DMA_MAPPING_ERROR;
	}
	if (!valid_dma_direction(dir) || dir == DMA_NONE) {
		nooks_refuse(f, 5, "no direction: %d", dir);
		return DMA_MAPPING_ERROR;
	}
	if (attrs & ~MAP_ATTRS) {
		nooks_refuse(f, 6, "DMA attributes %#lx", attrs);
		return DMA_MAPPING_ERROR;
	}
	if (!may_dma(f, dev))
		return DMA_MAPPING_ERROR;
	addr = (unsigned long)page_address(page) + offset;
	if (nooks_dma_window_open(d, dev, addr)) {
		w = nooks_dma_window_at(dev, addr, size);
		if (w)
			return w->dma + (addr - w->addr);
	}
	if (dir != DMA_TO_DEVICE && !nooks_owned(d, addr, size)) {
		nooks_refuse(f, 2, "mapped for the device to write, and not the driver's own");
		return DMA_MAPPING_ERROR;
	}
	dma = dma_map_page_attrs(dev, page, offset, size, dir, attrs);
	if (dma_mapping_error(dev, dma))
		return DMA_MAPPING_ERROR;
	if (map_track(f, dev, dma, size, dir))
		return dma;
	dma_unmap_page_attrs(dev, dma, size, dir, attrs);
	return DMA_MAPPING_ERROR;
}

void nooks_dma_map_release(struct nooks_domain *d, struct nooks_object *o)
{
	while (o->aux[MAP_AUX_COUNT]--)
		dma_unmap_page((struct device *)o->aux[MAP_AUX_DEV], o->key,
			       o->aux[MAP_AUX_SIZE], o->aux[MAP_AUX_DIR]);
}

/*
 * Also of the direction it was made with: a bounce buffer would be copied back
 * over kernel memory that was only lent for reading.
 */
static struct nooks_object *mapping(struct nooks_frame *f, struct device *dev, dma_addr_t addr,
				    size_t size, enum dma_data_direction dir)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_dma_map, addr);

	if (!o || (struct device *)o->aux[MAP_AUX_DEV] != dev || size > o->aux[MAP_AUX_SIZE])
		nooks_refuse(f, 2, "%pad, %zu bytes: not mapped for this device", &addr, size);
	else if (dir != o->aux[MAP_AUX_DIR] && (o->aux[MAP_AUX_DIR] != DMA_BIDIRECTIONAL ||
						!valid_dma_direction(dir) || dir == DMA_NONE))
		nooks_refuse(f, 4, "direction %d, it was mapped with %lu", dir,
			     o->aux[MAP_AUX_DIR]);
	else
		return o;
	return NULL;
}

void nooks_dma_unmap_checked(struct nooks_frame *f, struct device *dev, dma_addr_t addr,
			     size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	struct nooks_object *o, *last = NULL;
	unsigned long irq;

	if (attrs & ~MAP_ATTRS) {
		nooks_refuse(f, 5, "DMA attributes %#lx", attrs);
		return;
	}
	raw_spin_lock_irqsave(&maps_lock, irq);
	o = mapping(f, dev, addr, size, dir);
	if (o)
		size = o->aux[MAP_AUX_SIZE];
	if (o && !--o->aux[MAP_AUX_COUNT])
		last = nooks_object_take(f->domain, &nooks_type_dma_map, addr);
	raw_spin_unlock_irqrestore(&maps_lock, irq);
	if (o)
		dma_unmap_page_attrs(dev, addr, size, dir, attrs);
	nooks_object_free_now(last);
}

void nooks_dma_sync_for_cpu_checked(struct nooks_frame *f, struct device *dev, dma_addr_t addr,
				    size_t size, enum dma_data_direction dir)
{
	if (mapping(f, dev, addr, size, dir))
		dma_sync_single_for_cpu(dev, addr, size, dir);
}

void nooks_dma_sync_for_device_checked(struct nooks_frame *f, struct device *dev,
				       dma_addr_t addr, size_t size,
				       enum dma_data_direction dir)
{
	if (mapping(f, dev, addr, size, dir))
		dma_sync_single_for_device(dev, addr, size, dir);
}

/* A narrower mask may not reach what is mapped: windows are opened anew. */
int nooks_dma_set_mask(struct nooks_frame *f, struct device *dev, u64 mask)
{
	if (!dev->dma_mask || mask < *dev->dma_mask)
		nooks_dma_windows_close(f->domain, dev);
	return dma_set_mask(dev, mask);
}
