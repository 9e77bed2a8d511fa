// SPDX-License-Identifier: GPL-2.0
/*
 * What nooks_core.ko does when it is loaded and unloaded: nothing but being
 * there; its glue keeps no state of its own.
 */
#include "nooks_core.gen.h"

/* The descriptor is a table in the driver's image: it is not followed. */
void nooks_dynamic_pr_debug(struct nooks_frame *f, struct _ddebug *descriptor,
			    const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	printk(KERN_DEBUG "%pV", &vaf);
	va_end(args);
}

int nooks_core_glue_init(void)
{
	return 0;
}

void nooks_core_glue_exit(void)
{
}
