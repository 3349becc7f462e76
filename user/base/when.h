/* SPDX-License-Identifier: BSD-2-Clause */
/* Wall-clock times as text; what changes once a second only is kept between calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct json;

enum when_style {
	WHEN_CLOCK,	/* 02:50:01.123456 */
	WHEN_ISO,	/* RFC 3339: 2026-11-22T02:50:01.123456789Z, or +01:00 for local time */
	WHEN_SECOND,	/* 2026-11-22 02:50:01 */
};

enum { WHEN_DATE_LEN = 10, WHEN_TIME_AT = 11 };	/* of WHEN_SECOND, as long as years have four digits */

/* The caller's; a zeroed one is not valid. Not for two threads at once. */
struct when {
	enum when_style style;
	bool utc;
	uint64_t second;	/* that prefix and suffix were made for */
	uint8_t prefix_len, suffix_len;
	char prefix[24], suffix[8];
};

/* utc: Coordinated Universal Time, else the machine's zone. */
void when_init(struct when *w, enum when_style style, bool utc);

/* ns_wall: nanoseconds since 1970, as CLOCK_REALTIME counts them. */
void when_print(struct when *w, struct buf *b, uint64_t ns_wall);

/* A member of an object of JSON: such a moment as WHEN_ISO prints it of UTC. */
void when_member(struct json *j, const char *key, uint64_t ns_wall);

/* What WHEN_ISO prints of UTC, with up to nine digits of a second. 0, or -EINVAL where it is none, or no such moment. */
int when_parse(const char *text, uint64_t *ret_ns);
