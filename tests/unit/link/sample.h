/* SPDX-License-Identifier: GPL-2.0 */
/* What the linker's tests share: sample modules, symbol tables, one link. */
#ifndef TEST_LINK_SAMPLE_H
#define TEST_LINK_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image.h"
#include "linker.h"
#include "symvers.h"

/* One run of the linker on samples/NAME.ko. */
struct sample {
	struct nl_options opt;
	struct nl_symvers *kernel, *wrappers;
	struct nl_result res;
	char *diag;		/* what was printed */
	size_t diag_size;
	void *out;		/* the linked module, NULL when refused */
	size_t out_size;
	struct nl_image im;	/* the linked module, parsed */
};

/* Returns what nl_link_memory() returned. */
int sample_link(struct sample *s, const char *name);
void sample_free(struct sample *s);

struct nl_symvers *sample_kernel(void);
struct nl_symvers *sample_wrappers(void);
void *sample_read(const char *name, size_t *size);

extern const struct CMUnitTest refusal_tests[], part_tests[];
extern const size_t nrefusal_tests, npart_tests;

#endif
