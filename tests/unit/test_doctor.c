/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/base/buf.h"
#include "user/view/doctor.h"

static const struct doctor_row rows[] = {
	{ .section = "this kernel", .item = "release", .value = "6.1" },
	{ .section = "this kernel", .item = "kprobes", .state = DOCTOR_NO, .reason = "compiled out",
	  .advice = "take another\033[31m" },
	{ .section = "this kernel", .item = "a.very.long.name.of.a.setting", .value = "0", .detail = true },
	{ .section = "probes", .item = "fexit", .state = DOCTOR_YES, .value = "a hook", .reason = "why",
	  .cannot_see = "much" },
	{ .section = "probes", .item = "tp", .state = DOCTOR_UNKNOWN, .cannot_see = "more" },
};

#define COUNT (sizeof(rows) / sizeof(rows[0]))

static void shows(bool details, size_t width, const char *want)
{
	struct buf b = BUF_INIT;

	doctor_text(&b, rows, COUNT, details, width);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void people_see_a_table(void **state)
{
	(void)state;
	shows(false, 0,
	      "this kernel\n"
	      "  release                          6.1\n"
	      "  kprobes                 no       compiled out\n"
	      "                                   -> take another\\x1b[31m\n"
	      "\n"
	      "probes\n"
	      "  fexit                   yes      a hook: why\n"
	      "                                   cannot see: much\n"
	      "  tp                      unknown\n");
}

static void details_add_rows_and_reasons(void **state)
{
	(void)state;
	shows(true, 0,
	      "this kernel\n"
	      "  release                                 6.1\n"
	      "  kprobes                        no       compiled out\n"
	      "                                          -> take another\\x1b[31m\n"
	      "  a.very.long.name.of.a.setting           0\n"
	      "\n"
	      "probes\n"
	      "  fexit                   yes      a hook: why\n"
	      "                                   cannot see: much\n"
	      "  tp                      unknown\n"
	      "                                   cannot see: more\n");
}

static void lines_fit_the_terminal(void **state)
{
	(void)state;
	shows(false, 47,
	      "this kernel\n"
	      "  release                          6.1\n"
	      "  kprobes                 no       compiled out\n"
	      "                                   -> take\n"
	      "                                      another\\x1b[31m\n"
	      "\n"
	      "probes\n"
	      "  fexit                   yes      a hook: why\n"
	      "                                   cannot see: much\n"
	      "  tp                      unknown\n");
}

static void programs_see_json(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	doctor_json(&b, rows + 1, 1);
	assert_string_equal(buf_str(&b), "{\"v\":1,\"type\":\"doctor\",\"items\":[{\"section\":\"this kernel\","
					 "\"item\":\"kprobes\",\"state\":\"no\",\"reason\":\"compiled out\","
					 "\"advice\":\"take another\\u001b[31m\"}]}\n");
	buf_clear(&b);
	doctor_json(&b, rows, 1);
	assert_string_equal(buf_str(&b), "{\"v\":1,\"type\":\"doctor\",\"items\":[{\"section\":\"this kernel\","
					 "\"item\":\"release\",\"value\":\"6.1\"}]}\n");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_see_a_table),
		cmocka_unit_test(details_add_rows_and_reasons),
		cmocka_unit_test(lines_fit_the_terminal),
		cmocka_unit_test(programs_see_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
