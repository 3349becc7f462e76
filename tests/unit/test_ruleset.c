/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules and configuration in one step, kept, and taken from what was kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/guard/ruleset.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/rule/rules.h"

static char dir[32], rules_path[64], config_path[64], kept_path[64];
static const char *const rule_paths[] = { rules_path };
static const struct ruleset_paths paths = { config_path, rule_paths, 1 };

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_ruleset.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(rules_path, sizeof(rules_path), "%s/r.yaml", dir);
	snprintf(config_path, sizeof(config_path), "%s/capsieve.yaml", dir);
	snprintf(kept_path, sizeof(kept_path), "%s/last.json", dir);
	return 0;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static struct ruleset *loaded(void)
{
	struct complaints told = { .count = 0 };
	struct ruleset *s = NULL;

	if (ruleset_load(&paths, &told, &s))
		fail_msg("%s", told.count ? told.at[0].shown : "?");
	complaints_done(&told);
	return s;
}

/* Refused, with so many mistakes of which one says this. */
static void refused(size_t mistakes, const char *says)
{
	struct complaints told = { .count = 0 };
	struct ruleset *s = (struct ruleset *)&told;
	bool said = false;

	assert_int_equal(ruleset_load(&paths, &told, &s), -EINVAL);
	assert_ptr_equal(s, &told);
	assert_int_equal(told.mistakes, mistakes);
	for (size_t i = 0; i < told.count; i++)
		said |= strstr(told.at[i].shown, says) != NULL;
	assert_true(said);
	complaints_done(&told);
}

static void what_was_kept_is_what_it_was(void **state)
{
	struct buf why = BUF_INIT;
	struct ruleset *s, *last;

	(void)state;
	put(rules_path, "version: 1\nrules:\n  - {name: \"a\\\"\\u00e4\\t\", alert: kill}\n  - {name: b, log: bpf}\n");
	put(config_path, "version: 1\noutputs: {pager: {type: journal}}\nalerts: {max_per_minute: 7}\n");
	s = loaded();
	assert_int_equal(s->rules->count, 2);
	assert_int_equal(s->config->alerts_per_minute, 7);
	assert_string_equal(ruleset_config_name(s), config_path);
	assert_false(s->from_last);
	assert_int_equal(ruleset_keep(s, kept_path), 0);
	/* What is installed may be gone by then. */
	assert_int_equal(unlink(rules_path) | unlink(config_path), 0);
	assert_int_equal(ruleset_last(kept_path, &why, &last), 0);
	assert_true(last->from_last);
	assert_int_equal(last->rules->count, 2);
	assert_string_equal(last->rules->at[0].name, s->rules->at[0].name);
	assert_int_equal(last->rules->at[1].line, 4);
	assert_string_equal(last->rules->at[1].file, rules_path);
	assert_string_equal(ruleset_config_text(last), ruleset_config_text(s));
	assert_int_equal(last->config->alerts_per_minute, 7);
	ruleset_free(s);
	ruleset_free(last);
	buf_done(&why);
}

static void all_mistakes_are_told_at_once(void **state)
{
	(void)state;
	put(rules_path, "version: 1\nrules:\n  - {name: a, alert: kil}\n  - {name: b, lgo: bpf}\n");
	put(config_path, "version: 1\nalerts: {max_per_minute: none}\n");
	refused(3, "did you mean 'CAP_KILL'?");
	put(rules_path, "version: 1\n");
	refused(1, "capsieve.yaml:2:26: ");
	put(config_path, "version: 1\n");
	assert_int_equal(chmod(rules_path, 0666), 0);
	refused(1, "not trusted: others than ");
	assert_int_equal(unlink(rules_path), 0);
	refused(1, "No such file");
}

static void of_configuration_there_is_one_file_that_fits_a_message(void **state)
{
	char *text = malloc(MESSAGE_BYTES_MAX + 1);

	(void)state;
	assert_non_null(text);
	put(rules_path, "version: 1\n");
	memset(text, '#', MESSAGE_BYTES_MAX);
	text[MESSAGE_BYTES_MAX] = '\0';
	put(config_path, text);
	refused(1, "larger than what is read of configuration");
	free(text);
	unlink(config_path);
	assert_int_equal(mkdir(config_path, 0755), 0);
	refused(1, "of configuration there is one file");
	rmdir(config_path);
}

static void damaged(const char *text, const char *says)
{
	struct buf why = BUF_INIT;
	struct ruleset *s = NULL;

	put(kept_path, text);
	assert_int_not_equal(ruleset_last(kept_path, &why, &s), 0);
	assert_null(s);
	if (!strstr(buf_str(&why), says))
		fail_msg("%s: %s", text, buf_str(&why));
	buf_done(&why);
}

static void what_was_kept_and_is_damaged_is_not_used(void **state)
{
	struct buf why = BUF_INIT;
	struct ruleset *s = NULL;

	(void)state;
	assert_int_equal(ruleset_last(kept_path, &why, &s), -ENOENT);
	assert_string_equal(buf_str(&why), "");
	damaged("", "last.json");
	damaged("{\"v\":1}", "files");
	damaged("{\"v\":1,\"files\":[{\"name\":\"a\",\"config\":false}]}", "text");
	damaged("{\"v\":1,\"files\":[{\"name\":\"a\",\"config\":false,\"text\":\"version: 9\"}]}", "version 1");
	damaged("{\"v\":1,\"files\":[{\"name\":\"a\",\"config\":true,\"text\":\"attach: x\"}]}", "x");
	/* A link in its place is not followed. */
	unlink(kept_path);
	assert_int_equal(symlink(rules_path, kept_path), 0);
	assert_int_equal(ruleset_last(kept_path, &why, &s), -ELOOP);
	buf_done(&why);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(what_was_kept_is_what_it_was),
		TEST(all_mistakes_are_told_at_once),
		TEST(of_configuration_there_is_one_file_that_fits_a_message),
		TEST(what_was_kept_and_is_damaged_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
