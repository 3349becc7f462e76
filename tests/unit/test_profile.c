/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/caps/profile.h"

#define FILE_OF(status, incomplete, advice)                                                                 \
	"{\"type\":\"profile\",\"version\":1,\"status\":" status ",\"incomplete\":" incomplete             \
	",\"advice\":" advice "}"
#define ADVICE(caps, bounding, user, group, nnp)                                                            \
	"{\"capabilities\":" caps ",\"bounding\":" bounding ",\"user\":" user ",\"group\":" group          \
	",\"no_new_privs\":" nnp "}"
#define ADVISED(caps, bounding, user, group, nnp)                                                           \
	FILE_OF("\"estimated\"", "false", ADVICE(caps, bounding, user, group, nnp))

static void wrong_bytes(const char *text, size_t n, const char *sentence)
{
	struct buf why = BUF_INIT;
	struct profile p;

	assert_int_equal(profile_parse("p.json", text, n, &why, &p), -EINVAL);
	assert_string_equal(buf_str(&why), sentence);
	buf_done(&why);
}

static void wrong(const char *text, const char *sentence)
{
	wrong_bytes(text, strlen(text), sentence);
}

static struct profile right(const char *text)
{
	struct buf why = BUF_INIT;
	struct profile p;

	if (profile_parse("p.json", text, strlen(text), &why, &p))
		fail_msg("%s", buf_str(&why));
	buf_done(&why);
	return p;
}

static void everything_that_is_advised(void **state)
{
	struct profile p = right(FILE_OF("\"verified\"", "true",
					 ADVICE("[\"CAP_NET_RAW\", \"cap_kill\"]", "[\"NET_RAW\", \"5\", \"CAP_41\"]",
						"\"nobody\"", "\"7\"", "true")));

	(void)state;
	assert_int_equal(p.status, PROFILE_VERIFIED);
	assert_true(p.incomplete && p.no_new_privs);
	assert_int_equal(p.caps, 1ULL << 13 | 1ULL << 5);
	assert_int_equal(p.bounding, 1ULL << 41 | 1ULL << 13 | 1ULL << 5);
	assert_string_equal(p.user, "nobody:7");
	profile_done(&p);
	p = right(ADVISED("[]", "[]", "null", "null", "false"));
	assert_int_equal(p.status, PROFILE_ESTIMATED);
	assert_false(p.incomplete || p.no_new_privs || p.user || p.caps || p.bounding);
	profile_done(&p);
	assert_string_equal(profile_status_name(PROFILE_VERIFIED), "verified");
}

static void members_that_are_not_known_are_passed_over(void **state)
{
	struct profile p = right("\t{\"type\":\"profile\",\"version\":1,\"status\":\"verified\",\"incomplete\":false,"
				 "\"needs\":[{\"n\":9223372036854775807,\"x\":[null,1.5]}],"
				 "\"advice\":{\"capabilities\":[],\"bounding\":[],\"user\":null,\"group\":null,"
				 "\"no_new_privs\":true,\"seccomp\":{}}}\n");

	(void)state;
	assert_true(p.no_new_privs);
	profile_done(&p);
}

static void what_is_no_profile(void **state)
{
	(void)state;
	wrong("", "p.json:1:1: '[' or '{' expected near end of file");
	wrong("{\"type\": \"profile\",\n  \"version\" 1}", "p.json:2:13: ':' expected near '1'");
	wrong("{\"type\":\"profile\"}\n{}", "p.json:2:1: end of file expected near '{'");
	wrong("{\"type\":\"profile\",\"type\":\"profile\"}", "p.json:1:24: duplicate object key near '\"type\"'");
	wrong("{\"a\":\"\x1b[31m\"}", "p.json:1:6: control character 0x1b near '\"'");
	wrong("{\"a\":18446744073709551616}", "p.json:1:25: too big integer near '18446744073709551616'");
	wrong("[]", "p.json: an object is expected, and not a list");
	wrong("{}", "p.json: type: is missing");
	wrong("{\"type\":\"check\"}", "p.json: type: profile is expected, and not 'check'");
	wrong("{\"type\":\"profile\"}", "p.json: version: is missing");
	wrong("{\"type\":\"profile\",\"version\":\"1\"}", "p.json: version: a whole number is expected, and not '1'");
	wrong("{\"type\":\"profile\",\"version\":2}",
	      "p.json: version: 2 is newer than this capsieve, which reads 1");
	wrong("{\"type\":\"profile\",\"version\":0}", "p.json: version: there is no version 0, only 1");
	wrong_bytes("{}\0", 3, "p.json:1:3: end of file expected near end of file");
}

static void what_is_advised_wrongly(void **state)
{
	(void)state;
	wrong(FILE_OF("\"verifed\"", "false", "{}"),
	      "p.json: status: unknown word 'verifed'; did you mean 'verified'?");
	wrong(FILE_OF("\"proved\"", "false", "{}"),
	      "p.json: status: unknown word 'proved'; there are estimated, verified");
	wrong(FILE_OF("\"verified\"", "\"no\"", "{}"), "p.json: incomplete: true or false is expected, and not 'no'");
	wrong(FILE_OF("\"verified\"", "false", "7"), "p.json: advice: an object is expected, and not 7");
	wrong(FILE_OF("\"verified\"", "false", "{}"), "p.json: advice.capabilities: is missing");
	wrong(ADVISED("\"kill\"", "[]", "null", "null", "true"),
	      "p.json: advice.capabilities: a list is expected, and not 'kill'");
	wrong(ADVISED("[\"kill\",\"net_rw\\u001b[2J\\n\"]", "[]", "null", "null", "true"),
	      "p.json: advice.capabilities[1]: unknown capability 'net_rw\\x1b[2J\\x0a'");
	wrong(ADVISED("[\"net_rw\"]", "[]", "null", "null", "true"),
	      "p.json: advice.capabilities[0]: unknown capability 'net_rw'; did you mean 'CAP_NET_RAW'?");
	wrong(ADVISED("[13]", "[]", "null", "null", "true"),
	      "p.json: advice.capabilities[0]: a text is expected, and not 13");
	wrong(ADVISED("[\"kill\",\"chown\"]", "[\"kill\"]", "null", "null", "true"),
	      "p.json: advice.bounding: lacks CAP_CHOWN of the capabilities");
	wrong(ADVISED("[]", "[]", "\"a:b\"", "null", "true"), "p.json: advice.user: a name is expected, or null");
	wrong(ADVISED("[]", "[]", "\"\"", "null", "true"), "p.json: advice.user: a name is expected, or null");
	wrong(ADVISED("[]", "[]", "null", "\"daemon\"", "true"),
	      "p.json: advice.group: a group without a user is nobody's");
	wrong(ADVISED("[]", "[]", "null", "null", "null"),
	      "p.json: advice.no_new_privs: true or false is expected, and not null");
}

static void a_long_word_is_cut_between_letters(void **state)
{
	char text[400] = "{\"type\":\"", want[400] = "p.json: type: profile is expected, and not '";

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(text, "\xc3\xa4");
	strcat(text, "\"}");
	for (int i = 0; i < 30; i++)
		strcat(want, "\xc3\xa4");
	strcat(want, "...'");
	wrong(text, want);
}

/* What would take much memory ends before it does. */
static void too_deep_and_too_much(void **state)
{
	const size_t many = JSONIN_VALUES_MAX + 10, large = (size_t)JSONIN_BYTES_MAX + 1;
	char deep[100], *text = malloc(large);

	(void)state;
	memset(deep, '[', sizeof(deep));
	wrong_bytes(deep, sizeof(deep), "p.json:1:33: nested too deep");
	memset(deep, '{', sizeof(deep));
	deep[3] = '\n';
	wrong_bytes(deep, sizeof(deep), "p.json:2:30: nested too deep");
	assert_non_null(text);
	memset(text, ',', many);
	wrong_bytes(text, many, "p.json:1:1000001: too many values for one file");
	memset(text, ' ', large);
	wrong_bytes(text, large, "p.json:1:1: too large for one file");
	free(text);
	wrong("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[[\"}", "p.json: type: is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_is_advised),
		cmocka_unit_test(members_that_are_not_known_are_passed_over),
		cmocka_unit_test(what_is_no_profile),
		cmocka_unit_test(what_is_advised_wrongly),
		cmocka_unit_test(a_long_word_is_cut_between_letters),
		cmocka_unit_test(too_deep_and_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
