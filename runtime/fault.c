// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when a driver traps.
 *
 * In this order: a mapping that the domain's tables lack is copied; an
 * exception table entry is followed; a WARN is printed and goes on; a permitted
 * write is performed; everything else ends the driver.  Called by the gates
 * with kernel rights on the thread's kernel stack, interrupts off.
 */
#include <linux/bug.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/debugreg.h>
#include <asm/extable.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/trap_pf.h>
#include <asm/trapnr.h>
#include <nooks/emulate.h>
#include "internal.h"
#include "trace.h"
#include "xpc.h"

/* Flags a driver can have when it is interrupted; the rest never goes back. */
#define FLAGS_KEPT	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_IF | \
			 X86_EFLAGS_AC | X86_EFLAGS_ID | X86_EFLAGS_RF)

/* Instructions done in the driver's place between two stores. */
#define RUN_AHEAD	4

static int (*p_fixup_exception)(struct pt_regs *regs, int vec, unsigned long error,
				unsigned long addr);
static enum bug_trap_type (*p_report_bug)(unsigned long addr, struct pt_regs *regs);
static int (*p_poke_int3_handler)(struct pt_regs *regs);

int nooks_fault_init(void)
{
	p_fixup_exception = (void *)nooks_ksym("fixup_exception");
	p_report_bug = (void *)nooks_ksym("report_bug");
	p_poke_int3_handler = (void *)nooks_ksym("poke_int3_handler");
	if (p_fixup_exception && p_report_bug && p_poke_int3_handler)
		return 0;
	pr_err("nooks: kernel symbols fixup_exception, report_bug, poke_int3_handler not found\n");
	return -ENOENT;
}

bool nooks_mem_read(void *dst, unsigned long addr, unsigned int n)
{
	/* copy_from_kernel_nofault() counts in that word itself */
	if (addr == (unsigned long)&current->pagefault_disabled &&
	    n == sizeof(current->pagefault_disabled)) {
		memcpy(dst, (void *)addr, n);
		return true;
	}
	return !copy_from_kernel_nofault(dst, (void *)addr, n);
}

bool nooks_mem_write(unsigned long addr, const void *src, unsigned int n)
{
	switch (n) {
	case 1:
		__put_kernel_nofault((u8 *)addr, src, u8, fault);
		return true;
	case 2:
		__put_kernel_nofault((u16 *)addr, src, u16, fault);
		return true;
	case 4:
		__put_kernel_nofault((u32 *)addr, src, u32, fault);
		return true;
	case 8:
		__put_kernel_nofault((u64 *)addr, src, u64, fault);
		return true;
	}
fault:
	return false;
}

#define CMPXCHG(type, suffix)						\
	asm volatile("1: lock cmpxchg" suffix " %[new], %[mem]\n"	\
		     "   setz %[ok]\n"					\
		     "   xorl %[bad], %[bad]\n"				\
		     "2:\n"						\
		     _ASM_EXTABLE(1b, 2b)				\
		     : "+a" (found), [ok] "=&q" (ok), [bad] "+r" (bad),	\
		       [mem] "+m" (*(type *)addr)			\
		     : [new] "r" ((type)new) : "cc", "memory")

bool nooks_mem_cmpxchg(unsigned long addr, u64 *old, u64 new, unsigned int n, bool *done)
{
	u64 found = *old;
	u32 bad = 1;
	bool ok = false;

	switch (n) {
	case 1:
		CMPXCHG(u8, "b");
		break;
	case 2:
		CMPXCHG(u16, "w");
		break;
	case 4:
		CMPXCHG(u32, "l");
		break;
	case 8:
		CMPXCHG(u64, "q");
		break;
	}
	if (bad)
		return false;
	*done = ok;
	*old = n == 8 ? found : found & ((1ULL << (8 * n)) - 1);
	return true;
}

static void to_pt_regs(struct pt_regs *p, const struct nooks_regs *r)
{
	p->r15 = r->r15;
	p->r14 = r->r14;
	p->r13 = r->r13;
	p->r12 = r->r12;
	p->bp = r->bp;
	p->bx = r->bx;
	p->r11 = r->r11;
	p->r10 = r->r10;
	p->r9 = r->r9;
	p->r8 = r->r8;
	p->ax = r->ax;
	p->cx = r->cx;
	p->dx = r->dx;
	p->si = r->si;
	p->di = r->di;
	p->orig_ax = r->error;
	p->ip = r->ip;
	p->cs = r->cs;
	p->flags = r->flags;
	p->sp = r->sp;
	p->ss = r->ss;
}

static void from_pt_regs(struct nooks_regs *r, const struct pt_regs *p)
{
	r->r15 = p->r15;
	r->r14 = p->r14;
	r->r13 = p->r13;
	r->r12 = p->r12;
	r->bp = p->bp;
	r->bx = p->bx;
	r->r11 = p->r11;
	r->r10 = p->r10;
	r->r9 = p->r9;
	r->r8 = p->r8;
	r->ax = p->ax;
	r->cx = p->cx;
	r->dx = p->dx;
	r->si = p->si;
	r->di = p->di;
	r->ip = p->ip;
	r->sp = p->sp;
}

static bool exception_table(struct nooks_frame *f)
{
	struct nooks_regs *r = &f->regs;
	struct pt_regs regs;

	to_pt_regs(&regs, r);
	if (!p_fixup_exception(&regs, r->vec, r->error, f->cr2))
		return false;
	from_pt_regs(r, &regs);
	return true;
}

/* Leave nothing of a driver's flags or selectors to chance on the way back. */
static int go_on(struct nooks_frame *f)
{
	f->regs.cs = __KERNEL_CS;
	f->regs.ss = __KERNEL_DS;
	f->regs.flags = (f->regs.flags & FLAGS_KEPT) | X86_EFLAGS_FIXED;
	return NOOKS_GO_ON;
}

static bool in_guard(struct nooks_frame *f, unsigned long addr)
{
	return addr - f->pcw < NOOKS_STACK_SLOT;
}

__printf(4, 5)
static int fail(struct nooks_frame *f, const char *kind, struct nooks_cause *cause,
		const char *fmt, ...)
{
	struct nooks_cause plain = { 0 };
	char why[128];
	va_list ap;

	if (!cause)
		cause = &plain;
	cause->kind = kind;
	cause->has_regs = true;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	nooks_fail_cause(f->domain, f, cause, "%s", why);
	f->failed = 1;
	return NOOKS_UNWIND;
}

/* The emulator's question, answered by the domain's rights. */
struct question {
	struct nooks_domain *domain;
	struct nooks_verdict verdict;
	unsigned long addr;
	size_t size;
};

/*
 * kmap_atomic() and pagefault_disable() are inline in drivers and count in the
 * running task; the count is the thread's again when it leaves (xpc.c).
 */
static bool counts_pagefaults(unsigned long addr, size_t n, const void *value)
{
	return addr == (unsigned long)&current->pagefault_disabled &&
	       n == sizeof(current->pagefault_disabled) && value &&
	       *(const int *)value >= 0 && *(const int *)value < 256;
}

static bool ask(void *arg, unsigned long addr, size_t n, const void *value)
{
	struct question *q = arg;

	q->addr = addr;
	q->size = n;
	if (counts_pagefaults(addr, n, value))
		return true;
	return nooks_may_write(q->domain, addr, n, value, &q->verdict);
}

static int fail_access(struct nooks_frame *f, const char *kind, const char *what,
		       unsigned long addr, size_t size, const struct nooks_verdict *v)
{
	struct nooks_cause cause = {
		.addr = addr, .size = size, .has_addr = true, .verdict = v,
	};

	if (in_guard(f, addr))
		return fail(f, "stack overflow", &cause, "stack overflow");
	if (v && v->reason)
		return fail(f, kind, &cause, "%s 0x%lx: %s", what, addr, v->reason);
	return fail(f, kind, &cause, "%s 0x%lx", what, addr);
}

/*
 * Let the CPU itself do it, once, with read-only pages open to it: the whole
 * operand was judged.  Interrupts stay off, or an interrupt's handler would
 * run with the pages open.
 */
static int step(struct nooks_frame *f)
{
	go_on(f);
	f->stepping = 1;
	f->step_if = !!(f->regs.flags & X86_EFLAGS_IF);
	f->regs.flags = (f->regs.flags & ~X86_EFLAGS_IF) | X86_EFLAGS_TF;
	atomic64_inc(&f->domain->stepped);
	return NOOKS_STEP;
}

static void end_step(struct nooks_frame *f)
{
	unsigned long cr0 = native_read_cr0();

	/* not native_write_cr0(): it believes that WP never changes */
	asm volatile("mov %0, %%cr0" : : "r" (cr0 | X86_CR0_WP) : "memory");
	f->stepping = 0;
	f->regs.flags &= ~X86_EFLAGS_TF;
	if (f->step_if)
		f->regs.flags |= X86_EFLAGS_IF;
}

/* The driver's next instruction; returns how many bytes could be read. */
static unsigned int fetch(struct nooks_frame *f, u8 *code)
{
	unsigned int n;

	for (n = NOOKS_INSN_MAX; n && !nooks_mem_read(code, f->regs.ip, n); n--)
		;
	return n;
}

/*
 * Stores to shared objects come in groups (packets and bytes of a statistic).
 * Each of them would trap, so go on while the next one is near.  What does
 * not go smoothly is left to the driver, and to its own trap.
 */
static void run_ahead(struct nooks_frame *f)
{
	struct question q = { .domain = f->domain };
	unsigned int moves = 0;

	while (moves < RUN_AHEAD) {
		struct nooks_insn insn;
		struct nooks_move move;
		u8 code[NOOKS_INSN_MAX];
		unsigned int n = fetch(f, code);

		if (nooks_decode_move(&move, code, n, &f->regs)) {
			if (!nooks_move(&move, &f->regs))
				return;
			moves++;
			continue;
		}
		if (!nooks_decode(&insn, code, n, &f->regs) || insn.rep ||
		    f->domain->backend->owned(f->domain, insn.addr, insn.width) ||
		    nooks_emulate(&insn, &f->regs, ask, &q) != NOOKS_EMULATED)
			return;
		atomic64_inc(&f->domain->emulated);
		moves = 0;
	}
}

static int store(struct nooks_frame *f)
{
	struct question q = { .domain = f->domain };
	struct nooks_insn insn;
	u8 code[NOOKS_INSN_MAX];
	unsigned int n;

	if (f->domain->backend->owned(f->domain, f->cr2, 1))
		return go_on(f);	/* the CPU had cached the entry before it became ours */
	if (in_guard(f, f->cr2))
		return fail_access(f, "stack overflow", "", f->cr2, 0, NULL);
	n = fetch(f, code);
	if (!nooks_decode(&insn, code, n, &f->regs)) {
		nooks_may_write(f->domain, f->cr2, 1, NULL, &q.verdict);
		if (q.verdict.allowed)
			q.verdict.reason = "instruction not understood";
		return fail_access(f, "write", "store to", f->cr2, 1, &q.verdict);
	}
	switch (nooks_emulate(&insn, &f->regs, ask, &q)) {
	case NOOKS_EMULATED:
		atomic64_inc(&f->domain->emulated);
		run_ahead(f);
		return go_on(f);
	case NOOKS_REFUSED:
		return fail_access(f, "write", "store to", q.addr, q.size, &q.verdict);
	case NOOKS_FAULTED:
		return fail_access(f, "write", "store not possible at", f->cr2, insn.width, NULL);
	case NOOKS_UNABLE:
		break;
	}
	if (!ask(&q, insn.addr, insn.width, NULL))
		return fail_access(f, "write", "store to", q.addr, q.size, &q.verdict);
	return step(f);
}

static int page_fault(struct nooks_frame *f)
{
	unsigned long error = f->regs.error, addr = f->cr2;

	if (!(error & X86_PF_PROT)) {
		if (f->domain->backend->sync(f->domain, addr))
			return go_on(f);
		if (exception_table(f))
			return go_on(f);
	}
	if (error & X86_PF_INSTR)
		return fail_access(f, "exec", "jump to", addr, 0, NULL);
	if (!(error & X86_PF_WRITE))
		return fail_access(f, "read", "load from", addr, 0, NULL);
	if (!(error & X86_PF_PROT))
		return fail_access(f, "write", "store to unmapped", addr, 0, NULL);
	return store(f);
}

static int invalid_opcode(struct nooks_frame *f)
{
	struct pt_regs regs;

	to_pt_regs(&regs, &f->regs);
	switch (p_report_bug(f->regs.ip, &regs)) {
	case BUG_TRAP_TYPE_WARN:
		f->regs.ip += 2;	/* ud2 */
		return go_on(f);
	case BUG_TRAP_TYPE_BUG:
		return fail(f, "BUG", NULL, "BUG at %pS", (void *)f->regs.ip);
	default:
		return fail(f, "invalid opcode", NULL, "invalid opcode at %pS",
			    (void *)f->regs.ip);
	}
}

/*
 * Kernel text that runs in the domain is being patched (a jump label, a static
 * call).  Emulating a call pushes: only onto the driver's own stack.  Probes
 * and the function tracer write where drivers may not, and end the driver.
 */
static bool being_patched(struct nooks_frame *f)
{
	struct pt_regs regs;

	if (!nooks_on_own_stack(f, f->regs.sp - 16, 16))
		return false;
	to_pt_regs(&regs, &f->regs);
	if (!p_poke_int3_handler(&regs))
		return false;
	from_pt_regs(&f->regs, &regs);
	return true;
}

static const char *const trap_names[32] = {
	[X86_TRAP_DE] = "divide error", [X86_TRAP_DB] = "debug trap",
	[X86_TRAP_BP] = "breakpoint", [X86_TRAP_OF] = "overflow",
	[X86_TRAP_BR] = "bound range exceeded", [X86_TRAP_NM] = "device not available",
	[X86_TRAP_DF] = "double fault", [X86_TRAP_TS] = "invalid TSS",
	[X86_TRAP_NP] = "segment not present", [X86_TRAP_SS] = "stack segment fault",
	[X86_TRAP_GP] = "general protection fault", [X86_TRAP_MF] = "x87 exception",
	[X86_TRAP_AC] = "alignment check", [X86_TRAP_XF] = "SIMD exception",
	[X86_TRAP_CP] = "control protection", [X86_TRAP_VC] = "VMM communication",
};

static int trap(struct nooks_frame *f)
{
	unsigned long vec = f->regs.vec;
	const char *name;

	atomic64_inc(&f->domain->traps);
	if (f->stepping) {
		end_step(f);
		if (vec == X86_TRAP_DB) {
			set_debugreg(DR6_RESERVED, 6);
			if (!READ_ONCE(f->domain->dead))
				return go_on(f);
		}
	}
	if (READ_ONCE(f->domain->dead)) {
		f->failed = 1;
		return NOOKS_UNWIND;
	}
	switch (vec) {
	case X86_TRAP_PF:
		return page_fault(f);
	case X86_TRAP_UD:
		return invalid_opcode(f);
	case X86_TRAP_BP:
		if (being_patched(f))
			return go_on(f);
		break;
	}
	if (exception_table(f))
		return go_on(f);
	name = vec < 32 ? trap_names[vec] : NULL;
	return fail(f, "trap", NULL, "%s at %pS", name ? name : "unexpected exception",
		    (void *)f->regs.ip);
}

/**
 * nooks_trap() - an exception in driver code
 * @f: regs and cr2 are set
 *
 * Return: what the gate does next.
 */
int nooks_trap(struct nooks_frame *f)
{
	unsigned long vec = f->regs.vec, ip = f->regs.ip;
	int ret = trap(f);

	trace_nooks_trap(f->domain->name, vec, ip, f->cr2, ret != NOOKS_UNWIND);
	return ret;
}

/**
 * nooks_killed() - the watchdog wants this thread out of the driver
 * @f: its frame
 *
 * Interrupted in driver code; kernel rights, interrupts off, not in NMI context.
 */
void nooks_killed(struct nooks_frame *f)
{
	if (f->stepping)
		end_step(f);
	f->failed = 1;
	if (!READ_ONCE(f->domain->dead))
		fail(f, "watchdog", NULL, "endless loop%s: no progress for %u ms",
		     f->regs.flags & X86_EFLAGS_IF ? "" : " with interrupts off",
		     jiffies_to_msecs(f->stuck * NOOKS_WATCH_INTERVAL));
}

/**
 * nooks_resume() - an interrupt of driver code was handled
 * @f: the frame it interrupted
 *
 * The kernel's own return from interrupt preempts if preempt=full; otherwise
 * drivers would hold the CPU as long as they please.
 *
 * Return: what the gate does next.
 */
int nooks_resume(struct nooks_frame *f)
{
	if (need_resched() && !preempt_count()) {
		local_irq_enable();
		cond_resched();
		local_irq_disable();
	}
	if (READ_ONCE(f->kill) || nooks_watchdog_tick(f)) {
		nooks_killed(f);
		return NOOKS_UNWIND;
	}
	if (READ_ONCE(f->domain->dead)) {
		f->failed = 1;
		return NOOKS_UNWIND;
	}
	return go_on(f);
}
