// SPDX-License-Identifier: GPL-2.0
/*
 * Writing an image: section order, renumbering, string tables.
 *
 * The order of writable sections is the order in memory (the module loader
 * lays sections out in header order), so ranks decide it; all else keeps the
 * order it had.  The same image always gives the same bytes.
 */
#include "image.h"

#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct strtab {
	char *data;
	size_t size, room;
};

/* One output section. */
struct out {
	Elf64_Shdr sh;
	const void *data;
	size_t size;
};

struct writer {
	struct nl_image *im;
	struct out *out;
	size_t n;
	struct strtab names, strings;
	void **owned;		/* buffers to free afterwards */
	size_t nowned, roomowned;
};

static u32 add_string(struct strtab *t, const char *s)
{
	size_t n = strlen(s) + 1, at = t->size;

	if (!t->size) {
		t->data = nl_grow(t->data, &t->room, 1, 1);
		t->size = at = 1;
	}
	if (n == 1)
		return 0;
	t->data = nl_grow(t->data, &t->room, t->size + n, 1);
	memcpy(t->data + at, s, n);
	t->size += n;
	return at;
}

static void *own(struct writer *w, void *p)
{
	w->owned = nl_grow(w->owned, &w->roomowned, w->nowned + 1, sizeof(*w->owned));
	w->owned[w->nowned++] = p;
	return p;
}

static struct out *add_out(struct writer *w, const char *name, u32 type)
{
	struct out *o = &w->out[w->n++];

	o->sh.sh_name = add_string(&w->names, name);
	o->sh.sh_type = type;
	o->sh.sh_addralign = 1;
	return o;
}

/* Sections in rank order; relocation sections follow what they are for. */
static void place_sections(struct writer *w)
{
	struct nl_image *im = w->im;
	unsigned int rank;
	size_t i;

	w->n = 1;
	for (rank = NL_RANK_FIRST; rank <= NL_RANK_BSS; rank++) {
		for (i = 1; i < im->nsec; i++) {
			struct nl_section *s = &im->sec[i];
			struct out *o;

			if (s->dropped || s->rank != rank)
				continue;
			s->out = w->n;
			o = add_out(w, s->name, s->type);
			o->sh.sh_flags = s->flags;
			o->sh.sh_addralign = s->align;
			o->sh.sh_entsize = s->entsize;
			o->sh.sh_info = s->info;
			o->data = s->data;
			o->size = s->size;
			if (s->nrel)
				w->n++;	/* filled by place_relocs() */
		}
	}
}

static void place_symbols(struct writer *w, u32 *symtab)
{
	struct nl_image *im = w->im;
	Elf64_Sym *table = own(w, nl_alloc(im->nsym, sizeof(*table)));
	u32 n = 0, locals = 0, strtab = w->n + 1;
	struct out *o;
	int global;
	size_t i;

	for (global = 0; global < 2; global++) {
		for (i = 0; i < im->nsym; i++) {
			struct nl_symbol *s = &im->sym[i];
			bool special = s->shndx >= SHN_LORESERVE;

			if (s->dropped || (ELF64_ST_BIND(s->info) != STB_LOCAL) != global)
				continue;
			if (s->shndx && !special && im->sec[s->shndx].dropped) {
				s->dropped = true;
				continue;
			}
			s->out = n;
			table[n].st_name = add_string(&w->strings, s->name);
			table[n].st_info = s->info;
			table[n].st_other = s->other;
			table[n].st_shndx = special ? s->shndx : im->sec[s->shndx].out;
			table[n].st_value = s->value;
			table[n].st_size = s->size;
			n++;
		}
		if (!global)
			locals = n;
	}
	*symtab = w->n;
	o = add_out(w, ".symtab", SHT_SYMTAB);
	o->sh.sh_link = strtab;
	o->sh.sh_info = locals;
	o->sh.sh_addralign = 8;
	o->sh.sh_entsize = sizeof(Elf64_Sym);
	o->data = table;
	o->size = n * sizeof(*table);
	o = add_out(w, ".strtab", SHT_STRTAB);
	o->data = w->strings.data;
	o->size = w->strings.size;
}

static int place_relocs(struct writer *w, u32 symtab, char *err, size_t errlen)
{
	struct nl_image *im = w->im;
	size_t i, k;

	for (i = 1; i < im->nsec; i++) {
		struct nl_section *s = &im->sec[i];
		Elf64_Rela *table;
		char name[256];
		struct out *o;
		size_t n = 0;

		if (s->dropped || !s->nrel)
			continue;
		table = own(w, nl_alloc(s->nrel, sizeof(*table)));
		for (k = 0; k < s->nrel; k++) {
			struct nl_reloc *r = &s->rel[k];

			if (r->type == R_X86_64_NONE)
				continue;
			if (im->sym[r->sym].dropped) {
				snprintf(err, errlen,
					 "%s+%#lx: relocation against %s, which is gone from the output",
					 s->name, r->offset, im->sym[r->sym].name);
				return -1;
			}
			table[n].r_offset = r->offset;
			table[n].r_info = ELF64_R_INFO((u64)im->sym[r->sym].out, r->type);
			table[n].r_addend = r->addend;
			n++;
		}
		snprintf(name, sizeof(name), ".rela%s", s->name);
		o = &w->out[s->out + 1];
		o->sh.sh_name = add_string(&w->names, name);
		o->sh.sh_type = SHT_RELA;
		o->sh.sh_flags = SHF_INFO_LINK;
		o->sh.sh_info = s->out;
		o->sh.sh_link = symtab;
		o->sh.sh_addralign = 8;
		o->sh.sh_entsize = sizeof(Elf64_Rela);
		o->data = table;
		o->size = n * sizeof(*table);
	}
	return 0;
}

static int write_elf(struct writer *w, int fd, char *err, size_t errlen)
{
	Elf *elf = elf_begin(fd, ELF_C_WRITE, NULL);
	Elf64_Ehdr *eh;
	size_t i;
	int ret = -1;

	if (!elf)
		goto out;
	eh = elf64_newehdr(elf);
	if (!eh)
		goto out;
	memcpy(eh->e_ident, w->im->eh.e_ident, EI_NIDENT);
	eh->e_type = ET_REL;
	eh->e_machine = EM_X86_64;
	eh->e_version = EV_CURRENT;
	eh->e_flags = w->im->eh.e_flags;
	eh->e_shstrndx = w->n - 1;
	for (i = 1; i < w->n; i++) {
		const struct out *o = &w->out[i];
		Elf_Scn *scn = elf_newscn(elf);
		Elf_Data *d = scn ? elf_newdata(scn) : NULL;
		Elf64_Shdr *sh = scn ? elf64_getshdr(scn) : NULL;

		if (!d || !sh)
			goto out;
		*sh = o->sh;
		d->d_buf = (void *)o->data;
		d->d_size = o->size;
		d->d_align = o->sh.sh_addralign;
		d->d_type = ELF_T_BYTE;
		d->d_version = EV_CURRENT;
	}
	if (elf_update(elf, ELF_C_WRITE) >= 0)
		ret = 0;
out:
	if (ret)
		snprintf(err, errlen, "cannot write ELF: %s", elf_errmsg(-1));
	if (elf)
		elf_end(elf);
	return ret;
}

static int read_back(int fd, void **out, size_t *size, char *err, size_t errlen)
{
	struct stat st;
	size_t done = 0;

	if (fstat(fd, &st))
		goto fail;
	*size = st.st_size;
	*out = nl_alloc(*size, 1);
	while (done < *size) {
		ssize_t n = pread(fd, (char *)*out + done, *size - done, done);

		if (n <= 0) {
			free(*out);
			goto fail;
		}
		done += n;
	}
	return 0;
fail:
	snprintf(err, errlen, "cannot read the output back");
	return -1;
}

int nl_image_emit(struct nl_image *im, void **out, size_t *size, char *err, size_t errlen)
{
	struct writer w = { .im = im };
	u32 symtab = 0;
	struct out *o;
	int fd, ret;
	size_t i;

	elf_version(EV_CURRENT);
	w.out = nl_alloc(2 * im->nsec + 4, sizeof(*w.out));
	place_sections(&w);
	place_symbols(&w, &symtab);
	ret = place_relocs(&w, symtab, err, errlen);
	if (!ret) {
		o = add_out(&w, ".shstrtab", SHT_STRTAB);
		o->data = w.names.data;
		o->size = w.names.size;
		fd = memfd_create("nooks-link", MFD_CLOEXEC);
		if (fd < 0) {
			snprintf(err, errlen, "cannot create a memory file");
			ret = -1;
		} else {
			ret = write_elf(&w, fd, err, errlen);
			if (!ret)
				ret = read_back(fd, out, size, err, errlen);
			close(fd);
		}
	}
	for (i = 0; i < w.nowned; i++)
		free(w.owned[i]);
	free(w.owned);
	free(w.out);
	free(w.names.data);
	free(w.strings.data);
	return ret;
}
