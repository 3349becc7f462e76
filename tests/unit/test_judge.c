/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/made.h"
#include "user/base/buf.h"
#include "user/host/users.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/rule/complaint.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"

#define HOST 4026531841U

/* With sanitizers all takes several times as long. */
#ifdef __SANITIZE_ADDRESS__
#define TIMES_MEAN_NOTHING true
#else
#define TIMES_MEAN_NOTHING false
#endif

struct world {
	struct rules *rules;
	struct users *users;
	struct judge *judge;
	struct program program;
	struct record record;
};

static bool is_learned;
static uint64_t learned_caps;

static void learned(void *ctx, const struct workload *w, struct baseline ret[static BASELINE_BYS])
{
	(void)ctx;
	(void)w;
	if (is_learned)
		ret[BASELINE_NAME] = (struct baseline){ 5, 7, learned_caps };
	if (is_learned)
		ret[BASELINE_IMAGE] = (struct baseline){ 6, 8, learned_caps << 1 };
}

static void begin(struct world *w, const char *text)
{
	const struct rules_file file = { "r", text, strlen(text) };
	struct complaints told = { .count = 0 };
	struct judge_config config = { .host_mntns = HOST, .learned = learned };

	memset(w, 0, sizeof(*w));
	if (rules_read(&file, 1, NULL, &told, &w->rules))
		fail_msg("%s", told.at[0].shown);
	complaints_done(&told);
	w->users = users_new_told();
	users_tell(w->users, 1000, "anna");
	users_tell_group(w->users, 100, "staff");
	config.rules = w->rules;
	config.users = w->users;
	w->judge = judge_new(&config);
	w->program = (struct program){
		.serial = 1, .flags = PROGRAM_EXE_KNOWN | PROGRAM_CGROUP_KNOWN, .mntns = HOST, .userns = 4026531837U,
		.exe = "/usr/bin/runc", .cgroup = "/system.slice/nginx.service", .unit = "nginx.service",
		.slice = "system.slice",
	};
	w->record = (struct record){ .parts = RECORD_CHECK | RECORD_PROGRAM, .mono_ns = 1, .check = made_check(),
				     .program = &w->program };
	w->record.check.head.flags &= ~(uint32_t)CHECK_DENIED;
}

/* The action, and what could not be told. The program is another one each time. */
static void becomes(struct world *w, const char *want)
{
	struct decision said;
	char got[64];

	w->program.serial++;
	judge_record(w->judge, &w->record, &said);
	snprintf(got, sizeof(got), "%s%s%s", decision_actions[said.action], said.unknown ? " " : "",
		 said.unknown ? said.unknown : "");
	assert_string_equal(got, want);
}

static void end(struct world *w)
{
	judge_free(w->judge);
	users_free(w->users);
	rules_free(w->rules);
}

static void a_path_counts_in_the_hosts_mount_namespace(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {exe: /usr/bin/runc}, allow: all}]\n");
	becomes(&w, "allow");
	w.program.mntns = 7;
	becomes(&w, "log");
	w.program.mntns = 0;
	becomes(&w, "log");
	w.program.mntns = HOST;
	w.program.flags |= PROGRAM_EXE_TRUNCATED;
	becomes(&w, "log");
	w.record.program = NULL;
	becomes(&w, "log");
	end(&w);
	begin(&w, "version: 1\nrules: [{name: a, except: {exe: /usr/bin/runc}, alert: all}]\n");
	becomes(&w, "log");
	w.program.mntns = 7;
	becomes(&w, "alert exe");
	w.program.exe = "/bin/sh";
	becomes(&w, "alert");
	end(&w);
}

static void a_unit_counts_where_the_system_made_it(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {unit: nginx}, allow: all}]\n");
	becomes(&w, "allow");
	w.program.cgroup = "/system.slice/nginx.service/worker";
	becomes(&w, "allow");
	w.program.cgroup = "/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service";
	becomes(&w, "log");
	w.program.cgroup = "/system.slice/other.service/nginx.service";
	becomes(&w, "log");
	w.program.cgroup = "/system.slice/docker-0123456789012345678901234567890123456789012345678901234567890123.scope/"
			   "system.slice/nginx.service";
	becomes(&w, "log");
	w.program.flags |= PROGRAM_CGROUP_TRUNCATED;
	becomes(&w, "log");
	end(&w);
}

static void a_container_counts_when_an_engine_confirms_it(void **state)
{
	struct workload c = { .serial = 1, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_RESOLVED };
	struct world w;

	(void)state;
	c.text[WORKLOAD_NAME] = "web";
	c.text[WORKLOAD_ID] = "0123456789ab";
	c.text[WORKLOAD_IMAGE] = "demo:1";
	begin(&w, "version: 1\nrules:\n- {name: a, where: {container: web}, allow: sys_admin}\n"
		  "- {name: b, where: {image: \"demo:*\"}, alert: all}\n");
	w.program.workload = &c;
	becomes(&w, "alert image");
	c.flags |= WORKLOAD_VERIFIED;
	becomes(&w, "allow");
	w.record.check.cap = 5;
	becomes(&w, "alert");
	c.text[WORKLOAD_IMAGE] = "other:1";
	becomes(&w, "log");
	end(&w);
}

static void who_is_in_a_unit_or_at_the_root_is_in_no_container(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\ndefault: ignore\nrules: [{name: a, where: {container: \"*\"}, alert: all}]\n");
	becomes(&w, "ignore");
	w.program.cgroup = "/";
	w.program.unit = w.program.slice = NULL;
	becomes(&w, "ignore");
	w.program.cgroup = "/somewhere/else";
	becomes(&w, "alert container");
	w.program.cgroup = NULL;
	becomes(&w, "alert container");
	w.record.program = NULL;
	becomes(&w, "alert container");
	end(&w);
}

static void names_of_users_are_those_of_the_run(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\ndefault: ignore\nrules:\n- {name: a, where: {user: anna, group: staff}, alert: sys_admin}\n"
		  "- {name: b, where: {user: \"1000\"}, log: kill}\n");
	becomes(&w, "alert");
	w.record.check.cap = 5;
	becomes(&w, "log");
	w.record.check.uid = 1001;
	becomes(&w, "ignore");
	w.record.check.head.flags |= CHECK_IDS_UNKNOWN;
	becomes(&w, "log user");
	end(&w);
}

/* What was decided is kept by all that it depends on. */
static void what_is_kept_is_of_the_same_check(void **state)
{
	struct world w;
	struct decision said;

	(void)state;
	begin(&w, "version: 1\ndefault: ignore\nrules:\n- {name: a, where: {user: anna}, alert: sys_admin, verdict: allowed}\n"
		  "- {name: b, where: {comm: \"x*\"}, log: kill}\n");
	for (int i = 0; i < 3; i++) {
		judge_record(w.judge, &w.record, &said);
		assert_int_equal(said.action, DECISION_ALERT);
	}
	w.record.check.head.flags |= CHECK_DENIED;
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_IGNORE);
	w.record.check.cap = 5;
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_IGNORE);
	memcpy(w.record.check.comm, "xy", 3);
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_LOG);
	w.record.check.uid = 5;
	w.record.check.cap = 21;
	w.record.check.head.flags &= ~(uint32_t)CHECK_DENIED;
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_IGNORE);
	/* Who is in no table may be another one at any time. */
	w.program.serial = 0;
	w.record.check.uid = 1000;
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_ALERT);
	end(&w);
}

static void all_of_it_is_counted(void **state)
{
	const struct judge_count *a;
	struct judge_count total;
	struct decision said;
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, alert: sys_admin, once_per: 1m}]\n");
	for (int i = 0; i < 5; i++)
		judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.held, HELD_ONCE);
	w.record.check.cap = 5;
	judge_record(w.judge, &w.record, &said);
	w.record.parts |= RECORD_COUNT;
	w.record.count = 40;
	judge_record(w.judge, &w.record, &said);
	a = judge_count_of(w.judge, 0);
	assert_int_equal(a->of[DECISION_ALERT], 1);
	assert_int_equal(a->held[HELD_ONCE], 4);
	assert_int_equal(judge_count_of(w.judge, 1)->of[DECISION_LOG], 41);
	judge_total(w.judge, &total);
	assert_int_equal(total.of[DECISION_LOG], 41);
	assert_int_equal(total.held[HELD_ONCE], 4);
	assert_int_equal(judge_forgotten(w.judge), 0);
	end(&w);
}

/* made_check asks for sys_admin, which is 21. */
static void what_is_learned_is_allowed_and_the_rest_is_not(void **state)
{
	struct workload unit = { .kind = WORKLOAD_UNIT, .serial = 3 };
	struct decision said;
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {unit: nginx}, allow_profile: learned, otherwise: alert}]\n");
	w.program.workload = &unit;
	assert_int_equal(workload_set(&unit, WORKLOAD_UNIT_NAME, "nginx.service", 13), 0);
	assert_int_equal(workload_set(&unit, WORKLOAD_PATH, "/system.slice/nginx.service", 27), 0);
	is_learned = false;
	becomes(&w, "log");
	judge_record(w.judge, &w.record, &said);
	/* What was decided of this very program is asked again. */
	is_learned = true;
	learned_caps = 1 << 7;
	judge_learned(w.judge);
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_ALERT);
	assert_string_equal(said.by, "otherwise");
	assert_int_equal(said.learned.since_ns, 5);
	assert_int_equal(said.learned.until_ns, 7);
	assert_int_equal(said.learned.caps, 1 << 7);
	learned_caps = 1 << 7 | 1 << 21;
	becomes(&w, "allow");
	/* A user's own unit of that name is another one. */
	assert_int_equal(workload_set(&unit, WORKLOAD_USER_UNIT_NAME, "nginx.service", 13), 0);
	becomes(&w, "log");
	is_learned = false;
	free(unit.text[WORKLOAD_UNIT_NAME]);
	free(unit.text[WORKLOAD_PATH]);
	free(unit.text[WORKLOAD_USER_UNIT_NAME]);
	end(&w);
}

static void what_is_learned_of_an_image_is_another_thing(void **state)
{
	struct workload c = { .serial = 1, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER,
			      .flags = WORKLOAD_RESOLVED | WORKLOAD_VERIFIED, .text = { [WORKLOAD_IMAGE] = (char *)"demo:1" } };
	struct decision said;
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {image: \"demo:*\"}, allow_profile: learned, learn: 1d by image, otherwise: alert}]\n");
	w.program.workload = &c;
	is_learned = true;
	learned_caps = 1 << 20;
	becomes(&w, "allow");
	learned_caps = 1 << 21;
	judge_learned(w.judge);
	judge_record(w.judge, &w.record, &said);
	assert_int_equal(said.action, DECISION_ALERT);
	assert_int_equal(said.learned_by, BASELINE_IMAGE);
	assert_int_equal(said.learned.since_ns, 6);
	/* Anyone may have called it so. */
	c.flags = WORKLOAD_RESOLVED;
	becomes(&w, "log");
	is_learned = false;
	end(&w);
}

/* What a check comes to under other rules, after `times` of them under `before`. */
static enum decision_held after(const char *before, const char *now, int times)
{
	struct decision said;
	struct world was, is;

	begin(&was, before);
	begin(&is, now);
	for (int i = 0; i < times; i++)
		judge_record(was.judge, &was.record, &said);
	assert_int_equal(judge_inherit(is.judge, was.judge), 0);
	judge_record(is.judge, &is.record, &said);
	end(&was);
	end(&is);
	return said.action == DECISION_ALERT ? (enum decision_held)said.held : HELD_REASONS;
}

enum { MANY_RULES = 1000, MANY_WORKLOADS = 500, MANY_TIMES = 20, DECIDE_NS = 200000 };

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int by_time(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Each workload has two rules; the one that a program of it is decided by stands anywhere among them. */
static void put_many_rules(struct buf *b)
{
	buf_puts(b, "version: 1\ndefault: ignore\nrules:\n");
	for (int i = 0; i < MANY_RULES; i++)
		buf_printf(b, "  - {name: r%d, where: {unit: [\"u%d.*\", \"v*.%d\"], exe: [/usr/bin/*, /usr/sbin/x%d], user: \"!anna\"}, "
			   "except: {cgroup: /none/%d}, %s: [chown, sys_admin], otherwise: alert, once_per: 1h}\n",
			   i, (i * 7) % MANY_WORKLOADS, i, i, i, i < MANY_WORKLOADS ? "log" : "allow");
}

/*
 * What a program takes that is new: its first check, and what is silent of it. In the CPU's time, which others on it make longer:
 * the shortest of twenty of each workload, of all but the slowest 5 %.
 */
static void a_new_program_is_decided_about_in_time(void **state)
{
	static struct workload workloads[MANY_WORKLOADS];
	uint64_t took[MANY_WORKLOADS];
	struct rules_sets sets;
	struct decision said;
	struct buf text = BUF_INIT;
	struct world w;

	(void)state;
	put_many_rules(&text);
	begin(&w, buf_str(&text));
	w.record.check.uid = 77;
	for (int i = 0; i < MANY_WORKLOADS; i++) {
		char name[32], path[64];
		int n = snprintf(name, sizeof(name), "u%d.service", i), m = snprintf(path, sizeof(path), "/system.slice/%s", name);

		workloads[i] = (struct workload){ .kind = WORKLOAD_UNIT, .serial = (uint64_t)i + 1 };
		assert_int_equal(workload_set(&workloads[i], WORKLOAD_UNIT_NAME, name, (size_t)n), 0);
		assert_int_equal(workload_set(&workloads[i], WORKLOAD_PATH, path, (size_t)m), 0);
	}
	for (int k = 0; k < MANY_TIMES * MANY_WORKLOADS; k++) {
		const int i = k % MANY_WORKLOADS;
		const uint64_t begun = cpu_ns();
		uint64_t this;

		w.program.serial++;
		w.program.workload = &workloads[i];
		judge_record(w.judge, &w.record, &said);
		judge_sets(w.judge, &w.record, &sets);
		this = cpu_ns() - begun;
		took[i] = k < MANY_WORKLOADS || this < took[i] ? this : took[i];
		assert_int_equal(said.action, DECISION_LOG);
	}
	qsort(took, MANY_WORKLOADS, sizeof(*took), by_time);
	print_message("%d rules, %d workloads: %llu ns in the median, %llu of all but 5 %%, %llu at most\n", MANY_RULES,
		      MANY_WORKLOADS, (unsigned long long)took[MANY_WORKLOADS / 2],
		      (unsigned long long)took[MANY_WORKLOADS * 95 / 100], (unsigned long long)took[MANY_WORKLOADS - 1]);
	assert_true(took[MANY_WORKLOADS * 95 / 100] < DECIDE_NS || TIMES_MEAN_NOTHING);
	for (int i = 0; i < MANY_WORKLOADS; i++) {
		free(workloads[i].text[WORKLOAD_UNIT_NAME]);
		free(workloads[i].text[WORKLOAD_PATH]);
	}
	buf_done(&text);
	end(&w);
}

#define ONCE "{name: a, where: {exe: /usr/bin/runc}, alert: $l, once_per: 1m}"
#define LIST "version: 1\nlists: {l: [sys_admin]}\nrules: ["
#define MORE(n) "version: 1\nrules: [{name: b, alert: all, more_than: " #n " in 1m}]\n"

static void what_limits_know_of_a_rule_stays_as_long_as_it_does(void **state)
{
	(void)state;
	assert_int_equal(after(LIST ONCE "]\n", LIST ONCE "]\n", 0), HELD_NOT);
	assert_int_equal(after(LIST ONCE "]\n", LIST ONCE "]\n", 1), HELD_ONCE);
	/* It stands elsewhere, and beside others. */
	assert_int_equal(after(LIST ONCE "]\n", LIST "\n {name: x, where: {user: 77}, ignore: all},\n " ONCE "]\n", 1), HELD_ONCE);
	assert_int_equal(after(LIST "{name: x, where: {user: 77}, ignore: all}, " ONCE "]\n", LIST ONCE "]\n", 1), HELD_ONCE);
	/* It is another one: by a word of its own, or of the list. */
	assert_int_equal(after(LIST ONCE "]\n", LIST "{name: a, where: {exe: /usr/bin/run?}, alert: $l, once_per: 1m}]\n", 1), HELD_NOT);
	assert_int_equal(after(LIST ONCE "]\n", LIST "{name: a, where: {exe: /usr/bin/runc}, alert: $l, once_per: 2m}]\n", 1), HELD_NOT);
	assert_int_equal(after(LIST ONCE "]\n", "version: 1\nlists: {l: [sys_admin, bpf]}\nrules: [" ONCE "]\n", 1), HELD_NOT);
	assert_int_equal(after(LIST ONCE "]\n", LIST "{name: c, where: {exe: /usr/bin/runc}, alert: $l, once_per: 1m}]\n", 1), HELD_NOT);
	assert_int_equal(after(MORE(3), MORE(3), 2), HELD_BELOW);
	assert_int_equal(after(MORE(3), MORE(3), 3), HELD_NOT);
	assert_int_equal(after(MORE(3), MORE(4), 3), HELD_BELOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_limits_know_of_a_rule_stays_as_long_as_it_does),
		cmocka_unit_test(a_new_program_is_decided_about_in_time),
		cmocka_unit_test(what_is_learned_is_allowed_and_the_rest_is_not),
		cmocka_unit_test(what_is_learned_of_an_image_is_another_thing),
		cmocka_unit_test(a_path_counts_in_the_hosts_mount_namespace),
		cmocka_unit_test(a_unit_counts_where_the_system_made_it),
		cmocka_unit_test(a_container_counts_when_an_engine_confirms_it),
		cmocka_unit_test(who_is_in_a_unit_or_at_the_root_is_in_no_container),
		cmocka_unit_test(names_of_users_are_those_of_the_run),
		cmocka_unit_test(what_is_kept_is_of_the_same_check),
		cmocka_unit_test(all_of_it_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
