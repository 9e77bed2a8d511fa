/* SPDX-License-Identifier: GPL-2.0 */
/* SHA-256 (FIPS 180-4): names the distribution's file in what is made of it. */
#ifndef NOOKS_LINK_SHA256_H
#define NOOKS_LINK_SHA256_H

#include <stddef.h>

void nl_sha256(const void *data, size_t size, unsigned char out[32]);

#endif
