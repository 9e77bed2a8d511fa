/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by facts.c and ctype.c, the only files that know libclang. */
#ifndef FACTS_H
#define FACTS_H

#include <clang-c/Index.h>

#include "nooksgen.h"

const char *cx_str(CXString s);			/* into the arena */
const struct ctype *ctype_of(CXType t);
const struct func_fact *func_of_type(CXType proto, const char *name);
const char *respell(const char *s);
void cx_place(CXCursor c, const char **file, int *line);

#endif
