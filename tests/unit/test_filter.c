// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "user/base/buf.h"
#include "user/model/filter.h"

static void an_empty_filter_lets_everything_pass(void **state)
{
	struct filter f;

	(void)state;
	filter_init(&f);
	assert_false(filter_is_set(&f));
	f.allowed = f.denied = true;
	assert_false(filter_is_set(&f));
	filter_done(&f);
}

static void every_part_counts(void **state)
{
	struct filter f;

	(void)state;
	for (int part = 0; part < 9; part++) {
		filter_init(&f);
		switch (part) {
		case 0: assert_int_equal(filter_add_id(&f.pids, 1, false), 0); break;
		case 1: assert_int_equal(filter_add_id(&f.trees, 1, false), 0); break;
		case 2: assert_int_equal(filter_add_id(&f.uids, 0, true), 0); break;
		case 3: assert_int_equal(filter_add_id(&f.gids, 0, true), 0); break;
		case 4: assert_int_equal(filter_add_word(&f.comms, "nginx*", false), 0); break;
		case 5: assert_int_equal(filter_add_word(&f.cgroups, "/a", true), 0); break;
		case 6: f.caps = 1; break;
		case 7: f.denied = true; break;
		case 8: f.userns = FILTER_USERNS_OWN; break;
		}
		assert_true(filter_is_set(&f));
		filter_done(&f);
		assert_false(filter_is_set(&f));
	}
}

static void ids_up_to_the_limit(void **state)
{
	struct filter f;

	(void)state;
	filter_init(&f);
	for (uint32_t i = 0; i < FILTER_IDS_MAX; i++)
		assert_int_equal(filter_add_id(&f.pids, i, i % 2), 0);
	assert_int_equal(filter_add_id(&f.pids, 1, false), -E2BIG);
	assert_int_equal(f.pids.count, FILTER_IDS_MAX);
	for (uint32_t i = 0; i < FILTER_IDS_MAX; i++) {
		assert_int_equal(f.pids.at[i].id, i);
		assert_int_equal(f.pids.at[i].not, i % 2);
	}
	filter_done(&f);
}

static void words_up_to_the_limit(void **state)
{
	struct filter f;
	char word[] = "a";

	(void)state;
	filter_init(&f);
	for (int i = 0; i < FILTER_GLOBS_MAX; i++) {
		word[0] = 'a' + i;
		assert_int_equal(filter_add_word(&f.comms, word, i == 1), 0);
	}
	assert_int_equal(filter_add_word(&f.comms, "x", false), -E2BIG);
	assert_string_equal(f.comms.at[0].text, "a");
	assert_string_equal(f.comms.at[1].text, "b");
	assert_true(f.comms.at[1].not);
	assert_false(f.comms.at[2].not);
	filter_done(&f);
}

static void expect_wanted(const struct filter *f, uint32_t keys, const char *words)
{
	struct buf b = BUF_INIT;

	assert_int_equal(filter_put_wanted(f, keys, &b), words != NULL);
	assert_string_equal(buf_str(&b), words ?: "");
	buf_done(&b);
}

static void who_is_wanted_in_words(void **state)
{
	struct where_mistake wrong;
	struct filter f;

	(void)state;
	filter_init(&f);
	expect_wanted(&f, UINT32_MAX, NULL);
	assert_int_equal(where_add(&f.names, WHERE_UNIT, "!db"), 0);
	expect_wanted(&f, UINT32_MAX, NULL);
	assert_int_equal(where_add(&f.names, WHERE_EXE, "/bin/\033x"), 0);
	expect_wanted(&f, UINT32_MAX, "a process whose exe is '/bin/\\x1bx'");
	expect_wanted(&f, WHERE_OF_CGROUP, NULL);
	assert_int_equal(where_parse("image=web*", &f.wheres[0], &wrong), 0);
	f.where_count = 1;
	expect_wanted(&f, UINT32_MAX, "a container of image 'web*'");
	f.wheres_not = 1;
	expect_wanted(&f, WHERE_OF_CGROUP, NULL);
	assert_int_equal(where_add(&f.names, WHERE_UNIT, "web"), 0);
	expect_wanted(&f, UINT32_MAX, "a unit named 'web.service'");
	filter_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_filter_lets_everything_pass),
		cmocka_unit_test(every_part_counts),
		cmocka_unit_test(ids_up_to_the_limit),
		cmocka_unit_test(words_up_to_the_limit),
		cmocka_unit_test(who_is_wanted_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
