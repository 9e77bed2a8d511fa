// SPDX-License-Identifier: GPL-2.0
/* The parser: what declarations become, and that it goes on after an error. */
#include "test_gen.h"

static void test_file(void **state)
{
	struct file *f = parse("use <linux/a.h> <linux/b.h>;\nuse <net/c.h>;\n"
			       "import \"pci.idl\";\nglue \"net.h\";\n");

	assert_string_equal(f->class, "test");
	assert_string_equal(f->src.name, "idl/test.idl");
	assert_int_equal(f->nuses, 3);
	assert_string_equal(f->uses[2].name, "net/c.h");
	assert_int_equal(f->nimports, 1);
	assert_string_equal(f->glues[0].name, "net.h");
	assert_int_equal(f->ndecls, 0);
}

static void test_names_of_files(void **state)
{
	assert_string_equal(parse_text("x/y/idl/net.idl", "", 0)->src.name, "idl/net.idl");
	assert_string_equal(parse_text("net.idl", "", 0)->src.name, "idl/net.idl");
	assert_string_equal(parse_text("/idl/net.idl", "", 0)->class, "net");
}

static void test_object(void **state)
{
	struct file *f = parse("object struct net_device {\n"
			       "	size(this->n * 2); array;\n"
			       "	release a, b; quiet by q; phases up, gone;\n"
			       "	write x, y.z check(new < 3) until gone;\n"
			       "	bind until up ops: net_ops nullable, cb: fn;\n"
			       "	part dev: device; link q: queue;\n"
			       "}\nobject irq { key number; write all; }\n");
	const struct decl *d = f->decls[0];

	assert_int_equal(d->kind, D_OBJECT);
	assert_true(d->is_struct);
	assert_string_equal(find_item(d, I_SIZE)->expr.text, "this->n * 2");
	assert_int_equal(phase_bit(d, "up"), 1);
	assert_int_equal(phase_bit(d, "gone"), 2);
	assert_int_equal(phase_bit(d, "none"), 0);
	assert_string_equal(find_item(d, I_WRITE)->path, "x");
	assert_false(find_item(d, I_WRITE)->has_expr);
	assert_string_equal(find_item(d, I_WRITE)->until, "gone");
	assert_string_equal(find_item(d, I_WRITE)[1].path, "y.z");
	assert_string_equal(find_item(d, I_WRITE)[1].expr.text, "new < 3");
	assert_true(find_item(d, I_BIND)->nullable);
	assert_false(find_item(d, I_BIND)[1].nullable);
	assert_string_equal(find_item(d, I_BIND)[1].until, "up");
	assert_string_equal(find_item(d, I_LINK)->name, "queue");
	assert_false(f->decls[1]->is_struct);
	assert_true(key_is_number(f->decls[1]));
	assert_non_null(find_item(f->decls[1], I_WRITE_ALL));
}

static void test_function(void **state)
{
	struct file *f = parse(
		"function f(a: in cap(n) nullable, n: range(1, 2), s: string(4) kept,\n"
		"	   g: give if(ret == 0), fmt: format, ...)\n"
		"	sleeps ret(null, err) acquires obj(ret, n) aux(0, a) owned by glue;\n");
	const struct sig *s = &f->decls[0]->sigs[0];
	const struct attr *a;

	assert_int_equal(s->nparams, 5);
	assert_true(s->variadic);
	assert_string_equal(attr_get(&s->params[0].attrs, A_CAP)->args[0].text, "n");
	assert_int_equal(attr_get(&s->params[1].attrs, A_RANGE)->nargs, 2);
	assert_true(attr_get(&s->params[3].attrs, A_GIVE)->cond);
	a = attr_get(&s->attrs, A_ACQUIRES);
	assert_string_equal(a->name, "obj");
	assert_string_equal(a->args[1].text, "n");
	assert_string_equal(attr_get(&s->attrs, A_BY)->name, "glue");
	assert_null(attr_get(&s->attrs, A_LOCAL));
	assert_int_equal(sig_ret(s), RET_NULL_ERR);
	assert_ptr_equal(find_param(s, "fmt"), &s->params[4]);
	assert_null(find_param(s, "none"));
}

static void test_function_forms(void **state)
{
	struct file *f =
		parse("function a() local(\"reads\");\n"
		      "function b(x) local by lib (\"ours\");\n"
		      "function c(x) fails(\"never\");\n"
		      "function d(x) defer();\nfunction e(x) defer(GRO_NORMAL);\n"
		      "function __SCT__f like f();\n"
		      "callback g like s.op (x) onfault(by glue);\ncallback h(x) onfault();\n");

	assert_false(attr_get(&f->decls[0]->sigs[0].attrs, A_LOCAL)->by);
	assert_string_equal(attr_get(&f->decls[1]->sigs[0].attrs, A_LOCAL)->name, "lib");
	assert_string_equal(attr_get(&f->decls[1]->sigs[0].attrs, A_LOCAL)->reason, "ours");
	assert_int_equal(attr_get(&f->decls[3]->sigs[0].attrs, A_DEFER)->nargs, 0);
	assert_string_equal(attr_get(&f->decls[4]->sigs[0].attrs, A_DEFER)->args[0].text,
			    "GRO_NORMAL");
	assert_string_equal(f->decls[5]->sigs[0].like, "f");
	assert_string_equal(f->decls[6]->sigs[0].like_member, "op");
	assert_true(attr_get(&f->decls[6]->sigs[0].attrs, A_ONFAULT)->by);
	assert_string_equal(attr_get(&f->decls[6]->sigs[0].attrs, A_ONFAULT)->name, "glue");
	assert_true(sig_runs_in_domain(&f->decls[0]->sigs[0]));
	assert_true(sig_skips_checks(&f->decls[2]->sigs[0]));
	assert_false(sig_skips_checks(&f->decls[3]->sigs[0]));
}

static void test_interface(void **state)
{
	struct file *f =
		parse("interface ops {\n	open(d: keep until close) sleeps onfault(-EIO);\n"
		      "	close(d) onfault();\n	ioctl unsupported(\"no\");\n"
		      "	default unsupported(\"rest\");\n}\n");
	const struct decl *d = f->decls[0];

	assert_int_equal(d->nsigs, 3);
	assert_string_equal(d->sigs[2].unsupported, "no");
	assert_string_equal(d->rest, "rest");
	assert_string_equal(attr_get(&d->sigs[0].params[0].attrs, A_KEEP)->name, "close");
	assert_ptr_equal(d->sigs[1].decl, d);
}

static void test_goes_on_after_an_error(void **state)
{
	struct file *f = parse_text("t.idl", "function (;\nfunction ok(a);\n", 28);

	assert_int_equal(diag_errors(), 1);
	assert_int_equal(f->ndecls, 1);
	assert_string_equal(f->decls[0]->name, "ok");
}

static void test_one_error_each(void **state)
{
	assert_int_equal(errors_in("object struct a { x; y; }\nfunction ;\nglue 3;\n"), 4);
	assert_int_equal(errors_in("function a(b: in out;\nfunction c(d);\n"), 1);
	assert_int_equal(errors_in("interface a { b(c }\n function d(;\n"), 2);
	assert_int_equal(errors_in("object a { write x"), 1);
	assert_int_equal(errors_in("twin a { } function b(c) nonsense;"), 2);
	assert_int_equal(errors_in("}"), 1);
	assert_int_equal(errors_in("; ; ;"), 3);
	assert_int_equal(errors_in("\"abc\n"), 1);
	assert_int_equal(errors_in("function a() check(x"), 1);
}

/* Every prefix of a good file is read without harm. */
static void test_prefixes(void **state)
{
	static const char text[] =
		"use <a.h>;object struct o{write a check(new<\"x\"),b until p;phases p;}"
		"interface i{a(b:give if(ret))check('\\'')onfault(by g);default unsupported(\"r\");}"
		"function f(a:string(3)kept,...)ret(object o)acquires o(a,b);";

	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = malloc(n ? n : 1);

		memcpy(exact, text, n);
		parse_text("t.idl", exact, n);
		forget(NULL);
		free(exact);
	}
}

const struct CMUnitTest parser_tests[] = {
	cmocka_unit_test_teardown(test_file, forget),
	cmocka_unit_test_teardown(test_names_of_files, forget),
	cmocka_unit_test_teardown(test_object, forget),
	cmocka_unit_test_teardown(test_function, forget),
	cmocka_unit_test_teardown(test_function_forms, forget),
	cmocka_unit_test_teardown(test_interface, forget),
	cmocka_unit_test_teardown(test_goes_on_after_an_error, forget),
	cmocka_unit_test_teardown(test_one_error_each, forget),
	cmocka_unit_test_teardown(test_prefixes, forget),
};
const size_t nparser_tests = ARRAY_SIZE(parser_tests);
