// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments: for every kind of parameter, values a wrapper must accept and
 * values it must not.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "attack.h"

#define ATTACK(name) \
	static noinline int name(struct victim_dev *dev, const struct victim_job *job)
/* One call with a bad argument. */
#define CALL(name, ...) ATTACK(name) { __VA_ARGS__; return ATTACK_DONE; }

#define NONCANONICAL	((void *)0x4141414141414141)
#define TARGET		((void *)job->addr)

static int cookie = 5;
static const u64 table[4] = { 1, 2, 3, 4 };

static int callback(void *c, int x)
{
	return x + *(int *)c;
}

static int never_bound(int x)
{
	return x;
}

/* Everything with good arguments must work. */
ATTACK(valid)
{
	struct victim_other *other;
	u64 stack_word = 7;
	int bad = 0;
	u8 *p;

	p = kmalloc(64, GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	memset(p, 2, 64);
	bad |= (victim_sum(p, 64) != 128) << 0;
	bad |= (victim_sum(p, 0) != 0) << 1;
	bad |= (victim_sum_array((u64 *)p, 8) != 8 * 0x0202020202020202ull) << 2;
	bad |= (victim_fill(p, 64, 3) || p[0] != 3 || p[63] != 3) << 3;
	bad |= (victim_increment(&stack_word) || stack_word != 8) << 4;
	bad |= (victim_must(&stack_word) != 8) << 5;
	bad |= (victim_may(&stack_word) != 8 || victim_may(NULL) != 0) << 6;
	bad |= (victim_table(table, 4) != 10) << 7;
	bad |= (victim_eight(1, 1, 1, 1, 1, 1, 64, p) || p[63] != 6) << 8;
	bad |= (victim_pair(3, 5) != 2) << 9;
	bad |= (victim_set_name(dev, "fine") || strcmp(dev->name, "fine")) << 10;
	bad |= (victim_set_level(dev, 50) || dev->level != 50) << 11;
	bad |= (victim_set_callback(dev, callback, &cookie) || victim_call(dev, 6) != 11) << 12;
	bad |= (victim_set_callback(dev, NULL, NULL) || victim_call(dev, 6) != -ENOENT) << 13;
	bad |= (victim_sleep(1) != 0) << 14;
	other = victim_other_alloc();
	bad |= !other << 15;
	if (other)
		victim_other_free(other);
	kfree(p);
	kfree(NULL);
	return bad ? -(0x10000 | bad) : ATTACK_DONE;
}

/* wild, and kernel memory that is not the driver's */
CALL(arg_fill_wild, victim_fill(NONCANONICAL, 8, 1))
CALL(arg_fill_unowned, victim_fill(TARGET, job->size, 0x41))
CALL(arg_sum_wild, victim_sum(NONCANONICAL, 8))
CALL(arg_increment_unowned, victim_increment(TARGET))
CALL(arg_eight_unowned, victim_eight(1, 2, 3, 4, 5, 6, job->size, TARGET))
CALL(arg_dev_unowned, victim_set_level(TARGET, 1))
CALL(arg_dev_wild, victim_set_level(NONCANONICAL, 1))
CALL(arg_dev_inside, victim_set_level((void *)dev + 4, 1))
CALL(arg_part_unowned, victim_part_open(TARGET - 4, 0x41414141))
/* of another type */
CALL(arg_type, victim_part_open((struct victim_part *)attack_other, 1))
CALL(arg_type_free, victim_dev_free((struct victim_dev *)attack_other))
/* NULL */
CALL(arg_null, victim_must(NULL))
CALL(arg_null_dev, victim_set_level(NULL, 1))
CALL(arg_null_fill, victim_fill(NULL, 8, 1))
/* ranges */
CALL(arg_range, victim_set_level(dev, VICTIM_LEVEL_MAX + 1))
CALL(arg_range_max, victim_set_level(dev, ~0u))
CALL(arg_check, victim_pair(5, 3))
/* code */
CALL(arg_callback_kernel, victim_set_callback(dev, (victim_callback_t)job->fn, NULL);
     victim_call(dev, 1))
CALL(arg_callback_wild, victim_set_callback(dev, NONCANONICAL, NULL); victim_call(dev, 1))
CALL(arg_callback_data, victim_set_callback(dev, (victim_callback_t)&cookie, NULL);
     victim_call(dev, 1))
CALL(unbound_thunk, return victim_call_raw(never_bound, 3) == 3 ? ATTACK_DONE : -EIO)
CALL(arg_module, victim_owner((struct module *)TARGET))
/* memory that is not read-only */
CALL(arg_table, u64 words[2] = { 1, 2 }; victim_table(words, 2))

/* one byte more than the allocation has */
ATTACK(arg_oversize)
{
	u8 *p = kmalloc(4096, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	victim_fill(p, 64 << 20, 1);
	kfree(p);
	return ATTACK_DONE;
}

/* the whole address space, by a negative size */
CALL(arg_negative_size, u8 b[16]; victim_fill(b, (size_t)-16, 1))

/* n * 8 is 8 again */
CALL(arg_overflow, u64 word = 1; victim_sum_array(&word, (1ul << 61) + 1))

/* no NUL within VICTIM_NAME_MAX, nor up to the end of the pages; natively the next page is missing */
ATTACK(arg_unterminated)
{
	char *p = vmalloc(2 * PAGE_SIZE);

	if (!p)
		return -ENOMEM;
	memset(p, 'A', 2 * PAGE_SIZE);
	victim_set_name(dev, p + PAGE_SIZE - 8);
	vfree(p);
	return ATTACK_DONE;
}

CALL(arg_string_wild, victim_set_name(dev, NONCANONICAL))
CALL(arg_string_null, victim_set_name(dev, NULL))

/* freed memory */
ATTACK(arg_freed)
{
	u8 *p = kmalloc(256, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	kfree(p);
	victim_fill(p, 256, 0x41);
	return ATTACK_DONE;
}

ATTACK(double_free)
{
	void *p = kmalloc(256, GFP_KERNEL);

	kfree(p);
	kfree(p);
	return ATTACK_DONE;
}

ATTACK(double_free_object)
{
	struct victim_other *other = victim_other_alloc();

	if (!other)
		return -ENOMEM;
	victim_other_free(other);
	victim_other_free(other);
	return ATTACK_DONE;
}

/* an object that was given back */
ATTACK(arg_freed_object)
{
	struct victim_other *other = victim_other_alloc();

	if (!other)
		return -ENOMEM;
	victim_other_free(other);
	victim_other_touch(other, 5);
	return ATTACK_DONE;
}

ATTACK(free_middle)
{
	u8 *p = kmalloc(256, GFP_KERNEL);

	kfree(p + 64);
	return ATTACK_DONE;
}

CALL(free_unowned, kfree(TARGET))
CALL(free_wild, kfree(NONCANONICAL))
CALL(free_object, kfree(dev))
CALL(free_stack, u64 words[4]; kfree(words))

/* The device it is being called for. */
CALL(free_registered, victim_dev_free(dev))

const struct attack attack_args[] = {
	{ "valid", valid },
	{ "arg-fill-wild", arg_fill_wild },
	{ "arg-fill-unowned", arg_fill_unowned },
	{ "arg-sum-wild", arg_sum_wild },
	{ "arg-increment-unowned", arg_increment_unowned },
	{ "arg-eight-unowned", arg_eight_unowned },
	{ "arg-dev-unowned", arg_dev_unowned },
	{ "arg-dev-wild", arg_dev_wild },
	{ "arg-dev-inside", arg_dev_inside },
	{ "arg-part-unowned", arg_part_unowned },
	{ "arg-type", arg_type },
	{ "arg-type-free", arg_type_free },
	{ "arg-null", arg_null },
	{ "arg-null-dev", arg_null_dev },
	{ "arg-null-fill", arg_null_fill },
	{ "arg-range", arg_range },
	{ "arg-range-max", arg_range_max },
	{ "arg-check", arg_check },
	{ "arg-callback-kernel", arg_callback_kernel },
	{ "arg-callback-wild", arg_callback_wild },
	{ "arg-callback-data", arg_callback_data },
	{ "unbound-thunk", unbound_thunk },
	{ "arg-module", arg_module },
	{ "arg-table", arg_table },
	{ "arg-oversize", arg_oversize },
	{ "arg-negative-size", arg_negative_size },
	{ "arg-overflow", arg_overflow },
	{ "arg-unterminated", arg_unterminated },
	{ "arg-string-wild", arg_string_wild },
	{ "arg-string-null", arg_string_null },
	{ "arg-freed", arg_freed },
	{ "double-free", double_free },
	{ "double-free-object", double_free_object },
	{ "arg-freed-object", arg_freed_object },
	{ "free-middle", free_middle },
	{ "free-unowned", free_unowned },
	{ "free-wild", free_wild },
	{ "free-object", free_object },
	{ "free-stack", free_stack },
	{ "free-registered", free_registered },
	{ }
};
