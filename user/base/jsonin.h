/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads JSON that came from outside (jansson does), and holds it against what is expected of it. Depth, values
 * and size have limits, so that a hostile text ends in an error at once. The first mistake is one sentence with
 * its place: "FILE:LINE:COLUMN: ..." where the text is no JSON, "FILE: advice.capabilities[2]: ..." where it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct json_t;

enum { JSONIN_DEPTH_MAX = 32, JSONIN_VALUES_MAX = 1000000, JSONIN_BYTES_MAX = 16 << 20 };

/* A value, and the way to it; what stands above it outlives it. */
struct jsonin {
	const struct json_t *value;
	const struct jsonin *above;	/* NULL: the root */
	const char *key;		/* in an object; NULL: the index counts */
	size_t index;
	const char *file;		/* as it is to be named; escaped where it is shown */
	struct buf *why;		/* takes the sentence */
};

/* Reads n bytes. 0 and *ret, for jsonin_close; -EINVAL and a sentence in *why; -ENOMEM. file and why are kept. */
int jsonin_open(const char *file, const char *text, size_t n, struct buf *why, struct jsonin *ret);
void jsonin_close(struct jsonin *root);

/* "FILE: PLACE: sentence" into .why; returns -EINVAL. Words of the text are to be escaped: jsonin_describe. */
int jsonin_say(const struct jsonin *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "a list", "12", "'word'": what stands there, escaped, for a sentence. */
void jsonin_describe(struct buf *b, const struct jsonin *at);

/* The member of an object. 0; -EINVAL after saying that it is missing, or that object is none. */
int jsonin_member(const struct jsonin *object, const char *key, struct jsonin *ret);

/* Is there such a member, of an object? */
bool jsonin_has(const struct jsonin *object, const char *key);

bool jsonin_is_null(const struct jsonin *at);

/* 0, or -EINVAL after saying that it is something else. */
int jsonin_bool(const struct jsonin *at, bool *ret);
int jsonin_i64(const struct jsonin *at, int64_t *ret);

/* Valid UTF-8 without a NUL within; the value's own memory. */
int jsonin_text(const struct jsonin *at, const char **ret);

/* Which of count words it is; else says which there are. */
int jsonin_word(const struct jsonin *at, const char *const *words, size_t count, size_t *ret);

/* How many items a list has, and each of them; index is below that. */
int jsonin_count(const struct jsonin *at, size_t *ret);
void jsonin_item(const struct jsonin *list, size_t index, struct jsonin *ret);
