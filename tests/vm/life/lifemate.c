// SPDX-License-Identifier: GPL-2.0
/* A helper module: linked into the driver's domain and called without a gate. */
#include <linux/module.h>
#include "life.h"

static long sum;

long mate_add(long a, long b)
{
	sum += a + b;
	return a + b;
}
EXPORT_SYMBOL_GPL(mate_add);

long mate_sum(void)
{
	return sum;
}
EXPORT_SYMBOL_GPL(mate_sum);

int mate_store(int *p, int value)
{
	*p = value;
	return 0;
}
EXPORT_SYMBOL_GPL(mate_store);

MODULE_DESCRIPTION("nooks test: helper in the same domain");
MODULE_LICENSE("GPL");
