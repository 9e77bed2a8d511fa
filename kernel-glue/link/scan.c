// SPDX-License-Identifier: GPL-2.0
/*
 * The text scan.  A driver runs in ring 0, so no page table keeps it from
 * executing an instruction that changes the rules; such instructions are
 * refused here, and so is a branch into the middle of an instruction, behind
 * which one could hide.
 *
 * cli is allowed and counted: the gates restore the interrupt flag and the
 * watchdog ends a loop by NMI.  sti and popf are refused: they could open
 * interrupts inside an upcall that the kernel made with them off, and no gate
 * would see it in time.  Port I/O is allowed and counted, but for ports that are
 * part of the instruction: below 256 there is the PC itself, no device of a driver.
 */
#include "scan.h"
#include "code.h"

#include <string.h>

struct forbidden {
	ZydisMnemonic mnemonic;
	const char *why;
};

#define M(name)	ZYDIS_MNEMONIC_##name

static const struct forbidden forbidden[] = {
	{ M(WRMSR), "writes a model-specific register" },
	{ M(XSETBV), "changes the processor's state components" },
	{ M(WRPKRU), "changes protection keys" },
	{ M(CLTS), "writes CR0" },
	{ M(LMSW), "writes CR0" },
	{ M(LIDT), "replaces the interrupt table" },
	{ M(LGDT), "replaces the descriptor table" },
	{ M(LLDT), "replaces the descriptor table" },
	{ M(LTR), "replaces the task state" },
	{ M(SWAPGS), "changes the per-CPU base" },
	{ M(WRGSBASE), "changes the per-CPU base" },
	{ M(WRFSBASE), "changes a segment base" },
	{ M(LSS), "loads a segment register" },
	{ M(LFS), "loads a segment register" },
	{ M(LGS), "loads a segment register" },
	{ M(IRET), "returns to another context" },
	{ M(IRETD), "returns to another context" },
	{ M(IRETQ), "returns to another context" },
	{ M(SYSRET), "returns to user mode" },
	{ M(SYSEXIT), "returns to user mode" },
	{ M(SYSCALL), "enters the kernel outside the gates" },
	{ M(SYSENTER), "enters the kernel outside the gates" },
	{ M(INT), "raises a software interrupt" },
	{ M(INT1), "raises a software interrupt" },
	{ M(HLT), "stops the processor" },
	{ M(MWAIT), "stops the processor" },
	{ M(MWAITX), "stops the processor" },
	{ M(INVLPG), "changes the translation cache" },
	{ M(INVPCID), "changes the translation cache" },
	{ M(INVD), "drops the caches" },
	{ M(RSM), "leaves system management mode" },
	{ M(VMLAUNCH), "enters a virtual machine" },
	{ M(VMRESUME), "enters a virtual machine" },
	{ M(VMXON), "enters VMX operation" },
	{ M(VMXOFF), "leaves VMX operation" },
	{ M(VMRUN), "enters a virtual machine" },
	{ M(STGI), "changes the global interrupt flag" },
	{ M(CLGI), "changes the global interrupt flag" },
	{ M(STI), "enables interrupts behind the kernel's back" },
	{ M(POPF), "changes the interrupt flag" },
	{ M(POPFD), "changes the interrupt flag" },
	{ M(POPFQ), "changes the interrupt flag" },
	{ M(STD), "reverses string instructions, which the kernel does not expect" },
};

/* Privileged, but it changes nothing that matters: reads, caches, SMAP (reset by the gates). */
static bool harmless(ZydisMnemonic m)
{
	return m == M(MOV) || m == M(RDMSR) || m == M(WBINVD) ||
	       m == M(CLAC) || m == M(STAC);
}

/*
 * The registers of the floating point and vector unit are the interrupted user
 * program's; nothing saves them at a gate.
 */
static bool uses_fpu(const struct nl_insn *insn)
{
	const ZydisDecodedInstruction *i = &insn->i;
	int k;

	for (k = 0; k < i->operand_count; k++) {
		if (insn->op[k].type != ZYDIS_OPERAND_TYPE_REGISTER)
			continue;
		switch (ZydisRegisterGetClass(insn->op[k].reg.value)) {
		case ZYDIS_REGCLASS_X87:
		case ZYDIS_REGCLASS_MMX:
		case ZYDIS_REGCLASS_XMM:
		case ZYDIS_REGCLASS_YMM:
		case ZYDIS_REGCLASS_ZMM:
		case ZYDIS_REGCLASS_TMM:
		case ZYDIS_REGCLASS_MASK:
			return true;
		default:
			break;
		}
	}
	switch (i->meta.isa_ext) {
	case ZYDIS_ISA_EXT_X87:
	case ZYDIS_ISA_EXT_MMX:
	case ZYDIS_ISA_EXT_AVX:
	case ZYDIS_ISA_EXT_AMX_TILE:
	case ZYDIS_ISA_EXT_XSAVEC:
	case ZYDIS_ISA_EXT_XSAVEOPT:
	case ZYDIS_ISA_EXT_XSAVES:
		return true;
	case ZYDIS_ISA_EXT_XSAVE:
		return i->mnemonic != M(XGETBV);
	default:
		return i->meta.isa_set == ZYDIS_ISA_SET_FXSAVE ||
		       i->meta.isa_set == ZYDIS_ISA_SET_FXSAVE64 ||
		       i->meta.isa_set == ZYDIS_ISA_SET_SSEMXCSR;
	}
}

/* in or out of a fixed port; 0x80 is the customary delay. */
static bool fixed_port(const struct nl_insn *insn)
{
	return (insn->i.mnemonic == M(IN) || insn->i.mnemonic == M(OUT)) &&
	       insn->i.raw.imm[0].size && (insn->i.raw.imm[0].value.u & 0xff) != 0x80;
}

static const char *why_forbidden(const struct nl_insn *insn)
{
	const ZydisDecodedInstruction *i = &insn->i;
	size_t k;

	for (k = 0; k < sizeof(forbidden) / sizeof(*forbidden); k++)
		if (forbidden[k].mnemonic == i->mnemonic)
			return forbidden[k].why;
	if (i->opcode_map == ZYDIS_OPCODE_MAP_0F && i->opcode == 0x22)
		return "writes a control register";
	if (i->opcode_map == ZYDIS_OPCODE_MAP_0F && i->opcode == 0x23)
		return "writes a debug register";
	if (i->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && i->opcode == 0x8e)
		return "loads a segment register";
	if (i->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return "is a far transfer";
	if (i->opcode_map == ZYDIS_OPCODE_MAP_0F && (i->opcode == 0xa1 || i->opcode == 0xa9))
		return "loads a segment register";
	switch (i->meta.isa_ext) {
	case ZYDIS_ISA_EXT_SVM:
	case ZYDIS_ISA_EXT_VTX:
		return "is of the virtualisation extensions";
	case ZYDIS_ISA_EXT_SMX:
	case ZYDIS_ISA_EXT_SGX:
	case ZYDIS_ISA_EXT_SGX_ENCLV:
		return "is of the enclave or safer-mode extensions";
	case ZYDIS_ISA_EXT_CET:
		if (i->mnemonic != M(ENDBR64) && i->mnemonic != M(ENDBR32) &&
		    i->mnemonic != M(NOP))
			return "changes the shadow stack";
		break;
	default:
		break;
	}
	if ((i->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) && !harmless(i->mnemonic))
		return "is privileged";
	if (fixed_port(insn))
		return "accesses an I/O port of the PC itself";
	if (uses_fpu(insn))
		return "uses the floating point or vector unit";
	return NULL;
}

static void count(struct nl_result *res, const ZydisDecodedInstruction *i)
{
	switch (i->mnemonic) {
	case M(IN):
	case M(OUT):
	case M(INSB):
	case M(INSW):
	case M(INSD):
	case M(OUTSB):
	case M(OUTSW):
	case M(OUTSD):
		res->port_io++;
		break;
	case M(CLI):
		res->irq_flag++;
		break;
	default:
		break;
	}
}

static void check_branch(const struct nl_image *im, struct nl_diag *d, const struct nl_section *s,
			 u64 at, const ZydisDecodedInstruction *i)
{
	const struct nl_section *to = s;
	const struct nl_reloc *r;
	u64 target;

	r = nl_reloc_at(s, at + i->raw.imm[0].offset);
	if (r) {
		const struct nl_symbol *y = &im->sym[r->sym];

		if (!y->shndx || y->shndx >= im->nsec)
			return;		/* an import: bind.c looks at it */
		to = &im->sec[y->shndx];
		target = y->value + r->addend + 4;
		if (i->raw.imm[0].size != 32) {
			nl_error_insn(d, s, at, "branch-relocation", NULL,
				      "relocation of a short branch");
			return;
		}
	} else {
		target = at + i->length + i->raw.imm[0].value.s;
	}
	if (!to->map || target >= to->size)
		nl_error_insn(d, s, at, "branch-outside", NULL,
			      "a branch leaves the code of the module (%s+%#lx)", to->name, target);
	else if (!(to->map[target] & NL_MAP_INSN))
		nl_error_insn(d, s, at, "branch-middle",
			      "code that jumps into an instruction cannot be checked",
			      "a branch goes into the middle of an instruction (%s+%#lx)",
			      to->name, target);
}

static bool falls_through(const ZydisDecodedInstruction *i)
{
	switch (i->mnemonic) {
	case M(JMP):
	case M(RET):
	case M(INT3):
	case M(UD0):
	case M(UD1):
	case M(UD2):
		return false;
	default:
		return true;
	}
}

static void scan_section(const struct nl_image *im, struct nl_diag *d, const struct nl_section *s,
			 struct nl_result *res)
{
	bool reached = true;
	u64 at;

	for (at = 0; at < s->size; at++) {
		struct nl_insn insn;
		const char *why;

		if (!(s->map[at] & NL_MAP_INSN) || !nl_decode(s, at, &insn))
			continue;
		why = why_forbidden(&insn);
		/* After a jump or return int3 only stops speculation. */
		if (!why && insn.i.mnemonic == M(INT3) && reached)
			why = "is a breakpoint";
		if (why)
			nl_error_insn(d, s, at, "forbidden-instruction",
				      "a driver that does this cannot run in a domain",
				      "forbidden instruction: it %s", why);
		count(res, &insn.i);
		if (insn.i.raw.imm[0].is_relative)
			check_branch(im, d, s, at, &insn.i);
		reached = falls_through(&insn.i);
	}
}

void nl_scan(const struct nl_image *im, struct nl_diag *d, struct nl_result *res)
{
	size_t i;

	for (i = 1; i < im->nsec; i++) {
		const struct nl_section *s = &im->sec[i];

		if (s->dropped || !nl_executable(s))
			continue;
		if (s->type == SHT_NOBITS || (s->flags & SHF_WRITE))
			nl_error(d, s, 0, "writable-code", NULL,
				 "an executable section is writable or has no contents");
		else if (s->map)
			scan_section(im, d, s, res);
	}
}
