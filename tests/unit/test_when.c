/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/when.h"

#define SECOND 1000000000ULL
#define MOMENT (1795310183 * SECOND + 123456789)	/* 2026-11-22T01:16:23.123456789Z */

static void assert_when(struct when *w, uint64_t ns, const char *expect)
{
	struct buf b = BUF_INIT;

	when_print(w, &b, ns);
	assert_string_equal(buf_str(&b), expect);
	buf_done(&b);
}

static void prints_utc(void **state)
{
	struct when w;

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	when_init(&w, WHEN_ISO, true);
	assert_when(&w, MOMENT, "2026-11-22T01:16:23.123456789Z");
	assert_when(&w, 0, "1970-01-01T00:00:00.000000000Z");
	assert_when(&w, UINT64_MAX, "2554-07-21T23:34:33.709551615Z");
	when_init(&w, WHEN_CLOCK, true);
	assert_when(&w, MOMENT, "01:16:23.123456");
	when_init(&w, WHEN_SECOND, true);
	assert_when(&w, MOMENT, "2026-11-22 01:16:23");
	assert_when(&w, MOMENT + SECOND, "2026-11-22 01:16:24");
}

/* POSIX zones, which need no zone files: the sign is the other way round. */
static void prints_local_time(void **state)
{
	struct when w;

	(void)state;
	setenv("TZ", "XXX-5:45", 1);
	when_init(&w, WHEN_ISO, false);
	assert_when(&w, MOMENT, "2026-11-22T07:01:23.123456789+05:45");
	setenv("TZ", "XXX3:30", 1);
	when_init(&w, WHEN_ISO, false);
	assert_when(&w, MOMENT, "2026-11-21T21:46:23.123456789-03:30");
	when_init(&w, WHEN_CLOCK, false);
	assert_when(&w, MOMENT, "21:46:23.123456");
	setenv("TZ", "XXX0", 1);
	when_init(&w, WHEN_ISO, false);
	assert_when(&w, MOMENT, "2026-11-22T01:16:23.123456789+00:00");
}

/* Back and forth over a second and over the end of summer time: nothing stale is kept. */
static void follows_the_seconds(void **state)
{
	uint64_t back = 1792890000 * SECOND;	/* 2026-10-25T01:00:00Z, when Central Europe turns back */
	struct when w;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	when_init(&w, WHEN_ISO, false);
	assert_when(&w, back - 1, "2026-10-25T02:59:59.999999999+02:00");
	assert_when(&w, back, "2026-10-25T02:00:00.000000000+01:00");
	assert_when(&w, back + 1, "2026-10-25T02:00:00.000000001+01:00");
	assert_when(&w, back - 1000, "2026-10-25T02:59:59.999999000+02:00");
}

static void as_a_member(void **state)
{
	struct buf b = BUF_INIT;
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_object(&j);
	when_member(&j, "first", MOMENT);
	when_member(&j, "last", 0);
	json_object_end(&j);
	assert_string_equal(buf_str(&b), "{\"first\":\"2026-11-22T01:16:23.123456789Z\","
					 "\"last\":\"1970-01-01T00:00:00.000000000Z\"}");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_utc),
		cmocka_unit_test(prints_local_time),
		cmocka_unit_test(follows_the_seconds),
		cmocka_unit_test(as_a_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
