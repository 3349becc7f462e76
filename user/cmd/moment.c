/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/moment.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/base/span.h"
#include "user/base/when.h"

#define SECOND 1000000000ULL

/* "02:50", "02:50:01" */
static int parse_clock(const char *text, struct tm *ret)
{
	static const char form[] = "00:00:00";
	size_t n = strlen(text);

	if (n != 5 && n != 8)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return -EINVAL;
	ret->tm_sec = 0;
	/* NOLINTNEXTLINE(cert-err34-c): all of them are digits, and few */
	sscanf(text, "%2d:%2d:%2d", &ret->tm_hour, &ret->tm_min, &ret->tm_sec);
	return ret->tm_hour > 23 || ret->tm_min > 59 || ret->tm_sec > 59 ? -EINVAL : 0;
}

static time_t seconds_of(struct tm tm, bool utc)
{
	tm.tm_isdst = -1;
	return utc ? timegm(&tm) : mktime(&tm);
}

/* The first time of a day after the start that is so. */
static int clock_after(const char *text, uint64_t start_ns, bool utc, uint64_t *ret_ns)
{
	const time_t start = (time_t)(start_ns / SECOND);
	struct tm tm;
	time_t then;

	if (!(utc ? gmtime_r(&start, &tm) : localtime_r(&start, &tm)) || parse_clock(text, &tm))
		return -EINVAL;
	then = seconds_of(tm, utc);
	if (then < start) {
		tm.tm_mday++;
		then = seconds_of(tm, utc);
	}
	*ret_ns = (uint64_t)then * SECOND;
	return 0;
}

int moment_parse(const char *text, uint64_t start_ns, bool utc, uint64_t *ret_ns)
{
	uint64_t span;

	if (!span_parse(text, &span)) {
		if (__builtin_add_overflow(start_ns, span, ret_ns))
			*ret_ns = UINT64_MAX;
		return 0;
	}
	return when_parse(text, ret_ns) ? clock_after(text, start_ns, utc, ret_ns) : 0;
}

/* The last time of a day before now that is so. */
static int clock_before(const char *text, uint64_t now_ns, bool utc, uint64_t *ret_ns)
{
	const time_t now = (time_t)(now_ns / SECOND);
	struct tm tm;
	time_t then;

	if (!(utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm)) || parse_clock(text, &tm))
		return -EINVAL;
	then = seconds_of(tm, utc);
	if (then > now) {
		tm.tm_mday--;
		then = seconds_of(tm, utc);
	}
	*ret_ns = then > 0 ? (uint64_t)then * SECOND : 0;
	return 0;
}

int moment_past(const char *text, uint64_t now_ns, bool utc, uint64_t *ret_ns)
{
	uint64_t span;

	if (!span_parse(text, &span)) {
		*ret_ns = span < now_ns ? now_ns - span : 0;
		return 0;
	}
	return when_parse(text, ret_ns) ? clock_before(text, now_ns, utc, ret_ns) : 0;
}
