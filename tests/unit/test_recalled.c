/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/advice/recalled.h"
#include "user/caps/asked.h"
#include "user/caps/site.h"
#include "user/model/past.h"

#define BIT(cap) (1ULL << (cap))

static char none[] = "", exe[] = "/usr/sbin/web", bind[] = "bind", low[] = "bind a port below 1024", chown[] = "chown",
	    owner[] = "change a file's owner", unit[] = "web.service", key[] = "unit:web.service", other[] = "unit:idle.service";
static struct past_use uses[] = {
	{ .cap = 0, .class = SITE_NEEDED, .exe = exe, .call = chown, .operation = owner, .site = none, .n = 2 },
	{ .cap = 1, .class = USAGE_SETUP, .exe = none, .call = none, .operation = none, .site = none, .n = 5 },
	{ .cap = 2, .class = USAGE_FOREIGN, .exe = exe, .call = none, .operation = none, .site = none, .n = 5 },
	{ .cap = 10, .denied = true, .class = SITE_NEEDED, .exe = exe, .call = bind, .operation = low, .site = none, .n = 3,
	  .failed = 3, .error = EACCES },
	{ .cap = 21, .class = SITE_ADVISORY, .exe = exe, .call = none, .operation = none, .site = none, .n = 900 },
};
static struct past pasts[] = {
	{ .key = other },
	{ .key = key, .uses = uses, .count = 5, .held = BIT(0) | BIT(13),
	  .workload = { .kind = WORKLOAD_UNIT, .text = { [WORKLOAD_UNIT_NAME] = unit },
			.granted = { .source = GRANTED_UNIT, .effective = BIT(0) | BIT(13) } } },
};

static void a_history_is_answered_as_what_was_watched(void **state)
{
	const struct past_list list = { pasts, 2 };
	const struct recalled known = { .kernel = "6.1", .watched_ns = 7, .now_ns = 9 };
	const struct answer *a;
	struct ranking r;

	(void)state;
	assert_int_equal(recalled_rank(&list, &known, &r), 0);
	assert_int_equal(r.count, 1);
	a = r.at;
	assert_string_equal(a->workload, unit);
	assert_true(a->caps & BIT(0));
	assert_false(a->caps & (BIT(1) | BIT(2) | BIT(21)));
	assert_int_equal(answer_unused(a), BIT(13));
	assert_int_equal(a->checks, 915);
	assert_false(a->start_seen);
	assert_false(r.incomplete);
	assert_int_equal(asked_count(a->asked), 5);
	recalled_done(&r);
}

static void what_is_missing_makes_it_incomplete(void **state)
{
	const struct recalled known = { .lost = 5 };
	struct answer a;

	(void)state;
	assert_int_equal(recalled_answer(&pasts[1], &known, &a), 0);
	assert_true(a.incomplete);
	recalled_forget(&a);
}

static void sets_of_a_history(void **state)
{
	bool granted;

	(void)state;
	assert_int_equal(past_used(&pasts[1]), BIT(0) | BIT(21));
	assert_int_equal(past_mattered(&pasts[1]), BIT(0));
	assert_int_equal(past_denied(&pasts[1]), BIT(10));
	assert_int_equal(past_unused(&pasts[1]), BIT(13));
	assert_int_equal(past_may(&pasts[0], &granted), 0);
	assert_false(granted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_history_is_answered_as_what_was_watched),
		cmocka_unit_test(what_is_missing_makes_it_incomplete), cmocka_unit_test(sets_of_a_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
