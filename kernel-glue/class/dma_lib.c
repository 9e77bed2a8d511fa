// SPDX-License-Identifier: GPL-2.0
/*
 * In-domain library: mapping memory for DMA.
 *
 * Memory of the heap that a window covers: arithmetic.  All else takes the gate
 * to dma.c, which opens windows, checks and tracks.
 */
#include <linux/mm.h>
#include "nooks_pci.gen.h"

dma_addr_t nw_nooks_dma_map(struct device *dev, struct page *page, size_t offset, size_t size,
			    enum dma_data_direction dir, unsigned long attrs);
void nw_nooks_dma_unmap(struct device *dev, dma_addr_t addr, size_t size,
			enum dma_data_direction dir, unsigned long attrs);
void nw_nooks_dma_sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			       enum dma_data_direction dir);
void nw_nooks_dma_sync_for_device(struct device *dev, dma_addr_t addr, size_t size,
				  enum dma_data_direction dir);

dma_addr_t dl_dma_map_page(struct device *dev, struct page *page, size_t offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	unsigned long addr = (unsigned long)page_address(page) + offset;
	const struct nooks_dma_window *w = nooks_dma_window_at(dev, addr, size);

	if (w)
		return w->dma + (addr - w->addr);
	return nw_nooks_dma_map(dev, page, offset, size, dir, attrs);
}

void dl_dma_unmap_page(struct device *dev, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	if (!nooks_dma_window_of(dev, addr, size))
		nw_nooks_dma_unmap(dev, addr, size, dir, attrs);
}

void dl_dma_sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			 enum dma_data_direction dir)
{
	if (!nooks_dma_window_of(dev, addr, size))
		nw_nooks_dma_sync_for_cpu(dev, addr, size, dir);
}

void dl_dma_sync_for_device(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir)
{
	if (!nooks_dma_window_of(dev, addr, size))
		nw_nooks_dma_sync_for_device(dev, addr, size, dir);
}
