// SPDX-License-Identifier: GPL-2.0
/* The table of attributes: words, where they may stand, how they are written. */
#include <string.h>

#include "parse.h"

static const struct {
	const char *word;
	unsigned int where;
	enum attr_syntax syntax;
} table[] = {
#define ATTR(id, word, where, syntax) { word, where, syntax },
#include "attrs.def"
#undef ATTR
};

const char *attr_word(enum attr_kind k)
{
	return table[k].word;
}

unsigned int attr_where(enum attr_kind k)
{
	return table[k].where;
}

int attr_syntax(enum attr_kind k)
{
	return (int)table[k].syntax;
}

int attr_find(const char *word)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (streq(table[i].word, word))
			return (int)i;
	return -1;
}

const struct attr *attr_get(const struct attrs *a, enum attr_kind k)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (a->v[i].kind == k)
			return &a->v[i];
	return NULL;
}
