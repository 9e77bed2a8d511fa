// SPDX-License-Identifier: GPL-2.0
/*
 * Plans of wrappers: what happens between a driver's call of a kernel function
 * and the function.
 *
 * In this order: fetch the arguments (a snapshot the driver cannot change),
 * numbers' ranges, pointers (checked, copied or translated), conditions,
 * binding, taking of what is released; then the call; then results are copied
 * back, what was acquired becomes the domain's, and phases are entered.
 */
#include <string.h>

#include "nooksgen.h"

#define SMALL_COPY 128		/* bytes a wrapper copies to the kernel's stack */

struct wrapper {
	struct file *f;
	struct plan *p;
	const struct sig *s;
	bool cleanup;		/* there is something to free at the end */
	unsigned int ntakes;
};

static const char *argno(const struct wrapper *w, const struct param *pa)
{
	return xfmt("%u", (unsigned int)(pa - w->s->params) + 1);
}

static const char *nullable(const struct param *pa)
{
	return attr_get(&pa->attrs, A_NULLABLE) ? "1" : "";
}

/* The parameter as a plain pointer, for checks that take any. */
static const char *plain(const struct param *pa)
{
	return strstr(pa->type->spelled, "volatile") || *force_of(pa->type) ?
	       xfmt("(__force const void *)%s", pa->name) : pa->name;
}

/* Is the copy of an in/out parameter small enough for the stack? */
static bool on_stack(const struct param *pa)
{
	bool fixed;

	return param_bytes(pa, &fixed) && fixed && pa->type->to->size <= SMALL_COPY;
}

static long string_max(const struct param *pa)
{
	return attr_get(&pa->attrs, A_STRING)->value;
}

/* A copy in memory of its own, freed at the end. */
static bool needs_buffer(const struct param *pa)
{
	enum shape sh = shape_of(pa);

	if (sh == SH_IN || sh == SH_INOUT)
		return !on_stack(pa);
	if (sh == SH_STRING && !attr_get(&pa->attrs, A_KEPT))
		return string_max(pa) <= 0 || string_max(pa) > SMALL_COPY;
	return false;
}

/* Is the driver's own address wanted after the name stands for the copy or twin? */
static bool wants_original(const struct sig *s, const struct param *pa)
{
	enum shape sh = shape_of(pa);

	if (sh == SH_OUT || sh == SH_INOUT)
		return on_stack(pa) || sh == SH_INOUT;
	if (sh != SH_TWIN)
		return false;
	for (unsigned int i = 0; i < s->attrs.n; i++) {
		enum attr_kind k = s->attrs.v[i].kind;

		if ((k == A_ACQUIRES || k == A_RELEASES || k == A_PHASE) &&
		    streq(s->attrs.v[i].args[0].text, pa->name))
			return k != A_ACQUIRES || sig_ret(s) != RET_NEVER;
	}
	return attr_get(&pa->attrs, A_GIVE) || attr_get(&pa->attrs, A_TAKE);
}

static void fetch_args(struct wrapper *w)
{
	const struct sig *s = w->s;
	unsigned int word = 0;

	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *pa = &s->params[i];
		const struct ctype *t = pa->type;
		const char *from = word < 6 ? xfmt("f->down[%u]", word) :
					      xfmt("nooks_stack_arg(f, %u)", word - 6);

		if (t->kind == C_RECORD)
			plan_step(w->p, "N_LOCAL", declare(t, pa->name), NULL);
		else
			plan_step(w->p, "N_ARG", declare(t, pa->name), cast_to(t), from,
				  t->kind == C_BOOL ? "1" : "", NULL);
		word += t->kind == C_RECORD ? (unsigned int)(t->size + 7) / 8 : 1;
	}
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *pa = &s->params[i];
		enum shape sh = shape_of(pa);

		if (wants_original(s, pa))
			plan_step(w->p, "N_ORIGINAL", pa->name, NULL);
		if (needs_buffer(pa)) {
			plan_step(w->p, "N_BUFFER", pa->name, NULL);
			w->cleanup = true;
		} else if (sh == SH_STRING && !attr_get(&pa->attrs, A_KEPT)) {
			plan_step(w->p, "N_LOCAL",
				  xfmt("char %s_copy[%ld]", pa->name, string_max(pa)), NULL);
		} else if ((sh == SH_IN || sh == SH_INOUT || sh == SH_OUT) && on_stack(pa)) {
			plan_step(w->p, "N_LOCAL", xfmt("%s%s%s_copy", unqualified(pa->type->to),
				  pa->type->to->kind == C_POINTER ? "" : " ", pa->name), NULL);
		}
	}
}

static void struct_args(struct wrapper *w)
{
	unsigned int word = 0;

	for (unsigned int i = 0; i < w->s->nparams; i++) {
		const struct ctype *t = w->s->params[i].type;

		if (t->kind == C_RECORD)
			plan_step(w->p, "N_STRUCT_ARG", w->s->params[i].name, xfmt("%u", word),
				  NULL);
		word += t->kind == C_RECORD ? (unsigned int)(t->size + 7) / 8 : 1;
	}
	if (word > 6)
		plan_step(w->p, "N_STACK_ARGS", NULL);
}

static void check_ranges(struct wrapper *w)
{
	for (unsigned int i = 0; i < w->s->nparams; i++) {
		const struct param *pa = &w->s->params[i];
		const struct attr *r = attr_get(&pa->attrs, A_RANGE);

		if (r)
			plan_step(w->p, "N_RANGE", argno(w, pa), pa->name, r->args[0].text,
				  r->args[1].text, cquote(r->args[0].text), cquote(r->args[1].text),
				  force_of(pa->type), NULL);
	}
}

/* Is this twin made by the call itself? */
static bool acquired_here(const struct sig *s, const struct param *pa)
{
	for (unsigned int i = 0; i < s->attrs.n; i++) {
		const struct attr *a = &s->attrs.v[i];

		if (a->kind == A_ACQUIRES && pa->object && streq(a->name, pa->object->name) &&
		    streq(a->args[0].text, pa->name))
			return true;
	}
	return false;
}

static void copy_param(struct wrapper *w, const struct param *pa, enum shape sh)
{
	bool fixed;
	const char *bytes = param_bytes(pa, &fixed);

	if (!bytes)
		return;
	if (sh != SH_IN)
		plan_step(w->p, "N_WRITABLE", argno(w, pa), pa->name, bytes, check_flags(pa), NULL);
	if (on_stack(pa))
		plan_step(w->p, sh == SH_OUT ? "N_OUT" : "N_IN", argno(w, pa), pa->name,
			  nullable(pa), NULL);
	else if (sh != SH_OUT)
		plan_step(w->p, "N_IN_BUFFER", argno(w, pa), pa->name, bytes, gfp_name(w->s),
			  nullable(pa), NULL);
}

static void check_pointer(struct wrapper *w, const struct param *pa)
{
	const char *n = argno(w, pa), *flags = check_flags(pa);
	const struct attr *a;
	bool fixed;

	switch (shape_of(pa)) {
	case SH_OBJECT:
		plan_step(w->p, "N_OBJECT", n, plain(pa), param_object(pa), flags, NULL);
		break;
	case SH_KEY:
		plan_step(w->p, "N_KEY", n, pa->name, param_object(pa), nullable(pa), NULL);
		break;
	case SH_TWIN:
		if (acquired_here(w->s, pa))
			plan_step(w->p, "N_TWIN_NEW", n, pa->name, param_object(pa), gfp_name(w->s),
				  NULL);
		else
			plan_step(w->p, "N_TWIN", n, pa->name, param_object(pa), nullable(pa),
				  NULL);
		break;
	case SH_IN:
	case SH_OUT:
	case SH_INOUT:
		copy_param(w, pa, shape_of(pa));
		break;
	case SH_STRING:
		a = attr_get(&pa->attrs, A_STRING);
		if (attr_get(&pa->attrs, A_KEPT))
			plan_step(w->p, "N_STRING_KEPT", n, pa->name, a->args[0].text, flags,
				  nullable(pa), NULL);
		else if (needs_buffer(pa))
			plan_step(w->p, "N_STRING_BUFFER", n, pa->name, a->args[0].text, flags,
				  gfp_name(w->s), nullable(pa), NULL);
		else
			plan_step(w->p, "N_STRING", n, pa->name, flags, nullable(pa), NULL);
		break;
	case SH_FORMAT:
		plan_step(w->p, "N_TEXT", n, pa->name, NULL);
		break;
	case SH_CALLBACK:
		plan_step(w->p, "N_CALLBACK", n, pa->name, stub_symbol(&pa->ref->sigs[0]), flags,
			  NULL);
		break;
	case SH_OPS:
		plan_step(w->p, "N_OPS", n, pa->name, xfmt("nooks_ops_%s", pa->ref->name), flags,
			  NULL);
		break;
	case SH_MEMORY:
		plan_step(w->p, "N_MEMORY", n, pa->name, nullable(pa), NULL);
		break;
	case SH_RODATA:
		a = NULL;
		plan_step(w->p, "N_RODATA", n, pa->name, param_bytes(pa, &fixed) ?
			  param_bytes(pa, &fixed) : "1", flags, NULL);
		break;
	case SH_SELF:
		plan_step(w->p, "N_SELF", n, pa->name, nullable(pa), NULL);
		break;
	case SH_IOMEM:
		if (key_is_number(find_object(w->f, "iomem")))
			plan_step(w->p, "N_KEY", n, pa->name, "nooks_type_iomem", nullable(pa),
				  NULL);
		else
			plan_step(w->p, "N_OBJECT", n, plain(pa), "nooks_type_iomem", flags, NULL);
		break;
	default:
		break;
	}
}

/* Those of known size first: another's cap() may look into their copy. */
static void check_pointers(struct wrapper *w)
{
	for (int late = 0; late < 2; late++) {
		for (unsigned int i = 0; i < w->s->nparams; i++) {
			const struct param *pa = &w->s->params[i];
			bool sized = attr_get(&pa->attrs, A_CAP) || attr_get(&pa->attrs, A_COUNT);

			if (sized == late)
				check_pointer(w, pa);
		}
	}
}

static void check_conditions(struct wrapper *w)
{
	const struct sig *s = w->s;

	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct attr *c = attr_get(&s->params[i].attrs, A_CHECK);

		if (c)
			plan_step(w->p, "N_CONDITION", argno(w, &s->params[i]), c->args[0].text,
				  cquote(c->args[0].text), NULL);
	}
	for (unsigned int i = 0; i < s->attrs.n; i++)
		if (s->attrs.v[i].kind == A_CHECK)
			plan_step(w->p, "N_CONDITION", "0", s->attrs.v[i].args[0].text,
				  cquote(s->attrs.v[i].args[0].text), NULL);
	for (unsigned int i = 0; i < s->attrs.n; i++) {
		const struct attr *a = &s->attrs.v[i];
		const struct param *pa = a->kind == A_BINDS ? find_param(s, a->name) : NULL;

		if (pa && pa->object)
			plan_step(w->p, "N_BINDS", argno(w, pa), pa->name, pa->object->name, NULL);
	}
}

/* The key of an object, as a number: for a twin, the driver's address. */
static const char *key_of(struct wrapper *w, const char *expr)
{
	const struct param *pa = find_param(w->s, expr);

	if (pa && shape_of(pa) == SH_TWIN)
		return xfmt("(unsigned long)%s_driver", pa->name);
	return xfmt("(%sunsigned long)%s", pa ? force_of(pa->type) : "",
		    strpbrk(expr, " +-*/&|<>?") ? xfmt("(%s)", expr) : expr);
}

static const char *key_nullable(struct wrapper *w, const char *expr)
{
	const struct param *pa = find_param(w->s, expr);

	return pa && attr_get(&pa->attrs, A_NULLABLE) ? "1" : "";
}

struct take {
	const char *type, *key, *arg, *null, *cond;
	bool twin;
};

/* What leaves the domain with this call: releases, give, take. */
static unsigned int list_takes(struct wrapper *w, struct take **v)
{
	const struct sig *s = w->s;
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->attrs.n; i++) {
		const struct attr *a = &s->attrs.v[i];
		const struct param *pa;
		struct decl *o;
		struct take t = { 0 };

		if (a->kind != A_RELEASES)
			continue;
		pa = find_param(s, a->args[0].text);
		o = find_object(w->f, a->name);
		t.type = object_symbol(a->name);
		t.key = key_of(w, a->args[0].text);
		t.arg = pa ? argno(w, pa) : "0";
		t.null = key_nullable(w, a->args[0].text);
		t.twin = o && o->kind == D_TWIN;
		push(*v, n, t);
	}
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *pa = &s->params[i];
		const struct attr *give = attr_get(&pa->attrs, A_GIVE);
		const struct attr *take = attr_get(&pa->attrs, A_TAKE);
		struct take t = { 0 };

		if (!give && !take)
			continue;
		t.type = take ? object_symbol(take->name) : param_object(pa);
		t.key = key_of(w, pa->name);
		t.arg = argno(w, pa);
		t.null = nullable(pa);
		t.cond = give && give->cond ? give->args[0].text : NULL;
		t.twin = pa->object && pa->object->kind == D_TWIN;
		if (t.type)
			push(*v, n, t);
	}
	return n;
}

static void plan_call(struct wrapper *w)
{
	const struct sig *s = w->s;
	const struct attr *by = attr_get(&s->attrs, A_BY);
	const char *fn = by ? by->name : s->like ? s->like : s->name;
	struct buf b = { 0 };

	buf_printf(&b, "%s(%s", fn, by ? "f" : "");
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *pa = &s->params[i];

		buf_puts(&b, i || by ? ", " : "");
		if (shape_of(pa) == SH_FORMAT && !by)
			/* what came is a text, not a format; it may change under us */
			buf_puts(&b, "\"%.*s\", NOOKS_FORMAT_MAX - 1, ");
		buf_puts(&b, pa->name);
	}
	buf_puts(&b, ")");
	plan_step(w->p, "N_CALL", s->fact->ret->kind == C_VOID ? "" : "1", buf_str(&b), NULL);
}

static void copy_back(struct wrapper *w)
{
	for (unsigned int i = 0; i < w->s->nparams; i++) {
		const struct param *pa = &w->s->params[i];
		enum shape sh = shape_of(pa);
		bool fixed;

		if (sh != SH_OUT && sh != SH_INOUT)
			continue;
		if (on_stack(pa) || sh == SH_INOUT)
			plan_step(w->p, "N_COPY_OUT", argno(w, pa), pa->name,
				  param_bytes(pa, &fixed), NULL);
	}
}

static void plan_results(struct wrapper *w)
{
	const struct sig *s = w->s;

	for (unsigned int i = 0; i < s->attrs.n; i++) {
		const struct attr *a = &s->attrs.v[i];
		const struct decl *o;
		const struct param *pa;

		if (a->kind == A_BINDS && *failure_of(s)) {
			pa = find_param(s, a->name);
			if (pa && pa->object)
				plan_step(w->p, "N_UNBIND", failure_of(s), param_object(pa),
					  pa->name, NULL);
		}
		if (a->kind == A_PHASE) {
			pa = find_param(s, a->args[0].text);
			if (pa && pa->object)
				plan_step(w->p, "N_PHASE", success_of(s), param_object(pa),
					  key_of(w, pa->name),
					  xfmt("0x%xu", phase_bit(pa->object, a->name)), a->name,
					  NULL);
		}
		if (a->kind != A_ACQUIRES)
			continue;
		o = find_object(w->f, a->name);
		if (o && o->kind == D_TWIN) {
			plan_step(w->p, "N_TWIN_FAILED", failure_of(s), object_symbol(a->name),
				  key_of(w, a->args[0].text), NULL);
			continue;
		}
		plan_step(w->p, "N_ACQUIRE", success_of(s), object_symbol(a->name),
			  key_of(w, a->args[0].text),
			  a->nargs > 1 ? a->args[1].text : !o || key_is_number(o) ? "0" :
			  o->is_struct ? xfmt("nooks_size_%s(%s)", o->name, a->args[0].text) : "1",
			  attr_get(&s->attrs, A_OWNED) ? "NOOKS_OBJ_PAGES" : "0", src_line(s->loc),
			  gfp_name(s), NULL);
		for (unsigned int j = i + 1; j < s->attrs.n && s->attrs.v[j].kind != A_ACQUIRES;
		     j++) {
			const struct attr *x = &s->attrs.v[j];

			if (x->kind == A_AUX)
				plan_step(w->p, "N_AUX", x->args[0].text, x->args[1].text, NULL);
		}
		plan_step(w->p, "N_ACQUIRED", NULL);
	}
}

static void plan_body(struct wrapper *w)
{
	const struct sig *s = w->s;
	const struct ctype *r = s->fact->ret;
	struct take *takes = NULL;
	unsigned int n;

	fetch_args(w);
	n = list_takes(w, &takes);
	for (unsigned int i = 0; i < n; i++)
		if (!takes[i].twin)
			plan_step(w->p, "N_LOCAL", xfmt("struct nooks_object *taken%u = NULL", i),
				  NULL);
	if (r->kind != C_VOID)
		plan_step(w->p, "N_LOCAL",
			  xfmt("%s%s", declare(r, "ret"),
			       !w->cleanup || r->kind == C_RECORD ? "" :
			       r->kind == C_POINTER		  ? " = NULL" :
								    " = 0"),
			  NULL);
	if (s->nparams || r->kind != C_VOID)
		plan_step(w->p, "N_BLANK", NULL);
	plan_step(w->p, "N_FAIL_BY", w->cleanup ? "goto out" : "return 0", NULL);
	struct_args(w);
	check_ranges(w);
	check_pointers(w);
	check_conditions(w);
	for (unsigned int i = 0; i < n; i++)
		if (!takes[i].twin)
			plan_step(w->p, "N_TAKE", xfmt("%u", i), takes[i].arg, takes[i].type,
				  takes[i].key, takes[i].null, NULL);
	plan_call(w);
	for (unsigned int i = 0; i < n; i++) {
		const char *gone = takes[i].cond ? takes[i].cond : success_of(s);

		if (takes[i].twin)
			plan_step(w->p, "N_TWIN_FREE", gone, takes[i].type, takes[i].key, NULL);
		else
			plan_step(w->p, "N_TAKEN", xfmt("%u", i), gone, NULL);
	}
	copy_back(w);
	plan_results(w);
	if (w->cleanup)
		plan_step(w->p, "N_OUT_LABEL", NULL);
	for (unsigned int i = 0; i < s->nparams; i++)
		if (needs_buffer(&s->params[i]))
			plan_step(w->p, "N_FREE_BUFFER", s->params[i].name, NULL);
	plan_step(w->p, "N_WRAPPER_END",
		  r->kind == C_VOID   ? "0" :
		  r->kind == C_RECORD ? "nooks_struct_result(&ret, sizeof(ret))" :
					xfmt("(%sunsigned long)ret", force_of(r)),
		  NULL);
}

static const char *flags_of(const struct sig *s)
{
	const struct attr *local = attr_get(&s->attrs, A_LOCAL);
	bool unchecked = attr_get(&s->attrs, A_UNCHECKED);
	struct buf b = { 0 };

	if (local)
		buf_puts(&b, local->by ? " | NOOKS_W_LIBRARY" : " | NOOKS_W_LOCAL");
	for (unsigned int i = 0; i < s->nparams; i++)
		unchecked |= attr_get(&s->params[i].attrs, A_UNCHECKED) != NULL;
	if (unchecked)
		buf_puts(&b, " | NOOKS_W_UNCHECKED");
	if (attr_get(&s->attrs, A_DEFER))
		buf_puts(&b, " | NOOKS_W_DEFERRED");
	if (attr_get(&s->attrs, A_FAILS))
		buf_puts(&b, " | NOOKS_W_FATAL");
	return b.n ? buf_str(&b) + 3 : "0";
}

static unsigned int words_of(const struct sig *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->nparams; i++)
		n += s->params[i].type->kind == C_RECORD ?
		     (unsigned int)(s->params[i].type->size + 7) / 8 : 1;
	return n;
}

/* In-domain C that formats, then makes the downcall with the finished text. */
static void plan_format(struct plan *p, const struct sig *s)
{
	struct buf params = { 0 }, args = { 0 };
	const char *fmt = "", *number = "1";

	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *pa = &s->params[i];
		bool f = shape_of(pa) == SH_FORMAT;

		if (f) {
			fmt = pa->name;
			number = xfmt("%u", i + 1);
		}
		buf_printf(&params, "%s%s", i ? ", " : "", declare(pa->type, pa->name));
		buf_printf(&args, "%s%s", i ? ", " : "", f ? "text" : pa->name);
	}
	plan_step(p, "N_FORMAT", s->name, declare(s->fact->ret, xfmt("nw_%s", s->name)),
		  buf_str(&params), buf_str(&args), fmt, s->fact->ret->kind == C_VOID ? "" : "1",
		  declare(s->fact->ret, xfmt("text_%s(%s)", s->name, buf_str(&params))),
		  src_line(s->loc), number, NULL);
}

static bool is_format(const struct sig *s)
{
	for (unsigned int i = 0; i < s->nparams; i++)
		if (attr_get(&s->params[i].attrs, A_FORMAT))
			return true;
	return false;
}

static void plan_wrapper(struct file *f, struct plan *p, const struct sig *s)
{
	const struct attr *local = attr_get(&s->attrs, A_LOCAL);
	const struct attr *fails = attr_get(&s->attrs, A_FAILS);
	const struct attr *defer = attr_get(&s->attrs, A_DEFER);
	struct wrapper w = { .f = f, .p = p, .s = s };
	const char *where = src_line(s->loc);

	plan_step(p, "N_FUNCTION", s->name, where, NULL);
	if (!fails)
		plan_step(p, "N_ASSERT_FUNCTION", s->like ? s->like : s->name,
			  func_pointer(s->fact), NULL);
	if (local) {
		plan_step(p, "N_LOCAL_GATE", s->name,
			  local->by ? local->name :
			  s->like   ? s->like :
				      s->name,
			  local->reason, NULL);
	} else if (fails) {
		plan_step(p, "N_FAILS", s->name, cquote(fails->reason), NULL);
	} else {
		plan_step(p, "N_WRAPPER_BEGIN", s->name, NULL);
		plan_body(&w);
	}
	plan_step(p, "N_DESCRIPTOR", s->name, where, xfmt("%u", words_of(s)), context_name(s),
		  flags_of(s), local ? "" : "1", NULL);
	if (defer)
		plan_step(p, "N_DEFERRED_GATE", s->name, xfmt("%ld", defer->value), NULL);
	else if (is_format(s))
		plan_format(p, s);
	else if (!local)
		plan_step(p, "N_GATE", s->name, NULL);
}

void plan_wrappers(struct file *f, struct plan *p)
{
	plan_step(p, "N_FILE", f->class, f->src.name, "wrappers: what drivers call", NULL);
	for (unsigned int i = 0; i < f->ndecls; i++)
		if (f->decls[i]->kind == D_FUNCTION && f->decls[i]->sigs[0].fact)
			plan_wrapper(f, p, &f->decls[i]->sigs[0]);
	plan_step(p, "N_TABLE_BEGIN", f->class, NULL);
	for (unsigned int i = 0; i < f->ndecls; i++)
		if (f->decls[i]->kind == D_FUNCTION && f->decls[i]->sigs[0].fact)
			plan_step(p, "N_TABLE_ENTRY", f->decls[i]->name, NULL);
	plan_step(p, "N_TABLE_END", f->class, NULL);
}
