/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "user/flow/chosen.h"
#include "user/model/filter.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/where.h"
#include "user/model/workload.h"

static void choose(struct filter *f, const char *where, struct chosen **ret)
{
	const struct chosen_config config = { .filter = f, .proc = "/proc" };
	struct where_mistake mistake;

	filter_init(f);
	assert_int_equal(where_parse(where, &f->wheres[0], &mistake), 0);
	f->where_count = 1;
	assert_int_equal(chosen_new(&config, ret), 0);
}

/* This process itself; whoever has another name than it is somebody who cannot be looked at any more. */
static struct program self(uint64_t image, const char *comm)
{
	struct program p = { .id = UINT64_MAX - 100 + image, .tgid = (uint32_t)getpid() };

	snprintf(p.comm, sizeof(p.comm), "%s", comm);
	return p;
}

static enum where_answer ask(struct chosen *c, const struct program *p)
{
	const struct record r = { .parts = RECORD_CHECK | RECORD_PROGRAM, .check = made_check(), .program = p };

	return chosen_record(c, &r);
}

/* A check that waited while its process became another program is still one of the program that made it. */
static void what_it_ran_before_is_remembered(void **state)
{
	struct program first, later;
	struct filter filter;
	struct chosen *c;
	char comm[32] = "";

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, comm), 0);
	choose(&filter, "cmdline=*test_chosen*", &c);
	first = self(0, comm);
	assert_int_equal(ask(c, &first), WHERE_UNKNOWN);
	chosen_program(c, &first);
	assert_int_equal(ask(c, &first), WHERE_YES);
	for (uint64_t image = 1; image <= 3; image++) {
		later = self(image, "another");
		chosen_program(c, &later);
		assert_int_equal(ask(c, &later), WHERE_UNKNOWN);
		assert_int_equal(ask(c, &first), WHERE_YES);
	}
	/* As many as there is room for. */
	later = self(4, "another");
	chosen_program(c, &later);
	assert_int_equal(ask(c, &first), WHERE_UNKNOWN);
	chosen_free(c);
	filter_done(&filter);
}

/* No file is read to answer: what is not known yet is said to be unknown, and what is known later is the answer then. */
static void a_name_that_is_not_known_yet(void **state)
{
	struct workload w = { .kind = WORKLOAD_CONTAINER, .refs = 1 };
	char path[] = "/docker/1550ea3f0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567", web[] = "web";
	struct program p = self(0, "any");
	struct filter filter;
	struct chosen *c;

	(void)state;
	choose(&filter, "container=w*", &c);
	w.text[WORKLOAD_PATH] = p.cgroup = path;
	p.workload = &w;
	assert_int_equal(chosen_program(c, &p), WHERE_UNKNOWN);
	assert_int_equal(ask(c, &p), WHERE_UNKNOWN);
	assert_int_equal(chosen_meets(c, &p), WHERE_UNKNOWN);
	assert_false(chosen_may_meet(c));
	w.flags = WORKLOAD_RESOLVED;
	assert_int_equal(ask(c, &p), WHERE_NO);
	w.text[WORKLOAD_NAME] = web;
	assert_int_equal(ask(c, &p), WHERE_YES);
	assert_int_equal(chosen_meets(c, &p), WHERE_YES);
	chosen_free(c);
	filter_done(&filter);
}

/* What is told at the end; but what sets a container up may have no name where only the payload is wanted. */
static void who_could_not_be_told_is_counted(void **state)
{
	struct workload w = { .kind = WORKLOAD_CONTAINER };
	char runc[] = "/usr/bin/runc", sh[] = "/bin/sh";
	struct program p = self(0, "any");
	struct filter filter;
	struct chosen *c;

	(void)state;
	for (int payload = 0; payload < 2; payload++) {
		const struct chosen_config config = { .filter = &filter, .payload = payload };

		filter_init(&filter);
		assert_int_equal(where_put(&filter.names, WHERE_CONTAINER, false, "web"), 0);
		assert_int_equal(chosen_new(&config, &c), 0);
		p.workload = &w;
		p.exe = runc;
		chosen_untold(c, &p);
		p.exe = sh;
		chosen_untold(c, &p);
		chosen_untold(c, NULL);
		assert_int_equal(chosen_undecided(c), payload ? 2 : 3);
		chosen_free(c);
		filter_done(&filter);
	}
}

/* Nothing waits for engines where nobody asks for what they know. */
static void whose_names_only_engines_tell(void **state)
{
	static const struct {
		const char *where;
		bool asks;
	} rows[] = {
		{ "container=a", true }, { "image=a", true }, { "pod=a", true }, { "k8s_namespace=a", true }, { "engine!=docker", true },
		{ "unit=a", false }, { "exe=a comm=b user=c cgroup=/d", false }, { "unit=a container!=b", true },
	};

	(void)state;
	assert_false(chosen_asks_engines(NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter filter;
		struct chosen *c;

		choose(&filter, rows[i].where, &c);
		assert_int_equal(chosen_asks_engines(c), rows[i].asks);
		assert_int_equal(chosen_needs_first(c) != 0, rows[i].asks);
		chosen_free(c);
		filter_done(&filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_ran_before_is_remembered),
		cmocka_unit_test(a_name_that_is_not_known_yet),
		cmocka_unit_test(who_could_not_be_told_is_counted),
		cmocka_unit_test(whose_names_only_engines_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
