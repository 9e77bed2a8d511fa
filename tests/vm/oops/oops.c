// SPDX-License-Identifier: GPL-2.0
/* A module whose init dereferences NULL: lets tests/vm/selftest see what boot makes of an oops. */
#include <linux/module.h>

static int __init oops_init(void)
{
	int *volatile nowhere = NULL;

	return *nowhere;
}
module_init(oops_init);

MODULE_DESCRIPTION("Oopses when it is loaded");
MODULE_LICENSE("GPL");
