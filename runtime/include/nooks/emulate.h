/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Perform one store instruction in the driver's place.
 *
 * nooks_decode() tells what an instruction would write and where;
 * nooks_emulate() asks whether it may, writes, and advances the registers as
 * the instruction would have.  Pure functions of instruction bytes, registers
 * and memory: they also build in user space, where tests compare them with the
 * processor.
 */
#ifndef NOOKS_EMULATE_H
#define NOOKS_EMULATE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <nooks/xpc.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
struct nooks_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long vec, error, ip, cs, flags, sp, ss;
};
#endif

#define NOOKS_INSN_MAX	15

enum nooks_op {
	NOOKS_OP_NONE,
	NOOKS_OP_ADD, NOOKS_OP_OR, NOOKS_OP_ADC, NOOKS_OP_SBB,	/* as in opcodes 00..3f */
	NOOKS_OP_AND, NOOKS_OP_SUB, NOOKS_OP_XOR, NOOKS_OP_CMP,
	NOOKS_OP_ROL, NOOKS_OP_ROR, NOOKS_OP_RCL, NOOKS_OP_RCR,	/* as in group 2 */
	NOOKS_OP_SHL, NOOKS_OP_SHR, NOOKS_OP_SAL, NOOKS_OP_SAR,
	NOOKS_OP_BT, NOOKS_OP_BTS, NOOKS_OP_BTR, NOOKS_OP_BTC,
	NOOKS_OP_MOV,
	NOOKS_OP_NOT, NOOKS_OP_NEG, NOOKS_OP_INC, NOOKS_OP_DEC,
	NOOKS_OP_XCHG, NOOKS_OP_XADD, NOOKS_OP_CMPXCHG, NOOKS_OP_CMPXCHG8B,
	NOOKS_OP_SHLD, NOOKS_OP_SHRD,
	NOOKS_OP_SETCC,
	NOOKS_OP_MOVBE,
	NOOKS_OP_STOS, NOOKS_OP_MOVS,
	NOOKS_OP_STEP,		/* operand known; to be executed by the CPU itself */
};

/**
 * struct nooks_insn - a decoded store
 * @length: in bytes
 * @width: bytes written (by one iteration)
 * @op: what it does
 * @lock: lock prefix, or implied
 * @rep: repeat prefix
 * @reg: register operand, number
 * @high: it is ah, ch, dh or bh (@reg 0..3)
 * @imm: the source operand is @value
 * @cc: condition of setcc
 * @addr: first byte written
 */
struct nooks_insn {
	u8 length;
	u8 width;
	u8 op;
	bool lock;
	bool rep;
	u8 reg;
	bool high;
	bool imm;
	u8 cc;
	u64 value;
	unsigned long addr;
};

/* nooks_decode() - false: not an instruction that stores to memory, or not known here */
bool nooks_decode(struct nooks_insn *insn, const u8 *code, unsigned int ncode,
		  const struct nooks_regs *regs);

enum nooks_emulation {
	NOOKS_EMULATED,		/* registers and memory are as after it (or after some iterations) */
	NOOKS_REFUSED,		/* @may said no; nothing was changed */
	NOOKS_FAULTED,		/* memory could not be accessed; nothing was changed */
	NOOKS_UNABLE,		/* the CPU has to do it */
};

/**
 * nooks_emulate() - perform a decoded store
 * @may: is asked before each write, with the bytes to be written
 */
enum nooks_emulation nooks_emulate(const struct nooks_insn *insn, struct nooks_regs *regs,
				   bool (*may)(void *arg, unsigned long addr, size_t n,
					       const void *value), void *arg);

/**
 * struct nooks_move - a decoded move into a register that leaves the flags alone
 * @width: bytes read
 * @to: bytes of the register written
 * @known: the source is @value; otherwise it is memory at @addr
 */
struct nooks_move {
	u8 length;
	u8 reg;
	u8 width;
	u8 to;
	bool known;
	u64 value;
	unsigned long addr;
};

/*
 * nooks_decode_move() - loads, moves between registers and lea: what compilers
 * put between two stores to the same object; false for all others
 */
bool nooks_decode_move(struct nooks_move *move, const u8 *code, unsigned int ncode,
		       const struct nooks_regs *regs);
/* nooks_move() - perform it; false if memory could not be read: nothing was changed then */
bool nooks_move(const struct nooks_move *move, struct nooks_regs *regs);

/*
 * Provided by the user of this file.  Any address may be passed; false if it
 * cannot be accessed.  @n is 1, 2, 4 or 8; each access is a single one.
 * nooks_mem_cmpxchg() writes @new if @old is still there; *@old is what it found.
 */
bool nooks_mem_read(void *dst, unsigned long addr, unsigned int n);
bool nooks_mem_write(unsigned long addr, const void *src, unsigned int n);
bool nooks_mem_cmpxchg(unsigned long addr, u64 *old, u64 new, unsigned int n, bool *done);

#endif
