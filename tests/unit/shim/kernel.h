/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Just enough of the kernel's headers to build the policy core of runtime/ in
 * user space.  Every <linux/X.h> of the shim is this file.
 *
 * Single-threaded: locks only check that they are not taken twice, and counts
 * (preemption, bottom halves, interrupt flag) are plain variables that tests look at.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned int gfp_t;
typedef int64_t time64_t;
typedef int64_t ktime_t;

#define __user
#define __percpu
#define __iomem
#define __rcu
#define __init
#define __exit
#define __aligned(n) __attribute__((aligned(n)))
#define __printf(a, b) __attribute__((format(printf, a, b)))
#define __always_unused __attribute__((unused))
#define fallthrough __attribute__((fallthrough))
#define asmlinkage
#define likely(x) (x)
#define unlikely(x) (x)
#define U64_MAX UINT64_MAX
#define MAX_ERRNO 4095
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define NSEC_PER_MSEC 1000000L
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define smp_store_release(p, v) WRITE_ONCE(*(p), v)
#define smp_load_acquire(p) READ_ONCE(*(p))
#define cmpxchg(p, o, n) __sync_val_compare_and_swap(p, o, n)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(t, a, b) min((t)(a), (t)(b))
#define check_mul_overflow(a, b, r) __builtin_mul_overflow(a, b, r)
#define check_add_overflow(a, b, r) __builtin_add_overflow(a, b, r)
#define WARN_ON_ONCE(x) ((x) ? (fprintf(stderr, "WARN %s:%d\n", __FILE__, __LINE__), abort(), 1) : 0)
#define strscpy(d, s, n) snprintf(d, n, "%s", s)
#define cpu_relax() ((void)0)
#define cond_resched() ((void)0)

#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_SHIFT 12
#define TASK_SIZE_MAX 4096UL
#define PAGE_KERNEL 0
#define VM_MAP 0
#define IS_ERR(p) ((unsigned long)(p) >= (unsigned long)-MAX_ERRNO)
#define PTR_ERR(p) ((long)(p))
#define ERR_PTR(e) ((void *)(long)(e))

/* messages and modules */
int shim_log(const char *fmt, ...);
#define pr_err(...) shim_log(__VA_ARGS__)
#define pr_warn(...) shim_log(__VA_ARGS__)
#define pr_info(...) shim_log(__VA_ARGS__)
struct va_format {
	const char *fmt;
	va_list *va;
};
#define EXPORT_SYMBOL_GPL(x) extern int shim_export_##x
#define EXPORT_SYMBOL(x) extern int shim_export_##x
/* Tests set NAME through shim_param_NAME. */
#define module_param(n, t, m) extern typeof(n) *const shim_param_##n;			\
	typeof(n) *const shim_param_##n = &n
#define MODULE_PARM_DESC(n, d) extern int shim_desc_##n

struct kernel_param;
struct kernel_param_ops {
	unsigned int flags;
	int (*set)(const char *val, const struct kernel_param *kp);
	int (*get)(char *buffer, const struct kernel_param *kp);
	void (*free)(void *arg);
};
struct kernel_param {
	const char *name;
	const struct kernel_param_ops *ops;
	void *arg;
};
extern const struct kernel_param_ops param_ops_charp;
#define MODULE_NAME_LEN 56
enum module_state { MODULE_STATE_LIVE, MODULE_STATE_COMING, MODULE_STATE_GOING };
struct module_layout {
	void *base;
	unsigned int size, text_size, ro_size, ro_after_init_size;
};
struct module {
	enum module_state state;
	char name[MODULE_NAME_LEN];
	struct module_layout core_layout;
	struct kernel_param *kp;
	unsigned int num_kp;
};
static inline bool within_module_core(unsigned long a, const struct module *m)
{
	return a - (unsigned long)m->core_layout.base < m->core_layout.size;
}

/* lists */
struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};
#define LIST_HEAD(n) struct list_head n = { &(n), &(n) }
static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l->prev = l;
}
static inline void shim_list_between(struct list_head *n, struct list_head *p,
				     struct list_head *x)
{
	n->prev = p;
	n->next = x;
	p->next = n;
	x->prev = n;
}
static inline void list_add(struct list_head *n, struct list_head *h)
{
	shim_list_between(n, h, h->next);
}
static inline void list_add_tail(struct list_head *n, struct list_head *h)
{
	shim_list_between(n, h->prev, h);
}
#define list_add_tail_rcu list_add_tail
static inline void list_del(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = NULL;
}
#define list_del_rcu list_del
static inline void list_del_init(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	INIT_LIST_HEAD(n);
}
static inline bool list_empty(const struct list_head *h)
{
	return h->next == h;
}
static inline bool list_is_singular(const struct list_head *h)
{
	return !list_empty(h) && h->next == h->prev;
}
#define list_entry(p, t, m) container_of(p, t, m)
#define list_first_entry(h, t, m) list_entry((h)->next, t, m)
#define list_last_entry(h, t, m) list_entry((h)->prev, t, m)
#define list_first_entry_or_null(h, t, m) (list_empty(h) ? NULL : list_first_entry(h, t, m))
#define list_for_each_entry(p, h, m)						\
	for (p = list_first_entry(h, typeof(*p), m); &p->m != (h);		\
	     p = list_entry(p->m.next, typeof(*p), m))
#define list_for_each_entry_rcu list_for_each_entry
#define list_for_each_entry_reverse(p, h, m)					\
	for (p = list_last_entry(h, typeof(*p), m); &p->m != (h);		\
	     p = list_entry(p->m.prev, typeof(*p), m))
#define list_for_each_entry_safe(p, n, h, m)					\
	for (p = list_first_entry(h, typeof(*p), m),				\
	     n = list_entry(p->m.next, typeof(*p), m); &p->m != (h);		\
	     p = n, n = list_entry(n->m.next, typeof(*n), m))

#define DECLARE_HASHTABLE(n, bits) struct hlist_head n[1 << (bits)]
#define hash_init(t) memset(t, 0, sizeof(t))
static inline void shim_hlist_add(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (n->next)
		n->next->pprev = &n->next;
	h->first = n;
}
static inline void hash_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
}
#define hash_add(t, n, key) shim_hlist_add(n, &(t)[(key) % ARRAY_SIZE(t)])
#define hash_for_each_possible(t, o, m, key)						\
	for (struct hlist_node *shim_n = (t)[(key) % ARRAY_SIZE(t)].first;		\
	     shim_n && (o = container_of(shim_n, typeof(*o), m), 1);			\
	     shim_n = shim_n->next)

/* The interval tree: a list sorted by start. */
struct rb_node {
	struct rb_node *next;
};
struct rb_root_cached {
	struct rb_node *first;
};
#define RB_ROOT_CACHED (struct rb_root_cached) { NULL }
#define INTERVAL_TREE_DEFINE(T, RB, V, SUB, ST, LA, STATIC, P)				\
STATIC void P##_insert(T *n, struct rb_root_cached *root)				\
{											\
	struct rb_node **l = &root->first;						\
	while (*l && ST(container_of(*l, T, RB)) <= ST(n))				\
		l = &(*l)->next;							\
	n->RB.next = *l;								\
	*l = &n->RB;									\
}											\
STATIC void P##_remove(T *n, struct rb_root_cached *root)				\
{											\
	struct rb_node **l = &root->first;						\
	while (*l != &n->RB)								\
		l = &(*l)->next;							\
	*l = n->RB.next;								\
}											\
static T *P##_scan(struct rb_node *n, V start, V last)					\
{											\
	for (; n; n = n->next)								\
		if (ST(container_of(n, T, RB)) <= last &&				\
		    LA(container_of(n, T, RB)) >= start)				\
			return container_of(n, T, RB);					\
	return NULL;									\
}											\
STATIC T *P##_iter_first(struct rb_root_cached *root, V start, V last)			\
{											\
	return P##_scan(root->first, start, last);					\
}											\
STATIC __always_unused T *P##_iter_next(T *n, V start, V last)				\
{											\
	return P##_scan(n->RB.next, start, last);					\
}

/* context: what the code under test changes and the tests look at */
extern int shim_preempt, shim_bh;
extern bool shim_irqs_off;
#define X86_EFLAGS_IF 0x200UL
#define preempt_disable() ((void)shim_preempt++)
#define preempt_enable() ((void)shim_preempt--)
#define local_bh_disable() ((void)shim_bh++)
#define local_bh_enable() ((void)shim_bh--)
#define local_irq_disable() ((void)(shim_irqs_off = true))
#define local_irq_enable() ((void)(shim_irqs_off = false))
#define local_irq_save(f) ((void)((f) = shim_irqs_off ? 0 : X86_EFLAGS_IF, shim_irqs_off = true))
#define PREEMPT_MASK 0xff
#define SOFTIRQ_MASK 0xff00
#define SOFTIRQ_DISABLE_OFFSET 0x200
#define preempt_count() (shim_preempt + shim_bh * SOFTIRQ_DISABLE_OFFSET)
#define in_atomic() (shim_preempt || shim_bh)
#define irqs_disabled() shim_irqs_off
u64 local_clock(void);

/* locks */
typedef struct {
	unsigned int word;
} arch_spinlock_t;
typedef struct {
	int word;
} arch_rwlock_t;
typedef struct {
	union {
		unsigned int val;
		arch_spinlock_t raw_lock;
	};
} raw_spinlock_t;
typedef raw_spinlock_t spinlock_t;
typedef struct {
	union {
		int cnts;
		arch_rwlock_t raw_lock;
	};
	int wait;
} rwlock_t;
#define arch_spin_trylock(l) ((l)->word ? false : ((l)->word = 1, true))
#define arch_write_trylock(l) ((l)->word ? false : ((l)->word = -1, true))
#define arch_read_trylock(l) ((l)->word < 0 ? false : ((l)->word++, true))
struct mutex {
	int locked;
};
struct rw_semaphore {
	int count;
};
struct lock_class_key {
	char unused;
};
#define DEFINE_SPINLOCK(n) spinlock_t n
#define DEFINE_MUTEX(n) struct mutex n
#define raw_spin_lock_init(l) ((void)((l)->val = 0))
void shim_lock(raw_spinlock_t *l);
void shim_unlock(raw_spinlock_t *l);
#define raw_spin_lock_irqsave(l, f) do { local_irq_save(f); shim_lock(l); } while (0)
#define raw_spin_unlock_irqrestore(l, f)						\
	do {										\
		shim_unlock(l);								\
		if (f)									\
			local_irq_enable();						\
	} while (0)
#define spin_lock(l) shim_lock(l)
#define spin_unlock(l) shim_unlock(l)
#define SHIM_SPIN(suffix, take, give)							\
	void _raw_spin_lock##suffix(raw_spinlock_t *l);					\
	void _raw_spin_unlock##suffix(raw_spinlock_t *l);				\
	void _raw_read_lock##suffix(rwlock_t *l);					\
	void _raw_read_unlock##suffix(rwlock_t *l);					\
	void _raw_write_lock##suffix(rwlock_t *l);					\
	void _raw_write_unlock##suffix(rwlock_t *l);
SHIM_SPIN(, , )
SHIM_SPIN(_bh, , )
SHIM_SPIN(_irq, , )
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *l);
void _raw_spin_unlock_irqrestore(raw_spinlock_t *l, unsigned long f);
unsigned long _raw_read_lock_irqsave(rwlock_t *l);
void _raw_read_unlock_irqrestore(rwlock_t *l, unsigned long f);
unsigned long _raw_write_lock_irqsave(rwlock_t *l);
void _raw_write_unlock_irqrestore(rwlock_t *l, unsigned long f);
int _raw_spin_trylock(raw_spinlock_t *l);
int _raw_spin_trylock_bh(raw_spinlock_t *l);

#define mutex_init(m) ((void)((m)->locked = 0))
#define __mutex_init(m, n, k) ((void)(k), mutex_init((struct mutex *)(m)))
#define mutex_is_locked(m) (((struct mutex *)(m))->locked != 0)
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
int mutex_trylock(struct mutex *m);
#define mutex_lock_interruptible(m) (mutex_lock(m), 0)
#define mutex_lock_killable(m) (mutex_lock(m), 0)
#define __init_rwsem(m, n, k) ((void)(k), ((struct rw_semaphore *)(m))->count = 0)
#define rwsem_is_locked(m) (((struct rw_semaphore *)(m))->count != 0)
#define down_write(s) ((void)((s)->count = -1))
#define down_read(s) ((void)((s)->count++))
#define up_write(s) ((void)((s)->count = 0))
#define up_read(s) ((void)((s)->count--))
#define down_write_killable(s) (down_write(s), 0)
#define down_read_killable(s) (down_read(s), 0)
#define down_read_interruptible(s) (down_read(s), 0)
#define down_write_trylock(s) ((s)->count ? 0 : (down_write(s), 1))
#define down_read_trylock(s) ((s)->count < 0 ? 0 : (down_read(s), 1))

extern int shim_rcu;
struct rcu_head {
	void *unused[2];
};
#define rcu_read_lock() ((void)shim_rcu++)
#define rcu_read_unlock() ((void)shim_rcu--)
#define __rcu_read_lock rcu_read_lock
#define __rcu_read_unlock rcu_read_unlock
#define synchronize_rcu() ((void)0)
void shim_free(const void *p);
#define kfree_rcu(p, m) shim_free(p)
#define copy_from_kernel_nofault(d, s, n) (memcpy(d, s, n), 0)
#define get_kernel_nofault(v, p) ((v) = *(p), 0)
struct srcu_struct {
	char unused;
};
#define init_srcu_struct(s) ((void)(s), 0)
#define cleanup_srcu_struct(s) ((void)(s))
#define srcu_barrier(s) ((void)(s))
#define call_srcu(s, head, f) f(head)		/* nobody else is inside */

/* atomics */
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
#define atomic_read(a) READ_ONCE((a)->counter)
#define atomic_cmpxchg_acquire(a, o, n) cmpxchg(&(a)->counter, o, n)
#define atomic_set_release(a, v) WRITE_ONCE((a)->counter, v)
#define atomic_sub_return_release(v, a) ((a)->counter -= (v))
struct kref {
	int n;
};

/* memory */
#define GFP_KERNEL 1u
#define GFP_ATOMIC 2u
#define __GFP_ZERO 4u
#define __GFP_DMA32 0u
#define __GFP_NOWARN 0u
#define gfpflags_allow_blocking(g) (!!((g) & GFP_KERNEL))
extern long shim_fail_after;	/* that many allocations succeed; negative: all */
extern long shim_live;		/* allocations not freed */
void *shim_alloc(size_t n, bool zero);
#define kmalloc(n, g) shim_alloc(n, false)
#define kzalloc(n, g) shim_alloc(n, true)
#define kcalloc(n, m, g) shim_alloc((n) * (m), true)
#define kvcalloc kcalloc
#define kvzalloc kzalloc
#define kvmalloc kmalloc
#define kfree(p) shim_free(p)
#define kvfree(p) shim_free(p)
#define vmalloc(n) shim_alloc(n, false)
#define vfree(p) shim_free(p)
struct kmem_cache {
	size_t size;
};
#define kmem_cache_create(n, s, a, f, c) shim_cache(s)
struct kmem_cache *shim_cache(size_t n);
#define kmem_cache_destroy(c) shim_free(c)
#define kmem_cache_zalloc(c, g) shim_alloc((c)->size, true)
#define kmem_cache_free(c, p) shim_free(p)
struct page;
struct page *alloc_pages(gfp_t g, unsigned int order);
void __free_pages(struct page *p, unsigned int order);
#define page_address(p) ((void *)(p))
#define virt_to_page(p) ((struct page *)(p))
#define vmalloc_to_page(p) ((struct page *)(p))
#define vmap(pages, n, f, prot) ((void *)(pages)[0])
#define vunmap(p) ((void)(p))

/* bitmaps */
#define BITS_PER_LONG 64
#define DECLARE_BITMAP(n, bits) unsigned long n[DIV_ROUND_UP(bits, BITS_PER_LONG)]
#define test_bit(i, m) (((m)[(i) / 64] >> ((i) % 64)) & 1)
#define __set_bit(i, m) ((void)((m)[(i) / 64] |= 1UL << ((i) % 64)))
#define __clear_bit(i, m) ((void)((m)[(i) / 64] &= ~(1UL << ((i) % 64))))
#define bitmap_zero(m, n) memset(m, 0, DIV_ROUND_UP(n, 64) * 8)
void bitmap_set(unsigned long *m, unsigned int at, unsigned int n);
void bitmap_clear(unsigned long *m, unsigned int at, unsigned int n);
unsigned long find_first_zero_bit(const unsigned long *m, unsigned long n);
unsigned long bitmap_find_next_zero_area(unsigned long *m, unsigned long size,
					 unsigned long start, unsigned int n,
					 unsigned long align);
unsigned long roundup_pow_of_two(unsigned long n);

/* work is not run by itself */
struct work_struct {
	void (*func)(struct work_struct *w);
	int queued;
};
extern struct workqueue_struct *system_unbound_wq;
#define INIT_WORK(w, f) ((void)((w)->func = (f), (w)->queued = 0))
#define queue_work(q, w) ((void)(w)->queued++)
#define cancel_work_sync(w) ((void)((w)->queued = 0))

struct task_struct;
struct dentry;
struct seq_file;

#endif
