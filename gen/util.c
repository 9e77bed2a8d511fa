// SPDX-License-Identifier: GPL-2.0
/*
 * Memory from one arena, strings, growing vectors and text buffers.
 *
 * Nothing fails: running out of memory ends the program.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nooksgen.h"

struct chunk {
	struct chunk *next;
	size_t used, size;
	max_align_t data[];
};

static struct chunk *arena;

void *xalloc(size_t n)
{
	size_t need = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	struct chunk *c = arena;
	void *p;

	if (!c || c->size - c->used < need) {
		size_t size = need > (1 << 18) ? need : (1 << 18);

		c = calloc(1, sizeof(*c) + size);
		if (!c) {
			fputs("nooksgen: out of memory\n", stderr);
			abort();
		}
		c->size = size;
		c->next = arena;
		arena = c;
	}
	p = (char *)c->data + c->used;
	c->used += need;
	return p;
}

void arena_reset(void)
{
	while (arena) {
		struct chunk *c = arena;

		arena = c->next;
		free(c);
	}
}

char *xstrndup(const char *s, size_t n)
{
	char *p = xalloc(n + 1);

	memcpy(p, s, n);
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xfmt(const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	p = xalloc((size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}

bool streq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Capacity is implied: vectors double at powers of two, from 8. */
void *grow(void *list, size_t count, size_t size)
{
	void *p;

	if (count && (count < 8 || (count & (count - 1))))
		return list;
	p = xalloc((count ? count * 2 : 8) * size);
	if (count)
		memcpy(p, list, count * size);
	return p;
}

void buf_add(struct buf *b, const char *s, size_t n)
{
	if (b->n + n + 1 > b->cap) {
		size_t cap = (b->n + n + 1) * 2;
		char *p = xalloc(cap);

		if (b->n)
			memcpy(p, b->s, b->n);
		b->s = p;
		b->cap = cap;
	}
	memcpy(b->s + b->n, s, n);
	b->n += n;
	b->s[b->n] = 0;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	p = xalloc((size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	buf_add(b, p, (size_t)n);
	va_end(again);
	va_end(ap);
}

const char *buf_str(struct buf *b)
{
	return b->s ? b->s : "";
}

char *read_file(const char *path, size_t *n)
{
	struct buf b = { 0 };
	char block[65536];
	size_t got;
	FILE *f = fopen(path, "rb");

	if (!f)
		return NULL;
	while ((got = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(&b, block, got);
	if (ferror(f)) {
		int e = errno;

		fclose(f);
		errno = e;
		return NULL;
	}
	fclose(f);
	if (n)
		*n = b.n;
	return b.s ? b.s : xstrdup("");
}

static bool is_ident(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool mentions(const char *expr, const char *name)
{
	size_t len = strlen(name);
	const char *p = expr;

	while ((p = strstr(p, name))) {
		bool member = (p > expr && p[-1] == '.') ||
			      (p > expr + 1 && p[-1] == '>' && p[-2] == '-');

		if ((p == expr || !is_ident(p[-1])) && !is_ident(p[len]) && !member)
			return true;
		p += len;
	}
	return false;
}
