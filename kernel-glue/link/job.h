/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One module being linked: what the passes share.
 *
 *   nl_job_start()	read, map code, scan, check versions	(relink.c)
 *   nl_paravirt()	operations that the kernel would patch	(paravirt.c)
 *   nl_bind()		every relocation gets its meaning	(bind.c)
 *   nl_thunks_emit()	thunk pages and tables			(thunks.c)
 *   nl_tables()	.modinfo, __versions, dropped sections	(tables.c)
 *   nl_layout()	order and alignment in memory		(tables.c)
 */
#ifndef NOOKS_LINK_JOB_H
#define NOOKS_LINK_JOB_H

#include "diag.h"
#include "image.h"
#include "linker.h"
#include "symvers.h"

#define NL_NO_THUNK	0xffffffffu
#define NL_THIS_MODULE	".gnu.linkonce.this_module"
#define NL_VERSION_NAME	56	/* bytes of a name in __versions, with its NUL */

struct nl_thunk {
	u32 sym;		/* symbol + addend: the function */
	s64 addend;
	u32 shndx;
	u64 value;
};

struct nl_missing {
	char *name;
	u32 shndx;
	u64 offset;
	bool too_long;
};

/* A function symbol, sorted by place. */
struct nl_func {
	u32 shndx, sym;
	u64 value;
};

struct nl_version {
	char name[NL_VERSION_NAME];
	u64 crc;
};

struct nl_job {
	const struct nl_options *opt;
	struct nl_job *group;		/* the modules of the domain, ngroup of them */
	size_t ngroup;
	struct nl_image im;
	struct nl_diag diag;
	struct nl_result *res;
	char *module;			/* name in .modinfo */
	const char *domain;

	struct nl_func *funcs;
	size_t nfuncs;
	struct nl_version *versions;	/* as in the input */
	size_t nversions;

	u32 *wrapper;			/* by symbol index: the symbol calls go to, or 0 */
	u8 *uses;			/* by symbol index: NL_USE_* */
	size_t nimports;		/* size of these: symbols in the input */
	struct nl_missing *missing;
	size_t nmissing, missingroom;

	u32 thunk_section, thunk_symbol;
	struct nl_thunk *thunks;
	size_t nthunks, thunkroom;
	u32 init_thunk, exit_thunk;
};

#define NL_USE_CALL	0x01
#define NL_USE_ADDRESS	0x02
#define NL_USE_DIRECT	0x04	/* call left direct: same domain */
#define NL_USE_MISSING	0x08

/* Is @name exported by another module of the domain?  Its module's name, or NULL. */
const char *nl_mate_exporting(const struct nl_job *j, const char *name);
/* The function that starts at @value of section @shndx, or NULL. */
const struct nl_func *nl_function_at(const struct nl_job *j, u32 shndx, u64 value);
const struct nl_version *nl_version_get(const struct nl_job *j, const char *name);

void nl_check_versions(struct nl_job *j);
void nl_paravirt(struct nl_job *j);
void nl_bind(struct nl_job *j);
/*
 * nl_wrapper_named() - symbol of the wrapper of @name for the call at @s+@at
 *
 * Return: 0, with the function noted as missing, when there is none.
 */
u32 nl_wrapper_named(struct nl_job *j, const char *name, const struct nl_section *s, u64 at);

/*
 * nl_thunk_site() - a place that takes the address of an own function
 * Return: offset of the thunk in the thunk section.
 */
u64 nl_thunk_site(struct nl_job *j, const struct nl_section *where, u32 sym, s64 addend,
		  u32 shndx, u64 value);
void nl_thunks_start(struct nl_job *j);
void nl_thunks_emit(struct nl_job *j);

void nl_drop_sections(struct nl_job *j);
void nl_drop_unused(struct nl_job *j);
void nl_tables(struct nl_job *j);
void nl_layout(struct nl_job *j);

#endif
