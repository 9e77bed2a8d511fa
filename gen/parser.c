// SPDX-License-Identifier: GPL-2.0
/*
 * The parser: recursive descent, one function per rule of the grammar.
 *
 * A function that fails has reported; its caller skips to the next `;` at the
 * same depth and goes on, so that several errors are seen in one run.
 */
#include <string.h>

#include "parse.h"

void p_next(struct parser *p)
{
	do {
		p->tok = lexer_next(&p->lx);
	} while (p->tok.kind == T_BAD);
}

bool p_is(const struct parser *p, const char *text)
{
	return (p->tok.kind == T_NAME || p->tok.kind == T_PUNCT) && streq(p->tok.text, text);
}

bool p_take(struct parser *p, const char *text)
{
	if (!p_is(p, text))
		return false;
	p_next(p);
	return true;
}

static const char *shown(const struct token *t)
{
	return t->kind == T_END ? t->text : xfmt(t->kind == T_STRING ? "\"%s\"" : "`%s`", t->text);
}

bool p_expect(struct parser *p, const char *text)
{
	if (p_take(p, text))
		return true;
	diag(p->tok.loc, E_SYNTAX, "expected `%s` before %s", text, shown(&p->tok));
	return false;
}

bool p_name(struct parser *p, const char **name, struct loc *loc, const char *what)
{
	if (p->tok.kind != T_NAME) {
		diag(p->tok.loc, E_SYNTAX, "expected %s before %s", what, shown(&p->tok));
		return false;
	}
	*name = p->tok.text;
	if (loc)
		*loc = p->tok.loc;
	p_next(p);
	return true;
}

bool p_path(struct parser *p, const char **path)
{
	const char *part;

	if (!p_name(p, path, NULL, "a field"))
		return false;
	while (p_take(p, ".")) {
		if (!p_name(p, &part, NULL, "a field"))
			return false;
		*path = xfmt("%s.%s", *path, part);
	}
	return true;
}

/* Skip to the `;` that ends the broken piece, or to before a `}` (a block is skipped whole). */
static void sync_item(struct parser *p)
{
	int depth = 0;

	p->lx.want_header = false;
	p->lx.quiet = true;
	while (p->tok.kind != T_END) {
		bool last = p_is(p, ";") && !depth;

		if (p_is(p, "{"))
			depth++;
		if (p_is(p, "}")) {
			if (!depth)
				break;
			last = !--depth;
		}
		p->lx.quiet = !last;
		p_next(p);
		if (last)
			break;
	}
	p->lx.quiet = false;
}

/* The same at the outermost level, where `}` ends the piece. */
static void sync_top(struct parser *p)
{
	sync_item(p);
	if (p_is(p, "}"))
		p_next(p);
}

static bool parse_params(struct parser *p, struct sig *s, unsigned int where)
{
	if (!p_expect(p, "("))
		return false;
	if (p_take(p, ")"))
		return true;
	for (;;) {
		struct param pa = { 0 };

		if (p->tok.kind == T_ELLIPSIS) {
			s->variadic = true;
			p_next(p);
			return p_expect(p, ")");
		}
		if (!p_name(p, &pa.name, &pa.loc, "a parameter's name"))
			return false;
		if (find_param(s, pa.name))
			diag(pa.loc, E_DUPLICATE, "there are two parameters named `%s`", pa.name);
		if (p_take(p, ":") && !p_attrs(p, &pa.attrs, where))
			return false;
		push(s->params, s->nparams, pa);
		if (p_take(p, ","))
			continue;
		return p_expect(p, ")");
	}
}

const struct param *find_param(const struct sig *s, const char *name)
{
	for (unsigned int i = 0; i < s->nparams; i++)
		if (streq(s->params[i].name, name))
			return &s->params[i];
	return NULL;
}

static bool parse_like(struct parser *p, struct sig *s, bool member)
{
	if (!p_take(p, "like"))
		return true;
	if (!p_name(p, &s->like, &s->like_loc, "a structure or function"))
		return false;
	return !member || (p_expect(p, ".") && p_path(p, &s->like_member));
}

static bool parse_op(struct parser *p, struct decl *d)
{
	struct sig s = { .loc = p->tok.loc };

	if (!p_name(p, &s.name, &s.loc, "an op"))
		return false;
	if (p_take(p, "unsupported")) {
		if (!p_reason(p, streq(s.name, "default") ? &d->rest : &s.unsupported))
			return false;
	} else {
		const struct attr *un;

		if (streq(s.name, "default"))
			return p_expect(p, "unsupported");
		if (!parse_params(p, &s, ON_OPARAM) || !p_attrs(p, &s.attrs, ON_OP))
			return false;
		un = attr_get(&s.attrs, A_UNSUPPORTED);
		if (un)
			s.unsupported = un->reason;
	}
	if (!p_expect(p, ";"))
		return false;
	if (streq(s.name, "default"))
		return true;
	for (unsigned int i = 0; i < d->nsigs; i++)
		if (streq(d->sigs[i].name, s.name))
			diag(s.loc, E_DUPLICATE, "op `%s` is described twice", s.name);
	push(d->sigs, d->nsigs, s);
	return true;
}

/* `{ piece; piece; }` with recovery after each piece. */
static bool parse_block(struct parser *p, struct decl *d,
			bool (*piece)(struct parser *p, struct decl *d))
{
	bool failed = false;

	if (!p_expect(p, "{"))
		return false;
	while (!p_is(p, "}")) {
		if (p->tok.kind == T_END)
			return failed ? false : p_expect(p, "}");
		failed = !piece(p, d);
		if (failed)
			sync_item(p);
	}
	p_next(p);
	return true;
}

static bool parse_object(struct parser *p, struct decl *d)
{
	d->is_struct = p_take(p, "struct");
	if (d->kind == D_TWIN && !d->is_struct)
		return p_expect(p, "struct");
	return p_name(p, &d->name, &d->loc, "a type") && parse_block(p, d, p_item);
}

static bool parse_function(struct parser *p, struct decl *d)
{
	struct sig s = { 0 };
	bool fn = d->kind == D_FUNCTION;

	if (!p_name(p, &d->name, &d->loc, fn ? "a function" : "a callback"))
		return false;
	s.name = d->name;
	s.loc = d->loc;
	if (!parse_like(p, &s, !fn) || !parse_params(p, &s, fn ? ON_FPARAM : ON_OPARAM) ||
	    !p_attrs(p, &s.attrs, fn ? ON_FUNCTION : ON_OP))
		return false;
	push(d->sigs, d->nsigs, s);
	return p_expect(p, ";");
}

static bool parse_interface(struct parser *p, struct decl *d)
{
	d->is_struct = true;
	return p_name(p, &d->name, &d->loc, "an interface") && parse_block(p, d, parse_op);
}

static bool parse_strings(struct parser *p, struct header **v, unsigned int *n)
{
	struct header h = { p->tok.text, p->tok.loc };

	if (p->tok.kind != T_STRING) {
		diag(p->tok.loc, E_SYNTAX, "expected a file name in quotes before %s",
		     shown(&p->tok));
		return false;
	}
	push(*v, *n, h);
	p_next(p);
	return p_expect(p, ";");
}

static bool parse_use(struct parser *p)
{
	struct file *f = p->file;

	if (p->tok.kind != T_HEADER) {
		p->lx.want_header = false;
		diag(p->tok.loc, E_SYNTAX, "expected a header in <> before %s", shown(&p->tok));
		return false;
	}
	while (p->tok.kind == T_HEADER) {
		struct header h = { p->tok.text, p->tok.loc };

		push(f->uses, f->nuses, h);
		p_next(p);
	}
	p->lx.want_header = false;
	return p_expect(p, ";");
}

static const struct {
	const char *word;
	enum decl_kind kind;
	bool (*parse)(struct parser *p, struct decl *d);
} rules[] = {
	{ "object", D_OBJECT, parse_object },
	{ "twin", D_TWIN, parse_object },
	{ "callback", D_CALLBACK, parse_function },
	{ "interface", D_INTERFACE, parse_interface },
	{ "function", D_FUNCTION, parse_function },
};

static bool parse_decl(struct parser *p)
{
	struct file *f = p->file;

	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++) {
		struct decl *d;

		if (!p_is(p, rules[i].word))
			continue;
		p_next(p);
		d = xalloc(sizeof(*d));
		d->kind = rules[i].kind;
		d->file = f;
		if (!rules[i].parse(p, d))
			return false;
		for (unsigned int j = 0; j < d->nsigs; j++)
			d->sigs[j].decl = d;
		push(f->decls, f->ndecls, d);
		return true;
	}
	diag(p->tok.loc, E_SYNTAX,
	     "expected use, import, glue, object, twin, callback, interface or function before %s",
	     shown(&p->tok));
	return false;
}

static bool parse_top(struct parser *p)
{
	struct file *f = p->file;

	if (p_is(p, "use")) {
		p->lx.want_header = true;
		p_next(p);
		return parse_use(p);
	}
	if (p_take(p, "import"))
		return parse_strings(p, &f->imports, &f->nimports);
	if (p_take(p, "glue"))
		return parse_strings(p, &f->glues, &f->nglues);
	return parse_decl(p);
}

/* "x/idl/net.idl" -> class "net", name "idl/net.idl" */
static void name_file(struct file *f, const char *path)
{
	const char *base = strrchr(path, '/');
	const char *dir = base;
	size_t n;

	base = base ? base + 1 : path;
	n = strcspn(base, ".");
	f->class = xstrndup(base, n);
	while (dir && dir > path && dir[-1] != '/')
		dir--;
	f->src.path = xstrdup(path);
	f->src.name = dir ? xstrdup(dir) : xfmt("idl/%s", base);
}

struct file *parse_text(const char *path, const char *text, size_t n)
{
	struct file *f = xalloc(sizeof(*f));
	struct parser p = { .file = f };

	name_file(f, path);
	f->src.text = text;
	f->src.size = n;
	lexer_init(&p.lx, &f->src);
	p_next(&p);
	while (p.tok.kind != T_END)
		if (!parse_top(&p))
			sync_top(&p);
	return f;
}
