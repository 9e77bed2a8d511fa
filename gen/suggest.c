// SPDX-License-Identifier: GPL-2.0
/*
 * "did you mean": the known name nearest to a misspelt one, by the number of
 * letters to insert, delete, replace or swap.
 */
#include <string.h>

#include "nooksgen.h"

#define MAX_NAME 64

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][MAX_NAME + 1], n = (unsigned int)strlen(b);
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2], *t;

	if (n > MAX_NAME || strlen(a) > MAX_NAME)
		return MAX_NAME;
	for (unsigned int j = 0; j <= n; j++)
		last[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		now[0] = i;
		for (unsigned int j = 1; j <= n; j++) {
			now[j] = min3(now[j - 1] + 1, last[j] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		t = before;
		before = last;
		last = now;
		now = t;
	}
	return last[n];
}

void suggest_from(struct suggestion *s, const char *candidate)
{
	unsigned int d = distance(s->wanted, candidate);

	if (s->best && d >= s->distance)
		return;
	s->best = candidate;
	s->distance = d;
}

void suggest_hint(struct suggestion *s, struct diag *d)
{
	if (s->best && s->distance && s->distance <= (strlen(s->wanted) + 1) / 3)
		diag_hint(d, "did you mean `%s`?", s->best);
}
