/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/html.h"

#include <stdint.h>
#include <string.h>

#include "user/base/text.h"

/* What means something to a reader of HTML, in an element or in an attribute with either quote. */
static const struct {
	char is;
	const char *written;
} entities[] = {
	{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" },
};

static void put_char(struct buf *b, char c)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (entities[i].is == c) {
			buf_puts(b, entities[i].written);
			return;
		}
	buf_putc(b, c);
}

static void put_safe(struct buf *b, struct buf *safe)
{
	if (safe->error)
		b->error = safe->error;
	for (size_t i = 0; i < safe->len; i++)
		put_char(b, safe->data[i]);
	buf_done(safe);
}

static void put_some(struct buf *b, const char *text, size_t n)
{
	struct buf safe = BUF_INIT;

	text_escape(&safe, text, n);
	put_safe(b, &safe);
}

void html_text(struct buf *b, const char *text)
{
	if (text)
		put_some(b, text, strlen(text));
}

void html_lines(struct buf *b, const char *text)
{
	struct buf safe = BUF_INIT;

	text_safe(&safe, text, strlen(text));
	put_safe(b, &safe);
}

/* How many of the first `most` bytes are whole characters. */
static size_t whole(const char *name, size_t n, size_t most)
{
	size_t at = 0, step;
	uint32_t code;

	while (at < most) {
		step = text_decode(name + at, n - at, &code) ?: 1;
		if (at + step > most)
			break;
		at += step;
	}
	return at;
}

void html_name(struct buf *b, const char *name, size_t most)
{
	size_t n = strlen(name);

	html(b, "<bdi>");
	put_some(b, name, n > most ? whole(name, n, most) : n);
	if (n > most)
		buf_printf(b, "\xe2\x80\xa6 (%zu bytes)", n);
	html(b, "</bdi>");
}
