/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of a fixed width, each once, numbered from 0 in the order in which they came. Made to be filled and emptied
 * again and again without asking for memory.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"

struct index {
	size_t width;		/* of a row: a multiple of 8, no unnamed padding in it */
	struct buf rows;
	uint32_t count, last;	/* last: the row that was asked for last */
	uint32_t *slots;	/* number of a row and 1; 0: free */
	uint32_t mask;		/* slots less 1 */
};

#define INDEX_NONE UINT32_MAX

/* index_done frees what it takes. */
void index_init(struct index *x, size_t width);
void index_done(struct index *x);

/* Forgets all rows, keeps the memory. */
void index_clear(struct index *x);

/* The number of a row, INDEX_NONE where it is not there. */
uint32_t index_find(const struct index *x, const void *row);

/* The number of a row, which is added where it is not there. INDEX_NONE: out of memory. */
uint32_t index_put(struct index *x, const void *row);

static inline const void *index_row(const struct index *x, uint32_t number)
{
	return x->rows.data + number * x->width;
}
