/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "user/base/buf.h"
#include "user/caps/site.h"
#include "user/history/ask.h"
#include "user/history/history.h"
#include "user/history/learn.h"
#include "user/model/outcome.h"
#include "user/model/past.h"
#include "user/model/usage.h"
#include "user/model/workload.h"

#define SECOND 1000000000ULL
#define DAY    (24 * USAGE_HOUR_NS)
#define NOW    (1800000000ULL * SECOND)	/* an hour begins */

static char directory[] = "/tmp/capsieve-history-XXXXXX";
static char path[128];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/history.db", directory);
	return 0;
}

static int remove_directory(void **state)
{
	static const char *const names[] = { "history.db", "history.db-wal", "history.db-shm", "history.db.damaged",
					     "history.db.damaged-wal", "history.db.damaged-shm", "history.db.newer",
					     "history.db.newer-wal", "history.db.newer-shm" };
	char name[160];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", directory, names[i]);
		unlink(name);
	}
	return rmdir(directory);
}

static struct history *opened(const char *said)
{
	struct buf told = BUF_INIT;
	struct history *h = NULL;

	assert_int_equal(history_open(path, &told, &h), 0);
	if (said)
		assert_non_null(strstr(buf_str(&told), said));
	else
		assert_string_equal(buf_str(&told), "");
	buf_done(&told);
	return h;
}

static void begin(struct history *h, uint64_t start_ns)
{
	const struct history_run run = { .start_ns = start_ns, .host = "here", .machine = "x86_64" };

	assert_int_equal(history_begin(h, &run), 0);
}

/* What a statement says, of the first row's first column; by another connection, as people do. */
static long long asked(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	long long n;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void told_by(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static char web_unit[] = "web'; DROP TABLE usage;--\n\033[31m.service";
static struct workload web = {
	.kind = WORKLOAD_UNIT, .text = { [WORKLOAD_UNIT_NAME] = web_unit },
	.granted = { .source = GRANTED_UNIT, .effective = 0x400, .bounding = 0x1ffffffffff },
};
static const char *const exes[] = { "", "/usr/sbin/web\n\"'" };
static const struct usage_what whats[] = { { "bind", "bind a port below 1024", "inet_bind" } };

static int add(struct history *h, uint64_t at_ns, uint64_t n, bool denied)
{
	const struct usage_who who = { &web, 0x600, at_ns, at_ns };
	const struct usage use = {
		.exe = 1, .cap = 10, .denied = denied, .class = SITE_NEEDED, .hour = (uint32_t)(at_ns / USAGE_HOUR_NS), .n = n,
		.failed = denied ? n : 0, .error = denied ? EPERM : 0, .first_ns = at_ns, .last_ns = at_ns,
	};
	const struct usage_denial denial = {
		.exe = 1, .cap = 10, .class = SITE_NEEDED, .outcome = OUTCOME_FAILED, .error = EPERM,
		.minute = (uint32_t)(at_ns / USAGE_MINUTE_NS), .n = n, .first_ns = at_ns, .last_ns = at_ns, .pid = 7,
		.uid = UINT32_MAX, .comm = "web",
	};
	const struct usage_batch batch = {
		&who, 1, exes, 2, whats, 1, &use, 1, &denial, denied, NULL, 0, at_ns,
	};

	return history_add(h, &batch);
}

static void what_is_added_adds_up(void **state)
{
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW + 5 * SECOND, 3, false), 0);
	assert_int_equal(add(h, NOW + 9 * SECOND, 4, false), 0);
	assert_int_equal(add(h, NOW + 9 * SECOND, 1, true), 0);
	assert_int_equal(add(h, NOW + USAGE_HOUR_NS, 2, false), 0);
	assert_int_equal(asked("SELECT count(*) FROM usage"), 3);
	assert_int_equal(asked("SELECT n FROM usage WHERE verdict=0"), 7);
	assert_int_equal(asked("SELECT last_ts - first_ts FROM usage WHERE verdict=0"), 4 * SECOND);
	assert_int_equal(asked("SELECT count(*) FROM denial WHERE comm='web' AND error=1"), 1);
	assert_int_equal(asked("SELECT count(*) FROM workload"), 1);
	assert_int_equal(asked("SELECT granted FROM workload"), 0x400);
	assert_int_equal(asked("SELECT held FROM workload"), 0x600);
	assert_int_equal(asked("SELECT count(*) FROM exe"), 1);
	assert_int_equal(asked("SELECT end_ts FROM run") , NOW + USAGE_HOUR_NS);
	assert_int_equal(history_end(h, NOW + 2 * USAGE_HOUR_NS), 0);
	history_close(h);
	assert_int_equal(asked("SELECT closed FROM run"), 1);
	assert_int_equal(asked("PRAGMA user_version"), HISTORY_VERSION);
}

static void it_is_for_nobody_else(void **state)
{
	struct stat st;

	(void)state;
	history_close(opened(NULL));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void nobody_watched_in_between(void **state)
{
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(history_end(h, NOW + 10 * SECOND), 0);
	begin(h, NOW + 70 * SECOND);
	assert_int_equal(asked("SELECT end_ts - start_ts FROM gap WHERE reason='not_running'"), 60 * SECOND);
	assert_int_equal(add(h, NOW + 80 * SECOND, 1, false), 0);
	begin(h, NOW + 100 * SECOND);
	history_close(h);
	assert_int_equal(asked("SELECT end_ts - start_ts FROM gap WHERE reason='killed'"), 20 * SECOND);
}

static void losses_that_go_on_are_one_gap(void **state)
{
	struct history *h = opened(NULL);
	struct usage_gap gap = { NOW, NOW + SECOND, 5, "ring_full" };
	const struct usage_batch batch = { .gaps = &gap, .gap_count = 1, .until_ns = NOW };

	(void)state;
	begin(h, NOW);
	assert_int_equal(history_add(h, &batch), 0);
	gap = (struct usage_gap){ NOW + SECOND, NOW + 2 * SECOND, 6, "ring_full" };
	assert_int_equal(history_add(h, &batch), 0);
	gap = (struct usage_gap){ NOW + 90 * SECOND, NOW + 91 * SECOND, 1, "ring_full" };
	assert_int_equal(history_add(h, &batch), 0);
	history_close(h);
	assert_int_equal(asked("SELECT count(*) FROM gap"), 2);
	assert_int_equal(asked("SELECT lost FROM gap ORDER BY start_ts LIMIT 1"), 11);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void what_is_no_history_is_moved_aside(void **state)
{
	char aside[160];

	(void)state;
	write_file("this is no database, whoever wrote it, and it is long enough to be looked at as one\n"
		   "this is no database, whoever wrote it, and it is long enough to be looked at as one\n");
	history_close(opened("it is kept with the suffix .damaged"));
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	assert_int_equal(access(aside, F_OK), 0);
	assert_int_equal(asked("SELECT count(*) FROM usage"), 0);
}

static void a_newer_one_is_moved_aside(void **state)
{
	char aside[160];

	(void)state;
	history_close(opened(NULL));
	told_by("PRAGMA user_version=99");
	history_close(opened("made by a newer version"));
	snprintf(aside, sizeof(aside), "%s.newer", path);
	assert_int_equal(access(aside, F_OK), 0);
}

static void somebody_elses_tables_are_not_touched(void **state)
{
	char aside[160];

	(void)state;
	told_by("CREATE TABLE usage(mine)");
	history_close(opened("no history"));
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	assert_int_equal(access(aside, F_OK), 0);
}

/* In the middle of the file, after it was not closed in order. */
static void damage_is_found(void **state)
{
	struct history *h = opened(NULL);
	FILE *f;

	(void)state;
	begin(h, NOW);
	for (int i = 0; i < 300; i++)
		assert_int_equal(add(h, NOW + (uint64_t)i * USAGE_HOUR_NS, 1, true), 0);
	history_close(h);
	f = fopen(path, "r+");
	assert_non_null(f);
	for (long at = 4096 * 3; at < 4096 * 20; at += 512) {
		fseek(f, at, SEEK_SET);
		fputs("damage damage damage damage damage damage", f);
	}
	fclose(f);
	h = opened(".damaged");
	begin(h, NOW);
	assert_int_equal(add(h, NOW, 1, false), 0);
	history_close(h);
}

static void it_can_be_renewed_while_it_runs(void **state)
{
	struct history *h = opened(NULL);
	struct buf told = BUF_INIT;

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW + SECOND, 1, false), 0);
	assert_int_equal(history_renew(h, &told), 0);
	assert_int_equal(add(h, NOW + 2 * SECOND, 1, false), 0);
	history_close(h);
	buf_done(&told);
	assert_int_equal(asked("SELECT n FROM usage"), 1);
	assert_int_equal(asked("SELECT start_ts FROM run WHERE host='here'"), NOW + SECOND);
	assert_int_equal(asked("SELECT end_ts FROM run"), NOW + 2 * SECOND);
}

static void what_is_old_is_forgotten(void **state)
{
	const struct history_limits limits = { .keep_ns = 60 * DAY };
	struct history *h = opened(NULL);
	bool more = true;

	(void)state;
	begin(h, NOW - 100 * DAY);
	assert_int_equal(add(h, NOW - 90 * DAY, 1, true), 0);
	for (uint64_t i = 0; i < 24; i++)
		assert_int_equal(add(h, NOW / DAY * DAY - 40 * DAY + i * USAGE_HOUR_NS, 2, false), 0);
	assert_int_equal(add(h, NOW - DAY, 1, false), 0);
	assert_int_equal(history_keep(h, &limits, NOW, &more), 0);
	assert_false(more);
	history_close(h);
	assert_int_equal(asked("SELECT count(*) FROM usage"), 2);
	assert_int_equal(asked("SELECT count(*) FROM denial"), 0);
	/* A day of 24 hours is one row. */
	assert_int_equal(asked("SELECT max(n) FROM usage"), 48);
	assert_int_equal(asked("SELECT count(*) FROM usage WHERE n=48 AND hour%24=0"), 1);
}

static void it_stays_as_small_as_it_is_told(void **state)
{
	const struct history_limits limits = { .max_bytes = 160 << 10, .denials = 100 };
	struct history *h = opened(NULL);
	bool more = true;

	(void)state;
	begin(h, NOW - 30 * DAY);
	for (uint64_t i = 0; i < 20 * 24; i++)
		assert_int_equal(add(h, NOW - 20 * DAY + i * USAGE_HOUR_NS, 1, true), 0);
	for (int i = 0; i < 100 && more; i++)
		assert_int_equal(history_keep(h, &limits, NOW, &more), 0);
	assert_false(more);
	assert_true(history_bytes(h) <= 160 << 10);
	assert_true(asked("SELECT count(*) FROM denial") <= 100);
	assert_true(asked("SELECT count(*) FROM usage") > 0);
	/* The newest stays. */
	assert_int_equal(asked("SELECT max(hour) FROM usage"), NOW / USAGE_HOUR_NS - 1);
	history_close(h);
}

static void alerts_are_kept(void **state)
{
	const struct history_alert alert = { NOW, 2, "unit:nobody.service", "no 'such' thing", "{}", 2 };
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(history_alert(h, &alert), 0);
	history_close(h);
	assert_int_equal(asked("SELECT count(*) FROM alert WHERE rule='no ''such'' thing' AND workload_id IS NULL"), 1);
}

static void who_reads_makes_nothing(void **state)
{
	struct buf told = BUF_INIT;
	struct history *h = NULL;

	(void)state;
	assert_int_equal(history_read(path, &told, &h), -ENOENT);
	assert_int_equal(access(path, F_OK), -1);
	write_file("no database\n");
	assert_int_equal(history_read(path, &told, &h), -EBADMSG);
	buf_done(&told);
}

/* ---- questions ------------------------------------------------------------------------------------------------------- */

static struct history *reader(void)
{
	struct buf told = BUF_INIT;
	struct history *h = NULL;

	assert_int_equal(history_read(path, &told, &h), 0);
	buf_done(&told);
	return h;
}

static void nothing_yet_is_an_answer(void **state)
{
	struct history *h = opened(NULL), *r;
	struct past_state s;

	(void)state;
	r = reader();
	assert_int_equal(ask_state(r, &s), 0);
	assert_false(s.any);
	begin(h, NOW);
	assert_int_equal(ask_state(r, &s), 0);
	assert_true(s.any);
	assert_false(s.told);
	assert_int_equal(s.since_ns, NOW);
	history_close(r);
	history_close(h);
}

/* While it is written. */
static void what_was_used_and_never_used(void **state)
{
	const struct ask_time week = { NOW - 7 * DAY, NOW }, before = { NOW - 20 * DAY, NOW - 10 * DAY };
	struct history *h = opened(NULL), *r;
	struct past_list list, none;
	struct past *p;
	bool granted;

	(void)state;
	web.granted.effective = 0x2400;
	begin(h, NOW - 8 * DAY);
	assert_int_equal(add(h, NOW - 6 * DAY, 3, false), 0);
	assert_int_equal(add(h, NOW - DAY, 4, false), 0);
	assert_int_equal(add(h, NOW - DAY, 2, true), 0);
	r = reader();
	assert_int_equal(ask_workloads(r, &list), 0);
	assert_int_equal(list.count, 1);
	p = &list.at[0];
	assert_int_equal(ask_uses(r, &week, p), 0);
	assert_int_equal(p->count, 2);
	assert_int_equal(p->uses[0].n, 7);
	assert_int_equal(p->uses[0].slot[3], 3);
	assert_int_equal(p->uses[0].slot[18], 4);
	assert_string_equal(p->uses[0].exe, exes[1]);
	assert_string_equal(p->uses[0].call, "bind");
	assert_string_equal(p->workload.text[WORKLOAD_UNIT_NAME], web_unit);
	assert_int_equal(past_used(p), 1 << 10);
	assert_int_equal(past_denied(p), 1 << 10);
	assert_int_equal(past_may(p, &granted), 0x2400);
	assert_true(granted);
	assert_int_equal(past_unused(p), 0x2000);
	assert_int_equal(ask_workloads(r, &none), 0);
	assert_int_equal(ask_uses(r, &before, &none.at[0]), 0);
	assert_int_equal(none.at[0].count, 0);
	past_done_all(&none);
	past_done_all(&list);
	history_close(r);
	history_close(h);
}

/* The same in each hour is the same in each slot, of however many hours: hours are what is kept. */
static void slots_are_whole_hours(void **state)
{
	const uint64_t hour = USAGE_HOUR_NS, first = NOW / hour * hour;

	(void)state;
	for (uint64_t hours = 1; hours <= 24ULL * 14; hours++) {
		const struct ask_time time = { first - (hours - 1) * hour, first + hour - 1 };
		struct ask_parts parts = ask_parts(&time);

		assert_int_equal(parts.first_hour, time.from_ns / hour);
		assert_in_range(parts.count, 1, PAST_SLOTS);
		assert_true(parts.hours >= 1 && parts.hours * parts.count >= hours);
		assert_true(hours > PAST_SLOTS || (parts.hours == 1 && parts.count == hours));
	}
}

static void what_was_refused_when(void **state)
{
	const struct ask_time night = { NOW - 600 * SECOND, NOW };
	struct past_denials d = { NULL, 0, 0 };
	struct history *h = opened(NULL);
	struct past_list list;

	(void)state;
	begin(h, NOW - 8 * DAY);
	assert_int_equal(add(h, NOW - 700 * SECOND, 1, true), 0);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(add(h, NOW - 500 * SECOND + i * 61 * SECOND, 2, true), 0);
	assert_int_equal(ask_workloads(h, &list), 0);
	assert_int_equal(ask_denials(h, &night, &list.at[0], 3, &d), 0);
	past_sort_denials(&d);
	assert_int_equal(d.count, 3);
	assert_int_equal(d.more, 2);
	assert_int_equal(d.at[0].first_ns, NOW - 500 * SECOND);
	assert_int_equal(d.at[0].error, EPERM);
	assert_int_equal(d.at[0].uid, UINT32_MAX);
	assert_string_equal(d.at[0].operation, "bind a port below 1024");
	past_done_denials(&d);
	past_done_all(&list);
	history_close(h);
}

static void gaps_of_the_time_are_told(void **state)
{
	const struct usage_gap gap = { NOW - 100 * SECOND, NOW - 90 * SECOND, 7, "ring_full" };
	const struct ask_time late = { NOW - 95 * SECOND, NOW }, later = { NOW - 50 * SECOND, NOW };
	struct history *h = opened(NULL);
	struct past_gaps gaps;

	(void)state;
	assert_int_equal(history_gap(h, &gap), 0);
	assert_int_equal(ask_gaps(h, &late, &gaps), 0);
	assert_int_equal(gaps.count, 1);
	assert_int_equal(past_lost(&gaps), 7);
	past_done_gaps(&gaps);
	assert_int_equal(ask_gaps(h, &later, &gaps), 0);
	assert_int_equal(gaps.count, 0);
	past_done_gaps(&gaps);
	history_close(h);
}

/* How SQLite goes about it: a range of the primary key, and nothing else. */
static void plan_is(const char *sql, const char *wanted)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *st;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 3), wanted);
	while (sqlite3_step(st) == SQLITE_ROW)
		assert_null(strstr((const char *)sqlite3_column_text(st, 3), "SCAN"));
	sqlite3_finalize(st);
	sqlite3_close(db);
	sqlite3_free(explain);
}

static void questions_are_answered_by_the_key(void **state)
{
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW, 1, true), 0);
	history_close(h);
	plan_is(ask_uses_sql, "SEARCH usage USING PRIMARY KEY (workload_id=? AND hour>? AND hour<?)");
	plan_is(ask_denials_sql, "SEARCH d USING PRIMARY KEY (workload_id=? AND minute>? AND minute<?)");
}

/* Whatever stands in it: no number leads out of a table of ours. */
static void what_is_made_up_stays_in_its_range(void **state)
{
	const struct ask_time all = { 0, UINT64_MAX / 2 };
	struct past_denials d = { NULL, 0, 0 };
	struct history *h = opened(NULL);
	struct past_list list;

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW, 1, true), 0);
	history_close(h);
	told_by("UPDATE usage SET cap=-5; UPDATE usage SET class=99, verdict=7, n=-4, exe_id=999, error='x', last_ts='never';"
		"INSERT INTO usage SELECT workload_id, hour, 12, 1, 999, 77, 88, -1, 2, 3, 'x', NULL, -7 FROM usage WHERE 0;"
		"UPDATE denial SET class=255, outcome=99, cap=3, exe_id=44, comm=NULL, uid=-8;"
		"UPDATE workload SET kind=77, engine=-3, granted_source=9, flags=-1, key=x'ff00fe'");
	h = reader();
	assert_int_equal(ask_workloads(h, &list), 0);
	assert_true(list.at[0].workload.kind < WORKLOAD_KINDS);
	assert_true(list.at[0].workload.engine < ENGINE_COUNT);
	assert_int_equal(ask_uses(h, &all, &list.at[0]), 0);
	for (size_t i = 0; i < list.at[0].count; i++)
		assert_in_range(list.at[0].uses[i].cap, 0, 63);
	assert_int_equal(ask_denials(h, &all, &list.at[0], 10, &d), 0);
	for (size_t i = 0; i < d.count; i++)
		assert_in_range(d.at[i].outcome, 0, OUTCOME_COUNT - 1);
	past_done_denials(&d);
	past_done_all(&list);
	history_close(h);
}

/* As version 1 was: it had another table for what is learned. */
static void an_older_one_is_brought_up_to_date(void **state)
{
	struct history *h = opened(NULL), *r = NULL;
	struct buf told = BUF_INIT;

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW, 3, false), 0);
	assert_int_equal(history_end(h, NOW), 0);
	history_close(h);
	told_by("DROP TABLE baseline; PRAGMA user_version=1;"
		"CREATE TABLE learned(key TEXT NOT NULL, of TEXT NOT NULL, cap INT NOT NULL, first_ts INT NOT NULL,"
		" last_ts INT NOT NULL, n INT NOT NULL, PRIMARY KEY(key, of, cap)) WITHOUT ROWID;");
	assert_int_equal(history_read(path, &told, &r), -ESTALE);
	assert_non_null(strstr(buf_str(&told), "older version"));
	buf_done(&told);
	history_close(opened(NULL));
	assert_int_equal(asked("PRAGMA user_version"), HISTORY_VERSION);
	assert_int_equal(asked("SELECT n FROM usage"), 3);
	assert_int_equal(asked("SELECT count(*) FROM baseline"), 0);
}

static struct learn_baseline learned[4];
static unsigned learned_count;

static int take_baseline(void *ctx, const struct learn_baseline *b)
{
	(void)ctx;
	learned[learned_count++ % 4] = *b;
	return 0;
}

static const struct learn_baseline *the_baseline(struct history *h)
{
	learned_count = 0;
	assert_int_equal(learn_each(h, take_baseline, NULL), 0);
	assert_int_equal(learned_count, 1);
	return &learned[0];
}

static int add_of(struct history *h, struct workload *of, uint64_t at_ns, int cap)
{
	const struct usage_who who = { of, 0, at_ns, at_ns };
	const struct usage use = { .exe = 1, .cap = cap, .class = SITE_NEEDED, .hour = (uint32_t)(at_ns / USAGE_HOUR_NS), .n = 1,
				   .first_ns = at_ns, .last_ns = at_ns };
	const struct usage_batch batch = { &who, 1, exes, 2, whats, 1, &use, 1, NULL, 0, NULL, 0, at_ns };

	return history_add(h, &batch);
}

static uint64_t due;

/* Everybody, as one: with a key of each or the same for all. */
static unsigned look(struct history *h, const char *key, uint64_t span, uint64_t now)
{
	struct learn_wish wishes[4];
	struct past_list list;
	unsigned count = 77;

	due = 77;
	assert_int_equal(ask_workloads(h, &list), 0);
	assert_in_range(list.count, 1, 4);
	for (size_t i = 0; i < list.count; i++)
		wishes[i] = (struct learn_wish){ key ?: list.at[i].key, i ? DAY / 2 : span, list.at[i].id, list.at[i].first_ns };
	assert_int_equal(learn_look(h, wishes, list.count, now, &count, &due), 0);
	past_done_all(&list);
	return count;
}

static void what_it_did_in_its_first_days_is_learned(void **state)
{
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW, 1, false), 0);
	assert_int_equal(add(h, NOW, 1, true), 0);
	assert_int_equal(look(h, NULL, 7 * DAY, NOW + 6 * DAY), 0);
	assert_int_equal(due, NOW + 7 * DAY);
	assert_int_equal(the_baseline(h)->until_ns, 0);
	assert_int_equal(look(h, NULL, 7 * DAY, NOW + 8 * DAY), 1);
	assert_int_equal(due, 0);
	assert_int_equal(the_baseline(h)->caps, 1 << 10);
	assert_int_equal(the_baseline(h)->since_ns, NOW);
	assert_int_equal(the_baseline(h)->until_ns, NOW + 7 * DAY);
	/* It stays what it was, until it is told to learn anew. */
	assert_int_equal(look(h, NULL, DAY, NOW + 20 * DAY), 0);
	assert_int_equal(learn_anew(h, "unit:nobody.service", NOW), -ENOENT);
	assert_int_equal(learn_anew(h, NULL, NOW + 20 * DAY), 0);
	assert_int_equal(the_baseline(h)->until_ns, 0);
	assert_int_equal(look(h, NULL, DAY, NOW + 22 * DAY), 1);
	assert_int_equal(the_baseline(h)->caps, 0);
	history_close(h);
}

/* What it did in the same hour, but before, is what it may have been told to forget for. */
static void what_was_before_it_is_not_learned(void **state)
{
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(add(h, NOW, 1, false), 0);
	assert_int_equal(look(h, NULL, DAY, NOW + 1), 0);
	assert_int_equal(learn_anew(h, NULL, NOW + 1000000), 0);
	assert_int_equal(look(h, NULL, DAY, NOW + 2 * DAY), 1);
	assert_int_equal(the_baseline(h)->caps, 0);
	history_close(h);
}

/* Two containers of one image, whatever they are called. */
static void containers_of_an_image_are_learned_as_one(void **state)
{
	static struct workload one = { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_VERIFIED,
				       .text = { [WORKLOAD_NAME] = (char *)"quirky_tesla", [WORKLOAD_IMAGE] = (char *)"shop:1" } };
	static struct workload two = { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_VERIFIED,
				       .text = { [WORKLOAD_NAME] = (char *)"happy_turing", [WORKLOAD_IMAGE] = (char *)"shop:2" } };
	struct history *h = opened(NULL);

	(void)state;
	begin(h, NOW);
	assert_int_equal(add_of(h, &one, NOW, 5), 0);
	assert_int_equal(add_of(h, &two, NOW + DAY / 2, 7), 0);
	assert_int_equal(add_of(h, &two, NOW + 2 * DAY, 9), 0);
	assert_int_equal(look(h, "image:shop", DAY, NOW + DAY / 2), 0);
	assert_int_equal(look(h, "image:shop", DAY, NOW + 3 * DAY), 1);
	assert_int_equal(the_baseline(h)->since_ns, NOW);
	assert_int_equal(the_baseline(h)->until_ns, NOW + DAY);
	assert_int_equal(the_baseline(h)->caps, 1 << 5 | 1 << 7);
	history_close(h);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(what_is_added_adds_up), TEST(it_is_for_nobody_else), TEST(nobody_watched_in_between),
		TEST(losses_that_go_on_are_one_gap), TEST(what_is_no_history_is_moved_aside),
		TEST(a_newer_one_is_moved_aside), TEST(somebody_elses_tables_are_not_touched), TEST(damage_is_found),
		TEST(it_can_be_renewed_while_it_runs), TEST(what_is_old_is_forgotten),
		TEST(it_stays_as_small_as_it_is_told), TEST(alerts_are_kept), TEST(who_reads_makes_nothing),
		TEST(nothing_yet_is_an_answer), TEST(what_was_used_and_never_used), TEST(what_was_refused_when),
		TEST(slots_are_whole_hours),
		TEST(gaps_of_the_time_are_told), TEST(questions_are_answered_by_the_key),
		TEST(what_is_made_up_stays_in_its_range), TEST(an_older_one_is_brought_up_to_date),
		TEST(what_it_did_in_its_first_days_is_learned), TEST(what_was_before_it_is_not_learned),
		TEST(containers_of_an_image_are_learned_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
