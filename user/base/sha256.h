/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4) and what signs with it, HMAC (RFC 2104): for what a webhook's receiver checks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

void sha256(const void *data, size_t n, uint8_t ret[SHA256_BYTES]);
void sha256_hmac(const void *key, size_t key_n, const void *data, size_t n, uint8_t ret[SHA256_BYTES]);
