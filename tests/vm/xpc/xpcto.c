// SPDX-License-Identifier: GPL-2.0
/* A module that comes and goes next to the driver, with one number in its data. */
#include <linux/module.h>

static unsigned long xpcto_value;
module_param_named(value, xpcto_value, ulong, 0444);

static int __init xpcto_init(void)
{
	return 0;
}

static void __exit xpcto_exit(void)
{
}

module_init(xpcto_init);
module_exit(xpcto_exit);
MODULE_DESCRIPTION("nooks test: neighbour");
MODULE_LICENSE("GPL");
