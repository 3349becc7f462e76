// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <stdio.h>

#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/caps/syscalls.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/sink/alert.h"
#include "user/sink/sink.h"

#define SECOND 1000000000ULL

/* The last alert that was told, and how many there were. */
struct told {
	struct syscalls *syscalls;
	struct alert_sink *alerts;
	uint64_t now;
	unsigned int count;
	uint64_t seq, times;
	uint8_t severity;
	size_t output_count;
	char rule[64], key[1200];
	struct buf json;
};

static void on_alert(void *ctx, const struct alert *a)
{
	struct told *t = ctx;

	assert_true(!t->count || a->seq == t->seq + 1);
	t->count++;
	t->seq = a->seq;
	t->times = a->count;
	t->severity = a->severity;
	t->output_count = a->output_count;
	snprintf(t->rule, sizeof(t->rule), "%s", a->rule);
	snprintf(t->key, sizeof(t->key), "%s", a->key);
	buf_clear(&t->json);
	buf_put(&t->json, a->json, a->json_len);
	assert_null(memchr(a->json, '\n', a->json_len));
}

static uint64_t now(void *ctx)
{
	return ((struct told *)ctx)->now;
}

static void begin(struct told *t, uint32_t per_minute)
{
	const struct sink_start start = { .host = "web-01", .host_id = "h", .boot_id = "b", .kernel = "6", .probe = "tp",
					  .run = 1 };
	struct alert_config config = { .tell = on_alert, .ctx = t, .now = now, .first_seq = 100, .per_minute = per_minute };

	*t = (struct told){ .syscalls = syscalls_new(), .now = 5 * SECOND };
	config.syscalls = t->syscalls;
	assert_int_equal(alert_new(&config, &t->alerts), 0);
	assert_int_equal(alert_as_sink(t->alerts)->ops->start(alert_as_sink(t->alerts), &start), 0);
}

static void end(struct told *t)
{
	alert_as_sink(t->alerts)->ops->free(alert_as_sink(t->alerts));
	syscalls_free(t->syscalls);
	buf_done(&t->json);
}

static struct record alerting(const char *rule, uint8_t severity)
{
	static const char *const tags[] = { "T1611" };
	static const char *const outputs[] = { "pager" };

	return (struct record){
		.parts = RECORD_CHECK | RECORD_WALL | RECORD_DECISION,
		.kind = EVENT_CHECK,
		.wall_ns = 1795309346516123457,
		.seq = 7,
		.check = made_check(),
		.decision = { .action = DECISION_ALERT, .severity = severity, .rule = rule, .file = "/etc/r.yaml", .line = 4,
			      .by = "otherwise", .tags = tags, .tag_count = 1, .outputs = outputs, .output_count = 1,
			      .times = 1 },
	};
}

static void show(struct told *t, const struct record *r)
{
	assert_int_equal(alert_as_sink(t->alerts)->ops->check(alert_as_sink(t->alerts), r), 0);
}

static void stop(struct told *t)
{
	assert_int_equal(alert_as_sink(t->alerts)->ops->stop(alert_as_sink(t->alerts), 0, NULL), 0);
}

/* A member of the last alert, as text or as a number. */
static void expect(struct told *t, const char *key, const char *text, int64_t number)
{
	struct jsonin root, member;
	struct buf why = BUF_INIT;
	const char *is;
	int64_t n;

	assert_int_equal(jsonin_open("alert", buf_str(&t->json), t->json.len, &why, &root), 0);
	assert_int_equal(jsonin_member(&root, key, &member), 0);
	if (text) {
		assert_int_equal(jsonin_text(&member, &is), 0);
		assert_string_equal(is, text);
	} else {
		assert_int_equal(jsonin_i64(&member, &n), 0);
		assert_int_equal(n, number);
	}
	/* What the history is told is what the alert says. */
	if (!strcmp(key, "count"))
		assert_int_equal(t->times, number);
	jsonin_close(&root);
	buf_done(&why);
}

static void an_alert_has_all_that_it_needs(void **state)
{
	struct record r = alerting("r1", SEVERITY_CRITICAL), other = alerting("r1", SEVERITY_CRITICAL);
	struct told t;

	(void)state;
	begin(&t, 0);
	show(&t, &r);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.seq, 100);
	assert_int_equal(t.severity, SEVERITY_CRITICAL);
	assert_int_equal(t.output_count, 1);
	expect(&t, "type", "alert", 0);
	expect(&t, "host", "web-01", 0);
	expect(&t, "rule", "r1", 0);
	expect(&t, "decided_by", "otherwise", 0);
	expect(&t, "severity", "critical", 0);
	expect(&t, "cap", "CAP_SYS_ADMIN", 0);
	expect(&t, "count", NULL, 1);
	expect(&t, "message", "nginx[4242] was denied CAP_SYS_ADMIN in mount", 0);
	assert_non_null(strstr(buf_str(&t.json), "\"rule_at\":{\"file\":\"/etc/r.yaml\",\"line\":4}"));
	assert_non_null(strstr(buf_str(&t.json), "\"tags\":[\"T1611\"]"));
	assert_string_equal(t.key, "r1\n\n21\ndenied");
	other.decision.times = 1234;
	other.decision.first_ns = 1795309340000000000;
	show(&t, &other);
	expect(&t, "first", "2026-11-22T01:02:20.000000000Z", 0);
	expect(&t, "count", NULL, 1234);
	expect(&t, "message", "nginx[4242] was denied CAP_SYS_ADMIN in mount, 1,234 times", 0);
	end(&t);
}

/* The first in an hour of who, with what, asks for what; the others are in the next. */
static void what_is_logged_is_told_where_there_is_an_output_for_it(void **state)
{
	static const char *const outputs[] = { "file" };
	struct record r = alerting(NULL, SEVERITY_WARNING), other;
	struct alert_counts counts;
	struct told t;

	(void)state;
	r.decision.action = DECISION_LOG;
	begin(&t, 1);
	show(&t, &r);
	assert_int_equal(t.count, 0);
	alert_set_log(t.alerts, outputs, 1);
	show(&t, &r);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.severity, SEVERITY_INFO);
	assert_int_equal(t.output_count, 1);
	expect(&t, "type", "log", 0);
	expect(&t, "severity", "info", 0);
	expect(&t, "action", "log", 0);
	expect(&t, "count", NULL, 1);
	r.wall_ns += SECOND;
	show(&t, &r);
	r.wall_ns += SECOND;
	show(&t, &r);
	assert_int_equal(t.count, 1);
	other = r;
	other.check.cap++;
	show(&t, &other);
	assert_int_equal(t.count, 2);
	t.now += 3600 * SECOND;
	show(&t, &r);
	assert_int_equal(t.count, 3);
	expect(&t, "count", NULL, 3);
	expect(&t, "first", "2026-11-22T01:02:27.516123457Z", 0);
	alert_counts(t.alerts, &counts);
	assert_int_equal(counts.logged, 3);
	assert_int_equal(counts.told, 0);
	assert_int_equal(counts.suppressed, 0);
	end(&t);
}

/* A crowd does not flood the outputs, and is counted. */
static void what_is_logged_has_a_limit(void **state)
{
	static const char *const outputs[] = { "file" };
	struct record r = alerting("r", SEVERITY_WARNING);
	struct told t;

	(void)state;
	r.decision.action = DECISION_LOG;
	begin(&t, 0);
	alert_set_log(t.alerts, outputs, 1);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			snprintf((char *)r.check.comm, sizeof(r.check.comm), "c%d", i % 100);
			show(&t, &r);
		}
	assert_int_equal(t.count, ALERT_LOGS_PER_MINUTE);
	/* Those that nothing was told of yet have their turn. */
	t.now += 60 * SECOND;
	show(&t, &r);
	assert_int_equal(t.count, ALERT_LOGS_PER_MINUTE + 1);
	expect(&t, "count", NULL, 101);
	end(&t);
}

static void what_is_outside_of_a_baseline_tells_what_was_learned(void **state)
{
	struct record r = alerting("r1", SEVERITY_ERROR);
	struct told t;

	(void)state;
	begin(&t, 0);
	r.decision.outside = true;
	r.decision.learned = (struct baseline){ 1794700000000000000, 1795304800000000000, 1 << 10 | 1 << 5 };
	show(&t, &r);
	assert_non_null(strstr(buf_str(&t.json), "CAP_SYS_ADMIN in mount, outside of what was learned of this workload from 2026-11-14 23:46:40 "
						  "to 2026-11-21 23:46:40 UTC: CAP_KILL,CAP_NET_BIND_SERVICE\""));
	assert_non_null(strstr(buf_str(&t.json), "\"learned\":{\"by\":\"name\",\"since\":\"2026-11-14T23:46:40.000000000Z\","
						  "\"until\":\"2026-11-21T23:46:40.000000000Z\","
						  "\"capabilities\":[\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]}"));
	/* A refusal of what was learned is not outside of it. */
	r.decision.by = "on_denied";
	r.decision.outside = false;
	r.decision.learned.caps = 0;
	r.decision.learned_by = BASELINE_IMAGE;
	show(&t, &r);
	assert_null(strstr(buf_str(&t.json), "outside"));
	assert_non_null(strstr(buf_str(&t.json), "\"by\":\"image\""));
	end(&t);
}

static void only_what_is_to_be_told_is(void **state)
{
	struct record r = alerting("r1", SEVERITY_ERROR);
	struct told t;

	(void)state;
	begin(&t, 0);
	r.decision.held = HELD_ONCE;
	show(&t, &r);
	r.decision.held = HELD_NOT;
	r.decision.action = DECISION_LOG;
	show(&t, &r);
	r.parts &= ~(uint32_t)RECORD_DECISION;
	show(&t, &r);
	assert_int_equal(t.count, 0);
	end(&t);
}

/* Three a minute: what is beyond is told as one, by the loudest of them, when the minute is over. */
static void the_limit_counts_what_it_drops(void **state)
{
	struct record quiet = alerting("quiet", SEVERITY_NOTICE), loud = alerting("loud", SEVERITY_ALERT);
	struct alert_counts counts;
	struct told t;

	(void)state;
	begin(&t, 3);
	for (int i = 0; i < 10; i++)
		show(&t, &quiet);
	show(&t, &loud);
	assert_int_equal(t.count, 3);
	t.now += 59 * SECOND;
	assert_int_equal(sink_flush(alert_as_sink(t.alerts)), 0);
	assert_int_equal(t.count, 3);
	t.now += SECOND;
	assert_int_equal(sink_flush(alert_as_sink(t.alerts)), 0);
	assert_int_equal(t.count, 4);
	expect(&t, "event", "suppressed", 0);
	expect(&t, "count", NULL, 8);
	expect(&t, "severity", "alert", 0);
	expect(&t, "message", "8 alerts were suppressed, as more than 3 came in a minute: 7 of 'quiet', 1 of 'loud'", 0);
	for (int i = 0; i < 4; i++)
		show(&t, &loud);
	assert_int_equal(t.count, 7);
	stop(&t);
	assert_int_equal(t.count, 8);
	expect(&t, "count", NULL, 1);
	expect(&t, "message", "1 alert was suppressed, as more than 3 came in a minute: 1 of 'loud'", 0);
	alert_counts(t.alerts, &counts);
	assert_int_equal(counts.told, 6);
	assert_int_equal(counts.suppressed, 9);
	end(&t);
}

static void what_a_limit_suppressed_is_told_with_that_limit(void **state)
{
	struct record quiet = alerting("quiet", SEVERITY_NOTICE);
	struct told t;

	(void)state;
	begin(&t, 2);
	for (int i = 0; i < 5; i++)
		show(&t, &quiet);
	assert_int_equal(alert_set_limit(t.alerts, 2), 0);
	assert_int_equal(t.count, 2);
	assert_int_equal(alert_set_limit(t.alerts, 77), 0);
	assert_int_equal(t.count, 3);
	expect(&t, "count", NULL, 3);
	expect(&t, "message", "3 alerts were suppressed, as more than 2 came in a minute: 3 of 'quiet'", 0);
	show(&t, &quiet);
	assert_int_equal(t.count, 4);
	stop(&t);
	assert_int_equal(t.count, 4);
	end(&t);
}

static void a_crowd_of_rules_is_counted(void **state)
{
	struct told t;

	(void)state;
	begin(&t, 1);
	for (int i = 0; i < 21; i++) {
		char name[80];
		struct record r = alerting(name, SEVERITY_ERROR);

		snprintf(name, sizeof(name), "%070d", i);
		show(&t, &r);
	}
	stop(&t);
	expect(&t, "count", NULL, 20);
	end(&t);
}

/* Whoever chooses a name cannot make an alert too long to be told, nor say anything in another's name. */
static void hostile_names_are_harmless(void **state)
{
	struct record r = alerting("r1", SEVERITY_ERROR);
	struct program p = { .tgid = 4242, .comm = "x", .serial = 3 };
	struct alert_counts counts;
	struct told t;

	(void)state;
	p.args = malloc(200001);
	memset(p.args, '\x01', 200000);
	p.args[200000] = '\0';
	p.exe = "/a\n\"b\x1b[31m";
	memcpy(r.check.comm, "a\"\n\x1b[2J\0", 8);
	r.program = &p;
	begin(&t, 0);
	show(&t, &r);
	assert_int_equal(t.count, 1);
	assert_true(t.json.len < ALERT_BYTES_MAX);
	alert_counts(t.alerts, &counts);
	assert_int_equal(counts.cut, 1);
	for (size_t i = 0; i < t.json.len; i++)
		assert_true((unsigned char)t.json.data[i] >= ' ');
	expect(&t, "rule", "r1", 0);
	end(&t);
	free(p.args);
}

static void its_own_alerts_are_told(void **state)
{
	struct told t;

	(void)state;
	begin(&t, 1);
	assert_int_equal(alert_own(t.alerts, SEVERITY_ERROR, "rules-refused", "the rules were refused"), 0);
	assert_int_equal(alert_own(t.alerts, SEVERITY_ERROR, "rules-refused", "again"), 0);
	assert_int_equal(t.count, 2);
	expect(&t, "event", "rules-refused", 0);
	expect(&t, "message", "again", 0);
	expect(&t, "host", "web-01", 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_has_all_that_it_needs),
		cmocka_unit_test(what_is_logged_is_told_where_there_is_an_output_for_it),
		cmocka_unit_test(what_is_logged_has_a_limit),
		cmocka_unit_test(what_is_outside_of_a_baseline_tells_what_was_learned),
		cmocka_unit_test(only_what_is_to_be_told_is),
		cmocka_unit_test(the_limit_counts_what_it_drops),
		cmocka_unit_test(what_a_limit_suppressed_is_told_with_that_limit),
		cmocka_unit_test(a_crowd_of_rules_is_counted),
		cmocka_unit_test(hostile_names_are_harmless),
		cmocka_unit_test(its_own_alerts_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
