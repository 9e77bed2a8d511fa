// SPDX-License-Identifier: GPL-2.0
/*
 * The model: every name of the IDL tied to what it stands for.
 *
 * Loads the files and what they import, then gives each declaration its kernel
 * structure or signature, each parameter its type and, by its type, the object
 * or twin it is.
 */
#include <errno.h>
#include <string.h>

#include "nooksgen.h"

static struct file *find_file(struct file **v, unsigned int n, const char *path)
{
	for (unsigned int i = 0; i < n; i++)
		if (streq(v[i]->src.path, path))
			return v[i];
	return NULL;
}

static const char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return slash ? xfmt("%.*s/%s", (int)(slash - path), path, name) : name;
}

static bool imports(const struct file *f, const struct file *g)
{
	for (unsigned int i = 0; i < f->nimported; i++)
		if (f->imported[i] == g)
			return true;
	return false;
}

static struct file *load(struct program *pr, const char *path, struct loc at);

static void load_imports(struct program *pr, struct file *f)
{
	for (unsigned int i = 0; i < f->nimports; i++) {
		struct header *h = &f->imports[i];
		const char *path = beside(f->src.path, h->name);
		struct file *g;

		if (find_file(pr->loading, pr->nloading, path)) {
			diag(h->loc, E_IMPORT_CYCLE, "`%s` imports this file", h->name);
			continue;
		}
		g = load(pr, path, h->loc);
		if (!g)
			continue;
		for (unsigned int j = 0; j < g->nimported; j++)
			if (!imports(f, g->imported[j]))
				push(f->imported, f->nimported, g->imported[j]);
		if (!imports(f, g))
			push(f->imported, f->nimported, g);
	}
}

/* Files come to stand behind those they import. */
static struct file *load(struct program *pr, const char *path, struct loc at)
{
	struct file *f = find_file(pr->files, pr->nfiles, path);
	size_t n;
	char *text;

	if (f)
		return f;
	text = read_file(path, &n);
	if (!text) {
		diag(at, E_NO_FILE, "%s: %s", path, strerror(errno));
		return NULL;
	}
	f = parse_text(path, text, n);
	push(pr->loading, pr->nloading, f);
	load_imports(pr, f);
	pr->nloading--;
	push(pr->files, pr->nfiles, f);
	return f;
}

/* Two files of one class, or two declarations of one name. */
static void check_duplicates(struct program *pr)
{
	for (unsigned int i = 0; i < pr->nfiles; i++) {
		struct file *f = pr->files[i];

		for (unsigned int j = 0; j < f->ndecls; j++) {
			struct decl *d = f->decls[j];

			for (unsigned int k = 0; k <= i; k++) {
				struct file *g = pr->files[k];
				unsigned int end = k == i ? j : g->ndecls;

				for (unsigned int l = 0; l < end; l++) {
					struct decl *o = g->decls[l];
					bool same = d->kind == o->kind ||
						    (d->kind <= D_TWIN && o->kind <= D_TWIN);

					if (!same || !streq(d->name, o->name))
						continue;
					diag_note(diag(d->loc, E_DUPLICATE,
						       "`%s` is declared twice", d->name),
						  g->src.path, o->loc.line, "the first time here");
				}
			}
		}
	}
}

bool program_load(struct program *pr, char **paths, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		load(pr, paths[i], (struct loc){ 0 });
	check_duplicates(pr);
	return !diag_errors();
}

static struct decl *find_in(struct file *f, const char *name, unsigned int kinds)
{
	for (unsigned int i = 0; i < f->ndecls; i++)
		if ((kinds & (1U << f->decls[i]->kind)) && streq(f->decls[i]->name, name))
			return f->decls[i];
	return NULL;
}

struct decl *find_decl(struct file *f, const char *name, unsigned int kinds)
{
	struct decl *d = find_in(f, name, kinds);

	for (unsigned int i = 0; !d && i < f->nimported; i++)
		d = find_in(f->imported[i], name, kinds);
	return d;
}

struct decl *find_object(struct file *f, const char *name)
{
	return find_decl(f, name, 1U << D_OBJECT | 1U << D_TWIN);
}

const char *builtin_type(const char *name)
{
	static const char *const names[] = {
		"memory", "lent", "private", "string", "spinlock", "rwlock", "mutex", "rwsem",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i], name))
			return xfmt("nooks_type_%s", name);
	return NULL;
}

enum ret_fail sig_ret(const struct sig *s)
{
	const struct attr *a = attr_get(&s->attrs, A_RET);
	const struct ctype *t = s->fact ? s->fact->ret : NULL;
	bool null = false, err = false;

	if (!a)
		return t && t->kind == C_INT && t->is_signed && t->size == 4 ? RET_NEGATIVE :
									       RET_NEVER;
	for (unsigned int i = 0; i < a->nargs; i++) {
		const char *w = a->args[i].text;

		if (streq(w, "errno"))
			return RET_NEGATIVE;
		null |= streq(w, "null");
		err |= streq(w, "err");
	}
	return null && err ? RET_NULL_ERR : null ? RET_NULL : err ? RET_ERR : RET_NEVER;
}

bool sig_runs_in_domain(const struct sig *s)
{
	return attr_get(&s->attrs, A_LOCAL);
}

bool sig_skips_checks(const struct sig *s)
{
	return sig_runs_in_domain(s) || attr_get(&s->attrs, A_FAILS) ||
	       (s->decl->kind == D_FUNCTION && attr_get(&s->attrs, A_UNCHECKED));
}

static void resolve_params(struct file *f, struct sig *s)
{
	const struct func_fact *ff = s->fact;

	if (ff->nparams != s->nparams || ff->variadic != s->variadic) {
		struct diag *d = diag(s->loc, E_ARITY,
				      "`%s` has %u parameter%s%s in this kernel, %u named here",
				      s->name, ff->nparams, ff->nparams == 1 ? "" : "s",
				      ff->variadic ? " and `...`" : "", s->nparams);

		if (ff->file)
			diag_note(d, ff->file, ff->line, "declared here: %s", ff->canonical);
		s->fact = NULL;
		return;
	}
	for (unsigned int i = 0; i < s->nparams; i++) {
		struct param *p = &s->params[i];
		const struct attr *a;

		p->type = ff->params[i];
		a = attr_get(&p->attrs, A_OBJECT);
		if (a) {
			p->object = find_object(f, a->name);
			if (!p->object && !builtin_type(a->name))
				diag(a->name_loc, E_UNKNOWN_NAME, "no object `%s` is declared",
				     a->name);
		} else if (p->type->kind == C_POINTER && p->type->to->kind == C_RECORD) {
			p->object = find_object(f, p->type->to->record);
			if (p->object && !p->object->is_struct)
				p->object = NULL;
		}
		a = attr_get(&p->attrs, A_CALLBACK);
		if (a) {
			p->ref = find_decl(f, a->name, 1U << D_CALLBACK);
			if (!p->ref)
				diag(a->name_loc, E_UNKNOWN_NAME, "no callback `%s` is declared",
				     a->name);
		}
		a = attr_get(&p->attrs, A_OPS);
		if (a) {
			p->ref = find_decl(f, a->name, 1U << D_INTERFACE);
			if (!p->ref)
				diag(a->name_loc, E_UNKNOWN_NAME, "no interface `%s` is declared",
				     a->name);
		}
		if (p->ref)
			p->ref->used = true;
		if (p->object)
			p->object->used = true;
	}
}

static void resolve_function(struct file *f, struct decl *d)
{
	struct sig *s = &d->sigs[0];
	const char *name = s->like ? s->like : s->name;

	s->fact = facts_function(f->facts, name);
	if (!s->fact) {
		struct diag *di = diag(s->like ? s->like_loc : s->loc, E_UNKNOWN_FUNCTION,
				       "no kernel header used here declares a function `%s`", name);

		struct suggestion sg = { .wanted = name };

		diag_hint(di, "add its header to `use`%s", starts_with(name, "__SCT__") ?
			  "; for a static call: function NAME like FUNCTION (...)" : "");
		facts_suggest_function(f->facts, &sg);
		suggest_hint(&sg, di);
		return;
	}
	resolve_params(f, s);
}

/* `callback NAME` is a typedef, `like STRUCT.FIELD`, or `like FUNCTION.PARAM`. */
static const struct func_fact *callback_fact(struct file *f, struct sig *s)
{
	const struct record_fact *r;
	const struct func_fact *fn;
	const struct ctype *t;

	if (!s->like) {
		t = facts_typedef(f->facts, s->name);
		if (t && t->kind == C_POINTER)
			t = t->to;
		if (t && t->kind == C_FUNCTION)
			return t->func;
		diag_hint(diag(s->loc, E_UNKNOWN_NAME, "`%s` is no function type of this kernel",
			       s->name),
			  "say like STRUCT.FIELD or like FUNCTION.PARAMETER");
		return NULL;
	}
	r = facts_record(f->facts, s->like);
	if (r) {
		const struct field_fact *ff = facts_path(f->facts, r, s->like_member);

		if (ff && ff->func)
			return ff->func;
		diag_note(diag(s->like_loc, E_UNKNOWN_OP, "struct %s has no function pointer `%s`",
			       s->like, s->like_member), r->file, r->line, "declared here");
		return NULL;
	}
	fn = facts_function(f->facts, s->like);
	if (!fn) {
		diag(s->like_loc, E_UNKNOWN_NAME, "there is no structure or function `%s`",
		     s->like);
		return NULL;
	}
	for (unsigned int i = 0; i < fn->nparams; i++) {
		t = fn->params[i];
		if (streq(fn->names[i], s->like_member) && t->kind == C_POINTER &&
		    t->to->kind == C_FUNCTION)
			return t->to->func;
	}
	diag_note(diag(s->like_loc, E_UNKNOWN_PARAM,
		       "`%s` has no parameter `%s` that points to a function", s->like,
		       s->like_member),
		  fn->file, fn->line, "declared here");
	return NULL;
}

static bool resolve_record(struct file *f, struct decl *d)
{
	d->record = facts_record(f->facts, d->name);
	if (d->record && d->record->complete)
		return true;
	if (d->record && d->kind != D_INTERFACE && !d->nitems)
		return true;
	diag(d->loc, E_UNKNOWN_STRUCT, "no kernel header used here defines struct %s", d->name);
	return false;
}

static void unknown_field(struct diag *d, const struct record_fact *r, const char *name, bool op)
{
	struct suggestion s = { .wanted = name };

	diag_note(d, r->file, r->line, "declared here");
	for (unsigned int i = 0; i < r->nfields; i++)
		if (!op || r->fields[i].func)
			suggest_from(&s, r->fields[i].name);
	suggest_hint(&s, d);
}

static void resolve_interface(struct file *f, struct decl *d)
{
	if (!resolve_record(f, d))
		return;
	for (unsigned int i = 0; i < d->nsigs; i++) {
		struct sig *s = &d->sigs[i];
		const struct field_fact *ff = facts_path(f->facts, d->record, s->name);

		s->id = i;
		if (!ff || !ff->func) {
			unknown_field(diag(s->loc, E_UNKNOWN_OP,
					   "struct %s has no op `%s` in this kernel", d->name,
					   s->name),
				      d->record, s->name, true);
			continue;
		}
		s->fact = ff->func;
		if (!s->unsupported)
			resolve_params(f, s);
	}
}

const struct item *find_item(const struct decl *d, enum item_kind kind)
{
	for (unsigned int i = 0; i < d->nitems; i++)
		if (d->items[i].kind == kind)
			return &d->items[i];
	return NULL;
}

bool key_is_number(const struct decl *d)
{
	return find_item(d, I_KEY);
}

unsigned int phase_bit(const struct decl *d, const char *name)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < d->nitems; i++) {
		if (d->items[i].kind != I_PHASES)
			continue;
		if (streq(d->items[i].path, name))
			return 1U << n;
		n++;
	}
	return 0;
}

static void resolve_item(struct file *f, struct decl *d, struct item *it)
{
	bool field = it->kind == I_WRITE || it->kind == I_PART || it->kind == I_LINK ||
		     it->kind == I_BIND;

	if (field && !d->is_struct) {
		diag(it->loc, E_CONFLICT, "`%s` is no structure: it has no fields", d->name);
		return;
	}
	if (field) {
		it->field = facts_path(f->facts, d->record, it->path);
		if (!it->field)
			unknown_field(diag(it->loc, E_UNKNOWN_FIELD,
					   "struct %s has no field `%s` in this kernel", d->name,
					   it->path),
				      d->record, it->path, false);
	}
	if (it->until) {
		it->until_bit = phase_bit(d, it->until);
		if (!it->until_bit)
			diag(it->until_loc, E_UNKNOWN_PHASE, "`%s` has no phase `%s`", d->name,
			     it->until);
	}
	if (it->kind == I_PART || it->kind == I_LINK) {
		it->ref = find_object(f, it->name);
		if (!it->ref && !builtin_type(it->name))
			diag(it->name_loc, E_UNKNOWN_NAME, "no object `%s` is declared", it->name);
	}
	if (it->kind == I_BIND) {
		it->ref = find_decl(f, it->name, 1U << D_CALLBACK | 1U << D_INTERFACE);
		if (!it->ref)
			diag(it->name_loc, E_UNKNOWN_NAME,
			     "no interface or callback `%s` is declared", it->name);
	}
	if (it->ref)
		it->ref->used = true;
}

static void resolve_object(struct file *f, struct decl *d)
{
	if (d->is_struct && !resolve_record(f, d))
		return;
	for (unsigned int i = 0; i < d->nitems; i++)
		resolve_item(f, d, &d->items[i]);
}

void model_resolve(struct program *pr, struct file *f)
{
	(void)pr;
	for (unsigned int i = 0; i < f->ndecls; i++) {
		struct decl *d = f->decls[i];

		switch (d->kind) {
		case D_OBJECT:
		case D_TWIN:
			resolve_object(f, d);
			break;
		case D_INTERFACE:
			resolve_interface(f, d);
			break;
		case D_CALLBACK:
			d->sigs[0].fact = callback_fact(f, &d->sigs[0]);
			if (d->sigs[0].fact)
				resolve_params(f, &d->sigs[0]);
			break;
		case D_FUNCTION:
			resolve_function(f, d);
			break;
		}
	}
}
