// SPDX-License-Identifier: GPL-2.0
/* The driver: holds things, locks and memory, and fails when told. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include "life.h"

static char *text = "default";
module_param(text, charp, 0644);
static int numbers[4] = { 1, 2, 3, 4 };
static unsigned int nnumbers = 2;
module_param_array(numbers, int, &nnumbers, 0644);
static int fail_init;
module_param(fail_init, int, 0644);
static int own_value;

static int own_set(const char *val, const struct kernel_param *kp)
{
	own_value = val[0] - '0';
	return 0;
}

static int own_get(char *buffer, const struct kernel_param *kp)
{
	buffer[0] = '0' + own_value;
	buffer[1] = '\n';
	return 2;
}

static const struct kernel_param_ops own_ops = { .set = own_set, .get = own_get };
module_param_cb(own, &own_ops, NULL, 0644);

static int runs, in_data = 42;
static spinlock_t lock, other_lock;
static struct mutex mutex;
static void *kept;

/* not strcmp(): nothing but life.ko is wrapped */
static bool is(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static void say(char *out, const char *s)
{
	while ((*out++ = *s++))
		;
}

static long run(const char *what, char *out, size_t n)
{
	void *p;
	int i;

	runs++;
	if (is(what, "runs"))
		return runs;
	if (is(what, "data"))
		return in_data++;
	if (is(what, "text")) {
		say(out, text);
		return 0;
	}
	if (is(what, "mate"))
		return mate_add(20, 22);
	if (is(what, "mate-sum"))
		return mate_sum();
	if (is(what, "mate-wild"))
		return mate_store((int *)what, 1);
	if (is(what, "things")) {
		for (i = 1; i <= 3; i++)
			life_get(i);
		life_put(2);
		return 0;
	}
	if (is(what, "put-wrong"))
		life_put(99);
	if (is(what, "heap")) {
		for (i = 0; i < 100; i++) {
			p = life_alloc(i * 50 + 1);
			if (!p)
				return -1;
			*(char *)p = 1;
			if (i % 2)
				life_free(p);
			else
				kept = p;
		}
		return 0;
	}
	if (is(what, "double-free")) {
		p = life_alloc(100);
		life_free(p);
		life_free(p);
	}
	if (is(what, "free-wild"))
		life_free(&in_data);
	if (is(what, "write-freed"))	/* the heap is the driver's: its own loss */
		*(char *)kept = 2;
	if (is(what, "locks")) {	/* two locks held at the failure */
		life_mutex_lock(&mutex);
		life_lock(&lock);
		*(volatile int *)what = 0;
	}
	if (is(what, "lock-left"))
		life_lock(&lock);
	if (is(what, "lock-twice")) {
		life_lock(&lock);
		life_lock(&lock);
	}
	if (is(what, "unlock-free"))
		life_unlock(&other_lock);
	if (is(what, "lock-wild"))
		life_lock((spinlock_t *)what);
	if (is(what, "lock-stuck")) {	/* somebody scribbled on it */
		*(volatile u32 *)&other_lock = 1;
		life_lock(&other_lock);
	}
	if (is(what, "rcu-left")) {
		life_rcu_lock();
		return 0;
	}
	if (is(what, "both")) {
		life_lock(&lock);
		life_unlock(&lock);
		life_mutex_lock(&mutex);
		life_msleep(5);
		life_mutex_unlock(&mutex);
	}
	if (is(what, "sleep-long"))
		life_msleep(3000);
	if (is(what, "overrun"))	/* one byte past what was lent */
		out[n] = 1;
	if (is(what, "lent"))
		out[n - 1] = 0;
	if (is(what, "text-wild"))	/* what sysfs follows next */
		text = (char *)0xffffdead00001000UL;
	if (is(what, "count-wild"))
		nnumbers = 1 << 30;
	if (is(what, "null"))
		*(volatile int *)8 = 1;
	return 0;
}

static const struct life_ops ops = { .run = run };

static int __init lifedrv_init(void)
{
	char name[16];
	int err;

	if (fail_init == 1)
		return -ENODEV;
	if (fail_init == 2)
		*(volatile int *)8 = 1;
	if (fail_init == 3) {
		life_get(7);
		return -ENOMEM;
	}
	say(name, "lifedrv");
	err = life_register(&ops, name);
	if (fail_init == 4)
		*(volatile int *)8 = 1;
	return err;
}

static void __exit lifedrv_exit(void)
{
	if (fail_init == 5)
		*(volatile int *)8 = 1;
	life_unregister();
}

module_init(lifedrv_init);
module_exit(lifedrv_exit);
MODULE_DESCRIPTION("nooks test: tracking, driver");
MODULE_LICENSE("GPL");
