// SPDX-License-Identifier: GPL-2.0
/* The back end on hand-made models: declarators, shapes, m4 input. */
#include "test_gen.h"

static struct ctype type(enum ctype_kind kind, const char *spelled, long size)
{
	return (struct ctype){
		.kind = kind, .spelled = spelled, .canonical = spelled, .size = size
	};
}

static void test_declare(void **state)
{
	struct ctype t = type(C_POINTER, "int (*)(void)", 8);

	assert_string_equal(declare(&t, "fn"), "int (*fn)(void)");
	t = type(C_POINTER, "char *", 8);
	assert_string_equal(declare(&t, "p"), "char *p");
	t = type(C_INT, "u32", 4);
	assert_string_equal(declare(&t, "n"), "u32 n");
	t = type(C_POINTER, "irq_handler_t", 8);
	assert_string_equal(declare(&t, "h"), "irq_handler_t h");
	t = type(C_ARRAY, "char[16]", 16);
	assert_string_equal(declare(&t, "a"), "char a[16]");
}

static void test_func_pointer(void **state)
{
	struct ctype i = type(C_INT, "int", 4), p = type(C_POINTER, "const char *", 8);
	const struct ctype *params[] = { &i, &p };
	struct func_fact f = { .ret = &p, .params = params, .nparams = 2, .variadic = true };

	assert_string_equal(func_pointer(&f), "const char *(*)(int, const char *, ...)");
	f = (struct func_fact){ .ret = &i };
	assert_string_equal(func_pointer(&f), "int (*)(void)");
}

/* A parameter's shape follows from its attributes first, its type then. */
static enum shape shape(const char *attrs, const struct ctype *t)
{
	struct file *f = parse(xfmt("function f(p%s%s);", *attrs ? ": " : "", attrs));
	struct param *p = &f->decls[0]->sigs[0].params[0];

	p->type = t;
	return shape_of(p);
}

static void test_shapes(void **state)
{
	struct ctype n = type(C_INT, "int", 4), v = type(C_VOID, "void", -1);
	struct ctype p = type(C_POINTER, "void *", 8);

	p.to = &v;
	assert_int_equal(shape("", &n), SH_NUMBER);
	assert_int_equal(shape("", &p), SH_NONE);
	assert_int_equal(shape("opaque", &p), SH_PASS);
	assert_int_equal(shape("cookie", &p), SH_PASS);
	assert_int_equal(shape("in cap(3)", &p), SH_IN);
	assert_int_equal(shape("object memory", &n), SH_KEY);
	assert_int_equal(shape("object memory", &p), SH_OBJECT);
	assert_int_equal(shape("nullable", &p), SH_NONE);
}

static void test_bytes(void **state)
{
	struct ctype n = type(C_INT, "u32", 4), v = type(C_VOID, "void", -1);
	struct ctype p = type(C_POINTER, "u32 *", 8);
	struct file *f = parse("function f(a: out, b: out cap(x + 1), c: out count(n));");
	struct param *pa = f->decls[0]->sigs[0].params;
	bool fixed;

	p.to = &n;
	for (int i = 0; i < 3; i++)
		pa[i].type = &p;
	assert_string_equal(param_bytes(&pa[0], &fixed), "sizeof(*a)");
	assert_true(fixed);
	assert_string_equal(param_bytes(&pa[1], &fixed), "x + 1");
	assert_false(fixed);
	assert_string_equal(param_bytes(&pa[2], &fixed), "array_size(n, sizeof(*c))");
	p.to = &v;
	assert_null(param_bytes(&pa[0], &fixed));
}

static void test_m4_input(void **state)
{
	struct plan p = { 0 };

	plan_step(&p, "N_ONE", "a, b", "x <| y |> z", NULL);
	plan_step(&p, "N_TWO", NULL);
	plan_step(&p, "N_THREE", "a\n\t\t b", NULL);
	assert_string_equal(
		plan_text(&p),
		"N_ONE(<|a, b|>, <|x < | y | > z|>)m4_dnl\nN_TWO()m4_dnl\nN_THREE(<|a b|>)m4_dnl\n");
}

static void test_quoting(void **state)
{
	assert_string_equal(cquote("a \"b\" \\ 50% \n"), "a \\\"b\\\" \\\\ 50%%  ");
}

static void test_force(void **state)
{
	struct ctype t = type(C_INT, "gfp_t", 4);

	assert_string_equal(cast_to(&t), "gfp_t");
	t.typedef_name = "gfp_t";
	assert_string_equal(cast_to(&t), "__force gfp_t");
	t = type(C_INT, "u32", 4);
	t.typedef_name = "u32";
	assert_string_equal(cast_to(&t), "u32");
	t = type(C_POINTER, "void __iomem *", 8);
	assert_string_equal(cast_to(&t), "__force void __iomem *");
}

const struct CMUnitTest plan_tests[] = {
	cmocka_unit_test_teardown(test_declare, forget),
	cmocka_unit_test_teardown(test_func_pointer, forget),
	cmocka_unit_test_teardown(test_shapes, forget),
	cmocka_unit_test_teardown(test_bytes, forget),
	cmocka_unit_test_teardown(test_m4_input, forget),
	cmocka_unit_test_teardown(test_quoting, forget),
	cmocka_unit_test_teardown(test_force, forget),
};
const size_t nplan_tests = ARRAY_SIZE(plan_tests);
