// SPDX-License-Identifier: GPL-2.0
/*
 * Decode the instructions that store to memory: what is written, where, how
 * wide.  64-bit mode only.
 *
 * Anything not listed is "not known", which ends the driver: an operand that
 * cannot be told cannot be judged.  Deliberately missing: stores relative to fs
 * and gs (per-CPU data), pushes and calls (the stack is the driver's own or it
 * has overflowed), state saves.
 */
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <string.h>
#endif
#include <nooks/emulate.h>

struct reader {
	const u8 *code;
	unsigned int n, at;
	bool short_of;
};

struct decoder {
	struct reader r;
	const struct nooks_regs *regs;
	struct nooks_insn *insn;
	u8 rex;
	bool has_rex, opsize, addrsize, rep, repne, segment;
	u8 mod, reg, rm;
	bool rip_relative;
};

static u64 take(struct reader *r, unsigned int n)
{
	u64 v = 0;

	if (r->n - r->at < n) {
		r->short_of = true;
		r->at = r->n;
		return 0;
	}
	memcpy(&v, r->code + r->at, n);
	r->at += n;
	return v;
}

static s64 take_signed(struct reader *r, unsigned int n)
{
	u64 v = take(r, n);

	return n == 1 ? (s8)v : n == 2 ? (s16)v : n == 4 ? (s32)v : (s64)v;
}

static unsigned long reg_value(const struct nooks_regs *regs, unsigned int i)
{
	const unsigned long v[16] = {
		regs->ax, regs->cx, regs->dx, regs->bx, regs->sp, regs->bp, regs->si, regs->di,
		regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13, regs->r14,
		regs->r15,
	};

	return v[i & 15];
}

/* ModRM, SIB and displacement; false for a register operand. */
static bool take_modrm(struct decoder *d)
{
	u8 byte = take(&d->r, 1);
	unsigned long ea = 0;
	unsigned int base;

	d->mod = byte >> 6;
	d->reg = (byte >> 3 & 7) | (d->rex & 4 ? 8 : 0);
	d->rm = byte & 7;
	if (d->mod == 3)
		return false;
	base = d->rm;
	if (d->rm == 4) {
		u8 sib = take(&d->r, 1);
		unsigned int index = (sib >> 3 & 7) | (d->rex & 2 ? 8 : 0);

		base = sib & 7;
		if (index != 4)
			ea = reg_value(d->regs, index) << (sib >> 6);
	}
	if (base == 5 && d->mod == 0) {
		ea += take_signed(&d->r, 4);
		d->rip_relative = d->rm == 5;
	} else {
		ea += reg_value(d->regs, base | (d->rex & 1 ? 8 : 0));
	}
	if (d->mod == 1)
		ea += take_signed(&d->r, 1);
	else if (d->mod == 2)
		ea += take_signed(&d->r, 4);
	d->insn->addr = ea;
	return true;
}

static unsigned int operand_width(const struct decoder *d, bool byte)
{
	return byte ? 1 : d->rex & 8 ? 8 : d->opsize ? 2 : 4;
}

static void use_reg(struct decoder *d)
{
	struct nooks_insn *in = d->insn;

	in->reg = d->reg;
	if (in->width == 1 && !d->has_rex && d->reg >= 4) {
		in->reg = d->reg - 4;
		in->high = true;
	}
}

static void use_imm(struct decoder *d, unsigned int bytes)
{
	d->insn->imm = true;
	d->insn->value = take_signed(&d->r, bytes);
}

/* Immediates of word operands have four bytes at most. */
static unsigned int imm_width(const struct nooks_insn *in)
{
	return in->width == 8 ? 4 : in->width;
}

static bool memory(struct decoder *d, bool byte, enum nooks_op op)
{
	d->insn->op = op;
	d->insn->width = operand_width(d, byte);
	return take_modrm(d);
}

/* The bit offset in a register reaches beyond the operand. */
static void bit_string(struct decoder *d)
{
	struct nooks_insn *in = d->insn;
	s64 bit = reg_value(d->regs, in->reg);

	if (in->width == 2)
		bit = (s16)bit;
	else if (in->width == 4)
		bit = (s32)bit;
	in->addr += (bit >> (in->width == 8 ? 6 : in->width == 4 ? 5 : 4)) * in->width;
}

/* Vector and MMX stores: width by opcode and mandatory prefix; 0: not a store. */
static unsigned int vector_width(u8 opcode, bool p66, bool f3, bool f2, bool w, bool l)
{
	unsigned int full = l ? 32 : 16;

	switch (opcode) {
	case 0x11:	/* movups, movupd, movss, movsd */
		return f3 ? 4 : f2 ? 8 : full;
	case 0x13:	/* movlps, movlpd */
	case 0x17:	/* movhps, movhpd */
		return f3 || f2 || l ? 0 : 8;
	case 0x29:	/* movaps, movapd */
	case 0x2b:	/* movntps, movntpd */
		return f3 || f2 ? 0 : full;
	case 0x7e:	/* movd, movq; with f3 a load */
		return f3 || f2 || l ? 0 : w ? 8 : 4;
	case 0x7f:	/* movq of MMX, movdqa, movdqu */
		return f2 ? 0 : p66 || f3 ? full : 8;
	case 0xd6:	/* movq */
		return p66 && !l ? 8 : 0;
	case 0xe7:	/* movntq, movntdq */
		return f3 || f2 ? 0 : p66 ? full : 8;
	}
	return 0;
}

static bool vector(struct decoder *d, unsigned int width)
{
	d->insn->op = NOOKS_OP_STEP;
	d->insn->width = width;
	return width && !d->insn->lock && take_modrm(d);
}

static bool decode_vex(struct decoder *d, bool three)
{
	u8 b = take(&d->r, 1), c = b, opcode;
	bool w = false;

	if (d->has_rex || d->opsize || d->rep || d->repne || d->insn->lock)
		return false;
	d->rex = b & 0x80 ? 0 : 4;
	if (three) {
		if ((b & 0x1f) != 1)
			return false;
		d->rex |= (b & 0x40 ? 0 : 2) | (b & 0x20 ? 0 : 1);
		c = take(&d->r, 1);
		w = c & 0x80;
	}
	opcode = take(&d->r, 1);
	return vector(d, vector_width(opcode, (c & 3) == 1, (c & 3) == 2, (c & 3) == 3, w, c & 4));
}

static bool decode_0f(struct decoder *d)
{
	struct nooks_insn *in = d->insn;
	u8 opcode = take(&d->r, 1);
	unsigned int width;

	switch (opcode) {
	case 0x38:
		if (take(&d->r, 1) != 0xf1 || d->rep || d->repne || in->lock)
			return false;
		if (!memory(d, false, NOOKS_OP_MOVBE))
			return false;
		use_reg(d);
		return true;
	case 0x90 ... 0x9f:
		if (in->lock || !memory(d, true, NOOKS_OP_SETCC))
			return false;
		in->cc = opcode & 15;
		return true;
	case 0xa4: case 0xa5: case 0xac: case 0xad:
		if (in->lock || !memory(d, false, opcode < 0xa8 ? NOOKS_OP_SHLD : NOOKS_OP_SHRD))
			return false;
		use_reg(d);
		if (opcode & 1)
			in->value = d->regs->cx;
		else
			in->value = take(&d->r, 1);
		return true;
	case 0xab: case 0xb3: case 0xbb:
		if (!memory(d, false, opcode == 0xab ? NOOKS_OP_BTS :
			    opcode == 0xb3 ? NOOKS_OP_BTR : NOOKS_OP_BTC))
			return false;
		use_reg(d);
		bit_string(d);
		return true;
	case 0xba:
		if (!memory(d, false, NOOKS_OP_BT) || (d->reg & 7) < 5)
			return false;
		in->op = NOOKS_OP_BT + (d->reg & 3);
		use_imm(d, 1);
		return true;
	case 0xb0: case 0xb1:
		if (!memory(d, opcode == 0xb0, NOOKS_OP_CMPXCHG))
			return false;
		use_reg(d);
		return true;
	case 0xc0: case 0xc1:
		if (!memory(d, opcode == 0xc0, NOOKS_OP_XADD))
			return false;
		use_reg(d);
		return true;
	case 0xc3:	/* movnti */
		if (in->lock || d->opsize || d->rep || d->repne ||
		    !memory(d, false, NOOKS_OP_MOV))
			return false;
		use_reg(d);
		return true;
	case 0xc7:
		if (d->rep || d->repne || d->opsize || !memory(d, false, NOOKS_OP_CMPXCHG8B) ||
		    (d->reg & 7) != 1)
			return false;
		in->width = 8;
		if (d->rex & 8) {
			in->op = NOOKS_OP_STEP;
			in->width = 16;
		}
		return true;
	}
	width = vector_width(opcode, d->opsize, d->rep, d->repne, d->rex & 8, false);
	return width ? vector(d, width) : false;
}

static bool decode_string(struct decoder *d, u8 opcode)
{
	struct nooks_insn *in = d->insn;

	if (d->addrsize || in->lock)
		return false;
	in->op = (opcode & 0xfe) == 0xa4 ? NOOKS_OP_MOVS :
		 (opcode & 0xfe) == 0xaa ? NOOKS_OP_STOS : NOOKS_OP_STEP;
	in->width = operand_width(d, !(opcode & 1));
	if (in->op == NOOKS_OP_STEP && in->width == 8)
		in->width = 4;		/* there is no 64-bit port */
	in->rep = d->rep || d->repne;
	in->addr = d->regs->di;
	return true;
}

static bool decode_one(struct decoder *d)
{
	struct nooks_insn *in = d->insn;
	u8 opcode = take(&d->r, 1);

	switch (opcode) {
	case 0x0f:
		return decode_0f(d);
	case 0xc4: case 0xc5:
		return decode_vex(d, opcode == 0xc4);
	case 0x6c: case 0x6d:	/* ins */
	case 0xa4: case 0xa5:
	case 0xaa: case 0xab:
		return decode_string(d, opcode);
	case 0x80: case 0x81: case 0x83:
		if (!memory(d, opcode == 0x80, NOOKS_OP_ADD) || (d->reg & 7) == 7)
			return false;
		in->op = NOOKS_OP_ADD + (d->reg & 7);
		use_imm(d, opcode == 0x81 ? imm_width(in) : 1);
		return true;
	case 0x86: case 0x87:
		if (!memory(d, opcode == 0x86, NOOKS_OP_XCHG))
			return false;
		use_reg(d);
		in->lock = true;
		return true;
	case 0x88: case 0x89:
		if (in->lock || !memory(d, opcode == 0x88, NOOKS_OP_MOV))
			return false;
		use_reg(d);
		return true;
	case 0xa2: case 0xa3:	/* accumulator to absolute address */
		if (in->lock)
			return false;
		in->op = NOOKS_OP_MOV;
		in->width = operand_width(d, opcode == 0xa2);
		in->addr = take(&d->r, d->addrsize ? 4 : 8);
		return true;
	case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3:
		if (in->lock || !memory(d, !(opcode & 1), NOOKS_OP_ROL))
			return false;
		in->op = NOOKS_OP_ROL + (d->reg & 7);
		in->imm = true;
		in->value = opcode < 0xd0 ? take(&d->r, 1) : opcode < 0xd2 ? 1 : d->regs->cx & 0xff;
		return true;
	case 0xc6: case 0xc7:
		if (in->lock || !memory(d, opcode == 0xc6, NOOKS_OP_MOV) || (d->reg & 7))
			return false;
		use_imm(d, imm_width(in));
		return true;
	case 0xf6: case 0xf7:
		if (!memory(d, opcode == 0xf6, NOOKS_OP_NOT) || (d->reg & 6) != 2)
			return false;
		in->op = NOOKS_OP_NOT + (d->reg & 1);
		return true;
	case 0xfe: case 0xff:
		if (!memory(d, opcode == 0xfe, NOOKS_OP_INC) || (d->reg & 7) > 1)
			return false;
		in->op = NOOKS_OP_INC + (d->reg & 1);
		return true;
	}
	/* add, or, adc, sbb, and, sub, xor with a register */
	if (opcode < 0x38 && (opcode & 7) < 2) {
		if (!memory(d, !(opcode & 1), NOOKS_OP_ADD + (opcode >> 3)))
			return false;
		use_reg(d);
		return true;
	}
	return false;
}

static bool take_prefixes(struct decoder *d)
{
	for (;; d->r.at++) {
		u8 byte;

		if (d->r.at >= d->r.n)
			return false;
		byte = d->r.code[d->r.at];
		switch (byte) {
		case 0x66:
			d->opsize = true;
			break;
		case 0x67:
			d->addrsize = true;
			break;
		case 0xf0:
			d->insn->lock = true;
			break;
		case 0xf2:
			d->repne = true;
			d->rep = false;
			break;
		case 0xf3:
			d->rep = true;
			d->repne = false;
			break;
		case 0x26: case 0x2e: case 0x36: case 0x3e:
			break;
		case 0x64: case 0x65:
			return false;
		case 0x40 ... 0x4f:
			/* only the byte right before the opcode counts */
			if (d->r.at + 1 < d->r.n) {
				u8 next = d->r.code[d->r.at + 1];

				if ((next & 0xf0) == 0x40 || next == 0x66 || next == 0x67 ||
				    next == 0xf0 || next == 0xf2 || next == 0xf3 ||
				    next == 0x26 || next == 0x2e || next == 0x36 ||
				    next == 0x3e || next == 0x64 || next == 0x65)
					break;
			}
			d->rex = byte & 15;
			d->has_rex = true;
			d->r.at++;
			return true;
		default:
			return true;
		}
	}
}

bool nooks_decode(struct nooks_insn *insn, const u8 *code, unsigned int ncode,
		  const struct nooks_regs *regs)
{
	struct decoder d = {
		.r = { .code = code, .n = ncode < NOOKS_INSN_MAX ? ncode : NOOKS_INSN_MAX },
		.regs = regs,
		.insn = insn,
	};

	memset(insn, 0, sizeof(*insn));
	if (!take_prefixes(&d) || !decode_one(&d) || d.r.short_of)
		return false;
	insn->length = d.r.at;
	if (d.rip_relative)
		insn->addr += regs->ip + insn->length;
	if (d.addrsize && insn->op != NOOKS_OP_STOS && insn->op != NOOKS_OP_MOVS)
		insn->addr = (u32)insn->addr;
	/* lock is valid with read-modify-write only */
	if (insn->lock && (insn->op == NOOKS_OP_MOV || insn->op == NOOKS_OP_SETCC))
		return false;
	return true;
}

static bool decode_move(struct decoder *d, struct nooks_move *m)
{
	u8 opcode = take(&d->r, 1);
	unsigned int source;

	m->width = m->to = operand_width(d, false);
	switch (opcode) {
	case 0x0f:
		opcode = take(&d->r, 1);
		if (opcode != 0xb6 && opcode != 0xb7)	/* movzx */
			return false;
		m->width = opcode == 0xb6 ? 1 : 2;
		if (!take_modrm(d))
			return false;
		break;
	case 0x89:
		if (take_modrm(d))
			return false;
		m->known = true;
		m->value = reg_value(d->regs, d->reg);
		m->reg = d->rm | (d->rex & 1 ? 8 : 0);
		return true;
	case 0x8b:
		if (!take_modrm(d)) {
			source = d->rm | (d->rex & 1 ? 8 : 0);
			m->known = true;
			m->value = reg_value(d->regs, source);
		}
		break;
	case 0x8d:
		m->known = true;
		if (!take_modrm(d))
			return false;
		break;
	default:
		return false;
	}
	m->reg = d->reg;
	return true;
}

bool nooks_decode_move(struct nooks_move *move, const u8 *code, unsigned int ncode,
		       const struct nooks_regs *regs)
{
	struct nooks_insn operand = { 0 };
	struct decoder d = {
		.r = { .code = code, .n = ncode < NOOKS_INSN_MAX ? ncode : NOOKS_INSN_MAX },
		.regs = regs,
		.insn = &operand,
	};

	memset(move, 0, sizeof(*move));
	if (!take_prefixes(&d) || d.addrsize || d.rep || d.repne || operand.lock ||
	    !decode_move(&d, move) || d.r.short_of)
		return false;
	move->length = d.r.at;
	if (d.mod == 3)
		return true;
	move->addr = operand.addr + (d.rip_relative ? regs->ip + move->length : 0);
	if (move->known)
		move->value = move->addr;	/* lea */
	return true;
}
