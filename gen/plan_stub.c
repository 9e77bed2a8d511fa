// SPDX-License-Identifier: GPL-2.0
/*
 * Plans of stubs: what happens between the kernel's call of an op and the
 * driver's function.
 *
 * Lend and translate what the kernel passes, enter the driver, judge its
 * result, take back in reverse order.  A second function answers for a dead
 * driver.
 */
#include <stdlib.h>
#include <string.h>

#include "nooksgen.h"

struct stub {
	struct file *f;
	struct plan *p;
	const struct sig *s;
	unsigned int nlent;		/* lends so far, for the labels that undo them */
	unsigned int nlabels;		/* how many of the labels something jumps to */
};

static const struct attr *by_of(const struct sig *s)
{
	return attr_get(&s->attrs, A_BY);
}

/* Does anything the stub does look at this parameter? */
static bool wanted(const struct sig *s, const struct param *pa)
{
	enum shape sh = shape_of(pa);

	if (sh == SH_OBJECT || sh == SH_TWIN || sh == SH_OUT || sh == SH_INOUT)
		return true;
	for (unsigned int i = 0; i < s->attrs.n; i++)
		if (s->attrs.v[i].kind == A_CHECK && mentions(s->attrs.v[i].args[0].text, pa->name))
			return true;
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct attrs *at = &s->params[i].attrs;
		static const enum attr_kind kinds[] = { A_CAP, A_COUNT, A_GIVE, A_CHECK };

		if (shape_of(&s->params[i]) == SH_IN)
			continue;	/* read in place: its size is nobody's business */
		for (unsigned int k = 0; k < ARRAY_SIZE(kinds); k++) {
			const struct attr *a = attr_get(at, kinds[k]);

			if (a && a->nargs && mentions(a->args[0].text, pa->name))
				return true;
		}
	}
	return false;
}

static unsigned int args(struct stub *st, const char *array,
			 bool (*want)(const struct sig *, const struct param *))
{
	const struct sig *s = st->s;
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct param *pa = &s->params[i];
		const struct ctype *t = pa->type;

		if (!want(s, pa) || t->kind == C_RECORD)
			continue;
		plan_step(st->p, "N_ARG", declare(t, pa->name), cast_to(t),
			  i < 6 ? xfmt("f->%s[%u]", array, i) : xfmt("f->caller_stack[%u]", i - 6),
			  t->kind == C_BOOL ? "1" : "", NULL);
		n++;
	}
	return n;
}

/* Is there anything to do after the call that a failed driver makes pointless? */
static bool judged(const struct sig *s)
{
	for (unsigned int i = 0; i < s->nparams; i++)
		if (attr_get(&s->params[i].attrs, A_CHECK))
			return true;
	return attr_get(&s->attrs, A_CHECK);
}

/* Does the driver's result have to be looked at? */
static bool wants_ret(const struct sig *s)
{
	const struct attr *ret = attr_get(&s->attrs, A_RET);

	if (s->fact->ret->kind == C_VOID || s->fact->ret->kind == C_RECORD)
		return false;
	if (ret && ret->nargs && attr_get(&s->attrs, A_RET)->name)
		return true;
	for (unsigned int i = 0; ret && i < ret->nargs; i++)
		if (streq(ret->args[i].text, "object"))
			return true;
	for (unsigned int i = 0; i < s->attrs.n; i++)
		if (s->attrs.v[i].kind == A_CHECK && mentions(s->attrs.v[i].args[0].text, "ret"))
			return true;
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct attr *g = attr_get(&s->params[i].attrs, A_GIVE);
		const struct attr *c = attr_get(&s->params[i].attrs, A_CHECK);

		if ((g && g->cond && mentions(g->args[0].text, "ret")) ||
		    (c && mentions(c->args[0].text, "ret")) ||
		    (attr_get(&s->params[i].attrs, A_KEEP) && *failure_of(s)))
			return true;
	}
	return false;
}

static const char *object_size(const struct param *pa)
{
	return pa->object && pa->object->is_struct && !key_is_number(pa->object) ?
	       xfmt("nooks_size_%s(%s)", pa->object->name, pa->name) : "0";
}

static const char *label(unsigned int n)
{
	return n ? xfmt("goto take_back_%u", n) : "return";
}

static void lend(struct stub *st, const struct param *pa, unsigned int index)
{
	const char *where = src_line(st->s->loc);
	bool keep = attr_get(&pa->attrs, A_KEEP), give = attr_get(&pa->attrs, A_GIVE);
	bool fixed;

	switch (shape_of(pa)) {
	case SH_OBJECT:
		plan_step(st->p, keep || give ? "N_KEEP" : "N_LEND", param_object(pa), pa->name,
			  object_size(pa), where, label(st->nlent), NULL);
		st->nlent++;
		break;
	case SH_TWIN:
		plan_step(st->p, "N_TWIN_DRIVER", xfmt("%u", index), pa->name, NULL);
		break;
	case SH_OUT:
	case SH_INOUT:
		plan_step(st->p, "N_LEND", "nooks_type_lent", pa->name, param_bytes(pa, &fixed),
			  where, label(st->nlent), NULL);
		st->nlent++;
		break;
	default:
		break;
	}
}

/* Is @s the op until whose return some other op keeps an object of this type? */
static const char *kept_until(const struct sig *s, const struct param *pa)
{
	const struct decl *d = s->decl;

	for (unsigned int i = 0; pa->object && d->kind == D_INTERFACE && i < d->nsigs; i++) {
		const struct sig *o = &d->sigs[i];

		for (unsigned int j = 0; j < o->nparams; j++) {
			const struct attr *k = attr_get(&o->params[j].attrs, A_KEEP);

			if (k && streq(k->name, s->name) && o->params[j].object == pa->object)
				return param_object(pa);
		}
	}
	return NULL;
}

/* Stays with the domain after the call, perhaps. */
static bool lasts(const struct param *pa)
{
	return attr_get(&pa->attrs, A_KEEP) || attr_get(&pa->attrs, A_GIVE);
}

static void take_back(struct stub *st, bool lasting)
{
	const struct sig *s = st->s;
	const char *failed = failure_of(s);

	for (unsigned int i = s->nparams; i-- > 0;) {
		const struct param *pa = &s->params[i];
		const struct attr *give = attr_get(&pa->attrs, A_GIVE);
		enum shape sh = shape_of(pa);
		const char *type = sh == SH_OBJECT ? param_object(pa) : "nooks_type_lent";

		if ((sh != SH_OBJECT && sh != SH_OUT && sh != SH_INOUT) || lasts(pa) != lasting)
			continue;
		if (st->nlent <= st->nlabels)
			plan_step(st->p, "N_LABEL", xfmt("%u", st->nlent), NULL);
		st->nlent--;
		if (give)
			plan_step(st->p, "N_UNGIVE", type, pa->name,
				  give->cond ? give->args[0].text : "", NULL);
		else if (lasting)
			plan_step(st->p, "N_UNKEEP", type, pa->name, failed, NULL);
		else
			plan_step(st->p, "N_UNLEND", type, pa->name, NULL);
		if (kept_until(s, pa))
			plan_step(st->p, "N_UNKEEP_ALWAYS", type, pa->name, NULL);
	}
}

static void judge(struct stub *st)
{
	const struct sig *s = st->s;
	const struct attr *ret = attr_get(&s->attrs, A_RET);

	for (unsigned int i = 0; ret && i < ret->nargs; i++) {
		const char *type = NULL;

		if (!streq(ret->args[i].text, "object"))
			continue;
		if (ret->name)
			type = object_symbol(ret->name);
		else if (s->fact->ret->kind == C_POINTER && s->fact->ret->to->record)
			type = object_symbol(s->fact->ret->to->record);
		if (type)
			plan_step(st->p, "N_RESULT_OBJECT", type, success_of(s), NULL);
	}
	for (unsigned int i = 0; i < s->attrs.n; i++)
		if (s->attrs.v[i].kind == A_CHECK)
			plan_step(st->p, "N_RESULT", "0", s->attrs.v[i].args[0].text,
				  cquote(s->attrs.v[i].args[0].text), NULL);
	for (unsigned int i = 0; i < s->nparams; i++) {
		const struct attr *c = attr_get(&s->params[i].attrs, A_CHECK);

		if (c)
			plan_step(st->p, "N_RESULT", xfmt("%u", i + 1), c->args[0].text,
				  cquote(c->args[0].text), NULL);
	}
}

/*
 * What the driver answered is judged after what was lent was taken back, so
 * that no other thread of it changes what was found to be good; but before it
 * is decided who has what was given or kept.
 */
static void plan_call(struct stub *st)
{
	const struct sig *s = st->s;
	const struct ctype *r = s->fact->ret;
	const char *enter = by_of(s) ? by_of(s)->name : "nooks_enter";
	unsigned int locals = args(st, "arg", wanted), lent;
	bool conditional = false, more;

	for (unsigned int i = 0; i < s->nparams; i++)
		conditional |= lasts(&s->params[i]);
	more = wants_ret(s) || conditional || judged(s);
	if (more)
		plan_step(st->p, "N_LOCAL", "bool entered = false", NULL);
	if (wants_ret(s))
		plan_step(st->p, "N_LOCAL", xfmt("%s%s", declare(r, "ret"), !conditional ? "" :
			  r->kind == C_POINTER ? " = NULL" : " = 0"), NULL);
	if (locals || more)
		plan_step(st->p, "N_BLANK", NULL);
	for (int lasting = 1; lasting >= 0; lasting--)
		for (unsigned int i = 0; i < s->nparams; i++)
			if (lasts(&s->params[i]) == lasting)
				lend(st, &s->params[i], i);
	lent = st->nlent;
	st->nlabels = lent ? lent - 1 : 0;
	plan_step(st->p, "N_ENTER", enter, more ? "1" : "", NULL);
	take_back(st, false);
	if (more) {
		plan_step(st->p, "N_JUDGE", NULL);
		if (wants_ret(s))
			plan_step(st->p, "N_GET_RET", cast_to(r), r->kind == C_BOOL ? "1" : "",
				  NULL);
		judge(st);
		if (conditional)
			plan_step(st->p, "N_ENTERED", NULL);
		plan_step(st->p, "N_JUDGED", NULL);
	}
	take_back(st, true);
	plan_step(st->p, "N_END", NULL);
}

static bool in_fault(const struct sig *s, const struct param *pa)
{
	const struct attr *a = attr_get(&s->attrs, A_ONFAULT);

	return a && !a->by && a->nargs && mentions(a->args[0].text, pa->name);
}

static void plan_fault(struct stub *st, const char *sym)
{
	const struct sig *s = st->s;
	const struct attr *a = attr_get(&s->attrs, A_ONFAULT);
	const struct ctype *r = s->fact->ret;

	plan_step(st->p, "N_FAULT_BEGIN", sym, NULL);
	if (a && a->by) {
		plan_step(st->p, "N_FAULT_BY", a->name, NULL);
	} else if (a && a->nargs && r->kind != C_VOID) {
		if (args(st, "original", in_fault))
			plan_step(st->p, "N_BLANK", NULL);
		plan_step(st->p, "N_FAULT_VALUE", r->spelled, a->args[0].text, force_of(r), NULL);
	} else {
		plan_step(st->p, "N_FAULT_NOTHING", NULL);
	}
	plan_step(st->p, "N_END", NULL);
}

static void plan_stub(struct file *f, struct plan *p, const struct sig *s)
{
	struct stub st = { .f = f, .p = p, .s = s };
	const char *sym =
		s->decl->kind == D_INTERFACE ? xfmt("%s_%s", s->decl->name, s->name) : s->name;

	plan_step(p, "N_OP", stub_name(s), src_line(s->loc), NULL);
	if (s->decl->kind == D_INTERFACE)
		plan_step(p, "N_ASSERT_OP", s->decl->name, s->name, func_pointer(s->fact), NULL);
	plan_step(p, "N_STUB_BEGIN", sym, NULL);
	plan_call(&st);
	plan_fault(&st, sym);
	plan_step(p, "N_STUB", sym, stub_name(s), src_line(s->loc), xfmt("%u", s->nparams),
		  context_name(s), xfmt("%u", s->id), NULL);
}

static void plan_interface(struct plan *p, const struct decl *d)
{
	const struct record_fact *r = d->record;
	const char *where = src_line(d->loc);

	plan_step(p, "N_OPS_BEGIN", d->name, where, NULL);
	for (int pass = 0; pass < 2; pass++) {
		plan_step(p, pass ? "N_OPS_STUBS" : "N_OPS_OFFSETS", d->name, NULL);
		for (unsigned int i = 0; i < r->nfields; i++) {
			const struct sig *s = NULL;

			if (!r->fields[i].func)
				continue;
			for (unsigned int j = 0; j < d->nsigs; j++)
				if (streq(d->sigs[j].name, r->fields[i].name) &&
				    !d->sigs[j].unsupported)
					s = &d->sigs[j];
			if (!pass)
				plan_step(p, "N_OPS_OFFSET", d->name, r->fields[i].name, NULL);
			else if (s && s->fact)
				plan_step(p, "N_OPS_STUB", stub_symbol(s), NULL);
			else
				plan_step(p, "N_OPS_NONE", r->fields[i].name, NULL);
		}
		plan_step(p, "N_OPS_CLOSE", NULL);
	}
	plan_step(p, "N_OPS_END", d->name, where, NULL);
}

void plan_stubs(struct file *f, struct plan *p)
{
	plan_step(p, "N_FILE", f->class, f->src.name, "stubs: what the kernel calls", NULL);
	for (unsigned int i = 0; i < f->ndecls; i++) {
		struct decl *d = f->decls[i];

		if (d->kind != D_INTERFACE && d->kind != D_CALLBACK)
			continue;
		for (unsigned int j = 0; j < d->nsigs; j++)
			if (d->sigs[j].fact && !d->sigs[j].unsupported)
				plan_stub(f, p, &d->sigs[j]);
		if (d->kind == D_INTERFACE && d->record)
			plan_interface(p, d);
	}
}
