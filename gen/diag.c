// SPDX-License-Identifier: GPL-2.0
/*
 * Diagnostics, collected and printed at the end in the order of the text:
 *
 *	idl/net.idl:60:12: error: `npi` is not a parameter [-Wunknown-param]
 *	        acquires napi_struct(npi) by nooks_napi_add;
 *	                             ^
 *	include/linux/netdevice.h:2570: note: declared here
 *	hint: the parameters are dev, napi, poll, weight
 */
#include <stdlib.h>
#include <string.h>

#include "nooksgen.h"

struct note {
	const char *file, *text;
	int line;
};

struct diag {
	struct loc at;
	enum code code;
	const char *text;
	struct note *notes;
	unsigned int nnotes;
	const char *hint;
	unsigned int seq;
};

static struct diag **all;
static unsigned int nall, nerrors;

static const struct {
	const char *name;
	char severity;
	const char *text;
} codes[] = {
#define CODE(id, name, severity, text) { name, severity, text },
#include "codes.def"
#undef CODE
};

const char *code_name(enum code c)
{
	return codes[c].name;
}

const char *code_text(enum code c)
{
	return codes[c].text;
}

int code_find(const char *name)
{
	for (int i = 0; i < NR_CODES; i++)
		if (streq(codes[i].name, name))
			return i;
	return -1;
}

__attribute__((format(printf, 1, 0)))
static const char *vfmt(const char *fmt, va_list ap)
{
	va_list again;
	int n;
	char *s;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	s = xalloc((size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

struct diag *diag(struct loc at, enum code code, const char *fmt, ...)
{
	struct diag *d = xalloc(sizeof(*d));
	va_list ap;

	va_start(ap, fmt);
	d->text = vfmt(fmt, ap);
	va_end(ap);
	d->at = at;
	d->code = code;
	/* The same thing said of the same place (through two imports, say) is said once. */
	for (unsigned int i = 0; i < nall; i++)
		if (all[i]->at.src == at.src && all[i]->at.line == at.line &&
		    all[i]->at.col == at.col && all[i]->code == code &&
		    streq(all[i]->text, d->text))
			return d;
	d->seq = nall;
	push(all, nall, d);
	if (codes[code].severity == 'e')
		nerrors++;
	return d;
}

void diag_note(struct diag *d, const char *file, int line, const char *fmt, ...)
{
	struct note n = { .file = file, .line = line };
	va_list ap;

	if (!d)
		return;
	va_start(ap, fmt);
	n.text = vfmt(fmt, ap);
	va_end(ap);
	push(d->notes, d->nnotes, n);
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (!d)
		return;
	va_start(ap, fmt);
	d->hint = vfmt(fmt, ap);
	va_end(ap);
}

unsigned int diag_errors(void)
{
	return nerrors;
}

static int order(const void *a, const void *b)
{
	const struct diag *x = *(struct diag *const *)a, *y = *(struct diag *const *)b;
	int c = strcmp(x->at.src ? x->at.src->path : "", y->at.src ? y->at.src->path : "");

	if (c)
		return c;
	if (x->at.line != y->at.line)
		return x->at.line - y->at.line;
	if (x->at.col != y->at.col)
		return x->at.col - y->at.col;
	return x->seq < y->seq ? -1 : 1;
}

static void print_source_line(FILE *out, struct loc at)
{
	const char *p = at.src->text, *end = p + at.src->size, *eol;

	for (int i = 1; i < at.line && p < end; i++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return;
		p++;
	}
	if (p >= end)
		return;
	eol = memchr(p, '\n', (size_t)(end - p));
	if (!eol)
		eol = end;
	fprintf(out, "%.*s\n", (int)(eol - p), p);
	for (int i = 1; i < at.col && p + i - 1 < eol; i++)
		fputc(p[i - 1] == '\t' ? '\t' : ' ', out);
	fputs("^\n", out);
}

static void print_text(FILE *out, const struct diag *d)
{
	const char *severity = codes[d->code].severity == 'e' ? "error" : "warning";

	if (!d->at.src)
		fprintf(out, "nooksgen: ");
	else if (!d->at.line)
		fprintf(out, "%s: ", d->at.src->path);
	else
		fprintf(out, "%s:%d:%d: ", d->at.src->path, d->at.line, d->at.col);
	fprintf(out, "%s: %s [-W%s]\n", severity, d->text, codes[d->code].name);
	if (d->at.src && d->at.line)
		print_source_line(out, d->at);
	for (unsigned int i = 0; i < d->nnotes; i++) {
		const struct note *n = &d->notes[i];

		if (n->file)
			fprintf(out, "%s:%d: ", n->file, n->line);
		fprintf(out, "note: %s\n", n->text);
	}
	if (d->hint)
		fprintf(out, "hint: %s\n", d->hint);
}

static void print_json(struct json *j, const struct diag *d)
{
	json_open(j, NULL, '{');
	json_str(j, "severity", codes[d->code].severity == 'e' ? "error" : "warning");
	json_str(j, "code", codes[d->code].name);
	if (d->at.src)
		json_str(j, "file", d->at.src->path);
	if (d->at.line) {
		json_int(j, "line", d->at.line);
		json_int(j, "column", d->at.col);
	}
	json_str(j, "message", d->text);
	if (d->nnotes) {
		json_open(j, "notes", '[');
		for (unsigned int i = 0; i < d->nnotes; i++) {
			json_open(j, NULL, '{');
			if (d->notes[i].file) {
				json_str(j, "file", d->notes[i].file);
				json_int(j, "line", d->notes[i].line);
			}
			json_str(j, "message", d->notes[i].text);
			json_close(j, '}');
		}
		json_close(j, ']');
	}
	if (d->hint)
		json_str(j, "hint", d->hint);
	json_close(j, '}');
}

void diag_flush(FILE *out, bool json)
{
	if (nall)
		qsort(all, nall, sizeof(all[0]), order);
	if (json) {
		struct json j = { .out = out, .first = true };

		json_open(&j, NULL, '[');
		for (unsigned int i = 0; i < nall; i++)
			print_json(&j, all[i]);
		json_close(&j, ']');
		fputc('\n', out);
	} else {
		for (unsigned int i = 0; i < nall; i++)
			print_text(out, all[i]);
		if (nerrors > 1)
			fprintf(out, "%u errors; `nooksgen explain NAME` explains a [-WNAME]\n",
				nerrors);
	}
	all = NULL;
	nall = nerrors = 0;
}
