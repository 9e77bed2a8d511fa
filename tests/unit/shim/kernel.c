// SPDX-License-Identifier: GPL-2.0
/*
 * The functions of the shim: see kernel.h.
 */
#include "kernel.h"

int shim_preempt, shim_bh, shim_rcu;
bool shim_irqs_off;
long shim_fail_after = -1, shim_live;
struct workqueue_struct *system_unbound_wq;
const struct kernel_param_ops param_ops_charp;

int shim_log(const char *fmt, ...)
{
	va_list ap;

	if (!getenv("SHIM_LOG"))
		return 0;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	return 0;
}

u64 local_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + t.tv_nsec;
}

void *shim_alloc(size_t n, bool zero)
{
	void *p;

	if (!shim_fail_after)
		return NULL;
	if (shim_fail_after > 0)
		shim_fail_after--;
	p = zero ? calloc(1, n) : malloc(n);
	shim_live += !!p;
	return p;
}

void shim_free(const void *p)
{
	shim_live -= !!p;
	free((void *)p);
}

struct kmem_cache *shim_cache(size_t n)
{
	struct kmem_cache *c = shim_alloc(sizeof(*c), true);

	if (c)
		c->size = n;
	return c;
}

struct page *alloc_pages(gfp_t g, unsigned int order)
{
	size_t n = PAGE_SIZE << order;
	void *p;

	if (!shim_fail_after)
		return NULL;
	p = aligned_alloc(n, n);
	if (p && (g & __GFP_ZERO))
		memset(p, 0, n);
	shim_live += !!p;
	return p;
}

void __free_pages(struct page *p, unsigned int order)
{
	shim_free(p);
}

/* A lock taken twice, or released without being held, is a bug in the code under test. */
void shim_lock(raw_spinlock_t *l)
{
	if (l->val)
		abort();
	l->val = 1;
}

void shim_unlock(raw_spinlock_t *l)
{
	if (!l->val)
		abort();
	l->val = 0;
}

static void take_rw(rwlock_t *l, bool write)
{
	if (l->cnts && (write || l->cnts < 0))
		abort();
	l->cnts = write ? -1 : l->cnts + 1;
}

static void give_rw(rwlock_t *l, bool write)
{
	if (write ? l->cnts != -1 : l->cnts <= 0)
		abort();
	l->cnts = write ? 0 : l->cnts - 1;
}

#define DEFINE_LOCKS(suffix, before, after)						\
void _raw_spin_lock##suffix(raw_spinlock_t *l)						\
{ before; preempt_disable(); shim_lock(l); }						\
void _raw_spin_unlock##suffix(raw_spinlock_t *l)					\
{ shim_unlock(l); preempt_enable(); after; }						\
void _raw_read_lock##suffix(rwlock_t *l)						\
{ before; preempt_disable(); take_rw(l, false); }					\
void _raw_read_unlock##suffix(rwlock_t *l)						\
{ give_rw(l, false); preempt_enable(); after; }						\
void _raw_write_lock##suffix(rwlock_t *l)						\
{ before; preempt_disable(); take_rw(l, true); }					\
void _raw_write_unlock##suffix(rwlock_t *l)						\
{ give_rw(l, true); preempt_enable(); after; }
DEFINE_LOCKS(, , )
DEFINE_LOCKS(_bh, local_bh_disable(), local_bh_enable())
DEFINE_LOCKS(_irq, local_irq_disable(), local_irq_enable())

static void restore(unsigned long f)
{
	if (f & X86_EFLAGS_IF)
		local_irq_enable();
}

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *l)
{
	unsigned long f;

	local_irq_save(f);
	_raw_spin_lock(l);
	return f;
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *l, unsigned long f)
{
	_raw_spin_unlock(l);
	restore(f);
}

unsigned long _raw_read_lock_irqsave(rwlock_t *l)
{
	unsigned long f;

	local_irq_save(f);
	_raw_read_lock(l);
	return f;
}

void _raw_read_unlock_irqrestore(rwlock_t *l, unsigned long f)
{
	_raw_read_unlock(l);
	restore(f);
}

unsigned long _raw_write_lock_irqsave(rwlock_t *l)
{
	unsigned long f;

	local_irq_save(f);
	_raw_write_lock(l);
	return f;
}

void _raw_write_unlock_irqrestore(rwlock_t *l, unsigned long f)
{
	_raw_write_unlock(l);
	restore(f);
}

int _raw_spin_trylock(raw_spinlock_t *l)
{
	if (l->val)
		return 0;
	_raw_spin_lock(l);
	return 1;
}

int _raw_spin_trylock_bh(raw_spinlock_t *l)
{
	if (l->val)
		return 0;
	_raw_spin_lock_bh(l);
	return 1;
}

void mutex_lock(struct mutex *m)
{
	if (m->locked)
		abort();
	m->locked = 1;
}

void mutex_unlock(struct mutex *m)
{
	if (!m->locked)
		abort();
	m->locked = 0;
}

int mutex_trylock(struct mutex *m)
{
	return m->locked ? 0 : (m->locked = 1);
}

void bitmap_set(unsigned long *m, unsigned int at, unsigned int n)
{
	while (n--) {
		__set_bit(at, m);
		at++;
	}
}

void bitmap_clear(unsigned long *m, unsigned int at, unsigned int n)
{
	while (n--) {
		__clear_bit(at, m);
		at++;
	}
}

unsigned long find_first_zero_bit(const unsigned long *m, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n && test_bit(i, m); i++)
		;
	return i;
}

unsigned long bitmap_find_next_zero_area(unsigned long *m, unsigned long size,
					 unsigned long start, unsigned int n,
					 unsigned long align)
{
	unsigned long i;

	for (start = (start + align) & ~align; start + n <= size;
	     start = (start + 1 + align) & ~align) {
		for (i = 0; i < n && !test_bit(start + i, m); i++)
			;
		if (i == n)
			return start;
	}
	return size + 1;
}

unsigned long roundup_pow_of_two(unsigned long n)
{
	unsigned long p = 1;

	while (p < n)
		p <<= 1;
	return p;
}
