// SPDX-License-Identifier: GPL-2.0
/*
 * Tokens of an .idl file.
 *
 * One token at a time, with its line and column.  C expressions are not cut
 * into tokens: lexer_expr() takes their text up to the matching parenthesis,
 * for clang to judge later.
 */
#include <ctype.h>
#include <string.h>

#include "nooksgen.h"

void lexer_init(struct lexer *lx, const struct source *src)
{
	*lx = (struct lexer){ .src = src, .p = src->text, .line = 1, .col = 1 };
}

static bool at_end(const struct lexer *lx)
{
	return lx->p >= lx->src->text + lx->src->size;
}

static char peek(const struct lexer *lx)
{
	return at_end(lx) ? 0 : *lx->p;
}

static void advance(struct lexer *lx)
{
	if (*lx->p++ == '\n') {
		lx->line++;
		lx->col = 1;
	} else {
		lx->col++;
	}
}

static struct loc here(const struct lexer *lx)
{
	return (struct loc){ lx->src, lx->line, lx->col };
}

static void skip_space(struct lexer *lx)
{
	while (!at_end(lx)) {
		if (isspace((unsigned char)*lx->p)) {
			advance(lx);
		} else if (*lx->p == '#') {
			while (!at_end(lx) && *lx->p != '\n')
				advance(lx);
		} else {
			break;
		}
	}
}

/* A quoted token; the opening character is at lx->p. */
static struct token quoted(struct lexer *lx, char close, enum token_kind kind)
{
	struct token t = { kind, "", here(lx) };
	const char *start;

	advance(lx);
	start = lx->p;
	while (!at_end(lx) && *lx->p != close && *lx->p != '\n') {
		if (*lx->p == '\\' && kind == T_STRING) {
			advance(lx);
			if (at_end(lx))
				break;
		}
		advance(lx);
	}
	t.text = xstrndup(start, (size_t)(lx->p - start));
	if (peek(lx) != close) {
		if (!lx->quiet)
			diag(t.loc, E_SYNTAX, "this %s does not end on its line",
			     kind == T_STRING ? "string" : "header name");
		t.kind = T_BAD;
		return t;
	}
	advance(lx);
	return t;
}

struct token lexer_next(struct lexer *lx)
{
	struct token t;
	const char *start;

	skip_space(lx);
	t = (struct token){ T_END, "end of file", here(lx) };
	if (at_end(lx))
		return t;
	start = lx->p;
	if (isalpha((unsigned char)*start) || *start == '_' || isdigit((unsigned char)*start)) {
		t.kind = isdigit((unsigned char)*start) ? T_NUMBER : T_NAME;
		while (!at_end(lx) && (isalnum((unsigned char)*lx->p) || *lx->p == '_'))
			advance(lx);
		t.text = xstrndup(start, (size_t)(lx->p - start));
		return t;
	}
	if (*start == '"')
		return quoted(lx, '"', T_STRING);
	if (*start == '<' && lx->want_header)
		return quoted(lx, '>', T_HEADER);
	if (lx->src->text + lx->src->size - start >= 3 && !memcmp(start, "...", 3)) {
		advance(lx);
		advance(lx);
		advance(lx);
		t.kind = T_ELLIPSIS;
		t.text = "...";
		return t;
	}
	advance(lx);
	t.kind = T_PUNCT;
	t.text = xstrndup(start, 1);
	if (!isprint((unsigned char)*start) || !strchr("(){};:,.", *start)) {
		if (lx->quiet)
			;
		else if (isprint((unsigned char)*start))
			diag(t.loc, E_SYNTAX, "'%c' has no meaning here", *start);
		else
			diag(t.loc, E_SYNTAX, "byte 0x%02x has no meaning here",
			     (unsigned char)*start);
		t.kind = T_BAD;
	}
	return t;
}

/* Step over a C string or character constant; false: it does not end. */
static bool skip_literal(struct lexer *lx)
{
	char quote = *lx->p;

	advance(lx);
	while (!at_end(lx) && *lx->p != quote && *lx->p != '\n') {
		if (*lx->p == '\\') {
			advance(lx);
			if (at_end(lx))
				return false;
		}
		advance(lx);
	}
	if (peek(lx) != quote)
		return false;
	advance(lx);
	return true;
}

bool lexer_expr(struct lexer *lx, bool split, struct expr *e)
{
	struct buf text = { 0 };
	int depth = 0;

	skip_space(lx);
	e->loc = here(lx);
	while (!at_end(lx)) {
		const char *from = lx->p;
		char c = *from;

		if (depth == 0 && (c == ')' || (split && c == ',')))
			break;
		if (c == ';' || c == '{' || c == '}')
			return false;	/* no expression has these: a parenthesis is missing */
		if (c == '#') {
			int line = lx->line;

			skip_space(lx);
			while (line++ < lx->line)
				buf_puts(&text, "\n");	/* clang counts lines, too */
			for (int i = 1; i < lx->col; i++)
				buf_puts(&text, " ");
			continue;
		}
		if (c == '"' || c == '\'') {
			if (!skip_literal(lx))
				return false;
			buf_add(&text, from, (size_t)(lx->p - from));
			continue;
		}
		if (c == '(' || c == '[')
			depth++;
		if (c == ')' || c == ']')
			depth--;
		if (depth < 0)
			return false;
		buf_add(&text, from, 1);
		advance(lx);
	}
	if (at_end(lx))
		return false;
	while (text.n && isspace((unsigned char)text.s[text.n - 1]))
		text.s[--text.n] = 0;
	e->text = buf_str(&text);
	return true;
}
