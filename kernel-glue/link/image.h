/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A relocatable module in memory, taken apart: sections own their bytes and
 * their relocations, symbols own their names, indices stay valid while
 * sections and symbols are added or dropped; the writer renumbers.
 */
#ifndef NOOKS_LINK_IMAGE_H
#define NOOKS_LINK_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nooks/link.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef int64_t s64;

struct nl_reloc {
	u64 offset;
	s64 addend;
	u32 type;
	u32 sym;		/* index into nl_image.sym */
};

/* Order of writable sections in the output; see nooks/link.h. */
enum nl_rank { NL_RANK_FIRST, NL_RANK_THIS_MODULE, NL_RANK_DATA, NL_RANK_BSS };

struct nl_section {
	char *name;
	u32 type, info;
	u64 flags, align, entsize;
	u64 size;
	u8 *data;		/* size bytes; NULL for SHT_NOBITS and empty ones */
	struct nl_reloc *rel;	/* sorted by offset */
	size_t nrel, room;
	u8 *map;		/* executable sections: NL_MAP_* per byte; see code.h */
	bool dropped;
	u8 rank;
	u32 out;		/* index in the output */
};

struct nl_symbol {
	char *name;
	u64 value, size;
	u32 shndx;		/* index into nl_image.sec, or SHN_ABS, SHN_COMMON; 0 undefined */
	u8 info, other;
	bool dropped;
	u32 out;
};

struct nl_image {
	const char *file;	/* as the user named it */
	Elf64_Ehdr eh;
	struct nl_section *sec;	/* [0] is the null section */
	size_t nsec, secroom;
	struct nl_symbol *sym;	/* [0] is the null symbol */
	size_t nsym, symroom;
};

/**
 * nl_image_parse() - take a module apart
 * @data: the file; not referenced after the call
 * @err: message when it is not a 64-bit x86 relocatable module or is damaged
 *
 * Return: 0 or -1.  A signature behind the ELF file is left out.
 */
int nl_image_parse(struct nl_image *im, const char *file, void *data, size_t size,
		   char *err, size_t errlen);
void nl_image_free(struct nl_image *im);

/* Serialize into a fresh buffer; 0 or -1 with a message. */
int nl_image_emit(struct nl_image *im, void **out, size_t *size, char *err, size_t errlen);

/* Value of a .modinfo key, NULL if there is none. */
const char *nl_image_modinfo(const struct nl_image *im, const char *key);

struct nl_section *nl_section_find(const struct nl_image *im, const char *name);
u32 nl_section_index(const struct nl_image *im, const struct nl_section *s);

/* Add a section or symbol; return its index.  Pointers into the arrays move. */
u32 nl_section_add(struct nl_image *im, const char *name, u32 type, u64 flags, u64 align, u64 size);
u32 nl_symbol_add(struct nl_image *im, const char *name, u8 info, u32 shndx, u64 value, u64 size);
void nl_reloc_add(struct nl_section *s, u64 offset, u32 type, u32 sym, s64 addend);
/* The relocation that starts at @offset, NULL if there is none. */
struct nl_reloc *nl_reloc_at(const struct nl_section *s, u64 offset);

static inline bool nl_executable(const struct nl_section *s)
{
	return (s->flags & (SHF_ALLOC | SHF_EXECINSTR)) == (SHF_ALLOC | SHF_EXECINSTR);
}

void *nl_alloc(size_t n, size_t size);		/* zeroed; ends the program without memory */
void *nl_grow(void *p, size_t *room, size_t need, size_t size);
char *nl_strdup(const char *s);

#endif
