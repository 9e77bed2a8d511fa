// SPDX-License-Identifier: GPL-2.0
/*
 * Perform a decoded store (or move): see nooks/emulate.h.
 *
 * Results and flags come from executing the same operation on registers, so
 * they are this processor's own, undefined flags included.  With a lock prefix
 * memory changes by compare-and-exchange, and what is written has been judged.
 */
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/swab.h>
#else
#include <string.h>
#define swab64 __builtin_bswap64
#define swab32 __builtin_bswap32
#define swab16 __builtin_bswap16
#endif
#include <nooks/emulate.h>

#define FLAGS_LOW	0xd5UL		/* SF ZF AF PF CF */
#define FLAG_CF		0x001UL
#define FLAG_PF		0x004UL
#define FLAG_ZF		0x040UL
#define FLAG_SF		0x080UL
#define FLAG_DF		0x400UL
#define FLAG_OF		0x800UL

/* Iterations of a repeated store done in one go. */
#define MAX_REPEAT	256

static unsigned long *reg_slot(struct nooks_regs *regs, unsigned int i)
{
	switch (i & 15) {
	case 0: return &regs->ax;
	case 1: return &regs->cx;
	case 2: return &regs->dx;
	case 3: return &regs->bx;
	case 4: return &regs->sp;
	case 5: return &regs->bp;
	case 6: return &regs->si;
	case 7: return &regs->di;
	case 8: return &regs->r8;
	case 9: return &regs->r9;
	case 10: return &regs->r10;
	case 11: return &regs->r11;
	case 12: return &regs->r12;
	case 13: return &regs->r13;
	case 14: return &regs->r14;
	default: return &regs->r15;
	}
}

static u64 mask(unsigned int width)
{
	return width == 8 ? ~0ULL : (1ULL << (8 * width)) - 1;
}

static u64 get_reg(struct nooks_regs *regs, unsigned int i, bool high, unsigned int width)
{
	return (*reg_slot(regs, i) >> (high ? 8 : 0)) & mask(width);
}

static void set_reg(struct nooks_regs *regs, unsigned int i, bool high, unsigned int width, u64 v)
{
	unsigned long *r = reg_slot(regs, i);
	unsigned int shift = high ? 8 : 0;

	if (width == 4)
		*r = (u32)v;		/* clears the upper half */
	else
		*r = (*r & ~(mask(width) << shift)) | ((v & mask(width)) << shift);
}

/*
 * Run one operation on registers with the given flags: ax carries SF..CF in ah
 * and OF in al, both ways.
 */
#define RUN(insn)							\
	asm("addb $0x7f, %%al\n\t"					\
	    "sahf\n\t"							\
	    insn "\n\t"							\
	    "lahf\n\t"							\
	    "seto %%al"							\
	    : "+a" (ax), "+d" (dst) : "c" (src), "S" (more) : "cc")

#define RUN_BY_WIDTH(b, w, l, q)					\
	do {								\
		switch (width) {					\
		case 1: RUN(b); break;					\
		case 2: RUN(w); break;					\
		case 4: RUN(l); break;					\
		case 8: RUN(q); break;					\
		}							\
	} while (0)

#define BINARY(op)							\
	RUN_BY_WIDTH(op "b %%cl, %%dl", op "w %%cx, %%dx",		\
		     op "l %%ecx, %%edx", op "q %%rcx, %%rdx")
#define UNARY(op)							\
	RUN_BY_WIDTH(op "b %%dl", op "w %%dx", op "l %%edx", op "q %%rdx")
#define SHIFT(op)							\
	RUN_BY_WIDTH(op "b %%cl, %%dl", op "w %%cl, %%dx",		\
		     op "l %%cl, %%edx", op "q %%cl, %%rdx")
#define BITOP(op)							\
	RUN_BY_WIDTH("", op "w %%cx, %%dx", op "l %%ecx, %%edx", op "q %%rcx, %%rdx")
#define DOUBLE(op)							\
	RUN_BY_WIDTH("", op "w %%cl, %%si, %%dx", op "l %%cl, %%esi, %%edx",	\
		     op "q %%cl, %%rsi, %%rdx")

/* The new value of the destination; flags in and out. */
static u64 compute(enum nooks_op op, unsigned int width, u64 dst, u64 src, u64 more,
		   unsigned long *flags)
{
	unsigned long ax = (*flags & FLAGS_LOW) << 8 | 2 << 8 | (*flags & FLAG_OF ? 1 : 0);

	switch (op) {
	case NOOKS_OP_ADD: BINARY("add"); break;
	case NOOKS_OP_OR: BINARY("or"); break;
	case NOOKS_OP_ADC: BINARY("adc"); break;
	case NOOKS_OP_SBB: BINARY("sbb"); break;
	case NOOKS_OP_AND: BINARY("and"); break;
	case NOOKS_OP_SUB: BINARY("sub"); break;
	case NOOKS_OP_XOR: BINARY("xor"); break;
	case NOOKS_OP_CMP: BINARY("cmp"); break;
	case NOOKS_OP_NOT: UNARY("not"); break;
	case NOOKS_OP_NEG: UNARY("neg"); break;
	case NOOKS_OP_INC: UNARY("inc"); break;
	case NOOKS_OP_DEC: UNARY("dec"); break;
	case NOOKS_OP_ROL: SHIFT("rol"); break;
	case NOOKS_OP_ROR: SHIFT("ror"); break;
	case NOOKS_OP_RCL: SHIFT("rcl"); break;
	case NOOKS_OP_RCR: SHIFT("rcr"); break;
	case NOOKS_OP_SAL:
	case NOOKS_OP_SHL: SHIFT("shl"); break;
	case NOOKS_OP_SHR: SHIFT("shr"); break;
	case NOOKS_OP_SAR: SHIFT("sar"); break;
	case NOOKS_OP_BTS: BITOP("bts"); break;
	case NOOKS_OP_BTR: BITOP("btr"); break;
	case NOOKS_OP_BTC: BITOP("btc"); break;
	case NOOKS_OP_SHLD: DOUBLE("shld"); break;
	case NOOKS_OP_SHRD: DOUBLE("shrd"); break;
	default: return dst;
	}
	*flags = (*flags & ~(FLAGS_LOW | FLAG_OF)) | (ax >> 8 & FLAGS_LOW) |
		 (ax & 1 ? FLAG_OF : 0);
	return dst & mask(width);
}

static bool condition(u8 cc, unsigned long f)
{
	bool cf = f & FLAG_CF, zf = f & FLAG_ZF, sf = f & FLAG_SF;
	bool of = f & FLAG_OF, pf = f & FLAG_PF, yes;

	switch (cc >> 1) {
	case 0: yes = of; break;
	case 1: yes = cf; break;
	case 2: yes = zf; break;
	case 3: yes = cf || zf; break;
	case 4: yes = sf; break;
	case 5: yes = pf; break;
	case 6: yes = sf != of; break;
	default: yes = zf || sf != of; break;
	}
	return yes != (cc & 1);
}

static u64 swap_bytes(u64 v, unsigned int width)
{
	return width == 8 ? swab64(v) : width == 4 ? swab32(v) : swab16(v);
}

typedef bool (*may_fn)(void *arg, unsigned long addr, size_t n, const void *value);

/* Stores whose value does not depend on memory. */
static enum nooks_emulation plain(const struct nooks_insn *in, struct nooks_regs *regs,
				  u64 value, may_fn may, void *arg)
{
	if (!may(arg, in->addr, in->width, &value))
		return NOOKS_REFUSED;
	if (!nooks_mem_write(in->addr, &value, in->width))
		return NOOKS_FAULTED;
	regs->ip += in->length;
	return NOOKS_EMULATED;
}

/* What a read-modify-write does, given what it finds. */
struct change {
	u64 old, new;
	unsigned long flags;
	bool equal;		/* of the compare-and-exchange forms */
};

static void work_out(const struct nooks_insn *in, struct nooks_regs *regs, struct change *c)
{
	unsigned int width = in->width;
	u64 src = in->imm ? in->value & mask(width) :
			    get_reg(regs, in->reg, in->high, width);
	u64 expected;

	c->flags = regs->flags;
	switch (in->op) {
	case NOOKS_OP_XCHG:
		c->new = src;
		break;
	case NOOKS_OP_XADD:
		c->new = compute(NOOKS_OP_ADD, width, c->old, src, 0, &c->flags);
		break;
	case NOOKS_OP_CMPXCHG:
		expected = get_reg(regs, 0, false, width);
		compute(NOOKS_OP_CMP, width, expected, c->old, 0, &c->flags);
		c->equal = expected == c->old;
		c->new = c->equal ? src : c->old;
		break;
	case NOOKS_OP_CMPXCHG8B:
		expected = regs->dx << 32 | (u32)regs->ax;
		c->equal = expected == c->old;
		c->new = c->equal ? regs->cx << 32 | (u32)regs->bx : c->old;
		c->flags = (c->flags & ~FLAG_ZF) | (c->equal ? FLAG_ZF : 0);
		break;
	case NOOKS_OP_SHLD:
	case NOOKS_OP_SHRD:
		c->new = compute(in->op, width, c->old, in->value, src, &c->flags);
		break;
	case NOOKS_OP_BTS:
	case NOOKS_OP_BTR:
	case NOOKS_OP_BTC:
		c->new = compute(in->op, width, c->old, src & (8 * width - 1), 0, &c->flags);
		break;
	default:
		c->new = compute(in->op, width, c->old, src, 0, &c->flags);
		break;
	}
}

/* Registers that a read-modify-write changes besides memory. */
static void finish(const struct nooks_insn *in, struct nooks_regs *regs, const struct change *c)
{
	regs->flags = c->flags;
	regs->ip += in->length;
	switch (in->op) {
	case NOOKS_OP_XCHG:
	case NOOKS_OP_XADD:
		set_reg(regs, in->reg, in->high, in->width, c->old);
		break;
	case NOOKS_OP_CMPXCHG:
		if (!c->equal)
			set_reg(regs, 0, false, in->width, c->old);
		break;
	case NOOKS_OP_CMPXCHG8B:
		if (!c->equal) {
			regs->ax = (u32)c->old;
			regs->dx = c->old >> 32;
		}
		break;
	}
}

static enum nooks_emulation modify(const struct nooks_insn *in, struct nooks_regs *regs,
				   may_fn may, void *arg)
{
	struct change c = { 0 };
	bool done = false;

	if (!nooks_mem_read(&c.old, in->addr, in->width))
		return NOOKS_FAULTED;
	while (!done) {
		work_out(in, regs, &c);
		if (!may(arg, in->addr, in->width, &c.new))
			return NOOKS_REFUSED;
		if (!in->lock) {
			if (!nooks_mem_write(in->addr, &c.new, in->width))
				return NOOKS_FAULTED;
			break;
		}
		if (!nooks_mem_cmpxchg(in->addr, &c.old, c.new, in->width, &done))
			return NOOKS_FAULTED;
	}
	finish(in, regs, &c);
	return NOOKS_EMULATED;
}

/*
 * One or many iterations.  A repetition that cannot go on stops between two
 * iterations, where the instruction can be restarted, as the processor does.
 */
static enum nooks_emulation string(const struct nooks_insn *in, struct nooks_regs *regs,
				   may_fn may, void *arg)
{
	long step = regs->flags & FLAG_DF ? -(long)in->width : in->width;
	unsigned int i;

	for (i = 0; i < MAX_REPEAT && (!in->rep || regs->cx); i++) {
		u64 value = regs->ax;

		if (in->op == NOOKS_OP_MOVS && !nooks_mem_read(&value, regs->si, in->width))
			return i ? NOOKS_EMULATED : NOOKS_FAULTED;
		if (!may(arg, regs->di, in->width, &value))
			return i ? NOOKS_EMULATED : NOOKS_REFUSED;
		if (!nooks_mem_write(regs->di, &value, in->width))
			return i ? NOOKS_EMULATED : NOOKS_FAULTED;
		regs->di += step;
		if (in->op == NOOKS_OP_MOVS)
			regs->si += step;
		if (!in->rep)
			break;
		regs->cx--;
	}
	if (!in->rep || !regs->cx)
		regs->ip += in->length;
	return NOOKS_EMULATED;
}

enum nooks_emulation nooks_emulate(const struct nooks_insn *insn, struct nooks_regs *regs,
				   may_fn may, void *arg)
{
	switch (insn->op) {
	case NOOKS_OP_NONE:
	case NOOKS_OP_BT:
	case NOOKS_OP_CMP:
	case NOOKS_OP_STEP:
		return NOOKS_UNABLE;
	case NOOKS_OP_MOV:
		return plain(insn, regs, insn->imm ? insn->value :
			     get_reg(regs, insn->reg, insn->high, insn->width), may, arg);
	case NOOKS_OP_MOVBE:
		return plain(insn, regs,
			     swap_bytes(get_reg(regs, insn->reg, false, insn->width),
					insn->width), may, arg);
	case NOOKS_OP_SETCC:
		return plain(insn, regs, condition(insn->cc, regs->flags), may, arg);
	case NOOKS_OP_STOS:
	case NOOKS_OP_MOVS:
		return string(insn, regs, may, arg);
	default:
		return modify(insn, regs, may, arg);
	}
}

bool nooks_move(const struct nooks_move *move, struct nooks_regs *regs)
{
	u64 value = move->value;

	if (!move->known && !nooks_mem_read(&value, move->addr, move->width))
		return false;
	set_reg(regs, move->reg, false, move->to, value);
	regs->ip += move->length;
	return true;
}
