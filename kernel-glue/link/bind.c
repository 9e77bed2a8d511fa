// SPDX-License-Identifier: GPL-2.0
/*
 * The meaning of every relocation of a loaded section.
 *
 * In code: a branch to an import becomes a branch to its wrapper; reads of
 * kernel variables stay; the preempt count is counted by the runtime; the
 * address of an own function becomes the address of a thunk.  In data: own
 * functions become thunks, except in the tables that the kernel reads to patch
 * or unwind the code.  All else is an error.
 */
#include "code.h"
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tables of code addresses that the kernel uses without calling them. */
static const char *const code_tables[] = {
	".orc_unwind_ip", ".retpoline_sites", ".return_sites", ".smp_locks", "__bug_table",
	"__jump_table", "__ex_table", ".altinstructions", ".parainstructions",
};

/*
 * The compiler's and assembler's helpers that the loader rewrites or that only
 * jump through a register: not functions of the kernel.
 */
static const char *const helpers[] = {
	"__x86_return_thunk", "__x86_indirect_thunk_", "__x86_indirect_call_thunk_",
	"__x86_indirect_jump_thunk_", "__x86_indirect_its_thunk_",
};

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool is_code_table(const struct nl_section *s)
{
	size_t i;

	for (i = 0; i < sizeof(code_tables) / sizeof(*code_tables); i++)
		if (!strcmp(s->name, code_tables[i]))
			return true;
	return false;
}

static bool is_helper(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(helpers) / sizeof(*helpers); i++)
		if (starts(name, helpers[i]))
			return true;
	return false;
}

static const char *reloc_name(u32 type)
{
	switch (type) {
	case R_X86_64_64:
		return "R_X86_64_64";
	case R_X86_64_PC32:
		return "R_X86_64_PC32";
	case R_X86_64_PLT32:
		return "R_X86_64_PLT32";
	case R_X86_64_32:
		return "R_X86_64_32";
	case R_X86_64_32S:
		return "R_X86_64_32S";
	case R_X86_64_PC64:
		return "R_X86_64_PC64";
	default:
		return NULL;
	}
}

static bool absolute(u32 type)
{
	return type == R_X86_64_64 || type == R_X86_64_32 || type == R_X86_64_32S;
}

static bool undefined(const struct nl_symbol *y)
{
	return y->shndx == SHN_UNDEF;
}

/* The symbol added for @name, 0 if there is none yet. */
static u32 added_symbol(const struct nl_job *j, const char *name)
{
	size_t i;

	for (i = j->nimports; i < j->im.nsym; i++)
		if (!j->im.sym[i].shndx && !strcmp(j->im.sym[i].name, name))
			return i;
	return 0;
}

static void note_missing(struct nl_job *j, const char *name, const struct nl_section *s, u64 at,
			 bool too_long)
{
	size_t i;

	for (i = 0; i < j->nmissing; i++)
		if (!strcmp(j->missing[i].name, name))
			return;
	j->missing = nl_grow(j->missing, &j->missingroom, j->nmissing + 1, sizeof(*j->missing));
	j->missing[j->nmissing++] = (struct nl_missing){
		.name = nl_strdup(name), .shndx = nl_section_index(&j->im, s), .offset = at,
		.too_long = too_long,
	};
}

u32 nl_wrapper_named(struct nl_job *j, const char *name, const struct nl_section *s, u64 at)
{
	bool too_long = strlen(name) + 3 >= NL_VERSION_NAME;
	char wrapper[256];
	u32 sym;

	snprintf(wrapper, sizeof(wrapper), "nw_%s", name);
	sym = added_symbol(j, wrapper);
	if (sym)
		return sym;
	if (too_long || !nl_symvers_get(j->opt->wrappers, wrapper)) {
		note_missing(j, name, s, at, too_long);
		return 0;
	}
	if (!starts(name, "__SCT__"))
		j->res->wrapped++;
	return nl_symbol_add(&j->im, wrapper, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF, 0,
			     0);
}

/* The same for import @sym, remembered. */
static u32 wrapper_of(struct nl_job *j, u32 sym, const struct nl_section *s, u64 at)
{
	if (!j->wrapper[sym] && !(j->uses[sym] & NL_USE_MISSING)) {
		j->wrapper[sym] = nl_wrapper_named(j, j->im.sym[sym].name, s, at);
		if (!j->wrapper[sym])
			j->uses[sym] |= NL_USE_MISSING;
	}
	return j->wrapper[sym];
}

/* Symbol of a function of the runtime itself; the same for every site. */
static u32 runtime_symbol(struct nl_job *j, const char *name)
{
	u32 sym = added_symbol(j, name);

	if (sym)
		return sym;
	if (!nl_symvers_get(j->opt->wrappers, name))
		nl_error(&j->diag, NULL, 0, "no-runtime",
			 "name the Module.symvers of nooks.ko with --wrappers",
			 "the runtime does not export %s", name);
	return nl_symbol_add(&j->im, name, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF, 0, 0);
}

static void drop_reloc(struct nl_reloc *r)
{
	r->type = R_X86_64_NONE;
	r->sym = 0;
	r->addend = 0;
}

static void fill_nops(u8 *p, size_t n)
{
	static const u8 nops[7][6] = {
		{ 0 }, { 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0x00 }, { 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 }, { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	};

	memcpy(p, nops[n], n);
}

/* call or jmp or jcc to an import */
static void bind_branch(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
			const struct nl_insn *insn)
{
	const char *name = j->im.sym[r->sym].name;
	u32 w;

	if (r->sym >= j->nimports)
		return;			/* made by nl_paravirt() */
	if ((r->type != R_X86_64_PC32 && r->type != R_X86_64_PLT32) || r->addend != -4 ||
	    insn->i.raw.imm[0].size != 32) {
		nl_error_insn(&j->diag, s, insn->at, "branch-relocation", NULL,
			      "branch to %s%+ld: only calls of the function itself can be bound",
			      name, r->addend + 4);
		return;
	}
	if (!strcmp(name, "__fentry__")) {
		if (insn->i.mnemonic != ZYDIS_MNEMONIC_CALL || insn->i.length != 5) {
			nl_error_insn(&j->diag, s, insn->at, "fentry", NULL,
				      "not the usual call of __fentry__");
			return;
		}
		fill_nops(s->data + insn->at, 5);
		drop_reloc(r);
		j->res->fentry++;
		return;
	}
	if (is_helper(name))
		return;
	if (nl_mate_exporting(j, name)) {
		j->uses[r->sym] |= NL_USE_DIRECT;
		return;
	}
	w = wrapper_of(j, r->sym, s, insn->at);
	if (!w)
		return;
	j->uses[r->sym] |= NL_USE_CALL;
	if (starts(name, "__SCT__"))
		j->res->static_calls++;
	else
		j->res->calls++;
	r->sym = w;
}

/*
 * preempt_disable() and friends: one instruction on the per-CPU preempt count.
 * It becomes a call of a helper that does the same to the thread's stand-in.
 */
static void bind_preempt_count(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
			       const struct nl_insn *insn)
{
	static const char *const helper[] = { "nw_pc_inc", "nw_pc_dec", "nw_pc_bh" };
	const ZydisDecodedOperand *mem = nl_insn_memory(insn);
	enum nl_preempt form;

	if (!(mem->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
		return;
	if (mem->size == 32 && insn->i.mnemonic == ZYDIS_MNEMONIC_INC && insn->i.length == 7) {
		form = NL_PC_INC;
	} else if (mem->size == 32 && insn->i.mnemonic == ZYDIS_MNEMONIC_DEC &&
		   insn->i.length == 7) {
		form = NL_PC_DEC;
	} else if (mem->size == 32 && insn->i.mnemonic == ZYDIS_MNEMONIC_ADD &&
		   insn->i.length == 11 && insn->i.raw.imm[0].value.s == 0x200) {
		form = NL_PC_BH;
	} else {
		nl_error_insn(&j->diag, s, insn->at, "preempt-count",
			      "known: incl, decl, addl $0x200",
			      "this change of the preempt count is not known");
		return;
	}
	s->data[insn->at] = 0xe8;
	memset(s->data + insn->at + 1, 0, 4);
	fill_nops(s->data + insn->at + 5, insn->i.length - 5);
	r->offset = insn->at + 1;
	r->type = R_X86_64_PLT32;
	r->addend = -4;
	r->sym = runtime_symbol(j, helper[form]);
	j->res->preempt[form]++;
}

/* An import used as memory operand */
static void bind_memory(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
			const struct nl_insn *insn)
{
	const ZydisDecodedOperand *mem = nl_insn_memory(insn);
	const char *name = j->im.sym[r->sym].name;

	if (!mem) {
		nl_error_insn(&j->diag, s, insn->at, "relocation", NULL,
			      "relocation against %s on no operand", name);
		return;
	}
	if (insn->i.mnemonic == ZYDIS_MNEMONIC_LEA) {
		j->uses[r->sym] |= NL_USE_ADDRESS;
		return;
	}
	if (!strcmp(name, "__preempt_count") && mem->mem.segment == ZYDIS_REGISTER_GS) {
		bind_preempt_count(j, s, r, insn);
		return;
	}
	if (nl_mate_exporting(j, name))
		return;			/* data of the same domain */
	if (insn->i.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) {
		nl_error_insn(&j->diag, s, insn->at, "indirect-call",
			      "there is no wrapper for a call through a variable of the kernel",
			      "calls a kernel function through %s+%#lx", name,
			      (unsigned long)(r->addend + 4));
		return;
	}
	if (!(mem->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
		return;
	if (mem->mem.segment == ZYDIS_REGISTER_GS)
		nl_error_insn(&j->diag, s, insn->at, "percpu-store",
			      "only the preempt count can be written",
			      "stores to the kernel's per-CPU variable %s", name);
	else
		nl_error_insn(&j->diag, s, insn->at, "kernel-store",
			      "a driver may not write the kernel's variables",
			      "stores to the kernel variable %s", name);
}

static void bind_import_in_code(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
				const struct nl_insn *insn)
{
	switch (nl_insn_field(insn, r->offset)) {
	case NL_FIELD_BRANCH:
		bind_branch(j, s, r, insn);
		break;
	case NL_FIELD_IMM:
		j->uses[r->sym] |= NL_USE_ADDRESS;
		break;
	case NL_FIELD_MEM:
		bind_memory(j, s, r, insn);
		break;
	case NL_FIELD_NONE:
		nl_error_insn(&j->diag, s, insn->at, "relocation", NULL,
			      "relocation %s against %s is on no operand of the instruction",
			      reloc_name(r->type), j->im.sym[r->sym].name);
	}
}

/* A symbol other than a section's or a local label's at this very place? */
static bool named_entry(const struct nl_job *j, u32 shndx, u64 value)
{
	size_t i;

	for (i = 1; i < j->nimports; i++) {
		const struct nl_symbol *y = &j->im.sym[i];

		if (y->shndx == shndx && y->value == value &&
		    ELF64_ST_BIND(y->info) != STB_LOCAL)
			return true;
	}
	return false;
}

/*
 * The address @shndx+@value of own code is taken.  True when it is the start
 * of a function; a label (computed goto, _THIS_IP_) is used by the module's own
 * jumps or as a number, and stays.
 */
static bool takes_function(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
			   const struct nl_insn *insn, u32 shndx, u64 value)
{
	const struct nl_section *to = &j->im.sec[shndx];
	u64 at = insn ? insn->at : r->offset;

	if (nl_function_at(j, shndx, value))
		return true;
	if (to->map && value < to->size && (to->map[value] & NL_MAP_INSN) &&
	    absolute(r->type) && !named_entry(j, shndx, value)) {
		j->res->labels++;
		return false;
	}
	if (insn)
		nl_error_insn(&j->diag, s, at, "code-address",
			      "only the start of a function symbol can get a thunk",
			      "takes the address %s+%#lx in own code (%s), which is no function",
			      to->name, value, reloc_name(r->type));
	else
		nl_error(&j->diag, s, at, "code-address",
			 "only the start of a function symbol can get a thunk",
			 "%s against %s+%#lx in own code, which is no function",
			 reloc_name(r->type), to->name, value);
	return false;
}

static void to_thunk(struct nl_job *j, struct nl_section *s, struct nl_reloc *r, u32 shndx,
		     u64 value, s64 bias)
{
	u64 thunk = nl_thunk_site(j, s, r->sym, (s64)(value - j->im.sym[r->sym].value), shndx,
				  value);

	r->sym = j->thunk_symbol;
	r->addend = (s64)thunk + bias;
}

/* Own code as operand of an instruction */
static void bind_own_code(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
			  const struct nl_insn *insn)
{
	const struct nl_symbol *y = &j->im.sym[r->sym];
	const ZydisDecodedOperand *mem;
	s64 bias = 0;

	switch (nl_insn_field(insn, r->offset)) {
	case NL_FIELD_BRANCH:
		return;			/* checked by the text scan */
	case NL_FIELD_IMM:
		if (!absolute(r->type))
			break;
		if (takes_function(j, s, r, insn, y->shndx, y->value + r->addend))
			to_thunk(j, s, r, y->shndx, y->value + r->addend, 0);
		return;
	case NL_FIELD_MEM:
		mem = nl_insn_memory(insn);
		if (r->type == R_X86_64_PC32 || r->type == R_X86_64_PLT32)
			bias = -(s64)(insn->at + insn->i.length - r->offset);
		if (insn->i.mnemonic == ZYDIS_MNEMONIC_LEA) {
			u64 value = y->value + r->addend - bias;

			if (takes_function(j, s, r, insn, y->shndx, value))
				to_thunk(j, s, r, y->shndx, value, bias);
			return;
		}
		if (mem && (mem->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) {
			nl_error_insn(&j->diag, s, insn->at, "code-store", NULL,
				      "stores to the module's own code");
			return;
		}
		if (mem && insn->i.meta.branch_type == ZYDIS_BRANCH_TYPE_NONE)
			return;		/* constants kept in the text */
		break;
	case NL_FIELD_NONE:
		break;
	}
	nl_error_insn(&j->diag, s, insn->at, "relocation", NULL,
		      "relocation %s against own code is not understood", reloc_name(r->type));
}

/* The module's own per-CPU variables: shared pages, no right to write them yet. */
static void check_own_percpu(struct nl_job *j, struct nl_section *s, struct nl_reloc *r,
			     const struct nl_insn *insn)
{
	const struct nl_symbol *y = &j->im.sym[r->sym];
	const ZydisDecodedOperand *mem = nl_insn_memory(insn);

	if (strcmp(j->im.sec[y->shndx].name, ".data..percpu") || !mem ||
	    nl_insn_field(insn, r->offset) != NL_FIELD_MEM ||
	    mem->mem.segment != ZYDIS_REGISTER_GS ||
	    !(mem->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
		return;
	nl_error_insn(&j->diag, s, insn->at, "own-percpu-store",
		      "static per-CPU variables of drivers are not supported yet",
		      "stores to the module's own per-CPU variable");
}

static void bind_in_code(struct nl_job *j, struct nl_section *s, struct nl_reloc *r)
{
	const struct nl_symbol *y = &j->im.sym[r->sym];
	struct nl_insn insn;

	if (!nl_insn_around(s, r->offset, &insn)) {
		nl_error(&j->diag, s, r->offset, "relocation", NULL,
			 "relocation %s against %s is in no instruction", reloc_name(r->type),
			 y->name);
		return;
	}
	if (undefined(y))
		bind_import_in_code(j, s, r, &insn);
	else if (y->shndx < j->im.nsec && nl_executable(&j->im.sec[y->shndx]))
		bind_own_code(j, s, r, &insn);
	else if (y->shndx < j->im.nsec)
		check_own_percpu(j, s, r, &insn);
}

static void bind_in_data(struct nl_job *j, struct nl_section *s, struct nl_reloc *r)
{
	const struct nl_symbol *y = &j->im.sym[r->sym];
	u64 value = y->value + r->addend;

	if (is_code_table(s))
		return;
	if (undefined(y)) {
		if (absolute(r->type))
			j->uses[r->sym] |= NL_USE_ADDRESS;
		return;
	}
	if (y->shndx >= j->im.nsec || !nl_executable(&j->im.sec[y->shndx]))
		return;
	/* The kernel patches a static call's trampoline, it does not call it. */
	if (!strcmp(j->im.sec[y->shndx].name, ".static_call.text"))
		return;
	if (starts(s->name, "__ksymtab")) {
		if (r->type != R_X86_64_PC32 || !nl_function_at(j, y->shndx, value)) {
			nl_error(&j->diag, s, r->offset, "export", NULL,
				 "exports %s, which is no function", y->name);
			return;
		}
		to_thunk(j, s, r, y->shndx, value, 0);
		j->res->exports++;
		return;
	}
	if (!absolute(r->type)) {
		nl_error(&j->diag, s, r->offset, "data-relocation",
			 "section and relocation are not known to the linker",
			 "%s against own code (%s)", reloc_name(r->type), y->name);
		return;
	}
	if (!takes_function(j, s, r, NULL, y->shndx, value))
		return;
	if (!strcmp(s->name, NL_THIS_MODULE)) {
		if (!strcmp(y->name, "init_module"))
			j->init_thunk = j->nthunks;
		else if (!strcmp(y->name, "cleanup_module"))
			j->exit_thunk = j->nthunks;
		else
			nl_error(&j->diag, s, r->offset, "struct-module", NULL,
				 "struct module names the function %s; only init and exit are known",
				 y->name);
	}
	to_thunk(j, s, r, y->shndx, value, 0);
}

/* Functions whose address is compared share one thunk: mark them first. */
static void find_compared(struct nl_job *j, struct nl_section *s)
{
	size_t k;

	for (k = 0; k < s->nrel; k++) {
		const struct nl_reloc *r = &s->rel[k];
		const struct nl_symbol *y = &j->im.sym[r->sym];
		struct nl_insn insn;
		u64 value = y->value + r->addend;

		if (!absolute(r->type) || undefined(y) || y->shndx >= j->im.nsec ||
		    !j->im.sec[y->shndx].map || value >= j->im.sec[y->shndx].size)
			continue;
		if (nl_insn_around(s, r->offset, &insn) && insn.i.mnemonic == ZYDIS_MNEMONIC_CMP &&
		    nl_insn_field(&insn, r->offset) == NL_FIELD_IMM)
			j->im.sec[y->shndx].map[value] |= NL_MAP_COMPARED;
	}
}

static void report_missing(struct nl_job *j)
{
	static const char missing_hint[] = "describe the function in the IDL, or name the wrapper "
					   "module's Module.symvers with --wrappers";
	size_t i;

	for (i = 0; i < j->nmissing; i++) {
		const struct nl_missing *m = &j->missing[i];
		const char *name = m->name;

		if (m->too_long)
			nl_error_insn(&j->diag, &j->im.sec[m->shndx], m->offset, "name-too-long",
				      "the kernel's version table holds 55 characters",
				      "nw_%s is too long a name", name);
		else
			nl_error_insn(&j->diag, &j->im.sec[m->shndx], m->offset, "no-wrapper",
				      i + 1 == j->nmissing ? missing_hint : NULL,
				      "no wrapper for %s (nw_%s is exported by no wrapper module)",
				      name, name);
	}
}

void nl_bind(struct nl_job *j)
{
	size_t i, k;

	for (i = 1; i < j->im.nsec; i++)
		if (!j->im.sec[i].dropped && j->im.sec[i].map)
			find_compared(j, &j->im.sec[i]);
	for (i = 1; i < j->im.nsec; i++) {
		struct nl_section *s = &j->im.sec[i];

		if (s->dropped || !(s->flags & SHF_ALLOC))
			continue;
		for (k = 0; k < s->nrel; k++) {
			struct nl_reloc *r = &s->rel[k];

			if (r->type == R_X86_64_NONE)
				continue;
			if (!reloc_name(r->type)) {
				nl_error(&j->diag, s, r->offset, "relocation", NULL,
					 "relocation type %u is not known", r->type);
				continue;
			}
			if (s->map)
				bind_in_code(j, s, r);
			else
				bind_in_data(j, s, r);
		}
	}
	report_missing(j);
}
