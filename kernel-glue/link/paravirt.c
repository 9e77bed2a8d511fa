// SPDX-License-Identifier: GPL-2.0
/*
 * Inlined operations that the kernel patches at load time: calls through pv_ops,
 * listed in .parainstructions, most of them with a native replacement listed in
 * .altinstructions.
 *
 * What an operation does is read off its replacement, not off its place in
 * pv_ops, which differs between kernels:
 *
 *	cli		put in place: harmless, see scan.c
 *	pushf; pop	put in place
 *	sti		a call of nw_irq_enable, which lets the driver do it only
 *			when the kernel called it with interrupts on.  It keeps all
 *			registers but %rax.
 *
 * and the first operation, io_delay, is a call of the wrapper of
 * native_io_delay.  Such a site is no longer patched by anybody: its entries
 * are cut.  All other operations stay and are refused by bind.c.
 */
#include "code.h"
#include "job.h"

#include <string.h>

#define CALL_SIZE	6		/* call *pv_ops+N(%rip) */
#define PARA_SIZE	16u		/* u64 site, u8 type, u8 length, padding */

/* A place in a section. */
struct place {
	u32 shndx;
	u64 at;
};

static bool resolve(const struct nl_job *j, const struct nl_reloc *r, struct place *p)
{
	const struct nl_symbol *y;

	if (!r)
		return false;
	y = &j->im.sym[r->sym];
	if (!y->shndx || y->shndx >= j->im.nsec)
		return false;
	p->shndx = y->shndx;
	p->at = y->value + r->addend;
	return p->at <= j->im.sec[p->shndx].size;
}

/* Remove bytes and their relocations from a table. */
static void cut(struct nl_section *s, u64 at, u64 n)
{
	size_t i, kept = 0;

	memmove(s->data + at, s->data + at + n, s->size - at - n);
	s->size -= n;
	for (i = 0; i < s->nrel; i++) {
		struct nl_reloc r = s->rel[i];

		if (r.offset >= at && r.offset < at + n)
			continue;
		if (r.offset >= at + n)
			r.offset -= n;
		s->rel[kept++] = r;
	}
	s->nrel = kept;
}

/* The relocation of a call through pv_ops at @p, NULL if there is no such call. */
static struct nl_reloc *pv_call(const struct nl_job *j, const struct place *p)
{
	const struct nl_section *s = &j->im.sec[p->shndx];
	struct nl_reloc *r;

	if (!s->map || s->size - p->at < CALL_SIZE || s->data[p->at] != 0xff ||
	    s->data[p->at + 1] != 0x15)
		return NULL;
	r = nl_reloc_at(s, p->at + 2);
	if (!r || r->type != R_X86_64_PC32 || strcmp(j->im.sym[r->sym].name, "pv_ops"))
		return NULL;
	return r;
}

/* Nobody patches @site any more. */
static void forget_site(struct nl_job *j, const struct place *site)
{
	struct nl_section *s = nl_section_find(&j->im, ".parainstructions");
	struct place p;
	u64 at;

	for (at = 0; s && at + PARA_SIZE <= s->size;) {
		if (resolve(j, nl_reloc_at(s, at), &p) && p.shndx == site->shndx &&
		    p.at == site->at)
			cut(s, at, PARA_SIZE);
		else
			at += PARA_SIZE;
	}
}

static void put_in_place(struct nl_section *s, u64 at, struct nl_reloc *r, const u8 *code, size_t n)
{
	u64 i;

	memset(s->data + at, 0x90, CALL_SIZE);
	memcpy(s->data + at, code, n);
	r->type = R_X86_64_NONE;
	r->sym = 0;
	r->addend = 0;
	for (i = 1; i < CALL_SIZE; i++)
		s->map[at + i] &= ~NL_MAP_INSN;
	for (i = 0; i < CALL_SIZE; i++)
		s->map[at + i] |= NL_MAP_INSN;	/* one-byte instructions all */
}

static void put_call(struct nl_job *j, struct nl_section *s, u64 at, struct nl_reloc *r,
		     const char *name)
{
	u32 sym = nl_wrapper_named(j, name, s, at);

	s->data[at] = 0xe8;
	memset(s->data + at + 1, 0, 4);
	s->data[at + 5] = 0x90;
	s->map[at + 5] |= NL_MAP_INSN;
	/* Without a wrapper nothing will be written: it is reported as missing. */
	*r = (struct nl_reloc){ at + 1, -4, sym ? R_X86_64_PLT32 : R_X86_64_NONE, sym };
}

/* One alternative; true when its site is settled for good. */
static bool settle(struct nl_job *j, const struct place *site, const struct place *repl, u64 n)
{
	struct nl_section *s = &j->im.sec[site->shndx], *rs = &j->im.sec[repl->shndx];
	struct nl_reloc *r = pv_call(j, site);
	const u8 *code;

	if (!r || !rs->map || rs->size - repl->at < n)
		return false;
	code = rs->data + repl->at;
	if ((n == 1 && code[0] == 0xfa) || (n == 2 && code[0] == 0x9c && code[1] == 0x58))
		put_in_place(s, site->at, r, code, n);
	else if (n == 1 && code[0] == 0xfb)
		put_call(j, s, site->at, r, "irq_enable");
	else
		return false;
	memset(rs->data + repl->at, 0x90, n);
	for (; n; n--)
		rs->map[repl->at + n - 1] |= NL_MAP_INSN;
	return true;
}

/*
 * Size of an entry of .altinstructions: two 32-bit offsets, then 2 (or, later
 * kernels, 4) bytes that name the feature, then the two lengths.
 */
static u64 entry_size(const struct nl_section *s)
{
	u64 size = s->nrel > 2 ? s->rel[2].offset - s->rel[0].offset : s->size;

	return (size == 12 || size == 14) && s->size % size == 0 ? size : 0;
}

static void alternatives(struct nl_job *j)
{
	struct nl_section *s = nl_section_find(&j->im, ".altinstructions");
	u64 size, at;

	size = s && s->data ? entry_size(s) : 0;
	for (at = 0; size && at + size <= s->size;) {
		struct place site, repl;

		if (resolve(j, nl_reloc_at(s, at), &site) &&
		    resolve(j, nl_reloc_at(s, at + 4), &repl) &&
		    settle(j, &site, &repl, s->data[at + size - 1])) {
			cut(s, at, size);
			forget_site(j, &site);
			j->res->paravirt++;
		} else {
			at += size;
		}
	}
}

/* Sites without a replacement: io_delay is operation 0. */
static void io_delays(struct nl_job *j)
{
	struct nl_section *s = nl_section_find(&j->im, ".parainstructions");
	u64 at;

	for (at = 0; s && s->data && at + PARA_SIZE <= s->size;) {
		struct nl_reloc *r = NULL;
		struct place site;

		if (resolve(j, nl_reloc_at(s, at), &site) && s->data[at + 8] == 0)
			r = pv_call(j, &site);
		if (r && r->addend == -4) {
			put_call(j, &j->im.sec[site.shndx], site.at, r, "native_io_delay");
			cut(s, at, PARA_SIZE);
			j->res->paravirt++;
		} else {
			at += PARA_SIZE;
		}
	}
}

void nl_paravirt(struct nl_job *j)
{
	alternatives(j);
	io_delays(j);
}
