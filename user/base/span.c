/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/span.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "user/base/buf.h"

#define SECOND 1000000000ULL

struct unit {
	const char *name;
	uint64_t value;
};

/* From large to small: the order is part of the syntax. */
static const struct unit time_units[] = {
	{ "w", 7ULL * 86400 * SECOND }, { "d", 86400 * SECOND }, { "h", 3600 * SECOND }, { "m", 60 * SECOND },
	{ "s", SECOND }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
};

static const struct unit size_units[] = {
	{ "", 1 }, { "B", 1 },
	{ "K", 1ULL << 10 }, { "KiB", 1ULL << 10 }, { "M", 1ULL << 20 }, { "MiB", 1ULL << 20 },
	{ "G", 1ULL << 30 }, { "GiB", 1ULL << 30 }, { "T", 1ULL << 40 }, { "TiB", 1ULL << 40 },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at *s, which moves behind them, also where their number is too large. */
static int take_digits(const char **s, uint64_t *ret)
{
	uint64_t v = 0;
	bool over = false;

	if (!is_digit(**s))
		return -EINVAL;
	for (; is_digit(**s); (*s)++) {
		over = over || __builtin_mul_overflow(v, 10, &v);
		over = over || __builtin_add_overflow(v, (uint64_t)(**s - '0'), &v);
	}
	if (over)
		return -ERANGE;
	*ret = v;
	return 0;
}

/* The unit that n letters at s name, at place `from` of the table or later; COUNT where there is none. */
static size_t find_time_unit(const char *s, size_t n, size_t from)
{
	while (from < COUNT(time_units) &&
	       !(strlen(time_units[from].name) == n && !memcmp(time_units[from].name, s, n)))
		from++;
	return from;
}

/* One "number unit" of a span; *unit is the first place of the table that may still come. */
static int take_time(const char **s, size_t *unit, uint64_t *total)
{
	uint64_t v = 0;
	int err = take_digits(s, &v);
	size_t n, u;

	if (err)
		return err;
	for (n = 0; (*s)[n] && !is_digit((*s)[n]);)
		n++;
	u = find_time_unit(*s, n, *unit);
	if (u == COUNT(time_units))
		return -EINVAL;
	*s += n;
	*unit = u + 1;
	if (__builtin_mul_overflow(v, time_units[u].value, &v) || __builtin_add_overflow(*total, v, total))
		return -ERANGE;
	return 0;
}

static int take_times(const char *s, uint64_t *total)
{
	size_t unit = 0;
	int err;

	do {
		err = take_time(&s, &unit, total);
	} while (!err && *s);
	return err;
}

int span_parse(const char *s, uint64_t *ret_ns)
{
	uint64_t total = 0;
	int err = number_parse(s, 0, UINT64_MAX / SECOND, &total);

	if (!err)
		total *= SECOND;
	if (err == -EINVAL)
		err = take_times(s, &total);
	if (!err)
		*ret_ns = total;
	return err;
}

int size_parse(const char *s, uint64_t *ret_bytes)
{
	uint64_t v = 0;
	int err = take_digits(&s, &v);

	if (err == -EINVAL)
		return err;
	for (size_t i = 0; i < COUNT(size_units); i++) {
		if (strcasecmp(s, size_units[i].name) != 0)
			continue;
		if (err || __builtin_mul_overflow(v, size_units[i].value, &v))
			return -ERANGE;
		*ret_bytes = v;
		return 0;
	}
	return -EINVAL;
}

int number_parse(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	int err = take_digits(&s, &v);

	if (err == -EINVAL || *s)
		return -EINVAL;
	if (err || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

void span_print(struct buf *b, uint64_t ns, bool days)
{
	uint64_t s = ns / SECOND;

	if (days && s >= 2ULL * 86400)
		buf_printf(b, "%" PRIu64 " days %" PRIu64 " h", s / 86400, s / 3600 % 24);
	else if (s >= 7200)
		buf_printf(b, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else if (s >= 120)
		buf_printf(b, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s >= 10)
		buf_printf(b, "%" PRIu64 " s", s);
	else
		buf_printf(b, "%" PRIu64 ".%" PRIu64 " s", s, ns / 100000000 % 10);
}
