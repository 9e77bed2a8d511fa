// SPDX-License-Identifier: GPL-2.0
/* Parsing of the items of an object or a twin. */
#include <string.h>

#include "parse.h"

static void add(struct decl *d, const struct item *it)
{
	push(d->items, d->nitems, *it);
}

/* [ check(expr) ] */
static bool parse_check(struct parser *p, struct item *it)
{
	struct expr *v = NULL;
	unsigned int n = 0;

	if (!p_is(p, "check") && !p_is(p, "size"))
		return true;
	p_next(p);
	if (!p_exprs(p, &v, &n, 1))
		return false;
	if (!n) {
		diag(p->tok.loc, E_SYNTAX, "expected an expression in the parentheses");
		return false;
	}
	it->expr = v[0];
	it->has_expr = true;
	return true;
}

static bool parse_until(struct parser *p, const char **until, struct loc *loc)
{
	return !p_take(p, "until") || p_name(p, until, loc, "a phase");
}

static bool item_write(struct parser *p, struct decl *d)
{
	unsigned int first = d->nitems;
	const char *until = NULL;
	struct loc until_loc = { 0 };

	do {
		struct item it = { .kind = I_WRITE, .loc = p->tok.loc };

		if (p_is(p, "all")) {
			it.kind = I_WRITE_ALL;
			p_next(p);
		} else if (!p_path(p, &it.path) || !parse_check(p, &it)) {
			return false;
		}
		add(d, &it);
	} while (p_take(p, ","));
	if (!parse_until(p, &until, &until_loc))
		return false;
	for (; first < d->nitems; first++) {
		d->items[first].until = until;
		d->items[first].until_loc = until_loc;
	}
	return true;
}

/* PATH ":" NAME */
static bool parse_pair(struct parser *p, struct item *it)
{
	it->loc = p->tok.loc;
	return p_path(p, &it->path) && p_expect(p, ":") &&
	       p_name(p, &it->name, &it->name_loc, "a declared name");
}

static bool item_bind(struct parser *p, struct decl *d)
{
	struct item it = { .kind = I_BIND };

	if (!parse_until(p, &it.until, &it.until_loc))
		return false;
	do {
		it.nullable = false;
		if (!parse_pair(p, &it))
			return false;
		it.nullable = p_take(p, "nullable");
		add(d, &it);
	} while (p_take(p, ","));
	return true;
}

static bool item_names(struct parser *p, struct decl *d, struct item *it)
{
	do {
		it->loc = p->tok.loc;
		if (!p_name(p, &it->path, NULL, "a name"))
			return false;
		add(d, it);
	} while (p_take(p, ","));
	return true;
}

static bool parse_item(struct parser *p, struct decl *d)
{
	struct item it = { .loc = p->tok.loc };

	if (p_take(p, "key")) {
		it.kind = I_KEY;
		if (!p_is(p, "number"))
			return p_expect(p, "number");
		p_next(p);
	} else if (p_is(p, "size")) {
		it.kind = I_SIZE;
		if (!parse_check(p, &it))
			return false;
	} else if (p_take(p, "array")) {
		it.kind = I_ARRAY;
	} else if (p_take(p, "release")) {
		it.kind = I_RELEASE;
		it.by = p_take(p, "by");
		return item_names(p, d, &it);
	} else if (p_take(p, "phases")) {
		it.kind = I_PHASES;
		return item_names(p, d, &it);
	} else if (p_take(p, "quiet")) {
		it.kind = I_QUIET;
		if (!p_expect(p, "by") || !p_name(p, &it.path, NULL, "a glue function"))
			return false;
	} else if (p_take(p, "private")) {
		it.kind = I_PRIVATE;
		if (!p_expect(p, "by") || !p_name(p, &it.path, NULL, "a glue function"))
			return false;
	} else if (p_take(p, "part")) {
		it.kind = I_PART;
		if (!parse_pair(p, &it))
			return false;
	} else if (p_take(p, "link")) {
		it.kind = I_LINK;
		if (!parse_pair(p, &it))
			return false;
	} else if (p_take(p, "write")) {
		return item_write(p, d);
	} else if (p_take(p, "bind")) {
		return item_bind(p, d);
	} else {
		diag(it.loc, E_SYNTAX,
		     "expected key, size, array, release, quiet, phases, write, part, link, bind or private");
		return false;
	}
	add(d, &it);
	return true;
}

bool p_item(struct parser *p, struct decl *d)
{
	return parse_item(p, d) && p_expect(p, ";");
}
