/* SPDX-License-Identifier: GPL-2.0 */
/* Glue named by idl/pci.idl. */
#ifndef NOOKS_CLASS_PCI_H
#define NOOKS_CLASS_PCI_H

#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/firmware.h>
#include <linux/io.h>
#include <linux/pci.h>
#include "core.h"

/* io.c */
void __iomem *nooks_ioremap(struct nooks_frame *f, resource_size_t addr, unsigned long size);
void nooks_iounmap(struct nooks_frame *f, volatile void __iomem *addr);
void __iomem *nooks_pci_ioremap_bar(struct nooks_frame *f, struct pci_dev *pdev, int bar);
void __iomem *nooks_pci_iomap(struct nooks_frame *f, struct pci_dev *pdev, int bar,
			      unsigned long max);
void nooks_pci_iounmap(struct nooks_frame *f, struct pci_dev *pdev, void __iomem *addr);
void nooks_iomem_release(struct nooks_domain *d, struct nooks_object *o);
int nooks_io_init(void);

/* regions.c */
struct resource *nooks_request_region(struct nooks_frame *f, struct resource *parent,
				      resource_size_t start, resource_size_t n,
				      const char *name, int flags);
void nooks_release_region(struct nooks_frame *f, struct resource *parent, resource_size_t start,
			  resource_size_t n);
void nooks_region_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_pci_region_release(struct nooks_domain *d, struct nooks_object *o);

/* managed.c: what goes when a driver lets go of its device */
bool nooks_hold(struct nooks_frame *f, struct device *dev, const struct nooks_type *type,
		const void *key);
void *nooks_devm_kmalloc(struct nooks_frame *f, struct device *dev, size_t size, gfp_t gfp);
void nooks_devm_kfree(struct nooks_frame *f, struct device *dev, const void *p);
int nooks_pcim_enable_device(struct nooks_frame *f, struct pci_dev *pdev);
void __iomem *nooks_pcim_iomap(struct nooks_frame *f, struct pci_dev *pdev, int bar,
			       unsigned long max);
void *nooks_dmam_alloc(struct nooks_frame *f, struct device *dev, size_t size,
		       dma_addr_t *handle, gfp_t gfp, unsigned long attrs);
int nooks_request_firmware(struct nooks_frame *f, const struct firmware **where,
			   const char *name, struct device *dev);
void nooks_firmware_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_release_firmware(struct nooks_frame *f, const struct firmware *fw);

/* dma_pool.c */
struct dma_pool *nooks_dma_pool_create(struct nooks_frame *f, const char *name,
				       struct device *dev, size_t size, size_t align,
				       size_t boundary);
void nooks_dma_pool_destroy(struct nooks_frame *f, struct dma_pool *pool);
void *nooks_dma_pool_alloc(struct nooks_frame *f, struct dma_pool *pool, gfp_t gfp,
			   dma_addr_t *handle);
void nooks_dma_pool_free(struct nooks_frame *f, struct dma_pool *pool, void *p, dma_addr_t dma);
void nooks_dma_pool_release(struct nooks_domain *d, struct nooks_object *o);

/* dma.c */
void *nooks_dma_alloc(struct nooks_frame *f, struct device *dev, size_t size,
		      dma_addr_t *handle, gfp_t gfp, unsigned long attrs);
void nooks_dma_free(struct nooks_frame *f, struct device *dev, size_t size, void *p,
		    dma_addr_t handle, unsigned long attrs);
dma_addr_t nooks_dma_map_checked(struct nooks_frame *f, struct device *dev, struct page *page,
				 size_t offset, size_t size, enum dma_data_direction dir,
				 unsigned long attrs);
void nooks_dma_unmap_checked(struct nooks_frame *f, struct device *dev, dma_addr_t addr,
			     size_t size, enum dma_data_direction dir, unsigned long attrs);
void nooks_dma_sync_for_cpu_checked(struct nooks_frame *f, struct device *dev, dma_addr_t addr,
				    size_t size, enum dma_data_direction dir);
void nooks_dma_sync_for_device_checked(struct nooks_frame *f, struct device *dev,
				       dma_addr_t addr, size_t size,
				       enum dma_data_direction dir);
int nooks_dma_set_mask(struct nooks_frame *f, struct device *dev, u64 mask);
void nooks_dma_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_dma_map_release(struct nooks_domain *d, struct nooks_object *o);

/* Functions of the IDL only; the library calls their gates. */
dma_addr_t nooks_dma_map(struct device *dev, struct page *page, size_t offset, size_t size,
			 enum dma_data_direction dir, unsigned long attrs);
void nooks_dma_unmap(struct device *dev, dma_addr_t addr, size_t size,
		     enum dma_data_direction dir, unsigned long attrs);
void nooks_dma_sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir);
void nooks_dma_sync_for_device(struct device *dev, dma_addr_t addr, size_t size,
			       enum dma_data_direction dir);

/* dma_window.c: the heap as a device sees it */
struct nooks_dma_window {
	struct device *dev;		/* NULL: not in use */
	unsigned long addr;
	size_t size;
	dma_addr_t dma;
	struct nooks_domain *domain;
};
const struct nooks_dma_window *nooks_dma_window_at(const struct device *dev, unsigned long addr,
						   size_t n);
const struct nooks_dma_window *nooks_dma_window_of(const struct device *dev, dma_addr_t dma,
						   size_t n);
bool nooks_dma_window_open(struct nooks_domain *d, struct device *dev, unsigned long addr);
void nooks_dma_windows_close(struct nooks_domain *d, const struct device *dev);

/* dma_lib.c */
dma_addr_t dl_dma_map_page(struct device *dev, struct page *page, size_t offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs);
void dl_dma_unmap_page(struct device *dev, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs);
void dl_dma_sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			 enum dma_data_direction dir);
void dl_dma_sync_for_device(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir);

/* pci.c */
int nooks_pci_register_driver(struct nooks_frame *f, struct pci_driver *drv,
			      struct module *owner, const char *mod_name);
void nooks_pci_unregister_driver(struct nooks_frame *f, struct pci_driver *drv);
void nooks_pci_driver_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_pci_enabled_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_pci_quiet(struct nooks_domain *d, struct nooks_object *o);
void nooks_pci_regions_release(struct nooks_domain *d, struct nooks_object *o);
bool nooks_pci_owns_irq(struct nooks_domain *d, unsigned int irq);
bool nooks_pci_owns(struct nooks_domain *d, unsigned long kind, resource_size_t addr,
		    resource_size_t size);
int nooks_pci_dev_present(struct nooks_frame *f, const struct pci_device_id *ids);

/* pci_config.c */
int nooks_pci_write_config_byte(struct nooks_frame *f, const struct pci_dev *dev, int where,
				u8 val);
int nooks_pci_write_config_word(struct nooks_frame *f, const struct pci_dev *dev, int where,
				u16 val);
int nooks_pci_write_config_dword(struct nooks_frame *f, const struct pci_dev *dev, int where,
				 u32 val);

/* msi.c */
int nooks_pci_enable_msi(struct nooks_frame *f, struct pci_dev *pdev);
void nooks_pci_disable_msi(struct nooks_frame *f, struct pci_dev *pdev);
int nooks_pci_enable_msix(struct nooks_frame *f, struct pci_dev *pdev,
			  struct msix_entry *entries, int min, int max);
void nooks_pci_disable_msix(struct nooks_frame *f, struct pci_dev *pdev);
void nooks_pci_msi_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_pci_msix_release(struct nooks_domain *d, struct nooks_object *o);

int nooks_pci_glue_init(void);
void nooks_pci_glue_exit(void);

#endif
