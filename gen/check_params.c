// SPDX-License-Identifier: GPL-2.0
/*
 * Every parameter: is it classified, and does its attribute fit its type?
 *
 * Nothing is assumed silently: a pointer that neither an attribute nor its
 * type classifies is an error, with a hint made from what its type suggests.
 */
#include <string.h>

#include "nooksgen.h"

struct place {
	struct file *f;
	const struct sig *s;
	const struct param *pa;
	bool op;
};

static void note_header(struct diag *d, const struct place *at)
{
	const struct func_fact *ff = at->s->fact;

	if (ff->file)
		diag_note(d, ff->file, ff->line, "`%s` is parameter %u of %s",
			  at->pa->type->spelled, (unsigned int)(at->pa - at->s->params) + 1,
			  ff->name);
}

static bool is_char(const struct ctype *t)
{
	return t->kind == C_INT && t->size == 1;
}

static const char *hint_for(const struct place *at)
{
	const struct ctype *to = at->pa->type->to;

	if (at->pa->type->to->space == 1)
		return "a user-space address: `opaque`";
	if (to->kind == C_FUNCTION)
		return "a function: `callback NAME`";
	if (is_char(to) && to->is_const)
		return "a string? `string(MAX)`; bytes? `in cap(...)`";
	if (to->kind == C_RECORD)
		return xfmt(
			"declare `object struct %s` or `twin struct %s`, or say in, out, inout, cookie, opaque ...",
			to->record, to->record);
	if (to->kind == C_VOID)
		return "say `in cap(...)`, `out cap(...)`, cookie, opaque, memory ...";
	return to->is_const ? "say `in`, or `in count(...)`" :
			      "say `out`, `inout`, or `out count(...)`";
}

static void unclassified(const struct place *at)
{
	struct diag *d = diag(at->pa->loc, E_UNCLASSIFIED, "nothing says what `%s` points to (%s)",
			      at->pa->name, at->pa->type->spelled);

	note_header(d, at);
	diag_hint(d, "%s", hint_for(at));
}

/* Attributes that say what a parameter is: one of them at most. */
static bool classifies(enum attr_kind k)
{
	static const enum attr_kind kinds[] = {
		A_OBJECT, A_IN, A_OUT, A_INOUT, A_STRING, A_FORMAT, A_CALLBACK, A_OPS, A_MEMORY,
		A_COOKIE, A_OPAQUE, A_RODATA, A_SELF, A_IOMEM, A_LOCK, A_UNCHECKED, A_TODO,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i] == k)
			return true;
	return false;
}

static void check_conflicts(const struct place *at)
{
	const struct attrs *a = &at->pa->attrs;
	const struct attr *first = NULL;
	bool copied = attr_get(a, A_IN) || attr_get(a, A_OUT) || attr_get(a, A_INOUT);
	bool sized = attr_get(a, A_CAP) || attr_get(a, A_COUNT);

	for (unsigned int i = 0; i < a->n; i++) {
		if (!classifies(a->v[i].kind))
			continue;
		if (first)
			diag(a->v[i].loc, E_CONFLICT, "`%s` contradicts `%s`",
			     attr_word(a->v[i].kind), attr_word(first->kind));
		first = first ? first : &a->v[i];
	}
	if (sized && !copied && !attr_get(a, A_RODATA))
		diag(at->pa->loc, E_CONFLICT,
		     "`cap` and `count` need `in`, `out`, `inout` or `rodata`");
	if (attr_get(a, A_CAP) && attr_get(a, A_COUNT))
		diag(attr_get(a, A_COUNT)->loc, E_CONFLICT, "`count` contradicts `cap`");
	if (attr_get(a, A_KEPT) && copied)
		diag_hint(diag(attr_get(a, A_KEPT)->loc, E_CONFLICT,
			       "the kernel cannot keep a copy that ends with the call"),
			  "declare the type as a `twin`, or say `rodata`");
	if (attr_get(a, A_LOCK) && !attr_get(&at->s->attrs, A_BY))
		diag(attr_get(a, A_LOCK)->loc, E_CONFLICT,
		     "a function with a `lock` needs `by GLUE`");
}

static void misfit(const struct place *at, const struct attr *a, const char *want)
{
	note_header(diag(a->loc, E_BAD_SHAPE, "`%s` needs %s, `%s` is `%s`", attr_word(a->kind),
			 want, at->pa->name, at->pa->type->spelled),
		    at);
}

static void check_callback(const struct place *at, const struct attr *a)
{
	const struct ctype *t = at->pa->type;
	const struct func_fact *want;

	if (t->kind != C_POINTER || t->to->kind != C_FUNCTION) {
		misfit(at, a, "a pointer to a function");
		return;
	}
	want = at->pa->ref ? at->pa->ref->sigs[0].fact : NULL;
	if (want && !streq(want->canonical, t->to->func->canonical))
		note_header(diag(a->name_loc, E_BAD_SHAPE,
				 "callback `%s` is `%s`, `%s` points to `%s`", a->name,
				 want->canonical, at->pa->name, t->to->func->canonical),
			    at);
}

static void check_copied(const struct place *at, const struct attr *a)
{
	const struct ctype *t = at->pa->type;
	bool fixed;

	if (t->kind != C_POINTER) {
		misfit(at, a, "a pointer");
		return;
	}
	if (a->kind != A_IN && t->to->is_const)
		misfit(at, a, "a pointer to what is not const");
	if (!param_bytes(at->pa, &fixed))
		note_header(diag(at->pa->loc, E_NO_SIZE, "how many bytes are behind `%s` (%s)?",
				 at->pa->name, t->spelled), at);
	else if (attr_get(&at->pa->attrs, A_COUNT) && t->to->size <= 0)
		diag_hint(diag(attr_get(&at->pa->attrs, A_COUNT)->loc, E_NO_SIZE,
			       "the size of an element of `%s` (%s) is not known", at->pa->name,
			       t->spelled),
			  "say cap(bytes)");
}

static void check_format(const struct place *at, const struct attr *a)
{
	const struct ctype *t = at->pa->type;

	if (t->kind != C_POINTER || !is_char(t->to))
		misfit(at, a, "a pointer to char");
	else if (!at->s->variadic || at->pa != &at->s->params[at->s->nparams - 1])
		diag(a->loc, E_BAD_SHAPE, "`format` is for the last parameter before `...`");
}

/* `keep until OP`: OP is one of the same interface and has such a parameter. */
static void check_keep(const struct place *at, const struct attr *a)
{
	const struct decl *d = at->s->decl;

	for (unsigned int i = 0; d->kind == D_INTERFACE && i < d->nsigs; i++) {
		const struct sig *o = &d->sigs[i];

		if (!streq(o->name, a->name))
			continue;
		for (unsigned int j = 0; j < o->nparams; j++)
			if (o->params[j].object && o->params[j].object == at->pa->object)
				return;
		diag(a->name_loc, E_CONFLICT, "`%s` has no parameter that is the object `%s`",
		     a->name, at->pa->name);
		return;
	}
	diag(a->name_loc, E_UNKNOWN_OP, "`%s` is no op described in this interface", a->name);
}

static void check_attr(const struct place *at, const struct attr *a)
{
	const struct ctype *t = at->pa->type;
	bool pointer = t->kind == C_POINTER;
	enum shape sh = shape_of(at->pa);

	switch (a->kind) {
	case A_STRING:
		if (!pointer || !is_char(t->to))
			misfit(at, a, "a pointer to char");
		break;
	case A_FORMAT:
		check_format(at, a);
		break;
	case A_CALLBACK:
		check_callback(at, a);
		break;
	case A_OPS:
		if (!pointer || t->to->kind != C_RECORD || !streq(t->to->record, a->name))
			misfit(at, a, xfmt("a pointer to struct %s", a->name));
		break;
	case A_IN:
	case A_OUT:
	case A_INOUT:
		check_copied(at, a);
		break;
	case A_SELF:
		if (!pointer || !streq(t->to->record, "module"))
			misfit(at, a, "a pointer to struct module");
		break;
	case A_IOMEM:
		if (!find_object(at->f, "iomem"))
			diag(a->loc, E_UNKNOWN_NAME, "no object `iomem` is declared");
		/* fall through */
	case A_MEMORY:
	case A_RODATA:
	case A_LOCK:
		if (!pointer)
			misfit(at, a, "a pointer");
		break;
	case A_NULLABLE:
		if (!pointer && sh != SH_KEY)
			misfit(at, a, "a pointer");
		break;
	case A_RANGE:
		if (t->kind != C_INT && t->kind != C_ENUM)
			diag(a->loc, E_NOT_NUMBER, "`range` needs a number, `%s` is `%s`",
			     at->pa->name, t->spelled);
		break;
	case A_GIVE:
		if (sh != SH_OBJECT && !(sh == SH_TWIN && !at->op))
			misfit(at, a, "an object");
		break;
	case A_KEEP:
		if (sh != SH_OBJECT)
			misfit(at, a, "an object");
		else
			check_keep(at, a);
		break;
	case A_TAKE:
		if (!find_object(at->f, a->name))
			diag(a->name_loc, E_UNKNOWN_NAME, "no object `%s` is declared", a->name);
		break;
	default:
		break;
	}
}

static void check_param(struct program *pr, const struct place *at)
{
	const struct param *pa = at->pa;
	const struct attr *todo = attr_get(&pa->attrs, A_TODO);
	const struct ctype *t = pa->type;

	if (todo && !pr->allow_todo)
		diag(todo->loc, E_TODO, "`%s` is not decided yet (%s)", pa->name, t->spelled);
	if (streq(pa->name, "f") || streq(pa->name, "ret") || streq(pa->name, "this"))
		diag(pa->loc, E_DUPLICATE,
		     "a parameter cannot be named `%s`: generated code uses it", pa->name);
	if (t->kind == C_OTHER || (t->kind == C_RECORD && t->size > (at->op ? 8 : 16)))
		note_header(
			diag(pa->loc, E_UNSUPPORTED_TYPE, "cannot pass `%s` by value", t->spelled),
			at);
	check_conflicts(at);
	for (unsigned int i = 0; i < pa->attrs.n; i++)
		check_attr(at, &pa->attrs.v[i]);
	if (shape_of(pa) == SH_NONE)
		unclassified(at);
}

void check_params(struct program *pr, struct file *f)
{
	for (unsigned int i = 0; i < f->ndecls; i++) {
		struct decl *d = f->decls[i];

		for (unsigned int j = 0; j < d->nsigs; j++) {
			const struct sig *s = &d->sigs[j];

			if (!s->fact || s->unsupported || sig_skips_checks(s))
				continue;
			for (unsigned int k = 0; k < s->nparams; k++) {
				struct place at = { f, s, &s->params[k], d->kind != D_FUNCTION };

				check_param(pr, &at);
			}
		}
	}
}
