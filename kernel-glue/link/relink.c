// SPDX-License-Identifier: GPL-2.0
/*
 * Linking a group of modules into one domain: all are read and understood
 * before anything is written, and all outputs appear or none.
 */
#include "code.h"
#include "file.h"
#include "job.h"
#include "scan.h"
#include "sha256.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *nl_mate_exporting(const struct nl_job *j, const char *name)
{
	char symbol[300];
	size_t i, k;

	snprintf(symbol, sizeof(symbol), "__ksymtab_%s", name);
	for (i = 0; i < j->ngroup; i++) {
		const struct nl_job *mate = &j->group[i];

		if (mate == j)
			continue;
		for (k = 1; k < mate->nimports; k++)
			if (mate->im.sym[k].shndx && !strcmp(mate->im.sym[k].name, symbol))
				return mate->module;
	}
	return NULL;
}

static int compare_funcs(const void *a, const void *b)
{
	const struct nl_func *x = a, *y = b;

	if (x->shndx != y->shndx)
		return x->shndx < y->shndx ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->sym < y->sym ? -1 : x->sym > y->sym;
}

static void collect_functions(struct nl_job *j)
{
	size_t i;

	j->funcs = nl_alloc(j->im.nsym, sizeof(*j->funcs));
	for (i = 1; i < j->im.nsym; i++) {
		const struct nl_symbol *y = &j->im.sym[i];

		if (ELF64_ST_TYPE(y->info) == STT_FUNC && y->shndx && y->shndx < j->im.nsec &&
		    j->im.sec[y->shndx].map && y->value < j->im.sec[y->shndx].size)
			j->funcs[j->nfuncs++] = (struct nl_func){ y->shndx, i, y->value };
	}
	qsort(j->funcs, j->nfuncs, sizeof(*j->funcs), compare_funcs);
}

const struct nl_func *nl_function_at(const struct nl_job *j, u32 shndx, u64 value)
{
	size_t lo = 0, hi = j->nfuncs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct nl_func *f = &j->funcs[mid];

		if (f->shndx < shndx || (f->shndx == shndx && f->value < value))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < j->nfuncs && j->funcs[lo].shndx == shndx && j->funcs[lo].value == value)
		return &j->funcs[lo];
	return NULL;
}

static void check_identity(struct nl_job *j)
{
	const char *magic = nl_image_modinfo(&j->im, "vermagic");
	const char *name = nl_image_modinfo(&j->im, "name");
	size_t n;

	if (!name || !magic || !nl_section_find(&j->im, NL_THIS_MODULE)) {
		nl_error(&j->diag, NULL, 0, "no-module", NULL,
			 "not a kernel module: .modinfo lacks name or vermagic");
		return;
	}
	j->module = nl_strdup(name);
	if (nl_image_modinfo(&j->im, "nooks"))
		nl_error(&j->diag, NULL, 0, "linked-already", "give the distribution's file",
			 "this module has been linked already");
	n = strcspn(magic, " ");
	if (j->opt->release && (strlen(j->opt->release) != n || memcmp(magic, j->opt->release, n)))
		nl_error(&j->diag, NULL, 0, "other-kernel", NULL,
			 "built for kernel %.*s, not %s", (int)n, magic, j->opt->release);
}

/* Read one module and check what can be checked alone. */
static int job_start(struct nl_job *j, const char *file, void *data, size_t size)
{
	char err[200];

	j->diag.out = j->opt->diag;
	j->diag.file = file;
	j->diag.max = j->opt->max_errors;
	j->init_thunk = NL_NO_THUNK;
	j->exit_thunk = NL_NO_THUNK;
	nl_sha256(data, size, j->res->sha256);
	if (nl_image_parse(&j->im, file, data, size, err, sizeof(err))) {
		nl_error(&j->diag, NULL, 0, "file", NULL, "%s", err);
		return -1;
	}
	j->nimports = j->im.nsym;
	check_identity(j);
	return j->diag.errors ? -1 : 0;
}

static bool valid_domain(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

	return n && !name[n] && n < NOOKS_DOMAIN_NAME_MAX && *name != '.';
}

static void job_link(struct nl_job *j)
{
	size_t i;

	j->domain = j->opt->domain ? j->opt->domain : j->group[0].module;
	if (!valid_domain(j->domain))
		nl_error(&j->diag, NULL, 0, "domain-name", "name it with --domain",
			 "'%s' cannot name a domain: 1 to %d letters, digits, '_', '-', '.'",
			 j->domain, NOOKS_DOMAIN_NAME_MAX - 1);
	j->wrapper = nl_alloc(j->nimports, sizeof(*j->wrapper));
	j->uses = nl_alloc(j->nimports, 1);
	for (i = 1; i < j->nimports; i++)
		if (!j->im.sym[i].shndx)
			j->res->imports++;
	nl_drop_sections(j);
	nl_code_map(&j->im, &j->diag);
	collect_functions(j);
	nl_check_versions(j);
	nl_paravirt(j);
	nl_scan(&j->im, &j->diag, j->res);
	nl_thunks_start(j);
	nl_bind(j);
	nl_thunks_emit(j);
	nl_drop_unused(j);
	nl_tables(j);
	nl_layout(j);
	for (i = 1; i < j->nimports; i++)
		if (j->uses[i] & NL_USE_DIRECT)
			j->res->direct++;
	j->res->module = nl_strdup(j->module);
	j->res->domain = nl_strdup(j->domain);
}

static void job_free(struct nl_job *j)
{
	size_t i;

	nl_image_free(&j->im);
	free(j->module);
	free(j->funcs);
	free(j->versions);
	free(j->wrapper);
	free(j->uses);
	for (i = 0; i < j->nmissing; i++)
		free(j->missing[i].name);
	free(j->missing);
	free(j->thunks);
}

static int emit(struct nl_job *j, void **out, size_t *size)
{
	char err[400];

	if (!nl_image_emit(&j->im, out, size, err, sizeof(err)))
		return 0;
	nl_error(&j->diag, NULL, 0, "output", NULL, "%s", err);
	return -1;
}

int nl_link_memory(const struct nl_options *opt, const void *image, size_t size,
		   struct nl_result *res, void **out, size_t *out_size)
{
	struct nl_job j = { .opt = opt, .res = res, .group = &j, .ngroup = 1 };
	void *copy = nl_alloc(size, 1);
	int ret = -1;

	memset(res, 0, sizeof(*res));
	memcpy(copy, image, size);
	if (!job_start(&j, opt->inputs[0] ? opt->inputs[0] : "module", copy, size)) {
		job_link(&j);
		if (!j.diag.errors)
			ret = emit(&j, out, out_size);
	}
	nl_diag_end(&j.diag);
	res->errors = j.diag.errors;
	job_free(&j);
	free(copy);
	return ret;
}

static char *output_path(const struct nl_options *opt, const char *input)
{
	const char *slash = strrchr(input, '/');
	const char *base = slash ? slash + 1 : input;
	size_t dir = strlen(opt->output), n = dir + strlen(base) + 2;
	struct stat st;
	char *path, *xz;

	if (stat(opt->output, &st) || !S_ISDIR(st.st_mode))
		return opt->ninputs == 1 ? nl_strdup(opt->output) : NULL;
	path = nl_alloc(n, 1);
	while (dir > 1 && opt->output[dir - 1] == '/')
		dir--;
	snprintf(path, n, "%.*s/%s", (int)dir, opt->output, base);
	xz = strstr(path + dir, ".ko.xz");
	if (xz)
		xz[3] = 0;
	return path;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int write_all(const struct nl_options *opt, struct nl_job *jobs)
{
	char *tmp[NL_MAX_INPUTS] = { NULL }, err[400];
	size_t i, done = 0;
	int ret = -1;

	for (i = 0; i < opt->ninputs; i++) {
		struct nl_diag *d = &jobs[i].diag;
		void *out;
		size_t size, k;

		jobs[i].res->output = output_path(opt, opt->inputs[i]);
		if (!jobs[i].res->output) {
			nl_error(d, NULL, 0, "output", "make the directory first",
				 "several modules go to a directory; %s is none", opt->output);
			goto out;
		}
		for (k = 0; k < i; k++) {
			if (!strcmp(jobs[i].res->output, jobs[k].res->output)) {
				nl_error(d, NULL, 0, "output", NULL, "%s and %s have the same output",
					 opt->inputs[k], opt->inputs[i]);
				goto out;
			}
		}
		for (k = 0; k < opt->ninputs; k++) {
			if (same_file(jobs[i].res->output, opt->inputs[k])) {
				nl_error(d, NULL, 0, "output", NULL,
					 "the output %s would replace an input", jobs[i].res->output);
				goto out;
			}
		}
		if (emit(&jobs[i], &out, &size))
			goto out;
		ret = nl_file_stage(jobs[i].res->output, out, size, &tmp[i], err, sizeof(err));
		free(out);
		if (ret) {
			nl_error(d, NULL, 0, "output", NULL, "%s", err);
			goto out;
		}
	}
	for (; done < opt->ninputs; done++) {
		ret = nl_file_commit(tmp[done], jobs[done].res->output, err, sizeof(err));
		if (ret) {
			nl_error(&jobs[done].diag, NULL, 0, "output", NULL, "%s", err);
			break;
		}
	}
out:
	for (i = 0; i < opt->ninputs; i++) {
		if (tmp[i] && i >= done)
			unlink(tmp[i]);
		free(tmp[i]);
	}
	return done == opt->ninputs ? 0 : -1;
}

int nl_link(const struct nl_options *opt, struct nl_result *res)
{
	struct nl_job *jobs = nl_alloc(opt->ninputs, sizeof(*jobs));
	unsigned int errors = 0;
	size_t i;

	memset(res, 0, opt->ninputs * sizeof(*res));
	for (i = 0; i < opt->ninputs; i++) {
		struct nl_job *j = &jobs[i];
		char err[400];
		size_t size;
		void *data, *plain;

		j->opt = opt;
		j->res = &res[i];
		j->group = jobs;
		j->ngroup = opt->ninputs;
		j->res->file = nl_strdup(opt->inputs[i]);
		data = nl_file_read(opt->inputs[i], &size, err, sizeof(err));
		plain = data ? nl_file_expand(data, &size, err, sizeof(err)) : NULL;
		if (!plain) {
			j->diag = (struct nl_diag){ opt->diag, opt->inputs[i], 0, opt->max_errors };
			nl_error(&j->diag, NULL, 0, "file", NULL, "%s", err);
			free(data);
		} else {
			job_start(j, opt->inputs[i], plain, size);
			free(plain);
		}
		errors += j->diag.errors;
	}
	for (i = 0; !errors && i < opt->ninputs; i++)
		job_link(&jobs[i]);
	for (i = 0, errors = 0; i < opt->ninputs; i++)
		errors += jobs[i].diag.errors;
	if (!errors)
		write_all(opt, jobs);
	for (i = 0, errors = 0; i < opt->ninputs; i++) {
		nl_diag_end(&jobs[i].diag);
		res[i].errors = jobs[i].diag.errors;
		errors += jobs[i].diag.errors;
		job_free(&jobs[i]);
	}
	free(jobs);
	return errors ? -1 : 0;
}

void nl_result_free(struct nl_result *res)
{
	size_t i;

	for (i = 0; i < res->nsites; i++)
		free(res->sites[i].section);
	for (i = 0; i < res->nwrapper_modules; i++)
		free(res->wrapper_modules[i]);
	free(res->sites);
	free(res->wrapper_modules);
	free(res->file);
	free(res->output);
	free(res->module);
	free(res->domain);
	free(res->depends);
	memset(res, 0, sizeof(*res));
}
