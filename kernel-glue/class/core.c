// SPDX-License-Identifier: GPL-2.0
/*
 * What nooks_core.ko does when it is loaded and unloaded: nothing but being
 * there; its glue keeps no state of its own.
 */
#include "nooks_core.gen.h"

int nooks_core_glue_init(void)
{
	return 0;
}

void nooks_core_glue_exit(void)
{
}
