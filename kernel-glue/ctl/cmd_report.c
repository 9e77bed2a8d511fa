// SPDX-License-Identifier: GPL-2.0
/* nooksctl report: the account of a failure, for people. */
#include "ctl.h"
#include "kernel.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifndef NOOKSCTL_SMALL
#include <Zydis/Zydis.h>
#endif

static const char report_help[] =
"usage: nooksctl report [OPTION]... [DOMAIN]\n"
"\n"
"Tell how a driver failed and what was done about it: where it was, what it tried,\n"
"which right was missing, what was released, how long recovery took.\n"
"\n"
"  -a, --all    every failure on record, not only the last\n"
"  -j, --json   the runtime's own JSON document\n";

static unsigned int hex_bytes(const char *text, unsigned char *out, unsigned int max)
{
	unsigned int n = 0, byte;

	while (n < max && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = byte;
	return n;
}

/* The instruction at the failure; plain bytes where there is no disassembler. */
static void print_instruction(const struct json *r)
{
	unsigned char code[16];
	unsigned int n = hex_bytes(json_text(r, "code"), code, sizeof(code)), i, len = n;
	char text[128] = "";

	if (!n)
		return;
#ifndef NOOKSCTL_SMALL
	{
		ZydisDisassembledInstruction insn;

		if (ZYAN_SUCCESS(ZydisDisassembleATT(ZYDIS_MACHINE_MODE_LONG_64,
						     json_number(r, "ip"), code, n, &insn))) {
			snprintf(text, sizeof(text), "%s", insn.text);
			len = insn.info.length;
		}
	}
#endif
	printf("  instruction   %s", text);
	printf("%s[", *text ? "   " : "");
	for (i = 0; i < len; i++)
		printf("%s%02x", i ? " " : "", code[i]);
	puts("]");
}

static void print_place(const char *label, const char *name, const char *source)
{
	if (!*name)
		return;
	printf("  %-13s %s", label, name);
	if (*source)
		printf("   (%s)", source);
	putchar('\n');
}

static void print_object(const struct json *r)
{
	const struct json *o = json_get(r, "object");

	if (json_get(r, "address")) {
		printf("  address       %s", json_text(r, "address"));
		if (json_number(r, "size"))
			printf(", %llu bytes", json_number(r, "size"));
		if (*json_text(r, "address_symbol"))
			printf("   %s", json_text(r, "address_symbol"));
		putchar('\n');
	}
	if (!o)
		return;
	if (*json_text(o, "type")) {
		printf("  which is      %s", json_text(o, "type"));
		if (*json_text(o, "field"))
			printf(".%s", json_text(o, "field"));
		printf(" at %s+%llu", json_text(o, "key"), json_number(o, "offset"));
		if (*json_text(o, "source"))
			printf("   (%s)", json_text(o, "source"));
		putchar('\n');
	}
	print_place("missing right", json_text(o, "missing"), "");
}

static void print_registers(const struct json *r)
{
	const struct json *regs = json_get(r, "registers"), *c;
	unsigned int n = 0;

	json_each(c, regs) {
		if (!strcmp(c->key, "vector") || !strcmp(c->key, "error"))
			continue;
		printf("%s%6s %-20s", n % 4 ? "" : "   ", c->key, c->text ? c->text : "");
		if (++n % 4 == 0)
			putchar('\n');
	}
	if (n % 4)
		putchar('\n');
}

static void print_time(unsigned long long us, const char *what)
{
	if (us)
		printf(", %s %llu.%03llu ms", what, us / 1000, us % 1000);
}

static void print_recovery(const struct json *r)
{
	const struct json *list = json_get(r, "released"), *c;
	unsigned long long total = json_number(r, "recovery_us");

	json_each(c, json_get(r, "locks_released"))
		printf("  lock released %s at %s\n", json_text(c, "kind"), json_text(c, "address"));
	if (json_length(list))
		puts("  released");
	json_each(c, list)
		printf("    %5llu %s%s%s\n", json_number(c, "count"), json_text(c, "type"),
		       *json_text(c, "how") ? " by " : "", json_text(c, "how"));
	if (json_number(r, "heap_allocations"))
		printf("    %5llu heap allocations, %llu bytes\n",
		       json_number(r, "heap_allocations"), json_number(r, "heap_bytes"));
	printf("  outcome       %s", *json_text(r, "outcome") ? json_text(r, "outcome") :
	       "recovery is under way");
	print_time(total, "in");
	if (total) {
		print_time(json_number(r, "drain_us"), "draining");
		print_time(json_number(r, "release_us"), "releasing");
		print_time(json_number(r, "restart_us"), "restarting");
	}
	putchar('\n');
	if (json_number(r, "later"))
		printf("  meanwhile     %llu further failures of the same domain were absorbed\n",
		       json_number(r, "later"));
}

static void print_report(const struct json *r)
{
	time_t when = json_number(r, "time");
	char text[64] = "";
	const struct json *c;
	struct tm tm;

	if (when && localtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("failure %llu of domain %s%s%s, %s\n", json_number(r, "number"),
	       json_text(r, "domain"), *json_text(r, "module") ? ", module " : "",
	       json_text(r, "module"), text);
	printf("  %s\n\n", json_text(r, "why"));
	print_place("kind", json_text(r, "kind"), "");
	print_place("in upcall", json_text(r, "op"), json_text(r, "op_source"));
	print_place("in downcall", json_text(r, "wrapper"), json_text(r, "wrapper_source"));
	if (json_number(r, "argument"))
		printf("  argument      %llu\n", json_number(r, "argument"));
	print_place("at", json_text(r, "instruction"), "");
	print_instruction(r);
	print_object(r);
	printf("  on            CPU %llu, task %s (%llu)\n", json_number(r, "cpu"),
	       json_text(r, "comm"), json_number(r, "pid"));
	if (json_length(json_get(r, "backtrace")))
		puts("  backtrace");
	json_each(c, json_get(r, "backtrace"))
		printf("    %s %s\n", json_text(c, "address"), json_text(c, "symbol"));
	if (json_get(r, "registers"))
		puts("  registers");
	print_registers(r);
	print_recovery(r);
}

static const struct json *last_of(const struct json *list)
{
	const struct json *c, *last = NULL;

	json_each(c, list)
		last = c;
	return last;
}

static int report(const char *domain, bool all, bool json)
{
	char path[200], *text;
	const struct json *c;
	struct json *list;

	snprintf(path, sizeof(path), "domains/%s/report", domain);
	if (json) {
		text = kernel_read(path);
		if (!text)
			return CTL_FAILED;
		fputs(text, stdout);
		free(text);
		return CTL_OK;
	}
	list = kernel_json(path);
	if (!list)
		return CTL_FAILED;
	if (!json_length(list)) {
		printf("domain %s has not failed\n", domain);
	} else if (all) {
		json_each(c, list) {
			print_report(c);
			if (c->next)
				putchar('\n');
		}
	} else {
		print_report(last_of(list));
	}
	json_free(list);
	return CTL_OK;
}

static int run(const struct ctl_command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool all = false, json = false;
	struct json *status;
	const char *domain;
	int o, ret;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "aj", options, NULL)) != -1) {
		if (o == 'a')
			all = true;
		else if (o == 'j')
			json = true;
		else
			return ctl_usage(c, "unknown option: %s", argv[optind - 1]);
	}
	if (argc - optind > 1)
		return ctl_usage(c, "one domain at a time");
	status = kernel_json("status");
	if (!status)
		return CTL_FAILED;
	domain = kernel_pick_domain(status, argv[optind]);
	ret = domain ? report(domain, all, json) : CTL_FAILED;
	json_free(status);
	return ret;
}

const struct ctl_command ctl_report = {
	"report", "tell how a driver failed and was recovered", report_help, run,
};
