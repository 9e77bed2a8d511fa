// SPDX-License-Identifier: GPL-2.0
/* Module.symvers files: see symvers.h. */
#include "symvers.h"
#include "file.h"
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS		16384u

struct nl_symvers {
	struct nl_export *bucket[BUCKETS];
};

static u32 hash(const char *s)
{
	u32 h = 2166136261u;

	while (*s)
		h = (h ^ (u8)*s++) * 16777619u;
	return h % BUCKETS;
}

struct nl_symvers *nl_symvers_new(void)
{
	return nl_alloc(1, sizeof(struct nl_symvers));
}

const struct nl_export *nl_symvers_get(const struct nl_symvers *sv, const char *name)
{
	struct nl_export *e;

	if (!sv)
		return NULL;
	for (e = sv->bucket[hash(name)]; e; e = e->next)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

/* "drivers/net/mii" or "/build/nooks_net.ko" -> "mii", "nooks_net" */
static char *module_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = nl_strdup(slash ? slash + 1 : path);
	size_t n = strlen(name);

	if (n > 3 && !strcmp(name + n - 3, ".ko"))
		name[n - 3] = 0;
	return name;
}

int nl_symvers_parse(struct nl_symvers *sv, const char *file, char *text, char *err, size_t errlen)
{
	unsigned int line = 0;
	char *end, *next;
	int added = 0;

	for (; text && *text; text = next) {
		char *crc = text, *name, *module, *kind;
		const struct nl_export *old;
		struct nl_export *e;
		unsigned long value;

		line++;
		next = strchr(text, '\n');
		if (next)
			*next++ = 0;
		name = strchr(crc, '\t');
		module = name ? strchr(name + 1, '\t') : NULL;
		kind = module ? strchr(module + 1, '\t') : NULL;
		if (!kind)
			goto bad;
		*name++ = *module++ = *kind++ = 0;
		errno = 0;
		value = strtoul(crc, &end, 16);
		if (errno || *end || end == crc || value > 0xffffffff || !*name || !*module)
			goto bad;
		old = nl_symvers_get(sv, name);
		if (old) {
			if (old->crc == value)
				continue;
			snprintf(err, errlen, "%s:%u: %s is exported a second time, with another CRC",
				 file, line, name);
			return -1;
		}
		e = nl_alloc(1, sizeof(*e));
		e->name = nl_strdup(name);
		e->module = module_name(module);
		e->crc = value;
		e->next = sv->bucket[hash(name)];
		sv->bucket[hash(name)] = e;
		added++;
	}
	return added;
bad:
	snprintf(err, errlen, "%s:%u: not a line of a Module.symvers file", file, line);
	return -1;
}

int nl_symvers_read(struct nl_symvers *sv, const char *file, char *err, size_t errlen)
{
	size_t size;
	char *text;
	int n;

	text = nl_file_read(file, &size, err, errlen);
	if (!text)
		return -1;
	n = nl_symvers_parse(sv, file, text, err, errlen);
	free(text);
	return n;
}

void nl_symvers_free(struct nl_symvers *sv)
{
	size_t i;

	if (!sv)
		return;
	for (i = 0; i < BUCKETS; i++) {
		while (sv->bucket[i]) {
			struct nl_export *e = sv->bucket[i];

			sv->bucket[i] = e->next;
			free(e->name);
			free(e->module);
			free(e);
		}
	}
	free(sv);
}
