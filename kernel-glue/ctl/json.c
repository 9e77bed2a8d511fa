// SPDX-License-Identifier: GPL-2.0
/* A small JSON reader: see json.h. */
#include "json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH	32

struct reader {
	const char *p;
	int depth;
};

static void *take(size_t n)
{
	void *p = calloc(1, n);

	if (!p) {
		fputs("nooksctl: out of memory\n", stderr);
		exit(3);
	}
	return p;
}

static void skip_space(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r')
		r->p++;
}

static int hex4(const char *p)
{
	int v = 0, i;

	for (i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return -1;
		v = v * 16 + (isdigit((unsigned char)p[i]) ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	}
	return v;
}

/* Code points above 0x7f come out as '?': the runtime writes kernel names only. */
static char *read_string(struct reader *r)
{
	char *out, *o;
	int c;

	if (*r->p != '"')
		return NULL;
	r->p++;
	out = o = take(strlen(r->p) + 1);
	while (*r->p && *r->p != '"') {
		if (*r->p != '\\') {
			*o++ = *r->p++;
			continue;
		}
		switch (r->p[1]) {
		case '"':
		case '\\':
		case '/':
			*o++ = r->p[1];
			break;
		case 'n':
			*o++ = '\n';
			break;
		case 't':
			*o++ = '\t';
			break;
		case 'r':
		case 'b':
		case 'f':
			*o++ = ' ';
			break;
		case 'u':
			c = hex4(r->p + 2);
			if (c < 0)
				goto bad;
			*o++ = c && c < 0x80 ? c : '?';
			r->p += 4;
			break;
		default:
			goto bad;
		}
		r->p += 2;
	}
	if (*r->p != '"')
		goto bad;
	r->p++;
	return out;
bad:
	free(out);
	return NULL;
}

static struct json *read_value(struct reader *r);

static bool read_members(struct reader *r, struct json *j, char end)
{
	struct json **tail = &j->child;

	r->p++;
	skip_space(r);
	if (*r->p == end) {
		r->p++;
		return true;
	}
	for (;;) {
		char *key = NULL;

		skip_space(r);
		if (j->type == JSON_OBJECT) {
			key = read_string(r);
			skip_space(r);
			if (!key || *r->p != ':') {
				free(key);
				return false;
			}
			r->p++;
		}
		*tail = read_value(r);
		if (!*tail) {
			free(key);
			return false;
		}
		(*tail)->key = key;
		tail = &(*tail)->next;
		skip_space(r);
		if (*r->p == end) {
			r->p++;
			return true;
		}
		if (*r->p++ != ',')
			return false;
	}
}

static bool read_number(struct reader *r, struct json *j)
{
	size_t n = strspn(r->p, "+-.0123456789eE");

	if (!n)
		return false;
	j->text = take(n + 1);
	memcpy(j->text, r->p, n);
	r->p += n;
	return true;
}

static struct json *read_value(struct reader *r)
{
	struct json *j = take(sizeof(*j));
	bool good = false;

	if (++r->depth > MAX_DEPTH)
		goto out;
	skip_space(r);
	switch (*r->p) {
	case '{':
		j->type = JSON_OBJECT;
		good = read_members(r, j, '}');
		break;
	case '[':
		j->type = JSON_ARRAY;
		good = read_members(r, j, ']');
		break;
	case '"':
		j->type = JSON_STRING;
		j->text = read_string(r);
		good = j->text;
		break;
	case 't':
	case 'f':
		j->type = JSON_BOOL;
		j->truth = *r->p == 't';
		good = !strncmp(r->p, j->truth ? "true" : "false", j->truth ? 4 : 5);
		if (good)
			r->p += j->truth ? 4 : 5;
		break;
	case 'n':
		good = !strncmp(r->p, "null", 4);
		if (good)
			r->p += 4;
		break;
	default:
		j->type = JSON_NUMBER;
		good = read_number(r, j);
	}
	r->depth--;
out:
	if (good)
		return j;
	json_free(j);
	return NULL;
}

struct json *json_parse(const char *text, char *err, size_t errlen)
{
	struct reader r = { .p = text };
	struct json *j = read_value(&r);

	skip_space(&r);
	if (j && !*r.p)
		return j;
	snprintf(err, errlen, "not JSON near byte %zu", (size_t)(r.p - text));
	json_free(j);
	return NULL;
}

void json_free(struct json *j)
{
	while (j) {
		struct json *next = j->next;

		json_free(j->child);
		free(j->key);
		free(j->text);
		free(j);
		j = next;
	}
}

const struct json *json_get(const struct json *j, const char *key)
{
	const struct json *c;

	if (!j || j->type != JSON_OBJECT)
		return NULL;
	json_each(c, j)
		if (!strcmp(c->key, key))
			return c;
	return NULL;
}

const char *json_text(const struct json *j, const char *key)
{
	const struct json *c = json_get(j, key);

	return c && c->text ? c->text : "";
}

unsigned long long json_number(const struct json *j, const char *key)
{
	const struct json *c = json_get(j, key);

	return c && c->text ? strtoull(c->text, NULL, 0) : 0;
}

bool json_true(const struct json *j, const char *key)
{
	const struct json *c = json_get(j, key);

	return c && c->type == JSON_BOOL && c->truth;
}

unsigned int json_length(const struct json *j)
{
	const struct json *c;
	unsigned int n = 0;

	json_each(c, j)
		n++;
	return n;
}
