// SPDX-License-Identifier: GPL-2.0
/* nooksctl unload: drivers, then what only they needed. */
#include "ctl.h"
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MODULES	256
#define MAX_DEPTH	16

static const char unload_help[] =
"usage: nooksctl unload DRIVER...\n"
"       nooksctl unload --all\n"
"\n"
"Unload isolated drivers: each named module, then helper modules of its domain that\n"
"nothing uses any more.  The wrapper modules and the runtime stay, unless --all.\n"
"\n"
"  -a, --all     all isolated drivers, then the wrapper modules, then the runtime\n"
"  -q, --quiet   print nothing when all goes well\n";

static bool quiet;

static int unload_one(const char *name)
{
	long mark = kernel_log_mark();
	const char *hint = "";
	int err = kernel_unload(name);

	if (!err) {
		if (!quiet)
			printf("unloaded %s\n", name);
		return CTL_OK;
	}
	if (err == -EWOULDBLOCK || err == -EBUSY)
		hint = "\n    hint: something uses it; see /sys/module/NAME/holders, close its devices";
	else if (err == -ENOENT)
		hint = "\n    hint: no such module is loaded";
	else if (err == -EPERM)
		hint = "\n    hint: run it as root";
	ctl_fail("%s: %s%s", name, strerror(-err), hint);
	kernel_log_print(mark);
	return CTL_FAILED;
}

/* Modules of @d but @except that nothing uses; again, as each one frees others. */
static int unload_helpers(const struct json *d, const char *except)
{
	const struct json *m;
	bool again = true;

	while (again) {
		again = false;
		json_each(m, json_get(d, "modules")) {
			const char *name = json_text(m, "name");

			if (!strcmp(name, except) || !kernel_module_loaded(name) ||
			    kernel_module_users(name))
				continue;
			if (unload_one(name))
				return CTL_FAILED;
			again = true;
		}
	}
	return CTL_OK;
}

/* Names differ in '-' and '_' only? */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static int unload_driver(const struct json *status, const char *name)
{
	const struct json *d, *m;
	int ret;

	json_each(d, json_get(status, "domains")) {
		json_each(m, json_get(d, "modules")) {
			if (!same_module(json_text(m, "name"), name))
				continue;
			ret = unload_one(name);
			/* Its helpers served it alone when they named no domain themselves. */
			return ret ? ret : unload_helpers(d, json_text(m, "name"));
		}
	}
	return ctl_fail("%s is in no domain\n    hint: nooksctl status lists the isolated drivers", name);
}

/* @name, but first every module that uses it: drivers, then wrapper modules. */
static int unload_tree(const char *name, int depth)
{
	char holders[MAX_MODULES][64];
	size_t n = 0, i;
	struct dirent *e;
	char path[300];
	DIR *dir;

	if (!kernel_module_loaded(name))
		return CTL_OK;
	if (depth > MAX_DEPTH)
		return ctl_fail("%s: modules use each other in a circle", name);
	snprintf(path, sizeof(path), "/sys/module/%s/holders", name);
	dir = opendir(path);
	while (dir && n < MAX_MODULES) {
		e = readdir(dir);
		if (!e)
			break;
		if (*e->d_name != '.' && strlen(e->d_name) < sizeof(holders[0]))
			strcpy(holders[n++], e->d_name);
	}
	if (dir)
		closedir(dir);
	for (i = 0; i < n; i++)
		if (unload_tree(holders[i], depth + 1))
			return CTL_FAILED;
	return unload_one(name);
}

static int run(const struct ctl_command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	struct json *status;
	bool all = false;
	int o, ret = CTL_OK;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "aq", options, NULL)) != -1) {
		if (o == 'a')
			all = true;
		else if (o == 'q')
			quiet = true;
		else
			return ctl_usage(c, "unknown option: %s", argv[optind - 1]);
	}
	if (all != (optind == argc))
		return ctl_usage(c, all ? "--all takes no names" : "no driver given");
	status = kernel_json("status");
	if (!status)
		return CTL_FAILED;
	if (all)
		ret = unload_tree("nooks", 0);
	for (; optind < argc && !ret; optind++)
		ret = unload_driver(status, argv[optind]);
	json_free(status);
	return ret;
}

const struct ctl_command ctl_unload = {
	"unload", "unload isolated drivers", unload_help, run,
};
