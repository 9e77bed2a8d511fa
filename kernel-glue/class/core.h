/* SPDX-License-Identifier: GPL-2.0 */
/* Glue named by idl/core.idl. */
#ifndef NOOKS_CLASS_CORE_H
#define NOOKS_CLASS_CORE_H

#include <linux/dynamic_debug.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pm_qos.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include "glue.h"

/* The kernel's header has these only when it is compiled with optimisation. */
void fortify_panic(const char *name) __noreturn __cold;
void __stack_chk_fail(void);

/* memory.c */
void *nooks_kmalloc_trace(struct nooks_frame *f, struct kmem_cache *s, gfp_t gfp, size_t size);
void *nooks_kmalloc_node_trace(struct nooks_frame *f, struct kmem_cache *s, gfp_t gfp, int node,
			       size_t size);
void *nooks_kmalloc(struct nooks_frame *f, size_t size, gfp_t gfp);
void *nooks_kmalloc_node(struct nooks_frame *f, size_t size, gfp_t gfp, int node);
void *nooks_krealloc(struct nooks_frame *f, const void *p, size_t size, gfp_t gfp);
void *nooks_kmemdup(struct nooks_frame *f, const void *src, size_t len, gfp_t gfp);
char *nooks_kstrdup(struct nooks_frame *f, const char *s, gfp_t gfp);
void *nooks_vmalloc(struct nooks_frame *f, unsigned long size);
void *nooks_vzalloc(struct nooks_frame *f, unsigned long size);
void nooks_kfree(struct nooks_frame *f, const void *p);
void nooks_kfree_sensitive(struct nooks_frame *f, const void *p);
size_t nooks_ksize(struct nooks_frame *f, const void *p);
bool nooks_heap_give_back(struct nooks_domain *d, const void *p, const char **why);

/* pages.c */
struct page *nooks_alloc_pages(struct nooks_frame *f, gfp_t gfp, unsigned int order);
void nooks_free_pages(struct nooks_frame *f, struct page *page, unsigned int order);
void nooks_folio_put(struct nooks_frame *f, struct folio *folio);
bool nooks_page_take(struct nooks_domain *d, struct page *page);
void nooks_page_release(struct nooks_domain *d, struct nooks_object *o);
bool dl_put_devmap_page(struct page *page, int refs);

/* locks.c */
void nooks_raw_spin_lock(struct nooks_frame *f, raw_spinlock_t *lock);
void nooks_raw_spin_lock_bh(struct nooks_frame *f, raw_spinlock_t *lock);
void nooks_raw_spin_lock_irq(struct nooks_frame *f, raw_spinlock_t *lock);
unsigned long nooks_raw_spin_lock_irqsave(struct nooks_frame *f, raw_spinlock_t *lock);
int nooks_raw_spin_trylock(struct nooks_frame *f, raw_spinlock_t *lock);
void nooks_raw_spin_unlock(struct nooks_frame *f, raw_spinlock_t *lock);
void nooks_raw_spin_unlock_bh(struct nooks_frame *f, raw_spinlock_t *lock);
void nooks_raw_spin_unlock_irq(struct nooks_frame *f, raw_spinlock_t *lock);
void nooks_raw_spin_unlock_irqrestore(struct nooks_frame *f, raw_spinlock_t *lock,
				      unsigned long flags);
void nooks_mutex_init_key(struct nooks_frame *f, struct mutex *lock, const char *name,
			  struct lock_class_key *key);
void nooks_mutex_lock_plain(struct nooks_frame *f, struct mutex *lock);
int nooks_mutex_lock_intr(struct nooks_frame *f, struct mutex *lock);
int nooks_mutex_lock_try(struct nooks_frame *f, struct mutex *lock);
void nooks_mutex_unlock_plain(struct nooks_frame *f, struct mutex *lock);
void nooks_local_bh_enable(struct nooks_frame *f, unsigned long ip, unsigned int cnt);
int nooks_cond_resched(struct nooks_frame *f);
int dl_ratelimit(struct ratelimit_state *rs, const char *func);

/* timer.c */
int nooks_mod_timer(struct nooks_frame *f, struct timer_list *t, unsigned long expires);
void nooks_add_timer(struct nooks_frame *f, struct timer_list *t);
int nooks_del_timer(struct nooks_frame *f, struct timer_list *t);
int nooks_del_timer_sync(struct nooks_frame *f, struct timer_list *t);
void nooks_timer_release(struct nooks_domain *d, struct nooks_object *o);
int nooks_timer_fire(struct nooks_frame *f);
void nooks_timers_forget(struct nooks_domain *d, unsigned long addr, size_t n);
void dl_init_timer_key(struct timer_list *t, void (*func)(struct timer_list *),
		       unsigned int flags, const char *name, struct lock_class_key *key);

/* work.c */
bool nooks_queue_work_on(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
			 struct work_struct *work);
bool nooks_queue_delayed_work_on(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
				 struct delayed_work *work, unsigned long delay);
bool nooks_mod_delayed_work_on(struct nooks_frame *f, int cpu, struct workqueue_struct *wq,
			       struct delayed_work *work, unsigned long delay);
bool nooks_flush_work(struct nooks_frame *f, struct work_struct *work);
bool nooks_flush_delayed_work(struct nooks_frame *f, struct delayed_work *work);
bool nooks_cancel_work_sync(struct nooks_frame *f, struct work_struct *work);
bool nooks_cancel_delayed_work(struct nooks_frame *f, struct delayed_work *work);
bool nooks_cancel_delayed_work_sync(struct nooks_frame *f, struct delayed_work *work);
void nooks_work_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_delayed_work_release(struct nooks_domain *d, struct nooks_object *o);
bool nooks_runs_in(const void *twin);
void nooks_works_forget(struct nooks_domain *d, unsigned long addr, size_t n);

/* latency.c */
void nooks_latency_add(struct nooks_frame *f, struct pm_qos_request *req, s32 value);
void nooks_latency_update(struct nooks_frame *f, struct pm_qos_request *req, s32 value);
void nooks_latency_remove(struct nooks_frame *f, struct pm_qos_request *req);
void nooks_latency_release(struct nooks_domain *d, struct nooks_object *o);

/* irq.c */
int nooks_request_threaded_irq(struct nooks_frame *f, unsigned int irq, irq_handler_t handler,
			       irq_handler_t thread_fn, unsigned long flags, const char *name,
			       void *dev);
const void *nooks_free_irq(struct nooks_frame *f, unsigned int irq, void *dev);
void nooks_disable_irq(struct nooks_frame *f, unsigned int irq);
void nooks_disable_irq_nosync(struct nooks_frame *f, unsigned int irq);
bool nooks_disable_hardirq(struct nooks_frame *f, unsigned int irq);
void nooks_enable_irq(struct nooks_frame *f, unsigned int irq);
void nooks_synchronize_irq(struct nooks_frame *f, unsigned int irq);
void nooks_irq_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_irq_fault(struct nooks_frame *f);
/* irq_storm.c */
bool nooks_irq_watch(unsigned int irq, void *dev);
void nooks_irq_unwatch(unsigned int irq, void *dev);
int nooks_irq_handler(struct nooks_frame *f);

/*
 * A bus says which interrupts belong to devices of a domain; an interrupt that
 * no bus knows cannot be requested.
 */
struct nooks_irq_owner {
	struct list_head link;
	bool (*owns)(struct nooks_domain *d, unsigned int irq);
};
void nooks_irq_owner_register(struct nooks_irq_owner *o);
void nooks_irq_owner_unregister(struct nooks_irq_owner *o);

/* core.c */
void nooks_dynamic_pr_debug(struct nooks_frame *f, struct _ddebug *descriptor,
			    const char *fmt, ...);
int nooks_core_glue_init(void);
void nooks_core_glue_exit(void);

#endif
