/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as an expression, asked of a subject whose names are that text too: in time, and never two answers. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/model/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct where *w, const char *text)
{
	const struct where_ancestor above = { text, NULL };
	struct where_subject s = { .known = 0x5555, .ancestors = &above, .ancestor_count = 1 };
	const struct where_term *by;
	enum where_answer a;

	for (size_t i = 0; i < WHERE_KEYS; i++)
		s.is[i] = (struct where_names){ i % 3 ? text : NULL, i % 5 ? NULL : text };
	a = where_match(w, &s, &by);
	assert(a == WHERE_YES ? !by : by >= w->at && by < w->at + w->count);
	s.known = UINT32_MAX;
	/* What was sure stays so. */
	if (a != WHERE_UNKNOWN)
		assert(where_match(w, &s, NULL) == a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size < 4096 ? malloc(size + 1) : NULL;
	struct where w = { 0 };
	struct where_mistake mistake;
	struct buf b = BUF_INIT;
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = where_parse(text, &w, &mistake);
	if (err == -EINVAL) {
		where_mistake_print(&b, &mistake);
		assert(b.error || text_is_safe(b.data, b.len));
	} else if (!err) {
		ask(&w, text);
	}
	buf_done(&b);
	where_done(&w);
	free(text);
	return 0;
}
