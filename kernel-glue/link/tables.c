// SPDX-License-Identifier: GPL-2.0
/*
 * What the module loader reads beside code: versions, .modinfo, section names,
 * and the order and alignment that decide who shares a page with whom.
 */
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

const struct nl_version *nl_version_get(const struct nl_job *j, const char *name)
{
	size_t i;

	for (i = 0; i < j->nversions; i++)
		if (!strcmp(j->versions[i].name, name))
			return &j->versions[i];
	return NULL;
}

static void read_versions(struct nl_job *j)
{
	const struct nl_section *s = nl_section_find(&j->im, "__versions");
	size_t i;

	if (!s || !s->data || s->size % 64) {
		nl_error(&j->diag, NULL, 0, "no-versions",
			 "the module must come from a kernel with CONFIG_MODVERSIONS",
			 "there is no usable __versions table");
		return;
	}
	j->nversions = s->size / 64;
	j->versions = nl_alloc(j->nversions, sizeof(*j->versions));
	for (i = 0; i < j->nversions; i++) {
		memcpy(&j->versions[i].crc, s->data + i * 64, 8);
		memcpy(j->versions[i].name, s->data + i * 64 + 8, NL_VERSION_NAME);
		j->versions[i].name[NL_VERSION_NAME - 1] = 0;
	}
}

/* The driver was built for this kernel: every symbol it imports has the kernel's CRC. */
void nl_check_versions(struct nl_job *j)
{
	static const char hint[] = "link the module file that belongs to the kernel it shall run on";
	const struct nl_export *e;
	const struct nl_version *v;
	size_t i;

	read_versions(j);
	if (!j->versions)
		return;
	v = nl_version_get(j, "module_layout");
	e = nl_symvers_get(j->opt->kernel, "module_layout");
	if (!v || !e || (u32)v->crc != e->crc) {
		nl_error(&j->diag, NULL, 0, "other-kernel", hint,
			 "built for another kernel: module_layout differs");
		return;
	}
	for (i = 1; i < j->nimports; i++) {
		const struct nl_symbol *y = &j->im.sym[i];

		if (y->shndx || y->dropped || !*y->name)
			continue;
		v = nl_version_get(j, y->name);
		e = nl_symvers_get(j->opt->kernel, y->name);
		if (!e && nl_mate_exporting(j, y->name))
			continue;
		if (!e) {
			if (ELF64_ST_BIND(y->info) != STB_WEAK)
				nl_error(&j->diag, NULL, 0, "unknown-import", hint,
					 "the kernel does not export %s", y->name);
		} else if (!v) {
			nl_error(&j->diag, NULL, 0, "no-version", NULL,
				 "__versions has no entry for %s", y->name);
		} else if ((u32)v->crc != e->crc) {
			nl_error(&j->diag, NULL, 0, "other-kernel", hint,
				 "built for another kernel: CRC of %s is %#lx, the kernel's is %#x",
				 y->name, v->crc, e->crc);
		}
	}
}

/* Tables by which the kernel would patch calls that are no longer there. */
void nl_drop_sections(struct nl_job *j)
{
	static const char *const gone[] = { "__mcount_loc", ".static_call_sites" };
	struct nl_section *s;
	size_t i;

	for (i = 0; i < sizeof(gone) / sizeof(*gone); i++) {
		s = nl_section_find(&j->im, gone[i]);
		if (s)
			s->dropped = true;
	}
}

/* Undefined symbols that nothing refers to any more would still be resolved. */
void nl_drop_unused(struct nl_job *j)
{
	u8 *used = nl_alloc(j->im.nsym, 1);
	size_t i, k;

	for (i = 1; i < j->im.nsec; i++) {
		if (j->im.sec[i].dropped)
			continue;
		for (k = 0; k < j->im.sec[i].nrel; k++)
			if (j->im.sec[i].rel[k].type != R_X86_64_NONE)
				used[j->im.sec[i].rel[k].sym] = 1;
	}
	for (i = 1; i < j->im.nsym; i++)
		if (!j->im.sym[i].shndx && !used[i])
			j->im.sym[i].dropped = true;
	free(used);
}

struct buffer {
	u8 *data;
	size_t size, room;
};

static void put(struct buffer *b, const void *p, size_t n)
{
	b->data = nl_grow(b->data, &b->room, b->size + n, 1);
	memcpy(b->data + b->size, p, n);
	b->size += n;
}

static void put_version(struct buffer *b, const char *name, u64 crc)
{
	char field[NL_VERSION_NAME] = { 0 };

	memcpy(field, name, strnlen(name, sizeof(field) - 1));
	put(b, &crc, sizeof(crc));
	put(b, field, sizeof(field));
}

static void replace(struct nl_section *s, struct buffer *b)
{
	free(s->data);
	s->data = b->data;
	s->size = b->size;
}

static void add_module(char ***list, size_t *n, const char *name)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (!strcmp((*list)[i], name))
			return;
	*list = realloc(*list, (*n + 1) * sizeof(**list));
	if (!*list)
		abort();
	(*list)[(*n)++] = nl_strdup(name);
}

/* Rewrite __versions; on the way learn which modules the output needs. */
static void write_versions(struct nl_job *j, char ***needs, size_t *nneeds)
{
	struct nl_section *s = nl_section_find(&j->im, "__versions");
	const struct nl_version *v = nl_version_get(j, "module_layout");
	struct buffer b = { 0 };
	size_t i;

	if (!s || !v)
		return;
	put_version(&b, v->name, v->crc);
	for (i = 1; i < j->im.nsym; i++) {
		const struct nl_symbol *y = &j->im.sym[i];
		const struct nl_export *e;
		const char *mate;

		if (y->shndx || y->dropped || !*y->name)
			continue;
		if (strlen(y->name) >= NL_VERSION_NAME) {
			nl_error(&j->diag, NULL, 0, "name-too-long", NULL,
				 "%s is too long for __versions", y->name);
			continue;
		}
		if (i >= j->nimports) {
			e = nl_symvers_get(j->opt->wrappers, y->name);
			if (!e)
				continue;	/* reported where it was used */
			put_version(&b, y->name, e->crc);
			add_module(&j->res->wrapper_modules, &j->res->nwrapper_modules, e->module);
			add_module(needs, nneeds, e->module);
			continue;
		}
		v = nl_version_get(j, y->name);
		if (v)
			put_version(&b, y->name, v->crc);
		mate = nl_mate_exporting(j, y->name);
		e = nl_symvers_get(j->opt->kernel, y->name);
		if (mate)
			add_module(needs, nneeds, mate);
		else if (e && strcmp(e->module, "vmlinux"))
			add_module(needs, nneeds, e->module);
	}
	replace(s, &b);
}

static void write_modinfo(struct nl_job *j)
{
	struct nl_section *s = nl_section_find(&j->im, ".modinfo");
	struct buffer b = { 0 };
	size_t at, n;

	for (at = 0; at < s->size; at += n + 1) {
		const char *p = (const char *)s->data + at;

		n = strnlen(p, s->size - at);
		if (n && !starts(p, "depends="))
			put(&b, p, n), put(&b, "", 1);
	}
	put(&b, "depends=", 8);
	put(&b, j->res->depends, strlen(j->res->depends) + 1);
	put(&b, "nooks=", 6);
	put(&b, j->domain, strlen(j->domain) + 1);
	replace(s, &b);
	s->entsize = 0;
}

/* The loader frees .init.* after init; a domain needs them again to restart. */
static void keep_init(struct nl_job *j)
{
	size_t i;

	for (i = 1; i < j->im.nsec; i++)
		if (starts(j->im.sec[i].name, ".init.") && (j->im.sec[i].flags & SHF_ALLOC))
			memcpy(j->im.sec[i].name, ".nini", 5);
}

/* Symbols in .modinfo name single strings; they moved. */
static void drop_modinfo_symbols(struct nl_job *j)
{
	const struct nl_section *s = nl_section_find(&j->im, ".modinfo");
	const struct nl_section *v = nl_section_find(&j->im, "__versions");
	size_t i;

	for (i = 1; i < j->im.nsym; i++) {
		struct nl_symbol *y = &j->im.sym[i];

		if (y->shndx && y->shndx < j->im.nsec && ELF64_ST_TYPE(y->info) != STT_SECTION &&
		    (&j->im.sec[y->shndx] == s || &j->im.sec[y->shndx] == v))
			y->dropped = true;
	}
}

void nl_tables(struct nl_job *j)
{
	char **needs = NULL;
	size_t nneeds = 0, i, n = 1;

	add_module(&needs, &nneeds, "nooks");
	write_versions(j, &needs, &nneeds);
	for (i = 0; i < nneeds; i++)
		n += strlen(needs[i]) + 1;
	j->res->depends = nl_alloc(n, 1);
	for (i = 0; i < nneeds; i++) {
		if (i)
			strcat(j->res->depends, ",");
		strcat(j->res->depends, needs[i]);
		free(needs[i]);
	}
	free(needs);
	write_modinfo(j);
	drop_modinfo_symbols(j);
	keep_init(j);
}

static const char *const own_data[] = {
	".data", ".ref.data", ".init.data", ".nini.data", ".init.rodata",
	".nini.rodata", ".exit.data", ".bss", ".sdata",
};

/* Tables in writable memory that belong to the kernel. */
static const char *const kernel_data[] = {
	".data..percpu", ".data..ro_after_init", "__bug_table", "__jump_table", "__dyndbg",
	"__dyndbg_classes", "__tracepoints", "__tracepoints_ptrs", "__tracepoint_str",
	"__bpf_raw_tp_map", "_ftrace_events", "_ftrace_eval_map", "___srcu_struct_ptrs",
	".static_call_sites", "__ksymtab_strings", ".parainstructions", ".altinstructions",
	NL_THIS_MODULE,
};

static enum nl_rank rank_of(struct nl_job *j, const struct nl_section *s)
{
	size_t i;

	if (!(s->flags & SHF_ALLOC) || !(s->flags & SHF_WRITE))
		return NL_RANK_FIRST;
	if (!strcmp(s->name, NL_THIS_MODULE))
		return NL_RANK_THIS_MODULE;
	for (i = 0; i < sizeof(kernel_data) / sizeof(*kernel_data); i++)
		if (!strcmp(s->name, kernel_data[i]))
			return NL_RANK_FIRST;
	for (i = 0; i < sizeof(own_data) / sizeof(*own_data); i++)
		if (!strcmp(s->name, own_data[i]) ||
		    (starts(s->name, own_data[i]) && s->name[strlen(own_data[i])] == '.'))
			return s->type == SHT_NOBITS ? NL_RANK_BSS : NL_RANK_DATA;
	nl_error(&j->diag, s, 0, "unknown-section",
		 "whether the driver or the kernel writes it must be known",
		 "writable section that is not known to the linker");
	return NL_RANK_FIRST;
}

static u64 align_up(u64 v, u64 a)
{
	return (v + a - 1) & ~(a - 1);
}

/*
 * Give struct module and the driver's data pages of their own, and fill the
 * data up to whole pages (the loader puts the module's symbol table behind).
 */
void nl_layout(struct nl_job *j)
{
	u32 first = 0, last = 0, bss = 0, info, symbol;
	struct nl_section *s;
	unsigned int rank;
	u64 size = 0;
	size_t i;

	for (i = 1; i < j->im.nsec; i++) {
		s = &j->im.sec[i];
		if (s->dropped)
			continue;
		s->rank = rank_of(j, s);
		if (s->rank == NL_RANK_THIS_MODULE && s->align < NOOKS_THUNK_PAGE)
			s->align = NOOKS_THUNK_PAGE;
		if (s->rank == NL_RANK_BSS)
			bss = i;
	}
	if (!bss) {
		bss = nl_section_add(&j->im, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 1, 0);
		j->im.sec[bss].rank = NL_RANK_BSS;
	}
	for (rank = NL_RANK_DATA; rank <= NL_RANK_BSS; rank++) {
		for (i = 1; i < j->im.nsec; i++) {
			s = &j->im.sec[i];
			if (s->dropped || s->rank != rank)
				continue;
			if (!first) {
				first = i;
				if (s->align < NOOKS_THUNK_PAGE)
					s->align = NOOKS_THUNK_PAGE;
			}
			size = align_up(size, s->align) + s->size;
			last = i;
		}
	}
	j->im.sec[last].size += align_up(size, NOOKS_THUNK_PAGE) - size;
	size = align_up(size, NOOKS_THUNK_PAGE);
	j->res->data_size = size;
	if (!size)
		return;
	info = nl_section_index(&j->im, nl_section_find(&j->im, ".nooks.info"));
	symbol = nl_symbol_add(&j->im, "", ELF64_ST_INFO(STB_LOCAL, STT_SECTION), first, 0, 0);
	s = &j->im.sec[info];
	nl_reloc_add(s, offsetof(struct nooks_link_info, data), R_X86_64_64, symbol, 0);
	memcpy(s->data + offsetof(struct nooks_link_info, data_size), &size, sizeof(size));
}
