/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/cmd/watch.h"

static void the_journal_is_what_its_variable_says(void **state)
{
	char is[64], other[64];
	struct stat st;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fstat(ends[1], &st), 0);
	snprintf(is, sizeof(is), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	snprintf(other, sizeof(other), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + 1);
	assert_true(watch_log_is_journal(is, ends[1]));
	assert_false(watch_log_is_journal(other, ends[1]));
	assert_false(watch_log_is_journal(NULL, ends[1]));
	assert_false(watch_log_is_journal("", ends[1]));
	assert_false(watch_log_is_journal("8", ends[1]));
	is[sizeof(is) - 2] = '\0';
	snprintf(other, sizeof(other), "%.60s ", is);
	assert_false(watch_log_is_journal(other, ends[1]));
	close(ends[0]);
	close(ends[1]);
	assert_false(watch_log_is_journal(is, ends[1]));
}

static void says(bool journal, enum flow_level level, const char *text, const char *want)
{
	struct buf b = BUF_INIT;

	watch_log_put(&b, journal, level, text);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void each_line_has_its_priority(void **state)
{
	(void)state;
	says(false, FLOW_ERROR, "no", "capsieve watch: no\n");
	says(true, FLOW_ERROR, "no", "<3>capsieve watch: no\n");
	says(true, FLOW_WARNING, "well", "<4>capsieve watch: well\n");
	says(true, FLOW_NOTE, "yes", "<5>capsieve watch: yes\n");
	says(true, FLOW_DETAIL, "so", "<6>capsieve watch: so\n");
	says(true, FLOW_DEBUG, "it", "<7>capsieve watch: it\n");
	/* Mistakes are shown as they are. */
	says(false, FLOW_ERROR, "r:1:1: a\n  b\n", "r:1:1: a\n  b\n");
	says(true, FLOW_ERROR, "r:1:1: a\n  b\n", "<3>r:1:1: a\n<3>  b\n");
	says(true, FLOW_ERROR, "", "");
}

static void nobody_else_makes_a_line_or_a_priority(void **state)
{
	(void)state;
	says(true, FLOW_NOTE, "a\033[31m\r<0>b", "<5>capsieve watch: a\\x1b[31m\\x0d<0>b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_is_what_its_variable_says),
		cmocka_unit_test(each_line_has_its_priority),
		cmocka_unit_test(nobody_else_makes_a_line_or_a_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
