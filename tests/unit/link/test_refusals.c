// SPDX-License-Identifier: GPL-2.0
/* What the linker must refuse, and that it says where and why. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

struct refusal {
	const char *sample;
	const char *expect[4];	/* all must be in the diagnostics */
};

static const struct refusal refusals[] = {
	{ "missing", { "[no-wrapper]", "no wrapper for unwrapped", ".text+0x", "hint: " } },
	{ "long_name", { "[name-too-long]", "nw_a_function_whose" } },
	{ "call_middle", { "[branch-relocation]", "kfunc+2" } },
	{ "kernel_store", { "[kernel-store]", "kdata", "mov" } },
	{ "percpu_store", { "[percpu-store]", "percpu_var" } },
	{ "preempt_form", { "[preempt-count]", "add" } },
	{ "indirect", { "[indirect-call]", "kdata" } },
	{ "wrmsr", { "[forbidden-instruction]", "model-specific", "wrmsr" } },
	{ "cr3", { "[forbidden-instruction]", "control register" } },
	{ "dr7", { "[forbidden-instruction]", "debug register" } },
	{ "lidt", { "[forbidden-instruction]", "interrupt table" } },
	{ "iretq", { "[forbidden-instruction]", "iret" } },
	{ "sti", { "[forbidden-instruction]", "sti" } },
	{ "popf", { "[forbidden-instruction]", "popf" } },
	{ "int3", { "[forbidden-instruction]", "breakpoint" } },
	{ "int_n", { "[forbidden-instruction]", "software interrupt" } },
	{ "swapgs", { "[forbidden-instruction]", "swapgs" } },
	{ "gs_load", { "[forbidden-instruction]", "segment register" } },
	{ "vmload", { "[forbidden-instruction]", "virtualisation", "vmload" } },
	{ "monitor", { "[forbidden-instruction]", "privileged", "monitor" } },
	{ "sse", { "[forbidden-instruction]", "vector unit", "movaps" } },
	{ "x87", { "[forbidden-instruction]", "floating point", "fninit" } },
	{ "xrstor", { "[forbidden-instruction]", "floating point", "xrstor" } },
	{ "fixed_port", { "[forbidden-instruction]", "I/O port", "out" } },
	{ "hidden", { "[branch-middle]", "middle of an instruction" } },
	{ "outside", { "[branch-outside]" } },
	{ "undecodable", { "[decode]" } },
	{ "named_label", { "[code-address]", "no function" } },
	{ "middle_address", { "[code-address]", ".text+0x1" } },
	{ "code_store", { "[code-store]" } },
	{ "own_percpu", { "[own-percpu-store]" } },
	{ "data_pc32", { ".strange+0", "[data-relocation]", "R_X86_64_PC32" } },
	{ "unknown_writable", { ".strange", "[unknown-section]" } },
	{ "writable_code", { "[writable-code]", ".rwx" } },
	{ "linked_already", { "[linked-already]" } },
	{ "other_crc", { "[other-kernel]", "kfunc" } },
};

static void test_refusals(void **state)
{
	size_t i, k;

	for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct sample s;

		if (!sample_link(&s, r->sample))
			fail_msg("%s was linked", r->sample);
		assert_null(s.out);
		assert_int_not_equal(s.res.errors, 0);
		for (k = 0; k < 4 && r->expect[k]; k++)
			if (!s.diag || !strstr(s.diag, r->expect[k]))
				fail_msg("%s: no '%s' in: %s", r->sample, r->expect[k], s.diag);
		sample_free(&s);
	}
}

/* A function without wrapper is named once, at its first call. */
static void test_missing_once(void **state)
{
	struct sample s;
	const char *first;

	assert_int_equal(sample_link(&s, "missing"), -1);
	first = strstr(s.diag, "unwrapped");
	assert_non_null(first);
	assert_int_equal(s.res.errors, 1);
	sample_free(&s);
}

/* Reading control registers does no harm. */
static void test_reads_allowed(void **state)
{
	struct sample s;

	assert_int_equal(sample_link(&s, "cr3_read"), 0);
	sample_free(&s);
}

/* Of the vector extensions in name only: they touch no vector register. */
static void test_integer_extensions(void **state)
{
	struct sample s;

	assert_int_equal(sample_link(&s, "not_fpu"), 0);
	sample_free(&s);
}

static void test_other_release(void **state)
{
	struct nl_symvers *kernel = sample_kernel(), *wrappers = sample_wrappers();
	struct nl_options opt = {
		.inputs = { "good" }, .ninputs = 1, .kernel = kernel, .wrappers = wrappers,
		.release = "6.1.0-other",
	};
	struct nl_result res;
	void *data, *out = NULL;
	size_t size, out_size;

	data = sample_read("good", &size);
	assert_int_equal(nl_link_memory(&opt, data, size, &res, &out, &out_size), -1);
	nl_result_free(&res);
	opt.release = "6.1.0-test";
	assert_int_equal(nl_link_memory(&opt, data, size, &res, &out, &out_size), 0);
	nl_result_free(&res);
	free(data);
	free(out);
	nl_symvers_free(kernel);
	nl_symvers_free(wrappers);
}

const struct CMUnitTest refusal_tests[] = {
	cmocka_unit_test(test_refusals),
	cmocka_unit_test(test_missing_once),
	cmocka_unit_test(test_reads_allowed),
	cmocka_unit_test(test_integer_extensions),
	cmocka_unit_test(test_other_release),
};

const size_t nrefusal_tests = sizeof(refusal_tests) / sizeof(*refusal_tests);
