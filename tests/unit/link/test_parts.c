// SPDX-License-Identifier: GPL-2.0
/* The linker's parts by themselves: symbol tables, hash, files, damaged input. */
#include "sample.h"
#include "file.h"
#include "sha256.h"

#include <stdlib.h>
#include <string.h>

static void hex(const unsigned char *p, char *out)
{
	int i;

	for (i = 0; i < 32; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
}

static void test_sha256(void **state)
{
	unsigned char sum[32];
	char text[65], *million;

	nl_sha256("abc", 3, sum);
	hex(sum, text);
	assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	nl_sha256("", 0, sum);
	hex(sum, text);
	assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	nl_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, sum);
	hex(sum, text);
	assert_string_equal(text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	million = malloc(1000000);
	memset(million, 'a', 1000000);
	nl_sha256(million, 1000000, sum);
	hex(sum, text);
	assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static int parse(struct nl_symvers *sv, const char *lines, char *err)
{
	char *text = strdup(lines);
	int n = nl_symvers_parse(sv, "F", text, err, 200);

	free(text);
	return n;
}

static void test_symvers(void **state)
{
	struct nl_symvers *sv = nl_symvers_new();
	const struct nl_export *e;
	char err[200];

	assert_int_equal(parse(sv, "0x12\ta\tdrivers/net/mii\tEXPORT_SYMBOL\t\n"
				   "0x13\tb\t/x/nooks_net.ko\tEXPORT_SYMBOL_GPL\tNS\n", err), 2);
	e = nl_symvers_get(sv, "a");
	assert_non_null(e);
	assert_int_equal(e->crc, 0x12);
	assert_string_equal(e->module, "mii");
	assert_string_equal(nl_symvers_get(sv, "b")->module, "nooks_net");
	assert_null(nl_symvers_get(sv, "c"));
	/* The same again does no harm, another CRC does. */
	assert_int_equal(parse(sv, "0x12\ta\tmii\tEXPORT_SYMBOL\t\n", err), 0);
	assert_int_equal(parse(sv, "0x14\ta\tmii\tEXPORT_SYMBOL\t\n", err), -1);
	assert_non_null(strstr(err, "F:1"));
	assert_int_equal(parse(sv, "0x1\tx\tm\tE\t\nrubbish\n", err), -1);
	assert_non_null(strstr(err, "F:2"));
	assert_int_equal(parse(sv, "zz\ty\tm\tE\t\n", err), -1);
	assert_int_equal(parse(sv, "0x123456789\tz\tm\tE\t\n", err), -1);
	nl_symvers_free(sv);
}

static int link_bytes(const void *data, size_t size)
{
	struct nl_symvers *kernel = sample_kernel(), *wrappers = sample_wrappers();
	struct nl_options opt = { .inputs = { "x" }, .ninputs = 1, .kernel = kernel,
				  .wrappers = wrappers };
	struct nl_result res;
	void *out = NULL;
	size_t n;
	int ret = nl_link_memory(&opt, data, size, &res, &out, &n);

	free(out);
	nl_result_free(&res);
	nl_symvers_free(kernel);
	nl_symvers_free(wrappers);
	return ret;
}

static void test_truncated(void **state)
{
	size_t size, n;
	void *data = sample_read("good", &size);

	for (n = 0; n < size; n += 7)
		assert_int_equal(link_bytes(data, n), -1);
	assert_int_equal(link_bytes(data, size), 0);
	free(data);
}

/* Damaged bytes are refused or linked, but never crash the linker. */
static void test_damaged(void **state)
{
	unsigned int seed = 1, i, k;
	size_t size;
	char *data = sample_read("good", &size), *copy = malloc(size);

	for (i = 0; i < 1500; i++) {
		memcpy(copy, data, size);
		for (k = 0; k <= i % 4; k++) {
			seed = seed * 1103515245 + 12345;
			copy[(seed >> 8) % size] = seed >> 3;
		}
		link_bytes(copy, size);
	}
	free(copy);
	free(data);
}

/* What sign-file appends is no part of the module. */
static void test_signature(void **state)
{
	static const char magic[] = "~Module signature appended~\n";
	size_t size;
	char *data = sample_read("good", &size), *with = calloc(1, size + 200);
	size_t at = size;

	memcpy(with, data, size);
	memset(with + at, 0x5a, 100);
	at += 100 + 11;
	with[at++] = 100;
	memcpy(with + at, magic, sizeof(magic) - 1);
	at += sizeof(magic) - 1;
	assert_int_equal(link_bytes(with, at), 0);
	free(with);
	free(data);
}

static void test_stage(void **state)
{
	char dir[] = "/tmp/nooks-test-XXXXXX", path[100], err[200], *tmp;
	size_t size;
	char *back;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/none/file", dir);
	assert_int_equal(nl_file_stage(path, "x", 1, &tmp, err, sizeof(err)), -1);
	assert_null(tmp);
	snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(nl_file_stage(path, "hello", 5, &tmp, err, sizeof(err)), 0);
	assert_null(nl_file_read(path, &size, err, sizeof(err)));
	assert_int_equal(nl_file_commit(tmp, path, err, sizeof(err)), 0);
	back = nl_file_read(path, &size, err, sizeof(err));
	assert_string_equal(back, "hello");
	free(back);
	free(tmp);
	remove(path);
	remove(dir);
}

const struct CMUnitTest part_tests[] = {
	cmocka_unit_test(test_sha256),
	cmocka_unit_test(test_symvers),
	cmocka_unit_test(test_truncated),
	cmocka_unit_test(test_damaged),
	cmocka_unit_test(test_signature),
	cmocka_unit_test(test_stage),
};

const size_t npart_tests = sizeof(part_tests) / sizeof(*part_tests);
