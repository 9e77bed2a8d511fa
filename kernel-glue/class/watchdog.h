/* SPDX-License-Identifier: GPL-2.0 */
/* Glue named by idl/watchdog.idl. */
#ifndef NOOKS_CLASS_WATCHDOG_H
#define NOOKS_CLASS_WATCHDOG_H

#include <linux/watchdog.h>
#include "pci.h"

int nooks_watchdog_op(struct nooks_frame *f);
int nooks_watchdog_init_timeout(struct nooks_frame *f, struct watchdog_device *wdd,
				unsigned int timeout, struct device *dev);
int nooks_watchdog_register(struct nooks_frame *f, struct watchdog_device *wdd);
int nooks_devm_watchdog_register(struct nooks_frame *f, struct device *dev,
				 struct watchdog_device *wdd);
void nooks_watchdog_unregister(struct nooks_frame *f, struct watchdog_device *wdd);
void nooks_watchdog_release(struct nooks_domain *d, struct nooks_object *o);

int nooks_watchdog_glue_init(void);
void nooks_watchdog_glue_exit(void);

#endif
