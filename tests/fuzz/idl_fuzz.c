// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer harness of the IDL parser: any bytes give declarations and
 * diagnostics, never a crash, a hang or an access out of bounds.
 *
 * The input is copied into memory of exactly its size, without a NUL, so that
 * the sanitizer sees a lexer that reads past the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nooksgen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	if (!null)
		null = fopen("/dev/null", "w");
	memcpy(text, data, size);
	parse_text("fuzz/input.idl", text, size);
	diag_flush(null, size & 1);
	arena_reset();
	free(text);
	return 0;
}
