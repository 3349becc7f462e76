/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

void wrap_blanks(struct buf *b, size_t n)
{
	while (n--)
		buf_putc(b, ' ');
}

/* apart: it follows something on its line. */
static size_t wrap_word(struct buf *b, const struct buf *word, bool apart, size_t at, size_t indent, size_t width)
{
	size_t columns = text_width(word->data, word->len);

	if (apart && width && at + 1 + columns > width) {
		buf_putc(b, '\n');
		wrap_blanks(b, indent);
		at = indent;
	} else if (apart) {
		buf_putc(b, ' ');
		at++;
	}
	buf_put(b, word->data, word->len);
	return at + columns;
}

size_t wrap_words(struct buf *b, const char *s, size_t at, size_t indent, size_t width)
{
	struct buf word = BUF_INIT;
	bool apart = at > indent;

	for (;;) {
		size_t len;

		s += strspn(s, " ");
		len = strcspn(s, " ");
		if (!len)
			break;
		buf_clear(&word);
		text_escape(&word, s, len);
		if (word.error)
			b->error = word.error;
		else
			at = wrap_word(b, &word, apart, at, indent, width);
		apart = true;
		s += len;
	}
	buf_done(&word);
	return at;
}
