// SPDX-License-Identifier: GPL-2.0
/* nooksctl load: the modules a linked driver needs, the driver, and what came of it. */
#include "ctl.h"
#include "kernel.h"
#include "linker.h"

#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH	16
#define MAX_DIRS	16
#define PATH_SIZE	1024

static const char load_help[] =
"usage: nooksctl load [OPTION]... DRIVER [PARAMETER=VALUE]... [DRIVER ...]\n"
"\n"
"Load linked drivers and, before them, the modules they need: the runtime, the\n"
"wrapper modules, helper modules of the same domain.  DRIVER is a file or the name\n"
"of a module in /lib/modules/RELEASE/updates/nooks.  Needed modules are looked for\n"
"beside the driver, there, and in the kernel's own module tree.\n"
"\n"
"  -d, --directory DIR   also look for modules in DIR; may be repeated\n"
"  -q, --quiet           print nothing when all goes well\n"
"\n"
"Waits until the driver's domain is live and says what was bound.\n";

struct search {
	const char *dirs[MAX_DIRS];
	size_t ndirs;
	bool quiet;
};

/* Equal as module names: '-' and '_' are the same. */
static bool same_name(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char x = a[i] == '-' ? '_' : a[i], y = b[i] == '-' ? '_' : b[i];

		if (x != y || !x)
			return false;
	}
	return true;
}

static const char *wanted;
static char found[PATH_SIZE];

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *base = path + ftw->base;
	size_t n = strlen(wanted);

	if (type != FTW_F || strlen(base) < n + 3 || !same_name(base, wanted, n) ||
	    strcmp(base + n, ".ko"))
		return 0;
	snprintf(found, sizeof(found), "%s", path);
	return 1;
}

static bool find_in(const char *dir, const char *name, char *path)
{
	wanted = name;
	if (nftw(dir, visit, 16, FTW_PHYS) != 1)
		return false;
	snprintf(path, PATH_SIZE, "%s", found);
	return true;
}

static bool find_flat(const char *dir, const char *name, char *path)
{
	size_t i, n = strlen(name);
	char variant[128];
	int v;

	for (v = 0; v < 3 && n < sizeof(variant); v++) {
		for (i = 0; i <= n; i++) {
			bool sep = name[i] == '-' || name[i] == '_';

			variant[i] = v && sep ? (v == 1 ? '_' : '-') : name[i];
		}
		if (snprintf(path, PATH_SIZE, "%s/%s.ko", dir, variant) < PATH_SIZE &&
		    !access(path, R_OK))
			return true;
	}
	return false;
}

/* @beside: directory of the module that needs it, or NULL */
static bool find_module(const struct search *s, const char *name, const char *beside, bool linked,
			char *path)
{
	char dir[PATH_SIZE];
	size_t i;

	if (beside && find_flat(beside, name, path))
		return true;
	for (i = 0; i < s->ndirs; i++)
		if (find_flat(s->dirs[i], name, path))
			return true;
	snprintf(dir, sizeof(dir), "/lib/modules/%s/updates/nooks", kernel_release());
	if (find_flat(dir, name, path))
		return true;
	if (linked)
		return false;
	snprintf(dir, sizeof(dir), "/lib/modules/%s", kernel_release());
	return find_in(dir, name, path);
}

static int explain(const char *file, int err, long mark)
{
	const char *hint = "";

	switch (-err) {
	case ENOEXEC:
		hint = "\n    hint: not a module of this kernel, or linked against other wrapper modules: link it again";
		break;
	case ENOENT:
		hint = "\n    hint: a symbol is missing: were the wrapper modules rebuilt? link the driver again";
		break;
	case EINVAL:
		hint = "\n    hint: symbol versions differ: link the driver again with the wrappers' current Module.symvers";
		break;
	case EPERM:
	case EACCES:
		hint = "\n    hint: run it as root; loading modules may be disabled";
		break;
	case EKEYREJECTED:
		hint = "\n    hint: this kernel only loads signed modules: sign it, or turn Secure Boot off";
		break;
	case EBUSY:
		hint = "\n    hint: the runtime refused it, or its domain is being recovered";
		break;
	}
	ctl_fail("%s: %s%s", file, strerror(-err), hint);
	kernel_log_print(mark);
	return CTL_FAILED;
}

static int load_file(const struct search *s, const char *file, const char *params, int depth);

/* Load what .modinfo says the module at @file needs. */
static int load_needed(const struct search *s, const char *file, int depth)
{
	char *depends = nl_modinfo(file, "depends"), *name, *state = NULL;
	char dir[PATH_SIZE], path[PATH_SIZE], *slash;
	int ret = CTL_OK;

	snprintf(dir, sizeof(dir), "%s", file);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	else
		strcpy(dir, ".");
	for (name = depends ? strtok_r(depends, ",", &state) : NULL; name && !ret;
	     name = strtok_r(NULL, ",", &state)) {
		if (kernel_module_loaded(name))
			continue;
		if (!find_module(s, name, dir, false, path)) {
			ret = ctl_fail("%s needs the module %s, which is nowhere to be found\n"
				       "    hint: build and install it, or name its directory with -d",
				       file, name);
			break;
		}
		ret = load_file(s, path, "", depth + 1);
	}
	free(depends);
	return ret;
}

static int load_file(const struct search *s, const char *file, const char *params, int depth)
{
	char *name = nl_modinfo(file, "name");
	long mark;
	int err;

	if (!name)
		return ctl_fail("%s: %s", file, access(file, R_OK) ? strerror(errno) :
				"not a kernel module");
	if (depth > MAX_DEPTH) {
		free(name);
		return ctl_fail("%s: modules need each other in a circle", file);
	}
	err = load_needed(s, file, depth);
	if (err) {
		free(name);
		return err;
	}
	mark = kernel_log_mark();
	err = kernel_load(file, params);
	if (err && !(err == -EEXIST && depth)) {
		if (err == -EEXIST)
			ctl_fail("%s is loaded already", name);
		else
			explain(file, err, mark);
		free(name);
		return CTL_FAILED;
	}
	if (mark >= 0)
		close(mark);
	if (!s->quiet && depth)
		printf("loaded %s\n", name);
	free(name);
	return CTL_OK;
}

/* The domain is live when the runtime says so; init may still be failing over. */
static int await_domain(const struct search *s, const char *module, const char *domain)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	const struct json *d = NULL, *m;
	struct json *status = NULL;
	int tries;

	for (tries = 0; tries < 200; tries++) {
		json_free(status);
		status = kernel_try_json("status");
		d = status ? kernel_domain(status, domain) : NULL;
		if (d && !strcmp(json_text(d, "state"), "live"))
			break;
		nanosleep(&pause, NULL);
	}
	if (!d || strcmp(json_text(d, "state"), "live")) {
		ctl_fail("%s: domain %s is %s\n    hint: nooksctl report %s", module, domain,
			 d ? json_text(d, "state") : "not there", domain);
		json_free(status);
		return CTL_FAILED;
	}
	json_each(m, json_get(d, "modules")) {
		if (s->quiet || strlen(json_text(m, "name")) != strlen(module) ||
		    !same_name(json_text(m, "name"), module, strlen(module)))
			continue;
		printf("loaded %s in domain %s (%s): %llu of %llu thunks bound, %llu wrappers available\n",
		       module, domain, json_text(d, "backend"), json_number(m, "bound"),
		       json_number(m, "thunks"), json_number(status, "wrappers"));
	}
	json_free(status);
	return CTL_OK;
}

static int load_driver(const struct search *s, const char *arg, const char *params)
{
	char path[PATH_SIZE], *name, *domain;
	size_t n = strlen(arg);
	int ret;

	if (strchr(arg, '/') || (n > 3 && !strcmp(arg + n - 3, ".ko")))
		snprintf(path, sizeof(path), "%s", arg);
	else if (!find_module(s, arg, NULL, true, path))
		return ctl_fail("there is no linked module %s in /lib/modules/%s/updates/nooks\n"
				"    hint: nooksctl link %s.ko -o FILE, then nooksctl load FILE", arg,
				kernel_release(), arg);
	if (access(path, R_OK))
		return ctl_fail("%s: %s", path, strerror(errno));
	name = nl_modinfo(path, "name");
	domain = nl_modinfo(path, "nooks");
	if (!name)
		ret = ctl_fail("%s: not a kernel module", path);
	else if (!domain && strncmp(name, "nooks", 5))
		ret = ctl_fail("%s is not linked: it would run with all the kernel's rights\n"
			       "    hint: nooksctl link %s -o FILE, then nooksctl load FILE", path, path);
	else
		ret = load_file(s, path, params, 0);
	if (!ret && domain)
		ret = await_domain(s, name, domain);
	else if (!ret && !s->quiet)
		printf("loaded %s\n", name);
	free(name);
	free(domain);
	return ret;
}

static int run(const struct ctl_command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "directory", required_argument, NULL, 'd' },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	struct search s = { .ndirs = 0 };
	int o, ret = CTL_OK;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "d:q", options, NULL)) != -1) {
		if (o == 'd' && s.ndirs < MAX_DIRS)
			s.dirs[s.ndirs++] = optarg;
		else if (o == 'q')
			s.quiet = true;
		else
			return ctl_usage(c, "unknown option or missing argument: %s", argv[optind - 1]);
	}
	if (optind == argc || strchr(argv[optind], '='))
		return ctl_usage(c, "no driver given");
	while (optind < argc && !ret) {
		const char *driver = argv[optind++];
		char params[2048] = "";
		size_t n = 0;

		/* A path may contain '='; a parameter's name holds no '/'. */
		for (; optind < argc && strchr(argv[optind], '=') &&
		     !memchr(argv[optind], '/', strcspn(argv[optind], "=")); optind++) {
			n += snprintf(params + n, sizeof(params) - n, "%s%s", n ? " " : "",
				      argv[optind]);
			if (n >= sizeof(params))
				return ctl_usage(c, "too many parameters");
		}
		ret = load_driver(&s, driver, params);
	}
	return ret;
}

const struct ctl_command ctl_load = {
	"load", "load a linked driver and the modules it needs", load_help, run,
};
