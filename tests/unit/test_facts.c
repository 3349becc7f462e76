/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/capability.h"
#include "user/caps/facts.h"

static void assert_sentence(unsigned nr, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (n < 5 || n > 400 || s[n - 1] == '.' || s[n - 1] == ' ' || strstr(s, "  "))
		fail_msg("capability %u: \"%s\"", nr, s ? s : "nothing");
}

static void every_capability_has_them_all(void **state)
{
	(void)state;
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		const struct fact *f = fact_of(nr);

		assert_non_null(f);
		assert_true(f->since && atof(f->since) >= 2.2);
		assert_sentence(nr, f->permits);
		assert_sentence(nr, f->why);
		assert_sentence(nr, f->checked);
		assert_sentence(nr, f->needed_by);
		assert_sentence(nr, f->better);
		/* What is as good as root says so, and only that. */
		assert_true((f->level == FACT_ROOT) == !!(f->dangers & FACT_EQUALS_ROOT));
	}
	assert_null(fact_of(CAPABILITY_COUNT));
}

/* capabilities(7): what came later than the first 27, and when. */
static void knows_since_when(void **state)
{
	static const struct {
		unsigned first, last;
		const char *since;
	} rows[] = {
		{ 0, 26, "2.2" },     { 27, 28, "2.4" },    { 29, 30, "2.6.11" }, { 31, 31, "2.6.24" },
		{ 32, 33, "2.6.25" }, { 34, 34, "2.6.37" }, { 35, 35, "3.0" },    { 36, 36, "3.5" },
		{ 37, 37, "3.16" },   { 38, 39, "5.8" },    { 40, 40, "5.9" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned nr = rows[i].first; nr <= rows[i].last; nr++)
			assert_string_equal(fact_of(nr)->since, rows[i].since);
}

static void finds_what_is_as_good_as_root(void **state)
{
	uint64_t roots = fact_roots(UINT64_MAX);

	(void)state;
	assert_true(roots & 1ULL << CAP_SYS_ADMIN && roots & 1ULL << CAP_SYS_MODULE &&
		    roots & 1ULL << CAP_SETUID);
	assert_false(roots & 1ULL << CAP_NET_BIND_SERVICE);
	assert_true(fact_roots(1ULL << CAP_NET_RAW) == 0);
	assert_true(fact_roots(1ULL << CAP_NET_RAW | 1ULL << CAP_SETFCAP) == 1ULL << CAP_SETFCAP);
}

static void has_words_for_levels_and_dangers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FACT_LEVELS; i++)
		assert_non_null(fact_level_name(i));
	for (unsigned i = 0; i < FACT_DANGERS; i++)
		assert_non_null(fact_danger_name(i));
	assert_null(fact_danger_name(FACT_DANGERS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_capability_has_them_all),
		cmocka_unit_test(knows_since_when),
		cmocka_unit_test(finds_what_is_as_good_as_root),
		cmocka_unit_test(has_words_for_levels_and_dangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
