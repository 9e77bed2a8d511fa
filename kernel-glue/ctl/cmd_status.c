// SPDX-License-Identifier: GPL-2.0
/* nooksctl status: what runs isolated, and how it fares. */
#include "ctl.h"
#include "kernel.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char status_help[] =
"usage: nooksctl status [OPTION]...\n"
"\n"
"Show the domains, the modules in them, and what crossed their boundaries.\n"
"\n"
"  -j, --json            the runtime's own JSON document\n"
"  -w, --watch[=SECONDS] show it again and again (default: every second), with rates\n"
"\n"
"columns: THUNKS bound/all; UPCALLS kernel to driver; DOWNCALLS driver to kernel;\n"
"DEFERRED performed without a gate of their own; TRAPS permitted writes;\n"
"FAILED/BACK failures and recoveries; HEAP bytes in use\n";

static void print_bytes(char *out, size_t n, unsigned long long bytes)
{
	if (bytes >= 10ull << 20)
		snprintf(out, n, "%lluM", bytes >> 20);
	else if (bytes >= 10ull << 10)
		snprintf(out, n, "%lluK", bytes >> 10);
	else
		snprintf(out, n, "%llu", bytes);
}

static void print_domain(const struct json *d)
{
	unsigned long long thunks = 0, bound = 0;
	char heap[32], both[48], fails[48];
	const struct json *m;

	json_each(m, json_get(d, "modules")) {
		thunks += json_number(m, "thunks");
		bound += json_number(m, "bound");
	}
	print_bytes(heap, sizeof(heap), json_number(d, "heap_used_bytes"));
	snprintf(both, sizeof(both), "%llu/%llu", bound, thunks);
	snprintf(fails, sizeof(fails), "%llu/%llu", json_number(d, "failures"),
		 json_number(d, "recoveries"));
	printf("%-16s %-10s %-9s %8s %9llu %9llu %9llu %8llu %9s %7s\n", json_text(d, "name"),
	       json_text(d, "state"), json_text(d, "backend"), both, json_number(d, "upcalls"),
	       json_number(d, "downcalls"), json_number(d, "deferred"), json_number(d, "traps"),
	       fails, heap);
	json_each(m, json_get(d, "modules"))
		printf("    %s: %llu of %llu thunks bound, %llu bytes of data%s, source sha256 %.16s\n",
		       json_text(m, "name"), json_number(m, "bound"), json_number(m, "thunks"),
		       json_number(m, "data_bytes"),
		       json_true(m, "initialized") ? "" : ", not initialized",
		       json_text(m, "source_sha256"));
	if (json_number(d, "violations"))
		printf("    %llu broken promises repaired (interrupts, preemption, locks)\n",
		       json_number(d, "violations"));
	if (json_number(d, "recoveries"))
		printf("    last recovery took %llu.%03llu ms\n",
		       json_number(d, "last_recovery_us") / 1000,
		       json_number(d, "last_recovery_us") % 1000);
}

/* What happened since the document before. */
static void print_rates(const struct json *now, const struct json *before, unsigned int seconds)
{
	static const char *const what[] = { "upcalls", "downcalls", "deferred", "traps" };
	const struct json *d, *o;
	size_t i;

	json_each(d, json_get(now, "domains")) {
		o = kernel_domain(before, json_text(d, "name"));
		if (!o)
			continue;
		printf("%-16s per second:", json_text(d, "name"));
		for (i = 0; i < sizeof(what) / sizeof(*what); i++) {
			unsigned long long a = json_number(o, what[i]), b = json_number(d, what[i]);

			printf(" %s %llu", what[i], b > a ? (b - a) / seconds : 0);
		}
		putchar('\n');
	}
}

static void print_status(const struct json *status)
{
	const struct json *d;

	printf("nooks %s, %s backend; %llu wrappers: %llu run in the domain (%llu of them ours), %llu unchecked, %llu deferred, %llu fatal\n",
	       json_text(status, "version"), json_text(status, "backend"),
	       json_number(status, "wrappers"),
	       json_number(status, "local") + json_number(status, "library"),
	       json_number(status, "library"), json_number(status, "unchecked"),
	       json_number(status, "deferred_wrappers"), json_number(status, "fatal_wrappers"));
	if (!json_length(json_get(status, "domains"))) {
		puts("no driver is loaded isolated");
		return;
	}
	printf("\n%-16s %-10s %-9s %8s %9s %9s %9s %8s %9s %7s\n", "DOMAIN", "STATE", "BACKEND",
	       "THUNKS", "UPCALLS", "DOWNCALLS", "DEFERRED", "TRAPS", "FAIL/BACK", "HEAP");
	json_each(d, json_get(status, "domains"))
		print_domain(d);
}

static int watch(unsigned int seconds)
{
	struct json *status, *before = NULL;

	for (;;) {
		status = kernel_json("status");
		if (!status)
			break;
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		print_status(status);
		if (before) {
			putchar('\n');
			print_rates(status, before, seconds);
		}
		if (fflush(stdout))
			break;
		json_free(before);
		before = status;
		sleep(seconds);
	}
	json_free(before);
	return CTL_FAILED;
}

static int run(const struct ctl_command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "watch", optional_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int o, seconds = 0;
	char *text, *end;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "jw::", options, NULL)) != -1) {
		switch (o) {
		case 'j':
			json = true;
			break;
		case 'w':
			seconds = optarg ? strtol(optarg, &end, 10) : 1;
			if (seconds < 1 || seconds > 3600 || (optarg && *end))
				return ctl_usage(c, "--watch takes 1 to 3600 seconds");
			break;
		default:
			return ctl_usage(c, "unknown option: %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return ctl_usage(c, "unexpected argument %s", argv[optind]);
	if (json && seconds)
		return ctl_usage(c, "--json and --watch do not go together");
	if (seconds)
		return watch(seconds);
	if (json) {
		text = kernel_read("status");
		if (!text)
			return CTL_FAILED;
		fputs(text, stdout);
		free(text);
	} else {
		struct json *status = kernel_json("status");

		if (!status)
			return CTL_FAILED;
		print_status(status);
		json_free(status);
	}
	return CTL_OK;
}

const struct ctl_command ctl_status = {
	"status", "show domains, drivers and what crossed their boundaries", status_help, run,
};
