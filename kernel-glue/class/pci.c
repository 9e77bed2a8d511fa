// SPDX-License-Identifier: GPL-2.0
/*
 * PCI drivers and what is held of their devices.
 *
 * The kernel registers a twin of the driver's struct pci_driver: ops bound, id
 * table and name copied.  A failed driver's device is made quiet (no bus
 * mastering, no interrupt) before anything that it could write to is released.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include "nooks_pci.gen.h"

#define MAX_IDS 4096

static bool id_last(const struct pci_device_id *id)
{
	return !(id->vendor || id->subvendor || id->class_mask);
}

/* A copy of the driver's id table; NULL after refusing, or without memory. */
static struct pci_device_id *copy_ids(struct nooks_frame *f, const struct pci_device_id *ids)
{
	struct pci_device_id *copy;
	unsigned int n;

	for (n = 0; n < MAX_IDS; n++) {
		if (!nooks_check_readable(f, 1, ids + n, sizeof(*ids), 0))
			return NULL;
		if (id_last(ids + n))
			break;
	}
	copy = kcalloc(n + 1, sizeof(*ids), GFP_KERNEL);
	if (copy)
		memcpy(copy, ids, n * sizeof(*ids));
	return copy;
}

int nooks_pci_dev_present(struct nooks_frame *f, const struct pci_device_id *ids)
{
	struct pci_device_id *copy = copy_ids(f, ids);
	int r = copy ? pci_dev_present(copy) : 0;

	kfree(copy);
	return r;
}

static bool fill(struct nooks_frame *f, struct pci_driver *twin, const struct pci_driver *drv)
{
	const void *pm = drv->driver.pm, *err = drv->err_handler;

	if (drv->groups || drv->dev_groups || drv->driver.groups || drv->driver.dev_groups)
		return nooks_refuse(f, 1, "attribute groups of drivers are not supported");
	if (!nooks_bind_ops(f, 1, &pm, &nooks_ops_dev_pm_ops, NOOKS_NULLABLE) ||
	    !nooks_bind_ops(f, 1, &err, &nooks_ops_pci_error_handlers, NOOKS_NULLABLE))
		return false;
	twin->name = nooks_keep_string(f, 1, drv->name, 64, 0);
	if (!twin->name)
		return false;
	twin->id_table = copy_ids(f, drv->id_table);
	if (!twin->id_table)
		return false;
	twin->probe = drv->probe;
	twin->remove = drv->remove;
	twin->resume = drv->resume;
	twin->shutdown = drv->shutdown;
	twin->sriov_configure = drv->sriov_configure;
	twin->err_handler = err;
	twin->driver.pm = pm;
	twin->driver.probe_type = drv->driver.probe_type;
	twin->driver_managed_dma = drv->driver_managed_dma;
	return true;
}

int nooks_pci_register_driver(struct nooks_frame *f, struct pci_driver *drv,
			      struct module *owner, const char *mod_name)
{
	const void *copy = drv;
	struct pci_driver *twin;
	int err = -EINVAL;

	/* The table is writable data: this binds and gives a copy. */
	if (!nooks_bind_ops(f, 1, &copy, &nooks_ops_pci_driver, 0))
		return -EINVAL;
	twin = nooks_twin_new(f, 1, drv, &nooks_type_pci_driver, GFP_KERNEL);
	if (!twin)
		return -ENOMEM;
	if (twin->name) {
		nooks_refuse(f, 1, "this driver is registered already");
		return -EBUSY;
	}
	if (fill(f, twin, copy))
		err = __pci_register_driver(twin, owner, mod_name);
	if (err) {
		kfree(twin->id_table);
		nooks_twin_free(f->domain, drv, &nooks_type_pci_driver);
	}
	return err;
}

void nooks_pci_driver_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct pci_driver *twin = o->twin;

	if (!twin->name)
		return;
	pci_unregister_driver(twin);
	kfree(twin->id_table);
}

void nooks_pci_unregister_driver(struct nooks_frame *f, struct pci_driver *drv)
{
	struct nooks_object *o = nooks_object_take(f->domain, &nooks_type_pci_driver,
						   (unsigned long)drv);

	if (!o) {
		nooks_refuse(f, 1, "no such driver is registered");
		return;
	}
	nooks_pci_driver_release(f->domain, o);
	nooks_object_free(o);
}

/* The first thing done to a failed driver's device. */
void nooks_pci_quiet(struct nooks_domain *d, struct nooks_object *o)
{
	struct pci_dev *pdev = (struct pci_dev *)o->key;

	pci_clear_master(pdev);
	pci_intx(pdev, 0);
	pci_wait_for_pending_transaction(pdev);
}

void nooks_pci_enabled_release(struct nooks_domain *d, struct nooks_object *o)
{
	pci_disable_device((struct pci_dev *)o->key);
}

void nooks_pci_regions_release(struct nooks_domain *d, struct nooks_object *o)
{
	pci_release_selected_regions((struct pci_dev *)o->key, o->aux[1]);
}

static int has_irq(void *arg, struct nooks_object *o)
{
	return ((struct pci_dev *)o->key)->irq == *(unsigned int *)arg;
}

/* INTx and MSI are in the device, vectors of MSI-X are objects of their own. */
bool nooks_pci_owns_irq(struct nooks_domain *d, unsigned int irq)
{
	return irq && (nooks_object_find(d, &nooks_type_pci_vector, irq) ||
		       nooks_object_each(d, &nooks_type_pci_dev, has_irq, &irq));
}

struct bar {
	unsigned long kind;
	resource_size_t start, end;
};

static int has_bar(void *arg, struct nooks_object *o)
{
	struct pci_dev *pdev = (struct pci_dev *)o->key;
	struct bar *b = arg;
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		if ((pci_resource_flags(pdev, i) & b->kind) &&
		    pci_resource_len(pdev, i) &&
		    b->start >= pci_resource_start(pdev, i) && b->end <= pci_resource_end(pdev, i))
			return 1;
	return 0;
}

/* Does [@addr, @addr + @size) lie in a BAR of @kind, IORESOURCE_MEM or _IO? */
bool nooks_pci_owns(struct nooks_domain *d, unsigned long kind, resource_size_t addr,
		    resource_size_t size)
{
	struct bar b = { .kind = kind, .start = addr, .end = addr + size - 1 };

	return size && b.end >= addr && nooks_object_each(d, &nooks_type_pci_dev, has_bar, &b);
}

static struct nooks_irq_owner irq_owner = { .owns = nooks_pci_owns_irq };

static void pci_event(struct nooks_domain *d, enum nooks_event event, unsigned long addr,
		      size_t n)
{
	/* Nobody is inside and all devices are quiet. */
	if (event == NOOKS_EVENT_RESET || event == NOOKS_EVENT_DESTROY)
		nooks_dma_windows_close(d, NULL);
}

static struct nooks_hook hook = { .name = "pci", .event = pci_event };

int nooks_pci_glue_init(void)
{
	int err = nooks_io_init();

	if (err)
		return err;
	nooks_irq_owner_register(&irq_owner);
	nooks_hook_register(&hook);
	return 0;
}

void nooks_pci_glue_exit(void)
{
	nooks_hook_unregister(&hook);
	nooks_irq_owner_unregister(&irq_owner);
}
