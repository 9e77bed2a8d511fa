/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Diagnostics of the linker: file: section+offset: error: text [kind], then
 * the instruction and a hint.  Errors are collected, not fatal: one run shows
 * as many as it can.
 */
#ifndef NOOKS_LINK_DIAG_H
#define NOOKS_LINK_DIAG_H

#include "image.h"

#include <stdio.h>

struct nl_diag {
	FILE *out;
	const char *file;
	unsigned int errors, max;
};

/**
 * nl_error() - report one error
 * @s: section, or NULL when the error is about the whole file
 * @kind: short name, for tests and statistics: "address-mid-function"
 * @hint: what the user can do, or NULL
 */
__attribute__((format(printf, 6, 7)))
void nl_error(struct nl_diag *d, const struct nl_section *s, u64 off, const char *kind,
	      const char *hint, const char *fmt, ...);

/* Same, with the instruction at @insn of @s disassembled. */
__attribute__((format(printf, 6, 7)))
void nl_error_insn(struct nl_diag *d, const struct nl_section *s, u64 insn, const char *kind,
		   const char *hint, const char *fmt, ...);

/* Say how many errors were not printed. */
void nl_diag_end(struct nl_diag *d);

#endif
