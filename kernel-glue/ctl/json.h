/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the runtime's JSON: a document becomes a tree; lookups of what is not
 * there give empty values, so that a reader needs no checks of its own.
 */
#ifndef NOOKSCTL_JSON_H
#define NOOKSCTL_JSON_H

#include <stdbool.h>
#include <stddef.h>

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	char *key;		/* in an object */
	char *text;		/* number or string */
	bool truth;
	struct json *child, *next;
};

/* NULL with a message when @text is no JSON document. */
struct json *json_parse(const char *text, char *err, size_t errlen);
void json_free(struct json *j);

/* Member of an object; NULL if there is none. */
const struct json *json_get(const struct json *j, const char *key);
const char *json_text(const struct json *j, const char *key);		/* "" if there is none */
unsigned long long json_number(const struct json *j, const char *key);	/* 0 if there is none */
bool json_true(const struct json *j, const char *key);
unsigned int json_length(const struct json *j);

#define json_each(c, j)	for (c = (j) ? (j)->child : NULL; c; c = (c)->next)

#endif
