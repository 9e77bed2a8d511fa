/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files behind the crossing (xpc.c, stack.c, defer.c, wrapper.c,
 * fault.c, watchdog.c) know of each other.
 */
#ifndef NOOKS_RUNTIME_XPC_H
#define NOOKS_RUNTIME_XPC_H

#include <linux/jiffies.h>
#include <nooks/entry.h>
#include <nooks/xpc.h>

/* xpc.c */
void nooks_frames_init(void);
/* is [sp, sp + n) on the driver stack of @f? */
bool nooks_on_own_stack(const struct nooks_frame *f, unsigned long sp, size_t n);

/* stack.c: base of the slot, its base page ready; 0 if there is none */
unsigned long nooks_stack_get(struct nooks_frame *f);
void nooks_stack_put(struct nooks_frame *f);

/* defer.c */
static inline bool nooks_deferred(const struct nooks_frame *f)
{
	return READ_ONCE(((struct nooks_stack_base *)f->pcw)->count) != 0;
}

void nooks_drain(struct nooks_frame *f);

/* wrapper.c: any address may be asked about */
bool nooks_wrapper_known(const struct nooks_wrapper *w);

/* fault.c */
int nooks_fault_init(void);

/* watchdog.c */
#define NOOKS_WATCH_INTERVAL	(HZ / 5)
int nooks_watchdog_init(void);
void nooks_watchdog_exit(void);
void nooks_watchdog_hurry(void);
unsigned long nooks_watchdog_limit(void);	/* jiffies */
bool nooks_watchdog_tick(struct nooks_frame *f);

#endif
