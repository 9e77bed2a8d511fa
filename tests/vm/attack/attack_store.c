// SPDX-License-Identifier: GPL-2.0
/*
 * Stores: to where job->addr says, by every kind of instruction; to fields of the
 * device; around memory that was lent; at random.  And jumps.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include "attack.h"

#define ATTACK(name) \
	static noinline int name(struct victim_dev *dev, const struct victim_job *job)

ATTACK(store)
{
	switch (job->size) {
	case 1:
		*(volatile u8 *)job->addr = job->value;
		break;
	case 2:
		*(volatile u16 *)job->addr = job->value;
		break;
	case 4:
		*(volatile u32 *)job->addr = job->value;
		break;
	default:
		*(volatile u64 *)job->addr = job->value;
	}
	return ATTACK_DONE;
}

static noinline __used void own_function(void)
{
	asm volatile("nop");
}

/* One instruction with the address in %rdi, the value in %rax. */
#define STORE_ASM(name, insn)							\
ATTACK(name)									\
{										\
	unsigned long addr = job->addr, value = job->value, count = 8;		\
										\
	asm volatile(insn : "+D" (addr), "+a" (value), "+c" (count)		\
		     : : "rdx", "rbx", "rsi", "memory", "cc");			\
	return ATTACK_DONE;							\
}

STORE_ASM(store_xchg, "xchg %%rax, (%%rdi)")
STORE_ASM(store_lock_xor, "lock xorq $0x10, (%%rdi)")
STORE_ASM(store_lock_inc, "lock incq (%%rdi)")
STORE_ASM(store_lock_xadd, "lock xaddq %%rax, (%%rdi)")
STORE_ASM(store_not, "notq (%%rdi)")
STORE_ASM(store_neg, "negq (%%rdi)")
STORE_ASM(store_shl, "shlq $3, (%%rdi)")
STORE_ASM(store_adc, "stc; adcq $5, (%%rdi)")
STORE_ASM(store_setcc, "stc; setc (%%rdi); notb (%%rdi)")
STORE_ASM(store_btc, "lock btcq $4, (%%rdi)")
/* the bit number reaches beyond the operand's own address */
STORE_ASM(store_btc_far, "movq $0x8004, %%rdx; subq $0x1000, %%rdi; lock btcq %%rdx, (%%rdi)")
STORE_ASM(store_cmpxchg, "movq %%rax, %%rdx; movq (%%rdi), %%rax; lock cmpxchgq %%rdx, (%%rdi)")
STORE_ASM(store_cmpxchg16b, "movq %%rax, %%rbx; movq %%rax, %%rcx; movq (%%rdi), %%rax;"
			    "movq 8(%%rdi), %%rdx; lock cmpxchg16b (%%rdi)")
STORE_ASM(store_stosb, "rep stosb")
STORE_ASM(store_movsq, "leaq -8(%%rsp), %%rsi; movq %%rax, (%%rsi); movsq")
STORE_ASM(store_movnti, "movnti %%rax, (%%rdi)")
STORE_ASM(store_sidt, "sidt (%%rdi)")
STORE_ASM(store_pop, "pushq %%rax; popq (%%rdi)")
/* the stack is where the victim is */
STORE_ASM(store_push, "movq %%rsp, %%rdx; leaq 8(%%rdi), %%rsp; pushq %%rax; "
		      "movq %%rdx, %%rsp")
STACK_FRAME_NON_STANDARD(store_push);
STORE_ASM(store_call, "movq %%rsp, %%rdx; leaq 8(%%rdi), %%rsp; call own_function; "
		      "movq %%rdx, %%rsp")
STACK_FRAME_NON_STANDARD(store_call);
STORE_ASM(store_enter, "movq %%rsp, %%rdx; movq %%rbp, %%rbx; leaq 8(%%rdi), %%rsp; "
		       "movq %%rax, %%rbp; enter $0, $0; movq %%rdx, %%rsp; movq %%rbx, %%rbp")
STACK_FRAME_NON_STANDARD(store_enter);

/* The page table that is in force: make the top level writable. */
ATTACK(store_own_pgd)
{
	unsigned long pgd;

	asm volatile("movq %%cr3, %0" : "=r" (pgd));
	pgd = (pgd & 0x000ffffffffff000) + page_offset_base;
	*(volatile unsigned long *)(pgd + 8 * ((job->addr >> 39) & 511)) |= 0x400;
	return ATTACK_DONE;
}

/* The interrupt table that is in force. */
ATTACK(store_own_idt)
{
	struct { u16 size; unsigned long address; } __packed idt;

	asm volatile("sidt %0" : "=m" (idt));
	*(volatile u32 *)(idt.address + 16 * 0x1f + 12) ^= 1;
	return ATTACK_DONE;
}

/* The driver's own code. */
ATTACK(store_own_text)
{
	unsigned long p;

	asm volatile("leaq %c1(%%rip), %0" : "=r" (p) : "i" (own_function));
	*(volatile u8 *)p ^= 2;
	return ATTACK_DONE;
}

static const u64 own_rodata[2] = { 0x1234, 0x5678 };

ATTACK(store_own_rodata)
{
	volatile u64 *p = (volatile u64 *)(unsigned long)own_rodata;

	OPTIMIZER_HIDE_VAR(p);
	*p = 0;
	return ATTACK_DONE;
}

/* Its own memory it may write. */
ATTACK(store_owned)
{
	static u64 data[4] = { 1, 2, 3, 4 };
	u64 stack[4] = { 5, 6, 7, 8 };
	u64 *heap = kmalloc(64, GFP_ATOMIC);
	bool right;

	if (!heap)
		return -ENOMEM;
	data[1] = job->seed;
	((volatile u64 *)stack)[1] = job->seed;
	heap[7] = job->seed;
	right = data[1] == job->seed && heap[7] == job->seed;
	kfree(heap);
	return right ? ATTACK_DONE : -EIO;
}

/* Fields of the device */
ATTACK(field_permitted)
{
	WRITE_ONCE(dev->open, dev->open + 1);
	WRITE_ONCE(dev->level, 7);
	WRITE_ONCE(dev->part.open, 9);
	asm volatile("lock orw $1, %0" : "+m" (dev->open));
	asm volatile("xchgl %1, %0" : "+m" (dev->part.open) : "r" (11));
	return dev->level == 7 && dev->part.open == 11 && dev->open & 1 ?
		ATTACK_DONE : -EIO;
}
#define FIELD(name, statement) ATTACK(name) { statement; return ATTACK_DONE; }
FIELD(field_none, WRITE_ONCE(dev->guarded, 1))
FIELD(field_beside, WRITE_ONCE(dev->beside, 1))
/* begins in open, ends beyond it */
FIELD(field_overlap, *(volatile u32 *)&dev->open = 0x00010001)
FIELD(field_overlap_before, *(volatile u64 *)((u8 *)&dev->open - 4) = 0x100000001)
FIELD(field_check, WRITE_ONCE(dev->level, VICTIM_LEVEL_MAX + 1))
FIELD(field_check_byte, ((volatile u8 *)&dev->level)[1] = 1)
FIELD(field_late, WRITE_ONCE(dev->early, 1))
FIELD(field_ops, WRITE_ONCE(dev->ops, (void *)0x41414141))
FIELD(field_part, WRITE_ONCE(dev->part.closed, 1))
FIELD(field_link, WRITE_ONCE(dev->port->closed, 1))
FIELD(field_before, WRITE_ONCE(dev->red_before[7], 1))
FIELD(field_after, WRITE_ONCE(dev->red_after[0], 1))
FIELD(field_stos, asm volatile("rep stosb" : : "D" (&dev->open), "c" (4), "a" (1) : "memory"))
FIELD(field_btc_far, asm volatile("lock btcq %1, %0" : "+m" (dev->part.open)
				  : "r" (8L * (offsetof(struct victim_dev, red_after) -
					       offsetof(struct victim_dev, part.open)))))
FIELD(field_cmpxchg16b, asm volatile("movq (%0), %%rax; movq 8(%0), %%rdx; movq %%rax, %%rbx; "
				     "movq %%rdx, %%rcx; incq %%rcx; lock cmpxchg16b (%0)"
				     : : "r" (dev->red_before) : "rax", "rbx", "rcx", "rdx", "memory"))

/* Jumps */
ATTACK(jump_null)
{
	int (*fn)(void) = NULL;

	OPTIMIZER_HIDE_VAR(fn);
	return fn();
}

ATTACK(jump_function)
{
	int (*fn)(void) = (void *)job->fn;

	return fn();
}

/* Behind the start of it: the bytes of the fentry nop and of a push are skipped. */
ATTACK(jump_middle)
{
	int (*fn)(void) = (void *)(job->fn + 5);

	return fn();
}

ATTACK(jump_wild)
{
	int (*fn)(void) = (void *)0x4141414141414141;

	OPTIMIZER_HIDE_VAR(fn);
	return fn();
}

ATTACK(jump_data)
{
	static u8 code[16] = { 0x31, 0xc0, 0xc3 };	/* xor %eax, %eax; ret */
	int (*fn)(void) = (void *)code;

	OPTIMIZER_HIDE_VAR(fn);
	return fn();
}

ATTACK(jump_user)
{
	int (*fn)(void) = (void *)0x400000;

	OPTIMIZER_HIDE_VAR(fn);
	return fn();
}

/* Straight into the gate, with a descriptor of our own making. */
ATTACK(forged_gate)
{
	static unsigned long descriptor[16];
	unsigned long ret = 0, fn = job->fn;

	descriptor[0] = (unsigned long)own_function;
	if (!fn)
		return -EOPNOTSUPP;
	asm volatile("movq %2, %%r11; " ANNOTATE_RETPOLINE_SAFE "call *%1"
		     : "=a" (ret) : "r" (fn), "r" (descriptor)
		     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	return ATTACK_DONE;
}

/* One of many random addresses. */
ATTACK(fuzz_bare)
{
	*(volatile u64 *)job->list[job->seed % job->nlist] =
		job->value | job->seed % job->nlist;
	return ATTACK_DONE;
}

/* Lent memory */
static u8 *lent_before;

int attack_lend(struct victim_dev *dev, u8 *buf, size_t n, const struct victim_job *job)
{
	const char *name = job->name + strlen("lent-");

	lent_before = buf;
	if (!strcmp(name, "inside")) {
		memset(buf, 1, n);
		asm volatile("lock incq (%0)" : : "r" (buf + n - 8) : "memory");
	} else if (!strcmp(name, "before")) {
		buf[-1] = 1;
	} else if (!strcmp(name, "after")) {
		buf[n] = 1;
	} else if (!strcmp(name, "overlap")) {
		*(volatile u64 *)(buf + n - 4) = 1;
	} else if (!strcmp(name, "overlap-before")) {
		*(volatile u64 *)(buf - 4) = 1;
	} else if (!strcmp(name, "string")) {
		asm volatile("rep stosb" : : "D" (buf), "c" (n + 1), "a" (1) : "memory");
	} else if (!strcmp(name, "bit")) {
		asm volatile("lock btcq %1, (%0)" : : "r" (buf), "r" (8l * n + 3) : "memory");
	} else if (!strcmp(name, "kept")) {
		return ATTACK_DONE;	/* see lent_later */
	} else {
		return ATTACK_UNKNOWN;
	}
	return ATTACK_DONE;
}

/* The memory lent by a call that has long returned. */
ATTACK(late_store)
{
	if (!lent_before)
		return -EINVAL;
	*(volatile u64 *)lent_before = 1;
	return ATTACK_DONE;
}

const struct attack attack_stores[] = {
	{ "store", store },
	{ "store-xchg", store_xchg },
	{ "store-lock-xor", store_lock_xor },
	{ "store-lock-inc", store_lock_inc },
	{ "store-lock-xadd", store_lock_xadd },
	{ "store-not", store_not },
	{ "store-neg", store_neg },
	{ "store-shl", store_shl },
	{ "store-adc", store_adc },
	{ "store-setcc", store_setcc },
	{ "store-btc", store_btc },
	{ "store-btc-far", store_btc_far },
	{ "store-cmpxchg", store_cmpxchg },
	{ "store-cmpxchg16b", store_cmpxchg16b },
	{ "store-stosb", store_stosb },
	{ "store-movsq", store_movsq },
	{ "store-movnti", store_movnti },
	{ "store-sidt", store_sidt },
	{ "store-pop", store_pop },
	{ "store-push", store_push },
	{ "store-call", store_call },
	{ "store-enter", store_enter },
	{ "store-own-pgd", store_own_pgd },
	{ "store-own-idt", store_own_idt },
	{ "store-own-text", store_own_text },
	{ "store-own-rodata", store_own_rodata },
	{ "store-owned", store_owned },
	{ "late-store", late_store },
	{ "field-permitted", field_permitted },
	{ "field-none", field_none },
	{ "field-beside", field_beside },
	{ "field-overlap", field_overlap },
	{ "field-overlap-before", field_overlap_before },
	{ "field-check", field_check },
	{ "field-check-byte", field_check_byte },
	{ "field-late", field_late },
	{ "field-ops", field_ops },
	{ "field-part", field_part },
	{ "field-link", field_link },
	{ "field-before", field_before },
	{ "field-after", field_after },
	{ "field-stos", field_stos },
	{ "field-btc-far", field_btc_far },
	{ "field-cmpxchg16b", field_cmpxchg16b },
	{ "jump-null", jump_null },
	{ "jump-function", jump_function },
	{ "jump-middle", jump_middle },
	{ "jump-wild", jump_wild },
	{ "jump-data", jump_data },
	{ "jump-user", jump_user },
	{ "forged-gate", forged_gate },
	{ "fuzz-bare", fuzz_bare },
	{ }
};
