// SPDX-License-Identifier: GPL-2.0
/*
 * What the planners have in common: a plan is a list of template calls, and
 * the words for types, stubs and parameters are the same in all of them.
 */
#include <string.h>

#include "nooksgen.h"

/* Expressions may run over lines in the IDL. */
static const char *one_line(const char *s)
{
	struct buf b = { 0 };

	if (!strpbrk(s, "\n\t"))
		return s;
	while (*s) {
		size_t n = strspn(s, " \t\n");

		buf_add(&b, n ? " " : s, 1);
		s += n ? n : 1;
	}
	return buf_str(&b);
}

void plan_step(struct plan *p, const char *macro, ...)
{
	struct step s = { .macro = macro };
	const char *a;
	va_list ap;

	va_start(ap, macro);
	while ((a = va_arg(ap, const char *)))
		push(s.args, s.nargs, one_line(a));
	va_end(ap);
	push(p->steps, p->nsteps, s);
}

const char *src_line(struct loc at)
{
	return xfmt("%s:%d", at.src->name, at.line);
}

const char *cquote(const char *s)
{
	struct buf b = { 0 };

	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_add(&b, "\\", 1);
		if (*s == '%')
			buf_add(&b, "%", 1);	/* these texts are formats */
		if (*s == '\n' || *s == '\t')
			buf_add(&b, " ", 1);
		else
			buf_add(&b, s, 1);
	}
	return buf_str(&b);
}

const char *object_symbol(const char *name)
{
	return xfmt("nooks_type_%s", name);
}

const char *stub_symbol(const struct sig *s)
{
	return s->decl->kind == D_INTERFACE ? xfmt("nooks_stub_%s_%s", s->decl->name, s->name) :
					      xfmt("nooks_stub_%s", s->name);
}

const char *stub_name(const struct sig *s)
{
	return s->decl->kind == D_INTERFACE ? xfmt("%s.%s", s->decl->name, s->name) : s->name;
}

const char *context_name(const struct sig *s)
{
	if (attr_get(&s->attrs, A_SLEEPS))
		return "NOOKS_CTX_SLEEPS";
	if (attr_get(&s->attrs, A_HARDIRQ))
		return "NOOKS_CTX_HARDIRQ";
	if (attr_get(&s->attrs, A_ATOMIC))
		return "NOOKS_CTX_ATOMIC";
	return "NOOKS_CTX_ANY";
}

const char *gfp_name(const struct sig *s)
{
	return attr_get(&s->attrs, A_SLEEPS) ? "GFP_KERNEL" : "GFP_ATOMIC";
}

const char *check_flags(const struct param *p)
{
	bool null = attr_get(&p->attrs, A_NULLABLE), kept = attr_get(&p->attrs, A_KEPT);

	return null && kept ? "NOOKS_NULLABLE | NOOKS_KEPT" :
	       null ? "NOOKS_NULLABLE" : kept ? "NOOKS_KEPT" : "0";
}

const char *func_pointer(const struct func_fact *f)
{
	struct buf b = { 0 };

	for (unsigned int i = 0; i < f->nparams; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", f->params[i]->spelled);
	if (f->variadic)
		buf_puts(&b, f->nparams ? ", ..." : "...");
	if (!f->nparams && !f->variadic)
		buf_puts(&b, "void");
	return declare(f->ret, xfmt("(*)(%s)", buf_str(&b)));
}

/*
 * sparse knows more kinds of numbers and pointers than C; a word of a frame
 * becomes one, or one a word, by __force only.
 */
const char *force_of(const struct ctype *t)
{
	static const char *const plain[] = {
		"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "bool", "size_t", "ssize_t",
		"loff_t", "dma_addr_t", "phys_addr_t", "resource_size_t", "uint32_t", "pid_t",
	};

	if (strstr(t->spelled, "__iomem") || strstr(t->spelled, "__user") ||
	    strstr(t->spelled, "__percpu"))
		return "__force ";
	if (t->kind != C_INT || !t->typedef_name)
		return "";
	for (unsigned int i = 0; i < ARRAY_SIZE(plain); i++)
		if (streq(t->typedef_name, plain[i]))
			return "";
	return "__force ";
}

const char *cast_to(const struct ctype *t)
{
	return xfmt("%s%s", force_of(t), t->spelled);
}

const char *unqualified(const struct ctype *t)
{
	return starts_with(t->spelled, "const ") ? t->spelled + 6 : t->spelled;
}

const char *success_of(const struct sig *s)
{
	static const char *const tests[] = {
		[RET_NEVER] = "", [RET_NULL] = "ret", [RET_ERR] = "!IS_ERR(ret)",
		[RET_NULL_ERR] = "!IS_ERR_OR_NULL(ret)", [RET_NEGATIVE] = "ret >= 0",
	};

	return tests[sig_ret(s)];
}

const char *failure_of(const struct sig *s)
{
	static const char *const tests[] = {
		[RET_NEVER] = "", [RET_NULL] = "!ret", [RET_ERR] = "IS_ERR(ret)",
		[RET_NULL_ERR] = "IS_ERR_OR_NULL(ret)", [RET_NEGATIVE] = "ret < 0",
	};

	return tests[sig_ret(s)];
}

enum shape shape_of(const struct param *p)
{
	static const struct {
		enum attr_kind attr;
		enum shape shape;
	} shapes[] = {
		{ A_OPAQUE, SH_PASS }, { A_COOKIE, SH_PASS }, { A_UNCHECKED, SH_PASS },
		{ A_TODO, SH_PASS }, { A_STRING, SH_STRING }, { A_FORMAT, SH_FORMAT },
		{ A_CALLBACK, SH_CALLBACK }, { A_OPS, SH_OPS }, { A_MEMORY, SH_MEMORY },
		{ A_RODATA, SH_RODATA }, { A_SELF, SH_SELF }, { A_IOMEM, SH_IOMEM },
		{ A_LOCK, SH_LOCK }, { A_IN, SH_IN }, { A_OUT, SH_OUT }, { A_INOUT, SH_INOUT },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++)
		if (attr_get(&p->attrs, shapes[i].attr))
			return shapes[i].shape;
	if (attr_get(&p->attrs, A_OBJECT))
		return (p->object && key_is_number(p->object)) || p->type->kind != C_POINTER ?
		       SH_KEY : p->object && p->object->kind == D_TWIN ? SH_TWIN : SH_OBJECT;
	if (p->object)
		return p->object->kind == D_TWIN ? SH_TWIN : SH_OBJECT;
	return p->type && p->type->kind == C_POINTER ? SH_NONE : SH_NUMBER;
}

const char *param_object(const struct param *p)
{
	const struct attr *a = attr_get(&p->attrs, A_OBJECT);

	if (p->object)
		return object_symbol(p->object->name);
	return a ? builtin_type(a->name) : NULL;
}

const char *param_bytes(const struct param *p, bool *fixed)
{
	const struct attr *cap = attr_get(&p->attrs, A_CAP);
	const struct attr *count = attr_get(&p->attrs, A_COUNT);

	*fixed = false;
	if (cap)
		return cap->args[0].text;
	if (count)
		return xfmt("array_size(%s, sizeof(*%s))", count->args[0].text, p->name);
	*fixed = true;
	if (p->type->kind != C_POINTER || p->type->to->size <= 0)
		return NULL;
	return xfmt("sizeof(*%s)", p->name);
}
