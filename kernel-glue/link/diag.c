// SPDX-License-Identifier: GPL-2.0
/* Printing of the linker's diagnostics. */
#include "diag.h"
#include "code.h"

#include <stdarg.h>
#include <string.h>

static void report(struct nl_diag *d, const struct nl_section *s, u64 off, bool insn,
		   const char *kind, const char *hint, const char *fmt, va_list ap)
{
	char text[160];

	if (d->errors++ >= d->max && d->max)
		return;
	if (!d->out)
		return;
	fprintf(d->out, "%s: ", d->file);
	if (s)
		fprintf(d->out, "%s+%#lx: ", s->name, off);
	fputs("error: ", d->out);
	vfprintf(d->out, fmt, ap);
	fprintf(d->out, " [%s]\n", kind);
	if (insn && nl_disassemble(s, off, text, sizeof(text)))
		fprintf(d->out, "    %8lx:  %s\n", off, text);
	if (hint)
		fprintf(d->out, "    hint: %s\n", hint);
}

void nl_error(struct nl_diag *d, const struct nl_section *s, u64 off, const char *kind,
	      const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, s, off, false, kind, hint, fmt, ap);
	va_end(ap);
}

void nl_error_insn(struct nl_diag *d, const struct nl_section *s, u64 insn, const char *kind,
		   const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, s, insn, true, kind, hint, fmt, ap);
	va_end(ap);
}

void nl_diag_end(struct nl_diag *d)
{
	if (d->out && d->max && d->errors > d->max)
		fprintf(d->out, "%s: %u more errors not shown\n", d->file, d->errors - d->max);
}
