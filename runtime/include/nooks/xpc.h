/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extension procedure calls: how control crosses a domain's boundary.
 *
 * Upcall (kernel -> driver).  The kernel calls a thunk; nooks_thunk_entry
 * saves the six register arguments into a struct nooks_frame on the caller's
 * kernel stack and calls the stub the thunk is bound to.  The stub checks and
 * lends, calls nooks_enter(), takes back and sets frame->ret.
 *
 * Downcall (driver -> kernel).  The driver calls nw_NAME, six instructions
 * that load the wrapper's descriptor and jump to nooks_downcall_gate; the gate
 * takes kernel rights and the frame's kernel stack, stores the six register
 * arguments in frame->down[] (a snapshot no driver thread can change: copy
 * first, check the copy, use only the copy) and calls the wrapper's C part.
 *
 * Frames nest on the kernel stack (kernel, driver, kernel, driver ...), so a
 * thread may be preempted, sleep and migrate anywhere.
 */
#ifndef NOOKS_XPC_H
#define NOOKS_XPC_H

#define NOOKS_NR_REG_ARGS	6
#define NOOKS_NR_STACK_ARGS	10	/* most stack words a wrapper may ask for */

/*
 * Offsets used by the gates, checked against the structures below in
 * runtime/xpc.c.
 */
#define NOOKS_FRAME_KSP		0
#define NOOKS_FRAME_DOMAIN	8
#define NOOKS_FRAME_DSTACK	16
#define NOOKS_FRAME_FUNC	24
#define NOOKS_FRAME_ARG		32	/* 6 words */
#define NOOKS_FRAME_DOWN	80	/* 6 words */
#define NOOKS_FRAME_DSP		128
#define NOOKS_FRAME_PCW		136
#define NOOKS_FRAME_CR2		144
#define NOOKS_FRAME_WRAPPER	152
#define NOOKS_FRAME_REGS	160	/* 22 words: pushed registers, vec, error, hardware frame */
#define NOOKS_NR_REGS		22
#define NOOKS_FRAME_RET		336
#define NOOKS_FRAME_DFLAGS	344
#define NOOKS_FRAME_EFLAGS	352
#define NOOKS_FRAME_KILL	360

#ifndef __ASSEMBLY__
#include <linux/types.h>
#include <linux/linkage.h>
#include <linux/list.h>

struct module;
struct nooks_domain;
struct nooks_frame;
struct nooks_thunk;

/* The interrupted driver registers, in the order the IDT stub pushes them. */
struct nooks_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long vec, error, ip, cs, flags, sp, ss;
};

/* In what context an op or a function may run: checked at each crossing. */
enum nooks_context {
	NOOKS_CTX_ANY,		/* as the caller: nothing demanded */
	NOOKS_CTX_SLEEPS,	/* process context, may sleep */
	NOOKS_CTX_ATOMIC,	/* must not sleep */
	NOOKS_CTX_HARDIRQ,
};

/*
 * One op of one interface, or one callback type: generated, read-only.
 * @fault must work without the driver, in any context the op is called in,
 * and also when the domain is closed already.
 */
struct nooks_stub {
	const char *name;			/* "net_device_ops.ndo_open" */
	const char *source;			/* "idl/net.idl:41" */
	void (*call)(struct nooks_frame *f);	/* check, lend, nooks_enter(), take back */
	void (*fault)(struct nooks_frame *f);	/* set f->ret to the declared failure value */
	u8 nargs;
	u8 context;				/* enum nooks_context */
	u16 id;					/* index within its class */
};

/* One kernel function drivers call: generated, one per wrapper. */
struct nooks_wrapper {
	unsigned long (*call)(struct nooks_frame *f);	/* checks, then the kernel's function */
	const char *name;			/* "kfree" */
	const char *source;			/* "idl/memory.idl:12" */
	u8 nargs;
	u8 context;
	u16 flags;				/* NOOKS_W_* */
	u32 id;					/* set by registration, never 0 then */
	u64 __percpu *calls;			/* counted by the gate; may be NULL before registration */
};
#define NOOKS_W_LOCAL		0x0001	/* runs inside the domain at the kernel's own function */
#define NOOKS_W_LIBRARY		0x0002	/* runs inside the domain in a library of ours */
#define NOOKS_W_UNCHECKED	0x0004	/* some argument is not checked: reason in the IDL */
#define NOOKS_W_DEFERRED	0x0008	/* queued in the domain, performed at the next crossing */
#define NOOKS_W_FATAL		0x0010	/* calling it ends the driver */

/**
 * struct nooks_frame - everything about one upcall
 *
 * Lives on the kernel stack of the calling thread from nooks_thunk_entry until
 * the call returns.  The fields up to @kill are known to the gates.
 *
 * @ksp: kernel stack pointer to go back to
 * @domain: whose code runs
 * @dstack: initial driver stack pointer
 * @func: the driver function
 * @arg: its arguments; the stub may substitute them before nooks_enter()
 * @down: arguments of the downcall in progress (a copy)
 * @dsp: driver stack pointer during a downcall
 * @pcw: address of the thread's stand-in for the preempt count
 * @cr2: fault address, valid while handling a page fault
 * @wrapper: the downcall in progress, NULL in driver code
 * @regs: the driver's registers, valid while handling a trap or interrupt
 * @ret: what the caller of the thunk gets
 */
struct nooks_frame {
	unsigned long ksp;
	struct nooks_domain *domain;
	unsigned long dstack;
	unsigned long func;
	unsigned long arg[NOOKS_NR_REG_ARGS];
	unsigned long down[NOOKS_NR_REG_ARGS];
	unsigned long dsp;
	unsigned long pcw;
	unsigned long cr2;
	const struct nooks_wrapper *wrapper;
	struct nooks_regs regs;

	unsigned long ret;
	unsigned long dflags;			/* the driver's flags at its return */
	unsigned long eflags;			/* the caller's flags */
	unsigned long kill;			/* to die: 1 at an interrupt, 2 at an NMI as well */

	struct nooks_thunk *thunk;
	const unsigned long *caller_stack;	/* the caller's 7th argument and on */
	struct nooks_frame *outer;		/* the frame this thread was in when called, or NULL */
	struct task_struct *task;
	struct hlist_node link;			/* in the table of frames, newest first */
	unsigned long original[NOOKS_NR_REG_ARGS];	/* arg[] as the kernel passed them */
	int preempt_count;			/* on entry, to be restored on unwinding */
	int rcu_nesting;
	int pagefault_disabled;			/* of the thread, on entry */
	u8 failed;				/* driver failed in or below this frame */
	u8 stepping;				/* a permitted write is being single-stepped */
	u8 step_if;				/* the interrupt flag meanwhile */
	u8 context;				/* enum nooks_context of the stub */
	int dslot;				/* index of the driver stack, -1: none */
	u64 progress;				/* crossings; the watchdog compares */
	u64 seen;				/* progress as the watchdog saw it last */
	u32 stuck;				/* how many times in a row */
	u64 ticked;				/* progress at the last tick that hit driver code */
	u32 ticks;				/* ticks in a row that found no progress */
	unsigned long tick;			/* jiffies at the last of them */
	unsigned long entered;			/* jiffies */
	unsigned long preemptible;		/* jiffies: last seen so */
	u8 depth;				/* of nesting */
	u32 nheld;				/* locks held by this thread: see lock.h */
	struct { unsigned long lock; u32 kind; u32 flags; } held[16];
	unsigned long scratch[4];		/* for the stub, between call and take-back */
} __aligned(16);

/**
 * nooks_enter() - run the driver function of a frame in its domain
 * @f: the frame; f->arg[] are the arguments
 *
 * Context: any the op may be called in.
 * Return: 0, with the driver's result in f->ret; -EFAULT if the driver failed
 * (now or earlier); -EBUSY if no driver stack was free, which is no failure of
 * the driver.  Not 0: the stub must take back what it lent; the caller gets
 * what stub->fault() sets (f->failed says so).
 */
int nooks_enter(struct nooks_frame *f);

/* Kernel-side C makes an upcall by calling the thunk, as the kernel does. */

/* nooks_current_frame() - this thread's innermost frame; NULL if it is in no domain */
struct nooks_frame *nooks_current_frame(void);

/*
 * nooks_frames_each() - call @fn for every thread inside @d (NULL: any domain),
 * under a raw spinlock with interrupts off.  Stops when it returns non-zero.
 */
int nooks_frames_each(struct nooks_domain *d, int (*fn)(void *arg, struct nooks_frame *f),
		      void *arg);

/**
 * nooks_stack_arg() - 7th and further argument of a downcall
 * @f: frame
 * @i: 0 for the 7th
 *
 * Reads the driver's stack after checking that it is the driver's stack.
 * A bad stack pointer ends the driver and yields 0.
 */
unsigned long nooks_stack_arg(struct nooks_frame *f, unsigned int i);

/* nooks_wrapper_register() - make a class's wrappers known (status, counters); module init/exit */
int nooks_wrappers_register(struct module *owner, struct nooks_wrapper *const *w, unsigned int n);
void nooks_wrappers_unregister(struct module *owner);

/*
 * Define nw_NAME, the symbol that `nooksctl link` binds calls of NAME to.
 * @w is the struct nooks_wrapper.  %r11 is free at a call in the SysV ABI.
 */
#define NOOKS_DEFINE_GATE(name, w)					\
	asm(".pushsection .text, \"ax\"\n"				\
	    ".balign 16\n"						\
	    ".globl nw_" #name "\n"					\
	    ".type nw_" #name ", @function\n"				\
	    "nw_" #name ":\n"						\
	    "	endbr64\n"						\
	    "	leaq " #w "(%rip), %r11\n"				\
	    "	jmp nooks_downcall_gate\n"				\
	    ".size nw_" #name ", . - nw_" #name "\n"			\
	    ".popsection\n");						\
	extern void nw_##name(void);					\
	EXPORT_SYMBOL_GPL(nw_##name)

/*
 * Define nw_NAME as a plain jump: NAME runs inside the domain, either the
 * kernel's own function or one of ours (an in-domain library function).
 */
#define NOOKS_DEFINE_LOCAL(name, target)				\
	asm(".pushsection .text, \"ax\"\n"				\
	    ".balign 16\n"						\
	    ".globl nw_" #name "\n"					\
	    ".type nw_" #name ", @function\n"				\
	    "nw_" #name ":\n"						\
	    "	endbr64\n"						\
	    "	jmp " #target "\n"					\
	    ".size nw_" #name ", . - nw_" #name "\n"			\
	    ".popsection\n");						\
	extern void nw_##name(void);					\
	EXPORT_SYMBOL_GPL(nw_##name)

/*
 * Define nw_NAME as a call that is queued in the domain and returns @value; it
 * is performed, through @w's call() and its checks, at the next crossing out
 * of the domain.  @value is an integer constant.
 */
#define NOOKS_DEFINE_DEFERRED(name, w, value)				\
	asm(".pushsection .text, \"ax\"\n"				\
	    ".balign 16\n"						\
	    ".globl nw_" #name "\n"					\
	    ".type nw_" #name ", @function\n"				\
	    "nw_" #name ":\n"						\
	    "	endbr64\n"						\
	    "	leaq " #w "(%rip), %r11\n"				\
	    "	call nooks_defer_gate\n"				\
	    "	movq $" #value ", %rax\n"				\
	    "	" ASM_RET						\
	    ".size nw_" #name ", . - nw_" #name "\n"			\
	    ".popsection\n");						\
	extern void nw_##name(void);					\
	EXPORT_SYMBOL_GPL(nw_##name)

/* Used by in-domain library code to make the downcall behind a library function. */
#define NOOKS_DECLARE_GATE(ret, gate, ...)	extern ret gate(__VA_ARGS__)

#endif /* __ASSEMBLY__ */
#endif
