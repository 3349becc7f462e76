// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <errno.h>

#include "user/base/buf.h"
#include "user/enrich/programs.h"
#include "user/model/program.h"

static void assert_workload(const struct program *p, const char *want)
{
	struct buf b = BUF_INIT;

	program_put_workload(&b, p);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static int put(struct programs *t, uint32_t tgid, uint64_t id)
{
	struct event_program e = made_program();

	e.tgid = tgid;
	e.program = id;
	return programs_put(t, &e, sizeof(e));
}

static void by_process_and_image(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	const struct program *p;

	(void)state;
	assert_null(programs_find(t, 1, 10));
	assert_int_equal(put(t, 1, 10), 0);
	assert_int_equal(put(t, 2, 10), 0);
	p = programs_find(t, 1, 10);
	assert_int_equal(p->tgid, 1);
	assert_string_equal(p->exe, "/usr/sbin/nginx");
	assert_string_equal(p->unit, "nginx.service");
	assert_string_equal(p->slice, "system.slice");
	assert_null(p->session);
	assert_workload(p, "nginx.service");
	assert_int_equal(programs_find(t, 2, 10)->tgid, 2);
	assert_null(programs_find(t, 1, 11));
	assert_null(programs_find(t, 3, 10));
	programs_free(t);
}

static void an_exec_replaces(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);

	(void)state;
	assert_int_equal(put(t, 1, 10), 0);
	assert_int_equal(put(t, 1, 11), 0);
	assert_null(programs_find(t, 1, 10));
	assert_int_equal(programs_find(t, 1, 11)->id, 11);
	assert_int_equal(programs_count(t), 1);
	assert_int_equal(programs_dropped(t), 0);
	programs_free(t);
}

static void what_was_replaced_is_kept_where_that_is_asked(void **state)
{
	struct programs *t = programs_new(2, PROGRAMS_BYTES);

	(void)state;
	programs_keep_earlier(t);
	for (uint64_t id = 1; id <= 40; id++)
		assert_int_equal(put(t, 1, id), 0);
	assert_int_equal(put(t, 1, 40), 0);
	assert_int_equal(programs_count(t), 1);
	assert_int_equal(programs_of(t, 1)->id, 40);
	for (uint64_t id = 8; id <= 40; id++)
		assert_int_equal(programs_find(t, 1, id)->id, id);
	assert_null(programs_find(t, 1, 7));
	assert_null(programs_find(t, 2, 40));
	/* With its process all of them go. */
	assert_int_equal(put(t, 2, 50), 0);
	assert_int_equal(put(t, 3, 60), 0);
	assert_int_equal(put(t, 4, 70), 0);
	assert_null(programs_find(t, 1, 40));
	assert_null(programs_find(t, 1, 39));
	programs_free(t);
}

static void what_was_replaced_counts_as_memory(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, 16384);
	uint64_t id = 0;

	(void)state;
	programs_keep_earlier(t);
	for (uint32_t tgid = 1; tgid <= 100; tgid++)
		for (int i = 0; i < 5; i++)
			assert_int_equal(put(t, tgid, ++id), 0);
	assert_in_range(programs_count(t), 1, 10);
	assert_int_equal(programs_dropped(t), 100 - programs_count(t));
	assert_int_equal(programs_find(t, 100, id - 4)->id, id - 4);
	programs_free(t);
}

static void a_path_that_names_no_unit(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	struct event_program e = made_program();
	const struct program *p;

	(void)state;
	MADE_CGROUP(&e, "1550ea\0docker");
	assert_int_equal(programs_put(t, &e, sizeof(e)), 0);
	p = programs_find(t, e.tgid, e.program);
	assert_null(p->unit);
	assert_workload(p, "/docker/1550ea");
	programs_free(t);
}

static void a_login_session(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	struct event_program e = made_program();
	const struct program *p;

	(void)state;
	MADE_CGROUP(&e, "session-3.scope\0user-1000.slice\0user.slice");
	assert_int_equal(programs_put(t, &e, sizeof(e)), 0);
	p = programs_find(t, e.tgid, e.program);
	assert_string_equal(p->unit, "session-3.scope");
	assert_string_equal(p->slice, "user-1000.slice");
	assert_string_equal(p->session, "3");
	programs_free(t);
}

/* Where cgroups of version 2 are not in use all are at the root; who is elsewhere proves that they are. */
static void a_root_that_means_nothing(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	struct event_program e = made_program();
	const struct program *p;

	(void)state;
	e.cgroup_len = 0;
	assert_int_equal(programs_put(t, &e, sizeof(e)), 0);
	assert_workload(programs_find(t, e.tgid, e.program), "/");
	programs_distrust_root(t);
	assert_int_equal(programs_put(t, &e, sizeof(e)), 0);
	p = programs_find(t, e.tgid, e.program);
	assert_null(p->cgroup);
	assert_workload(p, "");
	assert_int_equal(p->flags & PROGRAM_CGROUP_KNOWN, 0);
	assert_int_equal(p->cgroup_id, 0);
	assert_string_equal(p->exe, "/usr/sbin/nginx");
	assert_int_equal(put(t, 1, 10), 0);
	assert_string_equal(programs_find(t, 1, 10)->cgroup, "/system.slice/nginx.service");
	programs_free(t);
}

static void every_change_has_its_serial(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	uint64_t first, second;

	(void)state;
	assert_int_equal(put(t, 1, 10), 0);
	first = programs_find(t, 1, 10)->serial;
	assert_true(first > 0);
	assert_int_equal(put(t, 1, 10), 0);
	second = programs_find(t, 1, 10)->serial;
	assert_true(second > first);
	assert_int_equal(programs_put_args(t, 1, 10, "a", 2, false), 0);
	assert_true(programs_find(t, 1, 10)->serial > second);
	programs_free(t);
}

static void command_lines(void **state)
{
	static const char words[] = "sh\0-c\0echo \033[31m; rm\0";
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);

	(void)state;
	assert_int_equal(put(t, 1, 10), 0);
	assert_int_equal(programs_put_args(t, 1, 10, "", 0, false), 0);
	assert_null(programs_find(t, 1, 10)->args);
	assert_int_equal(programs_put_args(t, 1, 10, words, sizeof(words) - 1, false), 0);
	assert_string_equal(programs_find(t, 1, 10)->args, "sh -c echo \\x1b[31m; rm");
	assert_int_equal(programs_put_args(t, 1, 10, "no nul", 6, false), 0);
	assert_string_equal(programs_find(t, 1, 10)->args, "no nul");
	assert_int_equal(programs_put_args(t, 1, 10, "as much as", 10, true), 0);
	assert_string_equal(programs_find(t, 1, 10)->args, "as much as...");
	assert_int_equal(programs_put_args(t, 1, 10, "no nul", 6, false), 0);
	assert_int_equal(programs_put_args(t, 1, 11, "x", 2, false), 0);
	assert_int_equal(programs_put_args(t, 9, 10, "x", 2, false), 0);

	/* Said again with a new parent it is the same command; after an exec it is not. */
	assert_int_equal(put(t, 1, 10), 0);
	assert_string_equal(programs_find(t, 1, 10)->args, "no nul");
	assert_int_equal(put(t, 1, 11), 0);
	assert_null(programs_find(t, 1, 11)->args);
	programs_free(t);
}

static void bad_events_change_nothing(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	struct event_program e = made_program();

	(void)state;
	assert_int_equal(programs_put(t, &e, sizeof(e)), 0);
	e.exe_len = EVENT_PATH + 1;
	assert_int_equal(programs_put(t, &e, sizeof(e)), -EBADMSG);
	e.exe_len = 0;
	assert_int_equal(programs_put(t, &e, 3), -EBADMSG);
	assert_string_equal(programs_find(t, e.tgid, e.program)->exe, "/usr/sbin/nginx");
	programs_free(t);
}

static void the_least_used_makes_room(void **state)
{
	struct programs *t = programs_new(3, PROGRAMS_BYTES);

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(put(t, i, 10), 0);
	assert_non_null(programs_find(t, 1, 10));
	assert_int_equal(put(t, 4, 10), 0);
	assert_int_equal(programs_count(t), 3);
	assert_int_equal(programs_dropped(t), 1);
	assert_null(programs_find(t, 2, 10));
	assert_non_null(programs_find(t, 1, 10));
	assert_non_null(programs_find(t, 3, 10));
	assert_non_null(programs_find(t, 4, 10));
	assert_int_equal(put(t, 5, 10), 0);	/* all were used: the oldest of them goes */
	assert_int_equal(programs_count(t), 3);
	assert_non_null(programs_find(t, 5, 10));
	programs_free(t);
}

static void room_for_one(void **state)
{
	struct programs *t = programs_new(1, 1);

	(void)state;
	for (uint32_t i = 1; i <= 10; i++) {
		assert_int_equal(put(t, i, 10), 0);
		assert_non_null(programs_find(t, i, 10));
		assert_int_equal(programs_count(t), 1);
	}
	assert_int_equal(programs_dropped(t), 9);
	programs_free(t);
}

static void memory_is_a_limit_too(void **state)
{
	struct programs *t = programs_new(PROGRAMS_MAX, 64 << 10);

	(void)state;
	for (uint32_t i = 1; i <= 5000; i++) {
		assert_int_equal(put(t, i, 10), 0);
		assert_int_equal(programs_put_args(t, i, 10, "a", 2, false), 0);
	}
	assert_in_range(programs_count(t), 100, 200);
	assert_int_equal(programs_count(t) + programs_dropped(t), 5000);
	assert_non_null(programs_find(t, 5000, 10));
	assert_null(programs_find(t, 1, 10));
	programs_free(t);
}

static void a_busy_host(void **state)
{
	struct programs *t = programs_new(500, PROGRAMS_BYTES);
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		uint32_t tgid;
		const struct program *p;

		seed = seed * 1664525 + 1013904223;
		tgid = seed >> 20;
		p = programs_find(t, tgid, 10);
		assert_true(!p || p->tgid == tgid);
		if (!p)
			assert_int_equal(put(t, tgid, 10), 0);
		assert_non_null(programs_find(t, tgid, 10));
	}
	assert_int_equal(programs_count(t), 500);
	programs_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_process_and_image),
		cmocka_unit_test(an_exec_replaces),
		cmocka_unit_test(what_was_replaced_is_kept_where_that_is_asked),
		cmocka_unit_test(what_was_replaced_counts_as_memory),
		cmocka_unit_test(a_path_that_names_no_unit),
		cmocka_unit_test(a_login_session),
		cmocka_unit_test(a_root_that_means_nothing),
		cmocka_unit_test(every_change_has_its_serial),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(bad_events_change_nothing),
		cmocka_unit_test(the_least_used_makes_room),
		cmocka_unit_test(room_for_one),
		cmocka_unit_test(memory_is_a_limit_too),
		cmocka_unit_test(a_busy_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
