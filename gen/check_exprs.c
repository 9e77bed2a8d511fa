// SPDX-License-Identifier: GPL-2.0
/*
 * Expressions are type-checked by clang.
 *
 * Each becomes the body of a function whose parameters have the kernel's own
 * types, behind a #line that names its place in the .idl and padded to its
 * column: clang's message is then about the .idl.  Constants that the
 * generator itself must know (a deferred result, the size of a string) become
 * enumerators, whose value is asked for afterwards.
 */
#include <string.h>

#include "nooksgen.h"

struct pending {
	struct attr *attr;
	const char *name;
};

struct work {
	struct file *f;
	struct buf b;
	unsigned int n;
	struct pending *values;
	unsigned int nvalues;
};

enum want { WANT_TRUTH, WANT_NUMBER, WANT_ANY };

static void put_expr(struct work *w, const struct expr *e, const char *before, const char *after)
{
	buf_printf(&w->b, "%s\n#line %d \"%s\"\n%*s%s%s\n", before, e->loc.line, e->loc.src->path,
		   e->loc.col - 1, "", e->text, after);
}

static void put_params(struct work *w, const struct sig *s, bool ret)
{
	const char *sep = "";

	if (ret && s->fact->ret->kind != C_VOID) {
		buf_puts(&w->b, declare(s->fact->ret, "ret"));
		sep = ", ";
	}
	for (unsigned int i = 0; i < s->nparams; i++) {
		buf_printf(&w->b, "%s%s", sep, declare(s->params[i].type, s->params[i].name));
		sep = ", ";
	}
	if (!*sep)
		buf_puts(&w->b, "void");
}

static void check_in_sig(struct work *w, const struct sig *s, const struct expr *e, bool ret,
			 enum want want)
{
	static const char *const before[] = {
		")\n{ (void)((", ")\n{ (void)(unsigned long)(", ")\n{ (void)(",
	};
	static const char *const after[] = { ") ? 1 : 0); }", "); }", "); }" };

	buf_printf(&w->b, "static inline void nooks_check_%u(", w->n++);
	put_params(w, s, ret);
	put_expr(w, e, before[want], after[want]);
}

static void check_value(struct work *w, struct attr *a)
{
	struct pending p = { a, xfmt("nooks_value_%u", w->n++) };

	put_expr(w, &a->args[0], xfmt("enum { %s = (", p.name), ") };");
	push(w->values, w->nvalues, p);
}

static void check_fault(struct work *w, const struct sig *s, const struct attr *a)
{
	if (!a->nargs || s->fact->ret->kind == C_VOID)
		return;
	buf_puts(&w->b, "static inline ");
	{
		struct buf saved = w->b, params = { 0 };

		w->b = params;
		put_params(w, s, false);
		params = w->b;
		w->b = saved;
		buf_puts(&w->b, declare(s->fact->ret,
					xfmt("nooks_check_%u(%s)", w->n++, buf_str(&params))));
	}
	put_expr(w, &a->args[0], "\n{ return (", "); }");
}

static void check_attrs(struct work *w, const struct sig *s, struct attrs *at, bool op)
{
	for (unsigned int i = 0; i < at->n; i++) {
		struct attr *a = &at->v[i];

		switch (a->kind) {
		case A_CAP:
		case A_COUNT:
		case A_RANGE:
			for (unsigned int j = 0; j < a->nargs; j++)
				check_in_sig(w, s, &a->args[j], false, WANT_NUMBER);
			break;
		case A_STRING:
			check_value(w, a);
			break;
		case A_DEFER:
			if (a->nargs)
				check_value(w, a);
			break;
		case A_GIVE:
			if (a->cond)
				check_in_sig(w, s, &a->args[0], true, WANT_TRUTH);
			break;
		case A_CHECK:
			check_in_sig(w, s, &a->args[0], op, WANT_TRUTH);
			break;
		case A_ACQUIRES:
		case A_RELEASES:
			for (unsigned int j = 0; j < a->nargs; j++)
				check_in_sig(w, s, &a->args[j], a->kind == A_ACQUIRES, WANT_NUMBER);
			break;
		case A_AUX:
			check_in_sig(w, s, &a->args[1], true, WANT_NUMBER);
			break;
		case A_ONFAULT:
			check_fault(w, s, a);
			break;
		default:
			break;
		}
	}
}

static void check_sig(struct work *w, struct sig *s)
{
	bool op = s->decl->kind != D_FUNCTION;

	if (!s->fact || s->unsupported)
		return;
	for (unsigned int i = 0; i < s->nparams; i++)
		if (s->params[i].type)
			check_attrs(w, s, &s->params[i].attrs, op);
	check_attrs(w, s, &s->attrs, op);
}

static void check_items(struct work *w, struct decl *d)
{
	for (unsigned int i = 0; i < d->nitems; i++) {
		struct item *it = &d->items[i];

		if (it->kind == I_SIZE && d->record) {
			buf_printf(&w->b, "static inline void nooks_check_%u(const struct %s *this",
				   w->n++, d->name);
			put_expr(w, &it->expr, ")\n{ (void)(unsigned long)(", "); }");
		}
		if (it->kind == I_WRITE && it->has_expr && it->field) {
			buf_printf(&w->b,
				   "static inline void nooks_check_%u(const struct %s *this, ",
				   w->n++, d->name);
			if (it->field->bit_width >= 0)
				buf_puts(&w->b, declare(it->field->type, "new"));
			else
				buf_printf(&w->b, "__typeof__(((struct %s *)0)->%s) new", d->name,
					   it->path);
			put_expr(w, &it->expr, ")\n{ (void)((", ") ? 1 : 0); }");
		}
	}
}

void check_exprs(struct program *pr, struct file *f)
{
	struct work w = { .f = f };

	(void)pr;
	for (unsigned int i = 0; i < f->ndecls; i++) {
		struct decl *d = f->decls[i];

		check_items(&w, d);
		for (unsigned int j = 0; j < d->nsigs; j++)
			check_sig(&w, &d->sigs[j]);
	}
	if (!w.b.n)
		return;
	facts_compile(f->facts, buf_str(&w.b));
	for (unsigned int i = 0; i < w.nvalues; i++)
		facts_value(f->facts, w.values[i].name, &w.values[i].attr->value);
}
