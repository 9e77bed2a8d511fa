// SPDX-License-Identifier: GPL-2.0
/* A linked module has what nooks/link.h promises, and the loader will lay it out so. */
#include "sample.h"
#include "code.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct nl_section *need(const struct sample *s, const char *name)
{
	const struct nl_section *sec = nl_section_find(&s->im, name);

	if (!sec)
		fail_msg("no section %s", name);
	return sec;
}

static const struct nooks_link_info *info_of(const struct sample *s)
{
	const struct nl_section *sec = need(s, ".nooks.info");

	assert_int_equal(sec->size, sizeof(struct nooks_link_info));
	return (const void *)sec->data;
}

/* Name of what a relocation points at: "symbol+addend" or "section+offset". */
static const char *target(const struct sample *s, const struct nl_reloc *r)
{
	static char text[200];
	const struct nl_symbol *y;

	assert_non_null(r);
	y = &s->im.sym[r->sym];
	snprintf(text, sizeof(text), "%s+%ld", *y->name ? y->name : s->im.sec[y->shndx].name,
		 (long)r->addend);
	return text;
}

static void test_info(void **state)
{
	const struct nooks_link_info *info;
	const struct nl_section *sec;
	struct sample s;
	size_t i;

	assert_int_equal(sample_link(&s, "good"), 0);
	info = info_of(&s);
	sec = need(&s, ".nooks.info");
	assert_int_equal(info->magic, NOOKS_LINK_MAGIC);
	assert_int_equal(info->version, NOOKS_LINK_VERSION);
	assert_int_equal(info->size, sizeof(*info));
	assert_string_equal(info->domain, "sample");
	assert_int_equal(info->flags, 0);
	/* .text: mov and lea; .rodata 3; .data 1; .init.data 1; struct module 2 */
	assert_int_equal(info->nthunks, 9);
	assert_int_equal(info->naddresses, 1);
	assert_int_equal(need(&s, ".nooks.functions")->size, 9 * 8);
	assert_string_equal(target(&s, nl_reloc_at(sec, offsetof(struct nooks_link_info, thunks))),
			    ".text.nooks_thunks+0");
	assert_string_equal(target(&s, nl_reloc_at(sec, offsetof(struct nooks_link_info, functions))),
			    ".nooks.functions+0");
	assert_string_equal(target(&s, nl_reloc_at(sec, offsetof(struct nooks_link_info, addresses))),
			    ".nooks.addresses+0");
	assert_string_equal(target(&s, nl_reloc_at(sec, offsetof(struct nooks_link_info, data))),
			    ".data+0");
	sec = need(&s, ".nooks.functions");
	assert_string_equal(target(&s, nl_reloc_at(sec, 8 * info->init_thunk)), "init_module+0");
	assert_string_equal(target(&s, nl_reloc_at(sec, 8 * info->exit_thunk)), "cleanup_module+0");
	sec = need(&s, ".nooks.addresses");
	assert_string_equal(target(&s, nl_reloc_at(sec, 0)), "kaddress+0");
	for (i = 1; i < s.im.nsym; i++)
		if (!strcmp(s.im.sym[i].name, NOOKS_LINK_SYMBOL))
			break;
	assert_true(i < s.im.nsym);
	sample_free(&s);
}

/* Offset of thunk @i as link.h defines it. */
static u64 thunk_at(unsigned int i)
{
	return i / 255 * 4096 + 16 * (1 + i % 255);
}

static void check_thunks(struct sample *s)
{
	static const u8 code[12] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x4c, 0x8d, 0x1d, 0xf5, 0xff, 0xff,
				     0xff, 0xe9 };
	const struct nl_section *t = need(s, ".text.nooks_thunks");
	const struct nooks_link_info *info = info_of(s);
	unsigned int i;

	assert_int_equal(t->align, 4096);
	assert_int_equal(t->size, (info->nthunks + 254) / 255 * 4096);
	assert_int_equal(t->flags, SHF_ALLOC | SHF_EXECINSTR);
	assert_int_equal(t->nrel, info->nthunks);
	for (i = 0; i < info->nthunks; i++) {
		const struct nooks_thunk_page_head *head = (const void *)(t->data + i / 255 * 4096);

		assert_memory_equal(t->data + thunk_at(i), code, sizeof(code));
		assert_string_equal(target(s, nl_reloc_at(t, thunk_at(i) + 12)),
				    "nooks_thunk_entry+-4");
		assert_int_equal(head->magic, NOOKS_LINK_MAGIC);
		assert_int_equal(head->table, 0);
	}
}

static void test_thunks(void **state)
{
	const struct nl_section *ro;
	struct sample s;

	assert_int_equal(sample_link(&s, "good"), 0);
	check_thunks(&s);
	ro = need(&s, ".rodata");
	/* Two places that name driver_open: two thunks. */
	assert_true(nl_reloc_at(ro, 0)->addend != nl_reloc_at(ro, 24)->addend);
	assert_int_equal(nl_reloc_at(ro, 0)->sym, nl_reloc_at(ro, 24)->sym);
	assert_string_equal(target(&s, nl_reloc_at(ro, 16)), "kaddress+0");
	sample_free(&s);

	assert_int_equal(sample_link(&s, "many_thunks"), 0);
	assert_int_equal(info_of(&s)->nthunks, 309);
	check_thunks(&s);
	sample_free(&s);
}

/* A function whose address the code compares has one thunk for all places. */
static void test_compared(void **state)
{
	const struct nl_section *ro, *data;
	struct sample s;

	assert_int_equal(sample_link(&s, "compared"), 0);
	ro = need(&s, ".rodata");
	data = need(&s, ".data");
	assert_int_equal(nl_reloc_at(ro, 8)->addend, nl_reloc_at(data, 0)->addend);
	sample_free(&s);
}

static void test_code(void **state)
{
	static const u8 nop[5] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	const struct nl_section *t;
	struct sample s;
	u64 end;

	assert_int_equal(sample_link(&s, "good"), 0);
	t = need(&s, ".text");
	assert_memory_equal(t->data, nop, 5);
	assert_null(nl_reloc_at(t, 1));
	assert_string_equal(target(&s, nl_reloc_at(t, 6)), "nw_kfunc+-4");
	/* incl, decl: call + 2 bytes; addl: call + 6 bytes */
	assert_int_equal(t->data[10], 0xe8);
	assert_string_equal(target(&s, nl_reloc_at(t, 11)), "nw_pc_inc+-4");
	assert_int_equal(t->data[17], 0xe8);
	assert_string_equal(target(&s, nl_reloc_at(t, 18)), "nw_pc_dec+-4");
	assert_int_equal(t->data[24], 0xe8);
	assert_string_equal(target(&s, nl_reloc_at(t, 25)), "nw_pc_bh+-4");
	/* A read of the preempt count stays. */
	assert_string_equal(target(&s, nl_reloc_at(t, 35 + 3)), "__preempt_count+-4");
	end = t->size;
	s.im.sec[nl_section_index(&s.im, t)].map = NULL;
	while (end) {
		struct nl_insn insn;
		u64 at = t->size - end;

		assert_true(nl_decode(t, at, &insn));
		end -= insn.i.length;
	}
	assert_int_equal(s.res.fentry, 3);
	assert_int_equal(s.res.static_calls, 1);
	assert_int_equal(s.res.port_io, 1);
	assert_int_equal(s.res.irq_flag, 1);
	assert_int_equal(s.res.labels, 1);
	assert_int_equal(s.res.calls, 2);
	assert_int_equal(s.res.wrapped, 1);
	sample_free(&s);
}

/* Operations that the kernel would patch: in place or called, and patched no more. */
static void test_paravirt(void **state)
{
	static const u8 flags[6] = { 0x9c, 0x58, 0x90, 0x90, 0x90, 0x90 };
	static const u8 off[6] = { 0xfa, 0x90, 0x90, 0x90, 0x90, 0x90 };
	const struct nl_section *t;
	struct sample s;
	size_t i;
	u64 at = 0;

	assert_int_equal(sample_link(&s, "paravirt"), 0);
	t = need(&s, ".text");
	for (i = 1; i < s.im.nsym; i++) {
		if (!strcmp(s.im.sym[i].name, "irqs"))
			at = s.im.sym[i].value;
		assert_string_not_equal(s.im.sym[i].name, "pv_ops");
	}
	assert_memory_equal(t->data + at, flags, 6);
	assert_memory_equal(t->data + at + 6, off, 6);
	assert_string_equal(target(&s, nl_reloc_at(t, at + 13)), "nw_irq_enable+-4");
	assert_string_equal(target(&s, nl_reloc_at(t, at + 19)), "nw_native_io_delay+-4");
	/* The alternative that is no paravirtual operation is left, first in its table. */
	t = need(&s, ".altinstructions");
	assert_int_equal(t->size, 12);
	assert_int_equal(t->nrel, 2);
	assert_int_equal(t->data[11], 3);
	assert_int_equal(need(&s, ".parainstructions")->size, 0);
	assert_int_equal(s.res.paravirt, 4);
	sample_free(&s);
}

/* Every undefined symbol has its version; nothing else is left undefined. */
static void test_versions(void **state)
{
	const struct nl_section *v;
	struct sample s;
	size_t i, k;

	assert_int_equal(sample_link(&s, "good"), 0);
	v = need(&s, "__versions");
	assert_int_equal(v->size % 64, 0);
	for (i = 1; i < s.im.nsym; i++) {
		const char *name = s.im.sym[i].name;
		bool found = false;

		if (s.im.sym[i].shndx)
			continue;
		assert_string_not_equal(name, "kfunc");
		assert_string_not_equal(name, "__fentry__");
		assert_string_not_equal(name, "__SCT__cond_resched");
		for (k = 0; k < v->size; k += 64) {
			u64 crc;

			if (strcmp((char *)v->data + k + 8, name))
				continue;
			memcpy(&crc, v->data + k, 8);
			if (!strcmp(name, "nw_kfunc"))
				assert_int_equal(crc, 0x12345678);
			if (!strcmp(name, "kaddress"))
				assert_int_equal(crc, 0xbbbbbbbb);
			found = true;
		}
		if (!found)
			fail_msg("no version for %s", name);
	}
	assert_string_equal((char *)v->data + 8, "module_layout");
	assert_string_equal(nl_image_modinfo(&s.im, "depends"), "nooks,nooks_core");
	assert_string_equal(nl_image_modinfo(&s.im, "nooks"), "sample");
	assert_string_equal(nl_image_modinfo(&s.im, "name"), "sample");
	assert_null(nl_section_find(&s.im, "__mcount_loc"));
	assert_null(nl_section_find(&s.im, ".static_call_sites"));
	assert_null(nl_section_find(&s.im, ".init.text"));
	assert_non_null(nl_section_find(&s.im, ".nini.text"));
	assert_non_null(nl_section_find(&s.im, ".orc_unwind_ip"));
	sample_free(&s);
}

/* As the loader lays out writable sections: header order, alignment, no more. */
static void test_layout(void **state)
{
	u64 at = 0, module_at = 0, module_end = 0, data_at = ~0ull, data_end = 0;
	struct sample s;
	size_t i;

	assert_int_equal(sample_link(&s, "good"), 0);
	for (i = 1; i < s.im.nsec; i++) {
		const struct nl_section *sec = &s.im.sec[i];

		if ((sec->flags & (SHF_ALLOC | SHF_WRITE)) != (SHF_ALLOC | SHF_WRITE))
			continue;
		at = (at + sec->align - 1) & ~(sec->align - 1);
		if (!strcmp(sec->name, ".gnu.linkonce.this_module")) {
			module_at = at;
			module_end = at + sec->size;
		} else if (strncmp(sec->name, "__", 2)) {
			if (at < data_at)
				data_at = at;
			data_end = at + sec->size;
		}
		at += sec->size;
	}
	assert_int_equal(module_at % 4096, 0);
	assert_int_equal(data_at % 4096, 0);
	assert_int_equal(data_end % 4096, 0);
	assert_true(module_end <= data_at);
	assert_int_equal(data_end, at);
	assert_int_equal(info_of(&s)->data_size, data_end - data_at);
	sample_free(&s);
}

static void test_deterministic(void **state)
{
	struct sample a, b;

	assert_int_equal(sample_link(&a, "good"), 0);
	assert_int_equal(sample_link(&b, "good"), 0);
	assert_int_equal(a.out_size, b.out_size);
	assert_memory_equal(a.out, b.out, a.out_size);
	sample_free(&a);
	sample_free(&b);
}

static int link_files(const char *dir, const char *driver, const char *helper)
{
	struct nl_symvers *kernel = sample_kernel(), *wrappers = sample_wrappers();
	struct nl_options opt = { .ninputs = 2, .output = dir, .kernel = kernel,
				  .wrappers = wrappers };
	struct nl_result res[2];
	char path[2][300];
	int ret;

	snprintf(path[0], sizeof(path[0]), SAMPLES "/%s.ko", driver);
	snprintf(path[1], sizeof(path[1]), SAMPLES "/%s.ko", helper);
	opt.inputs[0] = path[0];
	opt.inputs[1] = path[1];
	ret = nl_link(&opt, res);
	if (!ret) {
		assert_int_equal(res[0].direct, 1);
		assert_int_equal(res[1].exports, 1);
		assert_string_equal(res[0].depends, "nooks,helper,nooks_core");
		assert_string_equal(res[1].domain, "sample");
	}
	nl_result_free(&res[0]);
	nl_result_free(&res[1]);
	nl_symvers_free(kernel);
	nl_symvers_free(wrappers);
	return ret;
}

/* A driver and its helper: calls stay direct; a refused one leaves no file at all. */
static void test_group(void **state)
{
	char dir[] = "/tmp/nooks-test-XXXXXX", file[100];
	struct sample s;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(link_files(dir, "wrmsr", "helper"), -1);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(link_files(dir, "helper_call", "helper"), 0);
	snprintf(file, sizeof(file), "%s/helper_call.ko", dir);
	assert_int_equal(unlink(file), 0);
	snprintf(file, sizeof(file), "%s/helper.ko", dir);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);

	/* Alone, the helper is an import like any other. */
	assert_int_equal(sample_link(&s, "helper_call"), 0);
	assert_int_equal(s.res.direct, 0);
	assert_string_equal(s.res.depends, "nooks,nooks_core");
	sample_free(&s);
}

static const struct CMUnitTest link_tests[] = {
	cmocka_unit_test(test_info),
	cmocka_unit_test(test_thunks),
	cmocka_unit_test(test_compared),
	cmocka_unit_test(test_code),
	cmocka_unit_test(test_paravirt),
	cmocka_unit_test(test_versions),
	cmocka_unit_test(test_layout),
	cmocka_unit_test(test_deterministic),
	cmocka_unit_test(test_group),
};

int main(void)
{
	size_t nlink = sizeof(link_tests) / sizeof(*link_tests), i, n = 0;
	struct CMUnitTest all[64];

	assert_true(nlink + nrefusal_tests + npart_tests <= 64);
	for (i = 0; i < nlink; i++)
		all[n++] = link_tests[i];
	for (i = 0; i < nrefusal_tests; i++)
		all[n++] = refusal_tests[i];
	for (i = 0; i < npart_tests; i++)
		all[n++] = part_tests[i];
	return _cmocka_run_group_tests("link", all, n, NULL, NULL);
}
