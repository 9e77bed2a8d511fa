// SPDX-License-Identifier: GPL-2.0
/* nooks_may_write(): unions of bytes, phases, arrays, parts, checks, loans, seizing. */
#include "world.h"

struct dev {
	u64 fixed;
	u32 min_mtu, max_mtu;	/* adjacent: a compiler merges the stores */
	u64 features;		/* until registered */
	u32 mtu;		/* checked */
	u32 hole;
	struct { u32 a, b; } part;
};

static bool mtu_ok(const void *object, const void *value)
{
	const struct dev *d = object;

	return *(const u32 *)value <= d->max_mtu;
}

#define FIELD(f, u, c) { .name = #f, .source = "dev.idl:" #f, .offset = offsetof(struct dev, f), \
			 .size = sizeof(((struct dev *)0)->f), .until = u, .check = c }
static const struct nooks_field fields[] = {
	FIELD(min_mtu, 0, NULL), FIELD(max_mtu, 0, NULL), FIELD(features, 1, NULL),
	FIELD(mtu, 0, mtu_ok),
};
static const struct nooks_field part_fields[] = {
	{ .name = "b", .source = "part.idl:1", .offset = 4, .size = 4 },
};
static const struct nooks_type t_part = {
	.name = "part", .size = 8, .rights = NOOKS_RIGHTS_FIELDS, .fields = part_fields,
	.nfields = 1,
};
static const struct nooks_part parts[] = {
	{ .type = &t_part, .name = "part", .offset = offsetof(struct dev, part) },
};
static const struct nooks_type t_dev = {
	.name = "dev", .source = "dev.idl:1", .size = sizeof(struct dev),
	.rights = NOOKS_RIGHTS_FIELDS, .fields = fields, .nfields = 4, .parts = parts, .nparts = 1,
};
static const struct nooks_type t_all = { .name = "all", .size = 16, .rights = NOOKS_RIGHTS_ALL };
static const struct nooks_type t_none = { .name = "none", .size = 16 };

static struct nooks_verdict v;

static bool may(struct world *w, void *p, size_t n, const void *value)
{
	return nooks_may_write(w->d, (unsigned long)p, n, value, &v);
}

static struct dev *device(struct world *w, size_t count)
{
	nooks_object_add(w->d, &t_dev, (unsigned long)w->kernel, count * sizeof(struct dev), 0,
			 "probe.idl:9", GFP_KERNEL);
	return (struct dev *)w->kernel;
}

static void untracked(void **state)
{
	struct world *w = *state;

	assert_false(may(w, w->kernel, 1, NULL));
	assert_string_equal(v.reason, "no tracked object");
	assert_null(v.type);
	assert_false(may(w, w->kernel, 0, NULL));
	assert_false(nooks_may_write(w->d, -4UL, 8, NULL, &v));
}

static void union_of_bytes(void **state)
{
	struct world *w = *state;
	struct dev *d = device(w, 1);

	assert_true(may(w, &d->min_mtu, 4, NULL));
	assert_true(may(w, &d->min_mtu, 8, NULL));	/* both fields */
	assert_true(may(w, (char *)&d->min_mtu + 2, 4, NULL));
	assert_false(may(w, (char *)&d->min_mtu - 1, 4, NULL));
	assert_string_equal(v.reason, "field not writable");
	assert_true(may(w, &d->max_mtu, 12, NULL));	/* and features, not registered yet */
	assert_false(may(w, &d->fixed, 8, NULL));
	assert_ptr_equal(v.type, &t_dev);
	assert_int_equal(v.offset, 0);
	assert_string_equal(v.source, "probe.idl:9");
	assert_false(may(w, &d->fixed, 16, NULL));
}

static void end_of_field(void **state)
{
	struct world *w = *state;
	struct dev *d = device(w, 1);
	u32 ok = 0;

	assert_false(may(w, &d->mtu, 8, &(u64){ ok }));
	assert_string_equal(v.reason, "reaches past a writable field");
	assert_string_equal(v.field->name, "mtu");
}

static void phases(void **state)
{
	struct world *w = *state;
	struct dev *d = device(w, 1);

	assert_true(may(w, &d->features, 8, NULL));
	nooks_object_phase(nooks_object_find(w->d, &t_dev, (unsigned long)d), 2);
	assert_true(may(w, &d->features, 8, NULL));
	nooks_object_phase(nooks_object_find(w->d, &t_dev, (unsigned long)d), 1);
	assert_false(may(w, &d->features, 8, NULL));
	assert_string_equal(v.reason, "no longer writable in this phase");
	assert_string_equal(v.source, "dev.idl:features");
	assert_false(may(w, &d->max_mtu, 12, NULL));
	assert_true(may(w, &d->max_mtu, 4, NULL));
}

static void checks(void **state)
{
	struct world *w = *state;
	struct dev *d = device(w, 1);
	u32 value = 1500;
	u8 high = 0xff;

	d->max_mtu = 9000;
	d->mtu = 100;
	assert_true(may(w, &d->mtu, 4, &value));
	value = 9001;
	assert_false(may(w, &d->mtu, 4, &value));
	assert_string_equal(v.reason, "the value is refused by the field's check");
	assert_false(may(w, &d->mtu, 4, NULL));
	assert_string_equal(v.reason, "the value cannot be checked");
	/* A part of the field: the check sees the whole as it would be. */
	assert_true(may(w, &d->mtu, 1, &high));
	assert_false(may(w, (char *)&d->mtu + 3, 1, &high));
	assert_int_equal(d->mtu, 100);
}

static void arrays(void **state)
{
	struct world *w = *state;
	struct dev *d = device(w, 3);

	assert_true(may(w, &d[2].min_mtu, 8, NULL));
	assert_false(may(w, &d[2].fixed, 8, NULL));
	assert_int_equal(v.offset, 0);
	assert_false(may(w, &d[3].min_mtu, 8, NULL));
	assert_true(may(w, &d[1].part.b, 4, NULL));
	assert_false(may(w, &d[1].part.b, 8, NULL));	/* next element's fixed */
}

static void embedded(void **state)
{
	struct world *w = *state;
	struct dev *d = device(w, 1);

	assert_true(may(w, &d->part.b, 4, NULL));
	assert_false(may(w, &d->part.a, 4, NULL));
	assert_false(may(w, &d->part.a, 8, NULL));
}

static void neighbours(void **state)
{
	struct world *w = *state;
	char *p = w->kernel;

	nooks_object_add(w->d, &t_all, (unsigned long)p, 16, 0, "x", GFP_KERNEL);
	nooks_object_add(w->d, &t_all, (unsigned long)p + 16, 16, 0, "x", GFP_KERNEL);
	nooks_object_add(w->d, &t_none, (unsigned long)p + 40, 16, 0, "x", GFP_KERNEL);
	assert_true(may(w, p + 12, 8, NULL));
	assert_true(may(w, p, 32, NULL));
	assert_false(may(w, p, 33, NULL));
	assert_false(may(w, p + 28, 8, NULL));
	assert_false(may(w, p + 40, 1, NULL));
	assert_ptr_equal(v.type, &t_none);
}

static void inner_right(void **state)
{
	struct world *w = *state;
	char *p = w->kernel;

	nooks_object_add(w->d, &t_none, (unsigned long)p, 256, 0, "x", GFP_KERNEL);
	nooks_object_lend(w->d, &nooks_type_lent, p + 64, 32, "x");
	assert_false(may(w, p + 63, 1, NULL));
	assert_true(may(w, p + 64, 32, NULL));
	assert_false(may(w, p + 96, 1, NULL));
	assert_false(may(w, p + 90, 8, NULL));
	assert_ptr_equal(v.type, &nooks_type_lent);
}

static void own_pages(void **state)
{
	struct world *w = *state;

	assert_true(may(w, w->data, 8, NULL));
	assert_true(may(w, w->data, 4096, NULL));
	assert_false(may(w, w->data + WORLD_DATA - 4, 8, NULL));
	assert_false(may(w, w->data - 4, 8, NULL));
	assert_false(may(w, w->data, WORLD_DATA + 1, NULL));
}

static void seized(void **state)
{
	struct world *w = *state;
	struct dev *d = (struct dev *)(w->data + 128);

	nooks_object_add(w->d, &t_dev, (unsigned long)d, sizeof(*d), NOOKS_OBJ_SEIZED, "x",
			 GFP_KERNEL);
	assert_false(may(w, &d->fixed, 8, NULL));
	assert_string_equal(v.reason, "seized: the kernel uses it now");
	assert_true(may(w, &d->min_mtu, 8, NULL));
	assert_true(may(w, (char *)d - 8, 8, NULL));
	assert_false(may(w, (char *)d - 4, 8, NULL));
	assert_true(may(w, d + 1, 8, NULL));
	assert_false(may(w, w->data, 4096, NULL));
}

static void long_writes(void **state)
{
	struct world *w = *state;

	nooks_object_lend(w->d, &nooks_type_lent, w->kernel, 1000, "x");
	assert_true(may(w, w->kernel, 1000, NULL));
	assert_false(may(w, w->kernel, 1001, NULL));
	assert_false(may(w, w->kernel + 500, 501, NULL));
}

/* The fast path of every judgement against a byte-by-byte model. */
static void against_model(void **state)
{
	struct world *w = *state;
	u8 allowed[512] = { 0 };
	unsigned int seed = 4711, i, n, at, b;
	bool want;

	for (i = 0; i < 24; i++) {
		at = rand_r(&seed) % 480;
		n = 1 + rand_r(&seed) % 24;
		if (nooks_object_lend(w->d, &nooks_type_lent, w->kernel + at, n, "x"))
			continue;
		for (b = at; b < at + n; b++)
			allowed[b] = 1;
	}
	for (i = 0; i < 20000; i++) {
		n = 1 + rand_r(&seed) % 16;
		at = rand_r(&seed) % (512 - n);
		want = true;
		for (b = at; b < at + n; b++)
			want &= allowed[b];
		assert_int_equal(may(w, w->kernel + at, n, NULL), want);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(untracked), T(union_of_bytes), T(end_of_field), T(phases), T(checks), T(arrays),
		T(embedded), T(neighbours), T(inner_right), T(own_pages), T(seized),
		T(long_writes), T(against_model),
	};

	return cmocka_run_group_tests_name("runtime rights", tests, NULL, NULL);
}
