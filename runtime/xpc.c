// SPDX-License-Identifier: GPL-2.0
/*
 * Extension procedure calls: the C behind the gates.
 *
 * An upcall lives in one struct nooks_frame on the caller's kernel stack, from
 * nooks_upcall() on.  nooks_enter() gives it a driver stack, runs the driver
 * and, however that ended, puts the thread back into the state it was in:
 * interrupt flag, preempt and bottom-half counts, RCU nesting, locks.  A driver
 * that returned in another state has broken its contract: the state is
 * repaired, the violation counted, the driver ended.
 *
 * Threads inside are found by task in one table, newest frame first: a frame
 * is nested in the one before it.
 */
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <linux/srcu.h>
#include <asm/processor-flags.h>
#include <nooks/entry.h>
#include "internal.h"
#include "trace.h"
#include "xpc.h"

static_assert(offsetof(struct nooks_frame, ksp) == NOOKS_FRAME_KSP);
static_assert(offsetof(struct nooks_frame, domain) == NOOKS_FRAME_DOMAIN);
static_assert(offsetof(struct nooks_frame, dstack) == NOOKS_FRAME_DSTACK);
static_assert(offsetof(struct nooks_frame, func) == NOOKS_FRAME_FUNC);
static_assert(offsetof(struct nooks_frame, arg) == NOOKS_FRAME_ARG);
static_assert(offsetof(struct nooks_frame, down) == NOOKS_FRAME_DOWN);
static_assert(offsetof(struct nooks_frame, dsp) == NOOKS_FRAME_DSP);
static_assert(offsetof(struct nooks_frame, pcw) == NOOKS_FRAME_PCW);
static_assert(offsetof(struct nooks_frame, cr2) == NOOKS_FRAME_CR2);
static_assert(offsetof(struct nooks_frame, wrapper) == NOOKS_FRAME_WRAPPER);
static_assert(offsetof(struct nooks_frame, regs) == NOOKS_FRAME_REGS);
static_assert(sizeof(struct nooks_regs) == 8 * NOOKS_NR_REGS);
static_assert(offsetof(struct nooks_frame, ret) == NOOKS_FRAME_RET);
static_assert(offsetof(struct nooks_frame, dflags) == NOOKS_FRAME_DFLAGS);
static_assert(offsetof(struct nooks_frame, eflags) == NOOKS_FRAME_EFLAGS);
static_assert(offsetof(struct nooks_frame, kill) == NOOKS_FRAME_KILL);
static_assert(offsetof(struct nooks_domain, cr3) == NOOKS_DOMAIN_CR3);
static_assert(offsetof(struct nooks_domain, dead) == NOOKS_DOMAIN_DEAD);
static_assert(sizeof(struct nooks_thunk) == 32);
static_assert(offsetof(struct nooks_thunk, func) == NOOKS_THUNK_FUNC);
static_assert(offsetof(struct nooks_thunk, module) == NOOKS_THUNK_MODULE);
static_assert(offsetof(struct nooks_module, domain) == NOOKS_MODULE_DOMAIN);

#define FRAME_BITS	6

/* kernel -> driver -> kernel -> driver ...: the kernel stack must suffice */
#define MAX_DEPTH	6
#define MIN_STACK	5120

struct bucket {
	raw_spinlock_t lock;
	struct hlist_head frames;
} ____cacheline_aligned_in_smp;

static struct bucket buckets[1 << FRAME_BITS];

void nooks_frames_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		raw_spin_lock_init(&buckets[i].lock);
}

static struct bucket *bucket_of(struct task_struct *task)
{
	return &buckets[hash_ptr(task, FRAME_BITS)];
}

static struct nooks_frame *newest(struct bucket *b, struct task_struct *task)
{
	struct nooks_frame *f;

	hlist_for_each_entry(f, &b->frames, link)
		if (f->task == task)
			return f;
	return NULL;
}

static void frame_add(struct nooks_frame *f)
{
	struct bucket *b = bucket_of(current);
	unsigned long flags;

	raw_spin_lock_irqsave(&b->lock, flags);
	f->outer = newest(b, current);
	f->depth = f->outer ? f->outer->depth + 1 : 0;
	hlist_add_head(&f->link, &b->frames);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

static void frame_del(struct nooks_frame *f)
{
	struct bucket *b = bucket_of(current);
	unsigned long flags;

	raw_spin_lock_irqsave(&b->lock, flags);
	hlist_del(&f->link);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

struct nooks_frame *nooks_current_frame(void)
{
	struct bucket *b = bucket_of(current);
	struct nooks_frame *f;
	unsigned long flags;

	raw_spin_lock_irqsave(&b->lock, flags);
	f = newest(b, current);
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return f;
}
EXPORT_SYMBOL_GPL(nooks_current_frame);

int nooks_frames_each(struct nooks_domain *d, int (*fn)(void *arg, struct nooks_frame *f),
		      void *arg)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(buckets) && !ret; i++) {
		struct bucket *b = &buckets[i];
		struct nooks_frame *f;
		unsigned long flags;

		raw_spin_lock_irqsave(&b->lock, flags);
		hlist_for_each_entry(f, &b->frames, link) {
			if (d && f->domain != d)
				continue;
			ret = fn(arg, f);
			if (ret)
				break;
		}
		raw_spin_unlock_irqrestore(&b->lock, flags);
	}
	return ret;
}

static void copy_args(struct nooks_frame *f, const unsigned long *args)
{
	int i;

	for (i = 0; i < NOOKS_NR_REG_ARGS; i++)
		f->arg[i] = f->original[i] = args[i];
}

/* Count what a driver did to its thread, and end it. */
__printf(2, 3)
static void violation(struct nooks_frame *f, const char *fmt, ...)
{
	static const struct nooks_cause cause = { .kind = "contract" };
	char why[96];
	va_list ap;

	atomic64_inc(&f->domain->violations);
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	nooks_fail_cause(f->domain, f, &cause, "%s", why);
}

/* Is there room for the driver and for what it calls?  Sets f->failed if not. */
static bool room(struct nooks_frame *f)
{
	unsigned long sp = current_stack_pointer;
	unsigned long low = (unsigned long)task_stack_page(current);

	if (f->depth <= MAX_DEPTH &&
	    (sp - low >= THREAD_SIZE || sp - low >= MIN_STACK))	/* interrupts: other stacks */
		return true;
	f->failed = 1;
	if (f->depth)
		violation(f, "calls nested too deep (%u)", f->depth);
	else
		pr_warn_ratelimited("nooks: %s: not called: kernel stack nearly full\n",
				    f->domain->name);
	return false;
}

/**
 * nooks_upcall() - the kernel called a thunk
 * @args: the six register arguments
 * @t: its record, NULL if its page was never prepared
 * @caller_stack: the caller's stack arguments
 *
 * Context: any but NMI.
 * Return: what the caller of the thunk gets.
 */
unsigned long nooks_upcall(const unsigned long *args, struct nooks_thunk *t,
			   const unsigned long *caller_stack)
{
	const struct nooks_stub *stub;
	struct nooks_frame f;
	struct nooks_domain *d;

	if (!t || !t->module || WARN_ON_ONCE(in_nmi())) {
		pr_err_ratelimited("nooks: call of a thunk nobody prepared, from %pS\n",
				   (void *)caller_stack[-1]);
		return 0;
	}
	d = t->module->domain;
	/* all but the registers, which a trap sets before it uses them */
	memset((char *)&f, 0, offsetof(struct nooks_frame, regs));
	memset((char *)&f + offsetof(struct nooks_frame, ret), 0,
	       sizeof(f) - offsetof(struct nooks_frame, ret));
	f.domain = d;
	f.func = t->func;
	f.thunk = t;
	f.caller_stack = caller_stack;
	f.task = current;
	f.dslot = -1;
	f.entered = f.preemptible = jiffies;
	copy_args(&f, args);
	atomic64_inc(&t->calls);
	atomic64_inc(&d->upcalls);

	frame_add(&f);
	atomic_inc(&d->inside);
	smp_mb__after_atomic();		/* a closing domain sees us, or we see that it closed */
	stub = READ_ONCE(t->stub);
	if (!stub) {
		nooks_thunk_unbound(&f);
		f.ret = 0;
	} else {
		f.context = stub->context;
		trace_nooks_upcall(d->name, stub->name, t->func);
		if (READ_ONCE(d->dead))
			f.failed = 1;
		else if (room(&f))
			stub->call(&f);
		if (f.failed)
			stub->fault(&f);
	}
	frame_del(&f);
	smp_mb__before_atomic();
	atomic_dec(&d->inside);
	return f.ret;
}

/* The thread as it was when it entered.  Interrupts off, kernel rights. */
static void restore_context(struct nooks_frame *f, bool failed)
{
	unsigned int held = nooks_locks_left(f);
	int depth = rcu_preempt_depth();
	int count;

	if (held) {
		if (!failed)
			violation(f, "returned with %u lock%s held", held, held > 1 ? "s" : "");
		nooks_locks_undo(f);
	}
	count = preempt_count();
	if (!failed) {
		if ((f->dflags ^ f->eflags) & X86_EFLAGS_IF)
			violation(f, "returned with interrupts %s",
				  f->dflags & X86_EFLAGS_IF ? "on" : "off");
		if (!held && count != f->preempt_count)
			violation(f, "returned with preempt count %#x instead of %#x", count,
				  f->preempt_count);
		if (!held && depth != f->rcu_nesting)
			violation(f, "returned with RCU nesting %d instead of %d", depth,
				  f->rcu_nesting);
		if (current->pagefault_disabled != f->pagefault_disabled)
			violation(f, "returned with page faults disabled");
	}
	current->pagefault_disabled = f->pagefault_disabled;
	while (rcu_preempt_depth() > f->rcu_nesting)
		__rcu_read_unlock();
	while (rcu_preempt_depth() < f->rcu_nesting)
		__rcu_read_lock();
	if (preempt_count() != f->preempt_count)
		preempt_count_set(f->preempt_count);
}

/* The seventh and further arguments go where the driver's ABI expects them. */
static void push_stack_args(struct nooks_frame *f, unsigned long top)
{
	unsigned int nargs = f->thunk->stub ? f->thunk->stub->nargs : 0;
	unsigned int n = nargs > NOOKS_NR_REG_ARGS ? nargs - NOOKS_NR_REG_ARGS : 0;

	n = min_t(unsigned int, n, NOOKS_NR_STACK_ARGS);
	f->dstack = top - 16 - round_up(n * 8, 16);
	if (n)
		memcpy((void *)f->dstack, f->caller_stack, n * 8);
}

/* The gates and the way back from traps read the frame under the domain's rights. */
static void map_frame(struct nooks_frame *f)
{
	const struct nooks_backend *b = f->domain->backend;

	b->sync(f->domain, (unsigned long)f);
	b->sync(f->domain, (unsigned long)(f + 1) - 1);
}

int nooks_enter(struct nooks_frame *f)
{
	struct nooks_domain *d = f->domain;
	unsigned long slot, flags;
	bool failed;

	if (READ_ONCE(d->dead)) {
		f->failed = 1;
		return -EFAULT;
	}
	slot = nooks_stack_get(f);
	if (!slot) {
		f->failed = 1;
		return -EBUSY;
	}
	f->pcw = slot;
	f->nheld = 0;
	f->wrapper = NULL;
	f->kill = 0;
	f->stuck = 0;
	f->ticks = 0;
	f->tick = jiffies;
	push_stack_args(f, slot + NOOKS_STACK_HIGH);

	local_irq_save(flags);
	f->eflags = flags;
	f->preempt_count = preempt_count();
	f->rcu_nesting = rcu_preempt_depth();
	f->pagefault_disabled = current->pagefault_disabled;
	map_frame(f);
	failed = __nooks_enter(f);
	f->progress++;
	restore_context(f, failed);
	local_irq_restore(flags);

	if (!failed && !READ_ONCE(d->dead))
		nooks_drain(f);
	nooks_stack_put(f);
	f->wrapper = NULL;
	if (failed || READ_ONCE(d->dead)) {
		f->failed = 1;
		return -EFAULT;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(nooks_enter);

bool nooks_on_own_stack(const struct nooks_frame *f, unsigned long sp, size_t n)
{
	return sp >= f->pcw + NOOKS_STACK_LOW && n <= NOOKS_STACK_HIGH - NOOKS_STACK_LOW &&
	       sp <= f->pcw + NOOKS_STACK_HIGH - n;
}

/* Words the gate pushed on the driver's stack before it left it: rbx, r12. */
#define GATE_WORDS	2

unsigned long nooks_stack_arg(struct nooks_frame *f, unsigned int i)
{
	unsigned long at = f->dsp + (GATE_WORDS + 1 + i) * 8;
	static const struct nooks_cause cause = { .kind = "stack pointer" };

	if (i >= NOOKS_NR_STACK_ARGS || !nooks_on_own_stack(f, at, 8)) {
		nooks_fail_cause(f->domain, f, &cause,
				 "stack arguments of %s lie outside the driver's stack",
				 f->wrapper ? f->wrapper->name : "a call");
		return 0;
	}
	return READ_ONCE(*(unsigned long *)at);
}
EXPORT_SYMBOL_GPL(nooks_stack_arg);

static bool may_sleep_here(void)
{
	return !preempt_count() && !irqs_disabled() && !rcu_preempt_depth();
}

/*
 * A driver that keeps its thread from being preempted for too long, calling
 * all the time (udelay() in an endless loop).
 */
static bool hogs(struct nooks_frame *f)
{
	if (!preempt_count() && !irqs_disabled()) {
		f->preemptible = jiffies;
		return false;
	}
	return time_after(jiffies, f->preemptible + nooks_watchdog_limit());
}

/*
 * nooks_downcall() - the driver called a wrapper
 *
 * frame->wrapper and frame->down[] are set, nothing of it is trusted.  The
 * gate looks at domain->dead afterwards: the result counts only if it is 0.
 */
unsigned long nooks_downcall(struct nooks_frame *f)
{
	const struct nooks_wrapper *w = f->wrapper;
	struct nooks_domain *d = f->domain;
	struct nooks_cause cause = { .kind = "gate" };
	unsigned long ret;
	int idx;

	f->progress++;
	atomic64_inc(&d->downcalls);
	if (READ_ONCE(d->dead))
		return 0;
	if (!nooks_wrapper_known(w)) {
		f->wrapper = NULL;
		cause.addr = (unsigned long)w;
		cause.has_addr = true;
		nooks_fail_cause(d, f, &cause, "jump to the gate without a wrapper");
		return 0;
	}
	if (!nooks_on_own_stack(f, f->dsp, (GATE_WORDS + 1) * 8)) {
		cause.kind = "stack pointer";
		cause.addr = f->dsp;
		cause.has_addr = true;
		nooks_fail_cause(d, f, &cause, "%s called with the stack pointer outside the stack",
				 w->name);
		return 0;
	}
	if (hogs(f)) {
		cause.kind = "watchdog";
		nooks_fail_cause(d, f, &cause, "endless loop: not preemptible for %u ms",
				 jiffies_to_msecs(jiffies - f->preemptible));
		return 0;
	}
	if (nooks_deferred(f)) {
		unsigned long args[NOOKS_NR_REG_ARGS];

		memcpy(args, f->down, sizeof(args));
		nooks_drain(f);
		memcpy(f->down, args, sizeof(args));
		f->wrapper = w;
		if (READ_ONCE(d->dead))
			return 0;
	}
	this_cpu_inc(*w->calls);
	trace_nooks_downcall(d->name, w->name);
	if (w->flags & NOOKS_W_FATAL) {
		cause.kind = "fatal call";
		nooks_fail_cause(d, f, &cause, "driver called %s", w->name);
		return 0;
	}
	if (w->context == NOOKS_CTX_SLEEPS && !may_sleep_here()) {
		violation(f, "%s, which may sleep, called %s", w->name,
			  irqs_disabled() ? "with interrupts off" :
			  preempt_count() ? "in atomic context" : "under rcu_read_lock()");
		return 0;
	}
	idx = srcu_read_lock(&nooks_srcu);
	ret = w->call(f);
	srcu_read_unlock(&nooks_srcu, idx);
	return ret;
}

/*
 * nooks_downcall_outside() - driver text ran without a gate having let it in
 *
 * That cannot happen where driver text is executable in its domain only; under
 * `none` it takes a raw code pointer that the linker missed.  There is no frame
 * to unwind to and no domain to trust, so the call is refused.
 */
unsigned long nooks_downcall_outside(const struct nooks_wrapper *w, unsigned long caller)
{
	pr_err_ratelimited("nooks: %s called from %pS, which runs outside its domain: refused\n",
			   nooks_wrapper_known(w) ? w->name : "a wrapper", (void *)caller);
	return 0;
}

/*
 * nooks_fold() - the driver changed its stand-in for the preempt count
 *
 * Interrupts off, called before anything looks at the real count.  A change
 * that no sequence of preempt_disable() and local_bh_disable() makes, or one
 * that would go below what the driver was entered with, is refused.
 */
void nooks_fold(struct nooks_frame *f)
{
	u32 *pc = &((struct nooks_stack_base *)f->pcw)->pc;
	int delta = READ_ONCE(*pc) - NOOKS_PC_START;
	int old = preempt_count();
	int bh = (delta + (PREEMPT_OFFSET << (PREEMPT_BITS - 1))) >> SOFTIRQ_SHIFT;
	int preempt = delta - (bh << SOFTIRQ_SHIFT);
	int new_preempt = (old & PREEMPT_MASK) + preempt;
	int new_bh = ((old & SOFTIRQ_MASK) >> SOFTIRQ_SHIFT) + bh;

	WRITE_ONCE(*pc, NOOKS_PC_START);
	if (new_preempt < (f->preempt_count & PREEMPT_MASK) ||
	    new_preempt > PREEMPT_MASK ||
	    new_bh < (f->preempt_count & SOFTIRQ_MASK) >> SOFTIRQ_SHIFT ||
	    new_bh > SOFTIRQ_MASK >> SOFTIRQ_SHIFT) {
		violation(f, "preempt count changed by %d", delta);
		return;
	}
	__preempt_count_add(delta);
}

/* nooks_kick() - @d was just closed: threads that run in it notice at the next interrupt */
void nooks_kick(struct nooks_domain *d)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu(nooks_cpu.cur, cpu)))
			smp_send_reschedule(cpu);
	nooks_watchdog_hurry();
}
