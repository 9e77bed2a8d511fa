// SPDX-License-Identifier: GPL-2.0
/* --dump=facts|model|plan: the stages of the pipeline as JSON. */
#include "nooksgen.h"

static void dump_func(struct json *j, const char *key, const struct func_fact *f)
{
	json_open(j, key, '{');
	json_str(j, "name", f->name);
	if (f->file) {
		json_str(j, "file", f->file);
		json_int(j, "line", f->line);
	}
	json_str(j, "result", f->ret->spelled);
	json_open(j, "params", '[');
	for (unsigned int i = 0; i < f->nparams; i++) {
		json_open(j, NULL, '{');
		json_str(j, "name", f->names[i]);
		json_str(j, "type", f->params[i]->spelled);
		json_str(j, "canonical", f->params[i]->canonical);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_bool(j, "variadic", f->variadic);
	json_close(j, '}');
}

static void dump_record(struct json *j, const struct record_fact *r)
{
	json_open(j, NULL, '{');
	json_str(j, "struct", r->name);
	json_int(j, "size", r->size);
	json_open(j, "fields", '[');
	for (unsigned int i = 0; i < r->nfields; i++) {
		const struct field_fact *f = &r->fields[i];

		json_open(j, NULL, '{');
		json_str(j, "name", f->name);
		json_str(j, "type", f->type->spelled);
		json_int(j, "bit_offset", f->bit_offset);
		if (f->bit_width >= 0)
			json_int(j, "bit_width", f->bit_width);
		if (f->func)
			dump_func(j, "op", f->func);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void dump_facts(struct json *j, const struct file *f)
{
	for (unsigned int i = 0; i < f->ndecls; i++) {
		const struct decl *d = f->decls[i];

		if (d->record)
			dump_record(j, d->record);
		else if (d->nsigs == 1 && d->sigs[0].fact)
			dump_func(j, NULL, d->sigs[0].fact);
	}
}

static const char *shape_name(enum shape s)
{
	static const char *const names[] = {
		"number", "key",    "object", "twin",	  "in",	  "out",
		"inout",  "string", "format", "callback", "ops",  "memory",
		"pass",	  "rodata", "self",   "iomem",	  "lock", "unclassified",
	};

	return names[s];
}

static void dump_attrs(struct json *j, const struct attrs *a)
{
	if (!a->n)
		return;
	json_open(j, "attributes", '[');
	for (unsigned int i = 0; i < a->n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "attribute", attr_word(a->v[i].kind));
		if (a->v[i].name)
			json_str(j, "name", a->v[i].name);
		if (a->v[i].reason)
			json_str(j, "reason", a->v[i].reason);
		if (a->v[i].nargs) {
			json_open(j, "expressions", '[');
			for (unsigned int k = 0; k < a->v[i].nargs; k++)
				json_str(j, NULL, a->v[i].args[k].text);
			json_close(j, ']');
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void dump_sig(struct json *j, const struct sig *s)
{
	json_open(j, NULL, '{');
	json_str(j, "name", s->name);
	json_str(j, "source", src_line(s->loc));
	if (s->unsupported)
		json_str(j, "unsupported", s->unsupported);
	dump_attrs(j, &s->attrs);
	json_open(j, "params", '[');
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *p = &s->params[i];

		json_open(j, NULL, '{');
		json_str(j, "name", p->name);
		if (p->type) {
			json_str(j, "type", p->type->spelled);
			json_str(j, "is", shape_name(shape_of(p)));
		}
		if (p->object)
			json_str(j, "object", p->object->name);
		if (p->ref)
			json_str(j, "bound_to", p->ref->name);
		dump_attrs(j, &p->attrs);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void dump_model(struct json *j, const struct file *f)
{
	static const char *const kinds[] = { "object", "twin", "callback", "interface",
					     "function" };

	for (unsigned int i = 0; i < f->ndecls; i++) {
		const struct decl *d = f->decls[i];

		json_open(j, NULL, '{');
		json_str(j, "kind", kinds[d->kind]);
		json_str(j, "name", d->name);
		json_str(j, "source", src_line(d->loc));
		if (d->nsigs) {
			json_open(j, "signatures", '[');
			for (unsigned int k = 0; k < d->nsigs; k++)
				dump_sig(j, &d->sigs[k]);
			json_close(j, ']');
		}
		if (d->nitems) {
			json_open(j, "fields", '[');
			for (unsigned int k = 0; k < d->nitems; k++)
				if (d->items[k].field)
					json_str(j, NULL, d->items[k].path);
			json_close(j, ']');
		}
		json_close(j, '}');
	}
}

static void dump_plan(struct json *j, struct file *f)
{
	struct plan *p;

	for (unsigned int i = 0; (p = plan_file(f, i)); i++) {
		json_open(j, NULL, '{');
		json_str(j, "file", p->file);
		json_str(j, "template", p->template);
		json_open(j, "steps", '[');
		for (unsigned int k = 0; k < p->nsteps; k++) {
			json_open(j, NULL, '[');
			json_str(j, NULL, p->steps[k].macro);
			for (unsigned int a = 0; a < p->steps[k].nargs; a++)
				json_str(j, NULL, p->steps[k].args[a]);
			json_close(j, ']');
		}
		json_close(j, ']');
		json_close(j, '}');
	}
}

int cmd_dump(struct program *pr, const char *what, FILE *out)
{
	struct json j = { .out = out, .first = true };
	bool facts = streq(what, "facts"), model = streq(what, "model");

	if (!facts && !model && !streq(what, "plan"))
		return 2;
	if (diag_errors() && !facts && !model)
		return 1;
	json_open(&j, NULL, '{');
	for (unsigned int i = 0; i < pr->nfiles; i++) {
		json_open(&j, pr->files[i]->src.name, '[');
		if (facts)
			dump_facts(&j, pr->files[i]);
		else if (model)
			dump_model(&j, pr->files[i]);
		else
			dump_plan(&j, pr->files[i]);
		json_close(&j, ']');
	}
	json_close(&j, '}');
	fputc('\n', out);
	return 0;
}
