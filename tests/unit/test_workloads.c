// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "user/enrich/workloads.h"
#include "user/model/workload.h"

#define ID "1550ea3f0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567"

static void one_for_each_cgroup(void **state)
{
	struct workloads *t = workloads_new(WORKLOADS_MAX, WORKLOADS_BYTES);
	struct workload *a = workloads_get(t, "/docker/" ID, 7, 1, 0, 1), *again = workloads_get(t, "/docker/" ID, 7, 2, 0, 2);
	struct workload *other = workloads_get(t, "/docker/" ID, 8, 1, 0, 3);

	(void)state;
	assert_ptr_equal(a, again);
	assert_ptr_not_equal(a, other);
	assert_int_not_equal(a->serial, other->serial);
	assert_int_equal(a->cgroup_id, 7);
	assert_int_equal(workloads_fd(t), -1);
	workloads_free(t);
	/* Whoever has it keeps it. */
	assert_string_equal(a->text[WORKLOAD_ID], ID);
	workload_unref(a);
	workload_unref(again);
	workload_unref(other);
}

static void bounded(void **state)
{
	struct workloads *t = workloads_new(100, 64 << 10);
	struct workload *kept = workloads_get(t, "/kept", 1, 1, 0, 1), *again;
	struct workloads_stats s;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/pods/%d", i);
		workload_unref(workloads_get(t, path, 10 + (uint64_t)i, 1, 0, 1));
	}
	workloads_stats(t, &s);
	assert_in_range(s.most, 2, 100);
	assert_in_range(s.most_bytes, 1, 66 << 10);
	assert_int_equal(s.dropped + s.count, 2001);
	again = workloads_get(t, "/kept", 1, 1, 0, 1);
	assert_ptr_equal(again, kept);
	workload_unref(again);
	workload_unref(kept);
	workloads_free(t);
}

static void kept_for_five_minutes(void **state)
{
	struct workloads *t = workloads_new(100, 1 << 20);
	struct workload *w = workloads_get(t, "/a", 1, 1, 0, 1);
	struct workloads_stats s;

	(void)state;
	workloads_expire(t, WORKLOADS_KEPT_NS * 3);
	workload_unref(w);
	workloads_expire(t, WORKLOADS_KEPT_NS * 4 - 1);
	workloads_stats(t, &s);
	assert_int_equal(s.count, 1);
	workloads_expire(t, WORKLOADS_KEPT_NS * 4);
	workloads_stats(t, &s);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.bytes, 0);
	workloads_free(t);
}

static void count_answers(void *ctx, const struct workload *was, struct workload *now)
{
	assert_int_equal(was->flags & WORKLOAD_RESOLVED, 0);
	assert_int_not_equal(now->flags & WORKLOAD_RESOLVED, 0);
	assert_int_equal(now->flags & WORKLOAD_VERIFIED, 0);
	assert_string_equal(now->text[WORKLOAD_ID], ID);
	++*(int *)ctx;
}

/* Nobody knows such a container: said once all looks are done, and then for good. */
static void a_thread_answers(void **state)
{
	struct workloads *t = workloads_new(100, 1 << 20);
	struct workload *w;
	struct workloads_stats s;
	int answers = 0;

	(void)state;
	assert_int_equal(workloads_start(t, "/nowhere", 0, 0, 0), 0);
	w = workloads_get(t, "/docker/" ID, 7, 1, 0, 1);
	workload_unref(workloads_get(t, "/machine.slice", 8, 1, 0, 1));
	workloads_wait(t, 5000);
	for (int i = 0; i < 500 && !answers; i++) {
		struct timespec nap = { 0, 20000000 };

		nanosleep(&nap, NULL);
		workloads_take(t, count_answers, &answers);
	}
	assert_int_equal(answers, 1);
	workloads_stats(t, &s);
	assert_int_equal(s.asked, 1);
	assert_int_equal(s.answered, 3);
	workload_unref(w);
	workloads_free(t);
}

static void take_last(void *ctx, const struct workload *was, struct workload *now)
{
	(void)was;
	assert_int_not_equal(now->flags & WORKLOAD_RESOLVED, 0);
	++*(int *)ctx;
}

/* An end that is near: an answer after the first look, and not only after the last, a second later. */
static void in_a_hurry_one_look_is_enough(void **state)
{
	struct workloads *t = workloads_new(100, 1 << 20);
	struct workloads_stats s;
	int answers = 0;

	(void)state;
	workloads_hurry(t);
	assert_int_equal(workloads_start(t, "/nowhere", 0, 0, 0), 0);
	workload_unref(workloads_get(t, "/docker/" ID, 7, 1, 0, 1));
	workloads_wait(t, 60000);
	workloads_take(t, take_last, &answers);
	assert_int_equal(answers, 1);
	workloads_stats(t, &s);
	assert_int_equal(s.answered, 1);
	workloads_free(t);
}

/* Of a path that says all there is, nothing more is to come: whoever asks is answered at once. */
static void what_is_no_containers_is_known_at_once(void **state)
{
	static const struct {
		const char *path;
		bool known;
	} rows[] = {
		{ "/", true }, { "/system.slice", true }, { "/a", false }, { "/docker/" ID, false },
		{ "/user.slice/user-0.slice/session-1.scope", true }, { "...a.slice", false },
	};
	struct workloads *t = workloads_new(100, 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct workload *w = workloads_get(t, rows[i].path, 7, 1, 0, 1);

		assert_int_equal((w->flags & WORKLOAD_RESOLVED) != 0, rows[i].known);
		workload_unref(w);
	}
	workloads_free(t);
}

enum { TOO_MANY = 1500 };

/* For whom there was no room to ask: when it is met again. */
static void who_was_not_asked_about_is_asked_again(void **state)
{
	struct workloads *t = workloads_new(WORKLOADS_MAX, WORKLOADS_BYTES);
	struct workloads_stats s;
	int answers = 0;
	char path[64];

	(void)state;
	assert_int_equal(workloads_start(t, "/nowhere", 0, 0, 0), 0);
	for (int round = 0; round < 1000 && answers < TOO_MANY; round++) {
		for (int i = 0; i < TOO_MANY; i++) {
			snprintf(path, sizeof(path), "/pods/%d", i);
			workload_unref(workloads_get(t, path, 10 + (uint64_t)i, 1, 0, 1));
		}
		workloads_wait(t, 1000);
		workloads_take(t, take_last, &answers);
	}
	assert_int_equal(answers, TOO_MANY);
	workloads_stats(t, &s);
	assert_int_equal(s.asked, TOO_MANY);
	assert_int_equal(s.unasked, 0);
	workloads_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_for_each_cgroup),
		cmocka_unit_test(bounded),
		cmocka_unit_test(kept_for_five_minutes),
		cmocka_unit_test(a_thread_answers),
		cmocka_unit_test(in_a_hurry_one_look_is_enough),
		cmocka_unit_test(what_is_no_containers_is_known_at_once),
		cmocka_unit_test(who_was_not_asked_about_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
