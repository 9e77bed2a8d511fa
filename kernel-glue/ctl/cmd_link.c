// SPDX-License-Identifier: GPL-2.0
/* nooksctl link: options, where the symbol tables are, the summary. */
#include "ctl.h"
#include "linker.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SYMVERS	16

static const char link_help[] =
"usage: nooksctl link DRIVER.ko [HELPER.ko]... -o OUT.ko|OUTDIR [OPTION]...\n"
"\n"
"Bind a driver binary to wrappers and thunks so that it can run in a domain.\n"
"The file is the distribution's own; no source and no compiler is needed.\n"
"Helper modules given with it share its domain: calls between them stay direct.\n"
"\n"
"  -o, --output FILE|DIR   where to write; a directory when there are helpers\n"
"  --domain NAME           name of the domain (default: name of the driver)\n"
"  --kernel RELEASE        kernel to link for (default: the one in the driver)\n"
"  --kernel-symvers FILE   its Module.symvers (default: of the installed headers);\n"
"                          repeat for modules that are not of the kernel's package\n"
"  --wrappers FILE         Module.symvers of the runtime and the wrapper modules;\n"
"                          may be repeated (default: Module.symvers in\n"
"                          /lib/modules/RELEASE/updates/nooks)\n"
"  --json                  print the summary as JSON\n"
"  --verbose               also say where thunks were needed; print all errors\n"
"\n"
"What it does not understand is an error that names section and relocation.\n";

struct link_args {
	struct nl_options opt;
	const char *kernel_symvers[MAX_SYMVERS];
	size_t nkernel;
	const char *wrappers[MAX_SYMVERS];
	size_t nwrappers;
	bool json, verbose;
};

static int parse_args(const struct ctl_command *c, int argc, char **argv, struct link_args *a)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "domain", required_argument, NULL, 'd' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "kernel-symvers", required_argument, NULL, 's' },
		{ "wrappers", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "o:v", options, NULL)) != -1) {
		switch (o) {
		case 'o':
			a->opt.output = optarg;
			break;
		case 'd':
			a->opt.domain = optarg;
			break;
		case 'k':
			a->opt.release = optarg;
			break;
		case 's':
			if (a->nkernel == MAX_SYMVERS)
				return ctl_usage(c, "too many --kernel-symvers");
			a->kernel_symvers[a->nkernel++] = optarg;
			break;
		case 'w':
			if (a->nwrappers == MAX_SYMVERS)
				return ctl_usage(c, "too many --wrappers");
			a->wrappers[a->nwrappers++] = optarg;
			break;
		case 'j':
			a->json = true;
			break;
		case 'v':
			a->verbose = true;
			break;
		default:
			return ctl_usage(c, "unknown option or missing argument: %s", argv[optind - 1]);
		}
	}
	for (; optind < argc; optind++) {
		if (a->opt.ninputs == NL_MAX_INPUTS)
			return ctl_usage(c, "too many modules");
		a->opt.inputs[a->opt.ninputs++] = argv[optind];
	}
	if (!a->opt.ninputs)
		return ctl_usage(c, "no module given");
	if (!a->opt.output)
		return ctl_usage(c, "no output given (-o)");
	return CTL_OK;
}

/* Release of the kernel to link for: malloc'd, NULL if the driver does not say. */
static char *find_release(const struct link_args *a)
{
	char *magic;

	if (a->opt.release)
		return strdup(a->opt.release);
	magic = nl_modinfo(a->opt.inputs[0], "vermagic");
	if (magic)
		magic[strcspn(magic, " ")] = 0;
	return magic;
}

static int read_kernel(struct link_args *a, struct nl_symvers *sv, const char *release)
{
	static const char *const places[] = {
		"/lib/modules/%s/build/Module.symvers", "/usr/src/linux-headers-%s/Module.symvers",
	};
	char path[512], err[600];
	size_t i;

	for (i = 0; i < a->nkernel; i++)
		if (nl_symvers_read(sv, a->kernel_symvers[i], err, sizeof(err)) < 0)
			return ctl_fail("%s", err);
	if (a->nkernel)
		return CTL_OK;
	for (i = 0; release && i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), places[i], release);
		if (access(path, R_OK))
			continue;
		return nl_symvers_read(sv, path, err, sizeof(err)) < 0 ? ctl_fail("%s", err) : CTL_OK;
	}
	return ctl_fail("no Module.symvers of kernel %s\n"
			"    hint: install linux-headers-%s or name the file with --kernel-symvers",
			release ? release : "(unknown)", release ? release : "RELEASE");
}

static int read_wrappers(struct link_args *a, struct nl_symvers *sv, const char *release)
{
	char path[512], err[600];
	size_t i;

	for (i = 0; i < a->nwrappers; i++)
		if (nl_symvers_read(sv, a->wrappers[i], err, sizeof(err)) < 0)
			return ctl_fail("%s", err);
	if (a->nwrappers)
		return CTL_OK;
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/nooks/Module.symvers",
		 release ? release : "");
	if (access(path, R_OK))
		return ctl_fail("no wrappers: %s does not exist\n"
				"    hint: build and install the wrapper modules, or name their Module.symvers with --wrappers",
				path);
	return nl_symvers_read(sv, path, err, sizeof(err)) < 0 ? ctl_fail("%s", err) : CTL_OK;
}

static void print_sha(FILE *f, const unsigned char *sha)
{
	int i;

	for (i = 0; i < 32; i++)
		fprintf(f, "%02x", sha[i]);
}

static void print_json(const struct nl_result *res, size_t n)
{
	size_t i, k;

	puts("[");
	for (i = 0; i < n; i++) {
		const struct nl_result *r = &res[i];

		fputs("  { \"module\": ", stdout);
		ctl_json_string(stdout, r->module);
		fputs(", \"domain\": ", stdout);
		ctl_json_string(stdout, r->domain);
		fputs(",\n    \"input\": ", stdout);
		ctl_json_string(stdout, r->file);
		fputs(", \"output\": ", stdout);
		ctl_json_string(stdout, r->output);
		fputs(",\n    \"sha256\": \"", stdout);
		print_sha(stdout, r->sha256);
		fputs("\",\n    \"depends\": ", stdout);
		ctl_json_string(stdout, r->depends);
		printf(",\n    \"imports\": %u, \"wrapped\": %u, \"call_sites\": %u, \"direct\": %u,",
		       r->imports, r->wrapped, r->calls, r->direct);
		printf("\n    \"addresses_taken\": %u, \"thunks\": %u, \"exports\": %u, \"labels\": %u,",
		       r->addresses, r->thunks, r->exports, r->labels);
		printf("\n    \"preempt_count\": { \"inc\": %u, \"dec\": %u, \"bh\": %u },",
		       r->preempt[NL_PC_INC], r->preempt[NL_PC_DEC], r->preempt[NL_PC_BH]);
		printf("\n    \"static_calls\": %u, \"fentry\": %u, \"port_io\": %u, \"cli\": %u, \"paravirt\": %u,",
		       r->static_calls, r->fentry, r->port_io, r->irq_flag, r->paravirt);
		printf("\n    \"data_bytes\": %lu,\n    \"sites\": {", (unsigned long)r->data_size);
		for (k = 0; k < r->nsites; k++) {
			printf("%s", k ? ", " : " ");
			ctl_json_string(stdout, r->sites[k].section);
			printf(": %u", r->sites[k].count);
		}
		fputs(" },\n    \"wrapper_modules\": [", stdout);
		for (k = 0; k < r->nwrapper_modules; k++) {
			printf("%s", k ? ", " : " ");
			ctl_json_string(stdout, r->wrapper_modules[k]);
		}
		printf(" ] }%s\n", i + 1 < n ? "," : "");
	}
	puts("]");
}

static void print_text(const struct nl_result *res, size_t n, bool verbose)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		const struct nl_result *r = &res[i];

		printf("%s -> %s\n", r->file, r->output);
		printf("  domain %s; %u imported functions bound to wrappers at %u calls",
		       r->domain, r->wrapped, r->calls + r->static_calls);
		if (r->direct)
			printf(", %u direct within the domain", r->direct);
		printf("\n  %u thunks for own functions", r->thunks);
		if (r->exports)
			printf(" (%u exported)", r->exports);
		printf("; %u kernel addresses taken\n", r->addresses);
		if (verbose) {
			for (k = 0; k < r->nsites; k++)
				printf("    %6u in %s\n", r->sites[k].count, r->sites[k].section);
			printf("  %u labels in code kept, %u traced functions untraced\n", r->labels,
			       r->fentry);
		}
		printf("  preempt count %u+%u+%u sites, static calls %u, port I/O %u, cli %u\n",
		       r->preempt[NL_PC_INC], r->preempt[NL_PC_DEC], r->preempt[NL_PC_BH],
		       r->static_calls, r->port_io, r->irq_flag);
		printf("  needs %s\n  sha256 of the source ", r->depends);
		print_sha(stdout, r->sha256);
		putchar('\n');
	}
	printf("next: nooksctl load");
	for (i = n; i > 0; i--)
		printf(" %s", res[i - 1].output);
	printf("\n      or install in /lib/modules/RELEASE/updates/nooks, run depmod, and:"
	       " nooksctl load %s\n", res[0].module);
}

static int run(const struct ctl_command *c, int argc, char **argv)
{
	struct nl_result res[NL_MAX_INPUTS];
	struct nl_symvers *kernel = nl_symvers_new(), *wrappers = nl_symvers_new();
	struct link_args a = { .opt = { .diag = stderr, .max_errors = 20 } };
	char *release = NULL;
	size_t i;
	int ret;

	ret = parse_args(c, argc, argv, &a);
	if (ret)
		goto out;
	if (a.verbose)
		a.opt.max_errors = 0;
	release = find_release(&a);
	ret = read_kernel(&a, kernel, release);
	if (!ret)
		ret = read_wrappers(&a, wrappers, release);
	if (ret)
		goto out;
	a.opt.kernel = kernel;
	a.opt.wrappers = wrappers;
	if (nl_link(&a.opt, res)) {
		unsigned int errors = 0;

		for (i = 0; i < a.opt.ninputs; i++)
			errors += res[i].errors;
		ret = ctl_fail("nothing written: %u error%s", errors, errors == 1 ? "" : "s");
	} else if (a.json) {
		print_json(res, a.opt.ninputs);
	} else {
		print_text(res, a.opt.ninputs, a.verbose);
	}
	for (i = 0; i < a.opt.ninputs; i++)
		nl_result_free(&res[i]);
out:
	free(release);
	nl_symvers_free(kernel);
	nl_symvers_free(wrappers);
	return ret;
}

const struct ctl_command ctl_link = {
	"link", "bind a driver binary to wrappers and thunks", link_help, run,
};
