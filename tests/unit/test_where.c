/* SPDX-License-Identifier: BSD-2-Clause */
#include "made.h"

#include <errno.h>

#include "user/base/buf.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/where.h"
#include "user/model/workload.h"

static struct where parsed(const char *text)
{
	struct where w = { 0 };
	struct where_mistake mistake;

	if (where_parse(text, &w, &mistake))
		fail_msg("'%s' is not understood", text);
	return w;
}

/* nginx as user 33 in a container, whose image is not known yet. */
static struct where_subject subject(void)
{
	return (struct where_subject){
		.known = WHERE_OF_CGROUP & ~(1U << WHERE_IMAGE | 1U << WHERE_CONTAINER),
		.is = {
			[WHERE_UNIT] = { "nginx.service", NULL },
			[WHERE_SLICE] = { "system.slice", NULL },
			[WHERE_CONTAINER] = { NULL, "1550ea0123456789" },
			[WHERE_CGROUP] = { "/system.slice/nginx.service", NULL },
		},
	};
}

static enum where_answer ask(const char *text)
{
	struct where_subject s = subject();
	struct where w;
	enum where_answer a;

	s.known |= 1U << WHERE_EXE | 1U << WHERE_USER;
	s.is[WHERE_EXE].name = "/usr/sbin/nginx";
	s.is[WHERE_USER] = (struct where_names){ "www-data", "33" };
	w = parsed(text);
	a = where_match(&w, &s, NULL);
	where_done(&w);
	return a;
}

static void three_answers(void **state)
{
	static const struct {
		const char *text;
		enum where_answer is;
	} rows[] = {
		{ "exe=/usr/sbin/nginx", WHERE_YES },
		{ "exe=nginx", WHERE_NO },
		{ "exe=*/nginx", WHERE_YES },
		{ "exe!=*/nginx", WHERE_NO },
		{ "exe!=/usr/bin/*", WHERE_YES },
		{ "exe=/bin/sh exe=*/nginx", WHERE_YES },
		{ "exe=*/nginx exe!=/usr/*", WHERE_NO },
		{ "exe=*/nginx user=33", WHERE_YES },
		{ "exe=*/nginx user=www-data", WHERE_YES },
		{ "exe=*/nginx user=root", WHERE_NO },
		{ "user=3", WHERE_NO },
		{ "unit=nginx", WHERE_YES },
		{ "unit=nginx.service", WHERE_YES },
		{ "unit=nginx.socket", WHERE_NO },
		{ "unit=ngin?.service", WHERE_YES },
		{ "unit=ngin?", WHERE_NO },
		{ "slice=system", WHERE_YES },
		{ "cgroup=/system.slice", WHERE_YES },
		{ "cgroup=/system.slice/", WHERE_YES },
		{ "cgroup=/system", WHERE_NO },
		{ "cgroup=/", WHERE_YES },
		{ "cgroup=*.service", WHERE_YES },
		{ "cgroup!=/system.slice", WHERE_NO },
		/* known to be none */
		{ "pod=*", WHERE_NO },
		{ "pod!=*", WHERE_YES },
		{ "k8s-namespace=x", WHERE_NO },
		/* not known, or not yet */
		{ "image=*", WHERE_UNKNOWN },
		{ "image!=x", WHERE_UNKNOWN },
		{ "tty=pts/0", WHERE_UNKNOWN },
		{ "image=x exe=/bin/sh", WHERE_NO },
		{ "image=x exe=*/nginx", WHERE_UNKNOWN },
		{ "container=web", WHERE_UNKNOWN },
		{ "container!=web", WHERE_UNKNOWN },
		{ "container=1550ea012345", WHERE_YES },
		{ "container=1550ea0123456789", WHERE_YES },
		{ "container=1550ea", WHERE_UNKNOWN },
		{ "container=1550*", WHERE_YES },
		{ "container!=1550ea012345", WHERE_NO },
		{ "container=web container=1550ea012345", WHERE_YES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ask(rows[i].text) != rows[i].is)
			fail_msg("%s: %d", rows[i].text, ask(rows[i].text));
}

static void ancestors(void **state)
{
	const struct where_ancestor list[] = { { "/usr/sbin/sshd", "sshd" }, { NULL, "systemd" } };
	struct where_subject s = { .known = 1U << WHERE_ANCESTOR, .ancestors = list, .ancestor_count = 2 };
	static const struct {
		const char *text;
		enum where_answer is;
	} rows[] = {
		{ "ancestor=sshd", WHERE_YES },
		{ "ancestor=/usr/sbin/sshd", WHERE_YES },
		{ "ancestor=systemd", WHERE_YES },
		{ "ancestor=cron", WHERE_NO },
		{ "ancestor!=cron", WHERE_YES },
		{ "ancestor=/usr/sbin/cron", WHERE_UNKNOWN },
		{ "ancestor!=/usr/sbin/sshd", WHERE_NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct where w = parsed(rows[i].text);

		assert_int_equal(where_match(&w, &s, NULL), rows[i].is);
		where_done(&w);
	}
}

static void the_term_that_decided(void **state)
{
	struct where w = parsed("unit=a unit=nginx slice!=system exe=/x");
	struct where_subject s = subject();
	const struct where_term *by = &w.at[0];

	(void)state;
	assert_int_equal(where_match(&w, &s, &by), WHERE_NO);
	assert_ptr_equal(by, &w.at[2]);
	where_done(&w);
	w = parsed("unit=nginx");
	assert_int_equal(where_match(&w, &s, &by), WHERE_YES);
	assert_null(by);
	where_done(&w);
	w = parsed("unit=nginx image=x");
	assert_int_equal(where_match(&w, &s, &by), WHERE_UNKNOWN);
	assert_ptr_equal(by, &w.at[1]);
	where_done(&w);
}

static void nothing_asked_is_everybody(void **state)
{
	struct where_subject s = { 0 };
	struct where w = { 0 };

	(void)state;
	assert_int_equal(where_match(&w, &s, NULL), WHERE_YES);
}

static void values_of_rules(void **state)
{
	struct where_subject s = subject();
	struct where w = { 0 };

	(void)state;
	assert_int_equal(where_add(&w, WHERE_UNIT, "!nginx"), 0);
	assert_int_equal(where_match(&w, &s, NULL), WHERE_NO);
	assert_true(w.at[0].not);
	assert_string_equal(w.at[0].glob, "nginx.service");
	assert_int_equal(where_add(&w, WHERE_UNIT, "!"), -EINVAL);
	assert_int_equal(where_add(&w, WHERE_UNIT, ""), -EINVAL);
	assert_int_equal(where_add(&w, WHERE_UNIT, "[a"), -EINVAL);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.keys, 1U << WHERE_UNIT);
	where_done(&w);
}

static void blanks_in_a_glob(void **state)
{
	struct where w = parsed("  comm=Web\\ Content\texe!=/opt/a\\ b ");

	(void)state;
	assert_int_equal(w.count, 2);
	assert_string_equal(w.at[0].glob, "Web\\ Content");
	assert_string_equal(w.at[1].glob, "/opt/a\\ b");
	assert_true(w.at[1].not);
	where_done(&w);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "unitt=x", "'unitt' is no key; did you mean 'unit'?" },
		{ "k8s-namespaces=x", "'k8s-namespaces' is no key; did you mean 'k8s_namespace'?" },
		{ "unit", "'unit' is neither key=glob nor key!=glob" },
		{ "exe=a !unit", "'!unit' is neither key=glob nor key!=glob" },
		{ "unit=", "'unit=' lacks a value" },
		{ "unit!=", "'unit!=' lacks a value" },
		{ "unit=[a", "'[a' is no glob: a bracket that is not closed, or a backslash at the end" },
		{ "exe=\\", "'\\\\' is no glob: a bracket that is not closed, or a backslash at the end" },
		{ "\x1b=x", "'\\x1b' is no key; there are exe, comm, cmdline, user, group, unit, slice, container, "
			    "image, engine, pod, k8s_namespace, cgroup, userns, ancestor, tty" },
		{ " ", "nothing is asked: key=glob or key!=glob, with one of exe, comm, cmdline, user, group, unit, "
		       "slice, container, image, engine, pod, k8s_namespace, cgroup, userns, ancestor, tty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;
		struct where w = { 0 };
		struct where_mistake mistake;

		assert_int_equal(where_parse(rows[i].text, &w, &mistake), -EINVAL);
		where_mistake_print(&b, &mistake);
		assert_string_equal(buf_str(&b), rows[i].says);
		where_done(&w);
		buf_done(&b);
	}
}

static void keys_are_found_by_name(void **state)
{
	enum where_key key;

	(void)state;
	for (unsigned i = 0; i < WHERE_KEYS; i++) {
		const char *name = where_key_name(i);

		assert_int_equal(where_key_find(name, strlen(name), &key), 0);
		assert_int_equal(key, i);
	}
	assert_int_equal(where_key_find("k8s-namespace", 13, &key), 0);
	assert_int_equal(where_key_find("EXE", 3, &key), -ENOENT);
	assert_int_equal(where_key_find("qqqqqq", 6, &key), -ENOENT);
	assert_int_equal(key, WHERE_KEYS);
}

static void a_record_says_what_it_knows(void **state)
{
	struct event_program e = made_program();
	struct record r = { .parts = RECORD_CHECK | RECORD_PROGRAM, .check = made_check() };
	struct where_subject s;
	struct program p;

	(void)state;
	assert_int_equal(program_decode(&e, sizeof(e), &p), 0);
	r.program = &p;
	where_subject_of(&r, &s);
	assert_string_equal(s.is[WHERE_EXE].name, "/usr/sbin/nginx");
	assert_string_equal(s.is[WHERE_COMM].name, "nginx");
	assert_string_equal(s.is[WHERE_USER].also, "1000");
	assert_string_equal(s.is[WHERE_GROUP].also, "100");
	assert_string_equal(s.is[WHERE_USERNS].name, "host");
	assert_string_equal(s.is[WHERE_CGROUP].name, "/system.slice/nginx.service");
	assert_false(s.known & 1U << WHERE_CMDLINE);
	assert_true(s.known & 1U << WHERE_UNIT);

	r.check.head.flags |= CHECK_IDS_UNKNOWN;
	p.flags |= PROGRAM_EXE_TRUNCATED | PROGRAM_CGROUP_TRUNCATED;
	where_subject_of(&r, &s);
	assert_int_equal(s.known, 1U << WHERE_COMM);

	p.flags |= PROGRAM_KTHREAD;
	where_subject_of(&r, &s);
	assert_true(s.known & 1U << WHERE_EXE);
	assert_null(s.is[WHERE_EXE].name);

	r.parts = RECORD_CHECK;
	where_subject_of(&r, &s);
	assert_int_equal(s.known, 1U << WHERE_COMM);
	program_done(&p);
}

static void whose_user_namespace(void **state)
{
	struct program p = { .userns = 7 };
	struct record r = { .parts = RECORD_CHECK | RECORD_PROGRAM, .check = made_check(), .program = &p };
	struct where_subject s;

	(void)state;
	r.check.userns_asker = 7;
	where_subject_of(&r, &s);
	assert_string_equal(s.is[WHERE_USERNS].name, "own");
	assert_string_equal(s.is[WHERE_USERNS].also, "7");
	/* Moved there since it was described; and somebody else's. */
	r.check.userns_asker = 8;
	where_subject_of(&r, &s);
	assert_string_equal(s.is[WHERE_USERNS].name, "own");
	r.check.head.flags |= CHECK_CRED_OTHER;
	where_subject_of(&r, &s);
	assert_string_equal(s.is[WHERE_USERNS].name, "other");
	r.check.userns_asker = 0;
	where_subject_of(&r, &s);
	assert_false(s.known & 1U << WHERE_USERNS);
}

static enum where_answer ask_workload(const struct workload *w, const char *text)
{
	struct where_subject s = { .known = 0 };
	struct where asked = parsed(text);
	enum where_answer a;

	where_subject_of_workload(w, &s);
	a = where_match(&asked, &s, NULL);
	where_done(&asked);
	return a;
}

static void a_container_before_and_after_its_name(void **state)
{
	struct workload w = {
		.kind = WORKLOAD_CONTAINER,
		.engine = ENGINE_DOCKER,
		.text = { [WORKLOAD_PATH] = "/docker/1550ea012345", [WORKLOAD_ID] = "1550ea012345" },
	};

	(void)state;
	assert_int_equal(ask_workload(&w, "container=web"), WHERE_UNKNOWN);
	assert_int_equal(ask_workload(&w, "container=*"), WHERE_YES);
	assert_int_equal(ask_workload(&w, "container!=*"), WHERE_NO);
	assert_int_equal(ask_workload(&w, "engine=docker"), WHERE_YES);
	assert_int_equal(ask_workload(&w, "pod=x"), WHERE_UNKNOWN);
	assert_int_equal(ask_workload(&w, "unit=x"), WHERE_NO);
	w.flags = WORKLOAD_RESOLVED;
	w.text[WORKLOAD_NAME] = "web";
	w.text[WORKLOAD_IMAGE] = "demo/app:1.2";
	assert_int_equal(ask_workload(&w, "container=web image=demo/*"), WHERE_YES);
	assert_int_equal(ask_workload(&w, "container=db"), WHERE_NO);
	assert_int_equal(ask_workload(&w, "pod=x"), WHERE_NO);
}

static void what_may_turn_out_to_be_a_container(void **state)
{
	struct workload w = { .kind = WORKLOAD_CGROUP, .text = { [WORKLOAD_PATH] = "/default/web" } };

	(void)state;
	assert_int_equal(ask_workload(&w, "container=web"), WHERE_UNKNOWN);
	assert_int_equal(ask_workload(&w, "cgroup=/default"), WHERE_YES);
	w.kind = WORKLOAD_UNIT;
	w.text[WORKLOAD_UNIT_NAME] = "nginx.service";
	assert_int_equal(ask_workload(&w, "container!=*"), WHERE_YES);
	assert_int_equal(ask_workload(&w, "unit=nginx"), WHERE_YES);
	w.flags = WORKLOAD_TRUNCATED;
	assert_int_equal(ask_workload(&w, "container!=*"), WHERE_UNKNOWN);
	assert_int_equal(ask_workload(&w, "unit!=nginx"), WHERE_NO);
	assert_int_equal(ask_workload(&w, "unit!=apache"), WHERE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_answers),
		cmocka_unit_test(ancestors),
		cmocka_unit_test(the_term_that_decided),
		cmocka_unit_test(nothing_asked_is_everybody),
		cmocka_unit_test(values_of_rules),
		cmocka_unit_test(blanks_in_a_glob),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(keys_are_found_by_name),
		cmocka_unit_test(a_record_says_what_it_knows),
		cmocka_unit_test(whose_user_namespace),
		cmocka_unit_test(a_container_before_and_after_its_name),
		cmocka_unit_test(what_may_turn_out_to_be_a_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
