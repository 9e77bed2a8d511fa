// SPDX-License-Identifier: GPL-2.0
/* A module in memory: link information that is believed or not, thunks, data kept. */
#include "world.h"

static struct nooks_link_info saved;

static void expect_bad(struct world *w)
{
	assert_int_not_equal(nooks_image_check(&w->mod, w->info), 0);
	*w->info = saved;
}

static void link_info(void **state)
{
	struct world *w = *state;
	struct nooks_link_info *i = w->info;
	struct nooks_thunk_page_head *head = (void *)i->thunks;
	u64 *functions = (u64 *)i->functions;

	head->table = 0;		/* as in the file */
	saved = *i;
	assert_int_equal(nooks_image_check(&w->mod, i), 0);
	assert_int_not_equal(nooks_image_check(&w->mod, (void *)w->data), 0);
	assert_int_not_equal(nooks_image_check(&w->mod, (void *)i + 4), 0);
	i->magic++, expect_bad(w);
	i->version++, expect_bad(w);
	i->size += 8, expect_bad(w);
	i->flags = 1, expect_bad(w);
	i->nthunks = ~0U, expect_bad(w);
	i->nthunks = 300, expect_bad(w);		/* a second page that is not there */
	i->naddresses = ~0U, expect_bad(w);
	i->naddresses = 400, expect_bad(w);
	i->init_thunk = WORLD_THUNKS, expect_bad(w);
	i->exit_thunk = WORLD_THUNKS, expect_bad(w);
	i->thunks += 16, expect_bad(w);
	i->thunks = (unsigned long)w->rodata, expect_bad(w);
	i->thunks = -4096UL, expect_bad(w);
	i->functions = (unsigned long)w->data, expect_bad(w);
	i->functions += 4, expect_bad(w);
	i->functions = (unsigned long)w->rodata + WORLD_RODATA - 8, expect_bad(w);
	i->addresses = 0, expect_bad(w);
	i->addresses = (unsigned long)w->kernel, expect_bad(w);
	i->data = (unsigned long)w->rodata, expect_bad(w);
	i->data = (unsigned long)w->kernel, expect_bad(w);
	i->data += 8, expect_bad(w);
	i->data_size += PAGE_SIZE, expect_bad(w);
	i->data_size = -PAGE_SIZE, expect_bad(w);
	i->data_size -= 8, expect_bad(w);
	i->domain[0] = 0, expect_bad(w);
	i->domain[2] = '/', expect_bad(w);
	memset(i->domain, 'x', sizeof(i->domain)), expect_bad(w);
	functions[3] = (unsigned long)w->data, expect_bad(w);
	functions[3] = i->thunks + 32, expect_bad(w);
	functions[3] = (unsigned long)w->text;
	head->magic++, expect_bad(w);
	head->magic--;
	head->table = 8, expect_bad(w);
	head->table = 0;
	assert_int_equal(nooks_image_check(&w->mod, i), 0);
}

static void thunks(void **state)
{
	struct world *w = *state;
	struct nooks_thunk_page_head *head = (void *)w->info->thunks;
	struct nooks_thunk *table = (void *)head->table, *t;
	unsigned long a;
	u32 i, bound, total;

	for (i = 0; i < WORLD_THUNKS; i++) {
		a = nooks_thunk_address(w->m, i);
		t = table + ((a & 0xfff) >> 4);		/* as the gate finds it */
		assert_ptr_equal(t, nooks_thunk_nr(w->m, i));
		assert_ptr_equal(t, nooks_thunk_find(w->d, a));
		assert_ptr_equal(t->module, w->m);
		assert_int_equal(t->func, (unsigned long)w->text + 64 * i);
	}
	assert_null(nooks_thunk_find(w->d, w->info->thunks));
	assert_null(nooks_thunk_find(w->d, w->info->thunks + 17));
	assert_null(nooks_thunk_find(w->d, nooks_thunk_address(w->m, WORLD_THUNKS)));
	assert_null(nooks_thunk_find(w->d, 0));
	nooks_thunk_count(w->m, &bound, &total);
	assert_int_equal(bound, 1);		/* init */
	assert_int_equal(total, WORLD_THUNKS);
	nooks_thunks_unbind(w->m, false);
	nooks_thunk_count(w->m, &bound, &total);
	assert_int_equal(bound, 1);
	nooks_thunks_unbind(w->m, true);
	nooks_thunk_count(w->m, &bound, &total);
	assert_int_equal(bound, 0);
}

static void pristine(void **state)
{
	struct world *w = *state;
	struct nooks_thunk *init = nooks_thunk_nr(w->m, 0);

	strcpy(w->data, "before");
	/* The first call of init saves, the next does not. */
	w->f.thunk = init;
	init->stub->call(&w->f);
	assert_int_equal(world_enters, 1);
	assert_int_equal(w->f.ret, 0);
	assert_true(w->m->initialized);
	strcpy(w->data, "scribbled");
	init->stub->call(&w->f);
	nooks_image_restore(w->m);
	assert_string_equal(w->data, "before");
}

static void init_results(void **state)
{
	struct world *w = *state;
	struct nooks_thunk *init = nooks_thunk_nr(w->m, 0);

	w->f.thunk = init;
	w->f.ret = (unsigned long)-ENODEV;
	init->stub->call(&w->f);
	assert_false(w->m->initialized);
	assert_int_equal((int)w->f.ret, -ENODEV);
	w->f.ret = 12345;
	init->stub->call(&w->f);
	assert_int_equal(world_failures, 1);
	init->stub->fault(&w->f);
	assert_int_equal((int)w->f.ret, -EIO);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(link_info), T(thunks), T(pristine), T(init_results) };

	return cmocka_run_group_tests_name("runtime images", tests, NULL, NULL);
}
