// SPDX-License-Identifier: GPL-2.0
/*
 * Symbols of the gates that linked drivers and wrapper modules are bound to.
 * On their own here: their versions must not depend on the kernel's types.
 */
#include <linux/export.h>

extern void nooks_thunk_entry(void);
extern void nooks_downcall_gate(void);
extern void nooks_defer_gate(void);
extern void nw_pc_inc(void);
extern void nw_pc_dec(void);
extern void nw_pc_bh(void);
extern void nw_irq_enable(void);

EXPORT_SYMBOL_GPL(nooks_thunk_entry);
EXPORT_SYMBOL_GPL(nooks_downcall_gate);
EXPORT_SYMBOL_GPL(nooks_defer_gate);
EXPORT_SYMBOL_GPL(nw_pc_inc);
EXPORT_SYMBOL_GPL(nw_pc_dec);
EXPORT_SYMBOL_GPL(nw_pc_bh);
EXPORT_SYMBOL_GPL(nw_irq_enable);
