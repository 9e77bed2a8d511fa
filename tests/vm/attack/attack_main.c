// SPDX-License-Identifier: GPL-2.0
/*
 * attack.ko: the driver of the victim subsystem.  Does what a job says, with
 * plain C or one instruction of assembler.
 *
 * An ordinary driver in every other way; it knows nothing of Nooks and calls only
 * what attack.idl and the product's own idl/ describe.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>
#include "attack.h"

static struct victim_dev *device;
struct victim_other *attack_other;

static const struct attack *find(const struct attack *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int attack_run(struct victim_dev *dev, const struct victim_job *job)
{
	static const struct attack *const tables[] = {
		attack_stores, attack_args, attack_contexts,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct attack *a = find(tables[i], job->name);

		if (a)
			return a->run(dev, job);
	}
	return ATTACK_UNKNOWN;
}

static int attack_ping(struct victim_dev *dev, int x)
{
	return x + 1;
}

static const struct victim_ops attack_ops = {
	.run = attack_run,
	.lend = attack_lend,
	.ping = attack_ping,
};

static int __init attack_init(void)
{
	int rc;

	victim_owner(THIS_MODULE);
	device = victim_dev_alloc("attack");
	if (!device)
		return -ENOMEM;
	attack_other = victim_other_alloc();
	if (!attack_other) {
		rc = -ENOMEM;
		goto free_dev;
	}
	rc = victim_dev_register(device, &attack_ops);
	if (rc)
		goto free_other;
	return 0;

free_other:
	victim_other_free(attack_other);
free_dev:
	victim_dev_free(device);
	return rc;
}

static void __exit attack_exit(void)
{
	victim_dev_unregister(device);
	victim_other_free(attack_other);
	victim_dev_free(device);
}

module_init(attack_init);
module_exit(attack_exit);
MODULE_DESCRIPTION("A driver that misbehaves on request");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
