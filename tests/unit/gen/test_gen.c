// SPDX-License-Identifier: GPL-2.0
/* Lexer, text buffers and diagnostics; and main(). */
#include "test_gen.h"

int forget(void **state)
{
	FILE *null = fopen("/dev/null", "w");

	diag_flush(null, false);
	fclose(null);
	arena_reset();
	return 0;
}

struct file *parse(const char *text)
{
	struct file *f = parse_text("idl/test.idl", text, strlen(text));

	if (diag_errors())
		diag_flush(stderr, false);
	assert_int_equal(diag_errors(), 0);
	return f;
}

unsigned int errors_in(const char *text)
{
	unsigned int n;

	parse_text("idl/test.idl", text, strlen(text));
	n = diag_errors();
	forget(NULL);
	return n;
}

const char *messages(const char *text)
{
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);
	const char *s;

	parse_text("idl/test.idl", text, strlen(text));
	diag_flush(f, false);
	fclose(f);
	s = xstrdup(out);
	free(out);
	return s;
}

/* In the arena, because diagnostics point to it. */
static struct source *source(const char *text)
{
	struct source *s = xalloc(sizeof(*s));

	*s = (struct source){ "test.idl", "idl/test.idl", text, strlen(text) };
	return s;
}

static void test_tokens(void **state)
{
	struct source *src = source("abc 12 \"x\\\"y\" ... ( # comment\n  ;_a1");
	struct lexer lx;
	struct token t;

	lexer_init(&lx, src);
	t = lexer_next(&lx);
	assert_int_equal(t.kind, T_NAME);
	assert_string_equal(t.text, "abc");
	assert_int_equal(lexer_next(&lx).kind, T_NUMBER);
	t = lexer_next(&lx);
	assert_int_equal(t.kind, T_STRING);
	assert_string_equal(t.text, "x\\\"y");
	assert_int_equal(lexer_next(&lx).kind, T_ELLIPSIS);
	assert_string_equal(lexer_next(&lx).text, "(");
	t = lexer_next(&lx);
	assert_string_equal(t.text, ";");
	assert_int_equal(t.loc.line, 2);
	assert_int_equal(t.loc.col, 3);
	assert_string_equal(lexer_next(&lx).text, "_a1");
	assert_int_equal(lexer_next(&lx).kind, T_END);
	assert_int_equal(lexer_next(&lx).kind, T_END);
}

static void test_header_only_where_wanted(void **state)
{
	struct source *src = source("<linux/a.h> <");
	struct lexer lx;
	struct token t;

	lexer_init(&lx, src);
	lx.want_header = true;
	t = lexer_next(&lx);
	assert_int_equal(t.kind, T_HEADER);
	assert_string_equal(t.text, "linux/a.h");
	lx.want_header = false;
	assert_int_equal(lexer_next(&lx).kind, T_BAD);
	assert_int_equal(diag_errors(), 1);
}

/* lexer_expr() of the text behind the first character */
static bool expr_of(const char *text, bool split, struct expr *e)
{
	struct source *src = source(text);
	struct lexer lx;

	lexer_init(&lx, src);
	lexer_next(&lx);
	return lexer_expr(&lx, split, e);
}

static void test_expressions(void **state)
{
	struct expr e;

	assert_true(expr_of("( a + f(b, c) ) rest", false, &e));
	assert_string_equal(e.text, "a + f(b, c)");
	assert_int_equal(e.loc.col, 3);
	assert_true(expr_of("(a, b)", true, &e));
	assert_string_equal(e.text, "a");
	assert_true(expr_of("(f(a, b), c)", true, &e));
	assert_string_equal(e.text, "f(a, b)");
	assert_true(expr_of("(x == ')' || s == \")\")", false, &e));
	assert_string_equal(e.text, "x == ')' || s == \")\"");
	assert_true(expr_of("(a[b[0]])", false, &e));
	assert_string_equal(e.text, "a[b[0]]");
	assert_true(expr_of("()", false, &e));
	assert_string_equal(e.text, "");
}

static void test_comment_in_expression(void **state)
{
	struct expr e;

	assert_true(expr_of("(a && # why\n   b)", false, &e));
	assert_string_equal(e.text, "a && \n   b");
}

static void test_expressions_that_do_not_end(void **state)
{
	static const char *const bad[] = {
		"(a", "(a;", "(a {", "(a]", "((a)", "('a", "(\"a", "(a\\", "('\\",
	};
	struct expr e;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(expr_of(bad[i], false, &e));
}

static void test_mentions(void **state)
{
	assert_true(mentions("a + len", "len"));
	assert_true(mentions("len", "len"));
	assert_false(mentions("length + xlen", "len"));
	assert_false(mentions("p->len + q.len", "len"));
	assert_true(mentions("p->len + len", "len"));
}

static void test_vectors(void **state)
{
	int *v = NULL;
	unsigned int n = 0;

	for (int i = 0; i < 1000; i++)
		push(v, n, i);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
}

static void test_buffers(void **state)
{
	struct buf b = { 0 };

	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 500; i++)
		buf_printf(&b, "%03d", i);
	assert_int_equal(strlen(buf_str(&b)), 1500);
	assert_memory_equal(buf_str(&b) + 1497, "499", 3);
}

static void test_message_form(void **state)
{
	assert_string_equal(messages("# x\n\tfunction (a);\n"),
			    "idl/test.idl:2:11: error: expected a function before `(` [-Wsyntax]\n"
			    "\tfunction (a);\n"
			    "\t         ^\n");
}

static void test_messages_are_in_order(void **state)
{
	struct source *src = source("one\ntwo\n");
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);

	diag((struct loc){ src, 2, 1 }, E_SYNTAX, "second");
	diag((struct loc){ src, 1, 2 }, E_SYNTAX, "first");
	diag((struct loc){ src, 1, 2 }, E_SYNTAX, "first");	/* said once */
	assert_int_equal(diag_errors(), 2);
	diag_flush(f, false);
	fclose(f);
	assert_true(strstr(out, "first") < strstr(out, "second"));
	assert_non_null(strstr(out, "2 errors"));
	free(out);
	assert_int_equal(diag_errors(), 0);
}

static const char *nearest(const char *wanted, const char *a, const char *b)
{
	struct suggestion s = { .wanted = wanted };
	struct source *src = source(wanted);
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);
	const char *hint;

	suggest_from(&s, a);
	suggest_from(&s, b);
	suggest_hint(&s, diag((struct loc){ src, 1, 1 }, E_SYNTAX, "test"));
	diag_flush(f, false);
	fclose(f);
	hint = strstr(out, "hint: ") ? xstrdup(strstr(out, "hint: ")) : "";
	free(out);
	return hint;
}

static void test_suggestions(void **state)
{
	assert_string_equal(nearest("mtux", "mtu", "flags"), "hint: did you mean `mtu`?\n");
	assert_string_equal(nearest("slepes", "atomic", "sleeps"),
			    "hint: did you mean `sleeps`?\n");
	assert_string_equal(nearest("nothing", "mtu", "flags"), "");
	assert_string_equal(nearest("a", "b", "c"), "");
}

static void test_codes(void **state)
{
	for (int i = 0; i < NR_CODES; i++) {
		assert_int_equal(code_find(code_name((enum code)i)), i);
		assert_true(strlen(code_text((enum code)i)) > 20);
	}
	assert_int_equal(code_find("nonsense"), -1);
}

const struct CMUnitTest lexer_tests[] = {
	cmocka_unit_test_teardown(test_tokens, forget),
	cmocka_unit_test_teardown(test_header_only_where_wanted, forget),
	cmocka_unit_test_teardown(test_expressions, forget),
	cmocka_unit_test_teardown(test_comment_in_expression, forget),
	cmocka_unit_test_teardown(test_expressions_that_do_not_end, forget),
	cmocka_unit_test_teardown(test_mentions, forget),
	cmocka_unit_test_teardown(test_vectors, forget),
	cmocka_unit_test_teardown(test_buffers, forget),
	cmocka_unit_test_teardown(test_message_form, forget),
	cmocka_unit_test_teardown(test_messages_are_in_order, forget),
	cmocka_unit_test_teardown(test_suggestions, forget),
	cmocka_unit_test_teardown(test_codes, forget),
};
const size_t nlexer_tests = ARRAY_SIZE(lexer_tests);

int main(void)
{
	struct CMUnitTest all[64];
	size_t n = 0;

	for (size_t i = 0; i < nlexer_tests; i++)
		all[n++] = lexer_tests[i];
	for (size_t i = 0; i < nparser_tests; i++)
		all[n++] = parser_tests[i];
	for (size_t i = 0; i < nplan_tests; i++)
		all[n++] = plan_tests[i];
	return _cmocka_run_group_tests("gen", all, n, NULL, NULL);
}
