// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer harness of the linker's ELF path: any bytes may be given as a module.
 *
 *   cmake --build build --target elf_fuzz
 *   build/tests/unit/link/elf_fuzz -max_total_time=60 CORPUS build/tests/unit/link/samples
 *
 * Half of the damage would end at the CRC check, so the kernel's table is made
 * of the samples' versions.
 */
#include "linker.h"
#include "symvers.h"

#include <stdlib.h>
#include <string.h>

static const char kernel_lines[] =
	"0x11111111\tmodule_layout\tvmlinux\tE\t\n0x22222222\tkfunc\tvmlinux\tE\t\n"
	"0x33333333\tkdata\tvmlinux\tE\t\n0x44444444\t__preempt_count\tvmlinux\tE\t\n"
	"0x55555555\t__fentry__\tvmlinux\tE\t\n0x66666666\t__x86_return_thunk\tvmlinux\tE\t\n"
	"0x77777777\t__SCT__cond_resched\tvmlinux\tE\t\n0x77777778\t__SCK__cond_resched\tvmlinux\tE\t\n"
	"0xbbbbbbbb\tkaddress\tvmlinux\tE\t\n";

static const char wrapper_lines[] =
	"0x1\tnooks_thunk_entry\tnooks\tE\t\n0x2\tnw_pc_inc\tnooks\tE\t\n"
	"0x3\tnw_pc_dec\tnooks\tE\t\n0x4\tnw_pc_bh\tnooks\tE\t\n"
	"0x5\tnw_kfunc\tnooks_core\tE\t\n0x0\tnw___SCT__cond_resched\tnooks_core\tE\t\n";

static struct nl_symvers *table(const char *lines)
{
	struct nl_symvers *sv = nl_symvers_new();
	char err[200], *text = strdup(lines);

	if (!text || nl_symvers_parse(sv, "table", text, err, sizeof(err)) < 0)
		abort();
	free(text);
	return sv;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nl_symvers *kernel, *wrappers;
	struct nl_options opt = { .inputs = { "fuzz" }, .ninputs = 1 };
	struct nl_result res;
	void *out = NULL;
	size_t out_size;

	if (!kernel) {
		kernel = table(kernel_lines);
		wrappers = table(wrapper_lines);
	}
	opt.kernel = kernel;
	opt.wrappers = wrappers;
	if (!nl_link_memory(&opt, data, size, &res, &out, &out_size)) {
		struct nl_result again;
		void *twice = NULL;

		/* What was linked can be read, and is not linked twice. */
		if (!nl_link_memory(&opt, out, out_size, &again, &twice, &out_size))
			abort();
		nl_result_free(&again);
		free(out);
	}
	nl_result_free(&res);
	return 0;
}
