/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes JSON piece by piece into a struct buf; commas are put where they belong. Errors stick in the buf.
 * What the caller must get right (ends that match, a depth of at most JSON_DEPTH_MAX) is asserted.
 *
 * Strings may hold any byte. Valid UTF-8 passes; quotes, backslashes and whatever text_unsafe() names are
 * escaped, so that a line is safe on a terminal too and still reads back the same. A byte that is not UTF-8
 * cannot be said in JSON: each becomes the six characters \ufffd, which a real U+FFFD (three bytes, passed)
 * is not written as.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "user/base/buf.h"

#define JSON_DEPTH_MAX 64

struct json {
	struct buf *out;	/* not owned */
	uint64_t objects;	/* bit n: level n is an object, else an array */
	unsigned depth;
	unsigned comma;		/* 1: the next key or value comes after another one */
};

/* Starts one JSON text at the end of out. May be called again after its end, for the next one. */
static inline void json_init(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

/* n bytes as they are, as one value or one key; the caller vouches for them. */
static inline void json_put(struct json *j, const char *s, size_t n, unsigned comma_after)
{
	char *p = buf_room(j->out, n + 1);

	if (!p)
		return;
	*p = ',';
	p += j->comma;
	memcpy(p, s, n);
	j->out->len += j->comma + n;
	j->comma = comma_after;
}

static inline void json_open(struct json *j, char bracket)
{
	assert(j->depth < JSON_DEPTH_MAX);
	j->objects = j->objects << 1 | (bracket == '{');
	j->depth++;
	json_put(j, &bracket, 1, 0);
}

static inline void json_close(struct json *j, char bracket)
{
	assert(j->depth > 0 && (j->objects & 1) == (bracket == '}'));
	j->objects >>= 1;
	j->depth--;
	j->comma = 0;
	json_put(j, &bracket, 1, 1);
}

static inline void json_object(struct json *j)
{
	json_open(j, '{');
}

static inline void json_object_end(struct json *j)
{
	json_close(j, '}');
}

static inline void json_array(struct json *j)
{
	json_open(j, '[');
}

static inline void json_array_end(struct json *j)
{
	json_close(j, ']');
}

/* A key that is a literal and needs no escape: quotes and colon are joined to it when compiling. */
#define json_key(j, literal) json_put(j, "\"" literal "\":", sizeof("\"" literal "\":") - 1, 0)

/* Any other key. */
void json_key_str(struct json *j, const char *s, size_t n);

void json_str(struct json *j, const char *s, size_t n);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);

static inline void json_bool(struct json *j, bool v)
{
	if (v)
		json_put(j, "true", 4, 1);
	else
		json_put(j, "false", 5, 1);
}

static inline void json_null(struct json *j)
{
	json_put(j, "null", 4, 1);
}

/* A string with a NUL at its end; NULL writes null. */
static inline void json_cstr(struct json *j, const char *s)
{
	if (s)
		json_str(j, s, strlen(s));
	else
		json_null(j);
}

/* A member of the object: a key that has its NUL, and its value; NULL writes null. */
void json_member_u64(struct json *j, const char *key, uint64_t v);
void json_member_bool(struct json *j, const char *key, bool v);
void json_member_cstr(struct json *j, const char *key, const char *v);

/* A string that is a literal and needs no escape: joined when compiling, as json_key. */
#define json_literal(j, literal) json_put(j, "\"" literal "\"", sizeof("\"" literal "\"") - 1, 1)

/* One value that is JSON already, such as a member that never changes and was made once. */
static inline void json_raw(struct json *j, const char *s, size_t n)
{
	json_put(j, s, n, 1);
}
