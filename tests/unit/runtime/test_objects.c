// SPDX-License-Identifier: GPL-2.0
/* The object tracker: keys, order, loans, nested ranges, parts and links. */
#include "world.h"

struct inner { int a, b; };
struct outer { long x; struct inner in; void *link; };

static const struct nooks_type t_inner = { .name = "inner", .size = sizeof(struct inner) };
static const struct nooks_type t_far = { .name = "far", .size = 64 };
static const struct nooks_part parts[] = {
	{ .type = &t_inner, .name = "in", .offset = offsetof(struct outer, in) },
	{ .type = &t_far, .name = "link", .offset = offsetof(struct outer, link), .link = 1 },
};
static const struct nooks_type t_outer = {
	.name = "outer", .size = sizeof(struct outer), .parts = parts, .nparts = 2,
};
static const struct nooks_part wrap_parts[] = {
	{ .type = &t_outer, .name = "o", .offset = 16 },
};
static const struct nooks_type t_wrap = {
	.name = "wrap", .size = 16 + sizeof(struct outer), .parts = wrap_parts, .nparts = 1,
};
static const struct nooks_type t_number = { .name = "irq" };

static struct nooks_object *add(struct world *w, const struct nooks_type *t, void *p, size_t n)
{
	return nooks_object_add(w->d, t, (unsigned long)p, n, 0, "test", GFP_KERNEL);
}

static void keys(void **state)
{
	struct world *w = *state;
	struct nooks_object *o = nooks_object_add(w->d, &t_number, 11, 0, 0, "x", GFP_ATOMIC);

	assert_non_null(o);
	assert_null(nooks_object_add(w->d, &t_number, 11, 0, 0, "x", GFP_ATOMIC));
	assert_ptr_equal(nooks_object_find(w->d, &t_number, 11), o);
	assert_null(nooks_object_find(w->d, &t_outer, 11));
	assert_null(nooks_object_find(w->d, &t_number, 12));
	assert_ptr_equal(nooks_object_take(w->d, &t_number, 11), o);
	assert_null(nooks_object_take(w->d, &t_number, 11));
	nooks_object_free(o);
	assert_false(nooks_object_drop(w->d, &t_number, 11));
	assert_int_equal(w->d->nobjects, 0);
}

static void order(void **state)
{
	struct world *w = *state;
	struct nooks_object *o;
	int i;

	for (i = 0; i < 5; i++)
		nooks_object_add(w->d, &t_number, i, 0, 0, "x", GFP_ATOMIC);
	nooks_object_drop(w->d, &t_number, 3);
	for (i = 4; i >= 0; i--) {
		if (i == 3)
			continue;
		o = nooks_object_pop(w->d);
		assert_int_equal(o->key, i);
		nooks_object_free(o);
	}
	assert_null(nooks_object_pop(w->d));
}

static void no_memory(void **state)
{
	struct world *w = *state;
	char buf[8];

	shim_fail_after = 0;
	assert_null(nooks_object_add(w->d, &t_number, 1, 0, 0, "x", GFP_ATOMIC));
	assert_int_equal(nooks_object_lend(w->d, &nooks_type_lent, buf, 8, "x"), -ENOMEM);
	shim_fail_after = -1;
	assert_null(nooks_object_find(w->d, &t_number, 1));
}

static void wrapping(void **state)
{
	struct world *w = *state;

	assert_null(nooks_object_add(w->d, &t_outer, -8UL, 64, 0, "x", GFP_ATOMIC));
	assert_int_equal(nooks_object_lend(w->d, &nooks_type_lent, (void *)-8UL, 64, "x"),
			 -EINVAL);
}

static void loans(void **state)
{
	struct world *w = *state;
	char *p = w->kernel;
	struct nooks_verdict v;

	assert_int_equal(nooks_object_lend(w->d, &nooks_type_lent, p, 10, "x"), 0);
	assert_true(nooks_may_write(w->d, (unsigned long)p, 10, NULL, &v));
	assert_false(nooks_may_write(w->d, (unsigned long)p, 11, NULL, &v));
	/* A second call lends more, and returns last. */
	assert_int_equal(nooks_object_lend(w->d, &nooks_type_lent, p, 20, "x"), 0);
	assert_true(nooks_may_write(w->d, (unsigned long)p, 20, NULL, &v));
	nooks_object_unlend(w->d, &nooks_type_lent, p);
	assert_true(nooks_may_write(w->d, (unsigned long)p, 10, NULL, &v));
	/* It is not the domain's to release. */
	assert_null(nooks_object_take(w->d, &nooks_type_lent, (unsigned long)p));
	nooks_object_unlend(w->d, &nooks_type_lent, p);
	assert_false(nooks_may_write(w->d, (unsigned long)p, 1, NULL, &v));
	nooks_object_unlend(w->d, &nooks_type_lent, p);	/* one too many: nothing */
	assert_int_equal(w->d->nobjects, 0);
}

static void loan_of_held(void **state)
{
	struct world *w = *state;
	struct nooks_object *o = add(w, &t_outer, w->kernel, sizeof(struct outer));

	assert_int_equal(nooks_object_lend(w->d, &t_outer, w->kernel, sizeof(struct outer), "x"),
			 0);
	nooks_object_unlend(w->d, &t_outer, w->kernel);
	assert_ptr_equal(nooks_object_find(w->d, &t_outer, (unsigned long)w->kernel), o);
	assert_int_equal(o->lends, 0);
}

static void loan_becomes_own(void **state)
{
	struct world *w = *state;
	struct nooks_object *o;

	nooks_object_lend(w->d, &t_outer, w->kernel, sizeof(struct outer), "lend");
	o = add(w, &t_outer, w->kernel, sizeof(struct outer));
	assert_non_null(o);
	assert_int_equal(o->flags & NOOKS_OBJ_LENT, 0);
	nooks_object_unlend(w->d, &t_outer, w->kernel);
	assert_ptr_equal(nooks_object_find(w->d, &t_outer, (unsigned long)w->kernel), o);
}

static void nested(void **state)
{
	struct world *w = *state;
	char *p = w->kernel;
	struct nooks_object *big = add(w, &t_far, p, 512);
	struct nooks_object *mid = add(w, &t_outer, p + 64, sizeof(struct outer));
	struct nooks_object *small = add(w, &t_inner, p + 64, sizeof(struct inner));

	assert_ptr_equal(nooks_object_covering(w->d, NULL, (unsigned long)p + 65, 1), small);
	assert_ptr_equal(nooks_object_covering(w->d, NULL, (unsigned long)p + 64, 16), mid);
	assert_ptr_equal(nooks_object_covering(w->d, &t_far, (unsigned long)p + 65, 1), big);
	assert_ptr_equal(nooks_object_covering(w->d, NULL, (unsigned long)p + 511, 1), big);
	assert_null(nooks_object_covering(w->d, NULL, (unsigned long)p + 512, 1));
	assert_null(nooks_object_covering(w->d, NULL, (unsigned long)p + 511, 2));
}

static void is(void **state)
{
	struct world *w = *state;
	struct outer *o = (struct outer *)(w->kernel + 16);
	unsigned long far = 0xffff888000001000UL;

	assert_false(nooks_object_is(w->d, &t_outer, (unsigned long)o));
	add(w, &t_wrap, w->kernel, t_wrap.size);
	o->link = (void *)far;
	assert_true(nooks_object_is(w->d, &t_wrap, (unsigned long)w->kernel));
	assert_true(nooks_object_is(w->d, &t_outer, (unsigned long)o));
	assert_true(nooks_object_is(w->d, &t_inner, (unsigned long)&o->in));
	assert_false(nooks_object_is(w->d, &t_inner, (unsigned long)&o->in + 4));
	assert_false(nooks_object_is(w->d, &t_inner, (unsigned long)o));
	assert_true(nooks_object_is(w->d, &t_far, far));
	assert_false(nooks_object_is(w->d, &t_far, far + 64));
	assert_false(nooks_object_is(w->d, &t_far, 0));
}

static void arrays(void **state)
{
	struct world *w = *state;
	struct outer *o = (struct outer *)w->kernel;

	add(w, &t_outer, o, 4 * sizeof(*o));
	o[2].link = (void *)0xffff888000002000UL;
	assert_true(nooks_object_is(w->d, &t_outer, (unsigned long)&o[3]));
	assert_true(nooks_object_is(w->d, &t_inner, (unsigned long)&o[3].in));
	assert_false(nooks_object_is(w->d, &t_outer, (unsigned long)&o[4]));
	assert_false(nooks_object_is(w->d, &t_outer, (unsigned long)&o[1] + 8));
	assert_true(nooks_object_is(w->d, &t_far, 0xffff888000002000UL));
}

static void regions(void **state)
{
	struct world *w = *state;
	unsigned long a = (unsigned long)w->data;

	assert_true(nooks_owned(w->d, a, WORLD_DATA));
	assert_false(nooks_owned(w->d, a, WORLD_DATA + 1));
	assert_false(nooks_owned(w->d, a - 1, 2));
	assert_true(nooks_owned(w->d, a, 0));
	assert_false(nooks_owned(w->d, a + WORLD_DATA, 0));
	assert_false(nooks_owned(w->d, a, -1UL));
	assert_int_equal(nooks_own_region(w->d, a, PAGE_SIZE, "x", "x"), -EEXIST);
	assert_int_equal(nooks_own_region(w->d, a + 1, PAGE_SIZE, "x", "x"), -EINVAL);
	assert_int_equal(nooks_own_region(w->d, (unsigned long)w->kernel, PAGE_SIZE, "x", "x"), 0);
	assert_true(nooks_owned(w->d, (unsigned long)w->kernel, PAGE_SIZE));
	nooks_disown_pages(w->d, (unsigned long)w->kernel, PAGE_SIZE);
	assert_false(nooks_owned(w->d, (unsigned long)w->kernel, 1));
}

/* Registers are the driver's to write, but no check takes them for memory. */
static void registers(void **state)
{
	struct world *w = *state;
	unsigned long a = (unsigned long)w->kernel;
	struct nooks_verdict v;

	assert_int_equal(nooks_own_device(w->d, a, PAGE_SIZE, "iomem", "x"), 0);
	assert_int_equal(nooks_own_region(w->d, a, PAGE_SIZE, "x", "x"), -EEXIST);
	assert_false(nooks_owned(w->d, a, 1));
	assert_false(nooks_may_write(w->d, a, 8, NULL, &v));
	assert_false(nooks_may_write(w->d, a, 1024, NULL, &v));
	nooks_disown_pages(w->d, a, PAGE_SIZE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(keys), T(order), T(no_memory), T(wrapping), T(loans), T(loan_of_held),
		T(loan_becomes_own), T(nested), T(is), T(arrays), T(regions), T(registers),
	};

	return cmocka_run_group_tests_name("runtime objects", tests, NULL, NULL);
}
