// SPDX-License-Identifier: GPL-2.0
/*
 * Message-signalled interrupts: tracked so that they are given back, and so that
 * the vectors are known as interrupts of the driver's device (irq.c).
 */
#include <linux/pci.h>
#include "nooks_pci.gen.h"

enum { MSIX_AUX_COUNT };

int nooks_pci_enable_msi(struct nooks_frame *f, struct pci_dev *pdev)
{
	int err = pci_enable_msi(pdev);

	if (err)
		return err;
	if (nooks_object_add(f->domain, &nooks_type_pci_msi, (unsigned long)pdev, 0, 0,
			     f->wrapper->source, GFP_KERNEL))
		return 0;
	pci_disable_msi(pdev);
	return -ENOMEM;
}

static int requested(void *arg, struct nooks_object *o)
{
	return o->key == *(unsigned int *)arg;
}

/* Is interrupt @irq requested still?  Its descriptor would go under the handler. */
static bool in_use(struct nooks_frame *f, unsigned int irq)
{
	return nooks_object_each(f->domain, &nooks_type_irq, requested, &irq) &&
	       !nooks_refuse(f, 1, "interrupt %u is requested still", irq);
}

/* As the kernel has it, no harm in disabling what is not enabled. */
void nooks_pci_disable_msi(struct nooks_frame *f, struct pci_dev *pdev)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_pci_msi,
						   (unsigned long)pdev);

	if (!o || in_use(f, pdev->irq))
		return;
	if (nooks_object_drop(f->domain, &nooks_type_pci_msi, (unsigned long)pdev))
		pci_disable_msi(pdev);
}

void nooks_pci_msi_release(struct nooks_domain *d, struct nooks_object *o)
{
	pci_disable_msi((struct pci_dev *)o->key);
}

static void forget_vectors(struct nooks_domain *d, struct pci_dev *pdev, int n)
{
	while (n--)
		nooks_object_drop(d, &nooks_type_pci_vector, pci_irq_vector(pdev, n));
}

int nooks_pci_enable_msix(struct nooks_frame *f, struct pci_dev *pdev,
			  struct msix_entry *entries, int min, int max)
{
	struct nooks_domain *d = f->domain;
	struct nooks_object *o;
	int i, n = pci_enable_msix_range(pdev, entries, min, max);

	if (n < 0)
		return n;
	for (i = 0; i < n; i++)
		if (!nooks_object_add(d, &nooks_type_pci_vector, pci_irq_vector(pdev, i), 0, 0,
				      f->wrapper->source, GFP_KERNEL))
			goto undo;
	o = nooks_object_add(d, &nooks_type_pci_msix, (unsigned long)pdev, 0, 0,
			     f->wrapper->source, GFP_KERNEL);
	if (o) {
		o->aux[MSIX_AUX_COUNT] = n;
		return n;
	}
undo:
	forget_vectors(d, pdev, i);
	pci_disable_msix(pdev);
	return -ENOMEM;
}

void nooks_pci_msix_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct pci_dev *pdev = (struct pci_dev *)o->key;

	forget_vectors(d, pdev, o->aux[MSIX_AUX_COUNT]);
	pci_disable_msix(pdev);
}

void nooks_pci_disable_msix(struct nooks_frame *f, struct pci_dev *pdev)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_pci_msix,
						   (unsigned long)pdev);
	int i;

	for (i = 0; o && i < o->aux[MSIX_AUX_COUNT]; i++)
		if (in_use(f, pci_irq_vector(pdev, i)))
			return;
	o = o ? nooks_object_take(f->domain, &nooks_type_pci_msix, (unsigned long)pdev) : NULL;
	if (!o)
		return;
	nooks_pci_msix_release(f->domain, o);
	nooks_object_free(o);
}
