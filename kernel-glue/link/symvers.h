/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of exported symbols, read from Module.symvers files:
 * CRC, name, module, kind of export, name space - separated by tabs.
 */
#ifndef NOOKS_LINK_SYMVERS_H
#define NOOKS_LINK_SYMVERS_H

#include "linker.h"

struct nl_export {
	char *name;
	char *module;		/* as a module is named: no directory, no suffix; "vmlinux" */
	uint32_t crc;
	struct nl_export *next;
};

/* NULL if nothing exports @name. */
const struct nl_export *nl_symvers_get(const struct nl_symvers *sv, const char *name);
int nl_symvers_parse(struct nl_symvers *sv, const char *file, char *text, char *err, size_t errlen);

#endif
