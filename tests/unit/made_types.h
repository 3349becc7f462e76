/* SPDX-License-Identifier: BSD-2-Clause */
/* Types made by libbpf, as our own reader takes them. */
#pragma once

#include "tests/unit/made.h"

#include <bpf/btf.h>

#include "user/source/types.h"

static inline struct types *made_types(const struct btf *b)
{
	struct types *t = NULL;
	uint32_t size;
	const void *data = btf__raw_data(b, &size);

	assert_int_equal(types_new(data, size, &t), 0);
	return t;
}
