/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module linker: gives a driver binary its place behind wrappers and
 * thunks.  nl_link() is all a caller needs; what it leaves in the output is
 * described in runtime/include/nooks/link.h.
 *
 * The linker needs no compiler and no source.  It refuses what it does not
 * understand: every refusal names section and offset, the relocation or the
 * instruction, and what can be done about it.
 */
#ifndef NOOKS_LINKER_H
#define NOOKS_LINKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NL_MAX_INPUTS	32

struct nl_symvers;

/**
 * struct nl_options - what to link and against what
 * @inputs: the driver, then the helper modules that share its domain
 * @ninputs: how many
 * @output: file (one input only) or directory
 * @domain: name of the domain; NULL: the name of the first module
 * @release: kernel release the modules must be built for; NULL: not checked
 * @kernel: exports of the kernel and its modules
 * @wrappers: exports of the runtime and of the wrapper modules
 * @diag: where diagnostics go
 * @max_errors: stop printing after so many per module (0: no limit)
 */
struct nl_options {
	const char *inputs[NL_MAX_INPUTS];
	size_t ninputs;
	const char *output;
	const char *domain;
	const char *release;
	const struct nl_symvers *kernel;
	const struct nl_symvers *wrappers;
	FILE *diag;
	unsigned int max_errors;
};

enum nl_preempt { NL_PC_INC, NL_PC_DEC, NL_PC_BH, NL_PC_FORMS };

/* Where thunk sites were found. */
struct nl_site_count {
	char *section;
	unsigned int count;
};

/**
 * struct nl_result - what was done to one module
 * @wrapped: distinct imported functions bound to wrappers; @calls: call sites
 * @direct: imported functions of modules in the same domain
 * @addresses: imported symbols whose address the module takes
 * @thunks: own functions' addresses replaced; @exports: of these, exported functions
 * @depends: modules the output needs, comma separated
 */
struct nl_result {
	char *file, *output, *module, *domain, *depends;
	unsigned int imports, wrapped, calls, direct, addresses, thunks, exports;
	unsigned int labels, fentry, static_calls, port_io, irq_flag, paravirt;
	unsigned int preempt[NL_PC_FORMS];
	struct nl_site_count *sites;
	size_t nsites;
	char **wrapper_modules;
	size_t nwrapper_modules;
	uint64_t data_size;
	unsigned char sha256[32];
	unsigned int errors;
};

/**
 * nl_link() - link a driver and its helpers into one domain
 * @opt: what and against what
 * @res: array of opt->ninputs results, to be freed with nl_result_free()
 *
 * Writes all outputs or none.
 * Return: 0; -1 when errors were printed to opt->diag.
 */
int nl_link(const struct nl_options *opt, struct nl_result *res);
void nl_result_free(struct nl_result *res);

/**
 * nl_link_memory() - the same for one module in memory, without output file
 * @image: the module, @size bytes
 *
 * For tests and the fuzzer.  On success *out (to be freed) is the linked file.
 */
int nl_link_memory(const struct nl_options *opt, const void *image, size_t size,
		   struct nl_result *res, void **out, size_t *out_size);

/**
 * nl_modinfo() - value of one .modinfo key of a module file
 * Return: malloc'd string, NULL if there is none or the file is no module.
 */
char *nl_modinfo(const char *file, const char *key);

/**
 * nl_symvers_new() - empty table of exported symbols
 * nl_symvers_read() - add the lines of a Module.symvers file
 *
 * Return (read): number of symbols added, -1 with a message in @err.
 */
struct nl_symvers *nl_symvers_new(void);
int nl_symvers_read(struct nl_symvers *sv, const char *file, char *err, size_t errlen);
void nl_symvers_free(struct nl_symvers *sv);

#endif
