/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a set in any notation: what is read reads back, and an error points into the text. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/mistake.h"
#include "user/caps/notation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_back(struct buf *text, const struct capset *s)
{
	enum notation found;
	struct mistake mistake;
	struct capset back;

	assert(notation_parse(buf_str(text), &back, &found, &mistake) == 0);
	assert(back.kind == s->kind && !memcmp(back.set, s->set, sizeof(s->set)));
	buf_clear(text);
}

static void check_set(const struct capset *s)
{
	struct buf b = BUF_INIT;

	if (s->kind == CAPSET_FLAGS) {
		capset_to_text(&b, s);
		check_back(&b, s);
	} else if (s->kind == CAPSET_PLAIN && s->set[0]) {
		for (enum notation n = NOTATION_MASK; n < NOTATION_EXTERNAL; n++) {
			notation_print(&b, n, s->set[0]);
			check_back(&b, s);
		}
	}
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mistake m = { 0 };
	char *text = malloc(size + 1);
	enum notation found;
	struct capset s;
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = notation_parse(text, &s, &found, &m);
	assert(!err || (err == -EINVAL && m.what && m.word == text + m.column - 1));
	assert(!err || m.column + m.len <= strlen(text) + 1);
	if (!err)
		check_set(&s);
	free(text);
	return 0;
}
