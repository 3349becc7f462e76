/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit says that more follow. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/base/buf.h"

enum { VARINT_MAX = 10 };	/* bytes that a number takes at most */

static inline void varint_put(struct buf *b, uint64_t v)
{
	char *p = buf_room(b, VARINT_MAX);
	size_t n = 0;

	if (!p)
		return;
	for (; v >= 0x80; v >>= 7)
		p[n++] = (char)(v | 0x80);
	p[n++] = (char)v;
	b->len += n;
}

/* Reads one at *at, before end; false where it is not whole, or is larger than 64 bits. */
static inline bool varint_get(const uint8_t **at, const uint8_t *end, uint64_t *ret)
{
	const uint8_t *p = *at;
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64 && p < end; shift += 7) {
		uint8_t byte = *p++;

		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		*at = p;
		*ret = v;
		return true;
	}
	return false;
}

/* Differences of numbers, so that small ones of either sign are small. They wrap around: any pair has one. */
static inline uint64_t varint_fold(uint64_t difference)
{
	return (difference << 1) ^ (0 - (difference >> 63));
}

static inline uint64_t varint_unfold(uint64_t folded)
{
	return (folded >> 1) ^ (0 - (folded & 1));
}
