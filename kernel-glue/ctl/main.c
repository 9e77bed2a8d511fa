// SPDX-License-Identifier: GPL-2.0
/* nooksctl: command dispatch, help, messages. */
#include "ctl.h"

#include <stdarg.h>
#include <string.h>

static const struct ctl_command *const commands[] = {
#ifndef NOOKSCTL_SMALL
	&ctl_link,
#endif
	&ctl_load, &ctl_unload, &ctl_status, &ctl_report, &ctl_audit,
};

#define NCOMMANDS	(sizeof(commands) / sizeof(*commands))

static int help(FILE *f, int status)
{
	size_t i;

	fputs("usage: nooksctl COMMAND [ARGUMENT]...\n"
	      "Link, load and watch drivers that run isolated in Nooks domains.\n\n", f);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(f, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n  nooksctl COMMAND --help   says more about one command\n"
	      "  nooksctl --version        prints the version\n\n"
	      "exit status: 0 done, 1 failed, 2 wrong usage\n", f);
	return status;
}

int ctl_help(const struct ctl_command *c)
{
	fputs(c->help, stdout);
	return CTL_OK;
}

int ctl_usage(const struct ctl_command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "nooksctl %s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntry: nooksctl %s --help\n", c->name);
	return CTL_USAGE;
}

int ctl_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("nooksctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CTL_FAILED;
}

void ctl_json_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; s && *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", f);
		else if (c < 0x20)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

int main(int argc, char **argv)
{
	size_t i;
	int k;

	if (argc < 2)
		return help(stderr, CTL_USAGE);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(stdout, CTL_OK);
	if (!strcmp(argv[1], "--version")) {
		puts("nooksctl " NOOKSCTL_VERSION);
		return CTL_OK;
	}
	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(argv[1], commands[i]->name))
			continue;
		for (k = 2; k < argc; k++)
			if (!strcmp(argv[k], "--help") || !strcmp(argv[k], "-h"))
				return ctl_help(commands[i]);
		k = commands[i]->run(commands[i], argc - 1, argv + 1);
		if (fflush(stdout) || ferror(stdout))
			return ctl_fail("cannot write to standard output");
		return k;
	}
#ifdef NOOKSCTL_SMALL
	if (!strcmp(argv[1], "link"))
		return ctl_fail("this is the small nooksctl for a guest: link on the host");
#endif
	fprintf(stderr, "nooksctl: there is no command '%s'\ntry: nooksctl --help\n", argv[1]);
	return CTL_USAGE;
}
