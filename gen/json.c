// SPDX-License-Identifier: GPL-2.0
/* Writing JSON: two spaces of indentation per level, one value a line. */
#include "nooksgen.h"

static void quoted(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void start(struct json *j, const char *key)
{
	if (!j->first)
		fputc(',', j->out);
	if (j->depth)
		fprintf(j->out, "\n%*s", j->depth * 2, "");
	j->first = false;
	if (key) {
		quoted(j->out, key);
		fputs(": ", j->out);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	start(j, key);
	fputc(bracket, j->out);
	j->depth++;
	j->first = true;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (!j->first)
		fprintf(j->out, "\n%*s", j->depth * 2, "");
	fputc(bracket, j->out);
	j->first = false;
}

void json_str(struct json *j, const char *key, const char *s)
{
	start(j, key);
	quoted(j->out, s ? s : "");
}

void json_int(struct json *j, const char *key, long v)
{
	start(j, key);
	fprintf(j->out, "%ld", v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	start(j, key);
	fputs(v ? "true" : "false", j->out);
}
