// SPDX-License-Identifier: GPL-2.0
/*
 * The emulator against the processor: random instructions of every kind that
 * is emulated are performed by nooks_emulate() and executed natively, on the
 * same registers and memory; registers, flags, memory and length must agree,
 * and what was judged must be what was written.
 *
 * EMULATE_SEED and EMULATE_ROUNDS change the run; a failure prints the seed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <nooks/emulate.h>

#define MEMORY	4096
#define MIDDLE	2048

extern struct nooks_regs native_regs;
extern const void *native_code;
void native_run(void);
extern char native_back[];

static u8 memory[MEMORY] __attribute__((aligned(4096)));
static u8 *code_page;
static u64 seed, rounds = 100000;
static u64 compared;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

/* The runtime's memory, here the test's buffer. */
static bool inside(unsigned long addr, unsigned int n)
{
	unsigned long off = addr - (unsigned long)memory;

	return off < MEMORY && n <= MEMORY - off;
}

bool nooks_mem_read(void *dst, unsigned long addr, unsigned int n)
{
	if (!inside(addr, n))
		return false;
	memcpy(dst, (void *)addr, n);
	return true;
}

bool nooks_mem_write(unsigned long addr, const void *src, unsigned int n)
{
	if (!inside(addr, n))
		return false;
	memcpy((void *)addr, src, n);
	return true;
}

/* Now and then another CPU is faster. */
static u64 interfere;

bool nooks_mem_cmpxchg(unsigned long addr, u64 *old, u64 new, unsigned int n, bool *done)
{
	u64 found = 0;

	if (!inside(addr, n))
		return false;
	memcpy(&found, (void *)addr, n);
	*done = found == *old;
	if (interfere) {
		interfere--;
		*done = false;
	}
	if (*done)
		memcpy((void *)addr, &new, n);
	*old = found;
	return true;
}

struct judged {
	unsigned long addr;
	size_t n, total;
	u8 value[8];
	unsigned int calls;
	bool refuse;
};

static bool may(void *arg, unsigned long addr, size_t n, const void *value)
{
	struct judged *j = arg;

	j->calls++;
	j->addr = addr;
	j->n = n;
	assert_true(n <= 8);
	memcpy(j->value, value, n);
	return !j->refuse;
}

/* Instructions. */
struct code {
	u8 b[16];
	unsigned int n;
};

static void put(struct code *c, u64 v, unsigned int n)
{
	memcpy(c->b + c->n, &v, n);
	c->n += n;
}

/* ModRM with a memory operand, as random as it gets; returns the base register or -1. */
static int put_memory(struct code *c, unsigned int reg, u8 rex)
{
	unsigned int mod = rnd() % 3, rm = rnd() % 8, base = rm;
	int result;

	put(c, mod << 6 | (reg & 7) << 3 | rm, 1);
	if (rm == 4) {
		u8 sib = rnd();

		base = sib & 7;
		put(c, sib, 1);
	}
	result = base | (rex & 1 ? 8 : 0);
	if (base == 5 && mod == 0) {
		put(c, rnd(), 4);
		result = rm == 5 ? -2 : -1;	/* relative to rip; absolute */
	} else if (mod) {
		put(c, rnd(), mod == 1 ? 1 : 4);
	}
	return result;
}

enum kind { K_BYTE = 1, K_LOCK = 2, K_IMM8 = 4, K_IMM = 8, K_NO16 = 16, K_ONLY_REX = 32 };

/* Every emulated form: opcode, extension (-1: a register), what follows. */
static const struct form {
	u16 opcode;		/* 0x0fXX: two bytes; 0x38XX: 0f 38 XX */
	int ext;
	unsigned int kind;
} forms[] = {
	{ 0x00, -1, K_BYTE | K_LOCK }, { 0x01, -1, K_LOCK }, { 0x08, -1, K_BYTE | K_LOCK },
	{ 0x09, -1, K_LOCK }, { 0x10, -1, K_BYTE | K_LOCK }, { 0x11, -1, K_LOCK },
	{ 0x18, -1, K_BYTE | K_LOCK }, { 0x19, -1, K_LOCK }, { 0x20, -1, K_BYTE | K_LOCK },
	{ 0x21, -1, K_LOCK }, { 0x28, -1, K_BYTE | K_LOCK }, { 0x29, -1, K_LOCK },
	{ 0x30, -1, K_BYTE | K_LOCK }, { 0x31, -1, K_LOCK },
	{ 0x80, 0, K_BYTE | K_LOCK | K_IMM8 }, { 0x80, 1, K_BYTE | K_LOCK | K_IMM8 },
	{ 0x80, 2, K_BYTE | K_LOCK | K_IMM8 }, { 0x80, 3, K_BYTE | K_LOCK | K_IMM8 },
	{ 0x80, 4, K_BYTE | K_LOCK | K_IMM8 }, { 0x80, 5, K_BYTE | K_LOCK | K_IMM8 },
	{ 0x80, 6, K_BYTE | K_LOCK | K_IMM8 },
	{ 0x81, 0, K_LOCK | K_IMM }, { 0x81, 1, K_LOCK | K_IMM }, { 0x81, 2, K_LOCK | K_IMM },
	{ 0x81, 3, K_LOCK | K_IMM }, { 0x81, 4, K_LOCK | K_IMM }, { 0x81, 5, K_LOCK | K_IMM },
	{ 0x81, 6, K_LOCK | K_IMM },
	{ 0x83, 0, K_LOCK | K_IMM8 }, { 0x83, 1, K_LOCK | K_IMM8 }, { 0x83, 2, K_LOCK | K_IMM8 },
	{ 0x83, 3, K_LOCK | K_IMM8 }, { 0x83, 4, K_LOCK | K_IMM8 }, { 0x83, 5, K_LOCK | K_IMM8 },
	{ 0x83, 6, K_LOCK | K_IMM8 },
	{ 0x86, -1, K_BYTE | K_LOCK }, { 0x87, -1, K_LOCK },
	{ 0x88, -1, K_BYTE }, { 0x89, -1, 0 },
	{ 0xc0, 0, K_BYTE | K_IMM8 }, { 0xc0, 1, K_BYTE | K_IMM8 }, { 0xc0, 2, K_BYTE | K_IMM8 },
	{ 0xc0, 3, K_BYTE | K_IMM8 }, { 0xc0, 4, K_BYTE | K_IMM8 }, { 0xc0, 5, K_BYTE | K_IMM8 },
	{ 0xc0, 6, K_BYTE | K_IMM8 }, { 0xc0, 7, K_BYTE | K_IMM8 },
	{ 0xc1, 0, K_IMM8 }, { 0xc1, 1, K_IMM8 }, { 0xc1, 2, K_IMM8 }, { 0xc1, 3, K_IMM8 },
	{ 0xc1, 4, K_IMM8 }, { 0xc1, 5, K_IMM8 }, { 0xc1, 7, K_IMM8 },
	{ 0xd0, 0, K_BYTE }, { 0xd0, 3, K_BYTE }, { 0xd0, 4, K_BYTE }, { 0xd1, 2, 0 },
	{ 0xd1, 5, 0 }, { 0xd1, 7, 0 }, { 0xd2, 1, K_BYTE }, { 0xd2, 4, K_BYTE }, { 0xd3, 0, 0 },
	{ 0xd3, 2, 0 }, { 0xd3, 3, 0 }, { 0xd3, 4, 0 }, { 0xd3, 5, 0 }, { 0xd3, 7, 0 },
	{ 0xc6, 0, K_BYTE | K_IMM8 }, { 0xc7, 0, K_IMM },
	{ 0xf6, 2, K_BYTE | K_LOCK }, { 0xf6, 3, K_BYTE | K_LOCK }, { 0xf7, 2, K_LOCK },
	{ 0xf7, 3, K_LOCK }, { 0xfe, 0, K_BYTE | K_LOCK }, { 0xfe, 1, K_BYTE | K_LOCK },
	{ 0xff, 0, K_LOCK }, { 0xff, 1, K_LOCK },
	{ 0x0f90, 0, K_BYTE }, { 0x0f91, 0, K_BYTE }, { 0x0f92, 0, K_BYTE }, { 0x0f93, 0, K_BYTE },
	{ 0x0f94, 0, K_BYTE }, { 0x0f95, 0, K_BYTE }, { 0x0f96, 0, K_BYTE }, { 0x0f97, 0, K_BYTE },
	{ 0x0f98, 0, K_BYTE }, { 0x0f99, 0, K_BYTE }, { 0x0f9a, 0, K_BYTE }, { 0x0f9b, 0, K_BYTE },
	{ 0x0f9c, 0, K_BYTE }, { 0x0f9d, 0, K_BYTE }, { 0x0f9e, 0, K_BYTE }, { 0x0f9f, 0, K_BYTE },
	{ 0x0fa4, -1, K_IMM8 }, { 0x0fa5, -1, 0 }, { 0x0fac, -1, K_IMM8 }, { 0x0fad, -1, 0 },
	{ 0x0fab, -1, K_LOCK }, { 0x0fb3, -1, K_LOCK }, { 0x0fbb, -1, K_LOCK },
	{ 0x0fba, 5, K_LOCK | K_IMM8 }, { 0x0fba, 6, K_LOCK | K_IMM8 },
	{ 0x0fba, 7, K_LOCK | K_IMM8 },
	{ 0x0fb0, -1, K_BYTE | K_LOCK }, { 0x0fb1, -1, K_LOCK },
	{ 0x0fc0, -1, K_BYTE | K_LOCK }, { 0x0fc1, -1, K_LOCK },
	{ 0x0fc3, -1, K_NO16 }, { 0x0fc7, 1, K_LOCK | K_NO16 | K_ONLY_REX },
	{ 0x38f1, -1, 0 },
};

/* Returns the register whose change moves the operand: -1 none, -2 rip. */
static int make(struct code *c, const struct form *f)
{
	u8 rex = rnd() % 2 ? rnd() % 16 : 0, opsize = !(f->kind & K_NO16) && rnd() % 4 == 0;
	unsigned int reg = f->ext >= 0 ? (unsigned int)f->ext : rnd() % 8;
	unsigned int imm = f->kind & K_IMM8 ? 1 : 0;
	int base;

	c->n = 0;
	if (f->kind & K_ONLY_REX)
		rex &= 7;
	if (opsize)
		put(c, 0x66, 1);
	if ((f->kind & K_LOCK) && rnd() % 3 == 0)
		put(c, 0xf0, 1);
	if (rex || rnd() % 8 == 0)
		put(c, 0x40 | rex, 1);
	if (f->kind & K_IMM)
		imm = opsize && !(rex & 8) ? 2 : 4;
	if (f->opcode >> 8 == 0x38) {
		put(c, 0x380f, 2);
		put(c, f->opcode & 0xff, 1);
	} else if (f->opcode >> 8) {
		put(c, 0x0f, 1);
		put(c, f->opcode & 0xff, 1);
	} else {
		put(c, f->opcode, 1);
	}
	base = put_memory(c, reg, rex);
	put(c, rnd(), imm);
	return base;
}

static unsigned long *slot(struct nooks_regs *r, int i)
{
	unsigned long *const s[16] = {
		&r->ax, &r->cx, &r->dx, &r->bx, &r->sp, &r->bp, &r->si, &r->di,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return s[i];
}

/* Interesting values are likelier to meet a corner. */
static u64 value(void)
{
	static const u64 v[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
				 0xffffffff, 1ULL << 63, ~0ULL, ~0ULL >> 1 };

	return rnd() % 2 ? rnd() : v[rnd() % (sizeof(v) / sizeof(v[0]))];
}

static void random_state(struct nooks_regs *r)
{
	int i;

	for (i = 0; i < 16; i++)
		*slot(r, i) = value();
	r->flags = 0x202 | (rnd() & 0x8d5);
	r->ip = (unsigned long)code_page;
	for (i = 0; i < MEMORY; i += 8)
		memcpy(memory + i, (u64[]){ value() }, 8);
}

static sigjmp_buf escape;
static volatile int escaped;

static void on_signal(int sig)
{
	escaped = sig;
	siglongjmp(escape, 1);
}

/* 0, or the signal that it got */
static int run_native(const struct code *c, struct nooks_regs *r)
{
	u8 *p = code_page;

	memcpy(p, c->b, c->n);
	memcpy(p + c->n, "\xff\x25\0\0\0\0", 6);
	memcpy(p + c->n + 6, (void *[]){ native_back }, 8);
	native_regs = *r;
	native_code = code_page;
	escaped = 0;
	if (!sigsetjmp(escape, 1))
		native_run();
	if (!escaped)
		*r = native_regs;
	return escaped;
}

static void show(const struct code *c, u64 start)
{
	unsigned int i;

	fprintf(stderr, "EMULATE_SEED=%#llx, instruction:", (unsigned long long)start);
	for (i = 0; i < c->n; i++)
		fprintf(stderr, " %02x", c->b[i]);
	fprintf(stderr, "\n");
}

static void compare(const struct code *c, u64 start, const struct nooks_regs *emulated,
		    const struct nooks_regs *native, const u8 *after, unsigned int length)
{
	struct nooks_regs e = *emulated, n = *native;
	int i;

	for (i = 0; i < 16; i++) {
		if (*slot(&e, i) == *slot(&n, i))
			continue;
		show(c, start);
		fail_msg("register %d is %#lx, should be %#lx", i, *slot(&e, i), *slot(&n, i));
	}
	if ((e.flags ^ n.flags) & 0x8d5) {
		show(c, start);
		fail_msg("flags are %#lx, should be %#lx", e.flags & 0x8d5, n.flags & 0x8d5);
	}
	if (memcmp(memory, after, MEMORY)) {
		for (i = 0; memory[i] == after[i]; i++)
			;
		show(c, start);
		fail_msg("memory at %d is %#x, should be %#x", i - MIDDLE, after[i], memory[i]);
	}
	compared++;
	if (length != c->n || e.ip != (unsigned long)code_page + c->n) {
		show(c, start);
		fail_msg("length is %u, should be %u", length, c->n);
	}
}

/* Put the operand into the buffer; false if these bytes cannot. */
static bool place(const struct code *c, struct nooks_regs *r, int base, struct nooks_insn *in)
{
	unsigned long target = (unsigned long)memory + MIDDLE + rnd() % 64;
	int i;

	for (i = 0; i < 4; i++) {
		if (!nooks_decode(in, c->b, c->n, r))
			return false;
		if (inside(in->addr, in->width) && in->addr - (unsigned long)memory > 64 &&
		    in->addr - (unsigned long)memory < MEMORY - 64)
			return true;
		if (base < 0)
			return false;
		*slot(r, base) += target - in->addr;
	}
	return false;
}

static void one(const struct form *f)
{
	u64 start = seed;
	struct nooks_regs regs, native;
	static u8 before[MEMORY], after[MEMORY];
	struct judged j = { 0 };
	struct nooks_insn in;
	struct code c;
	int base;

	base = make(&c, f);
	random_state(&regs);
	if (f->opcode == 0x0fb0 || f->opcode == 0x0fb1 || f->opcode == 0x0fc7)
		regs.dx = regs.ax = rnd() & 1;	/* half of the comparisons succeed */
	if (base == -2) {
		/* relative to rip: aim at the buffer by the displacement */
		struct nooks_insn probe;
		unsigned int imm = f->kind & K_IMM8 ? 1 : 0;
		s32 d;

		if (f->kind & K_IMM)
			imm = c.b[0] == 0x66 && !(c.n > 2 && (c.b[1] & 0xf8) == 0x48) &&
			      !(c.n > 3 && c.b[1] == 0xf0 && (c.b[2] & 0xf8) == 0x48) ? 2 : 4;
		memset(c.b + c.n - imm - 4, 0, 4);
		if (!nooks_decode(&probe, c.b, c.n, &regs))
			return;
		d = (unsigned long)memory + MIDDLE - probe.addr;
		memcpy(c.b + c.n - imm - 4, &d, 4);
	}
	if (!place(&c, &regs, base, &in)) {
		/* the decoder must know every form, wherever the operand is */
		if (!nooks_decode(&in, c.b, c.n, &regs)) {
			show(&c, start);
			fail_msg("not decoded");
		}
		return;
	}
	if (f->opcode == 0x0fb0 || f->opcode == 0x0fb1 || f->opcode == 0x0fc7)
		memcpy((void *)in.addr, (u64[]){ rnd() % 2 ? regs.ax | regs.dx << 32 : rnd() }, 8);
	memcpy(before, memory, MEMORY);
	native = regs;
	interfere = in.lock ? rnd() % 3 : 0;
	if (nooks_emulate(&in, &regs, may, &j) != NOOKS_EMULATED) {
		show(&c, start);
		fail_msg("not emulated");
	}
	interfere = 0;
	assert_true(j.calls >= 1);
	assert_int_equal(j.addr, in.addr);
	assert_int_equal(j.n, in.width);
	assert_memory_equal((void *)j.addr, j.value, j.n);	/* judged is written */
	memcpy(after, memory, MEMORY);
	memcpy(memory, before, MEMORY);
	if (run_native(&c, &native)) {
		show(&c, start);
		fail_msg("the processor refuses it: signal %d", escaped);
	}
	compare(&c, start, &regs, &native, after, in.length);
}

static void test_forms(void **state)
{
	unsigned int n = sizeof(forms) / sizeof(forms[0]);
	u64 i;

	(void)state;
	for (i = 0; i < rounds; i++)
		one(&forms[i % n]);
	assert_true(compared > rounds * 3 / 4);	/* the rest could not be placed in the buffer */
}

/* movs and stos, with and without repetition, both directions */
static void test_strings(void **state)
{
	static const u8 opcodes[] = { 0xa4, 0xa5, 0xaa, 0xab };
	u64 i;

	(void)state;
	for (i = 0; i < rounds / 20; i++) {
		struct nooks_regs regs, native;
		static u8 before[MEMORY], after[MEMORY];
		struct judged j = { 0 };
		struct nooks_insn in;
		struct code c = { .n = 0 };
		u64 start = seed;

		if (rnd() % 4 == 0)
			put(&c, 0x66, 1);
		if (rnd() % 2)
			put(&c, rnd() % 4 ? 0xf3 : 0xf2, 1);
		if (rnd() % 2)
			put(&c, 0x48 | (rnd() & 7), 1);
		put(&c, opcodes[rnd() % 4], 1);
		random_state(&regs);
		regs.cx = rnd() % 20;
		regs.di = (unsigned long)memory + MIDDLE + rnd() % 64;
		regs.si = (unsigned long)memory + MIDDLE + rnd() % 64;
		if (rnd() % 3 == 0)
			regs.flags |= 0x400;
		native = regs;
		memcpy(before, memory, MEMORY);
		assert_true(nooks_decode(&in, c.b, c.n, &regs));
		assert_int_equal(in.addr, regs.di);
		assert_int_equal(nooks_emulate(&in, &regs, may, &j), NOOKS_EMULATED);
		memcpy(after, memory, MEMORY);
		memcpy(memory, before, MEMORY);
		assert_int_equal(run_native(&c, &native), 0);
		compare(&c, start, &regs, &native, after, in.length);
	}
}

/* A repetition stops where it must and can be taken up again. */
static bool may_first_100(void *arg, unsigned long addr, size_t n, const void *v)
{
	(void)arg;
	(void)v;
	return addr + n <= (unsigned long)memory + 100;
}

static void test_string_stops(void **state)
{
	struct nooks_regs r = { .ax = 0x5a5a5a5a5a5a5a5a, .cx = 50, .flags = 2 };
	struct nooks_insn in;

	(void)state;
	memset(memory, 0, MEMORY);
	r.di = (unsigned long)memory;
	assert_true(nooks_decode(&in, (const u8 *)"\xf3\x48\xab", 3, &r));
	assert_int_equal(nooks_emulate(&in, &r, may_first_100, NULL), NOOKS_EMULATED);
	assert_int_equal(r.cx, 50 - 12);
	assert_int_equal(r.di, (unsigned long)memory + 96);
	assert_int_equal(r.ip, 0);
	assert_int_equal(memory[95], 0x5a);
	assert_int_equal(memory[96], 0);
	assert_true(nooks_decode(&in, (const u8 *)"\xf3\x48\xab", 3, &r));
	assert_int_equal(nooks_emulate(&in, &r, may_first_100, NULL), NOOKS_REFUSED);
	assert_int_equal(r.cx, 50 - 12);
}

/* A refusal and a fault leave everything as it was. */
static void test_refusal(void **state)
{
	unsigned int i, n = sizeof(forms) / sizeof(forms[0]);

	(void)state;
	for (i = 0; i < 20 * n; i++) {
		struct nooks_regs regs, old;
		static u8 before[MEMORY];
		struct judged j = { .refuse = true };
		struct nooks_insn in;
		struct code c;
		int base = make(&c, &forms[i % n]);

		random_state(&regs);
		if (!place(&c, &regs, base, &in))
			continue;
		old = regs;
		memcpy(before, memory, MEMORY);
		assert_int_equal(nooks_emulate(&in, &regs, may, &j), NOOKS_REFUSED);
		assert_memory_equal(&old, &regs, sizeof(old));
		assert_memory_equal(before, memory, MEMORY);
		in.addr = 4096;		/* nothing is there */
		j.refuse = false;
		assert_int_equal(nooks_emulate(&in, &regs, may, &j), NOOKS_FAULTED);
		assert_memory_equal(&old, &regs, sizeof(old));
		assert_memory_equal(before, memory, MEMORY);
	}
}

/* Operand and width of what is left to the CPU, and of what is not understood. */
static void test_widths(void **state)
{
	static const struct {
		const char *bytes;
		unsigned int n, width;	/* 0: not understood */
	} t[] = {
		{ "\x0f\x11\x00", 3, 16 },		/* movups (%rax) */
		{ "\xf3\x0f\x11\x00", 4, 4 },		/* movss */
		{ "\xf2\x0f\x11\x00", 4, 8 },		/* movsd */
		{ "\x0f\x29\x00", 3, 16 },		/* movaps */
		{ "\x66\x0f\x7f\x00", 4, 16 },		/* movdqa */
		{ "\xf3\x0f\x7f\x00", 4, 16 },		/* movdqu */
		{ "\x66\x0f\xd6\x00", 4, 8 },		/* movq */
		{ "\x66\x48\x0f\x7e\x00", 5, 8 },	/* movq */
		{ "\x66\x0f\x7e\x00", 4, 4 },		/* movd */
		{ "\x66\x0f\xe7\x00", 4, 16 },		/* movntdq */
		{ "\x0f\x13\x00", 3, 8 },		/* movlps */
		{ "\xc5\xfe\x7f\x00", 4, 32 },		/* vmovdqu ymm */
		{ "\xc5\xfa\x7f\x00", 4, 16 },		/* vmovdqu xmm */
		{ "\xc4\xc1\x7e\x7f\x00", 5, 32 },	/* vmovdqu ymm, (%r8) */
		{ "\xf0\x48\x0f\xc7\x08", 5, 16 },	/* lock cmpxchg16b */
		{ "\xf3\x6d", 2, 4 },			/* rep insl */
		{ "\xf3\x0f\x7e\x00", 4, 0 },		/* movq, a load */
		{ "\x8b\x00", 2, 0 },			/* mov (%rax), %eax */
		{ "\x39\x00", 2, 0 },			/* cmp */
		{ "\x83\x38\x00", 3, 0 },		/* cmp */
		{ "\x0f\xa3\x00", 3, 0 },		/* bt */
		{ "\x0f\xba\x20\x01", 4, 0 },		/* bt */
		{ "\x65\x89\x00", 3, 0 },		/* mov %eax, %gs:(%rax) */
		{ "\x0f\xae\x00", 3, 0 },		/* fxsave */
		{ "\x50", 1, 0 },			/* push */
		{ "\xff\x10", 2, 0 },			/* call *(%rax) */
		{ "\xff\x30", 2, 0 },			/* push (%rax) */
		{ "\x89\xc0", 2, 0 },			/* mov %eax, %eax */
		{ "\xf0\x89\x00", 3, 0 },		/* lock mov: invalid */
		{ "\x89", 1, 0 },			/* cut off */
		{ "\xc7\x00\x01\x02", 4, 0 },		/* cut off */
		{ "", 0, 0 },
	};
	struct nooks_regs r = { .ax = 0x1000, .r8 = 0x1000, .di = 0x1000 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct nooks_insn in;
		bool ok = nooks_decode(&in, (const u8 *)t[i].bytes, t[i].n, &r);

		if (ok != !!t[i].width || (ok && (in.width != t[i].width || in.addr != 0x1000 ||
						  in.length != t[i].n)))
			fail_msg("row %u: decoded %d width %u addr %#lx length %u", i, ok,
				 in.width, in.addr, in.length);
		if (ok)
			assert_int_equal(nooks_emulate(&in, &r, may, NULL), NOOKS_UNABLE);
	}
}

/*
 * Random bytes: what the decoder takes for a store of so many bytes there is
 * one, as the processor sees it; nothing else is changed.
 */
static void test_random_bytes(void **state)
{
	static u8 before[MEMORY], after[MEMORY];
	u64 i, done = 0;

	(void)state;
	for (i = 0; i < rounds; i++) {
		struct nooks_regs regs, native;
		struct judged j = { 0 };
		struct nooks_insn in;
		struct code c = { .n = 15 };
		u64 start = seed;
		int k, base;

		for (k = 0; k < 15; k++)
			c.b[k] = rnd();
		if (rnd() % 2)
			c.b[rnd() % 3] = 0x0f;
		random_state(&regs);
		if (!nooks_decode(&in, c.b, c.n, &regs))
			continue;
		c.n = in.length;
		for (base = 0; base < 16; base++) {
			struct nooks_regs moved = regs;

			*slot(&moved, base) += (unsigned long)memory + MIDDLE - in.addr;
			if (nooks_decode(&in, c.b, c.n, &moved) &&
			    inside(in.addr - 64, in.width + 128)) {
				regs = moved;
				break;
			}
			nooks_decode(&in, c.b, c.n, &regs);
		}
		if (base == 16)
			continue;
		if (in.op == NOOKS_OP_MOVS || in.op == NOOKS_OP_STOS || in.op == NOOKS_OP_STEP)
			continue;	/* tested above */
		memcpy(before, memory, MEMORY);
		native = regs;
		assert_int_equal(nooks_emulate(&in, &regs, may, &j), NOOKS_EMULATED);
		memcpy(after, memory, MEMORY);
		memcpy(memory, before, MEMORY);
		if (run_native(&c, &native)) {
			/* an invalid one never gets to the point where it would trap on a store */
			assert_int_equal(escaped, SIGILL);
			continue;
		}
		compare(&c, start, &regs, &native, after, in.length);
		done++;
	}
	assert_true(done > rounds / 100);
}

/* Loads, register moves and lea, which are performed between two stores. */
static void test_moves(void **state)
{
	static const u16 opcodes[] = { 0x89, 0x8b, 0x8b, 0x8d, 0x0fb6, 0x0fb7 };
	static u8 after[MEMORY];
	u64 i, done = 0;

	(void)state;
	for (i = 0; i < rounds; i++) {
		struct nooks_regs regs, native;
		struct nooks_move m;
		struct code c = { .n = 0 };
		u64 start = seed;
		u8 rex = rnd() % 2 ? rnd() % 16 : 0;
		u16 opcode = opcodes[rnd() % 6];
		int base = -1, k;

		if (rnd() % 4 == 0)
			put(&c, 0x66, 1);
		if (rex)
			put(&c, 0x40 | rex, 1);
		if (opcode >> 8)
			put(&c, 0x0f, 1);
		put(&c, opcode & 0xff, 1);
		if (opcode == 0x89 || (opcode == 0x8b && rnd() % 2))
			put(&c, 0xc0 | (rnd() & 63), 1);
		else
			base = put_memory(&c, rnd() % 8, rex);
		random_state(&regs);
		if (!nooks_decode_move(&m, c.b, c.n, &regs)) {
			show(&c, start);
			fail_msg("not decoded");
		}
		for (k = 0; !m.known && k < 4 && base >= 0 && !inside(m.addr, 8); k++) {
			*slot(&regs, base) += (unsigned long)memory + MIDDLE - m.addr;
			nooks_decode_move(&m, c.b, c.n, &regs);
		}
		if (!m.known && !inside(m.addr, 8))
			continue;
		native = regs;
		assert_true(nooks_move(&m, &regs));
		memcpy(after, memory, MEMORY);
		assert_int_equal(run_native(&c, &native), 0);
		compare(&c, start, &regs, &native, after, m.length);
		done++;
	}
	assert_true(done > rounds / 2);
}

/* What must not be taken for one. */
static void test_no_moves(void **state)
{
	static const struct {
		const char *bytes;
		unsigned int n;
	} t[] = {
		{ "\x88\xc0", 2 }, { "\x89\x00", 2 }, { "\x8d\xc0", 2 }, { "\x65\x8b\x00", 3 },
		{ "\xf0\x8b\x00", 3 }, { "\xf3\x8b\x00", 3 }, { "\x67\x8b\x00", 3 },
		{ "\x01\xc0", 2 }, { "\x0f\xb6\xc4", 3 }, { "\x8a\x00", 2 }, { "\x8b", 1 },
		{ "\x8b\x80\x01\x02\x03", 5 }, { "\x50", 1 }, { "\xc3", 1 }, { "", 0 },
	};
	struct nooks_regs r = { .ax = 0x1000 };
	struct nooks_move m;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (nooks_decode_move(&m, (const u8 *)t[i].bytes, t[i].n, &r))
			fail_msg("row %u is taken for a move", i);
	assert_true(nooks_decode_move(&m, (const u8 *)"\x48\x8b\x00", 3, &r));
	assert_false(nooks_move(&m, &r));	/* nothing is at 0x1000 */
	assert_int_equal(r.ax, 0x1000);
	assert_int_equal(r.ip, 0);
}

static int setup(void **state)
{
	const char *s = getenv("EMULATE_SEED"), *r = getenv("EMULATE_ROUNDS");
	static char stack[65536] __attribute__((aligned(16)));
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	(void)state;
	seed = s ? strtoull(s, NULL, 0) : 0x9e3779b97f4a7c15ULL;
	if (r)
		rounds = strtoull(r, NULL, 0);
	/* the instruction pointer must reach the buffer with 32 bits */
	code_page = mmap((void *)((unsigned long)memory + (1UL << 24)), 4096,
			 PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code_page == MAP_FAILED || sigaltstack(&alt, NULL))
		return -1;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGFPE, &action, NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_string_stops),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_no_moves),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
