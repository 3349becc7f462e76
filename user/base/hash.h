/* SPDX-License-Identifier: BSD-2-Clause */
/* A number for a text, where the text itself finds no room in a key: FNV-1a. Anybody can make two texts of one number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_text(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3;
	return h;
}
