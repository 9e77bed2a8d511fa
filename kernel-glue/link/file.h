/* SPDX-License-Identifier: GPL-2.0 */
/* Whole files: read (also .xz), write so that no half-written file is ever seen. */
#ifndef NOOKS_LINK_FILE_H
#define NOOKS_LINK_FILE_H

#include <stddef.h>

/* malloc'd contents with a NUL behind; NULL with a message. */
void *nl_file_read(const char *path, size_t *size, char *err, size_t errlen);
/* The contents of an .xz file in memory, likewise; other data is returned as it is. */
void *nl_file_expand(void *data, size_t *size, char *err, size_t errlen);

/*
 * Write beside the final place; nl_file_commit() renames.  @tmp is malloc'd.
 */
int nl_file_stage(const char *path, const void *data, size_t size, char **tmp,
		  char *err, size_t errlen);
int nl_file_commit(const char *tmp, const char *path, char *err, size_t errlen);

#endif
