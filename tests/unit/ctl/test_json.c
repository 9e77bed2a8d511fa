// SPDX-License-Identifier: GPL-2.0
/* The JSON reader: what the runtime writes, and what nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

static char err[100];

static void test_values(void **state)
{
	struct json *j = json_parse(" { \"a\": 12, \"b\": [1, 2, {\"c\": \"x\\n\\\"\\u0041\"}],"
				    " \"t\": true, \"f\": false, \"n\": null, \"neg\": -5,"
				    " \"hex\": \"0xffffffff82000000\" } ", err, sizeof(err));
	const struct json *b;

	assert_non_null(j);
	assert_int_equal(json_number(j, "a"), 12);
	b = json_get(j, "b");
	assert_int_equal(json_length(b), 3);
	assert_string_equal(json_text(b->child->next->next, "c"), "x\n\"A");
	assert_true(json_true(j, "t"));
	assert_false(json_true(j, "f"));
	assert_int_equal((long long)json_number(j, "neg"), -5);
	assert_true(json_number(j, "hex") == 0xffffffff82000000ull);
	/* What is not there is empty. */
	assert_int_equal(json_number(j, "none"), 0);
	assert_string_equal(json_text(j, "none"), "");
	assert_string_equal(json_text(json_get(j, "none"), "deeper"), "");
	assert_int_equal(json_length(json_get(j, "none")), 0);
	assert_int_equal(json_length(json_get(j, "a")), 0);
	json_free(j);
}

static void test_empty(void **state)
{
	struct json *j = json_parse("[]", err, sizeof(err));

	assert_non_null(j);
	assert_int_equal(json_length(j), 0);
	json_free(j);
	j = json_parse("{}", err, sizeof(err));
	assert_non_null(j);
	json_free(j);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
		"\"open", "\"\\u12\"", "\"\\q\"", "tru", "nul", "[1] 2", "{\"a\":1 \"b\":2}", "-]",
	};
	char deep[200];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (json_parse(bad[i], err, sizeof(err)))
			fail_msg("%s was read", bad[i]);
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = 0;
	assert_null(json_parse(deep, err, sizeof(err)));
}

/* Every prefix of a real document is refused, none crashes the reader. */
static void test_prefixes(void **state)
{
	FILE *f = fopen(FIXTURE, "r");
	char text[8192];
	struct json *j;
	size_t n, i;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
	j = json_parse(text, err, sizeof(err));
	assert_non_null(j);
	json_free(j);
	for (i = 0; i < n; i++) {
		char c = text[i];

		text[i] = 0;
		assert_null(json_parse(text, err, sizeof(err)));
		text[i] = c;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
