/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/text.h"

#include "user/base/buf.h"

struct range {
	uint32_t first, last;
};

static const struct range unsafe_ranges[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },		/* soft hyphen */
	{ 0x61c, 0x61c },	/* Arabic letter mark */
	{ 0x180e, 0x180e },	/* Mongolian vowel separator */
	{ 0x200b, 0x200f },	/* zero-width space and joiners, left-to-right and right-to-left marks */
	{ 0x2028, 0x202e },	/* line and paragraph separators, embeddings and overrides */
	{ 0x2060, 0x206f },	/* word joiner, invisible operators, isolates, deprecated format characters */
	{ 0xfeff, 0xfeff },	/* byte order mark */
	{ 0xfff9, 0xfffb },	/* interlinear annotation */
	{ 0xe0000, 0xe007f },	/* tags: a whole hidden alphabet */
};

static const struct range combining_ranges[] = {
	{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x64b, 0x65f }, { 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};

static const struct range wide_ranges[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

#define IN_RANGES(table, code) in_ranges(table, sizeof(table) / sizeof((table)[0]), code)

static bool in_ranges(const struct range *table, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count && code >= table[i].first; i++) {
		if (code <= table[i].last)
			return true;
	}
	return false;
}

/* How long the sequence is that this byte starts; 0: none can start with it. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2)	/* a continuation, or the start of an overlong form */
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0)
		return 3;
	return lead < 0xf5 ? 4 : 0;
}

size_t text_decode(const char *s, size_t n, uint32_t *ret_code)
{
	static const uint32_t lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t len = n ? sequence_length(u[0]) : 0;
	uint32_t code;

	if (len == 0 || len > n)
		return 0;
	code = u[0] & lead_bits[len];
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (u[i] & 0x3f);
	}
	if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return len;
}

void text_put(struct buf *b, uint32_t code)
{
	static const struct { uint32_t below; unsigned char lead; int more; } forms[] = {
		{ 0x80, 0, 0 }, { 0x800, 0xc0, 1 }, { 0x10000, 0xe0, 2 }, { 0x110000, 0xf0, 3 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (code >= forms[i].below)
			continue;
		buf_putc(b, (char)(forms[i].lead | code >> (6 * forms[i].more)));
		for (int more = forms[i].more - 1; more >= 0; more--)
			buf_putc(b, (char)(0x80 | (code >> (6 * more) & 0x3f)));
		return;
	}
}

bool text_unsafe(uint32_t code)
{
	return IN_RANGES(unsafe_ranges, code);
}

static void escape_bytes(struct buf *b, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		char out[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };

		buf_put(b, out, sizeof(out));
	}
}

/* How many bytes from s on are printable ASCII that needs no escape. */
static size_t plain_run(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= ' ' && s[i] < 0x7f && s[i] != '\\')
		i++;
	return i;
}

static void escape_but(struct buf *b, const char *s, size_t n, bool words)
{
	while (n) {
		size_t len = plain_run(s, n);
		uint32_t code;

		if (len) {
			buf_put(b, s, len);
		} else if (*s == '\\') {
			buf_puts(b, words ? "\\\\" : "\\");
			len = 1;
		} else if (*s == '\n' && !words) {
			buf_put(b, s, 1);
			len = 1;
		} else {
			len = text_decode(s, n, &code);
			if (len && !text_unsafe(code))
				buf_put(b, s, len);
			else
				escape_bytes(b, s, len ? len : (len = 1));
		}
		s += len;
		n -= len;
	}
}

bool text_is_safe(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t code;
		size_t len = text_decode(s + i, n - i, &code);

		if (!len || text_unsafe(code))
			return false;
		i += len;
	}
	return true;
}

void text_escape(struct buf *b, const char *s, size_t n)
{
	escape_but(b, s, n, true);
}

void text_safe(struct buf *b, const char *s, size_t n)
{
	escape_but(b, s, n, false);
}

bool text_utf8_ok(const char *s, size_t n)
{
	uint32_t code;

	while (n) {
		size_t len = text_decode(s, n, &code);

		if (!len)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

static size_t code_width(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (IN_RANGES(combining_ranges, code))
		return 0;
	return IN_RANGES(wide_ranges, code) ? 2 : 1;
}

size_t text_width(const char *s, size_t n)
{
	size_t width = 0;

	while (n) {
		uint32_t code = 0;
		size_t len = text_decode(s, n, &code);

		width += code_width(code);
		len += !len;
		s += len;
		n -= len;
	}
	return width;
}

enum { UTF8_MAX = 4 };

void text_quote(struct buf *b, const char *s, size_t n, size_t most)
{
	size_t shown = n;

	if (n > most)
		for (shown = most; shown && most - shown < UTF8_MAX && (s[shown] & 0xc0) == 0x80; shown--)
			;
	buf_putc(b, '\'');
	text_escape(b, s, shown);
	buf_puts(b, shown < n ? "...'" : "'");
}
