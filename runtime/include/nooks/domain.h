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
#include <linux/mutex.h>
#include <linux/dcache.h>
#include <nooks/link.h>
#include <nooks/xpc.h>

/* Offsets known to the gates, checked in runtime/xpc.c */
#define NOOKS_DOMAIN_CR3	0	/* 0: the backend does not switch page tables */
#define NOOKS_DOMAIN_DEAD	8	/* 0 live, 1 dead, 2 dead and NMI may kill */
#define NOOKS_DOMAIN_PKRS	12

/* Class glue keeps one pointer per class in a domain. */
enum nooks_glue {
	NOOKS_GLUE_CORE,
	NOOKS_GLUE_PCI,
	NOOKS_GLUE_NET,
	NOOKS_GLUE_MAX = 8,
};

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
	struct list_head link;			/* in domain->modules, in order of loading */
	struct nooks_domain *domain;
	struct module *mod;
	const struct nooks_link_info *info;	/* in the driver's read-only data, validated */
	struct nooks_thunk *thunks;		/* page-grouped: see thunk.c */
	struct nooks_params *params;		/* see param.c */
	void *pristine;				/* info->data_size bytes as they were before init */
	bool owned;				/* info->data is the domain's */
	bool initialized;			/* init returned 0 */
	bool text_hidden;			/* backend->text() is in force */
	bool going;				/* the loader is taking it away */
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

	raw_spinlock_t lock;			/* objects, ranges, regions; irq-safe, innermost */
	struct rb_root_cached ranges;		/* objects that have memory */
	struct rb_root_cached regions;		/* pages that are the driver's: see region.c */
	struct list_head objects;
	struct list_head linkers;		/* those whose type has links */
	DECLARE_HASHTABLE(by_key, 10);
	u64 serial;
	u32 nobjects;

	atomic_t inside;

	struct mutex mutex;			/* life cycle: load, recover, stop, unload */
	struct work_struct recovery;
	struct nooks_report *reports;		/* ring of NOOKS_REPORTS: see report.c */
	raw_spinlock_t report_lock;
	u32 failures, recoveries;
	u32 recent;				/* failures within the back-off window */
	unsigned long recent_since;		/* jiffies */
	u64 last_recovery_us;
	bool stop_wanted;			/* by the administrator: do not restart */
	bool stuck;				/* could not be drained: nothing may be released */
	struct list_head strings;		/* kept copies: see strings.c */
	struct list_head tables;		/* kept copies of ops tables: see check.c */
	void *xpc_data;				/* the crossing's own: driver stacks */
	atomic64_t upcalls, downcalls, traps, emulated, stepped, violations, deferred;
	struct dentry *debugfs;
	void *glue[NOOKS_GLUE_MAX];		/* class glue's own */
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
/*
 * nooks_free() - false: not an allocation of this domain, or freed already, or
 * it contains a twin or a seized object; nothing was done then
 */
bool nooks_free(struct nooks_domain *d, const void *p);
/* The same; *@why names the reason for a refusal */
bool nooks_free_why(struct nooks_domain *d, const void *p, const char **why);
/* 0: not an allocation.  Otherwise the bytes usable, as ksize() has it */
size_t nooks_alloc_size(struct nooks_domain *d, const void *p);
/* The allocation that contains @p, its size in *@n; NULL: none */
void *nooks_alloc_base(struct nooks_domain *d, const void *p, size_t *n);

/*
 * nooks_heap_carve() - pages of the heap for an in-domain library
 *
 * Never freed by the driver, never counted as its allocation; gone after a
 * failure (NOOKS_EVENT_RESET: carve anew).  Process context.
 */
void *nooks_heap_carve(struct nooks_domain *d, unsigned int pages, const char *what);

/* nooks_heap_chunks() - call @fn for every chunk of the heap; stops when it returns non-zero */
int nooks_heap_chunks(struct nooks_domain *d,
		      int (*fn)(void *arg, unsigned long addr, size_t n), void *arg);

/*
 * Make whole pages the driver's own / no longer; process context, may sleep
 * (disown flushes TLBs on all CPUs).  @what ("stack", "iomem" ...) and @source
 * explain the pages to the audit; static strings.
 */
int nooks_own_region(struct nooks_domain *d, unsigned long addr, size_t n,
		     const char *what, const char *source);
/*
 * The same for device registers.  The driver may write them, but they are no
 * memory: nooks_owned() says no, so that no check lets the kernel follow a
 * pointer into them (part of the pages may not even be mapped).
 */
int nooks_own_device(struct nooks_domain *d, unsigned long addr, size_t n,
		     const char *what, const char *source);
int nooks_own_pages(struct nooks_domain *d, unsigned long addr, size_t n);
void nooks_disown_pages(struct nooks_domain *d, unsigned long addr, size_t n);

/* nooks_domain_of() - the domain @mod runs in, with a reference; NULL: none */
struct nooks_domain *nooks_domain_of(struct module *mod);
void nooks_domain_put(struct nooks_domain *d);

#endif
