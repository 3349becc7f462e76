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

/* False where one of eight bytes is a control byte, DEL, a quote, a backslash or not ASCII. */
static inline bool all_plain(uint64_t v)
{
	uint64_t special = v | (v - ONES * 0x20) | zero_bytes(v ^ ONES * '"') | zero_bytes(v ^ ONES * '\\') |
			   (v + ONES);

	return !(special & HIGHS);
}

static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Copies up to seven bytes. */
static bool copy_short(char *to, const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_plain((unsigned char)s[i])) {
		to[i] = s[i];
		i++;
	}
	return i == n;
}

/*
 * Copies a string that needs no escape, which is nearly every one; false where it does, and `to` then holds
 * part of it. Eight bytes at a time, the last eight overlapping the ones before them.
 */
static bool copy_plain(char *to, const char *s, size_t n)
{
	uint64_t word;

	if (n < sizeof(word))
		return copy_short(to, s, n);
	for (size_t i = 0;; i = n - i < 2 * sizeof(word) ? n - sizeof(word) : i + sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if (!all_plain(word))
			return false;
		memcpy(to + i, &word, sizeof(word));
		if (i == n - sizeof(word))
			return true;
	}
}

/* How many bytes from s on need no escape. */
static size_t plain_run(const char *s, size_t n)
{
	size_t i = 0;

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

static void put_escaped(struct buf *b, const char *s, size_t n)
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

void json_str(struct json *j, const char *s, size_t n)
{
	char *p = buf_room(j->out, n + sizeof(",\"\"") - 1);

	if (!p)
		return;
	*p = ',';
	p += j->comma;
	j->out->len += j->comma;
	j->comma = 1;
	if (!copy_plain(p + 1, s, n)) {
		put_escaped(j->out, s, n);
		return;
	}
	p[0] = p[n + 1] = '"';
	j->out->len += n + 2;
}

void json_key_str(struct json *j, const char *s, size_t n)
{
	json_str(j, s, n);
	buf_putc(j->out, ':');
	j->comma = 0;
}

static inline void put_comma(struct json *j)
{
	if (j->comma)
		buf_putc(j->out, ',');
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

void json_member_u64(struct json *j, const char *key, uint64_t v)
{
	json_key_str(j, key, strlen(key));
	json_u64(j, v);
}

void json_member_bool(struct json *j, const char *key, bool v)
{
	json_key_str(j, key, strlen(key));
	json_bool(j, v);
}

void json_member_cstr(struct json *j, const char *key, const char *v)
{
	json_key_str(j, key, strlen(key));
	json_cstr(j, v);
}
