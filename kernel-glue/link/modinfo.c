// SPDX-License-Identifier: GPL-2.0
/* The .modinfo section: KEY=VALUE strings. */
#include "file.h"
#include "image.h"
#include "linker.h"

#include <stdlib.h>
#include <string.h>

const char *nl_image_modinfo(const struct nl_image *im, const char *key)
{
	const struct nl_section *s = nl_section_find(im, ".modinfo");
	size_t at, n, len = strlen(key);

	if (!s || !s->data || s->data[s->size - 1])
		return NULL;
	for (at = 0; at < s->size; at += n + 1) {
		const char *p = (const char *)s->data + at;

		n = strlen(p);
		if (n > len && !memcmp(p, key, len) && p[len] == '=')
			return p + len + 1;
	}
	return NULL;
}

char *nl_modinfo(const char *file, const char *key)
{
	void *data, *plain;
	struct nl_image im;
	char err[400], *value = NULL;
	const char *v;
	size_t size;

	data = nl_file_read(file, &size, err, sizeof(err));
	plain = data ? nl_file_expand(data, &size, err, sizeof(err)) : NULL;
	if (!plain) {
		free(data);
		return NULL;
	}
	if (!nl_image_parse(&im, file, plain, size, err, sizeof(err))) {
		v = nl_image_modinfo(&im, key);
		value = v ? nl_strdup(v) : NULL;
	}
	nl_image_free(&im);
	free(plain);
	return value;
}
