/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

#include "user/base/yml.h"
#include "user/rule/grant.h"

#define ARGV(...) ((char *const[]){ __VA_ARGS__, NULL })

static void parse(const char *text, struct grant *ret)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };

	if (grant_parse(text, strlen(text), &report, ret))
		fail_msg("%s", buf_str(&report.text));
	buf_done(&report.text);
}

static void refuses(const char *text, const char *words)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	struct grant g;

	assert_int_equal(grant_parse(text, strlen(text), &report, &g), -EINVAL);
	if (!strstr(buf_str(&report.text), words))
		fail_msg("'%s' is not in '%s'", words, buf_str(&report.text));
	buf_done(&report.text);
}

static void reads_a_whole_rule(void **state)
{
	struct grant g;

	(void)state;
	parse("version: 1\nusers: root\ncommand: [/bin/a, b]\ncapabilities: [net_raw, CAP_KILL]\nuser: root\n", &g);
	assert_int_equal(g.words, 2);
	assert_string_equal(g.command[1], "b");
	assert_null(g.command[2]);
	assert_false(g.more_words);
	assert_int_equal(g.caps, 1 << 13 | 1 << 5);
	assert_string_equal(g.user, "root");
	grant_done(&g);
}

static void mistakes_have_their_place(void **state)
{
	static const char rest[] = "version: 1\nusers: root\n";
	char text[256];

	(void)state;
	refuses("", "'command' is missing");
	refuses("version: 2\n", "f:1:10: this version of capsieve reads version 1");
	refuses("version: 1\ncommand: /a\ncapabilities: none\n", "'users' or 'groups' is missing");
	snprintf(text, sizeof(text), "%scommand: a\ncapabilities: all\n", rest);
	refuses(text, "f:3:10: a command is a path from the root, and not 'a'");
	refuses(text, "f:4:15: 'all' is no least privilege");
	snprintf(text, sizeof(text), "%scommand: /a b\ncapabilities: {a: b}\n", rest);
	refuses(text, "f:3:10: a command with words is a list");
	refuses(text, "a list is needed here, and not a mapping");
	snprintf(text, sizeof(text), "%scommand: []\ncapabilities: net_rw\nuser: no-such-user\n", rest);
	refuses(text, "f:3:10: a command is needed here");
	refuses(text, "f:4:15: unknown capability 'net_rw'; did you mean 'CAP_NET_RAW'?\n");
	refuses(text, "f:5:7: no such user: 'no-such-user'");
}

static int become_nobody(void)
{
	return setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534);
}

/* A scalar in the place of a list must not go on to the keys behind it. */
static void says_who_may(void **state)
{
	struct grant g;

	(void)state;
	parse("users: daemon\nversion: 1\ncommand: /a\ncapabilities: none\n", &g);
	assert_int_equal(grant_is_for_us(&g), getuid() == 0 || getuid() == 1);
	grant_done(&g);
	if (getuid() != 0 || become_nobody())
		skip();
	parse("users: daemon\nuser: nobody\nversion: 1\ncommand: /a\ncapabilities: none\n", &g);
	assert_false(grant_is_for_us(&g));
	grant_done(&g);
	parse("users: [daemon, nobody]\nversion: 1\ncommand: /a\ncapabilities: none\n", &g);
	assert_true(grant_is_for_us(&g));
	grant_done(&g);
	parse("groups: nogroup\nversion: 1\ncommand: /a\ncapabilities: none\n", &g);
	assert_true(grant_is_for_us(&g));
	grant_done(&g);
	parse("groups: daemon\nversion: 1\ncommand: /a\ncapabilities: none\n", &g);
	assert_false(grant_is_for_us(&g));
	grant_done(&g);
	parse("users: ['*']\nversion: 1\ncommand: /a\ncapabilities: none\n", &g);
	assert_true(grant_is_for_us(&g));
	grant_done(&g);
}

static int answer(const char *arguments, char *const *argv)
{
	struct buf why = BUF_INIT;
	char *const *words;
	struct grant g;
	char text[128];
	int r;

	snprintf(text, sizeof(text), "version: 1\nusers: root\ncommand: [/a, b]\ncapabilities: none\narguments: %s\n",
		 arguments);
	parse(text, &g);
	r = grant_command(&g, argv, &words, &why);
	assert_int_equal(r != 0, why.len != 0);
	if (!r && argv)
		assert_ptr_equal(words, argv);
	buf_done(&why);
	grant_done(&g);
	return r;
}

static void is_for_one_command(void **state)
{
	(void)state;
	assert_int_equal(answer("exact", NULL), 0);
	assert_int_equal(answer("exact", ARGV("/a", "b")), 0);
	assert_int_equal(answer("exact", ARGV("/a")), -EPERM);
	assert_int_equal(answer("exact", ARGV("/a", "b", "c")), -EPERM);
	assert_int_equal(answer("exact", ARGV("/a", "B")), -EPERM);
	assert_int_equal(answer("any", ARGV("/a", "b", "c")), 0);
	assert_int_equal(answer("any", ARGV("/a", "c", "b")), -EPERM);
	assert_int_equal(answer("any", ARGV("/b")), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_rule),
		cmocka_unit_test(mistakes_have_their_place),
		cmocka_unit_test(is_for_one_command),
		cmocka_unit_test(says_who_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
