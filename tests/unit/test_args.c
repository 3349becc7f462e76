/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "user/base/buf.h"
#include "user/cmd/args.h"

static const struct argp_option rows[] = {
	{ "json", 'j', NULL, 0, "JSON", 0 },
	{ "rootid", 'r', "N", 0, "A number", 0 },
	{ 0 }
};

static const struct argp words = { .options = rows, .args_doc = "SPEC FILE..." };
static const struct argp command = { .options = rows, .args_doc = "[-- COMMAND]" };

static int check(const struct argp *argp, const char *const *argv, struct args *ret, struct buf *error)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return args_check(argp, NULL, argc, (char *const *)argv, ret, error);
}

static void words_pass_where_they_are_taken(void **state)
{
	static const char *const argv[] = {
		"set", "=p", "--rootid", "5", "a", "--", "-b", "--nonsense", NULL
	};
	struct buf error = BUF_INIT;
	struct args args;

	(void)state;
	assert_int_equal(check(&words, argv, &args, &error), 0);
	assert_int_equal(args.argc, 8);
	assert_null(args.command);
	assert_int_equal(check(&command, argv, &args, &error), -EINVAL);
	buf_done(&error);
}

static void options_among_words_are_looked_at(void **state)
{
	static const char *const argv[] = { "set", "=p", "--rotid", "5", NULL };
	struct buf error = BUF_INIT;
	struct args args;

	(void)state;
	assert_int_equal(check(&words, argv, &args, &error), -EINVAL);
	assert_string_equal(buf_str(&error), "unknown option '--rotid'; did you mean '--rootid'?");
	buf_done(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_pass_where_they_are_taken),
		cmocka_unit_test(options_among_words_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
