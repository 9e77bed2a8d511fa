// SPDX-License-Identifier: GPL-2.0
/* The heap: sizes, alignment, bad frees told apart, growth, limits, reset. */
#include "world.h"

static void sizes(void **state)
{
	struct world *w = *state;
	static const size_t ask[] = { 0, 1, 31, 32, 33, 64, 90, 100, 129, 200, 256, 300, 512, 600,
				      1024, 1500, 2048, 2049, 4096, 5000, 65536, 100000 };
	char *p;
	int i;

	for (i = 0; i < ARRAY_SIZE(ask); i++) {
		p = nooks_alloc(w->d, ask[i], GFP_KERNEL | __GFP_ZERO, "test");
		assert_non_null(p);
		assert_true(nooks_owned(w->d, (unsigned long)p, ask[i]));
		assert_true(nooks_alloc_size(w->d, p) >= ask[i]);
		if (ask[i] && !(ask[i] & (ask[i] - 1)))
			assert_int_equal((unsigned long)p % ask[i], 0);
		assert_int_equal((unsigned long)p % 8, 0);
		memset(p, 0xa5, ask[i]);
		assert_true(nooks_free(w->d, p));
	}
}

static void zeroed(void **state)
{
	struct world *w = *state;
	char *p = nooks_alloc(w->d, 200, GFP_KERNEL, "test");
	int i;

	memset(p, 0xff, 200);
	nooks_free(w->d, p);
	p = nooks_alloc(w->d, 200, GFP_ATOMIC | __GFP_ZERO, "test");
	for (i = 0; i < 200; i++)
		assert_int_equal(p[i], 0);
	nooks_free(w->d, p);
}

static void refuse(struct world *w, const void *p, const char *reason)
{
	const char *why;

	assert_false(nooks_free_why(w->d, p, &why));
	assert_string_equal(why, reason);
	assert_int_equal(nooks_alloc_size(w->d, p), 0);
}

static void bad_frees(void **state)
{
	struct world *w = *state;
	char *s = nooks_alloc(w->d, 100, GFP_KERNEL, "test");
	char *s2 = nooks_alloc(w->d, 100, GFP_KERNEL, "test");
	char *big = nooks_alloc(w->d, 20000, GFP_KERNEL, "test");
	char *carved = nooks_heap_carve(w->d, 2, "library");
	size_t n;

	refuse(w, w->kernel, "not memory of the driver's heap");
	refuse(w, w->data, "not memory of the driver's heap");
	refuse(w, NULL, "not memory of the driver's heap");
	refuse(w, (void *)-1UL, "not memory of the driver's heap");
	refuse(w, s + 8, "not the start of an allocation");
	refuse(w, big + 4096, "not the start of an allocation");
	refuse(w, carved, "not the start of an allocation");
	assert_ptr_equal(nooks_alloc_base(w->d, big + 9000, &n), big);
	assert_int_equal(n, 20480);
	assert_true(nooks_free(w->d, s));
	refuse(w, s, "freed already");
	assert_true(nooks_free(w->d, big));
	refuse(w, big, "freed already");
	refuse(w, big + 4096, "not allocated");
	refuse(w, s2 + 64 * 100, "not allocated");
	assert_true(nooks_free(w->d, s2));
}

static void live_twin(void **state)
{
	struct world *w = *state;
	static const struct nooks_type t = { .name = "timer", .size = 40 };
	char *p = nooks_alloc(w->d, 256, GFP_KERNEL, "test");

	assert_non_null(nooks_twin_new(&w->f, 1, p + 64, &t, GFP_KERNEL));
	assert_false(nooks_free_checked(&w->f, 1, p));
	world_assert_refused(w, 1, "still uses");
	nooks_twin_free(w->d, p + 64, &t);
	assert_true(nooks_free_checked(&w->f, 1, p));
	assert_false(nooks_free_checked(&w->f, 1, p));
	world_assert_refused(w, 1, "freed already");
}

static void growth(void **state)
{
	struct world *w = *state;
	struct nooks_heap_use u;
	void *p[3];
	int i;

	assert_int_equal(world_events, 1);
	for (i = 0; i < 3; i++) {
		p[i] = nooks_alloc(w->d, 4 << 20, GFP_KERNEL, "test");
		assert_non_null(p[i]);
		assert_int_equal((unsigned long)p[i] % (4 << 20), 0);
	}
	assert_null(nooks_alloc(w->d, (4 << 20) + 1, GFP_KERNEL, "test"));
	nooks_heap_use(w->d, &u);
	assert_int_equal(u.chunks, 3);
	assert_int_equal(world_events, 3);
	assert_int_equal(u.allocations, 3);
	assert_int_equal(u.used_bytes, 12 << 20);
	/* Atomic callers do not grow it. */
	assert_null(nooks_alloc(w->d, 4096, GFP_ATOMIC, "test"));
	shim_preempt++;
	assert_null(nooks_alloc(w->d, 4096, GFP_KERNEL, "test"));
	shim_preempt--;
	assert_non_null(nooks_alloc(w->d, 4096, GFP_KERNEL, "test"));
}

static void limit(void **state)
{
	struct world *w = *state;
	struct nooks_heap_use u;
	int n = 0;

	while (nooks_alloc(w->d, 1 << 20, GFP_KERNEL, "test"))
		n++;
	nooks_heap_use(w->d, &u);
	assert_int_equal(n, u.limit_bytes >> 20);
	assert_int_equal(u.chunk_bytes, u.limit_bytes);
	assert_int_equal(u.failures, 1);
}

static void reset(void **state)
{
	struct world *w = *state;
	char *p = nooks_alloc(w->d, 100, GFP_KERNEL, "test");
	u32 n;
	u64 bytes;

	nooks_alloc(w->d, 10000, GFP_KERNEL, "test");
	nooks_heap_carve(w->d, 10, "library");
	nooks_heap_reset(w->d, &bytes, &n);
	assert_int_equal(n, 2);
	assert_int_equal(bytes, 128 + 3 * 4096);
	refuse(w, p, "not allocated");
	assert_non_null(nooks_alloc(w->d, 4 << 20, GFP_ATOMIC, "test"));
}

/* Random use against a model: no overlap, right contents, right counts. */
static void random_use(void **state)
{
	struct world *w = *state;
	struct { u8 *p; size_t n; u8 fill; } a[400] = { { 0 } };
	struct nooks_heap_use u;
	unsigned int seed = 99, i, k, live = 0;
	size_t j;

	for (k = 0; k < 20000; k++) {
		i = rand_r(&seed) % ARRAY_SIZE(a);
		if (a[i].p) {
			for (j = 0; j < a[i].n; j += 61)
				assert_int_equal(a[i].p[j], a[i].fill);
			assert_true(nooks_free(w->d, a[i].p));
			a[i].p = NULL;
			live--;
			continue;
		}
		a[i].n = rand_r(&seed) % (rand_r(&seed) % 20 ? 1000 : 30000);
		a[i].p = nooks_alloc(w->d, a[i].n, GFP_KERNEL, "test");
		a[i].fill = rand_r(&seed);
		assert_non_null(a[i].p);
		memset(a[i].p, a[i].fill, a[i].n);
		live++;
	}
	nooks_heap_use(w->d, &u);
	assert_int_equal(u.allocations, live);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		if (a[i].p)
			assert_true(nooks_free(w->d, a[i].p));
	nooks_heap_use(w->d, &u);
	assert_int_equal(u.used_bytes, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(sizes), T(zeroed), T(bad_frees), T(live_twin), T(growth), T(limit), T(reset),
		T(random_use),
	};

	return cmocka_run_group_tests_name("runtime heap", tests, NULL, NULL);
}
