/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside inject.ko: main.c (debugfs, one armed fault at a time), site.c (where
 * in a driver it goes and how it gets there), code.c (the instructions).
 */
#ifndef INJECT_H
#define INJECT_H

#include <linux/module.h>
#include <linux/types.h>

#define INJECT_CODE_MAX		256	/* bytes of driver text needed */

/* Memory the injected code writes in its normal course; one per module. */
struct inject_state {
	s8 armed;		/* times still to fire */
	u8 pad[3];
	u32 lock;		/* a spinlock of the driver's, unlocked */
};

/* A place in a loaded driver. */
struct inject_site {
	struct module *mod;	/* NULL: nothing hooked */
	bool isolated;		/* linked by nooksctl */
	unsigned long entry;	/* the function's entry: a 5-byte nop */
	unsigned long code;	/* unused bytes of the driver's text */
	struct inject_state *state;
	char function[64];
};

/* What code.c needs to know about the rest. */
struct inject_fault {
	const char *name;
	const char *what;
	u8 times;		/* how often in a row */
	int (*emit)(u8 *p, const struct inject_site *s);	/* bytes, or -errno */
};

extern const struct inject_fault inject_faults[];
extern unsigned long inject_softirq_action;	/* address wild-store aims at */
#define INJECT_WILD_VALUE	0xffffdeadbeef0000UL

unsigned long inject_lookup(const char *name);
unsigned long inject_callee(const struct inject_site *s, const char *name);

int inject_site_find(struct inject_site *s, const char *module, const char *function);
int inject_site_hook(struct inject_site *s, const struct inject_fault *f);
void inject_site_unhook(struct inject_site *s);
int inject_site_init(void);

#endif
