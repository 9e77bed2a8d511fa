// SPDX-License-Identifier: GPL-2.0
/* C types as the rest of the generator sees them, made from clang's. */
#include <string.h>

#include "facts.h"

const char *cx_str(CXString s)
{
	const char *p = clang_getCString(s);
	char *r = xstrdup(p ? p : "");

	clang_disposeString(s);
	return r;
}

void cx_place(CXCursor c, const char **file, int *line)
{
	CXString name;
	unsigned int l, col;

	clang_getPresumedLocation(clang_getCursorLocation(c), &name, &l, &col);
	*file = cx_str(name);
	*line = (int)l;
}

/* Put the kernel's own words back: qualifiers are attributes in the AST (see qual.h). */
const char *respell(const char *s)
{
	static const struct {
		const char *from, *to;
	} words[] = {
		{ "__attribute__((address_space(1)))", "__user" },
		{ "__attribute__((address_space(2)))", "__iomem" },
		{ "__attribute__((address_space(3)))", "__percpu" },
		{ "_Bool", "bool" },
	};
	struct buf b = { 0 };

	while (*s) {
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (starts_with(s, words[i].from))
				break;
		if (i < ARRAY_SIZE(words)) {
			buf_puts(&b, words[i].to);
			s += strlen(words[i].from);
		} else {
			buf_add(&b, s++, 1);
		}
	}
	return buf_str(&b);
}

const struct func_fact *func_of_type(CXType proto, const char *name)
{
	struct func_fact *f = xalloc(sizeof(*f));
	int n = clang_getNumArgTypes(proto);

	f->name = name;
	f->ret = ctype_of(clang_getResultType(proto));
	f->variadic = clang_isFunctionTypeVariadic(proto);
	f->canonical = respell(cx_str(clang_getTypeSpelling(clang_getCanonicalType(proto))));
	f->nparams = n > 0 ? (unsigned int)n : 0;
	f->params = xalloc((f->nparams + 1) * sizeof(*f->params));
	f->names = xalloc((f->nparams + 1) * sizeof(*f->names));
	for (unsigned int i = 0; i < f->nparams; i++) {
		f->params[i] = ctype_of(clang_getArgType(proto, i));
		f->names[i] = "";
	}
	return f;
}

static void record_type(struct ctype *t, CXType c)
{
	CXCursor def = clang_getTypeDeclaration(c);

	t->kind = C_RECORD;
	t->record = cx_str(clang_getCursorSpelling(def));
	t->incomplete = clang_Cursor_isNull(clang_getCursorDefinition(def));
}

/* What a typed name stands for, one layer of names off. */
static CXType unnamed(CXType t)
{
	while (t.kind == CXType_Typedef || t.kind == CXType_Elaborated)
		t = t.kind == CXType_Elaborated ? clang_Type_getNamedType(t) :
		    clang_getTypedefDeclUnderlyingType(clang_getTypeDeclaration(t));
	return t;
}

const struct ctype *ctype_of(CXType type)
{
	struct ctype *t = xalloc(sizeof(*t));
	CXType c = clang_getCanonicalType(type);
	enum CXTypeKind k = c.kind;

	t->spelled = respell(cx_str(clang_getTypeSpelling(type)));
	t->canonical = respell(cx_str(clang_getTypeSpelling(c)));
	t->is_const = clang_isConstQualifiedType(c);
	t->space = clang_getAddressSpace(c);
	t->size = (long)clang_Type_getSizeOf(c);
	if (type.kind == CXType_Typedef)
		t->typedef_name = cx_str(clang_getTypedefName(type));
	if (t->size < 0)
		t->size = -1;
	t->kind = C_OTHER;
	if (k == CXType_Void) {
		t->kind = C_VOID;
		t->size = -1;
	} else if (k == CXType_Bool) {
		t->kind = C_BOOL;
	} else if (k == CXType_Enum) {
		t->kind = C_ENUM;
	} else if ((k >= CXType_Char_U && k <= CXType_UInt128) ||
		   (k >= CXType_Char_S && k <= CXType_Int128)) {
		t->kind = C_INT;
		t->is_signed = k >= CXType_Char_S;
	} else if (k == CXType_Pointer) {
		CXType to = clang_getPointeeType(unnamed(type));

		/* not of the canonical type: that has lost the names of typedefs */
		t->kind = C_POINTER;
		if (to.kind == CXType_Invalid)
			to = clang_getPointeeType(c);
		t->to = ctype_of(to);
	} else if (k == CXType_FunctionProto || k == CXType_FunctionNoProto) {
		t->kind = C_FUNCTION;
		t->func = func_of_type(type, "");
		t->size = -1;
	} else if (k == CXType_Record) {
		record_type(t, c);
	} else if (k == CXType_ConstantArray || k == CXType_IncompleteArray) {
		t->kind = C_ARRAY;
		t->to = ctype_of(clang_getArrayElementType(c));
	}
	return t;
}

/* "int (*)(void)" and "name" make "int (*name)(void)"; "char *" makes "char *name". */
const char *declare(const struct ctype *t, const char *name)
{
	const char *s = t->spelled;
	const char *star = strstr(s, "(*)"), *fn = strchr(s, '('), *bracket = strchr(s, '[');
	size_t n = strlen(s);

	if (star && star == fn)
		return xfmt("%.*s(*%s)%s", (int)(star - s), s, name, star + 3);
	if (bracket && t->kind == C_ARRAY)
		return xfmt("%.*s%s%s%s", (int)(bracket - s), s,
			    bracket > s && (bracket[-1] == ' ' || bracket[-1] == '*') ? "" : " ",
			    name, bracket);
	if (n && s[n - 1] == '*')
		return xfmt("%s%s", s, name);
	return xfmt("%s %s", s, name);
}
