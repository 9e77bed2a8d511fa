// SPDX-License-Identifier: GPL-2.0
/*
 * The victim subsystem: what victim.h declares.  Written as kernel code is: it
 * believes its driver.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "victim_internal.h"

static DEFINE_MUTEX(devs_lock);
static struct victim_dev *current_dev;
atomic_t victim_registrations = ATOMIC_INIT(0);
struct module *victim_owner_module;
u64 victim_noted;

struct victim_dev *victim_current(void)
{
	return READ_ONCE(current_dev);
}

noinline int victim_forbidden(void)
{
	WRITE_ONCE(victim_noted, victim_noted + 1);
	return 0;
}

struct victim_dev *victim_dev_alloc(const char *name)
{
	struct victim_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->port = kzalloc(sizeof(*dev->port), GFP_KERNEL);
	if (!dev->port) {
		kfree(dev);
		return NULL;
	}
	strscpy(dev->name, name, sizeof(dev->name));
	return dev;
}
EXPORT_SYMBOL_GPL(victim_dev_alloc);

void victim_dev_free(struct victim_dev *dev)
{
	victim_check_freed(dev);
	kfree(dev->port);
	kfree(dev);
}
EXPORT_SYMBOL_GPL(victim_dev_free);

int victim_dev_register(struct victim_dev *dev, const struct victim_ops *ops)
{
	int rc = -EBUSY;

	mutex_lock(&devs_lock);
	if (!current_dev) {
		dev->ops = ops;
		dev->registered = true;
		WRITE_ONCE(current_dev, dev);
		atomic_inc(&victim_registrations);
		rc = 0;
	}
	mutex_unlock(&devs_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(victim_dev_register);

void victim_dev_unregister(struct victim_dev *dev)
{
	mutex_lock(&devs_lock);
	if (current_dev == dev)
		WRITE_ONCE(current_dev, NULL);
	dev->registered = false;
	mutex_unlock(&devs_lock);
}
EXPORT_SYMBOL_GPL(victim_dev_unregister);

int victim_set_name(struct victim_dev *dev, const char *name)
{
	if (strlen(name) >= sizeof(dev->name))
		return -EINVAL;
	strscpy(dev->name, name, sizeof(dev->name));
	return 0;
}
EXPORT_SYMBOL_GPL(victim_set_name);

int victim_set_level(struct victim_dev *dev, unsigned int level)
{
	dev->level = level;
	return 0;
}
EXPORT_SYMBOL_GPL(victim_set_level);

int victim_set_callback(struct victim_dev *dev, victim_callback_t fn, void *cookie)
{
	dev->callback = fn;
	dev->cookie = cookie;
	return 0;
}
EXPORT_SYMBOL_GPL(victim_set_callback);

int victim_part_open(struct victim_part *part, u32 value)
{
	part->closed = value;
	return 0;
}
EXPORT_SYMBOL_GPL(victim_part_open);

static struct victim_other *others[8];

bool victim_other_changed(void)
{
	bool changed = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		if (!others[i] || !others[i]->unused)
			continue;
		others[i]->unused = 0;
		changed = true;
	}
	return changed;
}

static void replace_other(struct victim_other *old, struct victim_other *new)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (cmpxchg(&others[i], old, new) == old)
			return;
}

struct victim_other *victim_other_alloc(void)
{
	struct victim_other *other = kzalloc(sizeof(*other), GFP_KERNEL);

	replace_other(NULL, other);
	return other;
}
EXPORT_SYMBOL_GPL(victim_other_alloc);

void victim_other_free(struct victim_other *other)
{
	replace_other(other, NULL);
	kfree(other);
}
EXPORT_SYMBOL_GPL(victim_other_free);

int victim_other_touch(struct victim_other *other, u32 value)
{
	other->value = value;
	return 0;
}
EXPORT_SYMBOL_GPL(victim_other_touch);

u64 victim_sum(const u8 *p, size_t n)
{
	u64 sum = 0;

	while (n--)
		sum += *p++;
	return sum;
}
EXPORT_SYMBOL_GPL(victim_sum);

u64 victim_sum_array(const u64 *p, size_t n)
{
	u64 sum = 0;

	while (n--)
		sum += *p++;
	return sum;
}
EXPORT_SYMBOL_GPL(victim_sum_array);

int victim_fill(void *p, size_t n, u8 value)
{
	memset(p, value, n);
	return 0;
}
EXPORT_SYMBOL_GPL(victim_fill);

int victim_increment(u64 *value)
{
	(*value)++;
	return 0;
}
EXPORT_SYMBOL_GPL(victim_increment);

u64 victim_must(const u64 *p)
{
	return *p;
}
EXPORT_SYMBOL_GPL(victim_must);

u64 victim_may(const u64 *p)
{
	return p ? *p : 0;
}
EXPORT_SYMBOL_GPL(victim_may);

u64 victim_table(const u64 *p, size_t n)
{
	return victim_sum_array(p, n);
}
EXPORT_SYMBOL_GPL(victim_table);

int victim_eight(int a, int b, int c, int d, int e, int f, size_t n, void *p)
{
	memset(p, a + b + c + d + e + f, n);
	return 0;
}
EXPORT_SYMBOL_GPL(victim_eight);

int victim_pair(unsigned int low, unsigned int high)
{
	if (high - low > INT_MAX)
		victim_forbidden();
	return high - low;
}
EXPORT_SYMBOL_GPL(victim_pair);

int victim_owner(struct module *owner)
{
	victim_owner_module = owner;
	return 0;
}
EXPORT_SYMBOL_GPL(victim_owner);

int victim_call(struct victim_dev *dev, int x)
{
	return dev->callback ? dev->callback(dev->cookie, x) : -ENOENT;
}
EXPORT_SYMBOL_GPL(victim_call);

int victim_call_raw(void *fn, int x)
{
	return ((int (*)(int))fn)(x);
}
EXPORT_SYMBOL_GPL(victim_call_raw);

int victim_sleep(unsigned int ms)
{
	msleep(ms);
	return 0;
}
EXPORT_SYMBOL_GPL(victim_sleep);
