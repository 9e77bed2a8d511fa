// SPDX-License-Identifier: GPL-2.0
/*
 * Thunks and the tables that go with them, byte for byte as nooks/link.h says.
 *
 * One thunk per place that takes a function's address: two interfaces may name
 * the same function, and a thunk is bound to one op.  A function whose address
 * the code compares is the exception: its places share one thunk, or the
 * comparison would never hold.
 */
#include "code.h"
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THUNK_SECTION	".text.nooks_thunks"

static u64 thunk_offset(size_t i)
{
	return i / NOOKS_THUNKS_PER_PAGE * NOOKS_THUNK_PAGE +
	       (1 + i % NOOKS_THUNKS_PER_PAGE) * NOOKS_THUNK_SIZE;
}

void nl_thunks_start(struct nl_job *j)
{
	j->thunk_section = nl_section_add(&j->im, THUNK_SECTION, SHT_PROGBITS,
					  SHF_ALLOC | SHF_EXECINSTR, NOOKS_THUNK_PAGE, 0);
	j->thunk_symbol = nl_symbol_add(&j->im, "", ELF64_ST_INFO(STB_LOCAL, STT_SECTION),
					j->thunk_section, 0, 0);
	j->init_thunk = NL_NO_THUNK;
	j->exit_thunk = NL_NO_THUNK;
}

static void count_site(struct nl_result *res, const char *section)
{
	size_t i;

	for (i = 0; i < res->nsites; i++) {
		if (!strcmp(res->sites[i].section, section)) {
			res->sites[i].count++;
			return;
		}
	}
	res->sites = realloc(res->sites, (res->nsites + 1) * sizeof(*res->sites));
	if (!res->sites)
		abort();
	res->sites[res->nsites].section = nl_strdup(section);
	res->sites[res->nsites++].count = 1;
}

u64 nl_thunk_site(struct nl_job *j, const struct nl_section *where, u32 sym, s64 addend,
		  u32 shndx, u64 value)
{
	const struct nl_section *to = &j->im.sec[shndx];
	size_t i;

	count_site(j->res, where->name);
	if ((to->map[value] & NL_MAP_COMPARED) && strcmp(where->name, NL_THIS_MODULE))
		for (i = 0; i < j->nthunks; i++)
			if (j->thunks[i].shndx == shndx && j->thunks[i].value == value &&
			    i != j->init_thunk && i != j->exit_thunk)
				return thunk_offset(i);
	j->thunks = nl_grow(j->thunks, &j->thunkroom, j->nthunks + 1, sizeof(*j->thunks));
	j->thunks[j->nthunks] = (struct nl_thunk){ sym, addend, shndx, value };
	return thunk_offset(j->nthunks++);
}


static void emit_pages(struct nl_job *j)
{
	static const u8 code[NOOKS_THUNK_SIZE] = {
		0xf3, 0x0f, 0x1e, 0xfa,				/* endbr64 */
		0x4c, 0x8d, 0x1d, 0xf5, 0xff, 0xff, 0xff,	/* lea -11(%rip), %r11 */
		0xe9, 0, 0, 0, 0,				/* jmp nooks_thunk_entry */
	};
	u64 pages = (j->nthunks + NOOKS_THUNKS_PER_PAGE - 1) / NOOKS_THUNKS_PER_PAGE;
	u64 size = pages * NOOKS_THUNK_PAGE, p;
	struct nl_section *s;
	u32 entry;
	size_t i;

	if (!nl_symvers_get(j->opt->wrappers, "nooks_thunk_entry"))
		nl_error(&j->diag, NULL, 0, "no-runtime",
			 "name the Module.symvers of nooks.ko with --wrappers",
			 "the runtime does not export nooks_thunk_entry");
	entry = nl_symbol_add(&j->im, "nooks_thunk_entry", ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			      SHN_UNDEF, 0, 0);
	s = &j->im.sec[j->thunk_section];
	free(s->data);
	s->data = nl_alloc(size, 1);
	s->size = size;
	memset(s->data, 0xcc, size);
	for (p = 0; p < pages; p++) {
		struct nooks_thunk_page_head head = { .magic = NOOKS_LINK_MAGIC };

		memcpy(s->data + p * NOOKS_THUNK_PAGE, &head, sizeof(head));
	}
	for (i = 0; i < j->nthunks; i++) {
		u64 at = thunk_offset(i);
		const struct nl_func *f = nl_function_at(j, j->thunks[i].shndx, j->thunks[i].value);
		char name[512];

		memcpy(s->data + at, code, sizeof(code));
		nl_reloc_add(s, at + 12, R_X86_64_PLT32, entry, -4);
		snprintf(name, sizeof(name), "%s.thunk", j->im.sym[f->sym].name);
		nl_symbol_add(&j->im, name, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), j->thunk_section,
			      at, NOOKS_THUNK_SIZE);
	}
}

static u32 section_symbol(struct nl_job *j, u32 shndx)
{
	return nl_symbol_add(&j->im, "", ELF64_ST_INFO(STB_LOCAL, STT_SECTION), shndx, 0, 0);
}

static u32 emit_functions(struct nl_job *j)
{
	u32 n = nl_section_add(&j->im, ".nooks.functions", SHT_PROGBITS, SHF_ALLOC, 8,
			       j->nthunks * 8);
	size_t i;

	for (i = 0; i < j->nthunks; i++)
		nl_reloc_add(&j->im.sec[n], i * 8, R_X86_64_64, j->thunks[i].sym,
			     j->thunks[i].addend);
	return n;
}

static u32 emit_addresses(struct nl_job *j)
{
	u32 n = nl_section_add(&j->im, ".nooks.addresses", SHT_PROGBITS, SHF_ALLOC, 8,
			       j->res->addresses * 8);
	u64 at = 0;
	size_t i;

	for (i = 1; i < j->nimports; i++) {
		if (!(j->uses[i] & NL_USE_ADDRESS))
			continue;
		nl_reloc_add(&j->im.sec[n], at, R_X86_64_64, i, 0);
		at += 8;
	}
	return n;
}

void nl_thunks_emit(struct nl_job *j)
{
	struct nooks_link_info info = {
		.magic = NOOKS_LINK_MAGIC,
		.version = NOOKS_LINK_VERSION,
		.size = sizeof(info),
		.nthunks = j->nthunks,
		.init_thunk = j->init_thunk,
		.exit_thunk = j->exit_thunk,
	};
	struct nl_section *s;
	size_t i;
	u32 n;

	for (i = 1; i < j->nimports; i++)
		if (j->uses[i] & NL_USE_ADDRESS)
			j->res->addresses++;
	info.naddresses = j->res->addresses;
	j->res->thunks = j->nthunks;
	snprintf(info.domain, sizeof(info.domain), "%s", j->domain);
	memcpy(info.source_sha256, j->res->sha256, sizeof(info.source_sha256));

	n = nl_section_add(&j->im, ".nooks.info", SHT_PROGBITS, SHF_ALLOC, 8, sizeof(info));
	nl_symbol_add(&j->im, NOOKS_LINK_SYMBOL, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), n, 0,
		      sizeof(info));
	memcpy(j->im.sec[n].data, &info, sizeof(info));
	if (j->nthunks) {
		u32 functions;

		emit_pages(j);
		functions = section_symbol(j, emit_functions(j));
		s = &j->im.sec[n];
		nl_reloc_add(s, offsetof(struct nooks_link_info, thunks), R_X86_64_64,
			     j->thunk_symbol, 0);
		nl_reloc_add(s, offsetof(struct nooks_link_info, functions), R_X86_64_64,
			     functions, 0);
	} else {
		j->im.sec[j->thunk_section].dropped = true;
	}
	if (info.naddresses) {
		u32 addresses = section_symbol(j, emit_addresses(j));

		nl_reloc_add(&j->im.sec[n], offsetof(struct nooks_link_info, addresses),
			     R_X86_64_64, addresses, 0);
	}
}
