// SPDX-License-Identifier: GPL-2.0
/*
 * The lock: what the IDL relies on in one kernel, as a person reviewed it.
 *
 * One fact a line, `KIND NAME = VALUE`, sorted.  A type is written as the
 * header spells it and, where that differs, in its canonical form in braces:
 * both are compared, so that a typedef changed to an enum is seen.  A fact that
 * changed is drift, and is reported at the very parameter or field.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "nooksgen.h"

struct fact {
	const char *key, *value;
	struct loc at;
	const char *file;		/* kernel header */
	int line;
	bool seen;
};

struct facts_list {
	struct fact *v;
	unsigned int n;
};

static void add(struct facts_list *l, struct loc at, const char *file, int line, const char *key,
		const char *value)
{
	struct fact f = { key, value, at, file, line, false };

	push(l->v, l->n, f);
}

static const char *type_text(const struct ctype *t)
{
	return streq(t->spelled, t->canonical) ? t->spelled :
						 xfmt("%s {%s}", t->spelled, t->canonical);
}

static void add_sig(struct facts_list *l, const char *kind, const struct sig *s, const char *name,
		    const struct func_fact *ff)
{
	add(l, s->loc, ff->file, ff->line, xfmt("%s %s result", kind, name), type_text(ff->ret));
	for (unsigned int i = 0; i < ff->nparams; i++)
		add(l, i < s->nparams ? s->params[i].loc : s->loc, ff->file, ff->line,
		    xfmt("%s %s %u", kind, name, i + 1), type_text(ff->params[i]));
}

/* Every op of an interface, also those that the IDL does not describe. */
static void add_ops(struct facts_list *l, const struct decl *d)
{
	for (unsigned int i = 0; d->record && i < d->record->nfields; i++) {
		const struct field_fact *ff = &d->record->fields[i];
		const struct sig *s = NULL;

		if (!ff->func)
			continue;
		for (unsigned int j = 0; j < d->nsigs; j++)
			if (streq(d->sigs[j].name, ff->name))
				s = &d->sigs[j];
		if (s && !s->unsupported)
			add_sig(l, "op", s, xfmt("%s.%s", d->name, ff->name), ff->func);
		else
			add(l, s ? s->loc : d->loc, ff->file, ff->line,
			    xfmt("op %s.%s other", d->name, ff->name), ff->func->canonical);
	}
}

static void add_fields(struct facts_list *l, const struct decl *d)
{
	if (d->record && d->record->complete)
		add(l, d->loc, d->record->file, d->record->line, xfmt("size %s", d->name),
		    xfmt("%ld", d->record->size));
	for (unsigned int i = 0; i < d->nitems; i++) {
		const struct field_fact *ff = d->items[i].field;
		const char *where;

		if (!ff)
			continue;
		where = ff->bit_width >= 0 ?
				xfmt("bit %ld, %ld bits", ff->bit_offset, ff->bit_width) :
				xfmt("byte %ld, %ld bytes", ff->bit_offset / 8, ff->type->size);
		add(l, d->items[i].loc, ff->file, ff->line,
		    xfmt("field %s.%s", d->name, d->items[i].path),
		    xfmt("%s, %s", where, type_text(ff->type)));
	}
}

static int order(const void *a, const void *b)
{
	return strcmp(((const struct fact *)a)->key, ((const struct fact *)b)->key);
}

static struct facts_list collect(const struct program *pr)
{
	struct facts_list l = { 0 };
	unsigned int n = 0;

	for (unsigned int i = 0; i < pr->nfiles; i++) {
		const struct file *f = pr->files[i];

		for (unsigned int j = 0; j < f->ndecls; j++) {
			const struct decl *d = f->decls[j];

			if (d->kind == D_INTERFACE)
				add_ops(&l, d);
			else if (d->kind == D_CALLBACK && d->sigs[0].fact)
				add_sig(&l, "callback", &d->sigs[0], d->name, d->sigs[0].fact);
			else if (d->kind == D_FUNCTION && d->sigs[0].fact)
				add_sig(&l, "function", &d->sigs[0], d->name, d->sigs[0].fact);
			else if (d->kind <= D_TWIN)
				add_fields(&l, d);
		}
	}
	if (l.n)
		qsort(l.v, l.n, sizeof(l.v[0]), order);
	for (unsigned int i = 0; i < l.n; i++)	/* a field may be named twice */
		if (!n || !streq(l.v[i].key, l.v[n - 1].key))
			l.v[n++] = l.v[i];
	l.n = n;
	return l;
}

static bool parse_lock(const char *path, char *text, struct facts_list *l)
{
	int line = 0;

	for (char *p = text, *next; *p; p = next) {
		size_t n = strcspn(p, "\n");
		char *eq;

		next = p + n + (p[n] == '\n');
		line++;
		p[n] = 0;
		if (!*p || *p == '#')
			continue;
		eq = strstr(p, " = ");
		if (!eq) {
			diag((struct loc){ 0 }, E_LOCK, "%s:%d: not `NAME = VALUE`", path, line);
			return false;
		}
		*eq = 0;
		add(l, (struct loc){ 0 }, path, line, p, eq + 3);
	}
	if (l->n)
		qsort(l->v, l->n, sizeof(l->v[0]), order);
	return true;
}

static void compare(const struct facts_list *now, struct facts_list *old, bool strict)
{
	for (unsigned int i = 0; i < now->n; i++) {
		const struct fact *f = &now->v[i];
		struct fact *o = old->n ? bsearch(f, old->v, old->n, sizeof(*f), order) : NULL;
		struct diag *d;

		if (o)
			o->seen = true;
		if (!o && strict) {
			d = diag(f->at, E_LOCK, "not in the lock: %s", f->key);
			diag_hint(d, "review it, then run `nooksgen lock`");
		}
		if (!o || streq(o->value, f->value))
			continue;
		d = diag(f->at, E_DRIFT,
			 "%s changed since this line was reviewed: was `%s`, this kernel has `%s`",
			 f->key, o->value, f->value);
		diag_note(d, f->file, f->line, "declared here");
		diag_note(d, o->file, o->line, "reviewed here");
	}
	for (unsigned int i = 0; i < old->n && strict; i++) {
		const struct fact *o = &old->v[i];

		if (!o->seen)
			diag_hint(
				diag((struct loc){ 0 }, E_LOCK,
				     "%s:%d: neither the IDL nor this kernel has this any more: %s",
				     o->file, o->line, o->key),
				"run `nooksgen lock`");
	}
}

void lock_compare(const struct program *pr, const char *path, bool strict)
{
	struct facts_list now = collect(pr), old = { 0 };
	char *text = read_file(path, NULL);

	if (!text) {
		if (strict)
			diag_hint(diag((struct loc){ 0 }, E_LOCK, "%s: %s", path, strerror(errno)),
				  "run `nooksgen lock`");
		return;
	}
	if (parse_lock(path, text, &old))
		compare(&now, &old, strict);
}

bool lock_write(const struct program *pr, const char *path)
{
	struct facts_list now = collect(pr);
	const char *slash = strrchr(path, '/'), *tmp = xfmt("%s.tmp", path);
	FILE *f;

	if (slash)
		mkdir(xstrndup(path, (size_t)(slash - path)), 0777);
	f = fopen(tmp, "w");
	if (f) {
		fprintf(f,
			"# SPDX-License-Identifier: GPL-2.0\n"
			"# What the IDL relies on in Linux %s, as reviewed.  Written by `nooksgen lock`.\n",
			pr->kernel->release);
		for (unsigned int i = 0; i < now.n; i++)
			fprintf(f, "%s = %s\n", now.v[i].key, now.v[i].value);
		if (!fclose(f) && !rename(tmp, path)) {
			printf("%s: %u facts\n", path, now.n);
			return true;
		}
	}
	diag((struct loc){ 0 }, E_NO_FILE, "%s: %s", path, strerror(errno));
	return false;
}
