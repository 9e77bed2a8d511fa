// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers may write to their device's configuration space.
 *
 * Not the places that decide which addresses the device answers, where its
 * interrupt messages go, and what it may reach: base addresses, bus numbers of
 * bridges, MSI and MSI-X, and the access control, translation and
 * virtualisation capabilities.
 */
#include <linux/pci.h>
#include <linux/pci_regs.h>
#include "nooks_pci.gen.h"

static bool overlaps(int where, int n, int at, int size)
{
	return at && where < at + size && at < where + n;
}

static bool in_capability(struct pci_dev *dev, int where, int n)
{
	static const struct { u8 cap; u8 size; } caps[] = {
		{ PCI_CAP_ID_MSI, PCI_MSI_PENDING_64 + 4 },
		{ PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF },
		{ PCI_CAP_ID_EA, 0x40 },
	};
	static const struct { u16 cap; u16 size; } ext[] = {
		{ PCI_EXT_CAP_ID_ACS, 0x10 }, { PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ATS_SIZEOF },
		{ PCI_EXT_CAP_ID_SRIOV, PCI_EXT_CAP_SRIOV_SIZEOF },
		{ PCI_EXT_CAP_ID_PRI, PCI_EXT_CAP_PRI_SIZEOF },
		{ PCI_EXT_CAP_ID_PASID, PCI_EXT_CAP_PASID_SIZEOF },
		{ PCI_EXT_CAP_ID_REBAR, 0x40 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(caps); i++)
		if (overlaps(where, n, pci_find_capability(dev, caps[i].cap), caps[i].size))
			return true;
	for (i = 0; where >= PCI_CFG_SPACE_SIZE && i < ARRAY_SIZE(ext); i++)
		if (overlaps(where, n, pci_find_ext_capability(dev, ext[i].cap), ext[i].size))
			return true;
	return false;
}

static bool may_write(struct nooks_frame *f, const struct pci_dev *pdev, int where, int n)
{
	struct pci_dev *dev = (struct pci_dev *)pdev;

	if (where < 0 || where >= dev->cfg_size || where & (n - 1))
		return nooks_refuse(f, 2, "no register at %#x", where);
	if (overlaps(where, n, PCI_BASE_ADDRESS_0, 24) || overlaps(where, n, PCI_ROM_ADDRESS, 4) ||
	    (dev->hdr_type != PCI_HEADER_TYPE_NORMAL && where < PCI_STD_HEADER_SIZEOF &&
	     where >= PCI_BASE_ADDRESS_0))
		return nooks_refuse(f, 2, "base addresses (%#x) are not for drivers", where);
	if (in_capability(dev, where, n))
		return nooks_refuse(f, 2, "register %#x is of a capability that is not for drivers",
				    where);
	return true;
}

int nooks_pci_write_config_byte(struct nooks_frame *f, const struct pci_dev *dev, int where,
				u8 val)
{
	return may_write(f, dev, where, 1) ? pci_write_config_byte(dev, where, val) : -EINVAL;
}

int nooks_pci_write_config_word(struct nooks_frame *f, const struct pci_dev *dev, int where,
				u16 val)
{
	return may_write(f, dev, where, 2) ? pci_write_config_word(dev, where, val) : -EINVAL;
}

int nooks_pci_write_config_dword(struct nooks_frame *f, const struct pci_dev *dev, int where,
				 u32 val)
{
	return may_write(f, dev, where, 4) ? pci_write_config_dword(dev, where, val) : -EINVAL;
}
