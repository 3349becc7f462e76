/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growing piece of text. The first failure sticks in .error and every later call does nothing, so that a
 * long run of puts needs one check at its end. Nothing here aborts.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data;	/* owned; len bytes are the text, and room for a NUL follows them */
	size_t len, cap;
	int error;	/* 0 or -ENOMEM */
};

#define BUF_INIT { NULL, 0, 0, 0 }
#define BUF_MAX	 (SIZE_MAX / 4)	/* beyond it is -ENOMEM without asking the allocator */

/* Makes room for n more bytes and a NUL. 0, or the sticky error. Only for the inline functions below. */
int buf_grow(struct buf *b, size_t n);

/* Where n bytes may be written at the end, or NULL on error; the caller then adds what it wrote to b->len. */
static inline char *buf_room(struct buf *b, size_t n)
{
	if (__builtin_expect(b->cap - b->len <= n, 0) && buf_grow(b, n))
		return NULL;
	return b->data + b->len;
}

/* Makes room for n more bytes. 0 or -ENOMEM. */
static inline int buf_reserve(struct buf *b, size_t n)
{
	return buf_room(b, n) ? 0 : b->error;
}

static inline void buf_put(struct buf *b, const void *ptr, size_t n)
{
	char *p;

	if (n == 0)
		return;
	p = buf_room(b, n);
	if (!p)
		return;
	memcpy(p, ptr, n);
	b->len += n;
}

static inline void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

static inline void buf_putc(struct buf *b, char c)
{
	char *p = buf_room(b, 1);

	if (!p)
		return;
	*p = c;
	b->len++;
}

void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* v in decimal. */
void buf_u64(struct buf *b, uint64_t v);

/* Appends v for people to read: 1,234,567. */
void buf_grouped(struct buf *b, uint64_t v);

/* Did any of them ever find no memory? Then something that was printed may lack a part. */
bool buf_ran_out(void);

/* So it is of something else that would have been printed. */
void buf_note_ran_out(void);

/* There was no memory for what was to be appended. */
void buf_lack(struct buf *b);

/* Empties it and forgets an error; keeps the memory. Whoever cares looks at .error first. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
	b->error = 0;
}

/* Frees the memory; b is then as after BUF_INIT. */
void buf_done(struct buf *b);

/* The text with a NUL behind it, "" when empty; b's own memory, good until the next call on b. */
static inline const char *buf_str(struct buf *b)
{
	if (!b->data)
		return "";
	b->data[b->len] = '\0';
	return b->data;
}
