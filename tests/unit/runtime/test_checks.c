// SPDX-License-Identifier: GPL-2.0
/* What wrappers and stubs check: objects, memory, strings, functions, tables, sizes. */
#include "world.h"

static const struct nooks_type t_dev = {
	.name = "device", .size = 64, .rights = NOOKS_RIGHTS_NONE,
};
static const struct nooks_stub stub_a = { .name = "a.open", .source = "a.idl:1" };
static const struct nooks_stub stub_b = { .name = "a.stop", .source = "a.idl:2" };

static void objects(void **state)
{
	struct world *w = *state;
	struct nooks_object *o = nooks_object_add(w->d, &t_dev, (unsigned long)w->kernel, 64, 0,
						  "x", GFP_KERNEL);

	assert_true(nooks_check_object(&w->f, 1, w->kernel, &t_dev, 0));
	assert_true(nooks_check_object(&w->f, 1, NULL, &t_dev, NOOKS_NULLABLE));
	assert_ptr_equal(nooks_get_object(&w->f, 1, w->kernel, &t_dev), o);
	assert_int_equal(world_failures, 0);
	assert_false(nooks_check_object(&w->f, 1, NULL, &t_dev, 0));
	world_assert_refused(w, 1, "is no device");
	assert_false(nooks_check_object(&w->f, 2, w->kernel + 8, &t_dev, 0));
	world_assert_refused(w, 2, "is no device");
	assert_false(nooks_check_object(&w->f, 2, w->data, &t_dev, NOOKS_NULLABLE));
	world_assert_refused(w, 2, "is no device");
	assert_null(nooks_get_object(&w->f, 3, w->kernel + 8, &t_dev));
	world_assert_refused(w, 3, "is no device");
}

static void memory(void **state)
{
	struct world *w = *state;
	char *p = w->data;

	assert_true(nooks_check_writable(&w->f, 1, p, WORLD_DATA, 0));
	assert_true(nooks_check_writable(&w->f, 1, NULL, 10, NOOKS_NULLABLE));
	assert_true(nooks_check_writable(&w->f, 1, w->kernel, 0, 0));
	assert_false(nooks_check_writable(&w->f, 1, p, WORLD_DATA + 1, 0));
	world_assert_refused(w, 1, "may not write");
	assert_false(nooks_check_writable(&w->f, 1, w->kernel, 1, 0));
	world_assert_refused(w, 1, "no tracked object");
	assert_false(nooks_check_writable(&w->f, 1, NULL, 1, 0));
	world_assert_refused(w, 1, "may not write");
	assert_false(nooks_check_writable(&w->f, 1, p, -1UL, 0));
	world_assert_refused(w, 1, "may not write");
	assert_false(nooks_check_writable(&w->f, 1, w->rodata, 1, 0));
	world_assert_refused(w, 1, "may not write");

	nooks_object_lend(w->d, &nooks_type_lent, w->kernel, 1000, "x");
	assert_true(nooks_check_writable(&w->f, 1, w->kernel, 1000, 0));
	assert_true(nooks_check_readable(&w->f, 1, w->kernel, 1000, 0));
	assert_false(nooks_check_writable(&w->f, 1, w->kernel, 1001, 0));
	world_assert_refused(w, 1, "may not write");

	assert_true(nooks_check_readable(&w->f, 1, w->rodata, WORLD_RODATA, 0));
	assert_false(nooks_check_readable(&w->f, 1, w->rodata, WORLD_RODATA + 1, 0));
	world_assert_refused(w, 1, "not the driver's");
	assert_false(nooks_check_readable(&w->f, 1, w->kernel + 2000, 1, 0));
	world_assert_refused(w, 1, "not the driver's");
	assert_true(nooks_check_rodata(&w->f, 1, w->rodata, 8, 0));
	assert_false(nooks_check_rodata(&w->f, 1, w->data, 8, 0));
	world_assert_refused(w, 1, "read-only");
	assert_false(nooks_check_rodata(&w->f, 1, w->text, 8, 0));
	world_assert_refused(w, 1, "read-only");
}

static void copies(void **state)
{
	struct world *w = *state;
	char buf[16] = "unchanged";

	strcpy(w->data, "driver");
	assert_true(nooks_copy_in(&w->f, 1, buf, w->data, 8));
	assert_string_equal(buf, "driver");
	assert_false(nooks_copy_in(&w->f, 1, buf, w->kernel, 8));
	world_assert_refused(w, 1, "");
	assert_string_equal(buf, "driver");
	assert_false(nooks_copy_out(&w->f, 1, w->kernel, buf, 8));
	world_assert_refused(w, 1, "");
	assert_int_equal(w->kernel[0], 0);
	assert_true(nooks_copy_out(&w->f, 1, w->data + 100, buf, 8));
	assert_string_equal(w->data + 100, "driver");
}

static void strings(void **state)
{
	struct world *w = *state;
	char buf[32], *end = w->data + WORLD_DATA;
	const char *kept;

	strcpy(w->data, "eth%d");
	assert_true(nooks_copy_string(&w->f, 1, buf, w->data, 16, 0));
	assert_string_equal(buf, "eth%d");
	/* Ends with the driver's memory: nothing behind it is looked at. */
	strcpy(end - 4, "abc");
	assert_true(nooks_copy_string(&w->f, 1, buf, end - 4, 16, 0));
	memcpy(end - 4, "abcd", 4);
	assert_false(nooks_copy_string(&w->f, 1, buf, end - 4, 16, 0));
	world_assert_refused(w, 1, "");
	memset(w->data, 'x', 64);
	assert_false(nooks_copy_string(&w->f, 1, buf, w->data, 16, 0));
	world_assert_refused(w, 1, "not terminated within 16");
	assert_false(nooks_copy_string(&w->f, 1, buf, w->kernel, 16, 0));
	world_assert_refused(w, 1, "not the driver's");
	assert_true(nooks_copy_string(&w->f, 1, buf, NULL, 16, NOOKS_NULLABLE));
	assert_string_equal(buf, "");

	strcpy(w->data, "name");
	kept = nooks_keep_string(&w->f, 1, w->data, 16, 0);
	assert_string_equal(kept, "name");
	assert_ptr_not_equal(kept, w->data);
	assert_ptr_equal(nooks_keep_string(&w->f, 1, w->data, 16, 0), kept);
	strcpy(w->data, "evil");
	assert_string_equal(kept, "name");
	assert_null(nooks_keep_string(&w->f, 1, w->kernel, 16, 0));
	world_assert_refused(w, 1, "");
	assert_null(nooks_keep_string(&w->f, 1, NULL, 16, NOOKS_NULLABLE));
	assert_int_equal(world_failures, 0);
}

static void functions(void **state)
{
	struct world *w = *state;
	void *t5 = (void *)nooks_thunk_address(w->m, 5);

	assert_true(nooks_bind(&w->f, 1, t5, &stub_a, 0));
	assert_ptr_equal(nooks_thunk_nr(w->m, 5)->stub, &stub_a);
	assert_true(nooks_bind(&w->f, 1, t5, &stub_a, 0));
	assert_false(nooks_bind(&w->f, 1, t5, &stub_b, 0));
	world_assert_refused(w, 1, "cannot be a.stop as well");
	assert_true(nooks_bind(&w->f, 1, NULL, &stub_a, NOOKS_NULLABLE));
	assert_false(nooks_bind(&w->f, 1, NULL, &stub_a, 0));
	world_assert_refused(w, 1, "no function of the driver");
	assert_false(nooks_bind(&w->f, 1, t5 + 8, &stub_a, 0));
	world_assert_refused(w, 1, "no function");
	assert_false(nooks_bind(&w->f, 1, w->text, &stub_a, 0));
	world_assert_refused(w, 1, "no function");
	assert_false(nooks_bind(&w->f, 1, (void *)w->info->thunks, &stub_a, 0));
	world_assert_refused(w, 1, "no function");
	assert_false(nooks_bind(&w->f, 1, (void *)nooks_thunk_address(w->m, WORLD_THUNKS),
				&stub_a, 0));
	world_assert_refused(w, 1, "no function");
	/* A kernel function, even one that the driver's image names, has no known type. */
	assert_false(nooks_bind(&w->f, 1, strlen, &stub_a, 0));
	world_assert_refused(w, 1, "no function");
	assert_false(nooks_bind(&w->f, 1, strcmp, &stub_a, 0));
	world_assert_refused(w, 1, "no function");
	assert_false(nooks_bind(&w->f, 1, &world_why, &stub_a, 0));
	world_assert_refused(w, 1, "no function");
	/* init is init */
	assert_false(nooks_bind(&w->f, 1, (void *)nooks_thunk_address(w->m, 0), &stub_a, 0));
	world_assert_refused(w, 1, "module_init already");
}

struct ops {
	void *owner;
	void *open, *stop, *odd;
};

static void tables(void **state)
{
	struct world *w = *state;
	static const u32 offsets[] = { 8, 16, 24 };
	static const struct nooks_stub *const stubs[] = { &stub_a, &stub_b, NULL };
	static const struct nooks_ops ops = {
		.name = "ops", .size = sizeof(struct ops), .nops = 3, .offsets = offsets,
		.stubs = stubs,
	};
	struct ops *ro = (struct ops *)(w->rodata + 3000), *rw = (struct ops *)w->data;
	const void *t, *copy;

	ro = (struct ops *)((unsigned long)ro & ~7UL);
	ro->open = (void *)nooks_thunk_address(w->m, 3);
	t = ro;
	assert_true(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	assert_ptr_equal(t, ro);
	assert_ptr_equal(nooks_thunk_nr(w->m, 3)->stub, &stub_a);

	/* In a constant table those that the driver's image names, data never. */
	ro->stop = strlen;
	assert_true(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	ro->stop = strcmp;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "no function");
	ro->stop = &world_why;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "no function");
	ro->stop = NULL;
	rw->stop = strlen;
	t = rw;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "no function");

	rw->stop = (void *)nooks_thunk_address(w->m, 4);
	t = rw;
	assert_true(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	assert_ptr_not_equal(t, rw);
	copy = t;
	assert_memory_equal(copy, rw, sizeof(*rw));
	t = rw;
	assert_true(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	assert_ptr_equal(t, copy);
	rw->stop = w->text;		/* a raw pointer */
	assert_ptr_not_equal(((struct ops *)copy)->stop, w->text);
	t = rw;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "no function");
	rw->stop = NULL;
	rw->odd = (void *)nooks_thunk_address(w->m, 6);
	t = rw;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "not supported");
	t = w->kernel;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "not the driver's");
	t = NULL;
	assert_false(nooks_bind_ops(&w->f, 1, &t, &ops, 0));
	world_assert_refused(w, 1, "no table");
	assert_true(nooks_bind_ops(&w->f, 1, &t, &ops, NOOKS_NULLABLE));
}

static void sizes(void **state)
{
	struct world *w = *state;
	size_t n;

	assert_true(nooks_size_mul(&w->f, 1, 1000, 24, &n));
	assert_int_equal(n, 24000);
	assert_false(nooks_size_mul(&w->f, 1, 1UL << 60, 24, &n));
	world_assert_refused(w, 1, "overflows");
	assert_true(nooks_size_add(&w->f, 2, 1000, 24, &n));
	assert_int_equal(n, 1024);
	assert_false(nooks_size_add(&w->f, 2, -8UL, 8, &n));
	world_assert_refused(w, 2, "overflows");
}

static void self(void **state)
{
	struct world *w = *state;

	assert_true(nooks_check_self(&w->f, 1, &w->mod));
	assert_false(nooks_check_self(&w->f, 1, NULL));
	world_assert_refused(w, 1, "own module");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(objects), T(memory), T(copies), T(strings), T(functions), T(tables), T(sizes),
		T(self),
	};

	return cmocka_run_group_tests_name("runtime checks", tests, NULL, NULL);
}
