// SPDX-License-Identifier: GPL-2.0
/* Sample modules and the kernel they are for. */
#include "sample.h"
#include "file.h"

#include <stdlib.h>
#include <string.h>

static struct nl_symvers *table(const char *lines)
{
	struct nl_symvers *sv = nl_symvers_new();
	char err[200], *text = strdup(lines);

	assert_true(nl_symvers_parse(sv, "test", text, err, sizeof(err)) > 0);
	free(text);
	return sv;
}

struct nl_symvers *sample_kernel(void)
{
	return table("0x11111111\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x22222222\tkfunc\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x33333333\tkdata\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x44444444\t__preempt_count\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x55555555\t__fentry__\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x66666666\t__x86_return_thunk\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x77777777\t__SCT__cond_resched\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x77777778\t__SCK__cond_resched\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x88888888\tpercpu_var\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x88888889\tpv_ops\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x99999999\thelper_func\tdrivers/net/helper\tEXPORT_SYMBOL\t\n"
		     "0xaaaaaaaa\tunwrapped\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0xbbbbbbbb\tkaddress\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0xcccccccc\ta_function_whose_name_is_so_long_that_nw_does_not_fit_x\tvmlinux\tEXPORT_SYMBOL\t\n");
}

struct nl_symvers *sample_wrappers(void)
{
	return table("0x00000001\tnooks_thunk_entry\tnooks\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000002\tnw_pc_inc\tnooks\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000003\tnw_pc_dec\tnooks\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000004\tnw_pc_bh\tnooks\tEXPORT_SYMBOL_GPL\t\n"
		     "0x12345678\tnw_kfunc\tbuild/nooks_core\tEXPORT_SYMBOL_GPL\t\n"
		     "0x12345679\tnw_helper_func\tbuild/nooks_core\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000005\tnw_irq_enable\tnooks\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000006\tnw_native_io_delay\tbuild/nooks_core\tEXPORT_SYMBOL_GPL\t\n"
		     "0x00000000\tnw___SCT__cond_resched\tbuild/nooks_core\tEXPORT_SYMBOL_GPL\t\n");
}

void *sample_read(const char *name, size_t *size)
{
	char path[512], err[600];
	void *data;

	snprintf(path, sizeof(path), "%s/%s.ko", SAMPLES, name);
	data = nl_file_read(path, size, err, sizeof(err));
	if (!data)
		fail_msg("%s", err);
	return data;
}

int sample_link(struct sample *s, const char *name)
{
	char err[300];
	size_t size;
	void *data;
	int ret;

	memset(s, 0, sizeof(*s));
	s->kernel = sample_kernel();
	s->wrappers = sample_wrappers();
	s->opt.inputs[0] = name;
	s->opt.ninputs = 1;
	s->opt.kernel = s->kernel;
	s->opt.wrappers = s->wrappers;
	s->opt.diag = open_memstream(&s->diag, &s->diag_size);
	data = sample_read(name, &size);
	ret = nl_link_memory(&s->opt, data, size, &s->res, &s->out, &s->out_size);
	fclose(s->opt.diag);
	free(data);
	if (!ret) {
		data = nl_alloc(s->out_size, 1);
		memcpy(data, s->out, s->out_size);
		if (nl_image_parse(&s->im, name, data, s->out_size, err, sizeof(err)))
			fail_msg("output cannot be read: %s", err);
		free(data);
	}
	return ret;
}

void sample_free(struct sample *s)
{
	nl_image_free(&s->im);
	nl_result_free(&s->res);
	nl_symvers_free(s->kernel);
	nl_symvers_free(s->wrappers);
	free(s->diag);
	free(s->out);
}
