// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: the heap of a domain as its devices see it.
 *
 * Each chunk of the heap is mapped for a device once, whole and both ways, when
 * the driver first maps memory of it.  From then on mapping and unmapping heap
 * memory is arithmetic that the in-domain library does without a gate.  A
 * device can reach by DMA what its own driver can write, and nothing else.
 *
 * The table is written by the kernel's side under a lock and read without one,
 * also from within domains: an entry is published by @dev, last.  Entries go when
 * nobody is inside the domain, or when their device's mask changes.
 *
 * Only where mapping is direct and the device coherent (nothing to be synced, no
 * bounce buffer): elsewhere there is no window and every mapping is checked
 * and tracked one by one (dma.c).
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include "nooks_pci.gen.h"

#define MAX_WINDOWS 256

static struct nooks_dma_window windows[MAX_WINDOWS];
static unsigned int nwindows;		/* highest one ever used */
static DEFINE_RAW_SPINLOCK(windows_lock);

/* Runs inside the domain, too. */
const struct nooks_dma_window *nooks_dma_window_at(const struct device *dev, unsigned long addr,
						   size_t n)
{
	const struct nooks_dma_window *w;

	for (w = windows; w < windows + READ_ONCE(nwindows); w++)
		if (smp_load_acquire(&w->dev) == dev && addr - w->addr < w->size &&
		    n <= w->size - (addr - w->addr))
			return w;
	return NULL;
}

const struct nooks_dma_window *nooks_dma_window_of(const struct device *dev, dma_addr_t dma,
						   size_t n)
{
	const struct nooks_dma_window *w;

	for (w = windows; w < windows + READ_ONCE(nwindows); w++)
		if (smp_load_acquire(&w->dev) == dev && dma - w->dma < w->size &&
		    n <= w->size - (dma - w->dma))
			return w;
	return NULL;
}

struct chunk {
	unsigned long at, addr;
	size_t n;
};

static int find_chunk(void *arg, unsigned long addr, size_t n)
{
	struct chunk *c = arg;

	if (c->at - addr >= n)
		return 0;
	c->addr = addr;
	c->n = n;
	return 1;
}

/* Map the chunk of the heap that @addr lies in.  False: not possible here. */
bool nooks_dma_window_open(struct nooks_domain *d, struct device *dev, unsigned long addr)
{
	struct chunk c = { .at = addr };
	struct nooks_dma_window *w, *free = NULL;
	dma_addr_t dma;
	unsigned long irq;

	if (!nooks_heap_chunks(d, find_chunk, &c) || !dev_is_dma_coherent(dev))
		return false;
	dma = dma_map_single(dev, (void *)c.addr, c.n, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, dma))
		return false;
	raw_spin_lock_irqsave(&windows_lock, irq);
	if (!nooks_dma_window_at(dev, c.addr, c.n)) {
		for (w = windows; w < windows + MAX_WINDOWS && !free; w++)
			if (!w->dev)
				free = w;
	}
	if (free) {
		free->addr = c.addr;
		free->size = c.n;
		free->dma = dma;
		free->domain = d;
		smp_store_release(&free->dev, dev);
		nwindows = max_t(unsigned int, nwindows, free - windows + 1);
	}
	raw_spin_unlock_irqrestore(&windows_lock, irq);
	if (!free)
		dma_unmap_single(dev, dma, c.n, DMA_BIDIRECTIONAL);
	return nooks_dma_window_at(dev, c.addr, c.n);
}

/* Close the windows of @dev, or all of the domain's if it is NULL. */
void nooks_dma_windows_close(struct nooks_domain *d, const struct device *dev)
{
	struct nooks_dma_window *w, copy;
	unsigned long irq;

	for (w = windows; w < windows + MAX_WINDOWS; w++) {
		raw_spin_lock_irqsave(&windows_lock, irq);
		copy = *w;
		if (w->domain == d && w->dev && (!dev || w->dev == dev))
			WRITE_ONCE(w->dev, NULL);
		else
			copy.dev = NULL;
		raw_spin_unlock_irqrestore(&windows_lock, irq);
		if (copy.dev)
			dma_unmap_single(copy.dev, copy.dma, copy.size, DMA_BIDIRECTIONAL);
	}
}
