// SPDX-License-Identifier: GPL-2.0
/* Parsing of attributes: those of a parameter, a function or an op. */
#include <string.h>

#include "parse.h"

bool p_exprs(struct parser *p, struct expr **v, unsigned int *n, unsigned int max)
{
	struct loc open = p->tok.loc;
	unsigned int first = *n;

	if (!p_is(p, "("))
		return p_expect(p, "(");
	for (;;) {
		struct expr e;

		/* The lexer stands right behind `(` or `,`. */
		if (!lexer_expr(&p->lx, max > 1, &e)) {
			diag(open, E_SYNTAX, "this parenthesis is not closed");
			return false;
		}
		p_next(p);
		if (*e.text || *n > first) {
			if (!*e.text) {
				diag(e.loc, E_SYNTAX, "expected an expression");
				return false;
			}
			push(*v, *n, e);
		}
		if (p_is(p, ","))
			continue;
		break;
	}
	if (*n - first > max) {
		diag(open, E_SYNTAX, "at most %u expression%s here", max, max == 1 ? "" : "s");
		return false;
	}
	return p_expect(p, ")");
}

bool p_reason(struct parser *p, const char **reason)
{
	if (!p_expect(p, "("))
		return false;
	if (p->tok.kind != T_STRING || !*p->tok.text) {
		struct diag *d = diag(p->tok.loc, E_SYNTAX, "expected the reason, in quotes");

		diag_hint(d, "say why: (\"...\")");
		return false;
	}
	if (strstr(p->tok.text, "*/"))
		diag(p->tok.loc, E_SYNTAX,
		     "a reason ends up in a comment: it cannot have */ in it");
	*reason = p->tok.text;
	p_next(p);
	return p_expect(p, ")");
}

static bool need_exprs(struct parser *p, struct attr *a, unsigned int min, unsigned int max)
{
	struct loc at = p->tok.loc;

	if (!p_exprs(p, &a->args, &a->nargs, max))
		return false;
	if (a->nargs >= min)
		return true;
	diag(at, E_SYNTAX, "`%s` needs %s", attr_word(a->kind),
	     min == 1 ? "an expression" : "two expressions");
	return false;
}

static bool parse_ret(struct parser *p, struct attr *a)
{
	static const char *const words[] = { "null", "err", "errno", "void", "object" };

	if (!p_expect(p, "("))
		return false;
	for (;;) {
		struct expr e = { 0 };
		unsigned int i;

		if (!p_name(p, &e.text, &e.loc, "null, err, errno, void or object"))
			return false;
		for (i = 0; i < ARRAY_SIZE(words) && !streq(words[i], e.text); i++)
			;
		if (i == ARRAY_SIZE(words)) {
			diag(e.loc, E_SYNTAX,
			     "ret(%s) has no meaning: expected null, err, errno, void or object",
			     e.text);
			return false;
		}
		push(a->args, a->nargs, e);
		if (streq(e.text, "object") && p->tok.kind == T_NAME &&
		    !p_name(p, &a->name, &a->name_loc, "an object's name"))
			return false;
		if (!p_take(p, ","))
			return p_expect(p, ")");
	}
}

static bool parse_one(struct parser *p, struct attr *a)
{
	switch (attr_syntax(a->kind)) {
	case S_FLAG:
		return true;
	case S_EXPR:
		return need_exprs(p, a, 1, 1);
	case S_OPTEXPR:
		return need_exprs(p, a, 0, 1);
	case S_EXPR2:
		return need_exprs(p, a, 2, 2);
	case S_NAME:
		return p_name(p, &a->name, &a->name_loc, "a name");
	case S_REASON:
		return p_reason(p, &a->reason);
	case S_KEYED:
		return p_name(p, &a->name, &a->name_loc, "a name") && need_exprs(p, a, 1, 2);
	case S_GIVE:
		if (!p_take(p, "if"))
			return true;
		a->cond = true;
		return need_exprs(p, a, 1, 1);
	case S_KEEP:
		return p_expect(p, "until") && p_name(p, &a->name, &a->name_loc, "an op");
	case S_RET:
		return parse_ret(p, a);
	case S_LOCAL:
		if (p_take(p, "by")) {
			a->by = true;
			if (!p_name(p, &a->name, &a->name_loc, "a function"))
				return false;
		}
		return p_reason(p, &a->reason);
	case S_ONFAULT:
		if (!p_is(p, "("))
			return p_expect(p, "(");
		if (!need_exprs(p, a, 0, 1))
			return false;
		if (a->nargs && starts_with(a->args[0].text, "by ")) {
			a->by = true;
			a->name = a->args[0].text + 3 + strspn(a->args[0].text + 3, " \t");
			a->name_loc = a->args[0].loc;
			a->name_loc.col += (int)(a->name - a->args[0].text);
			a->nargs = 0;
		}
		return true;
	case S_RAW:
		return need_exprs(p, a, 0, 1);
	}
	return false;
}

static const char *place(unsigned int where)
{
	switch (where) {
	case ON_FPARAM:
		return "a function's parameter";
	case ON_OPARAM:
		return "an op's parameter";
	case ON_FUNCTION:
		return "a function";
	default:
		return "an op or a callback";
	}
}

/* An attribute may be given more than once. */
static bool repeats(enum attr_kind k)
{
	return k == A_ACQUIRES || k == A_RELEASES || k == A_AUX || k == A_PHASE || k == A_CHECK ||
	       k == A_BINDS;
}

bool p_attrs(struct parser *p, struct attrs *a, unsigned int where)
{
	while (p->tok.kind == T_NAME) {
		struct attr at = { .loc = p->tok.loc };
		const char *word = p->tok.text;
		int k = attr_find(word);

		if (k < 0) {
			struct suggestion s = { .wanted = word };

			for (int i = 0; i < NR_ATTRS; i++)
				if (attr_where((enum attr_kind)i) & where)
					suggest_from(&s, attr_word((enum attr_kind)i));
			suggest_hint(&s, diag(at.loc, E_UNKNOWN_ATTRIBUTE,
					      "there is no attribute `%s`", word));
			return false;
		}
		at.kind = (enum attr_kind)k;
		if (!(attr_where(at.kind) & where)) {
			diag(at.loc, E_UNKNOWN_ATTRIBUTE, "`%s` has no meaning on %s", word,
			     place(where));
			return false;
		}
		p_next(p);
		if (!parse_one(p, &at))
			return false;
		if (attr_get(a, at.kind) && !repeats(at.kind))
			diag(at.loc, E_DUPLICATE, "`%s` is given twice", word);
		push(a->v, a->n, at);
	}
	return true;
}
