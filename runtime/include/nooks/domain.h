/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain: the place one driver, or a group that shares fate, runs in.
 *
 * States:  LIVE --fail--> FAILED --recovery thread--> RECOVERING --> LIVE
 *                                                      \--> STOPPED (gave up)
 * In every state but LIVE no thread enters; each thunk answers with its
 * declared failure value.  Resources are released only when no thread is
 * inside (drained).
 */
#ifndef NOOKS_DOMAIN_H
#define NOOKS_DOMAIN_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/workqueue.h>
#include <linux/kref.h>
#include <linux/dcache.h>
#include <nooks/link.h>
#include <nooks/xpc.h>

/* Offsets known to the gates, checked in runtime/xpc.c */
#define NOOKS_DOMAIN_CR3	0	/* 0: the backend does not switch page tables */
#define NOOKS_DOMAIN_DEAD	8	/* 0 live, 1 dead, 2 dead and NMI may kill */
#define NOOKS_DOMAIN_PKRS	12

enum nooks_state {
	NOOKS_LIVE,
	NOOKS_FAILED,
	NOOKS_RECOVERING,
	NOOKS_STOPPED,
	NOOKS_GONE,
};

struct nooks_heap;
struct nooks_backend;
struct nooks_report;

/* One driver module of a domain. */
struct nooks_module {
	struct list_head link;			/* in domain->modules */
	struct nooks_domain *domain;
	struct module *mod;
	const struct nooks_link_info *info;
	struct nooks_thunk *thunks;		/* info->nthunks, page-grouped: see thunk.c */
	void *pristine;				/* .data/.bss as they were before init */
	bool initialized;			/* init returned 0 */
};

/* Kernel-side record of one thunk. */
struct nooks_thunk {
	unsigned long func;			/* the driver function */
	const struct nooks_stub *stub;		/* NULL: not bound */
	struct nooks_module *module;
	atomic64_t calls;
};

struct nooks_domain {
	unsigned long cr3;			/* known to the gates */
	u32 dead;
	u32 pkrs;

	char name[NOOKS_DOMAIN_NAME_MAX];
	struct kref ref;
	struct list_head link;			/* in the list of domains */
	enum nooks_state state;
	const struct nooks_backend *backend;
	void *backend_data;
	struct list_head modules;
	struct nooks_heap *heap;

	raw_spinlock_t lock;			/* objects, ranges; irq-safe, innermost */
	struct rb_root ranges;
	struct list_head objects;
	DECLARE_HASHTABLE(by_key, 10);
	u64 serial;
	u32 nobjects;

	raw_spinlock_t frames_lock;
	struct list_head frames;		/* threads inside */
	atomic_t inside;

	struct work_struct recovery;
	struct nooks_report *report;		/* of the last failure */
	u32 failures, recoveries;
	u64 last_recovery_us;
	atomic64_t upcalls, downcalls, traps, emulated, stepped, violations, deferred;
	struct dentry *debugfs;
};

/*
 * nooks_fail() - end the driver of @d
 * @f: the frame in which it failed, or NULL
 * @why: one line
 *
 * Marks the domain dead, records the report and schedules recovery; returns at
 * once.  The calling thread is unwound by the gate.  Any context, NMI excepted.
 */
__printf(3, 4)
void nooks_fail(struct nooks_domain *d, struct nooks_frame *f, const char *why, ...);

/* Memory of the domain; see heap.c.  Any context @gfp allows. */
void *nooks_alloc(struct nooks_domain *d, size_t n, gfp_t gfp, const char *source);
bool nooks_free(struct nooks_domain *d, const void *p);	/* false: not an allocation of this domain */
size_t nooks_alloc_size(struct nooks_domain *d, const void *p);	/* 0: not an allocation */

/*
 * Make whole pages the driver's own / no longer; process context, may sleep
 * (disown flushes TLBs on all CPUs).
 */
int nooks_own_pages(struct nooks_domain *d, unsigned long addr, size_t n);
void nooks_disown_pages(struct nooks_domain *d, unsigned long addr, size_t n);

#endif
