/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/json.h"

#include "user/base/text.h"

#define ONES  0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

/* The high bit of each byte that is zero; above the lowest one it may be wrong, which is enough. */
static inline uint64_t zero_bytes(uint64_t v)
{
	return (v - ONES) & ~v & HIGHS;
}

/* Not 0 where one of eight bytes is a control byte, DEL, a quote, a backslash or not ASCII. */
static inline uint64_t special_bytes(uint64_t v)
{
	return (v & HIGHS) | ((v - ONES * 0x20) & ~v & HIGHS) | zero_bytes(v ^ ONES * '"') |
	       zero_bytes(v ^ ONES * '\\') | zero_bytes(v ^ ONES * 0x7f);
}

static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* How many bytes from s on need no escape. */
static size_t plain_run(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t word;

	for (; n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if (special_bytes(word))
			break;
	}
	while (i < n && is_plain((unsigned char)s[i]))
		i++;
	return i;
}

static void put_unit(struct buf *b, unsigned unit)
{
	static const char hex[] = "0123456789abcdef";
	char out[6] = { '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15],
			hex[unit >> 4 & 15], hex[unit & 15] };

	buf_put(b, out, sizeof(out));
}

static void put_escape(struct buf *b, uint32_t code)
{
	static const char shorts[128] = {
		['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
	};

	if (code < sizeof(shorts) && shorts[code]) {
		buf_putc(b, '\\');
		buf_putc(b, shorts[code]);
	} else if (code < 0x10000) {
		put_unit(b, code);
	} else {
		put_unit(b, 0xd800 + ((code - 0x10000) >> 10));
		put_unit(b, 0xdc00 + (code & 0x3ff));
	}
}

/* One character that is not plain; returns the bytes it took. */
static size_t put_special(struct buf *b, const char *s, size_t n)
{
	uint32_t code;
	size_t len = text_decode(s, n, &code);

	if (!len) {
		put_unit(b, 0xfffd);
		return 1;
	}
	if (code == '"' || code == '\\' || text_unsafe(code))
		put_escape(b, code);
	else
		buf_put(b, s, len);
	return len;
}

static void put_string(struct buf *b, const char *s, size_t n)
{
	buf_putc(b, '"');
	while (n) {
		size_t len = plain_run(s, n);

		buf_put(b, s, len);
		if (len < n)
			len += put_special(b, s + len, n - len);
		s += len;
		n -= len;
	}
	buf_putc(b, '"');
}

static inline void put_comma(struct json *j)
{
	if (j->comma)
		buf_putc(j->out, ',');
}

void json_key_str(struct json *j, const char *s, size_t n)
{
	put_comma(j);
	put_string(j->out, s, n);
	buf_putc(j->out, ':');
	j->comma = 0;
}

void json_str(struct json *j, const char *s, size_t n)
{
	put_comma(j);
	put_string(j->out, s, n);
	j->comma = 1;
}

void json_cstr(struct json *j, const char *s)
{
	if (s)
		json_str(j, s, strlen(s));
	else
		json_null(j);
}

void json_u64(struct json *j, uint64_t v)
{
	put_comma(j);
	buf_u64(j->out, v);
	j->comma = 1;
}

void json_i64(struct json *j, int64_t v)
{
	put_comma(j);
	if (v < 0)
		buf_putc(j->out, '-');
	buf_u64(j->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	j->comma = 1;
}
