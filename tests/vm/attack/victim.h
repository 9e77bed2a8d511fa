/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "victim" is a small made-up kernel subsystem with one driver, attack.ko.
 *
 * victim.ko plays the kernel: it exports functions with every kind of argument,
 * lends memory to its driver's operations, and knows the kernel memory that
 * attacks aim at.  attack.ko is an ordinary driver of it that misbehaves on
 * request.  Both are plain modules without a trace of Nooks; attack.idl describes
 * what is declared here.
 */
#ifndef VICTIM_H
#define VICTIM_H

#include <linux/types.h>
#include <linux/spinlock.h>

struct module;
struct victim_dev;

#define VICTIM_NAME_MAX		16
#define VICTIM_LEVEL_MAX	100

/**
 * struct victim_job - what the driver is to do; kernel memory, read only for it
 * @name: of the attack
 * @addr: where
 * @size: how many bytes
 * @value: what to store there
 * @list: addresses, for attacks with many
 * @nlist: how many
 * @fn: a function of the kernel
 * @seed: for random choices
 */
struct victim_job {
	char name[32];
	unsigned long addr;
	size_t size;
	u64 value;
	const unsigned long *list;
	size_t nlist;
	unsigned long fn;
	u64 seed;
};

/* What the driver implements. */
struct victim_ops {
	/* run an attack; 0 if it came to its end */
	int (*run)(struct victim_dev *dev, const struct victim_job *job);
	/* @buf is lent for the call */
	int (*lend)(struct victim_dev *dev, u8 *buf, size_t n, const struct victim_job *job);
	/* a driver that is alive answers x + 1 */
	int (*ping)(struct victim_dev *dev, int x);
};

typedef int (*victim_callback_t)(void *cookie, int x);

/* A part of a device, and something a device points at. */
struct victim_part {
	u32 open;		/* drivers may write this */
	u32 closed;		/* not this */
};

/*
 * A device.  The driver may write level (if not above VICTIM_LEVEL_MAX), open,
 * and early until it has registered.
 */
struct victim_dev {
	u64 red_before[8];
	u64 early;
	u32 level;
	u32 guarded;
	u16 open;
	u16 beside;
	u32 after;
	struct victim_part part;
	struct victim_part *port;
	const struct victim_ops *ops;
	char name[VICTIM_NAME_MAX];
	victim_callback_t callback;
	void *cookie;
	bool registered;
	u64 red_after[8];
};

/* Another type, with the same layout as a part: type confusion. */
struct victim_other {
	u32 value;
	u32 unused;
};

/* Devices */
struct victim_dev *victim_dev_alloc(const char *name);
void victim_dev_free(struct victim_dev *dev);
int victim_dev_register(struct victim_dev *dev, const struct victim_ops *ops);
void victim_dev_unregister(struct victim_dev *dev);
int victim_set_name(struct victim_dev *dev, const char *name);
int victim_set_level(struct victim_dev *dev, unsigned int level);
int victim_set_callback(struct victim_dev *dev, victim_callback_t fn, void *cookie);
int victim_part_open(struct victim_part *part, u32 value);

/* Another kind of object */
struct victim_other *victim_other_alloc(void);
void victim_other_free(struct victim_other *other);
int victim_other_touch(struct victim_other *other, u32 value);

/* Memory arguments */
u64 victim_sum(const u8 *p, size_t n);			/* reads n bytes */
u64 victim_sum_array(const u64 *p, size_t n);		/* reads n elements */
int victim_fill(void *p, size_t n, u8 value);		/* writes n bytes */
int victim_increment(u64 *value);			/* reads and writes one */
u64 victim_must(const u64 *p);				/* not NULL */
u64 victim_may(const u64 *p);				/* or NULL */
u64 victim_table(const u64 *p, size_t n);		/* kept: read-only data */
int victim_eight(int a, int b, int c, int d, int e, int f, size_t n, void *p);	/* writes n bytes */

/* Values */
int victim_pair(unsigned int low, unsigned int high);	/* low <= high */
int victim_owner(struct module *owner);

/* Calls back */
int victim_call(struct victim_dev *dev, int x);		/* the callback set before */
int victim_call_raw(void *fn, int x);			/* any address, as an int (*)(int) */

/* Context */
int victim_sleep(unsigned int ms);			/* may sleep */

#endif
