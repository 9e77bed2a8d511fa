/* SPDX-License-Identifier: GPL-2.0 */
/* What driver text may not contain: see scan.c. */
#ifndef NOOKS_LINK_SCAN_H
#define NOOKS_LINK_SCAN_H

#include "diag.h"
#include "image.h"
#include "linker.h"

void nl_scan(const struct nl_image *im, struct nl_diag *d, struct nl_result *res);

#endif
