/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of checks that are heard at their caller, or cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "user/base/buf.h"
#include "user/source/derived.h"

static void finds_the_site_of_an_act(void **state)
{
	const struct derived_fact facts[DERIVED_SITES] = { [1] = { DERIVED_HEARD, 0 } };
	const struct derived_site *site;

	(void)state;
	assert_ptr_equal(derived_of(facts, TRIAL_CAPSET, &site), &facts[1]);
	assert_string_equal(site->function, "cap_capset");
	assert_null(derived_of(facts, TRIAL_PLAIN, &site));
	assert_null(derived_of(facts, TRIAL_OVERCOMMIT_AGAIN, &site));
}

static void says_how_or_why_not(void **state)
{
	static const struct {
		struct derived_fact fact;
		const char *words;
	} rows[] = {
		{ { DERIVED_NONE, 0 }, "" },
		{ { DERIVED_HEARD, 0 }, "heard at cap_capset" },
		{ { DERIVED_SPARED, 0 }, "not listened to, for nobody asked for it" },
		{ { DERIVED_REFUSED, -E2BIG }, "cap_capset cannot be hooked: Argument list too long" },
		{ { DERIVED_REFUSED, -ENOENT }, "there is no function cap_capset to hook" },
		{ { DERIVED_SILENT, 0 }, "nothing arrives at cap_capset either" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		derived_print(&b, &derived_sites[1], &rows[i].fact);
		assert_string_equal(buf_str(&b), rows[i].words);
	}
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_site_of_an_act),
		cmocka_unit_test(says_how_or_why_not),
	};

	return cmocka_run_group_tests_name("derived", tests, NULL, NULL);
}
