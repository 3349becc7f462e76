/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

#include "user/caps/site.h"
#include "user/enrich/sites.h"
#include "user/model/record.h"

#define K 0xffffffff81000000ULL

static const char symbols[] = "ffffffff81000000 T _text\n"
			      "ffffffff81000100 T cap_capable\n"
			      "ffffffff81000200 T security_capable\n"
			      "ffffffff81000300 T ns_capable\n"
			      "ffffffff81000400 T ns_capable_noaudit\n"
			      "ffffffff81000500 t path_mount\n"
			      "ffffffff81000600 T __x64_sys_mount\n"
			      "ffffffff81000700 t __traceiter_cap_capable\n"
			      "ffffffff81000800 T _end\n"
			      "ffffffffc0100000 t bpf_prog_0123456789abcdef_x\t[bpf]\n"
			      "ffffffffc0200000 t in_module\t[mod]\n";

static char dir[] = "/tmp/test_sites.XXXXXX";

static void write_symbols(const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/kallsyms", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	write_symbols(symbols);
	return 0;
}

static int tear_down(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/kallsyms", dir);
	unlink(path);
	return rmdir(dir);
}

static struct event_check_site made(const uint64_t *frame, size_t n)
{
	struct event_check_site e = { .check = made_check() };

	e.check.head.size = sizeof(e);
	e.check.head.flags = CHECK_DENIED | CHECK_SYSCALL_KNOWN | CHECK_SITE;
	memcpy(e.site.frame, frame, n * sizeof(*frame));
	return e;
}

static void decode(struct sites *s, const struct event_check_site *e, struct record *ret)
{
	assert_int_equal(record_decode(e, sizeof(*e), ret), 0);
	sites_name(s, e, sizeof(*e), ret);
	sites_class(s, ret);
}

/* A frame is a return address; where the call was a function's last instruction it is the next one's first. */
static void names_what_lies_behind_the_probe(void **state)
{
	const uint64_t frames[] = { 0xffffffffc0100010, K + 0x720, K + 0x123, K + 0x210, K + 0x400, K + 0x510, K + 0x620 };
	struct event_check_site e = made(frames, 7);
	struct sites *s = sites_new(dir);
	struct record r;

	(void)state;
	assert_non_null(s);
	assert_int_equal(sites_shown(s), 0);
	assert_int_equal(sites_set_machine(s, "x86_64"), 0);
	decode(s, &e, &r);
	assert_string_equal(r.stack, "security_capable ns_capable path_mount __x64_sys_mount");
	assert_int_equal(r.site->class, SITE_NEEDED);
	assert_string_equal(r.site->operation, "mount a file system");
	assert_int_equal(r.check.head.flags & (CHECK_OPTS_KNOWN | CHECK_NOAUDIT), CHECK_OPTS_KNOWN);
	sites_free(s);
}

/* fexit has left cap_capable already. */
static void a_probe_may_have_left_it(void **state)
{
	const uint64_t frames[] = { 0xffffffffc0100010, 0x1234, K + 0x210, K + 0x310, K + 0x510 };
	struct event_check_site e = made(frames, 5);
	struct sites *s = sites_new(dir);
	struct record r;

	(void)state;
	decode(s, &e, &r);
	assert_string_equal(r.stack, "security_capable ns_capable path_mount");
	sites_free(s);
}

static void what_has_no_name_is_a_question_mark(void **state)
{
	const uint64_t frames[] = { K + 0x123, K + 0x210, K + 0x410, 0xffffffffc0300000, 0xffffffffc0200010 };
	struct event_check_site e = made(frames, 5);
	struct sites *s = sites_new(dir);
	struct record r;

	(void)state;
	decode(s, &e, &r);
	assert_string_equal(r.stack, "security_capable ns_capable_noaudit ? in_module[mod]");
	assert_int_equal(r.site->class, SITE_UNCLASSIFIED);
	assert_int_equal(r.check.head.flags & CHECK_NOAUDIT, CHECK_NOAUDIT);
	sites_free(s);
}

static void hidden_addresses_name_nothing(void **state)
{
	const uint64_t frames[] = { K + 0x123, K + 0x210, K + 0x310, K + 0x510 };
	struct event_check_site e = made(frames, 4);
	struct sites *s;
	struct record r;

	(void)state;
	write_symbols("0000000000000000 T _text\n0000000000000000 T cap_capable\n");
	s = sites_new(dir);
	assert_int_equal(sites_shown(s), -EPERM);
	decode(s, &e, &r);
	assert_null(r.stack);
	assert_int_equal(r.site->class, SITE_UNCLASSIFIED);
	/* The system call tells what for. */
	assert_string_equal(r.site->operation, "mount a file system");
	assert_false(r.check.head.flags & CHECK_OPTS_KNOWN);
	sites_free(s);
	write_symbols(symbols);
}

/* As from a recording, with a stack of its own and no symbols. */
static void records_bring_their_names(void **state)
{
	struct sites *s = sites_new(NULL);
	char stack[] = "security_capable ns_capable path_mount __x64_sys_mount";
	struct record r = { .parts = RECORD_CHECK, .check = made_check(), .stack = stack };

	(void)state;
	assert_int_not_equal(sites_shown(s), 0);
	sites_class(s, &r);
	assert_int_equal(r.site->class, SITE_NEEDED);
	/* What the site points to is no part of the record. */
	memset(stack, 'x', sizeof(stack) - 1);
	assert_memory_equal(r.site->name, "path_mount", r.site->name_len);
	r.stack = NULL;
	sites_class(s, &r);
	assert_int_equal(r.site->class, SITE_UNCLASSIFIED);
	sites_free(s);
}

static void borrowed_credentials_are_no_need(void **state)
{
	struct sites *s = sites_new(NULL);
	struct record r = {
		.parts = RECORD_CHECK, .check = made_check(), .stack = "security_capable ns_capable path_mount",
	};

	(void)state;
	r.check.head.flags |= CHECK_CRED_OVERRIDDEN;
	sites_class(s, &r);
	assert_int_equal(r.site->class, SITE_ADVISORY);
	r.check.head.flags = CHECK_SYSCALL_KNOWN | CHECK_VIA_KNOWN | CHECK_VIA_OWNER;
	sites_class(s, &r);
	assert_int_equal(r.site->class, SITE_ADVISORY);
	r.check.head.flags = CHECK_SYSCALL_KNOWN | CHECK_VIA_KNOWN;
	sites_class(s, &r);
	assert_int_equal(r.site->class, SITE_NEEDED);
	sites_free(s);
}

/* More stacks and answers than are kept: all of them right. */
static void any_number_of_stacks(void **state)
{
	struct sites *s = sites_new(dir);

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		const uint64_t frames[] = { K + 0x123, K + 0x210, K + 0x310, K + 0x501 + i % 255, K + 0x601, 1 + i };
		struct event_check_site e = made(frames, 6);
		struct record r;

		e.check.syscall = 165;
		decode(s, &e, &r);
		assert_memory_equal(r.site->name, "path_mount", r.site->name_len);
	}
	for (uint64_t i = 0; i < 40000; i++) {
		struct record r = { .parts = RECORD_CHECK, .check = made_check(), .argument = i, .stack = "path_mount" };

		sites_class(s, &r);
		assert_int_equal(r.site->class, SITE_NEEDED);
	}
	sites_free(s);
}

static void an_event_without_a_site_has_none(void **state)
{
	struct event_check e = made_check();
	struct sites *s = sites_new(dir);
	struct record r;

	(void)state;
	e.head.flags |= CHECK_SITE;
	assert_int_equal(record_decode(&e, sizeof(e), &r), 0);
	sites_name(s, &e, sizeof(e), &r);
	assert_null(r.stack);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_lies_behind_the_probe),
		cmocka_unit_test(a_probe_may_have_left_it),
		cmocka_unit_test(what_has_no_name_is_a_question_mark),
		cmocka_unit_test(hidden_addresses_name_nothing),
		cmocka_unit_test(records_bring_their_names),
		cmocka_unit_test(borrowed_credentials_are_no_need),
		cmocka_unit_test(any_number_of_stacks),
		cmocka_unit_test(an_event_without_a_site_has_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
