/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/index.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024 };

void index_init(struct index *x, size_t width)
{
	*x = (struct index){ .width = width, .rows = BUF_INIT };
}

void index_done(struct index *x)
{
	buf_done(&x->rows);
	free(x->slots);
	index_init(x, x->width);
}

void index_clear(struct index *x)
{
	buf_clear(&x->rows);
	x->count = x->last = 0;
	if (x->slots)
		memset(x->slots, 0, ((size_t)x->mask + 1) * sizeof(*x->slots));
}

static uint32_t hash_of(const struct index *x, const void *row)
{
	const char *at = row;
	uint64_t hash = 0, word;

	for (size_t i = 0; i < x->width; i += sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

/* Where a row stands, or the free slot where it would. */
static uint32_t *slot_of(const struct index *x, const void *row)
{
	uint32_t i = hash_of(x, row) & x->mask;

	while (x->slots[i] && memcmp(index_row(x, x->slots[i] - 1), row, x->width))
		i = (i + 1) & x->mask;
	return &x->slots[i];
}

/* At most half of the slots are taken. */
static int grow(struct index *x)
{
	size_t slots = x->slots ? 2 * ((size_t)x->mask + 1) : SLOTS_FIRST;
	uint32_t *at = calloc(slots, sizeof(*at));

	if (!at)
		return -1;
	free(x->slots);
	x->slots = at;
	x->mask = (uint32_t)(slots - 1);
	for (uint32_t i = 0; i < x->count; i++)
		*slot_of(x, index_row(x, i)) = i + 1;
	return 0;
}

uint32_t index_find(const struct index *x, const void *row)
{
	uint32_t found = x->slots ? *slot_of(x, row) : 0;

	return found ? found - 1 : INDEX_NONE;
}

uint32_t index_put(struct index *x, const void *row)
{
	uint32_t *slot;

	if (x->count && !memcmp(index_row(x, x->last), row, x->width))
		return x->last;
	if ((!x->slots || 2 * (size_t)x->count >= x->mask) && grow(x))
		return INDEX_NONE;
	slot = slot_of(x, row);
	if (!*slot) {
		buf_put(&x->rows, row, x->width);
		if (x->rows.error)
			return INDEX_NONE;
		*slot = ++x->count;
	}
	x->last = *slot - 1;
	return x->last;
}
