// SPDX-License-Identifier: GPL-2.0
/*
 * Facts: what the kernel headers declare, asked of libclang.
 *
 * One translation unit per .idl file, made of its `use` headers, is parsed with
 * function bodies skipped and with the kernel's pointer qualifiers turned into
 * address spaces, which makes them visible.  A second one, with bodies and
 * without that, type-checks the expressions: clang's complaints about them
 * follow #line markers and so point into the .idl.
 */
#include <stdlib.h>
#include <string.h>

#include "facts.h"

#define MAIN_FILE "nooks-idl.c"

/*
 * Read right after compiler_types.h: makes the kernel's pointer qualifiers
 * facts of the AST.  Inline functions do not compile with it.
 */
static const char qual_text[] =
	"#if __has_include(<uapi/asm-generic/signal-defs.h>)\n"
	"#include <uapi/asm-generic/signal-defs.h>\n"	/* has __user on a function type */
	"#endif\n"
	"#undef __user\n#undef __iomem\n#undef __percpu\n#undef __rcu\n"
	"#define __user __attribute__((address_space(1)))\n"
	"#define __iomem __attribute__((address_space(2)))\n"
	"#define __percpu __attribute__((address_space(3)))\n"
	"#define __rcu __attribute__((annotate(\"rcu\")))\n"
	"#line 1 \"" MAIN_FILE "\"\n";

struct entry {
	struct entry *next;
	const char *name;
	char kind;			/* 'f' function, 'r' record, 't' typedef */
	CXCursor cursor;
	const void *fact;		/* made on demand */
};

#define BUCKETS 8192

struct facts {
	struct file *file;
	CXIndex index;
	CXTranslationUnit tu;
	CXTranslationUnit compiled;	/* of the expressions, or NULL */
	const char *headers;		/* the #include lines */
	const char **args;
	unsigned int nargs;
	struct entry *table[BUCKETS];
	bool indexed;
};

static unsigned int hash(const char *s, char kind)
{
	unsigned int h = (unsigned char)kind;

	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h % BUCKETS;
}

static struct entry *lookup(struct facts *fs, const char *name, char kind)
{
	for (struct entry *e = fs->table[hash(name, kind)]; e; e = e->next)
		if (e->kind == kind && streq(e->name, name))
			return e;
	return NULL;
}

static enum CXChildVisitResult index_one(CXCursor c, CXCursor parent, CXClientData data)
{
	struct facts *fs = data;
	enum CXCursorKind k = clang_getCursorKind(c);
	struct entry *e;
	const char *name;
	char kind;

	(void)parent;
	if (k == CXCursor_FunctionDecl)
		kind = 'f';
	else if ((k == CXCursor_StructDecl || k == CXCursor_UnionDecl))
		kind = 'r';
	else if (k == CXCursor_TypedefDecl)
		kind = 't';
	else
		return CXChildVisit_Continue;
	name = cx_str(clang_getCursorSpelling(c));
	if (!*name)
		return CXChildVisit_Continue;
	e = lookup(fs, name, kind);
	if (e) {
		/* a definition is better than what was declared before it */
		if (!e->fact && kind == 'r' && clang_isCursorDefinition(c))
			e->cursor = c;
		return CXChildVisit_Continue;
	}
	e = xalloc(sizeof(*e));
	e->name = name;
	e->kind = kind;
	e->cursor = c;
	e->next = fs->table[hash(name, kind)];
	fs->table[hash(name, kind)] = e;
	return CXChildVisit_Continue;
}

static struct entry *find(struct facts *fs, const char *name, char kind)
{
	if (!fs->indexed)
		clang_visitChildren(clang_getTranslationUnitCursor(fs->tu), index_one, fs);
	fs->indexed = true;
	return lookup(fs, name, kind);
}

/* Inside functions of a structure's declaration: names of an op's parameters. */
struct names {
	struct func_fact *f;
	unsigned int n;
};

static enum CXChildVisitResult name_one(CXCursor c, CXCursor parent, CXClientData data)
{
	struct names *v = data;

	(void)parent;
	if (clang_getCursorKind(c) == CXCursor_ParmDecl && v->n < v->f->nparams)
		v->f->names[v->n++] = cx_str(clang_getCursorSpelling(c));
	return CXChildVisit_Continue;
}

const struct func_fact *facts_function(struct facts *fs, const char *name)
{
	struct entry *e = find(fs, name, 'f');
	struct func_fact *f;

	if (!e)
		return NULL;
	if (e->fact)
		return e->fact;
	f = (struct func_fact *)func_of_type(clang_getCursorType(e->cursor), e->name);
	for (unsigned int i = 0; i < f->nparams; i++) {
		CXCursor a = clang_Cursor_getArgument(e->cursor, i);

		f->names[i] = cx_str(clang_getCursorSpelling(a));
	}
	f->is_static = clang_Cursor_getStorageClass(e->cursor) == CX_SC_Static;
	cx_place(e->cursor, &f->file, &f->line);
	e->fact = f;
	return f;
}

void facts_suggest_function(struct facts *fs, struct suggestion *s)
{
	find(fs, "", 'f');	/* makes the index */
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (const struct entry *e = fs->table[i]; e; e = e->next)
			if (e->kind == 'f')
				suggest_from(s, e->name);
}

struct fields {
	struct record_fact *r;
	long base;			/* bits */
};

static enum CXVisitorResult field_one(CXCursor c, CXClientData data)
{
	struct fields *v = data;
	CXType t = clang_getCursorType(c), canon = clang_getCanonicalType(t);
	long off = (long)clang_Cursor_getOffsetOfField(c);
	struct field_fact f = { 0 };

	if (off < 0)
		off = 0;
	f.name = cx_str(clang_getCursorSpelling(c));
	if (!*f.name && canon.kind == CXType_Record) {
		struct fields in = { v->r, v->base + off };

		clang_Type_visitFields(canon, field_one, &in);
		return CXVisit_Continue;
	}
	f.type = ctype_of(t);
	f.bit_offset = v->base + off;
	f.bit_width = clang_Cursor_isBitField(c) ? clang_getFieldDeclBitWidth(c) : -1;
	cx_place(c, &f.file, &f.line);
	if (f.type->kind == C_POINTER && f.type->to->kind == C_FUNCTION) {
		struct func_fact *ff = (struct func_fact *)f.type->to->func;
		struct names names = { ff, 0 };

		ff->name = f.name;
		ff->file = f.file;
		ff->line = f.line;
		clang_visitChildren(c, name_one, &names);
		f.func = ff;
	}
	push(v->r->fields, v->r->nfields, f);
	return CXVisit_Continue;
}

const struct record_fact *facts_record(struct facts *fs, const char *name)
{
	struct entry *e = find(fs, name, 'r');
	struct record_fact *r;
	struct fields v;
	CXType t;

	if (!e)
		return NULL;
	if (e->fact)
		return e->fact;
	r = xalloc(sizeof(*r));
	t = clang_getCursorType(e->cursor);
	r->name = e->name;
	r->is_union = clang_getCursorKind(e->cursor) == CXCursor_UnionDecl;
	r->complete = !clang_Cursor_isNull(clang_getCursorDefinition(e->cursor));
	r->size = (long)clang_Type_getSizeOf(t);
	cx_place(e->cursor, &r->file, &r->line);
	v.r = r;
	v.base = 0;
	if (r->complete)
		clang_Type_visitFields(t, field_one, &v);
	e->fact = r;
	return r;
}

const struct ctype *facts_typedef(struct facts *fs, const char *name)
{
	struct entry *e = find(fs, name, 't');

	if (!e)
		return NULL;
	if (!e->fact) {
		e->fact = ctype_of(clang_getTypedefDeclUnderlyingType(e->cursor));
		((struct ctype *)e->fact)->typedef_name = e->name;
		((struct ctype *)e->fact)->spelled = e->name;
	}
	return e->fact;
}

static const struct field_fact *field_named(const struct record_fact *r, const char *name, size_t n)
{
	for (unsigned int i = 0; i < r->nfields; i++)
		if (strlen(r->fields[i].name) == n && !memcmp(r->fields[i].name, name, n))
			return &r->fields[i];
	return NULL;
}

const struct field_fact *facts_path(struct facts *fs, const struct record_fact *r,
				    const char *path)
{
	long base = 0;

	while (r) {
		size_t n = strcspn(path, ".");
		const struct field_fact *f = field_named(r, path, n);

		if (!f)
			return NULL;
		if (!path[n]) {
			struct field_fact *copy = xalloc(sizeof(*copy));

			*copy = *f;
			copy->bit_offset += base;
			return copy;
		}
		if (f->type->kind != C_RECORD)
			return NULL;
		base += f->bit_offset;
		r = facts_record(fs, f->type->record);
		path += n + 1;
	}
	return NULL;
}

/* Errors of clang that are not about an expression are about a header. */
static void report_header(struct facts *fs, const char *where, unsigned int line, const char *text)
{
	struct file *f = fs->file;
	struct loc at = { .src = &f->src };
	struct diag *d;

	if (streq(where, MAIN_FILE) && line >= 1 && line <= f->nuses)
		at = f->uses[line - 1].loc;
	else if (streq(where, MAIN_FILE) && line > f->nuses && f->nglues)
		at = f->glues[0].loc;
	d = diag(at, E_HEADER, "%s", text);
	if (!streq(where, MAIN_FILE))
		diag_note(d, where, (int)line, "in this header");
}

static struct file *idl_of(struct facts *fs, const char *path)
{
	if (streq(path, fs->file->src.path))
		return fs->file;
	for (unsigned int i = 0; i < fs->file->nimported; i++)
		if (streq(path, fs->file->imported[i]->src.path))
			return fs->file->imported[i];
	return NULL;
}

static void report(struct facts *fs, CXTranslationUnit tu)
{
	unsigned int n = clang_getNumDiagnostics(tu), headers = 0;

	for (unsigned int i = 0; i < n; i++) {
		CXDiagnostic cd = clang_getDiagnostic(tu, i);
		unsigned int line, col;
		const char *where, *text;
		struct file *f;
		CXString s;

		if (clang_getDiagnosticSeverity(cd) >= CXDiagnostic_Error) {
			clang_getPresumedLocation(clang_getDiagnosticLocation(cd), &s, &line, &col);
			where = cx_str(s);
			text = cx_str(clang_getDiagnosticSpelling(cd));
			f = idl_of(fs, where);
			if (f) {
				struct loc at = { &f->src, (int)line, (int)col };

				diag(at, E_EXPRESSION, "%s", text);
			} else if (headers++ < 5) {
				report_header(fs, where, line, text);
			}
		}
		clang_disposeDiagnostic(cd);
	}
}

static void add_uses(struct buf *b, const struct file *f)
{
	for (unsigned int i = 0; i < f->nuses; i++)
		buf_printf(b, "#include <%s>\n", f->uses[i].name);
}

static void add_glue(struct buf *b, const struct file *f)
{
	for (unsigned int i = 0; i < f->nglues; i++)
		buf_printf(b, "#include \"%s\"\n", f->glues[i].name);
}

static void add_dirs(struct facts *fs, const char *flag, const char **dirs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		push(fs->args, fs->nargs, xfmt("%s%s", flag, dirs[i]));
}

static CXTranslationUnit parse(struct facts *fs, const char *text, unsigned int options)
{
	struct CXUnsavedFile main_file = { MAIN_FILE, text, strlen(text) };
	CXTranslationUnit tu;

	if (clang_parseTranslationUnit2(fs->index, MAIN_FILE, fs->args, (int)fs->nargs, &main_file,
					1, options | CXTranslationUnit_KeepGoing, &tu)) {
		diag((struct loc){ .src = &fs->file->src }, E_HEADER,
		     "libclang could not parse the headers");
		return NULL;
	}
	report(fs, tu);
	return tu;
}

struct facts *facts_load(struct program *pr, struct file *f)
{
	const struct kernel_tree *kt = pr->kernel;
	struct facts *fs = xalloc(sizeof(*fs));
	struct buf b = { 0 };

	fs->file = f;
	add_uses(&b, f);
	for (unsigned int i = 0; i < f->nimported; i++)
		add_uses(&b, f->imported[i]);
	add_glue(&b, f);
	fs->headers = buf_str(&b);
	for (unsigned int i = 0; i < kt->nflags; i++)
		push(fs->args, fs->nargs, kt->flags[i]);
	add_dirs(fs, "-iquote", pr->glue_dirs, pr->nglue_dirs);
	add_dirs(fs, "-I", pr->include_dirs, pr->ninclude_dirs);
	fs->index = clang_createIndex(0, 0);
	fs->tu = parse(fs, xfmt("%s%s", qual_text, fs->headers),
		       CXTranslationUnit_SkipFunctionBodies);
	return fs->tu ? fs : NULL;
}

struct asked {
	const char *name;
	long value;
	bool found;
};

static enum CXChildVisitResult value_one(CXCursor c, CXCursor parent, CXClientData data)
{
	struct asked *a = data;

	(void)parent;
	if (clang_getCursorKind(c) == CXCursor_EnumDecl)
		return CXChildVisit_Recurse;
	if (clang_getCursorKind(c) == CXCursor_EnumConstantDecl &&
	    streq(cx_str(clang_getCursorSpelling(c)), a->name)) {
		a->value = (long)clang_getEnumConstantDeclValue(c);
		a->found = true;
		return CXChildVisit_Break;
	}
	return CXChildVisit_Continue;
}

bool facts_value(struct facts *fs, const char *name, long *value)
{
	struct asked a = { .name = name };

	if (!fs->compiled)
		return false;
	clang_visitChildren(clang_getTranslationUnitCursor(fs->compiled), value_one, &a);
	if (a.found)
		*value = a.value;
	return a.found;
}

void facts_compile(struct facts *fs, const char *text)
{
	if (fs->compiled)
		clang_disposeTranslationUnit(fs->compiled);
	fs->compiled = parse(fs, xfmt("%s%s", fs->headers, text), 0);
}

void facts_free(struct facts *fs)
{
	if (!fs)
		return;
	if (fs->compiled)
		clang_disposeTranslationUnit(fs->compiled);
	if (fs->tu)
		clang_disposeTranslationUnit(fs->tu);
	clang_disposeIndex(fs->index);
}
