// SPDX-License-Identifier: GPL-2.0
/*
 * Taking an ELF module apart and putting it together again.
 *
 * Input is untrusted: every offset, size and index is checked here, so that
 * the rest of the linker may rely on them.
 */
#include "image.h"

#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SECTIONS	0xf000u
#define MAX_SECTION	(256ull << 20)

static const char signature_magic[] = "~Module signature appended~\n";

void *nl_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p) {
		fputs("nooksctl: out of memory\n", stderr);
		exit(3);
	}
	return p;
}

void *nl_grow(void *p, size_t *room, size_t need, size_t size)
{
	size_t n = *room ? *room : 16;

	if (need <= *room)
		return p;
	while (n < need)
		n *= 2;
	p = realloc(p, n * size);
	if (!p) {
		fputs("nooksctl: out of memory\n", stderr);
		exit(3);
	}
	memset((char *)p + *room * size, 0, (n - *room) * size);
	*room = n;
	return p;
}

char *nl_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(nl_alloc(n, 1), s, n);
}

/* A NUL-terminated string at @off of a string table, or NULL. */
static const char *string_at(const Elf_Data *tab, u64 off)
{
	if (!tab || !tab->d_buf || off >= tab->d_size)
		return NULL;
	if (!memchr((char *)tab->d_buf + off, 0, tab->d_size - off))
		return NULL;
	return (char *)tab->d_buf + off;
}

/* Length without the signature that sign-file appends. */
static size_t unsigned_size(const u8 *data, size_t size)
{
	const size_t magic = sizeof(signature_magic) - 1, head = 12;
	size_t sig;

	if (size < magic + head || memcmp(data + size - magic, signature_magic, magic))
		return size;
	size -= magic;
	sig = (size_t)data[size - 4] << 24 | data[size - 3] << 16 | data[size - 2] << 8 |
	      data[size - 1];
	if (sig > size - head)
		return size;
	return size - head - sig;
}

#define fail(...)	do { snprintf(err, errlen, __VA_ARGS__); return -1; } while (0)

static int compare_relocs(const void *a, const void *b)
{
	const struct nl_reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int parse_symbols(struct nl_image *im, Elf *elf, Elf_Scn *scn, const Elf64_Shdr *sh,
			 char *err, size_t errlen)
{
	Elf_Data *d = elf_rawdata(scn, NULL), *names;
	Elf_Scn *strscn = elf_getscn(elf, sh->sh_link);
	size_t n, i;

	if (!d || !d->d_buf || d->d_size != sh->sh_size || !strscn)
		fail("the symbol table is damaged");
	names = elf_rawdata(strscn, NULL);
	n = d->d_size / sizeof(Elf64_Sym);
	if (!n)
		fail("the symbol table is empty");
	im->sym = nl_alloc(n, sizeof(*im->sym));
	im->nsym = im->symroom = n;
	for (i = 0; i < n; i++) {
		struct nl_symbol *s = &im->sym[i];
		const char *name;
		Elf64_Sym e;

		memcpy(&e, (char *)d->d_buf + i * sizeof(e), sizeof(e));
		name = string_at(names, e.st_name);
		if (!name)
			fail("symbol %zu has a name outside its string table", i);
		s->name = nl_strdup(name);
		s->info = e.st_info;
		s->other = e.st_other;
		s->value = e.st_value;
		s->size = e.st_size;
		s->shndx = e.st_shndx;
		if (s->shndx >= SHN_LORESERVE ? s->shndx != SHN_ABS : s->shndx >= im->nsec)
			fail("symbol %zu (%s) is in section %u, which does not exist", i, s->name,
			     s->shndx);
		if (s->shndx && s->shndx < im->nsec && s->value > im->sec[s->shndx].size)
			fail("symbol %s lies outside its section", s->name);
	}
	return 0;
}

static int parse_relocs(struct nl_image *im, Elf_Scn *scn, const Elf64_Shdr *sh,
			char *err, size_t errlen)
{
	Elf_Data *d = elf_rawdata(scn, NULL);
	struct nl_section *s;
	bool sorted = true;
	size_t n, i;

	if (!sh->sh_info || sh->sh_info >= im->nsec)
		fail("a relocation section is for section %u, which does not exist", sh->sh_info);
	s = &im->sec[sh->sh_info];
	if (s->rel)
		fail("%s has two relocation sections", s->name);
	if (!sh->sh_size)
		return 0;
	if (!d || !d->d_buf || d->d_size != sh->sh_size)
		fail("the relocations of %s are damaged", s->name);
	n = d->d_size / sizeof(Elf64_Rela);
	s->rel = nl_alloc(n, sizeof(*s->rel));
	s->nrel = s->room = n;
	for (i = 0; i < n; i++) {
		struct nl_reloc *r = &s->rel[i];
		Elf64_Rela e;
		u64 width;

		memcpy(&e, (char *)d->d_buf + i * sizeof(e), sizeof(e));
		r->offset = e.r_offset;
		r->addend = e.r_addend;
		r->type = ELF64_R_TYPE(e.r_info);
		r->sym = ELF64_R_SYM(e.r_info);
		width = r->type == R_X86_64_NONE ? 0 :
			r->type == R_X86_64_64 || r->type == R_X86_64_PC64 ? 8 : 4;
		if (r->sym >= im->nsym)
			fail("%s+%#lx: relocation against symbol %u, which does not exist",
			     s->name, r->offset, r->sym);
		if (r->offset > s->size || s->size - r->offset < width ||
		    (width && s->type == SHT_NOBITS))
			fail("%s+%#lx: relocation outside the section", s->name, r->offset);
		if (i && r->offset < r[-1].offset)
			sorted = false;
	}
	if (!sorted)
		qsort(s->rel, n, sizeof(*s->rel), compare_relocs);
	return 0;
}

static int parse_section(struct nl_image *im, size_t i, Elf_Scn *scn, const Elf64_Shdr *sh,
			 Elf_Data *names, size_t filesize, char *err, size_t errlen)
{
	struct nl_section *s = &im->sec[i];
	const char *name = string_at(names, sh->sh_name);
	Elf_Data *d;

	if (!name)
		fail("section %zu has no name", i);
	s->name = nl_strdup(name);
	s->type = sh->sh_type;
	s->flags = sh->sh_flags;
	s->align = sh->sh_addralign ? sh->sh_addralign : 1;
	s->entsize = sh->sh_entsize;
	s->size = sh->sh_size;
	s->info = sh->sh_info;
	if ((s->align & (s->align - 1)) || s->align > (1u << 21))
		fail("section %s has alignment %#lx", s->name, s->align);
	if (s->size > MAX_SECTION)
		fail("section %s is too large", s->name);
	if (s->type == SHT_NOBITS || !s->size)
		return 0;
	if (sh->sh_offset > filesize || filesize - sh->sh_offset < sh->sh_size)
		fail("section %s lies outside the file", s->name);
	switch (s->type) {
	case SHT_SYMTAB:
	case SHT_STRTAB:
	case SHT_RELA:
		return 0;
	case SHT_REL:
	case SHT_GROUP:
	case SHT_SYMTAB_SHNDX:
		fail("section %s is of a kind kernel modules do not have (type %u)", s->name, s->type);
	}
	d = elf_rawdata(scn, NULL);
	if (!d || !d->d_buf || d->d_size != s->size)
		fail("section %s is damaged", s->name);
	s->data = nl_alloc(s->size, 1);
	memcpy(s->data, d->d_buf, s->size);
	return 0;
}

static int parse(struct nl_image *im, Elf *elf, size_t size, char *err, size_t errlen)
{
	Elf64_Ehdr *eh = elf64_getehdr(elf);
	Elf_Scn *symtab = NULL;
	size_t n, shstrndx, i;
	Elf_Data *names;

	if (elf_kind(elf) != ELF_K_ELF || !eh)
		fail("not an ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_machine != EM_X86_64)
		fail("not a 64-bit x86 file");
	if (eh->e_type != ET_REL)
		fail("not a relocatable file: not a kernel module");
	if (elf_getshdrnum(elf, &n) || elf_getshdrstrndx(elf, &shstrndx) || n < 2 ||
	    n > MAX_SECTIONS || shstrndx >= n || eh->e_shoff % sizeof(u64))
		fail("the section table is damaged");
	im->eh = *eh;
	names = elf_rawdata(elf_getscn(elf, shstrndx), NULL);
	im->sec = nl_alloc(n, sizeof(*im->sec));
	im->nsec = im->secroom = n;
	im->sec[0].name = nl_strdup("");
	for (i = 1; i < n; i++) {
		Elf_Scn *scn = elf_getscn(elf, i);
		Elf64_Shdr *sh = scn ? elf64_getshdr(scn) : NULL;

		if (!sh)
			fail("the section table is damaged");
		if (parse_section(im, i, scn, sh, names, size, err, errlen))
			return -1;
		if (sh->sh_type == SHT_SYMTAB) {
			if (symtab)
				fail("there are two symbol tables");
			symtab = scn;
		}
	}
	if (!symtab)
		fail("there is no symbol table");
	if (parse_symbols(im, elf, symtab, elf64_getshdr(symtab), err, errlen))
		return -1;
	for (i = 1; i < n; i++) {
		Elf_Scn *scn = elf_getscn(elf, i);

		if (im->sec[i].type == SHT_RELA &&
		    parse_relocs(im, scn, elf64_getshdr(scn), err, errlen))
			return -1;
	}
	/* The writer makes these anew. */
	for (i = 1; i < n; i++)
		if (im->sec[i].type == SHT_RELA || im->sec[i].type == SHT_SYMTAB ||
		    im->sec[i].type == SHT_STRTAB)
			im->sec[i].dropped = true;
	return 0;
}

int nl_image_parse(struct nl_image *im, const char *file, void *data, size_t size,
		   char *err, size_t errlen)
{
	Elf *elf;
	int ret;

	memset(im, 0, sizeof(*im));
	im->file = file;
	elf_version(EV_CURRENT);
	size = unsigned_size(data, size);
	if (size < sizeof(Elf64_Ehdr))
		fail("not an ELF file");
	elf = elf_memory(data, size);
	if (!elf)
		fail("not an ELF file");
	ret = parse(im, elf, size, err, errlen);
	elf_end(elf);
	return ret;
}

void nl_image_free(struct nl_image *im)
{
	size_t i;

	for (i = 0; i < im->nsec; i++) {
		free(im->sec[i].name);
		free(im->sec[i].data);
		free(im->sec[i].rel);
		free(im->sec[i].map);
	}
	for (i = 0; i < im->nsym; i++)
		free(im->sym[i].name);
	free(im->sec);
	free(im->sym);
	memset(im, 0, sizeof(*im));
}

struct nl_section *nl_section_find(const struct nl_image *im, const char *name)
{
	size_t i;

	for (i = 1; i < im->nsec; i++)
		if (!im->sec[i].dropped && !strcmp(im->sec[i].name, name))
			return &im->sec[i];
	return NULL;
}

u32 nl_section_index(const struct nl_image *im, const struct nl_section *s)
{
	return s - im->sec;
}

u32 nl_section_add(struct nl_image *im, const char *name, u32 type, u64 flags, u64 align, u64 size)
{
	struct nl_section *s;

	im->sec = nl_grow(im->sec, &im->secroom, im->nsec + 1, sizeof(*im->sec));
	s = &im->sec[im->nsec];
	memset(s, 0, sizeof(*s));
	s->name = nl_strdup(name);
	s->type = type;
	s->flags = flags;
	s->align = align;
	s->size = size;
	if (type != SHT_NOBITS)
		s->data = nl_alloc(size, 1);
	return im->nsec++;
}

u32 nl_symbol_add(struct nl_image *im, const char *name, u8 info, u32 shndx, u64 value, u64 size)
{
	struct nl_symbol *s;

	im->sym = nl_grow(im->sym, &im->symroom, im->nsym + 1, sizeof(*im->sym));
	s = &im->sym[im->nsym];
	memset(s, 0, sizeof(*s));
	s->name = nl_strdup(name);
	s->info = info;
	s->shndx = shndx;
	s->value = value;
	s->size = size;
	return im->nsym++;
}

void nl_reloc_add(struct nl_section *s, u64 offset, u32 type, u32 sym, s64 addend)
{
	s->rel = nl_grow(s->rel, &s->room, s->nrel + 1, sizeof(*s->rel));
	s->rel[s->nrel++] = (struct nl_reloc){ offset, addend, type, sym };
}

struct nl_reloc *nl_reloc_at(const struct nl_section *s, u64 offset)
{
	size_t lo = 0, hi = s->nrel;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->rel[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < s->nrel && s->rel[lo].offset == offset; lo++)
		if (s->rel[lo].type != R_X86_64_NONE)
			return &s->rel[lo];
	return NULL;
}
