// SPDX-License-Identifier: GPL-2.0
/* The command line: nooksgen COMMAND [OPTION]... [FILE.idl]... */
#include <dirent.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nooksgen.h"

#ifndef NOOKSGEN_TEMPLATES
#define NOOKSGEN_TEMPLATES "templates"
#endif

static const char usage[] =
	"nooksgen makes checked wrappers and stubs out of IDL and kernel headers.\n"
	"\n"
	"usage: nooksgen generate [OPTION]... -o DIR [FILE.idl]...   write the C files\n"
	"       nooksgen check [OPTION]... [FILE.idl]...             only say what is wrong\n"
	"       nooksgen lock [OPTION]... [--check] [FILE.idl]...    pin signatures and layouts\n"
	"       nooksgen scaffold [OPTION]... [--use HEADER]... STRUCT|FUNCTION...\n"
	"       nooksgen explain NAME                                what a [-WNAME] means\n"
	"\n"
	"  --kernel DIR|RELEASE   kernel headers (default: of the running kernel, or the only ones)\n"
	"  --idl DIR              where the .idl files are (default: idl)\n"
	"  --glue DIR             where `glue` headers are (default: IDL/../kernel-glue/class)\n"
	"  --include DIR          include path of the glue headers (default: IDL/../runtime/include)\n"
	"  --templates DIR        the m4 templates\n"
	"  -o, --output DIR       where to write\n"
	"  --dump facts|model|plan  print a stage of the pipeline as JSON and stop\n"
	"  --check                lock: compare, write nothing\n"
	"  --against RELEASE      compare with the lock of another kernel\n"
	"  --use HEADER           scaffold: the header, if it is not to be looked for\n"
	"  --allow-todo           let `todo` pass\n"
	"  --json                 diagnostics as JSON\n"
	"  --help, --version\n"
	"\n"
	"Without FILE.idl, all files of the IDL directory.  Exit status: 0, 1 after an error in\n"
	"the input, 2 for wrong usage.\n";

/* Beside an installed nooksgen; else where it was built from. */
static const char *default_templates(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;
	const char *dir;
	struct stat st;

	if (n > 0) {
		exe[n] = 0;
		slash = strrchr(exe, '/');
		dir = xfmt("%.*s/../share/nooks/templates", (int)(slash ? slash - exe : 0), exe);
		if (!stat(dir, &st))
			return dir;
	}
	return NOOKSGEN_TEMPLATES;
}

struct options {
	const char *kernel, *idl, *output, *templates, *dump, *against;
	bool json, lock_check;
	char **uses;
	unsigned int nuses;
};

static int wrong_usage(const char *why)
{
	fprintf(stderr, "nooksgen: %s\nTry `nooksgen --help`.\n", why);
	return 2;
}

static int finish(const struct options *o, int status)
{
	if (diag_errors())
		status = 1;
	diag_flush(stderr, o->json);
	return status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_files(const char *dir, char ***v, unsigned int *n)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d) {
		diag((struct loc){ 0 }, E_NO_FILE, "%s: no such directory", dir);
		return;
	}
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 4 && streq(e->d_name + len - 4, ".idl") && *e->d_name != '.')
			push(*v, *n, xfmt("%s/%s", dir, e->d_name));
	}
	closedir(d);
	if (*n)
		qsort(*v, *n, sizeof(**v), by_name);
}

static void all_files(const char *dir, char ***v, unsigned int *n)
{
	list_files(dir, v, n);
	if (!*n && !diag_errors())
		diag((struct loc){ 0 }, E_NO_FILE, "%s: there is no .idl file", dir);
}

/* Everything up to a checked model; false after reporting. */
static bool prepare(struct program *pr, const struct options *o, char **files, unsigned int n)
{
	struct kernel_tree *kt;

	if (!n)
		all_files(o->idl, &files, &n);
	if (diag_errors() || !program_load(pr, files, n))
		return false;
	kt = kernel_tree_find(o->kernel);
	if (!kt)
		return false;
	pr->kernel = kt;
	for (unsigned int i = 0; i < pr->nfiles; i++) {
		struct file *f = pr->files[i];

		f->facts = facts_load(pr, f);
		if (!f->facts)
			return false;
		model_resolve(pr, f);
		check_params(pr, f);
		check_calls(pr, f);
		check_objects(pr, f);
		check_exprs(pr, f);
		facts_free(f->facts);
		f->facts = NULL;
	}
	return !diag_errors();
}

/* What is declared already needs no attribute in a scaffold; no IDL yet is fine too. */
static void known_objects(struct program *pr, const struct options *o)
{
	struct stat st;
	char **files = NULL;
	unsigned int n = 0;

	if (stat(o->idl, &st))
		return;
	list_files(o->idl, &files, &n);
	program_load(pr, files, n);
}

static int run_command(const char *cmd, struct program *pr, struct options *o, char **args,
		       unsigned int n)
{
	const char *lock;
	bool ok;

	if (streq(cmd, "explain")) {
		if (n != 1)
			return wrong_usage("explain needs one NAME");
		return cmd_explain(args[0]);
	}
	if (streq(cmd, "scaffold")) {
		if (!n)
			return wrong_usage("scaffold needs a structure or function");
		pr->kernel = kernel_tree_find(o->kernel);
		if (!pr->kernel)
			return finish(o, 1);
		known_objects(pr, o);
		return finish(o, cmd_scaffold(pr, args, n, o->uses, o->nuses));
	}
	if (streq(cmd, "generate") && !o->output && !o->dump)
		return wrong_usage("generate needs -o DIR");
	ok = prepare(pr, o, args, n);
	if (o->dump) {
		int status = cmd_dump(pr, o->dump, stdout);

		return status == 2 ? wrong_usage("--dump wants facts, model or plan") :
				     finish(o, status);
	}
	if (!ok)
		return finish(o, 1);
	lock = xfmt("%s/locks/%s.lock", o->idl, o->against ? o->against : pr->kernel->release);
	if (!streq(cmd, "lock"))
		lock_compare(pr, lock, false);
	if (streq(cmd, "check") || diag_errors())
		return finish(o, 0);
	if (streq(cmd, "generate"))
		return finish(o, emit(pr, o->output, o->templates) ? 0 : 1);
	if (!o->lock_check)
		return finish(o, lock_write(pr, lock) ? 0 : 1);
	lock_compare(pr, lock, true);
	return finish(o, 0);
}

int main(int argc, char **argv)
{
	enum {
		O_KERNEL = 256,
		O_IDL,
		O_GLUE,
		O_INCLUDE,
		O_TEMPLATES,
		O_DUMP,
		O_TODO,
		O_JSON,
		O_CHECK,
		O_AGAINST,
		O_USE,
		O_HELP,
		O_VERSION
	};
	static const struct option longs[] = {
		{ "kernel", 1, NULL, O_KERNEL },
		{ "idl", 1, NULL, O_IDL },
		{ "glue", 1, NULL, O_GLUE },
		{ "include", 1, NULL, O_INCLUDE },
		{ "templates", 1, NULL, O_TEMPLATES },
		{ "output", 1, NULL, 'o' },
		{ "dump", 1, NULL, O_DUMP },
		{ "allow-todo", 0, NULL, O_TODO },
		{ "json", 0, NULL, O_JSON },
		{ "check", 0, NULL, O_CHECK },
		{ "against", 1, NULL, O_AGAINST },
		{ "use", 1, NULL, O_USE },
		{ "help", 0, NULL, O_HELP },
		{ "version", 0, NULL, O_VERSION },
		{ 0 },
	};
	static const char *const commands[] = { "generate", "check", "lock", "scaffold",
						"explain" };
	struct options o = { .idl = "idl", .templates = getenv("NOOKSGEN_TEMPLATES") };
	struct program pr = { 0 };
	unsigned int i;
	int c;

	while ((c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			o.output = optarg;
			break;
		case O_KERNEL:
			o.kernel = optarg;
			break;
		case O_IDL:
			o.idl = optarg;
			break;
		case O_GLUE:
			push(pr.glue_dirs, pr.nglue_dirs, optarg);
			break;
		case O_INCLUDE:
			push(pr.include_dirs, pr.ninclude_dirs, optarg);
			break;
		case O_TEMPLATES:
			o.templates = optarg;
			break;
		case O_DUMP:
			o.dump = optarg;
			break;
		case O_TODO:
			pr.allow_todo = true;
			break;
		case O_JSON:
			o.json = true;
			break;
		case O_CHECK:
			o.lock_check = true;
			break;
		case O_AGAINST:
			o.against = optarg;
			break;
		case O_USE:
			push(o.uses, o.nuses, optarg);
			break;
		case O_HELP:
			fputs(usage, stdout);
			return 0;
		case O_VERSION:
			puts("nooksgen " NOOKSGEN_VERSION);
			return 0;
		default:
			return 2;
		}
	}
	if (!o.templates)
		o.templates = default_templates();
	if (!pr.nglue_dirs)
		push(pr.glue_dirs, pr.nglue_dirs, xfmt("%s/../kernel-glue/class", o.idl));
	if (!pr.ninclude_dirs)
		push(pr.include_dirs, pr.ninclude_dirs, xfmt("%s/../runtime/include", o.idl));
	if (optind == argc)
		return wrong_usage("no command");
	for (i = 0; i < ARRAY_SIZE(commands) && !streq(argv[optind], commands[i]); i++)
		;
	if (i == ARRAY_SIZE(commands))
		return wrong_usage(xfmt("there is no command `%s`", argv[optind]));
	return run_command(commands[i], &pr, &o, argv + optind + 1,
			   (unsigned int)(argc - optind - 1));
}
