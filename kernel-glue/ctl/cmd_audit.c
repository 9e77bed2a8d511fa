// SPDX-License-Identifier: GPL-2.0
/*
 * nooksctl audit: everything a driver can write, and who said so.
 *
 * Exit status 0 only when the runtime walked the domain's page table to its end
 * and explained every writable page.
 */
#include "ctl.h"
#include "kernel.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS	1024

static const char audit_help[] =
"usage: nooksctl audit [OPTION]... [DOMAIN]\n"
"\n"
"Walk the page table that the driver runs under, and explain every byte it can write:\n"
"its own pages, and bytes of kernel objects that a trapped write may change.\n"
"Without DOMAIN, all domains.  Fails if a writable page is not explained.\n"
"\n"
"  -j, --json      the runtime's own JSON document\n"
"  -v, --verbose   every page run and every field with its address\n";

struct group {
	const char *what, *detail, *source;
	unsigned long long bytes;
	unsigned int count;
	bool checked;
};

static void add(struct group *g, unsigned int *n, const struct json *e, const char *what,
		const char *detail)
{
	const char *source = json_text(e, "source");
	unsigned int i;

	for (i = 0; i < *n; i++)
		if (!strcmp(g[i].what, what) && !strcmp(g[i].detail, detail) &&
		    !strcmp(g[i].source, source))
			break;
	if (i == MAX_GROUPS)
		i--;		/* the last line then stands for the rest */
	if (i == *n) {
		g[i] = (struct group){ what, detail, source, 0, 0, json_true(e, "checked") };
		++*n;
	}
	g[i].bytes += json_number(e, "bytes");
	g[i].count++;
}

static void print_groups(const struct json *list, bool fields)
{
	struct group *g = calloc(MAX_GROUPS, sizeof(*g));
	unsigned int n = 0, i;
	const struct json *e;

	if (!g)
		return;
	json_each(e, list)
		add(g, &n, e, json_text(e, fields ? "type" : "what"),
		    fields ? json_text(e, "field") : "");
	for (i = 0; i < n; i++)
		printf("  %10llu bytes %5ux  %s%s%s%s   %s\n", g[i].bytes, g[i].count, g[i].what,
		       *g[i].detail ? "." : "", g[i].detail, g[i].checked ? " (checked)" : "",
		       g[i].source);
	free(g);
}

static void print_all(const struct json *list, bool fields)
{
	const struct json *e;

	json_each(e, list)
		printf("  %s %10llu bytes  %s%s%s%s   %s\n", json_text(e, "address"),
		       json_number(e, "bytes"), json_text(e, fields ? "type" : "what"),
		       fields && *json_text(e, "field") ? "." : "",
		       fields ? json_text(e, "field") : "",
		       json_true(e, "checked") ? " (checked)" : "", json_text(e, "source"));
}

static int audit(const char *domain, bool verbose)
{
	const struct json *totals;
	struct json *doc;
	char path[200];
	bool ok;

	snprintf(path, sizeof(path), "domains/%s/audit", domain);
	doc = kernel_json(path);
	if (!doc)
		return CTL_FAILED;
	totals = json_get(doc, "totals");
	ok = json_true(doc, "ok") && !json_number(totals, "grants_not_listed");
	printf("domain %s (%s)\nwritable pages, no trap:\n", domain, json_text(doc, "backend"));
	(verbose ? print_all : print_groups)(json_get(doc, "pages"), false);
	puts("bytes of kernel objects, each write trapped and judged:");
	(verbose ? print_all : print_groups)(json_get(doc, "grants"), true);
	if ((long long)json_number(totals, "walk_error"))
		printf("the page table could not be walked: error %s\n",
		       json_text(totals, "walk_error"));
	if (json_number(totals, "grants_not_listed"))
		printf("%llu field rights are not listed: too many\n",
		       json_number(totals, "grants_not_listed"));
	if (json_number(totals, "unexplained"))
		printf("NOT EXPLAINED: %llu runs of writable pages, %llu bytes\n",
		       json_number(totals, "unexplained"),
		       json_number(totals, "unexplained_bytes"));
	printf("audit of %s %s: %llu bytes of its own, %llu writable bytes outside driver-owned memory, %llu unexplained\n",
	       domain, ok ? "passed" : "FAILED", json_number(totals, "owned_bytes"),
	       json_number(totals, "outside_bytes"), json_number(totals, "unexplained_bytes"));
	json_free(doc);
	return ok ? CTL_OK : CTL_FAILED;
}

static int audit_json(const char *domain)
{
	char path[200], err[100], *text;
	struct json *doc;
	int ret;

	snprintf(path, sizeof(path), "domains/%s/audit", domain);
	text = kernel_read(path);
	if (!text)
		return CTL_FAILED;
	fputs(text, stdout);
	doc = json_parse(text, err, sizeof(err));
	ret = json_true(doc, "ok") ? CTL_OK : CTL_FAILED;
	json_free(doc);
	free(text);
	return ret;
}

static int run(const struct ctl_command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false, verbose = false;
	const struct json *d;
	struct json *status;
	const char *domain;
	int o, ret = CTL_OK;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "jv", options, NULL)) != -1) {
		if (o == 'j')
			json = true;
		else if (o == 'v')
			verbose = true;
		else
			return ctl_usage(c, "unknown option: %s", argv[optind - 1]);
	}
	if (argc - optind > 1)
		return ctl_usage(c, "one domain at a time, or none for all");
	status = kernel_json("status");
	if (!status)
		return CTL_FAILED;
	if (json || argv[optind] || !json_length(json_get(status, "domains"))) {
		domain = kernel_pick_domain(status, argv[optind]);
		ret = !domain ? CTL_FAILED : json ? audit_json(domain) : audit(domain, verbose);
	} else {
		json_each(d, json_get(status, "domains"))
			if (audit(json_text(d, "name"), verbose))
				ret = CTL_FAILED;
	}
	json_free(status);
	return ret;
}

const struct ctl_command ctl_audit = {
	"audit", "explain every byte a driver can write", audit_help, run,
};
