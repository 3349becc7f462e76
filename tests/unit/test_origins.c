/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/model/origins.h"
#include "user/model/program.h"
#include "user/model/workload.h"

enum { HOST = 4026531841U, OTHER = 4026532000U, SINCE = 1000 };

#define KNOWN (PROGRAM_EXE_KNOWN | PROGRAM_CGROUP_KNOWN | PROGRAM_NSPID_KNOWN)

static struct workload web = { .kind = WORKLOAD_CONTAINER, .text = { [WORKLOAD_ID] = "aa" } };
static struct workload outer = { .kind = WORKLOAD_CONTAINER, .text = { [WORKLOAD_ID] = "bb" } };
static struct workload unit = { .kind = WORKLOAD_UNIT, .text = { [WORKLOAD_UNIT_NAME] = "a.service" } };
static struct workload shims = { .kind = WORKLOAD_UNIT, .text = { [WORKLOAD_UNIT_NAME] = "containerd.service" } };

static struct workload top = { .kind = WORKLOAD_CGROUP, .text = { [WORKLOAD_PATH] = "/" } };
static struct workload some = { .kind = WORKLOAD_CGROUP, .text = { [WORKLOAD_PATH] = "/default/ctr" } };

struct step {
	struct workload *where;
	const char *exe;
	uint32_t flags, tgid, ppid, ns_pid, mntns;
	uint64_t id;
	uint32_t is;
};

static struct program program_of(const struct step *s)
{
	return (struct program){ .id = s->id, .flags = KNOWN | s->flags, .tgid = s->tgid, .ppid = s->ppid,
				 .ns_pid = s->ns_pid ?: s->tgid, .mntns = s->mntns, .exe = (char *)s->exe,
				 .workload = s->where };
}

static void walk(const struct step *steps, size_t count)
{
	struct origins *o = origins_new();

	assert_non_null(o);
	origins_start(o, SINCE, HOST);
	for (size_t i = 0; i < count; i++) {
		struct program p = program_of(&steps[i]);

		assert_int_equal(origins_program(o, &p), 0);
		if (origins_of(o, &p) != steps[i].is)
			fail_msg("step %zu: %u", i, origins_of(o, &p));
	}
	origins_free(o);
}

#define WALK(steps) walk(steps, sizeof(steps) / sizeof((steps)[0]))

static void a_runtime_is_set_up_until_it_executes(void **state)
{
	static const struct step steps[] = {
		{ &shims, "/usr/bin/runc", PROGRAM_EXEC, 50, 40, 0, HOST, 2000, ORIGIN_FRESH },
		{ &web, "/usr/bin/runc", 0, 50, 40, 0, HOST, 2000, ORIGIN_SETUP | ORIGIN_FRESH },
		{ &web, "/", 0, 51, 50, 1, OTHER, 2001, ORIGIN_SETUP | ORIGIN_FRESH },
		{ &web, "/memfd:runc_cloned:/proc/self/exe", 0, 52, 50, 2, OTHER, 2002, ORIGIN_SETUP | ORIGIN_FRESH },
		{ &web, "/bin/sh", PROGRAM_EXEC, 51, 50, 1, OTHER, 2003, ORIGIN_FRESH | ORIGIN_INIT },
		{ &web, "/bin/sh", 0, 53, 51, 7, OTHER, 2004, ORIGIN_FRESH },
		{ &web, "/bin/runcible", 0, 54, 51, 8, OTHER, 2005, ORIGIN_FRESH },
	};

	(void)state;
	WALK(steps);
}

static void executed_in_its_cgroup_from_outside_it_is_set_up_too(void **state)
{
	static const struct step steps[] = {
		{ &web, "/usr/bin/crun", PROGRAM_EXEC, 50, 40, 0, HOST, 2000, ORIGIN_SETUP | ORIGIN_FRESH },
		{ &web, "/usr/bin/crun", PROGRAM_EXEC, 51, 40, 0, OTHER, 2001, ORIGIN_SETUP | ORIGIN_FRESH },
	};

	(void)state;
	WALK(steps);
}

static void a_runtime_inside_of_a_container_is_its_own(void **state)
{
	static const struct step steps[] = {
		{ &outer, "/usr/bin/dockerd", PROGRAM_EXEC, 60, 1, 5, OTHER, 2000, ORIGIN_FRESH },
		{ &outer, "/usr/bin/runc", PROGRAM_EXEC, 61, 60, 9, OTHER, 2001, ORIGIN_FRESH },
		{ &outer, "/usr/bin/runc", 0, 62, 61, 10, OTHER, 2002, ORIGIN_FRESH },
		/* Of the container within it is set-up. */
		{ &web, "/usr/bin/runc", 0, 62, 61, 10, OTHER, 2002, ORIGIN_SETUP | ORIGIN_FRESH },
	};

	(void)state;
	WALK(steps);
}

static void a_cgroup_may_become_a_container(void **state)
{
	static const struct step steps[] = {
		{ &top, "/usr/bin/runc", PROGRAM_EXEC, 50, 40, 0, HOST, 2000, ORIGIN_FRESH },
		{ &some, "/usr/bin/runc", 0, 50, 40, 0, HOST, 2000, ORIGIN_SETUP | ORIGIN_FRESH },
		{ &some, "/", 0, 51, 50, 0, HOST, 2001, ORIGIN_SETUP | ORIGIN_FRESH },
		/* Executed there it is what runs there. */
		{ &some, "/usr/bin/runc", PROGRAM_EXEC, 52, 40, 0, HOST, 2002, ORIGIN_FRESH },
		{ &top, "/usr/bin/runc", 0, 53, 40, 0, HOST, 2003, 0 },
	};

	(void)state;
	WALK(steps);
}

static void systemd_is_set_up_of_what_it_forks_for(void **state)
{
	static const struct step steps[] = {
		{ &unit, "/usr/lib/systemd/systemd", 0, 70, 1, 0, HOST, 2000, ORIGIN_SETUP },
		{ &unit, "/usr/sbin/a", PROGRAM_EXEC, 70, 1, 0, OTHER, 2001, ORIGIN_FRESH },
		{ &unit, "/usr/lib/systemd/systemd-executor", PROGRAM_EXEC, 71, 1, 0, HOST, 2002, ORIGIN_SETUP | ORIGIN_FRESH },
		/* A user's systemd is what its own unit starts, */
		{ &unit, "/usr/lib/systemd/systemd", PROGRAM_EXEC, 72, 1, 0, HOST, 2003, ORIGIN_FRESH },
		{ &unit, "/usr/lib/systemd/systemd", 0, 72, 1, 0, HOST, 2003, ORIGIN_FRESH },
		/* and so is one in a container. */
		{ &web, "/usr/lib/systemd/systemd", 0, 73, 1, 3, OTHER, 2004, 0 },
	};

	(void)state;
	WALK(steps);
}

static void what_ran_before_is_no_set_up_and_not_fresh(void **state)
{
	static const struct step steps[] = {
		{ &web, "/usr/bin/runc", 0, 80, 1, 5, OTHER, 900, 0 },
		{ &web, "/bin/sh", 0, 81, 1, 6, OTHER, 901, 0 },
		{ &web, "/bin/sh", 0, 82, 81, 7, OTHER, 2000, 0 },
		{ &web, "/bin/ls", PROGRAM_EXEC, 82, 81, 7, OTHER, 2001, ORIGIN_FRESH },
		{ NULL, "/usr/bin/runc", 0, 83, 1, 0, HOST, 2002, 0 },
		{ &web, NULL, 0, 84, 1, 8, OTHER, 2003, 0 },
	};

	(void)state;
	WALK(steps);
}

static void an_image_before_is_remembered(void **state)
{
	const struct step one = { &web, "/usr/bin/runc", 0, 90, 1, 1, HOST, 2000, 0 };
	const struct step two = { &web, "/bin/sh", PROGRAM_EXEC, 90, 1, 1, OTHER, 2001, 0 };
	struct program first = program_of(&one), second = program_of(&two), none = first;
	struct origins *o = origins_new();

	(void)state;
	origins_start(o, SINCE, HOST);
	assert_int_equal(origins_of(o, &first), ORIGIN_SETUP);
	assert_int_equal(origins_program(o, &first), 0);
	assert_int_equal(origins_program(o, &second), 0);
	assert_int_equal(origins_of(o, &first), ORIGIN_SETUP);
	assert_int_equal(origins_of(o, &second), ORIGIN_FRESH | ORIGIN_INIT);
	none.tgid = 91;
	none.exe = NULL;
	assert_int_equal(origins_of(o, &none), 0);
	origins_free(o);
}

static void the_table_is_bounded(void **state)
{
	struct step one = { &web, "/bin/sh", PROGRAM_EXEC, 0, 1, 1, OTHER, 2000, 0 };
	struct program p;
	struct origins *o = origins_new();

	(void)state;
	for (one.tgid = 2; one.tgid < 70000; one.tgid++) {
		p = program_of(&one);
		assert_int_equal(origins_program(o, &p), 0);
	}
	assert_true(origins_of(o, &p) & ORIGIN_FRESH);
	one.tgid = 2;
	p = program_of(&one);
	assert_false(origins_of(o, &p) & ORIGIN_FRESH);
	origins_free(o);
}

static uint32_t began(struct origins *o, const struct step *s, uint32_t userns)
{
	struct program p = program_of(s);

	p.userns = userns;
	assert_int_equal(origins_program(o, &p), 0);
	return origins_userns(o, &p);
}

static void a_user_namespace_made_on_the_way_is_not_where_it_began(void **state)
{
	static const struct step steps[] = {
		{ NULL, "/usr/bin/unshare", PROGRAM_EXEC, 50, 40, 0, HOST, 2000, 0 },
		{ NULL, "/usr/bin/id", PROGRAM_EXEC, 50, 40, 0, HOST, 2001, 0 },
		{ NULL, "/usr/bin/cat", PROGRAM_EXEC, 51, 50, 0, HOST, 2002, 0 },
		{ &shims, "/usr/bin/runc", PROGRAM_EXEC, 60, 40, 0, HOST, 2003, 0 },
		{ &web, "/usr/bin/runc", 0, 60, 40, 1, HOST, 2003, 0 },
		{ &web, "/usr/bin/nginx", PROGRAM_EXEC, 60, 40, 1, OTHER, 2004, 0 },
		{ &web, "/usr/bin/unshare", PROGRAM_EXEC, 61, 60, 7, OTHER, 2005, 0 },
	};
	static const uint32_t userns[] = { 1, 2, 2, 1, 1, 3, 4 }, where[] = { 1, 1, 1, 1, 1, 3, 3 };
	struct origins *o = origins_new();
	const struct program unknown = { .id = 9, .tgid = 9, .userns = 1 };

	(void)state;
	assert_non_null(o);
	origins_start(o, SINCE, HOST);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (began(o, &steps[i], userns[i]) != where[i])
			fail_msg("step %zu", i);
	assert_int_equal(origins_userns(o, &unknown), 0);
	origins_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_runtime_is_set_up_until_it_executes),
		cmocka_unit_test(executed_in_its_cgroup_from_outside_it_is_set_up_too),
		cmocka_unit_test(a_runtime_inside_of_a_container_is_its_own),
		cmocka_unit_test(a_cgroup_may_become_a_container),
		cmocka_unit_test(systemd_is_set_up_of_what_it_forks_for),
		cmocka_unit_test(what_ran_before_is_no_set_up_and_not_fresh),
		cmocka_unit_test(an_image_before_is_remembered),
		cmocka_unit_test(a_user_namespace_made_on_the_way_is_not_where_it_began),
		cmocka_unit_test(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
