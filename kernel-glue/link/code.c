// SPDX-License-Identifier: GPL-2.0
/* Instruction boundaries and single instructions: see code.h. */
#include "code.h"

#include <string.h>

static const ZydisDecoder *decoder(void)
{
	static ZydisDecoder d;
	static bool ready;

	if (!ready) {
		ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
		ready = true;
	}
	return &d;
}

bool nl_decode(const struct nl_section *s, u64 off, struct nl_insn *insn)
{
	if (!s->data || off >= s->size)
		return false;
	insn->at = off;
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder(), s->data + off, s->size - off,
						   &insn->i, insn->op));
}

bool nl_insn_around(const struct nl_section *s, u64 off, struct nl_insn *insn)
{
	u64 at = off;

	if (!s->map || off >= s->size)
		return false;
	while (!(s->map[at] & NL_MAP_INSN)) {
		if (!at || off - at >= ZYDIS_MAX_INSTRUCTION_LENGTH)
			return false;
		at--;
	}
	return nl_decode(s, at, insn) && off - at < insn->i.length;
}

enum nl_field nl_insn_field(const struct nl_insn *insn, u64 off)
{
	u64 at = off - insn->at;
	int i;

	for (i = 0; i < 2; i++)
		if (insn->i.raw.imm[i].size && insn->i.raw.imm[i].offset == at)
			return insn->i.raw.imm[i].is_relative ? NL_FIELD_BRANCH : NL_FIELD_IMM;
	if (insn->i.raw.disp.size && insn->i.raw.disp.offset == at)
		return NL_FIELD_MEM;
	return NL_FIELD_NONE;
}

const ZydisDecodedOperand *nl_insn_memory(const struct nl_insn *insn)
{
	int i;

	for (i = 0; i < insn->i.operand_count_visible; i++)
		if (insn->op[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			return &insn->op[i];
	return NULL;
}

bool nl_disassemble(const struct nl_section *s, u64 off, char *text, size_t n)
{
	struct nl_insn insn;
	ZydisFormatter f;

	if (!s || !nl_decode(s, off, &insn))
		return false;
	ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_ATT);
	return ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&f, &insn.i, insn.op,
							    insn.i.operand_count_visible, text, n,
							    ZYDIS_RUNTIME_ADDRESS_NONE, NULL));
}

static void map_section(struct nl_section *s, struct nl_diag *d)
{
	u64 off = 0;

	while (off < s->size) {
		ZydisDecodedInstruction i;
		u64 k;

		if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(decoder(), NULL, s->data + off,
							      s->size - off, &i))) {
			nl_error(d, s, off, "decode",
				 "only code that can be read completely can be checked",
				 "these bytes are no instruction");
			/* Go on at the next function. */
			do {
				off++;
			} while (off < s->size && !(s->map[off] & NL_MAP_FUNC));
			continue;
		}
		s->map[off] |= NL_MAP_INSN;
		for (k = 1; k < i.length; k++) {
			if (s->map[off + k] & NL_MAP_FUNC) {
				nl_error_insn(d, s, off, "overlap", NULL,
					      "an instruction runs into the function at %s+%#lx",
					      s->name, off + k);
				i.length = k;
			}
		}
		off += i.length;
	}
}

void nl_code_map(struct nl_image *im, struct nl_diag *d)
{
	size_t i;

	for (i = 1; i < im->nsec; i++) {
		struct nl_section *s = &im->sec[i];

		if (nl_executable(s) && s->type != SHT_NOBITS && !s->dropped)
			s->map = nl_alloc(s->size + 1, 1);
	}
	for (i = 1; i < im->nsym; i++) {
		struct nl_symbol *y = &im->sym[i];

		if (ELF64_ST_TYPE(y->info) == STT_FUNC && y->shndx && y->shndx < im->nsec &&
		    im->sec[y->shndx].map)
			im->sec[y->shndx].map[y->value] |= NL_MAP_FUNC;
	}
	for (i = 1; i < im->nsec; i++)
		if (im->sec[i].map)
			map_section(&im->sec[i], d);
}
