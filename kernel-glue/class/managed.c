// SPDX-License-Identifier: GPL-2.0
/*
 * What goes by itself when a driver lets go of its device (devm_*, pcim_*).
 *
 * Each is tracked like its kind that the driver frees, and there is a note
 * among the kernel's own managed resources of the device: when the driver is
 * detached, what the note names is released if the driver still has it.  After a
 * failure it is the tracker that releases, in its order, and the notes do nothing.
 * The kernel detaches a driver before its domain can go, so a note never
 * outlives that.
 */
#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/pci.h>
#include "nooks_pci.gen.h"

struct note {
	struct nooks_domain *domain;
	const struct nooks_type *type;	/* NULL: memory of the heap */
	unsigned long key;
};

static void note_release(struct device *dev, void *res)
{
	struct note *n = res;
	struct nooks_object *o;
	const char *why;

	/*
	 * It failed in probe or remove: threads may be inside, and what was made
	 * later must go first.  The tracker does that soon.
	 */
	if (READ_ONCE(n->domain->dead))
		return;
	if (!n->type) {
		if (nooks_alloc_size(n->domain, (void *)n->key) &&
		    !nooks_heap_give_back(n->domain, (void *)n->key, &why))
			nooks_fail(n->domain, NULL, "memory managed for %s: %s", dev_name(dev), why);
		return;
	}
	o = nooks_object_take(n->domain, n->type, n->key);
	if (!o)
		return;
	n->type->release(n->domain, o);
	nooks_object_free(o);
}

static bool bound(struct nooks_frame *f, struct device *dev)
{
	return dev->driver || nooks_refuse(f, 1, "%s is not being driven", dev_name(dev));
}

static bool note(struct nooks_frame *f, struct device *dev, dr_release_t release,
		 const struct nooks_type *type, const void *key)
{
	struct note *n;

	if (!bound(f, dev))
		return false;
	n = devres_alloc(release, sizeof(*n), GFP_KERNEL);
	if (!n)
		return false;
	n->domain = f->domain;
	n->type = type;
	n->key = (unsigned long)key;
	devres_add(dev, n);
	return true;
}

/**
 * nooks_hold() - release an object when its driver lets go of a device
 * @f: frame
 * @dev: the device, driven by the domain
 * @type: type of the object, which has a release function
 * @key: its key
 *
 * False: no memory, or refused; the object is as it was.
 */
bool nooks_hold(struct nooks_frame *f, struct device *dev, const struct nooks_type *type,
		const void *key)
{
	return note(f, dev, note_release, type, key);
}
EXPORT_SYMBOL_GPL(nooks_hold);

void *nooks_devm_kmalloc(struct nooks_frame *f, struct device *dev, size_t size, gfp_t gfp)
{
	void *p = nooks_alloc(f->domain, size ? size : 1, gfp, f->wrapper->source);

	if (!p || note(f, dev, note_release, NULL, p))
		return p;
	nooks_free(f->domain, p);
	return NULL;
}

static int is_memory(struct device *dev, void *res, void *p)
{
	struct note *n = res;

	return !n->type && n->key == (unsigned long)p;
}

void nooks_devm_kfree(struct nooks_frame *f, struct device *dev, const void *p)
{
	if (devres_release(dev, note_release, is_memory, (void *)p))
		nooks_refuse(f, 2, "no memory managed for this device");
}

/*
 * The kernel disables the device and releases its regions right after this:
 * they only have to be forgotten.
 */
static void pcim_forget(struct device *dev, void *res)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	struct note *n = res;
	int i;

	nooks_object_drop(n->domain, &nooks_type_pci_enabled, n->key);
	nooks_object_drop(n->domain, &nooks_type_pci_regions, n->key);
	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		nooks_object_drop(n->domain, &nooks_type_pci_region,
				  (unsigned long)&pdev->resource[i]);
}

int nooks_pcim_enable_device(struct nooks_frame *f, struct pci_dev *pdev)
{
	int err;

	if (!bound(f, &pdev->dev))
		return -EINVAL;
	err = pcim_enable_device(pdev);
	if (err || note(f, &pdev->dev, pcim_forget, &nooks_type_pci_enabled, pdev))
		return err;
	pci_disable_device(pdev);
	return -ENOMEM;
}

void __iomem *nooks_pcim_iomap(struct nooks_frame *f, struct pci_dev *pdev, int bar,
			       unsigned long max)
{
	void __iomem *p = nooks_pci_iomap(f, pdev, bar, max);

	if (!p || (pci_resource_flags(pdev, bar) & IORESOURCE_IO) ||
	    nooks_hold(f, &pdev->dev, &nooks_type_iomem,
		       (void *)((unsigned long)p & PMD_MASK)))
		return p;
	nooks_iounmap(f, p);
	return NULL;
}

void *nooks_dmam_alloc(struct nooks_frame *f, struct device *dev, size_t size,
		       dma_addr_t *handle, gfp_t gfp, unsigned long attrs)
{
	void *p = nooks_dma_alloc(f, dev, size, handle, gfp, attrs);

	if (!p || nooks_hold(f, dev, &nooks_type_dma, p))
		return p;
	nooks_dma_free(f, dev, size, p, *handle, attrs);
	return NULL;
}

/* What it holds is only read: the kernel's own copy, readable by all drivers. */
int nooks_request_firmware(struct nooks_frame *f, const struct firmware **where,
			   const char *name, struct device *dev)
{
	const struct firmware *fw = NULL;
	int err;

	if (!nooks_check_writable(f, 1, where, sizeof(*where), 0))
		return -EINVAL;
	err = request_firmware(&fw, name, dev);
	if (!err && !nooks_object_add(f->domain, &nooks_type_firmware, (unsigned long)fw, 0, 0,
				      f->wrapper->source, GFP_KERNEL)) {
		release_firmware(fw);
		fw = NULL;
		err = -ENOMEM;
	}
	if (!nooks_copy_out(f, 1, where, &fw, sizeof(fw)))
		return -EINVAL;
	return err;
}

void nooks_firmware_release(struct nooks_domain *d, struct nooks_object *o)
{
	release_firmware((struct firmware *)o->key);
}

void nooks_release_firmware(struct nooks_frame *f, const struct firmware *fw)
{
	if (!fw)
		return;
	if (nooks_object_drop(f->domain, &nooks_type_firmware, (unsigned long)fw))
		release_firmware(fw);
	else
		nooks_refuse(f, 1, "no firmware of the driver");
}
