/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/buf.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/memory.h"

#define BUF_FIRST 256

static atomic_bool ran_out;

bool buf_ran_out(void)
{
	return ran_out;
}

void buf_note_ran_out(void)
{
	ran_out = true;
}

/* With cap = len no inline function finds room any more, so the fast paths need not look at .error. */
static int buf_fail(struct buf *b)
{
	b->cap = b->len;
	b->error = -ENOMEM;
	memory_note();
	return b->error;
}

void buf_lack(struct buf *b)
{
	ran_out = true;
	buf_fail(b);
}

int buf_grow(struct buf *b, size_t n)
{
	size_t need, cap;
	char *data;

	if (b->error)
		return b->error;
	if (n >= BUF_MAX || b->len >= BUF_MAX - n)
		return buf_fail(b);
	need = b->len + n + 1;
	cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap + b->cap / 2;
	if (cap < need)
		cap = need;
	data = realloc(b->data, cap);
	if (!data) {
		ran_out = true;
		return buf_fail(b);
	}
	b->data = data;
	b->cap = cap;
	return 0;
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
	size_t room = b->cap - b->len, n;
	va_list again;
	int ret;

	if (b->error)
		return;
	va_copy(again, args);
	ret = vsnprintf(b->data ? b->data + b->len : NULL, room, format, args);
	n = ret < 0 ? BUF_MAX : (size_t)ret;
	if (n >= room && buf_room(b, n))
		vsnprintf(b->data + b->len, n + 1, format, again);
	if (!b->error)
		b->len += n;
	va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

static unsigned decimal_digits(uint64_t v)
{
	static const uint64_t powers[] = {
		0ULL, 10ULL, 100ULL, 1000ULL, 10000ULL, 100000ULL, 1000000ULL, 10000000ULL, 100000000ULL,
		1000000000ULL, 10000000000ULL, 100000000000ULL, 1000000000000ULL, 10000000000000ULL,
		100000000000000ULL, 1000000000000000ULL, 10000000000000000ULL, 100000000000000000ULL,
		1000000000000000000ULL, 10000000000000000000ULL,
	};
	/* 1233 / 4096 is log10(2), so this is right or one too few. */
	unsigned guess = (64 - (unsigned)__builtin_clzll(v | 1)) * 1233 >> 12;

	return guess + (v >= powers[guess]);
}

void buf_u64(struct buf *b, uint64_t v)
{
	static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031"
				    "3233343536373839404142434445464748495051525354555657585960616263"
				    "6465666768697071727374757677787980818283848586878889909192939495"
				    "96979899";
	char *p = buf_room(b, 20);
	unsigned n;

	if (!p)
		return;
	n = decimal_digits(v);
	b->len += n;
	for (p += n; v >= 100; v /= 100)
		memcpy(p -= 2, pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(p - 2, pairs + v * 2, 2);
	else
		p[-1] = '0' + (char)v;
}

void buf_grouped(struct buf *b, uint64_t v)
{
	char digits[32];
	size_t len = 0;

	do {
		if (len % 4 == 3)
			digits[len++] = ',';
		digits[len++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (len)
		buf_putc(b, digits[--len]);
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}
