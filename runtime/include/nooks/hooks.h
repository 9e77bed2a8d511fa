/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks for class glue: what the IDL cannot say yet about failure, recovery
 * and the heap.
 *
 * Hooks are called in process context with the domain's mutex held; they may
 * sleep, but must not wait for the driver.
 */
#ifndef NOOKS_HOOKS_H
#define NOOKS_HOOKS_H

#include <linux/list.h>
#include <nooks/object.h>

enum nooks_event {
	NOOKS_EVENT_CREATED,	/* the domain is empty yet, its heap usable */
	NOOKS_EVENT_CLOSED,	/* closed and drained; before anything is released */
	NOOKS_EVENT_RESET,	/* heap and data are as new; before init runs again */
	NOOKS_EVENT_DESTROY,	/* everything was released; the heap is about to go */
	NOOKS_EVENT_CHUNK,	/* the heap grew by [addr, addr + n) */
};

/**
 * struct nooks_hook - told about the life of every domain
 * @event: @addr and @n are those of the chunk for NOOKS_EVENT_CHUNK, else 0
 */
struct nooks_hook {
	struct list_head link;
	const char *name;
	void (*event)(struct nooks_domain *d, enum nooks_event event,
		      unsigned long addr, size_t n);
};
void nooks_hook_register(struct nooks_hook *h);
void nooks_hook_unregister(struct nooks_hook *h);

/**
 * struct nooks_quiet - stop the device before any memory is released
 * @quiet: called for every tracked object of @type, newest first, after the
 *	domain was drained and before the first release.  The object stays tracked.
 */
struct nooks_quiet {
	struct list_head link;
	const struct nooks_type *type;
	const char *name;		/* "bus mastering off", for the report */
	void (*quiet)(struct nooks_domain *d, struct nooks_object *o);
};
void nooks_quiet_register(struct nooks_quiet *q);
void nooks_quiet_unregister(struct nooks_quiet *q);

#endif
