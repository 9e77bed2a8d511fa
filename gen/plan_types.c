// SPDX-License-Identifier: GPL-2.0
/*
 * Plans of what is data: object types with their field rights, parts and
 * releases, the class's header, and the module's own init and exit.
 */
#include <string.h>

#include "nooksgen.h"

#define PHASE_BOUND (1U << 31)		/* NOOKS_PHASE_BOUND of support.h */

static const char *ctype_name(const struct decl *d)
{
	return xfmt("struct %s", d->name);
}

/* A condition on a field's new value: a function of the object and the bytes. */
static void plan_field_check(struct plan *p, const struct decl *d, const struct item *it,
			     unsigned int n)
{
	const struct field_fact *ff = it->field;
	const char *fn = xfmt("check_%s_%u", d->name, n);

	if (ff->bit_width >= 0)
		plan_step(p, "N_BIT_CHECK", fn, d->name, it->path, it->expr.text, src_line(it->loc),
			  ff->type->spelled, xfmt("%ld", ff->bit_offset % 8),
			  xfmt("%ld", ff->bit_width),
			  xfmt("%ld", (ff->bit_offset % 8 + ff->bit_width + 7) / 8), NULL);
	else
		plan_step(p, "N_FIELD_CHECK", fn, d->name, it->path, it->expr.text,
			  src_line(it->loc), NULL);
}

/* A field that is bound too is frozen when the binding begins. */
static unsigned int until(const struct decl *d, const struct item *it)
{
	for (unsigned int i = 0; i < d->nitems; i++)
		if (d->items[i].kind == I_BIND && streq(d->items[i].path, it->path))
			return it->until_bit | PHASE_BOUND;
	return it->until_bit;
}

static void plan_fields(struct plan *p, const struct decl *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < d->nitems; i++)
		if (d->items[i].kind == I_WRITE && d->items[i].has_expr && d->items[i].field)
			plan_field_check(p, d, &d->items[i], i);
	for (unsigned int i = 0; i < d->nitems; i++) {
		const struct item *it = &d->items[i];
		const struct field_fact *ff = it->field;
		const char *check;

		if (it->kind != I_WRITE || !ff)
			continue;
		check = it->has_expr ? xfmt("check_%s_%u", d->name, i) : "";
		if (!n++)
			plan_step(p, "N_FIELDS_BEGIN", d->name, NULL);
		if (ff->bit_width >= 0)
			plan_step(p, "N_BITS", it->path, src_line(it->loc),
				  xfmt("%ld", ff->bit_offset / 8),
				  xfmt("%ld", (ff->bit_offset % 8 + ff->bit_width + 7) / 8),
				  xfmt("0x%xu", until(d, it)), check, NULL);
		else
			plan_step(p, "N_FIELD", d->name, it->path, src_line(it->loc),
				  xfmt("0x%xu", until(d, it)), check, NULL);
	}
	if (n)
		plan_step(p, "N_FIELDS_END", NULL);
}

static void plan_parts(struct plan *p, const struct decl *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < d->nitems; i++) {
		const struct item *it = &d->items[i];

		if ((it->kind != I_PART && it->kind != I_LINK) || !it->field)
			continue;
		if (!n++)
			plan_step(p, "N_PARTS_BEGIN", d->name, NULL);
		plan_step(p, "N_PART", d->name, it->path, object_symbol(it->name),
			  it->kind == I_LINK ? "1" : "0", NULL);
	}
	if (n)
		plan_step(p, "N_PARTS_END", NULL);
}

static void plan_phases(struct plan *p, const struct decl *d)
{
	if (!find_item(d, I_PHASES))
		return;
	plan_step(p, "N_PHASES_BEGIN", d->name, NULL);
	for (unsigned int i = 0; i < d->nitems; i++)
		if (d->items[i].kind == I_PHASES)
			plan_step(p, "N_PHASE_NAME", d->items[i].path, NULL);
	plan_step(p, "N_PHASES_END", NULL);
}

/* Releases by kernel functions become one function calling them in turn. */
static const char *plan_release(struct plan *p, const struct decl *d, const char **shown)
{
	const struct item *first = find_item(d, I_RELEASE);
	struct buf b = { 0 };

	*shown = "";
	if (!first)
		return "";
	if (first->by) {
		*shown = first->path;
		return first->path;
	}
	plan_step(p, "N_RELEASE_BEGIN", d->name, src_line(first->loc), NULL);
	for (unsigned int i = 0; i < d->nitems; i++) {
		const struct item *it = &d->items[i];

		if (it->kind != I_RELEASE)
			continue;
		buf_printf(&b, "%s%s", b.n ? ", " : "", it->path);
		plan_step(p, "N_RELEASE", it->path,
			  d->is_struct ? xfmt("(%s *)", ctype_name(d)) : "", NULL);
	}
	plan_step(p, "N_END", NULL);
	*shown = buf_str(&b);
	return xfmt("release_%s", d->name);
}

static void plan_binds(struct plan *p, const struct decl *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < d->nitems; i++) {
		const struct item *it = &d->items[i];
		const char *flags = it->nullable ? "NOOKS_NULLABLE" : "0";

		if (it->kind != I_BIND || !it->ref || !it->field)
			continue;
		if (!n++)
			plan_step(p, "N_BINDS_BEGIN", d->name, src_line(it->loc), NULL);
		if (it->ref->kind == D_INTERFACE)
			plan_step(p, "N_BIND_OPS", it->path, it->name, flags, NULL);
		else
			plan_step(p, "N_BIND_CALLBACK", it->path, stub_symbol(&it->ref->sigs[0]),
				  flags, NULL);
	}
	if (n)
		plan_step(p, "N_BINDS_END", d->name, NULL);
}

static void plan_asserts(struct plan *p, const struct decl *d)
{
	if (!d->record || !d->record->complete)
		return;
	plan_step(p, "N_ASSERT_SIZE", ctype_name(d), xfmt("%ld", d->record->size), NULL);
	for (unsigned int i = 0; i < d->nitems; i++) {
		const struct item *it = &d->items[i];
		bool again = false;

		for (unsigned int j = 0; j < i; j++)
			again |= it->path && d->items[j].field && streq(d->items[j].path, it->path);
		if (!again && it->field && it->field->bit_width < 0 && it->field->type->size >= 0)
			plan_step(p, "N_ASSERT_FIELD", ctype_name(d), it->path,
				  xfmt("%ld", it->field->bit_offset / 8),
				  xfmt("%ld", it->field->type->size), NULL);
	}
}

static void plan_type(struct plan *p, const struct decl *d)
{
	bool all = find_item(d, I_WRITE_ALL), some = find_item(d, I_WRITE);
	const char *shown, *release;

	plan_step(p, "N_OBJECT_BEGIN", d->name, src_line(d->loc),
		  d->kind == D_TWIN ? "twin" : "object", NULL);
	plan_asserts(p, d);
	plan_fields(p, d);
	plan_parts(p, d);
	plan_phases(p, d);
	release = plan_release(p, d, &shown);
	plan_step(p, "N_TYPE", d->name, src_line(d->loc),
		  key_is_number(d) ? "0" : d->is_struct && d->record->complete ?
		  xfmt("sizeof(struct %s)", d->name) : "1",
		  all ? "NOOKS_RIGHTS_ALL" : some ? "NOOKS_RIGHTS_FIELDS" : "NOOKS_RIGHTS_NONE",
		  some ? "1" : "", find_item(d, I_PART) || find_item(d, I_LINK) ? "1" : "",
		  find_item(d, I_PHASES) ? "1" : "", release, NULL);
	plan_step(p, "N_TYPE_END", d->name, cquote(shown), NULL);
	plan_binds(p, d);
}

void plan_types(struct file *f, struct plan *p)
{
	plan_step(p, "N_FILE", f->class, f->src.name,
		  "types: objects and what drivers may write of them", NULL);
	for (unsigned int i = 0; i < f->ndecls; i++)
		if (f->decls[i]->kind <= D_TWIN)
			plan_type(p, f->decls[i]);
}

static void plan_size(struct plan *p, const struct decl *d)
{
	const struct item *size = find_item(d, I_SIZE);

	if (!d->is_struct || key_is_number(d) || !d->record || !d->record->complete)
		return;
	plan_step(p, "N_SIZE", d->name, size ? size->expr.text : xfmt("sizeof(struct %s)", d->name),
		  size && mentions(size->expr.text, "this") ? "" : "1", src_line(d->loc), NULL);
}

static bool has_bind(const struct decl *d)
{
	return find_item(d, I_BIND);
}

void plan_header(struct file *f, struct plan *p)
{
	plan_step(p, "N_HEADER_BEGIN", f->class, f->src.name, NULL);
	for (unsigned int i = 0; i < f->nuses; i++)
		plan_step(p, "N_INCLUDE", f->uses[i].name, NULL);
	for (unsigned int i = 0; i < f->nimported; i++)
		plan_step(p, "N_IMPORT", f->imported[i]->class, NULL);
	plan_step(p, "N_BLANK", NULL);
	for (unsigned int i = 0; i < f->ndecls; i++) {
		struct decl *d = f->decls[i];

		if (d->kind <= D_TWIN) {
			plan_step(p, "N_DECLARE_TYPE", d->name, NULL);
			if (has_bind(d))
				plan_step(p, "N_DECLARE_BINDS", d->name, NULL);
		}
		if (d->kind == D_INTERFACE)
			plan_step(p, "N_DECLARE_OPS", d->name, NULL);
		for (unsigned int j = 0; d->kind == D_INTERFACE && j < d->nsigs; j++)
			if (!d->sigs[j].unsupported)
				plan_step(p, "N_DECLARE_STUB", stub_symbol(&d->sigs[j]), NULL);
		if (d->kind == D_CALLBACK)
			plan_step(p, "N_DECLARE_STUB", stub_symbol(&d->sigs[0]), NULL);
	}
	for (unsigned int i = 0; i < f->ndecls; i++)
		if (f->decls[i]->kind <= D_TWIN)
			plan_size(p, f->decls[i]);
	plan_step(p, "N_HEADER_GLUE", f->class, f->nglues ? "1" : "", NULL);
	for (unsigned int i = 0; i < f->nglues; i++)
		plan_step(p, "N_GLUE", f->glues[i].name, NULL);
	plan_step(p, "N_HEADER_END", f->class, NULL);
}

/* gcc has no constant offset of a bit-field: looked at when the module loads. */
static void plan_layout(struct file *f, struct plan *p)
{
	plan_step(p, "N_LAYOUT_BEGIN", NULL);
	for (unsigned int i = 0; i < f->ndecls; i++) {
		struct decl *d = f->decls[i];

		for (unsigned int j = 0; d->kind <= D_TWIN && j < d->nitems; j++) {
			const struct field_fact *ff = d->items[j].field;

			if (d->items[j].kind == I_WRITE && ff && ff->bit_width >= 0)
				plan_step(p, "N_LAYOUT_BITS", d->name, d->items[j].path,
					  xfmt("%ld", ff->bit_offset), xfmt("%ld", ff->bit_width),
					  NULL);
		}
	}
	plan_step(p, "N_LAYOUT_END", NULL);
}

void plan_main(struct file *f, struct plan *p)
{
	unsigned int quiets = 0;
	bool bits = false;

	for (unsigned int i = 0; i < f->ndecls; i++)
		for (unsigned int j = 0; j < f->decls[i]->nitems; j++) {
			const struct item *it = &f->decls[i]->items[j];

			bits |= it->kind == I_WRITE && it->field && it->field->bit_width >= 0;
		}
	plan_step(p, "N_FILE", f->class, f->src.name,
		  "the module: makes the class's wrappers known", NULL);
	if (bits)
		plan_layout(f, p);
	for (unsigned int i = 0; i < f->ndecls; i++) {
		const struct decl *d = f->decls[i];

		if (d->kind > D_TWIN || !find_item(d, I_QUIET))
			continue;
		if (!quiets++)
			plan_step(p, "N_QUIETS_BEGIN", NULL);
		plan_step(p, "N_QUIET", d->name, find_item(d, I_QUIET)->path, NULL);
	}
	if (quiets)
		plan_step(p, "N_QUIETS_END", NULL);
	plan_step(p, "N_MODULE", f->class, bits ? "1" : "", f->nglues ? "1" : "", f->src.name,
		  quiets ? "1" : "", NULL);
}
