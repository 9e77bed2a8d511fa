/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_GEN_H
#define TEST_GEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "nooksgen.h"

struct file *parse(const char *text);	/* asserts that there was no error */
unsigned int errors_in(const char *text);
/* What nooksgen would print about @text. */
const char *messages(const char *text);

extern const struct CMUnitTest lexer_tests[], parser_tests[], plan_tests[];
extern const size_t nlexer_tests, nparser_tests, nplan_tests;
int forget(void **state);

#endif
