// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel side.
 *
 *   echo WHAT >/sys/kernel/debug/life/run; cat /sys/kernel/debug/life/run
 *
 * calls the driver and shows "RESULT TEXT RELEASED...": what it returned, what it
 * wrote to the buffer lent to it, and the objects released for it, in order.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <nooks/check.h>
#include <nooks/domain.h>
#include <nooks/lock.h>
#include <nooks/object.h>
#include <nooks/xpc.h>
#include "life.h"

static const struct life_ops *ops;
static const char *ops_name;
static char released[256];
static char answer[512];
static DEFINE_MUTEX(run_mutex);
static bool refuse;		/* life_register() fails */

/* Stub: the buffer is lent, the string is not the driver's to change. */
static void run_call(struct nooks_frame *f)
{
	void *out = (void *)f->arg[1];

	if (nooks_object_lend(f->domain, &nooks_type_lent, out, f->arg[2], "life.c:run"))
		return;
	nooks_enter(f);
	nooks_object_unlend(f->domain, &nooks_type_lent, out);
}

static void run_fault(struct nooks_frame *f)
{
	f->ret = -EIO;
}

static const struct nooks_stub stub_run = {
	.name = "life_ops.run", .source = "life.c:run", .call = run_call, .fault = run_fault,
	.nargs = 3, .context = NOOKS_CTX_SLEEPS,
};

static void note_released(const char *what, unsigned long key)
{
	size_t n = strlen(released);

	snprintf(released + n, sizeof(released) - n, " %s%lu", what, key);
}

static void release_thing(struct nooks_domain *d, struct nooks_object *o)
{
	note_released("thing", o->key);
}

static void release_registration(struct nooks_domain *d, struct nooks_object *o)
{
	note_released("registration", 0);
	WRITE_ONCE(ops, NULL);
}

static const struct nooks_type type_thing = {
	.name = "thing", .source = "life.c", .release = release_thing, .release_name = "life_put",
};

static const struct nooks_type type_registration = {
	.name = "registration", .source = "life.c", .release = release_registration,
	.release_name = "life_unregister",
};

static unsigned long call_register(struct nooks_frame *f)
{
	const struct life_ops *o = (void *)f->down[0];
	const char *name;

	if (!nooks_check_rodata(f, 1, o, sizeof(*o), 0) ||
	    !nooks_bind(f, 1, o->run, &stub_run, 0))
		return 0;
	if (refuse)
		return -EBUSY;
	name = nooks_keep_string(f, 2, (void *)f->down[1], 32, 0);
	if (!name)
		return 0;
	if (!nooks_object_add(f->domain, &type_registration, 1, 0, 0, "life.c", GFP_KERNEL))
		return -ENOMEM;
	ops_name = name;
	WRITE_ONCE(ops, o);
	return 0;
}

static unsigned long call_unregister(struct nooks_frame *f)
{
	WRITE_ONCE(ops, NULL);
	nooks_object_drop(f->domain, &type_registration, 1);
	return 0;
}

static unsigned long call_alloc(struct nooks_frame *f)
{
	return (unsigned long)nooks_alloc(f->domain, f->down[0], GFP_KERNEL, "life.c:alloc");
}

static unsigned long call_free(struct nooks_frame *f)
{
	nooks_free_checked(f, 1, (void *)f->down[0]);
	return 0;
}

static unsigned long call_get(struct nooks_frame *f)
{
	return nooks_object_add(f->domain, &type_thing, f->down[0], 0, 0, "life.c:get",
				GFP_KERNEL) ? 0 : -EEXIST;
}

static unsigned long call_put(struct nooks_frame *f)
{
	if (!nooks_object_drop(f->domain, &type_thing, f->down[0]))
		nooks_refuse(f, 1, "thing %lu is not held", f->down[0]);
	return 0;
}

static unsigned long call_lock(struct nooks_frame *f)
{
	nooks_spin_lock(f, 1, (void *)f->down[0], NOOKS_SPIN_BH);
	return 0;
}

static unsigned long call_unlock(struct nooks_frame *f)
{
	nooks_spin_unlock(f, 1, (void *)f->down[0], NOOKS_SPIN_BH, 0);
	return 0;
}

static unsigned long call_mutex_lock(struct nooks_frame *f)
{
	nooks_mutex_lock(f, 1, (void *)f->down[0], NOOKS_SLEEP_PLAIN);
	return 0;
}

static unsigned long call_mutex_unlock(struct nooks_frame *f)
{
	nooks_mutex_unlock(f, 1, (void *)f->down[0]);
	return 0;
}

static unsigned long call_rcu_lock(struct nooks_frame *f)
{
	nooks_rcu_lock(f);
	return 0;
}

static unsigned long call_msleep(struct nooks_frame *f)
{
	msleep(f->down[0]);
	return 0;
}

#define WRAPPER(n, args, ctx)							\
	static struct nooks_wrapper __used w_##n = {				\
		.call = call_##n, .name = "life_" #n, .source = "life.c:" #n,	\
		.nargs = args, .context = ctx,					\
	};									\
	NOOKS_DEFINE_GATE(life_##n, w_##n)
WRAPPER(register, 2, NOOKS_CTX_SLEEPS);
WRAPPER(unregister, 0, NOOKS_CTX_SLEEPS);
WRAPPER(alloc, 1, NOOKS_CTX_ANY);
WRAPPER(free, 1, NOOKS_CTX_ANY);
WRAPPER(get, 1, NOOKS_CTX_ANY);
WRAPPER(put, 1, NOOKS_CTX_ANY);
WRAPPER(lock, 1, NOOKS_CTX_ANY);
WRAPPER(unlock, 1, NOOKS_CTX_ANY);
WRAPPER(mutex_lock, 1, NOOKS_CTX_SLEEPS);
WRAPPER(mutex_unlock, 1, NOOKS_CTX_SLEEPS);
WRAPPER(rcu_lock, 0, NOOKS_CTX_ANY);
WRAPPER(msleep, 1, NOOKS_CTX_SLEEPS);

static struct nooks_wrapper *const wrappers[] = {
	&w_register, &w_unregister, &w_alloc, &w_free, &w_get, &w_put, &w_lock, &w_unlock,
	&w_mutex_lock, &w_mutex_unlock, &w_rcu_lock, &w_msleep,
};

/* What the driver's imports are called before they are linked. */
#define NATIVE(ret, n, args)							\
	ret life_##n args							\
	{									\
		return (ret)-ENOSYS;						\
	}									\
	EXPORT_SYMBOL_GPL(life_##n)
#define NATIVE_VOID(n, args)							\
	void life_##n args							\
	{									\
	}									\
	EXPORT_SYMBOL_GPL(life_##n)
NATIVE(int, register, (const struct life_ops *o, const char *name));
NATIVE_VOID(unregister, (void));
NATIVE(void *, alloc, (size_t n));
NATIVE_VOID(free, (void *p));
NATIVE(long, get, (unsigned long key));
NATIVE_VOID(put, (unsigned long key));
NATIVE_VOID(lock, (spinlock_t *lock));
NATIVE_VOID(unlock, (spinlock_t *lock));
NATIVE_VOID(mutex_lock, (struct mutex *lock));
NATIVE_VOID(mutex_unlock, (struct mutex *lock));
NATIVE_VOID(rcu_lock, (void));
NATIVE_VOID(msleep, (unsigned int ms));

static ssize_t run_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	const struct life_ops *o;
	char what[32], out[64] = "";
	int preempt, depth;
	long ret = -ENODEV;

	if (n >= sizeof(what))
		return -EINVAL;
	if (copy_from_user(what, buf, n))
		return -EFAULT;
	what[n] = '\0';
	preempt = preempt_count();
	depth = rcu_preempt_depth();
	o = READ_ONCE(ops);
	if (o)
		ret = o->run(strim(what), out, 32);
	mutex_lock(&run_mutex);
	snprintf(answer, sizeof(answer), "%ld %s name=%s %s%s released:%s\n", ret, out, ops_name,
		 preempt != preempt_count() || depth != rcu_preempt_depth() ? "CHANGED" : "same",
		 out[32] ? " OVERRUN" : "", released);
	mutex_unlock(&run_mutex);
	return n;
}

static ssize_t run_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	return simple_read_from_buffer(buf, n, pos, answer, strlen(answer));
}

static ssize_t clear_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	released[0] = '\0';
	return n;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE, .write = run_write, .read = run_read,
};

static const struct file_operations clear_fops = {
	.owner = THIS_MODULE, .write = clear_write,
};

static struct dentry *dir;

static int __init life_init(void)
{
	int err = nooks_wrappers_register(THIS_MODULE, wrappers, ARRAY_SIZE(wrappers));

	if (err)
		return err;
	dir = debugfs_create_dir("life", NULL);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	debugfs_create_file("clear", 0200, dir, NULL, &clear_fops);
	debugfs_create_bool("refuse", 0600, dir, &refuse);
	return 0;
}

static void __exit life_exit(void)
{
	debugfs_remove_recursive(dir);
	nooks_wrappers_unregister(THIS_MODULE);
}

module_init(life_init);
module_exit(life_exit);
MODULE_DESCRIPTION("nooks test: tracking, kernel side");
MODULE_LICENSE("GPL");
