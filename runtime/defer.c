// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred downcalls: queued by in-domain code in the base page of the driver
 * stack (nooks_defer_gate), performed here at the next crossing out.
 *
 * The driver can write that page at any time, from other threads too: each
 * entry is copied before it is looked at, must name a registered wrapper that
 * may be deferred, and then goes through the same checks as a direct call.
 */
#include <linux/srcu.h>
#include "internal.h"
#include "xpc.h"

/*
 * nooks_drain() - perform what the thread has queued
 * @f: its frame; frame->down[] and frame->wrapper are overwritten
 *
 * On the kernel stack, in the context of the crossing.  Stops when the driver
 * was failed; what is left is dropped then.
 */
void nooks_drain(struct nooks_frame *f)
{
	static const struct nooks_cause cause = { .kind = "deferred call" };
	struct nooks_stack_base *base = (void *)f->pcw;
	struct nooks_domain *d = f->domain;
	u64 i, n = READ_ONCE(base->count);

	if (n > NOOKS_DEFERRED_MAX) {
		WRITE_ONCE(base->count, 0);
		nooks_fail_cause(d, f, &cause, "queue of deferred calls overwritten");
		return;
	}
	for (i = 0; i < n && !READ_ONCE(d->dead); i++) {
		const struct nooks_deferred *e = &base->calls[i];
		const struct nooks_wrapper *w = (void *)READ_ONCE(e->wrapper);
		int k, idx;

		if (!nooks_wrapper_known(w) || !(w->flags & NOOKS_W_DEFERRED)) {
			nooks_fail_cause(d, f, &cause, "queue of deferred calls overwritten");
			break;
		}
		for (k = 0; k < NOOKS_NR_REG_ARGS; k++)
			f->down[k] = READ_ONCE(e->arg[k]);
		f->wrapper = w;
		this_cpu_inc(*w->calls);
		atomic64_inc(&d->deferred);
		idx = srcu_read_lock(&nooks_srcu);
		w->call(f);
		srcu_read_unlock(&nooks_srcu, idx);
	}
	WRITE_ONCE(base->count, 0);
}
