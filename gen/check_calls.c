// SPDX-License-Identifier: GPL-2.0
/*
 * Functions, ops and callbacks as wholes: results, contexts, what is acquired
 * and released, and attributes that contradict each other.
 */
#include <stdlib.h>
#include <string.h>

#include "nooksgen.h"

static void note_header(struct diag *d, const struct sig *s)
{
	if (s->fact->file)
		diag_note(d, s->fact->file, s->fact->line, "declared here: %s", s->fact->canonical);
}

/* Two of these on one function contradict each other. */
static void only_one(const struct sig *s, const enum attr_kind *kinds, unsigned int n)
{
	const struct attr *first = NULL;

	for (unsigned int i = 0; i < s->attrs.n; i++) {
		const struct attr *a = &s->attrs.v[i];
		bool one = false;

		for (unsigned int j = 0; j < n; j++)
			one |= a->kind == kinds[j];
		if (!one)
			continue;
		if (first && first->kind != a->kind)
			diag(a->loc, E_CONFLICT, "`%s` contradicts `%s`", attr_word(a->kind),
			     attr_word(first->kind));
		first = first ? first : a;
	}
}

static void check_result(struct file *f, const struct sig *s)
{
	const struct attr *ret = attr_get(&s->attrs, A_RET);
	const struct ctype *t = s->fact->ret;
	bool pointer = t->kind == C_POINTER, object = false;

	if (t->kind == C_OTHER || (t->kind == C_RECORD && t->size > 8))
		note_header(
			diag(s->loc, E_UNSUPPORTED_TYPE, "cannot return `%s` by value", t->spelled),
			s);
	for (unsigned int i = 0; ret && i < ret->nargs; i++) {
		const char *w = ret->args[i].text;

		object |= streq(w, "object");
		if ((streq(w, "null") || streq(w, "err") || streq(w, "object")) && !pointer)
			note_header(diag(ret->args[i].loc, E_BAD_SHAPE,
					 "ret(%s) needs a pointer result, this is `%s`", w,
					 t->spelled),
				    s);
		if (streq(w, "errno") && !(t->kind == C_INT && t->is_signed))
			note_header(diag(ret->args[i].loc, E_BAD_SHAPE,
					 "ret(errno) needs a signed number as result, this is `%s`",
					 t->spelled), s);
	}
	if (ret && ret->name && !find_object(f, ret->name))
		diag(ret->name_loc, E_UNKNOWN_NAME, "no object `%s` is declared", ret->name);
	if (!pointer)
		return;
	if (s->decl->kind == D_FUNCTION ? !ret : !object && !attr_get(&s->attrs, A_CHECK)) {
		struct diag *d =
			diag(s->loc, E_UNCLASSIFIED_RESULT,
			     "nothing says what the result of `%s` is (%s)", s->name, t->spelled);

		note_header(d, s);
		diag_hint(d, s->decl->kind == D_FUNCTION ?
			  "say ret(null), ret(err) or ret(void): which results mean failure?" :
			  "the kernel will follow it: say ret(object), or check(...)");
	}
}

static void check_deferred(const struct sig *s)
{
	const struct attr *d = attr_get(&s->attrs, A_DEFER);

	if (!d)
		return;
	if (s->fact->ret->kind != C_VOID && !d->nargs)
		diag(d->loc, E_CONFLICT, "the driver needs a result at once: defer(value)");
	if (s->nparams > 6)
		diag(d->loc, E_CONFLICT, "a deferred call has at most six parameters");
	for (unsigned int i = 0; i < s->nparams; i++) {
		enum shape sh = shape_of(&s->params[i]);

		if (sh == SH_IN || sh == SH_OUT || sh == SH_INOUT || sh == SH_STRING ||
		    sh == SH_FORMAT)
			diag(s->params[i].loc, E_CONFLICT,
			     "`%s` points to memory that may be gone when the deferred call is made",
			     s->params[i].name);
	}
}

static void check_keyed(struct file *f, const struct sig *s, const struct attr *a)
{
	const struct param *pa;

	if (a->kind == A_ACQUIRES || a->kind == A_RELEASES) {
		if (!find_object(f, a->name) && !builtin_type(a->name))
			diag(a->name_loc, E_UNKNOWN_NAME, "no object `%s` is declared", a->name);
		if (a->kind == A_RELEASES && a->nargs > 1)
			diag(a->args[1].loc, E_SYNTAX, "`releases` has a key only");
		return;
	}
	pa = find_param(s, a->args[0].text);
	if (!pa)
		diag(a->args[0].loc, E_UNKNOWN_PARAM, "`%s` is no parameter of `%s`",
		     a->args[0].text, s->name);
	else if (!pa->object)
		diag(a->args[0].loc, E_BAD_SHAPE, "`%s` is no object", pa->name);
	else if (!phase_bit(pa->object, a->name))
		diag(a->name_loc, E_UNKNOWN_PHASE, "`%s` has no phase `%s`", pa->object->name,
		     a->name);
}

static void check_aux(const struct sig *s, const struct attr *a)
{
	char *end;
	long n = strtol(a->args[0].text, &end, 0);

	if (*end || n < 0 || n > 3)
		diag(a->args[0].loc, E_BAD_SHAPE, "an object has aux 0 to 3");
	for (const struct attr *b = s->attrs.v; b < a; b++)
		if (b->kind == A_ACQUIRES)
			return;
	diag(a->loc, E_CONFLICT, "`aux` stands behind the `acquires` it belongs to");
}

static void check_binds(const struct sig *s, const struct attr *a)
{
	const struct param *pa = find_param(s, a->name);

	if (!pa)
		diag(a->name_loc, E_UNKNOWN_PARAM, "`%s` is no parameter of `%s`", a->name,
		     s->name);
	else if (!pa->object || !find_item(pa->object, I_BIND))
		diag(a->name_loc, E_BAD_SHAPE, "`%s` is no object that has a `bind`", a->name);
}

static void check_function(struct file *f, const struct sig *s)
{
	static const enum attr_kind ways[] = { A_LOCAL, A_BY, A_FAILS };
	static const enum attr_kind when[] = { A_LOCAL, A_DEFER, A_FAILS };
	bool format = false;
	unsigned int words = 0;

	only_one(s, ways, ARRAY_SIZE(ways));
	only_one(s, when, ARRAY_SIZE(when));
	for (unsigned int i = 0; i < s->nparams; i++) {
		format |= attr_get(&s->params[i].attrs, A_FORMAT) != NULL;
		words += s->params[i].type->size > 8 ? 2 : 1;
	}
	if (s->variadic && !format && !attr_get(&s->attrs, A_LOCAL) &&
	    !attr_get(&s->attrs, A_FAILS))
		diag_hint(
			diag(s->loc, E_CONFLICT, "`...` cannot be passed on"),
			"mark the parameter before it `format`, or the function `local` or `fails`");
	if (words > 16)
		diag(s->loc, E_UNSUPPORTED_TYPE, "more than 16 words of arguments");
	if (s->fact->is_static && !attr_get(&s->attrs, A_BY) && !s->like &&
	    !(attr_get(&s->attrs, A_LOCAL) && attr_get(&s->attrs, A_LOCAL)->by))
		note_header(diag(s->loc, E_CONFLICT,
				 "`%s` is an inline function: it runs inside the driver anyway",
				 s->name),
			    s);
	for (unsigned int i = 0; i < s->attrs.n; i++) {
		const struct attr *a = &s->attrs.v[i];

		if (a->kind == A_ACQUIRES || a->kind == A_RELEASES || a->kind == A_PHASE)
			check_keyed(f, s, a);
		else if (a->kind == A_AUX)
			check_aux(s, a);
		else if (a->kind == A_BINDS)
			check_binds(s, a);
		else if (a->kind == A_OWNED && !attr_get(&s->attrs, A_ACQUIRES))
			diag(a->loc, E_CONFLICT, "`owned` needs `acquires`");
	}
	check_deferred(s);
}

static void check_op(const struct sig *s)
{
	const struct attr *a = attr_get(&s->attrs, A_ONFAULT);

	if (s->fact->variadic)
		diag(s->loc, E_UNSUPPORTED_TYPE, "an op with `...` cannot be passed on");
	if (s->fact->ret->kind == C_VOID) {
		if (a && a->nargs)
			diag(a->loc, E_BAD_SHAPE, "`%s` has no result: onfault()", s->name);
	} else if (!a || (!a->by && !a->nargs)) {
		struct diag *d = diag(a ? a->loc : s->loc, E_NO_FAULT_VALUE,
				      "what does `%s` answer when its driver is dead (%s)?",
				      s->name, s->fact->ret->spelled);

		note_header(d, s);
		diag_hint(d, "say onfault(%s), or onfault(by GLUE)",
			  s->fact->ret->kind == C_POINTER ? "NULL" : "-EIO");
	}
}

/* An op the kernel has and the IDL does not speak of. */
static void check_complete(const struct decl *d)
{
	for (unsigned int i = 0; !d->rest && d->record && i < d->record->nfields; i++) {
		const struct field_fact *ff = &d->record->fields[i];
		bool found = !ff->func;
		struct diag *di;

		for (unsigned int j = 0; j < d->nsigs; j++)
			found |= streq(d->sigs[j].name, ff->name);
		if (found)
			continue;
		di = diag(d->loc, E_OP_MISSING, "op `%s` of struct %s is not described", ff->name,
			  d->name);
		diag_note(di, ff->file, ff->line, "declared here: %s", ff->func->canonical);
		diag_hint(di, "nooksgen scaffold %s; or `default unsupported(\"reason\");`",
			  d->name);
	}
}

void check_calls(struct program *pr, struct file *f)
{
	static const enum attr_kind contexts[] = { A_SLEEPS, A_ATOMIC, A_HARDIRQ, A_ANY };

	for (unsigned int i = 0; i < f->ndecls; i++) {
		const struct decl *d = f->decls[i];

		if (d->kind == D_INTERFACE)
			check_complete(d);
		for (unsigned int j = 0; j < d->nsigs; j++) {
			const struct sig *s = &d->sigs[j];
			const struct attr *todo = attr_get(&s->attrs, A_TODO);

			if (!s->fact || s->unsupported)
				continue;
			if (todo && !pr->allow_todo)
				diag(todo->loc, E_TODO, "`%s` is not decided yet", s->name);
			only_one(s, contexts, ARRAY_SIZE(contexts));
			if (d->kind == D_FUNCTION)
				check_function(f, s);
			else
				check_op(s);
			if (!sig_skips_checks(s))
				check_result(f, s);
		}
	}
}
