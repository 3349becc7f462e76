/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/made.h"
#include "user/flow/silences.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/rule/complaint.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"
#include "user/source/live.h"

#define HOST	  4026531841U
#define SYS_ADMIN (1ULL << 21)
#define NET_RAW	  (1ULL << 13)

struct world {
	struct rules *rules;
	struct judge *judge;
	struct silences *silences;
	struct program program;
	struct record record;
	struct live_stamp who;	/* what the kernel side was told last */
	struct live_silence what;
	int told;
	int refuse;			/* what it answers */
};

static int on_put(void *ctx, const struct live_stamp *who, const struct live_silence *what)
{
	struct world *w = ctx;

	w->who = *who;
	w->what = *what;
	w->told++;
	return w->refuse;
}

static struct rules *rules_of(const char *text)
{
	const struct rules_file file = { "r", text, strlen(text) };
	struct complaints told = { .count = 0 };
	struct rules *rules;

	if (rules_read(&file, 1, NULL, &told, &rules))
		fail_msg("%s", told.at[0].shown);
	complaints_done(&told);
	return rules;
}

static void begin(struct world *w, const char *text, bool allowed)
{
	struct judge_config config = { .host_mntns = HOST };
	struct silences_config silences = { .allowed = allowed, .put = on_put, .ctx = w };

	memset(w, 0, sizeof(*w));
	config.rules = w->rules = rules_of(text);
	silences.judge = w->judge = judge_new(&config);
	w->silences = silences_new(&silences);
	w->program = (struct program){
		.id = 77, .told = 99, .serial = 1, .tgid = 5, .flags = PROGRAM_EXE_KNOWN | PROGRAM_CGROUP_KNOWN, .mntns = HOST,
		.userns = 4026531837U, .exe = "/usr/bin/runc", .cgroup = "/system.slice/nginx.service", .unit = "nginx.service",
		.slice = "system.slice",
	};
	w->record = (struct record){ .parts = RECORD_CHECK | RECORD_PROGRAM | RECORD_DECISION, .mono_ns = 1,
				     .check = made_check(), .program = &w->program };
	w->record.check.head.flags &= ~(uint32_t)CHECK_DENIED;
	w->record.check.program = 77;
	w->record.check.tgid = 5;
	w->record.check.cap = 21;
	w->record.check.uid = 0;
	w->record.check.gid = 0;
	w->record.check.userns_asker = 4026531837U;
}

static void end(struct world *w)
{
	silences_free(w->silences);
	judge_free(w->judge);
	rules_free(w->rules);
}

/* One event: what the judge says, and whether the kernel side was told something by that. */
static bool comes(struct world *w)
{
	int before = w->told;

	judge_record(w->judge, &w->record, &w->record.decision);
	silences_check(w->silences, &w->record);
	return w->told > before;
}

static void a_decision_has_the_stamp_of_whom_it_is_about(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {unit: nginx}, allow: [sys_admin, net_raw], otherwise: alert}]\n", true);
	w.record.check.uid = 33;
	w.record.check.gid = 34;
	assert_true(comes(&w));
	assert_int_equal(w.who.program, 77);
	assert_int_equal(w.who.told, 99);
	assert_int_equal(w.who.tgid, 5);
	assert_int_equal(w.who.uid, 33);
	assert_int_equal(w.who.gid, 34);
	assert_int_equal(w.who.userns, 4026531837U);
	assert_int_equal(w.what.silent[0], SYS_ADMIN | NET_RAW);
	assert_int_equal(w.what.silent[1], 0);
	assert_false(comes(&w));
	end(&w);
}

static void whoever_is_another_is_decided_about_anew(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {user: [0, 33]}, allow: all}]\n", true);
	assert_true(comes(&w));
	id = w.what.id;
	w.record.check.uid = 33;
	assert_true(comes(&w));
	assert_int_equal(w.what.id, id);
	w.record.check.gid = 1;
	assert_true(comes(&w));
	w.record.check.userns_asker = 7;
	assert_true(comes(&w));
	w.program.serial++;
	w.program.told = 100;
	assert_true(comes(&w));
	assert_int_equal(w.who.told, 100);
	w.record.check.uid = 34;
	assert_false(comes(&w));
	assert_int_equal(silences_told(w.silences), 5);
	end(&w);
}

static void who_cannot_be_found_again_is_not_silenced(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, allow: all}]\n", true);
	w.record.check.program = 78;
	assert_false(comes(&w));
	w.record.check.program = 77;
	w.program.serial = 0;
	assert_false(comes(&w));
	w.program.serial = 1;
	w.program.told = 0;
	assert_false(comes(&w));
	w.program.told = 99;
	w.record.check.head.flags |= CHECK_IDS_UNKNOWN;
	assert_false(comes(&w));
	w.record.check.head.flags &= ~(uint32_t)CHECK_IDS_UNKNOWN;
	w.record.program = NULL;
	assert_false(comes(&w));
	w.record.program = &w.program;
	assert_true(comes(&w));
	end(&w);
}

static void what_may_change_unheard_silences_nothing(void **state)
{
	static const char *const keys[] = { "comm", "cmdline", "tty", "ancestor" };
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char text[128];

		/* What the check says now is not what that says: the rule is none of its business, today. */
		snprintf(text, sizeof(text), "version: 1\nrules: [{name: a, where: {%s: /x}, alert: sys_admin}, {name: b, allow: all}]\n",
			 keys[i]);
		begin(&w, text, true);
		comes(&w);
		w.record.check.cap = 13;
		w.program.serial++;
		assert_true(comes(&w));
		assert_int_equal(w.what.silent[0], ~SYS_ADMIN);
		end(&w);
	}
}

static void a_path_of_another_mount_namespace_silences_nothing(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\ndefault: log\nrules: [{name: a, where: {exe: /usr/bin/runc}, allow: all}]\n", true);
	assert_true(comes(&w));
	w.program.mntns = 7;
	w.program.serial++;
	assert_false(comes(&w));
	end(&w);
}

static void an_unverified_container_silences_nothing(void **state)
{
	static char path[] = "/docker/0123456789012345678901234567890123456789012345678901234567890123";
	static char id[] = "0123456789012345678901234567890123456789012345678901234567890123", name[] = "web";
	struct workload workload = { .serial = 3, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER,
				     .text = { [WORKLOAD_PATH] = path, [WORKLOAD_ID] = id } };
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, where: {container: web}, allow: all}]\n", true);
	w.program.cgroup = path;
	w.program.unit = w.program.slice = NULL;
	w.program.workload = &workload;
	workload.text[WORKLOAD_NAME] = name;
	workload.flags |= WORKLOAD_RESOLVED;
	assert_false(comes(&w));
	workload.flags |= WORKLOAD_VERIFIED;
	workload.serial++;
	w.program.serial++;
	assert_true(comes(&w));
	end(&w);
}

static void what_is_ignored_alone_where_what_is_allowed_is_shown(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, ignore: sys_admin}, {name: b, allow: net_raw}]\n", false);
	assert_true(comes(&w));
	assert_int_equal(w.what.silent[0], SYS_ADMIN);
	assert_int_equal(w.what.silent[1], SYS_ADMIN);
	end(&w);
}

static void counts_are_told_by_their_decision(void **state)
{
	struct judge_count total;
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, ignore: sys_admin}, {name: b, allow: net_raw}]\n", true);
	assert_true(comes(&w));
	id = w.what.id;
	assert_int_equal(silences_counted(w.silences, id, 21, false, 10), DECISION_IGNORE);
	assert_int_equal(silences_counted(w.silences, id, 13, false, 5), DECISION_ALLOW);
	assert_int_equal(judge_count_of(w.judge, 0)->of[DECISION_IGNORE], 11);
	assert_int_equal(judge_count_of(w.judge, 1)->of[DECISION_ALLOW], 5);
	assert_int_equal(silences_counted(w.silences, id + 9, 13, false, 2), DECISION_ALLOW);
	assert_int_equal(silences_counted(w.silences, id, 64, false, 2), DECISION_ALLOW);
	judge_total(w.judge, &total);
	assert_int_equal(total.of[DECISION_ALLOW], 9);
	end(&w);
}

static void other_rules_void_all(void **state)
{
	struct world w;
	struct rules *former;
	uint32_t generation;
	uint64_t id;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, ignore: sys_admin}]\n", true);
	assert_true(comes(&w));
	id = w.what.id;
	former = w.rules;
	w.rules = rules_of("version: 1\nrules: [{name: b, allow: sys_admin}]\n");
	generation = judge_generation(w.judge);
	assert_int_equal(judge_use(w.judge, w.rules), 0);
	assert_int_not_equal(judge_generation(w.judge), generation);
	silences_renew(w.silences, w.judge);
	assert_true(comes(&w));
	assert_string_equal(w.record.decision.rule, "b");
	assert_int_not_equal(w.what.id, id);
	/* What the former ones ignored until then stays ignored. */
	assert_int_equal(silences_counted(w.silences, id, 21, false, 3), DECISION_IGNORE);
	assert_int_equal(silences_counted(w.silences, w.what.id, 21, false, 3), DECISION_ALLOW);
	assert_int_equal(judge_count_of(w.judge, 0)->of[DECISION_ALLOW], 4);
	rules_free(former);
	end(&w);
}

static void what_the_kernel_forgot_is_told_again(void **state)
{
	struct world w;
	int again = 0;

	(void)state;
	begin(&w, "version: 1\nrules: [{name: a, allow: all}]\n", true);
	w.refuse = -ENOMEM;
	assert_true(comes(&w));
	assert_int_equal(silences_told(w.silences), 0);
	w.refuse = 0;
	for (int i = 0; i < 640; i++)
		again += comes(&w);
	assert_int_equal(again, 10);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_has_the_stamp_of_whom_it_is_about),
		cmocka_unit_test(whoever_is_another_is_decided_about_anew),
		cmocka_unit_test(who_cannot_be_found_again_is_not_silenced),
		cmocka_unit_test(what_may_change_unheard_silences_nothing),
		cmocka_unit_test(a_path_of_another_mount_namespace_silences_nothing),
		cmocka_unit_test(an_unverified_container_silences_nothing),
		cmocka_unit_test(what_is_ignored_alone_where_what_is_allowed_is_shown),
		cmocka_unit_test(counts_are_told_by_their_decision),
		cmocka_unit_test(other_rules_void_all),
		cmocka_unit_test(what_the_kernel_forgot_is_told_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
