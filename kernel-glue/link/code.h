/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Machine code of a module: where instructions begin, what one of them does.
 * Decoding is linear, started anew at each function symbol; there is one map
 * byte per byte of an executable section.
 */
#ifndef NOOKS_LINK_CODE_H
#define NOOKS_LINK_CODE_H

#include "diag.h"
#include "image.h"

#include <Zydis/Zydis.h>

#define NL_MAP_INSN	0x01	/* an instruction begins here */
#define NL_MAP_FUNC	0x02	/* a function begins here */
#define NL_MAP_COMPARED	0x04	/* the function's address is compared somewhere in code */

struct nl_insn {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	u64 at;			/* offset in the section */
};

/* What a relocation is to the instruction it is in. */
enum nl_field { NL_FIELD_NONE, NL_FIELD_BRANCH, NL_FIELD_IMM, NL_FIELD_MEM };

/* Allocate and fill the maps of all executable sections. */
void nl_code_map(struct nl_image *im, struct nl_diag *d);

/* Decode the instruction at @off; false if the bytes are none. */
bool nl_decode(const struct nl_section *s, u64 off, struct nl_insn *insn);
/* The instruction that the byte at @off belongs to. */
bool nl_insn_around(const struct nl_section *s, u64 off, struct nl_insn *insn);
enum nl_field nl_insn_field(const struct nl_insn *insn, u64 off);
/* The explicit memory operand, or NULL. */
const ZydisDecodedOperand *nl_insn_memory(const struct nl_insn *insn);

bool nl_disassemble(const struct nl_section *s, u64 off, char *text, size_t n);

#endif
