/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the parser: the token stream and its helpers. */
#ifndef PARSE_H
#define PARSE_H

#include "nooksgen.h"

enum attr_syntax {
	S_FLAG,		/* word */
	S_EXPR,		/* word(expr) */
	S_OPTEXPR,	/* word() or word(expr) */
	S_EXPR2,	/* word(expr, expr) */
	S_NAME,		/* word NAME */
	S_REASON,	/* word("reason") */
	S_KEYED,	/* word NAME(expr[, expr]) */
	S_GIVE,		/* give, give if(expr) */
	S_KEEP,		/* keep until NAME */
	S_RET,		/* ret(word[ NAME], ...) */
	S_LOCAL,	/* local("reason"), local by NAME ("reason") */
	S_ONFAULT,	/* onfault(), onfault(expr), onfault(by NAME) */
	S_RAW,		/* word(text) */
};

struct parser {
	struct file *file;
	struct lexer lx;
	struct token tok;		/* the current one, not consumed */
};

void p_next(struct parser *p);
bool p_is(const struct parser *p, const char *text);	/* name or punctuation */
bool p_take(struct parser *p, const char *text);
bool p_expect(struct parser *p, const char *text);	/* reports */
bool p_name(struct parser *p, const char **name, struct loc *loc, const char *what);
bool p_reason(struct parser *p, const char **reason);
/* `(` is the current token: reads up to and with `)`. */
bool p_exprs(struct parser *p, struct expr **v, unsigned int *n, unsigned int max);
bool p_path(struct parser *p, const char **path);
bool p_attrs(struct parser *p, struct attrs *a, unsigned int where);
bool p_item(struct parser *p, struct decl *d);

#endif
