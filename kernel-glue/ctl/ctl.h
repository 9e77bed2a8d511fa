/* SPDX-License-Identifier: GPL-2.0 */
/* nooksctl: what its commands share. */
#ifndef NOOKSCTL_H
#define NOOKSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define NOOKSCTL_VERSION	"0.1"

enum ctl_exit { CTL_OK, CTL_FAILED, CTL_USAGE };

/**
 * struct ctl_command - one subcommand
 * @run: argv[0] is the command's name; returns an exit status
 */
struct ctl_command {
	const char *name, *summary, *help;
	int (*run)(const struct ctl_command *c, int argc, char **argv);
};

extern const struct ctl_command ctl_link, ctl_load, ctl_unload, ctl_status, ctl_report, ctl_audit;

/* Print the command's help; for --help to stdout (0), for wrong usage to stderr (2). */
int ctl_help(const struct ctl_command *c);
__attribute__((format(printf, 2, 3)))
int ctl_usage(const struct ctl_command *c, const char *fmt, ...);
__attribute__((format(printf, 1, 2)))
int ctl_fail(const char *fmt, ...);

/* Write a string as JSON, quotes included. */
void ctl_json_string(FILE *f, const char *s);

#endif
