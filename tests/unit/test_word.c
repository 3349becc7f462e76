/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/word.h"

static const char *const words[] = {
	"trace", "top", NULL, "profile", "watch", "history", "net_bind_service", "",
};

#define COUNT (sizeof(words) / sizeof(words[0]))

/* The word that is meant by this one, or NULL. */
static const char *nearest(const char *word)
{
	size_t index = COUNT;

	if (word_nearest(word, strlen(word), words, COUNT, &index)) {
		assert_true(index < COUNT);
		return words[index];
	}
	assert_int_equal(index, COUNT);
	return NULL;
}

static void finds_one_edit(void **state)
{
	(void)state;
	assert_string_equal(nearest("trce"), "trace");
	assert_string_equal(nearest("tracee"), "trace");
	assert_string_equal(nearest("trxce"), "trace");
	assert_string_equal(nearest("tarce"), "trace");
	assert_string_equal(nearest("trace"), "trace");
	assert_string_equal(nearest("TRAEC"), "trace");
	assert_string_equal(nearest("to"), "top");
	assert_string_equal(nearest("tpo"), "top");
}

static void allows_more_in_longer_words(void **state)
{
	(void)state;
	assert_string_equal(nearest("profil"), "profile");
	assert_string_equal(nearest("prifole"), "profile");
	assert_string_equal(nearest("netbindservice"), "net_bind_service");
	assert_string_equal(nearest("net_bnid_servcie"), "net_bind_service");
	assert_null(nearest("waaah"));
	assert_null(nearest("wtcx"));
}

static void leaves_the_far_alone(void **state)
{
	char longest[100];

	(void)state;
	assert_null(nearest(""));
	assert_null(nearest("x"));
	assert_null(nearest("t"));
	assert_null(nearest("xyz"));
	assert_null(nearest("doctor"));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(nearest(longest));
	longest[64] = '\0';
	assert_null(nearest(longest));
}

/* Of words that are no typing errors. */
static const char *meant(const char *word)
{
	static const char *const list[] = {
		"allowed", "denied",    "ignore",     NULL,        "warning",          "log",
		"any",     "net_admin", "sys_ptrace", "sys_admin", "net_bind_service", "--k8s-namespace"};
	size_t at;

	return word_nearest(word, strlen(word), list, sizeof(list) / sizeof(list[0]), &at) ? list[at] : "";
}

static void knows_stems_beginnings_and_parts(void **state)
{
	(void)state;
	assert_string_equal(meant("deny"), "denied");
	assert_string_equal(meant("DENY"), "denied");
	assert_string_equal(meant("denying"), "denied");
	assert_string_equal(meant("allow"), "allowed");
	assert_string_equal(meant("allowing"), "allowed");
	assert_string_equal(meant("alow"), "allowed");
	assert_string_equal(meant("ignoring"), "ignore");
	assert_string_equal(meant("logged"), "log");
	assert_string_equal(meant("warn"), "warning");
	assert_string_equal(meant("all"), "");
	assert_string_equal(meant("ptrace"), "sys_ptrace");
	assert_string_equal(meant("bind_service"), "net_bind_service");
	assert_string_equal(meant("bind"), "net_bind_service");
	assert_string_equal(meant("namespace"), "--k8s-namespace");
	assert_string_equal(meant("net"), "");
	assert_string_equal(meant("admin"), "");
	assert_string_equal(meant("bin"), "");
	assert_string_equal(meant("service-x"), "");
	assert_string_equal(meant("de"), "");
	assert_string_equal(meant("d"), "");
	assert_string_equal(meant(""), "");
}

static void prefers_the_nearest_then_the_first(void **state)
{
	static const char *const list[] = {"setuid", "setgid", "setpcap"};
	size_t index = 9;

	(void)state;
	assert_true(word_nearest("setgit", 6, list, 3, &index));
	assert_int_equal(index, 1);
	assert_true(word_nearest("setxid", 6, list, 3, &index));
	assert_int_equal(index, 0);
	assert_true(word_nearest("setpcapp and more", 8, list, 3, &index));
	assert_int_equal(index, 2);
	assert_false(word_nearest("setuid", 6, list, 0, &index));
	assert_int_equal(index, 2);
}

static void is_near_nothing_with_a_nul(void **state)
{
	static const char word[] = "tree\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	char *exact = strdup("a-tree");
	const char *const list[] = {exact};
	size_t index = 9;

	(void)state;
	assert_non_null(exact);
	for (size_t n = 5; n < sizeof(word); n++) {
		assert_false(word_nearest(word, n, list, 1, &index));
		assert_false(word_begins(word, n, list, 1, &index));
	}
	assert_int_equal(index, 9);
	free(exact);
}

static void finds_what_begins_so(void **state)
{
	static const char *const list[] = {"permitted", "bounding", "blocked", "block"};
	size_t index = 9;

	(void)state;
	assert_true(word_begins("p=x", 1, list, 4, &index));
	assert_int_equal(index, 0);
	assert_true(word_begins("BO", 2, list, 4, &index));
	assert_int_equal(index, 1);
	assert_true(word_begins("block", 5, list, 4, &index));
	assert_int_equal(index, 3);
	assert_false(word_begins("b", 1, list, 4, &index));
	assert_false(word_begins("", 0, list, 1, &index));
	assert_false(word_begins("permitteds", 10, list, 4, &index));
	assert_int_equal(index, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_one_edit),
		cmocka_unit_test(allows_more_in_longer_words),
		cmocka_unit_test(leaves_the_far_alone),
		cmocka_unit_test(knows_stems_beginnings_and_parts),
		cmocka_unit_test(prefers_the_nearest_then_the_first),
		cmocka_unit_test(is_near_nothing_with_a_nul),
		cmocka_unit_test(finds_what_begins_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
