/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain with one driver module, made of ordinary memory, for the tests of
 * the policy core.
 */
#ifndef WORLD_H
#define WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <nooks/check.h>
#include "internal.h"

#define WORLD_TEXT	(2 * PAGE_SIZE)		/* one page of code, one of thunks */
#define WORLD_RODATA	PAGE_SIZE
#define WORLD_STRUCT	PAGE_SIZE		/* where struct module would be */
#define WORLD_DATA	(2 * PAGE_SIZE)
#define WORLD_THUNKS	20

struct world {
	struct nooks_domain *d;
	struct nooks_module *m;
	struct module mod;
	struct nooks_link_info *info;
	struct nooks_frame f;
	struct nooks_thunk thunk;	/* the upcall in progress */
	struct nooks_wrapper wrapper;
	char *text, *rodata, *data;	/* of the module's image */
	char *kernel;			/* a page that is not the driver's */
};

extern char world_why[256];		/* of the last failure */
extern unsigned int world_arg, world_failures;
extern unsigned int world_events;	/* heap chunks announced */
extern unsigned int world_enters;

int world_setup(void **state);
int world_teardown(void **state);

/* The last check was refused for a reason that contains @text; the domain lives again. */
void world_assert_refused(struct world *w, unsigned int arg, const char *text);

#endif
