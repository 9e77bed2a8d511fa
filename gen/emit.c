// SPDX-License-Identifier: GPL-2.0
/*
 * From plans to files: template calls are written as m4 input, m4 expands
 * them, long lines are broken, and the result is moved into place.
 *
 * Nothing half-written is ever seen: all files of all classes are made first,
 * then renamed; a file that did not change keeps its time stamp.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nooksgen.h"

extern char **environ;

#define COLUMNS 100

static const struct {
	const char *suffix, *template;
	void (*plan)(struct file *f, struct plan *p);
} artefacts[] = {
	{ ".gen.h", "header.m4", plan_header },
	{ "_main.c", "main.m4", plan_main },
	{ "_types.c", "types.m4", plan_types },
	{ "_stubs.c", "stubs.m4", plan_stubs },
	{ "_wrappers.c", "wrappers.m4", plan_wrappers },
};

struct plan *plan_file(struct file *f, unsigned int i)
{
	struct plan *p;

	if (i >= ARRAY_SIZE(artefacts))
		return NULL;
	p = xalloc(sizeof(*p));
	p->file = xfmt("nooks_%s%s", f->class, artefacts[i].suffix);
	p->template = artefacts[i].template;
	artefacts[i].plan(f, p);
	return p;
}

/* An argument, quoted; what would end the quote is no C outside of a string. */
static void add_arg(struct buf *b, const char *s)
{
	buf_puts(b, "<|");
	for (; *s; s++) {
		buf_add(b, s, 1);
		if ((s[0] == '<' && s[1] == '|') || (s[0] == '|' && s[1] == '>'))
			buf_puts(b, " ");
	}
	buf_puts(b, "|>");
}

const char *plan_text(const struct plan *p)
{
	struct buf b = { 0 };

	for (unsigned int i = 0; i < p->nsteps; i++) {
		const struct step *s = &p->steps[i];

		buf_puts(&b, s->macro);
		for (unsigned int j = 0; j < s->nargs; j++) {
			buf_puts(&b, j ? ", " : "(");
			add_arg(&b, s->args[j]);
		}
		buf_puts(&b, s->nargs ? ")m4_dnl\n" : "()m4_dnl\n");
	}
	return buf_str(&b);
}

/* Where to break a line that is too long: after the last comma or before the last operator. */
static size_t break_at(const char *line, size_t n, size_t room)
{
	size_t best = 0, depth_best = 99, depth = 0, column = 0;
	bool string = false;

	for (size_t i = 0; i + 1 < n; i++) {
		column += line[i] == '\t' ? 8 - column % 8 : 1;
		if (line[i] == '"' && (!i || line[i - 1] != '\\'))
			string = !string;
		if (string)
			continue;
		if (line[i] == '(')
			depth++;
		if (line[i] == ')' && depth)
			depth--;
		if (column > room)
			break;
		if (line[i + 1] != ' ')
			continue;
		if (line[i] == ',' ||
		    (i && line[i] == line[i - 1] && (line[i] == '&' || line[i] == '|'))) {
			if (depth <= depth_best || column > room - 30) {
				best = i + 1;
				depth_best = depth;
			}
		}
	}
	return best;
}

static size_t width(const char *s, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++)
		w += s[i] == '\t' ? 8 - w % 8 : 1;
	return w;
}

static void add_line(struct buf *b, const char *line, size_t n)
{
	size_t indent = strspn(line, "\t"), cut;
	bool first = true;

	while (width(line, n) + (first ? 0 : (indent + 2) * 8) > COLUMNS) {
		cut = break_at(line, n, COLUMNS - (first ? 0 : (indent + 2) * 8));
		if (!cut)
			break;
		if (!first)
			for (size_t i = 0; i < indent + 2; i++)
				buf_puts(b, "\t");
		buf_add(b, line, cut);
		buf_puts(b, "\n");
		line += cut + 1;
		n -= cut + 1;
		first = false;
	}
	if (!first)
		for (size_t i = 0; i < indent + 2; i++)
			buf_puts(b, "\t");
	buf_add(b, line, n);
	buf_puts(b, "\n");
}

/* Break long lines, and never leave two empty lines together. */
static const char *tidy(const char *s)
{
	struct buf b = { 0 };
	bool blank = false;

	while (*s) {
		size_t n = strcspn(s, "\n");

		if (n || !blank) {
			bool comment = strstr(s, "/*") && strstr(s, "/*") < s + n;

			if (comment || s[strspn(s, "\t")] == '#')
				buf_add(&b, s, n), buf_puts(&b, "\n");
			else
				add_line(&b, s, n);
		}
		blank = !n;
		s += n + (s[n] == '\n');
	}
	return buf_str(&b);
}

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool ok;

	if (f) {
		ok = fputs(text, f) >= 0;
		ok = !fclose(f) && ok;
		if (ok)
			return true;
	}
	diag((struct loc){ 0 }, E_NO_FILE, "%s: %s", path, strerror(errno));
	return false;
}

static const char *run_m4(const char *outdir, const char *templates, const struct plan *p)
{
	const char *in = xfmt("%s/.%s.m4", outdir, p->file),
		   *out = xfmt("%s/.%s.out", outdir, p->file);
	const char *argv[] = {
		"m4", "-P", "-E", "-I", templates, "common.m4", p->template, in, NULL
	};
	posix_spawn_file_actions_t fa;
	const char *text = NULL;
	int status = -1, err;
	pid_t pid;

	if (!write_file(in, plan_text(p)))
		return NULL;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	err = posix_spawnp(&pid, "m4", &fa, NULL, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (err)
		diag((struct loc){ 0 }, E_TEMPLATE, "cannot run m4: %s", strerror(err));
	else if (waitpid(pid, &status, 0) < 0 || status)
		diag((struct loc){ 0 }, E_TEMPLATE, "m4 failed on template %s/%s", templates,
		     p->template);
	else
		text = read_file(out, NULL);
	unlink(in);
	unlink(out);
	return text ? tidy(text) : NULL;
}

struct output {
	const char *path, *text;
};

static bool move_into_place(const struct output *o)
{
	const char *tmp = xfmt("%s.tmp", o->path);
	char *old = read_file(o->path, NULL);

	if (old && streq(old, o->text))
		return true;
	if (!write_file(tmp, o->text))
		return false;
	if (!rename(tmp, o->path))
		return true;
	diag((struct loc){ 0 }, E_NO_FILE, "%s: %s", o->path, strerror(errno));
	unlink(tmp);
	return false;
}

/* What kernel-glue/build includes: the module and its generated objects. */
static const char *kbuild_text(const struct file *f)
{
	struct buf b = { 0 };

	buf_printf(&b, "# SPDX-License-Identifier: GPL-2.0\n"
		   "# Generated by nooksgen from %s; do not edit.\n"
		   "obj-m += nooks_%s.o\nnooks_%s-y +=", f->src.name, f->class, f->class);
	for (unsigned int i = 0; i < ARRAY_SIZE(artefacts); i++) {
		const char *s = artefacts[i].suffix;

		if (streq(s + strlen(s) - 2, ".c"))
			buf_printf(&b, " nooks_%s%.*s.o", f->class, (int)strlen(s) - 2, s);
	}
	buf_puts(&b, "\n");
	return buf_str(&b);
}

bool emit(struct program *pr, const char *outdir, const char *templates)
{
	struct output *out = NULL;
	unsigned int n = 0;

	if (mkdir(outdir, 0777) && errno != EEXIST) {
		diag((struct loc){ 0 }, E_NO_FILE, "%s: %s", outdir, strerror(errno));
		return false;
	}
	for (unsigned int i = 0; i < pr->nfiles; i++) {
		struct file *f = pr->files[i];
		struct output o;
		struct plan *p;

		for (unsigned int j = 0; (p = plan_file(f, j)); j++) {
			o.path = xfmt("%s/%s", outdir, p->file);
			o.text = run_m4(outdir, templates, p);
			if (!o.text)
				return false;
			push(out, n, o);
		}
		o.path = xfmt("%s/nooks_%s.kbuild", outdir, f->class);
		o.text = kbuild_text(f);
		push(out, n, o);
	}
	for (unsigned int i = 0; i < n; i++)
		if (!move_into_place(&out[i]))
			return false;
	return true;
}
