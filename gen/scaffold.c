// SPDX-License-Identifier: GPL-2.0
/*
 * nooksgen scaffold NAME...: a first IDL block for a structure or a function.
 *
 * What follows from the types is filled in; what a person must decide is
 * `todo`, which does not compile.  The header is looked for in the kernel tree
 * if --use does not say it.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "nooksgen.h"

/* ---- which header? ---- */

struct search {
	const char *needle;		/* "struct NAME {" or "NAME(" */
	const char *root;
	const char **found;
	unsigned int nfound;
};

static bool holds(const char *path, const char *needle)
{
	size_t n;
	FILE *f = fopen(path, "r");
	char line[1024];
	bool yes = false;

	if (!f)
		return false;
	while (!yes && fgets(line, sizeof(line), f)) {
		const char *p = strstr(line, needle);

		n = p ? (size_t)(p - line) : 0;
		yes = p && *line != '#' && *line != '\t' && *line != '*' &&
		      (!n || line[n - 1] == ' ' || line[n - 1] == '*');
	}
	fclose(f);
	return yes;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void search_dir(struct search *s, const char *dir)
{
	DIR *d = opendir(xfmt("%s/%s", s->root, dir));
	const char **names = NULL;
	unsigned int n = 0;
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			push(names, n, xstrdup(e->d_name));
	if (d)
		closedir(d);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	for (unsigned int i = 0; i < n && s->nfound < 6; i++) {
		const char *rel = xfmt("%s/%s", dir, names[i]), *path = xfmt("%s/%s", s->root, rel);
		size_t len = strlen(rel);
		struct stat st;

		if (stat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			search_dir(s, rel);
		else if (len > 2 && streq(rel + len - 2, ".h") && holds(path, s->needle))
			push(s->found, s->nfound, rel);
	}
}

static struct search find_header(struct program *pr, const char *needle)
{
	static const char *const dirs[] = {
		"linux", "net",	   "sound", "drm",    "media",	     "scsi",
		"rdma",	 "target", "video", "crypto", "asm-generic",
	};
	struct search s = { .needle = needle, .root = xfmt("%s/include", pr->kernel->source) };

	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++)
		search_dir(&s, dirs[i]);
	return s;
}

/* ---- what the types say ---- */

static const char *param_name(const struct func_fact *ff, unsigned int i)
{
	const struct ctype *t = ff->params[i];
	const char *name = ff->names[i];

	if (!*name && t->kind == C_POINTER && t->to->kind == C_RECORD && *t->to->record)
		name = t->to->record;
	if (!*name || streq(name, "f") || streq(name, "ret") || streq(name, "this"))
		return xfmt("arg%u", i + 1);
	for (unsigned int j = 0; j < i; j++)
		if (streq(ff->names[j], name) || (!*ff->names[j] && !*ff->names[i] &&
		    streq(ff->params[j]->spelled, t->spelled)))
			return xfmt("%s%u", name, i + 1);
	return name;
}

static bool is_lock(const char *record)
{
	static const char *const locks[] = { "raw_spinlock", "spinlock", "mutex", "rw_semaphore" };

	for (unsigned int i = 0; i < ARRAY_SIZE(locks); i++)
		if (streq(locks[i], record))
			return true;
	return false;
}

static bool known(struct program *pr, const char *record)
{
	for (unsigned int i = 0; i < pr->nfiles; i++)
		if (find_object(pr->files[i], record))
			return true;
	return false;
}

/* The attribute that follows from the type; "" for none needed, NULL: undecided. */
static const char *infer(struct program *pr, const struct ctype *t, bool function)
{
	const struct ctype *to = t->to;

	if (t->kind != C_POINTER)
		return "";
	if (to->space == 1)
		return "opaque";
	if (to->kind == C_RECORD) {
		if (known(pr, to->record))
			return "";
		if (function && streq(to->record, "module"))
			return "self";
		if (function && is_lock(to->record))
			return "lock";
		return NULL;
	}
	if (to->kind == C_INT && to->size > 1 && !to->is_const)
		return "out";
	return NULL;
}

/* The last fixed parameter before `...`. */
static bool is_format(const struct func_fact *ff, unsigned int i)
{
	const struct ctype *t = ff->params[i];

	return ff->variadic && i + 1 == ff->nparams && t->kind == C_POINTER && t->to->size == 1 &&
	       t->to->is_const;
}

static void print_params(struct program *pr, const struct func_fact *ff, bool function)
{
	for (unsigned int i = 0; i < ff->nparams; i++) {
		const char *attr = infer(pr, ff->params[i], function);

		if (!attr)
			attr = is_format(ff, i) ? "format" : "todo";
		printf("%s%s%s%s", i ? ", " : "", param_name(ff, i), *attr ? ": " : "", attr);
	}
	if (ff->variadic)
		printf("%s...", ff->nparams ? ", " : "");
}

static void print_op(struct program *pr, const struct field_fact *f)
{
	const struct ctype *r = f->func->ret;

	printf("\t# %s\n", f->func->canonical);
	if (f->func->variadic) {
		printf("\t%s unsupported(\"its arguments are not known\");\n", f->name);
		return;
	}
	printf("\t%s(", f->name);
	print_params(pr, f->func, false);
	if (r->kind == C_VOID)
		printf(") onfault();\n");
	else if (r->kind == C_INT && r->is_signed && r->size == 4)
		printf(") onfault(-EIO);\n");
	else if (r->kind == C_POINTER)
		printf(") todo ret(object) onfault(NULL);\n");
	else
		printf(") onfault(0);\n");
}

static bool print_struct(struct program *pr, const struct record_fact *r, const char *header)
{
	unsigned int nops = 0;

	for (unsigned int i = 0; i < r->nfields; i++)
		nops += r->fields[i].func != NULL;
	if (header)
		printf("use <%s>;\n\n", header);
	/* One callback among the data of an object makes no interface. */
	if (!nops || (nops == 1 && r->nfields > 2)) {
		printf("object struct %s {\n\tsize(sizeof(struct %s));\n"
		       "\t# release FUNCTION; or release by GLUE;\n"
		       "\t# write FIELD, FIELD check(new <= MAX), FIELD until PHASE;\n",
		       r->name, r->name);
		for (unsigned int i = 0; i < r->nfields; i++)
			if (r->fields[i].type->kind == C_RECORD &&
			    (streq(r->fields[i].type->record, "device") ||
			     streq(r->fields[i].type->record, "kobject")))
				printf("\t%spart %s: %s;\n",
				       known(pr, r->fields[i].type->record) ? "" : "# ",
				       r->fields[i].name, r->fields[i].type->record);
		printf("}\n");
		return true;
	}
	printf("interface %s {\n", r->name);
	for (unsigned int i = 0; i < r->nfields; i++)
		if (r->fields[i].func)
			print_op(pr, &r->fields[i]);
	printf("}\n");
	return true;
}

static bool print_function(struct program *pr, const struct func_fact *ff, const char *header)
{
	if (header)
		printf("use <%s>;\n\n", header);
	printf("# %s\nfunction %s(", ff->canonical, ff->name);
	print_params(pr, ff, true);
	printf(")%s;\n", ff->ret->kind == C_POINTER ? " todo ret(null)" : "");
	if (ff->is_static)
		printf("# an inline function: it runs inside the driver and needs no wrapper\n");
	return true;
}

static bool try_one(struct program *pr, const char *name, const char *header, char **uses,
		    unsigned int nuses)
{
	struct buf text = { 0 };
	const struct record_fact *r;
	const struct func_fact *ff;
	struct file *f;
	bool done = false;

	for (unsigned int i = 0; i < nuses; i++)
		buf_printf(&text, "use <%s>;\n", uses[i]);
	if (header)
		buf_printf(&text, "use <%s>;\n", header);
	f = parse_text("scaffold.idl", buf_str(&text), text.n);
	f->facts = facts_load(pr, f);
	if (!f->facts)
		return false;
	r = facts_record(f->facts, name);
	ff = r && r->complete ? NULL : facts_function(f->facts, name);
	if (r && r->complete)
		done = print_struct(pr, r, header);
	else if (ff)
		done = print_function(pr, ff, header);
	facts_free(f->facts);
	return done;
}

static bool scaffold(struct program *pr, const char *name, char **uses, unsigned int nuses)
{
	struct search s;

	if (nuses)
		return try_one(pr, name, NULL, uses, nuses);
	s = find_header(pr, xfmt("struct %s {", name));
	for (unsigned int i = 0; i < s.nfound; i++)
		if (try_one(pr, name, s.found[i], uses, nuses))
			return true;
	s = find_header(pr, xfmt("%s(", name));
	for (unsigned int i = 0; i < s.nfound; i++)
		if (try_one(pr, name, s.found[i], uses, nuses))
			return true;
	return false;
}

int cmd_scaffold(struct program *pr, char **names, unsigned int n, char **uses, unsigned int nuses)
{
	for (unsigned int i = 0; i < n; i++) {
		if (i)
			putchar('\n');
		if (!scaffold(pr, names[i], uses, nuses))
			diag_hint(diag((struct loc){ 0 }, E_UNKNOWN_NAME,
				       "no kernel header has a structure or function `%s`",
				       names[i]),
				  "name its header with --use linux/NAME.h");
	}
	return diag_errors() ? 1 : 0;
}
