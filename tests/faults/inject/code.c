// SPDX-License-Identifier: GPL-2.0
/*
 * The injected instructions.
 *
 * The function's entry calls them like the compiler's __fentry__, so argument
 * registers must survive and the stack is 16-byte aligned.  Every fault starts
 * with the same test of inject_state.armed and does nothing when that is 0.
 * When a fault "returns", the driver's function runs as usual afterwards.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include "inject.h"

#define EMIT(p, ...) do {						\
	static const u8 bytes_[] = { __VA_ARGS__ };			\
	memcpy(p, bytes_, sizeof(bytes_));				\
	(p) += sizeof(bytes_);						\
} while (0)

static u8 *emit64(u8 *p, u64 value)
{
	memcpy(p, &value, sizeof(value));
	return p + sizeof(value);
}

static u8 *emit32(u8 *p, u32 value)
{
	memcpy(p, &value, sizeof(value));
	return p + sizeof(value);
}

/* if (armed <= 0) return; armed--; */
static u8 *emit_test(u8 *p, const struct inject_site *s)
{
	EMIT(p, 0x49, 0xbb);			/* movabs $armed, %r11 */
	p = emit64(p, (u64)&s->state->armed);
	EMIT(p, 0xf0, 0x41, 0xfe, 0x0b,		/* lock decb (%r11) */
	     0x79, 0x05,			/* jns 1f */
	     0xf0, 0x41, 0xfe, 0x03,		/* lock incb (%r11) */
	     0xc3);				/* ret; 1: */
	return p;
}

/* Call a kernel function the way the driver would; argument registers survive. */
static u8 *emit_call(u8 *p, unsigned long fn, bool first_arg, u64 arg, u32 second)
{
	EMIT(p, 0x57, 0x56, 0x52, 0x51, 0x41, 0x50, 0x41, 0x51);	/* push rdi rsi rdx rcx r8 r9 */
	if (first_arg) {
		EMIT(p, 0x48, 0xbf);		/* movabs $arg, %rdi */
		p = emit64(p, arg);
	}
	EMIT(p, 0xbe);				/* mov $second, %esi */
	p = emit32(p, second);
	EMIT(p, 0x48, 0xb8);			/* movabs $fn, %rax */
	p = emit64(p, fn);
	EMIT(p, 0xff, 0xd0);			/* call *%rax */
	EMIT(p, 0x41, 0x59, 0x41, 0x58, 0x59, 0x5a, 0x5e, 0x5f);
	return p;
}

static int emit_wild_store(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0x49, 0xbb);			/* movabs $address, %r11 */
	p = emit64(p, inject_softirq_action);
	EMIT(p, 0x48, 0xb8);			/* movabs $value, %rax */
	p = emit64(p, INJECT_WILD_VALUE);
	EMIT(p, 0x49, 0x89, 0x03, 0xc3);	/* mov %rax, (%r11); ret */
	return p - start;
}

static int emit_null_call(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0x31, 0xc0, 0xff, 0xd0, 0xc3);	/* xor %eax, %eax; call *%rax; ret */
	return p - start;
}

static int emit_wild_jump(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0x48, 0xb8);			/* movabs $data, %rax */
	p = emit64(p, inject_softirq_action);
	EMIT(p, 0xff, 0xe0);			/* jmp *%rax */
	return p - start;
}

static int emit_bug(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0x0f, 0x0b, 0xc3);		/* ud2; ret */
	return p - start;
}

static int emit_loop_irqs_off(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0xfa, 0xf3, 0x90, 0xeb, 0xfc);	/* cli; 1: pause; jmp 1b */
	return p - start;
}

static int emit_loop_irqs_on(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0xfb, 0xf3, 0x90, 0xeb, 0xfc);	/* sti; 1: pause; jmp 1b */
	return p - start;
}

static int emit_irqs_left_off(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0xfa, 0xc3);			/* cli; ret */
	return p - start;
}

static int emit_stack_overflow(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	EMIT(p, 0x50, 0xeb, 0xfd);		/* 1: push %rax; jmp 1b */
	return p - start;
}

/* The linker turns preempt_disable() into a call of nw_pc_inc. */
static int emit_preempt_leak(u8 *start, const struct inject_site *s)
{
	u8 *p = emit_test(start, s);

	if (s->isolated) {
		unsigned long inc = inject_lookup("nw_pc_inc");

		if (!inc)
			return -EOPNOTSUPP;
		p = emit_call(p, inc, false, 0, 0);
	} else {
		EMIT(p, 0x65, 0xff, 0x04, 0x25);	/* incl %gs:__preempt_count */
		p = emit32(p, (u32)(unsigned long)&__preempt_count);
	}
	EMIT(p, 0xc3);
	return p - start;
}

static int emit_lock_not_released(u8 *start, const struct inject_site *s)
{
	unsigned long lock = inject_callee(s, "_raw_spin_lock");
	u8 *p = emit_test(start, s);

	if (!lock)
		return -EOPNOTSUPP;
	p = emit_call(p, lock, true, (u64)&s->state->lock, 0);
	EMIT(p, 0xc3);
	return p - start;
}

/* First argument of an xmit function is the skb; the second of these, the reason. */
static int emit_use_after_free(u8 *start, const struct inject_site *s)
{
	static const struct { const char *name; u32 reason; } frees[] = {
		{ "__dev_kfree_skb_any", 1 }, { "kfree_skb_reason", 2 }, { "consume_skb", 0 },
	};
	u8 *p = emit_test(start, s);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(frees); i++) {
		unsigned long fn = inject_callee(s, frees[i].name);

		if (!fn)
			continue;
		p = emit_call(p, fn, false, 0, frees[i].reason);
		EMIT(p, 0xc3);
		return p - start;
	}
	return -EOPNOTSUPP;
}

static int emit_wild_free(u8 *start, const struct inject_site *s)
{
	unsigned long fn = inject_callee(s, "kfree");
	u8 *p = emit_test(start, s);

	if (!fn)
		return -EOPNOTSUPP;
	p = emit_call(p, fn, true, inject_softirq_action, 0);
	EMIT(p, 0xc3);
	return p - start;
}

const struct inject_fault inject_faults[] = {
	{ "wild-store", "overwrites the kernel's handler of received packets", 1, emit_wild_store },
	{ "null-call", "calls a NULL function pointer", 1, emit_null_call },
	{ "wild-jump", "jumps into kernel data", 1, emit_wild_jump },
	{ "use-after-free", "frees the sk_buff it was given, then goes on using it", 1,
	  emit_use_after_free },
	{ "wild-free", "frees a pointer into kernel data", 1, emit_wild_free },
	{ "loop-irqs-off", "loops for ever with interrupts off", 1, emit_loop_irqs_off },
	{ "loop-irqs-on", "loops for ever with interrupts on", 1, emit_loop_irqs_on },
	{ "lock-not-released", "takes a spinlock and never releases it; then takes it again", 2,
	  emit_lock_not_released },
	{ "irqs-left-off", "disables interrupts and forgets about it", 1, emit_irqs_left_off },
	{ "preempt-leak", "disables preemption and forgets about it", 1, emit_preempt_leak },
	{ "stack-overflow", "pushes until the stack ends", 1, emit_stack_overflow },
	{ "bug", "executes BUG()", 1, emit_bug },
	{ }
};
