/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test of the crossing: a one-function subsystem (xpct.ko, with hand-written
 * wrappers and stub, so that nothing but the runtime is under test) and a
 * driver of it (xpctdrv.ko) that does what it is told to.
 */
#ifndef XPCT_H
#define XPCT_H

#include <linux/types.h>

enum xpct_what {
	X_ADD, X_SPIN, X_STORE, X_LOAD, X_NULL, X_JUMP, X_BUG, X_WARN, X_GP, X_DIVIDE,
	X_OVERFLOW, X_LOOP, X_LOOP_CLI, X_FIELD, X_OVERLAP, X_REP, X_SLEEP, X_NESTED,
	X_LEAVE_CLI, X_LEAVE_PREEMPT, X_BALANCED, X_ARGS, X_WHERE, X_DATA_EXEC, X_DEFER,
	X_BAD_GATE, X_WILD_SP, X_IRQSAVE, X_SLEEP_ATOMIC, X_STORE8, X_REP_PAST,
	X_BAD_PC, X_LOOP_CALLS, X_LOOP_CROSSING, X_SCRIBBLE
};

struct xpct_object {
	u64 before;
	u8 field[64];		/* the driver may write these */
	u64 after;
	u32 checked;		/* and this one, values below 100 */
};

struct xpct_ops {
	long (*run)(long what, unsigned long a, unsigned long b, long c, long d, long e, long g,
		    long h);
};

int xpct_register(const struct xpct_ops *ops);
void xpct_unregister(void);
struct xpct_object *xpct_object(void);
long xpct_sleep(unsigned int ms);
long xpct_nested(long what, unsigned long a, unsigned long b);
unsigned long xpct_irqsave(void);
void xpct_irqrestore(unsigned long flags);
long xpct_sum(long a, long b, long c, long d, long e, long f, long g, long h);
void xpct_later(long v);

#endif
