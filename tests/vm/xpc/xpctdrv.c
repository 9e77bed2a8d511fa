// SPDX-License-Identifier: GPL-2.0
/* The driver: ordinary driver code that does what it is told, good or bad. */
#include <linux/bug.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include "xpct.h"

static volatile long counter;
static u8 data_code[16] = { 0xc3 };

void xpct_bad_gate(void);

static noinline long recurse(long n)
{
	volatile char room[512];

	room[0] = n;
	return n ? recurse(n - 1) + room[0] : 0;
}

/* every kind of store that a compiler emits for shared fields */
static long stores(struct xpct_object *o)
{
	u8 *p = o->field;
	unsigned long old;

	*(volatile u64 *)p = 0x1122334455667788;
	*(volatile u32 *)(p + 8) = 5;
	*(volatile u16 *)(p + 12) = 6;
	*(volatile u8 *)(p + 14) = 7;
	*(volatile u32 *)(p + 8) += 10;
	asm volatile("lock incl %0" : "+m" (*(u32 *)(p + 8)));
	asm volatile("lock orl $0x100, %0" : "+m" (*(u32 *)(p + 8)));
	asm volatile("lock btsq $9, %0" : "+m" (*(u64 *)(p + 16)));
	asm volatile("lock xaddq %0, %1" : "=r" (old), "+m" (*(u64 *)(p + 24)) : "0" (3UL));
	asm volatile("xchgq %0, %1" : "+r" (old), "+m" (*(u64 *)(p + 24)));
	asm volatile("sete %0" : "=m" (*(p + 15)));
	return *(u32 *)(p + 8) == 0x110 && *(u64 *)p == 0x1122334455667788 &&
	       *(u64 *)(p + 16) == 0x200 && p[14] == 7 && *(u16 *)(p + 12) == 6 && old == 3;
}

static long where(unsigned long times, unsigned int ms)
{
	int last = raw_smp_processor_id(), now;
	long moves = 0;

	while (times--) {
		if (ms)
			xpct_sleep(ms);
		else
			counter++;
		now = raw_smp_processor_id();
		moves += now != last;
		last = now;
	}
	return moves;
}

/* not irqs_disabled(), which calls through a variable of the kernel */
static bool interrupts_on(void)
{
	unsigned long flags;

	asm volatile("pushfq; popq %0" : "=r" (flags));
	return flags & 0x200;
}

static long run(long what, unsigned long a, unsigned long b, long c, long d, long e, long g,
		long h)
{
	struct xpct_object *o = xpct_object();
	void (*volatile jump)(void) = (void *)a;
	unsigned long flags, i;

	switch (what) {
	case X_ADD:
		return a + b;
	case X_SPIN:
		for (i = 0; i < b; i++)
			counter++;
		return a + 1;
	case X_STORE:
		*(volatile u32 *)a = b;
		return 0;
	case X_STORE8:
		*(volatile u64 *)a = b;
		return 0;
	case X_LOAD:
		return *(volatile u64 *)a;
	case X_NULL:
		*(volatile int *)8 = 1;
		return 0;
	case X_JUMP:
		jump();
		return 0;
	case X_DATA_EXEC:
		jump = (void *)data_code;
		jump();
		return 0;
	case X_BUG:
		BUG();
		return 0;
	case X_WARN:
		WARN_ON(a);
		return 11;
	case X_GP:
		return *(volatile int *)0x1234567812345678;
	case X_DIVIDE:
		counter = 0;
		return a / counter;
	case X_OVERFLOW:
		return recurse(100000);
	case X_LOOP:
		for (;;)
			counter++;
	case X_LOOP_CLI:
		asm volatile("cli");
		for (;;)
			counter++;
	case X_LOOP_CALLS:	/* an endless loop that crosses all the time: allowed */
		for (i = 0; i < b; i++)
			xpct_sum(1, 2, 3, 4, 5, 6, 7, 8);
		return i;
	case X_LOOP_CROSSING:
		for (;;)
			xpct_sum(1, 2, 3, 4, 5, 6, 7, 8);
	case X_SCRIBBLE:
		for (i = 0; i < b; i++)
			((volatile u64 *)a)[i] = 0x4141414141414141;
		return i;
	case X_FIELD:
		return stores(o);
	case X_OVERLAP:		/* the last four bytes are not the driver's */
		*(volatile u64 *)(o->field + 60) = ~0ULL;
		return 0;
	case X_REP:
		asm volatile("rep stosb" : : "D" (o->field), "c" (64UL), "a" (0x5a) : "memory");
		return o->field[0] == 0x5a && o->field[63] == 0x5a;
	case X_REP_PAST:
		asm volatile("rep stosl" : : "D" (o->field), "c" (17UL), "a" (0x5a) : "memory");
		return 0;
	case X_SLEEP:
		return xpct_sleep(b);
	case X_NESTED:
		return xpct_nested(a, b, b);
	case X_LEAVE_CLI:
		asm volatile("cli");
		return 0;
	case X_LEAVE_PREEMPT:
		preempt_disable();
		return 0;
	case X_BALANCED:
		preempt_disable();
		i = xpct_sum(1, 2, 3, 4, 5, 6, 7, 8);
		(void)__preempt_count_dec_and_test();
		return i;
	case X_ARGS:
		return a + b + c + d + e + g + h * 1000 +
		       xpct_sum(a, b, c, d, e, g, h, 100000);
	case X_WHERE:
		return where(a, b);
	case X_DEFER:
		for (i = 0; i < a; i++)
			xpct_later(i);
		return a;
	case X_BAD_GATE:	/* a descriptor of its own making */
		asm volatile("call xpct_bad_gate" : : : "memory", "rax", "rcx", "rdx", "rsi", "rdi",
			     "r8", "r9", "r10", "r11");
		return 0;
	case X_WILD_SP:
		asm volatile("mov %%rsp, %%rbx; mov %0, %%rsp; call xpct_unregister; mov %%rbx, %%rsp"
			     : : "r" (a) : "rbx", "memory", "rax", "rcx", "rdx", "rsi", "rdi",
			       "r8", "r9", "r10", "r11");
		return 0;
	case X_IRQSAVE:
		flags = xpct_irqsave();
		i = !interrupts_on();
		xpct_irqrestore(flags);
		return i && interrupts_on();
	case X_SLEEP_ATOMIC:
		flags = xpct_irqsave();
		xpct_sleep(1);
		xpct_irqrestore(flags);
		return 0;
	case X_BAD_PC:
		for (i = 0; i < 5; i++)
			(void)__preempt_count_dec_and_test();
		xpct_sum(1, 2, 3, 4, 5, 6, 7, 8);
		return 0;
	}
	return -22;
}

STACK_FRAME_NON_STANDARD(run);		/* X_WILD_SP */

static const struct xpct_ops ops = { .run = run };

static int __init xpctdrv_init(void)
{
	return xpct_register(&ops);
}

static void __exit xpctdrv_exit(void)
{
	xpct_unregister();
}

module_init(xpctdrv_init);
module_exit(xpctdrv_exit);
MODULE_DESCRIPTION("nooks test: driver");
MODULE_LICENSE("GPL");
