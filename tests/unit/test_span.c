/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "user/base/buf.h"
#include "user/base/span.h"

#define SECOND	  1000000000ULL
#define UNTOUCHED 12345

struct row {
	const char *text;
	int err;
	uint64_t value;
};

static void check_rows(int (*parse)(const char *, uint64_t *), const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = UNTOUCHED;
		int err = parse(rows[i].text, &value);

		if (err != rows[i].err || value != (err ? UNTOUCHED : rows[i].value))
			fail_msg("\"%s\": %d, %llu", rows[i].text, err, (unsigned long long)value);
	}
}

#define CHECK(parse, rows) check_rows(parse, rows, sizeof(rows) / sizeof((rows)[0]))

static void reads_spans(void **state)
{
	static const struct row rows[] = {
		{ "10", 0, 10 * SECOND },
		{ "0", 0, 0 },
		{ "0s", 0, 0 },
		{ "10s", 0, 10 * SECOND },
		{ "5m", 0, 300 * SECOND },
		{ "1h30m", 0, 5400 * SECOND },
		{ "250ms", 0, 250000000 },
		{ "1s500ms", 0, 1500000000 },
		{ "1m1ms", 0, 60 * SECOND + 1000000 },
		{ "7d", 0, 7 * 86400 * SECOND },
		{ "1w2d3h4m5s6ms7us8ns", 0, (((9 * 24 + 3) * 60 + 4) * 60 + 5) * SECOND + 6007008 },
		{ "18446744073", 0, 18446744073 * SECOND },
		{ "18446744073709551615ns", 0, UINT64_MAX },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "10x", -EINVAL, 0 },
		{ "10 s", -EINVAL, 0 },
		{ " 10s", -EINVAL, 0 },
		{ "10s ", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "+1s", -EINVAL, 0 },
		{ "1.5s", -EINVAL, 0 },
		{ "10S", -EINVAL, 0 },
		{ "1h30", -EINVAL, 0 },
		{ "30m1h", -EINVAL, 0 },
		{ "1m1m", -EINVAL, 0 },
		{ "ten", -EINVAL, 0 },
		{ "18446744074", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "99999999999999999999999s", -ERANGE, 0 },
		{ "18446744073709551616ns", -ERANGE, 0 },
		{ "31w", 0, 31 * 7 * 86400 * SECOND },
		{ "99999999w", -ERANGE, 0 },
		{ "18446744073s999ms", -ERANGE, 0 },
	};

	(void)state;
	CHECK(span_parse, rows);
}

static void reads_sizes(void **state)
{
	static const struct row rows[] = {
		{ "1048576", 0, 1048576 },
		{ "512B", 0, 512 },
		{ "64K", 0, 65536 },
		{ "64k", 0, 65536 },
		{ "64KiB", 0, 65536 },
		{ "8M", 0, 8 << 20 },
		{ "8MiB", 0, 8 << 20 },
		{ "3G", 0, 3ULL << 30 },
		{ "2T", 0, 2ULL << 40 },
		{ "0", 0, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "8MB", -EINVAL, 0 },
		{ "8 M", -EINVAL, 0 },
		{ "8X", -EINVAL, 0 },
		{ "8M8K", -EINVAL, 0 },
		{ "-8M", -EINVAL, 0 },
		{ "1.5M", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "99999999999999999999X", -EINVAL, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "16777216T", -ERANGE, 0 },
		{ "16777215T", 0, 16777215ULL << 40 },
	};

	(void)state;
	CHECK(size_parse, rows);
}

static int port(const char *s, uint64_t *ret)
{
	return number_parse(s, 1, 65535, ret);
}

static void reads_numbers(void **state)
{
	static const struct row rows[] = {
		{ "1", 0, 1 },
		{ "65535", 0, 65535 },
		{ "0080", 0, 80 },
		{ "0", -ERANGE, 0 },
		{ "65536", -ERANGE, 0 },
		{ "18446744073709551617", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "18446744073709551617x", -EINVAL, 0 },
	};
	uint64_t value;

	(void)state;
	CHECK(port, rows);
	assert_int_equal(number_parse("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_int_equal(value, UINT64_MAX);
}

static void says_how_long(void **state)
{
	static const struct {
		uint64_t ms;
		bool days;
		const char *expect;
	} rows[] = {
		{ 0, true, "0.0 s" }, { 9999, true, "9.9 s" }, { 10000, true, "10 s" }, { 119999, true, "119 s" },
		{ 120000, true, "2 min 0 s" }, { 7199000, true, "119 min 59 s" }, { 7260000, true, "2 h 1 min" },
		{ 176400000, true, "2 days 1 h" }, { 176400000, false, "49 h 0 min" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;

		span_print(&b, rows[i].ms * 1000000, rows[i].days);
		assert_string_equal(buf_str(&b), rows[i].expect);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_spans),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(says_how_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
