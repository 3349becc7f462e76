/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "user/cmd/options.h"

#define ARGV(...) ((char *[]){ "run", __VA_ARGS__, NULL })

static int parse(char **argv, struct options *o)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return options_parse(&options_run, argc, argv, o);
}

static void refuses(char **argv, const char *sentence)
{
	struct options o;

	assert_int_equal(parse(argv, &o), -EINVAL);
	assert_string_equal(buf_str(&o.error), sentence);
	options_done(&o);
}

static void reads_what_a_command_starts_with(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(ARGV("--caps", "net_raw,5", "--as", "0:0", "--keep-bounding", "--securebits", "noroot",
				    "--chroot", "/", "--", "ls"), &o), 0);
	assert_int_equal(o.run.caps, 1 << 13 | 1 << 5);
	assert_true(o.run.keep_bounding && o.run.securebits_given);
	assert_int_equal(o.run.securebits, SECUREBIT_NOROOT);
	assert_string_equal(o.command.argv[0], "ls");
	options_done(&o);
	assert_int_equal(parse(ARGV("--iab", "!cap_chown,^cap_kill", "--mode=hybrid", "--groups", "none", "--", "ls"), &o),
			 0);
	assert_int_equal(o.run.iab.set[CAPSET_BLOCKED], 1);
	assert_int_equal(o.run.iab.set[CAPSET_AMB], 1 << 5);
	assert_int_equal(o.run.mode, MODE_HYBRID);
	options_done(&o);
	assert_int_equal(parse(ARGV("--caps", "none", "--mode", "nopriv", "--", "ls"), &o), 0);
	options_done(&o);
}

static void mistakes_name_the_word(void **state)
{
	(void)state;
	refuses(ARGV("--caps", "kil", "--", "ls"), "--caps: unknown capability 'kil'; did you mean 'CAP_KILL'?");
	refuses(ARGV("--mode", "uncertain", "--", "ls"),
		"--mode: 'uncertain' is what no mode is called, and cannot be set");
	refuses(ARGV("--rule", "a/b"), "--rule: 'a/b' is no name of a rule: letters, digits, '.', '_' and '-'");
	refuses(ARGV("--rule", ".a"), "--rule: '.a' is no name of a rule: letters, digits, '.', '_' and '-'");
	refuses(ARGV("--rule", "a", "--caps", "kill"), "--rule stands alone: the rule says everything");
	refuses(ARGV("--rule", "a", "--as", "0:0", "--", "ls"), "--rule stands alone: the rule says everything");
	refuses(ARGV("--iab", "^cap_kill", "--ambient", "--", "ls"),
		"--iab says itself what is ambient and inheritable");
	refuses(ARGV("--mode", "hybrid", "--securebits", "0", "--", "ls"),
		"--mode and --securebits exclude each other: a mode is a choice of securebits");
	refuses(ARGV("--mode", "nopriv", "--keep-bounding", "--", "ls"),
		"--mode nopriv leaves no capability: leave out what gives some");
	refuses(ARGV("--profile", "p", "--caps", "kill", "--", "ls"),
		"--profile excludes --caps and --iab: it says which capabilities");
	refuses(ARGV("--profile", "p", "--keep-bounding", "--", "ls"),
		"--profile excludes --ambient, --inheritable, --keep-bounding and --mode: it was made for ambient "
		"capabilities and its own bounding set");
	refuses(ARGV("--profile=", "--", "ls"), "--profile: '' is no file");
	refuses(ARGV("--force", "--", "ls"), "--force is about what --profile names");
	refuses(ARGV("--rule", "a", "--profile", "p"), "--rule stands alone: the rule says everything");
	refuses(ARGV("--drop", "x", "--", "ls"), "unknown option '--drop'; there is --iab '!LIST'");
	refuses(ARGV("--chroot", "/no/such", "--", "ls"), "--chroot: '/no/such' No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_command_starts_with),
		cmocka_unit_test(mistakes_name_the_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
