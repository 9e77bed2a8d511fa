// SPDX-License-Identifier: GPL-2.0
/* nooksgen explain NAME: the long form of a diagnostic. */
#include "nooksgen.h"

int cmd_explain(const char *name)
{
	int c = code_find(starts_with(name, "-W") ? name + 2 : name);

	if (c >= 0) {
		printf("%s\n\n%s\n", code_name((enum code)c), code_text((enum code)c));
		return 0;
	}
	fprintf(stderr, "nooksgen: no diagnostic is named `%s`; there are:\n", name);
	for (int i = 0; i < NR_CODES; i++)
		fprintf(stderr, "  %s\n", code_name((enum code)i));
	return 1;
}
