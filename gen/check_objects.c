// SPDX-License-Identifier: GPL-2.0
/* Objects and twins: do their items fit the structure and each other? */
#include <string.h>

#include "nooksgen.h"

static const char *item_word(enum item_kind k)
{
	static const char *const words[] = {
		"key", "size", "array", "release", "quiet", "phases",
		"write", "write all", "part", "link", "bind", "private",
	};

	return words[k];
}

static void check_release(struct file *f, const struct decl *d, const struct item *it)
{
	const struct func_fact *ff;

	if (it->by)
		return;
	ff = facts_function(f->facts, it->path);
	if (!ff)
		diag_hint(diag(it->loc, E_UNKNOWN_FUNCTION,
			       "no kernel header used here declares a function `%s`", it->path),
			  "glue? release by %s", it->path);
	else if (ff->nparams != 1)
		diag_note(diag(it->loc, E_BAD_SHAPE,
			       "`%s` does not take just the %s: release by GLUE", it->path,
			       d->name),
			  ff->file, ff->line, "declared here: %s", ff->canonical);
}

static void check_bind(const struct decl *d, const struct item *it)
{
	const struct ctype *t;

	if (!it->field || !it->ref)
		return;
	t = it->field->type;
	if (it->ref->kind == D_INTERFACE) {
		if (t->kind == C_POINTER && t->to->kind == C_RECORD &&
		    streq(t->to->record, it->ref->name))
			return;
		diag_note(diag(it->loc, E_BAD_SHAPE, "`%s.%s` is no pointer to struct %s", d->name,
			       it->path, it->ref->name),
			  it->field->file, it->field->line, "it is `%s`", t->spelled);
	} else if (!it->field->func || (it->ref->sigs[0].fact &&
		   !streq(it->field->func->canonical, it->ref->sigs[0].fact->canonical))) {
		diag_note(diag(it->loc, E_BAD_SHAPE, "`%s.%s` is no pointer to a `%s`", d->name,
			       it->path, it->ref->name),
			  it->field->file, it->field->line, "it is `%s`", t->spelled);
	}
}

static void check_link(const struct decl *d, const struct item *it)
{
	if (it->field && it->kind == I_LINK && it->field->type->kind != C_POINTER)
		diag_note(diag(it->loc, E_BAD_SHAPE, "`%s.%s` is no pointer", d->name, it->path),
			  it->field->file, it->field->line, "it is `%s`", it->field->type->spelled);
	if (it->field && it->kind == I_PART && it->field->bit_width >= 0)
		diag(it->loc, E_BAD_SHAPE, "a bit-field is no part");
}

/* A driver that could write the pointer would make any address an object. */
static void check_trust(const struct decl *d, const struct item *it)
{
	if (it->kind != I_LINK && it->kind != I_PART)
		return;
	if (d->kind == D_TWIN)
		diag(it->loc, E_CONFLICT,
		     "a twin has no parts or links: the driver's own structure is not trusted");
	for (unsigned int i = 0; it->kind == I_LINK && i < d->nitems; i++) {
		const struct item *w = &d->items[i];
		size_t n = w->path ? strlen(w->path) : 0;

		if (w->kind == I_WRITE_ALL ||
		    (w->kind == I_WRITE && starts_with(it->path, w->path) &&
		     (!it->path[n] || it->path[n] == '.')))
			diag(it->loc, E_CONFLICT,
			     "the driver may write `%s`, so nothing is known of what it points to",
			     it->path);
	}
}

static void check_item(struct file *f, const struct decl *d, unsigned int n)
{
	const struct item *it = &d->items[n];
	bool single = it->kind == I_KEY || it->kind == I_SIZE || it->kind == I_ARRAY ||
		      it->kind == I_QUIET || it->kind == I_PRIVATE;
	bool memory = it->kind == I_SIZE || it->kind == I_ARRAY || it->kind == I_WRITE ||
		      it->kind == I_WRITE_ALL || it->kind == I_PART;

	for (unsigned int i = 0; i < n; i++) {
		const struct item *o = &d->items[i];

		if (o->kind == it->kind && (single || (it->path && streq(o->path, it->path))))
			diag_note(diag(it->loc, E_DUPLICATE, "`%s%s%s` is said twice",
				       item_word(it->kind), it->path && !single ? " " : "",
				       it->path && !single ? it->path : ""),
				  f->src.path, o->loc.line, "the first time here");
	}
	if (memory && key_is_number(d))
		diag(it->loc, E_CONFLICT, "`%s` contradicts `key number`: no memory is known",
		     item_word(it->kind));
	if (d->kind == D_TWIN && (it->kind == I_WRITE || it->kind == I_WRITE_ALL))
		diag(it->loc, E_CONFLICT, "the driver writes its own structure, never the twin");
	if (it->kind == I_WRITE && find_item(d, I_WRITE_ALL))
		diag(it->loc, E_CONFLICT, "`write all` has this field already");
	if (it->kind == I_PRIVATE)
		diag(it->loc, E_NOT_YET,
		     "`private` is not generated yet: let the glue that allocates track it");
	if (it->kind == I_RELEASE)
		check_release(f, d, it);
	if (it->kind == I_BIND)
		check_bind(d, it);
	check_link(d, it);
	check_trust(d, it);
}

void check_objects(struct program *pr, struct file *f)
{
	(void)pr;
	for (unsigned int i = 0; i < f->ndecls; i++) {
		const struct decl *d = f->decls[i];

		for (unsigned int j = 0; j < d->nitems; j++)
			check_item(f, d, j);
	}
}
