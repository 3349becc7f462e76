/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/made.h"
#include "user/base/out.h"
#include "user/caps/site.h"
#include "user/caps/syscalls.h"
#include "user/model/loss.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/model/usage.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"
#include "user/sink/usage.h"

#define NOW (1800000000ULL * 1000000000)	/* an hour begins */

/* What was handed over, the first rows of it. */
static struct {
	unsigned calls;
	int answer;
	size_t whos, uses, denials, gaps;
	struct usage use[4];
	struct usage_denial denial[4];
	struct usage_gap gap[2];
	uint64_t held;
	char name[2][64], exe[64], call[32];
} got;

static int take(void *ctx, const struct usage_batch *b)
{
	(void)ctx;
	got.calls++;
	got.whos = b->who_count;
	got.uses = b->use_count;
	got.denials = b->denial_count;
	got.gaps = b->gap_count;
	for (size_t i = 0; i < b->use_count && i < 4; i++)
		got.use[i] = b->uses[i];
	for (size_t i = 0; i < b->denial_count && i < 4; i++)
		got.denial[i] = b->denials[i];
	for (size_t i = 0; i < b->gap_count && i < 2; i++)
		got.gap[i] = b->gaps[i];
	for (size_t i = 0; i < b->who_count && i < 2; i++) {
		struct buf key = BUF_INIT;

		if (b->whos[i].workload)
			workload_put_key(&key, b->whos[i].workload);
		snprintf(got.name[i], sizeof(got.name[i]), "%s", buf_str(&key));
		buf_done(&key);
	}
	if (b->use_count) {
		got.held = b->whos[b->uses[0].who].held;
		snprintf(got.exe, sizeof(got.exe), "%s", b->exes[b->uses[0].exe]);
		snprintf(got.call, sizeof(got.call), "%s", b->whats[b->uses[0].what].call);
	}
	return got.answer;
}

static char unit[] = "web.service", id[] = "0123456789abcdef", named[] = "shop", exe[] = "/usr/sbin/web";
static struct workload web = { .kind = WORKLOAD_UNIT, .cgroup_id = 5, .text = { [WORKLOAD_UNIT_NAME] = unit } };
static struct program program = { .id = 99, .serial = 1, .tgid = 4242, .permitted = 0x600, .exe = exe, .workload = &web };
static struct out out;
static struct syscalls *syscalls;

static struct sink *started(uint64_t interval_ns)
{
	const struct usage_options options = { .syscalls = syscalls, .interval_ns = interval_ns, .take = take };
	const struct sink_start start = { .wall_ns = NOW };
	struct sink *s;

	memset(&got, 0, sizeof(got));
	assert_int_equal(usage_new(&out, &options, &s), 0);
	assert_int_equal(s->ops->start(s, &start), 0);
	return s;
}

static void stop(struct sink *s)
{
	const struct account account = { 0 };

	assert_int_equal(s->ops->stop(s, NOW + 5, &account), 0);
	s->ops->free(s);
}

static const struct site needed = { .class = SITE_NEEDED, .operation = "mount", .name = "may_mount", .name_len = 9 };
static const struct site advisory = { .class = SITE_ADVISORY, .operation = "be counted" };

static struct record made_record(uint64_t wall_ns)
{
	return (struct record){ .parts = RECORD_CHECK | RECORD_PROGRAM | RECORD_WALL, .wall_ns = wall_ns,
				.check = made_check(), .program = &program, .site = &needed };
}

static void check(struct sink *s, const struct record *r)
{
	assert_int_equal(s->ops->check(s, r), 0);
}

static void the_same_adds_up_within_an_hour(void **state)
{
	struct sink *s = started(0);
	struct record r = made_record(NOW + 10);

	(void)state;
	r.check.head.flags &= ~(uint32_t)CHECK_DENIED;
	check(s, &r);
	r.wall_ns += 5;
	check(s, &r);
	r.wall_ns = NOW + USAGE_HOUR_NS;
	check(s, &r);
	stop(s);
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.whos, 1);
	assert_int_equal(got.uses, 2);
	assert_int_equal(got.denials, 0);
	assert_int_equal(got.use[0].n, 2);
	assert_int_equal(got.use[0].first_ns, NOW + 10);
	assert_int_equal(got.use[0].last_ns, NOW + 15);
	assert_int_equal(got.use[0].class, SITE_NEEDED);
	assert_int_equal(got.use[1].hour, got.use[0].hour + 1);
	assert_int_equal(got.held, 0x600);
	assert_string_equal(got.name[0], "unit:web.service");
	assert_string_equal(got.exe, exe);
	assert_string_equal(got.call, "mount");
}

static void a_denial_has_its_minute_and_its_end(void **state)
{
	struct sink *s = started(0);
	struct record r = made_record(NOW + 1);

	(void)state;
	r.parts |= RECORD_OUTCOME;
	r.outcome = OUTCOME_FAILED;
	r.error = EPERM;
	check(s, &r);
	check(s, &r);
	r.wall_ns += USAGE_MINUTE_NS;
	check(s, &r);
	r.site = &advisory;
	check(s, &r);
	stop(s);
	assert_int_equal(got.denials, 2);
	assert_int_equal(got.denial[0].n, 2);
	assert_int_equal(got.denial[0].error, EPERM);
	assert_int_equal(got.denial[0].outcome, OUTCOME_FAILED);
	assert_int_equal(got.denial[0].pid, 4242);
	assert_int_equal(got.denial[0].uid, 1000);
	assert_string_equal(got.denial[0].comm, "nginx");
	assert_int_equal(got.uses, 2);
	assert_int_equal(got.use[0].failed, 3);
	assert_int_equal(got.use[1].class, SITE_ADVISORY);
}

/* The event says where, and the counts of its kind are of the same place. */
static void counts_are_what_their_event_was(void **state)
{
	struct sink *s = started(0);
	struct record r = made_record(NOW + 1);
	struct tally_count c = { .count = 40, .first_ns = NOW + 2, .last_ns = NOW + 9, .program = &program };

	(void)state;
	r.check.head.flags &= ~(uint32_t)CHECK_DENIED;
	r.site_id = 12;
	check(s, &r);
	c.key = (struct count_key){ 99, 4242, r.check.cap, r.check.syscall, r.check.head.flags, 12 };
	assert_int_equal(s->ops->counted(s, &c), 0);
	c.key.flags |= CHECK_CRED_OTHER | CHECK_DENIED;
	c.key.site = 13;
	assert_int_equal(s->ops->counted(s, &c), 0);
	stop(s);
	assert_int_equal(got.uses, 3);
	assert_int_equal(got.use[1].class, SITE_NEEDED);
	assert_int_equal(got.use[1].n, 40);
	assert_int_equal(got.use[2].class, USAGE_FOREIGN);
	assert_true(got.use[2].denied);
}

static void a_name_that_comes_later_is_its_name(void **state)
{
	struct workload late = { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .cgroup_id = 8, .text = { [WORKLOAD_ID] = id } };
	struct program p = program;
	struct sink *s = started(0);
	struct record r = made_record(NOW + 1);

	(void)state;
	p.serial = 2;
	p.workload = &late;
	r.program = &p;
	check(s, &r);
	late.text[WORKLOAD_NAME] = named;
	late.flags = WORKLOAD_RESOLVED | WORKLOAD_VERIFIED;
	assert_int_equal(s->ops->resolved(s, NOW + 2, &late), 0);
	stop(s);
	assert_string_equal(got.name[0], "docker:shop");
}

static void what_was_lost_is_a_gap(void **state)
{
	const struct loss grown = { .by_cause = { [LOSS_RING_FULL] = 7, [LOSS_LIFECYCLE] = 3 } };
	struct sink *s = started(0);

	(void)state;
	assert_int_equal(s->ops->lost(s, NOW + 3, &grown), 0);
	stop(s);
	assert_int_equal(got.gaps, 1);
	assert_int_equal(got.gap[0].lost, 7);
	assert_string_equal(got.gap[0].reason, "ring_full");
	assert_int_equal(got.gap[0].start_ns, NOW);
}

static void what_could_not_be_kept_is_a_gap(void **state)
{
	struct sink *s = started(1);
	struct record r = made_record(NOW + 1);

	(void)state;
	check(s, &r);
	got.answer = -ENOSPC;
	assert_int_equal(s->ops->turn(s), 0);
	assert_int_equal(got.uses, 1);
	got.answer = 0;
	stop(s);
	assert_int_equal(got.calls, 2);
	assert_int_equal(got.uses, 0);
	assert_int_equal(got.gaps, 1);
	assert_int_equal(got.gap[0].lost, 1);
	assert_string_equal(got.gap[0].reason, USAGE_NOT_STORED);
}

static void who_is_in_a_hurry_has_it_at_the_next_turn(void **state)
{
	struct sink *s = started(USAGE_HOUR_NS);
	struct record r = made_record(NOW + 1);

	(void)state;
	check(s, &r);
	assert_int_equal(s->ops->turn(s), 0);
	assert_int_equal(got.calls, 0);
	usage_hurry(s);
	assert_int_equal(s->ops->turn(s), 0);
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.uses, 1);
	assert_int_equal(s->ops->turn(s), 0);
	assert_int_equal(got.calls, 1);
	stop(s);
}

/* However many there are: it is handed over in parts. */
static void memory_is_bounded(void **state)
{
	struct sink *s = started(0);
	struct record r = made_record(NOW + 1);

	(void)state;
	for (uint64_t i = 0; i < 40000; i++) {
		r.wall_ns = NOW + i * USAGE_HOUR_NS;
		check(s, &r);
	}
	assert_true(got.calls >= 2);
	stop(s);
}

static int set_up(void **state)
{
	(void)state;
	syscalls = syscalls_new();
	return syscalls ? syscalls_set_machine(syscalls, "x86_64") : -1;
}

static int tear_down(void **state)
{
	(void)state;
	syscalls_free(syscalls);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_adds_up_within_an_hour), cmocka_unit_test(a_denial_has_its_minute_and_its_end),
		cmocka_unit_test(counts_are_what_their_event_was), cmocka_unit_test(a_name_that_comes_later_is_its_name),
		cmocka_unit_test(what_was_lost_is_a_gap), cmocka_unit_test(what_could_not_be_kept_is_a_gap),
		cmocka_unit_test(who_is_in_a_hurry_has_it_at_the_next_turn),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
