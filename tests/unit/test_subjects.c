/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "user/caps/asked.h"
#include "user/model/program.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"
#include "user/sink/subjects.h"

enum { HOST = 4026531841U, OTHER = 4026532000U, SECOND = 1000000000 };

static struct workload web = { .cgroup_id = 7, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER,
			       .flags = WORKLOAD_VERIFIED,
			       .text = { [WORKLOAD_PATH] = "/docker/aa", [WORKLOAD_ID] = "aa", [WORKLOAD_NAME] = "web" } };
static struct workload db = { .cgroup_id = 8, .kind = WORKLOAD_UNIT,
			      .text = { [WORKLOAD_PATH] = "/a.service", [WORKLOAD_UNIT_NAME] = "a.service" } };
static struct workload again = { .cgroup_id = 9, .kind = WORKLOAD_UNIT,
				 .text = { [WORKLOAD_PATH] = "/a.service", [WORKLOAD_UNIT_NAME] = "a.service" } };

static struct program program_in(struct workload *w, uint32_t tgid, const char *exe, uint32_t mntns)
{
	return (struct program){
		.id = tgid + 1000, .flags = PROGRAM_EXEC | PROGRAM_CGROUP_KNOWN | PROGRAM_EXE_KNOWN | PROGRAM_NSPID_KNOWN,
		.tgid = tgid, .ns_pid = tgid, .mntns = mntns, .cgroup_id = w->cgroup_id, .exe = (char *)exe,
		.cgroup = w->text[WORKLOAD_PATH], .workload = w, .permitted = 1ULL << (tgid % 40),
	};
}

static struct subjects *begin(struct subjects_options options)
{
	const struct sink_start start = { .kernel = "6.1", .wall_ns = SECOND, .run = 500, .host_mntns = HOST };
	struct subjects *s = subjects_new(&options);

	assert_non_null(s);
	assert_int_equal(subjects_start(s, &start), 0);
	return s;
}

/* Was a check of it taken, by whomever? */
static bool check(struct subjects *s, const struct program *p, int cap)
{
	const struct asked_check c = { .cap = cap, .call = "", .times = 1, .comm = "", .wall_ns = 2 * (uint64_t)SECOND };
	bool setup;
	int err;
	struct asked *into = subjects_of(s, p, c.wall_ns, 1, &setup, &err);

	assert_int_equal(err, 0);
	if (into)
		assert_int_equal(asked_add(into, &c, NULL), 0);
	return into;
}

static char called[4][64];

/* Their names are in `called` then. */
static size_t end(struct subjects *s, struct subject *ret, size_t room)
{
	struct subject *list;
	size_t count;

	subjects_stop(s, 5 * (uint64_t)SECOND);
	assert_int_equal(subjects_take(s, &list, &count), 0);
	assert_true(count <= room);
	for (size_t i = 0; i < count; i++) {
		ret[i] = list[i];
		snprintf(called[i], sizeof(called[i]), "%s", list[i].name ?: "");
	}
	subjects_give_back(list, count);
	return count;
}

static void one_for_all(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .proc = "/proc", .grouped = false });
	struct program a = program_in(&web, 10, "/bin/a", OTHER), b = program_in(&db, 11, "/bin/b", HOST);
	struct subjects_state now;
	struct subject all;
	uint64_t held;

	(void)state;
	subjects_state(s, &now);
	assert_false(now.met || now.here);
	assert_int_equal(subjects_place(s, "/a.service", 8, true), 0);
	assert_int_equal(subjects_program(s, &a), 0);
	assert_int_equal(subjects_program(s, &b), 0);
	assert_true(check(s, &a, 1) && check(s, &b, 2) && check(s, NULL, 2));
	subjects_state(s, &now);
	assert_true(now.met && now.here && !now.over);
	assert_int_equal(now.checks, 3);
	assert_int_equal(now.capabilities, 2);
	assert_int_equal(end(s, &all, 1), 1);
	assert_int_equal(asked_count(all.asked), 2);
	assert_true(asked_held(all.asked, &held));
	assert_int_equal(held, 3 << 10);
	/* A container's file is not to be found by its path. */
	assert_string_equal(asked_file(all.asked, 0), "/bin/b");
	assert_null(asked_file(all.asked, 1));
	assert_string_equal(called[0], "");
	assert_false(all.start_seen);
	assert_int_equal(asked_watched_ns(all.asked), 4 * (uint64_t)SECOND);
	subjects_free(s);
}

/* Whoever is there and asks for nothing holds what he holds; of a workload of which nobody asks there is no answer of its own. */
static void who_is_there_already(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .proc = "/proc", .grouped = false });
	struct program a = program_in(&db, 11, "/bin/b", HOST);
	struct subject_present there = { 1 << 3, "/bin/c", "/a.service", &db }, other = { 1 << 4, NULL, "/docker/aa", &web };
	struct subject all[2];
	uint64_t held;

	(void)state;
	assert_int_equal(subjects_present(s, &there), 0);
	assert_int_equal(end(s, all, 1), 1);
	assert_true(asked_held(all->asked, &held));
	assert_int_equal(held, 1 << 3);
	assert_string_equal(asked_file(all->asked, 0), "/bin/c");
	assert_string_equal(called[0], "a.service");
	assert_false(all->start_seen);
	subjects_free(s);

	s = begin((struct subjects_options){ .proc = "/proc", .grouped = true });
	assert_int_equal(subjects_present(s, &there), 0);
	assert_int_equal(subjects_present(s, &other), 0);
	assert_int_equal(subjects_program(s, &a), 0);
	assert_true(check(s, &a, 1));
	assert_int_equal(end(s, all, 2), 1);
	assert_string_equal(called[0], "a.service");
	assert_true(asked_held(all->asked, &held));
	assert_int_equal(held, 1 << 3 | 1 << 11);
	subjects_free(s);
}

static void one_for_each(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .proc = "/proc", .grouped = true });
	struct program a = program_in(&web, 10, "/bin/a", OTHER), b = program_in(&db, 11, "/bin/b", HOST);
	struct program c = program_in(&again, 12, "/bin/c", HOST);
	struct workload known = web;
	struct subject each[4];

	(void)state;
	assert_int_equal(subjects_place(s, "/docker/aa", 7, true), 0);
	assert_true(check(s, &a, 1) && check(s, &b, 2) && check(s, &c, 3) && check(s, &c, 2));
	known.text[WORKLOAD_NAME] = "front";
	assert_int_equal(subjects_resolved(s, &known), 0);
	assert_int_equal(end(s, each, 4), 2);
	assert_string_equal(each[0].workload->text[WORKLOAD_NAME], "front");
	assert_false(each[0].start_seen);
	assert_string_equal(called[0], "docker:front");
	assert_string_equal(called[1], "a.service");
	/* The unit that was started twice is one. */
	assert_string_equal(each[1].workload->text[WORKLOAD_UNIT_NAME], "a.service");
	assert_true(each[1].start_seen);
	assert_int_equal(each[1].checks, 3);
	assert_int_equal(asked_count(each[1].asked), 2);
	subjects_free(s);
}

static void waits_for_a_start(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .proc = "/proc", .wait = true });
	struct program old = program_in(&db, 10, "/bin/a", HOST), fresh = program_in(&again, 11, "/bin/a", HOST);
	struct program init = program_in(&web, 12, "/bin/a", OTHER);
	struct subjects_state now;
	struct subject all;

	(void)state;
	assert_int_equal(subjects_place(s, "/a.service", 8, true), 0);
	assert_int_equal(subjects_place(s, "/docker/aa", 7, true), 0);
	assert_int_equal(subjects_program(s, &old), 0);
	assert_false(check(s, &old, 1) || check(s, NULL, 1));
	subjects_state(s, &now);
	assert_false(now.met);
	assert_int_equal(subjects_program(s, &fresh), 0);
	assert_true(check(s, &fresh, 2));
	/* The first of a container's own: it was started again in the same cgroup. */
	init.ns_pid = 1;
	assert_int_equal(subjects_program(s, &init), 0);
	assert_true(check(s, &init, 3));
	/* Nobody is in these cgroups, which there are not. */
	subjects_look(s);
	subjects_look(s);
	subjects_state(s, &now);
	assert_true(now.met && now.over);
	assert_int_equal(end(s, &all, 1), 1);
	assert_true(all.start_seen);
	assert_int_equal(asked_count(all.asked), 2);
	subjects_free(s);
}

static void waits_for_a_program(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .proc = "/proc", .wait = true, .by_exec = true });
	struct program old = program_in(&db, 10, "/bin/a", HOST), fresh = program_in(&db, 4194304, "/bin/a", HOST);
	struct subjects_state now;

	(void)state;
	old.flags &= ~(uint32_t)PROGRAM_EXEC;
	assert_int_equal(subjects_place(s, "/a.service", 8, false), 0);
	assert_int_equal(subjects_program(s, &old), 0);
	assert_false(check(s, &old, 1));
	assert_int_equal(subjects_program(s, &fresh), 0);
	assert_true(check(s, &fresh, 1));
	subjects_look(s);
	subjects_look(s);
	subjects_state(s, &now);
	assert_true(now.over && !now.here);
	subjects_free(s);
}

static void a_command_is_ours_from_the_start(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .proc = "/proc", .ours = true });
	struct program a = program_in(&db, 10, "/bin/a", HOST);
	struct subject all;

	(void)state;
	assert_int_equal(subjects_place(s, "/a.service", 8, true), 0);
	assert_true(check(s, &a, 1));
	assert_int_equal(end(s, &all, 1), 1);
	assert_true(all.start_seen);
	subjects_free(s);
}

static void a_recording_knows_only_of_containers(void **state)
{
	struct subjects *s = begin((struct subjects_options){ .grouped = true });
	struct program a = program_in(&db, 10, "/bin/a", HOST), b = program_in(&web, 11, "/bin/b", OTHER);
	struct subject each[2];

	(void)state;
	b.ns_pid = 1;
	assert_int_equal(subjects_program(s, &a), 0);
	assert_int_equal(subjects_program(s, &b), 0);
	assert_true(check(s, &a, 1) && check(s, &b, 1));
	assert_int_equal(end(s, each, 2), 2);
	assert_false(each[0].start_seen);
	assert_true(each[1].start_seen);
	subjects_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_for_all),
		cmocka_unit_test(who_is_there_already),
cmocka_unit_test(one_for_each),
		cmocka_unit_test(waits_for_a_start),
		cmocka_unit_test(waits_for_a_program),
		cmocka_unit_test(a_command_is_ours_from_the_start),
		cmocka_unit_test(a_recording_knows_only_of_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
