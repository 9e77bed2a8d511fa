// SPDX-License-Identifier: GPL-2.0
/* Twins: one per structure, found both ways, none outside the driver's memory. */
#include "world.h"

struct thing { long a[5]; };
static const struct nooks_type t_thing = { .name = "thing", .size = sizeof(struct thing) };
static const struct nooks_type t_other = { .name = "other", .size = 8 };

static void make_and_find(void **state)
{
	struct world *w = *state;
	char *p = w->data + 64;
	struct thing *t = nooks_twin_new(&w->f, 1, p, &t_thing, GFP_KERNEL);
	int i;

	assert_non_null(t);
	assert_true((char *)t < w->text || (char *)t >= w->data + WORLD_DATA);
	for (i = 0; i < 5; i++)
		assert_int_equal(t->a[i], 0);
	assert_ptr_equal(nooks_twin_new(&w->f, 1, p, &t_thing, GFP_KERNEL), t);
	assert_ptr_equal(nooks_twin(&w->f, 1, p, &t_thing), t);
	assert_ptr_equal(nooks_twin_driver(t), p);
	/* Another type at the same address is another twin. */
	assert_ptr_not_equal(nooks_twin_new(&w->f, 1, p, &t_other, GFP_KERNEL), t);
	nooks_twin_free(w->d, p, &t_thing);
	assert_null(nooks_twin(&w->f, 2, p, &t_thing));
	world_assert_refused(w, 2, "no thing is known");
}

static void not_own(void **state)
{
	struct world *w = *state;

	assert_null(nooks_twin_new(&w->f, 1, w->kernel, &t_thing, GFP_KERNEL));
	world_assert_refused(w, 1, "own memory");
	assert_null(nooks_twin_new(&w->f, 1, w->data + WORLD_DATA - 8, &t_thing, GFP_KERNEL));
	world_assert_refused(w, 1, "own memory");
	assert_null(nooks_twin_new(&w->f, 1, NULL, &t_thing, GFP_KERNEL));
	world_assert_refused(w, 1, "own memory");
}

static void no_memory(void **state)
{
	struct world *w = *state;

	for (shim_fail_after = 0; shim_fail_after < 2;) {
		long n = shim_fail_after;

		assert_null(nooks_twin_new(&w->f, 1, w->data, &t_thing, GFP_ATOMIC));
		assert_int_equal(world_failures, 0);	/* not the driver's fault */
		shim_fail_after = n + 1;
	}
	shim_fail_after = -1;
	assert_int_equal(w->d->nobjects, 0);
}

static void of_a_class(void **state)
{
	struct world *w = *state;
	static struct thing own;	/* not ours to free */
	struct nooks_object *o;

	o = nooks_object_add(w->d, &t_thing, (unsigned long)w->data, 0, 0, "x", GFP_KERNEL);
	assert_null(nooks_twin(&w->f, 1, w->data, &t_thing));
	world_assert_refused(w, 1, "no thing is known");
	o->twin = &own;
	assert_ptr_equal(nooks_twin(&w->f, 1, w->data, &t_thing), &own);
	assert_true(nooks_object_drop(w->d, &t_thing, (unsigned long)w->data));
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(make_and_find), T(not_own), T(no_memory), T(of_a_class),
	};

	return cmocka_run_group_tests_name("runtime twins", tests, NULL, NULL);
}
