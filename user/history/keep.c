/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "user/history/db.h"
#include "user/history/history.h"
#include "user/model/usage.h"

/*
 * Rows are found by workload and hour, for that is how they stand: every question here is asked of one workload after the
 * other, and never of all hours.
 */

enum {
	DAY_HOURS = 24,
	FINE_HOURS = 30 * DAY_HOURS,	/* then hours become days */
	DENIALS = 200000,
	ALERTS = 100000,
	GAPS = 20000,
	ORPHANS = 1000,		/* names that nobody has any more are looked for from so many on */
};

static int64_t hours_of(uint64_t ns)
{
	return (int64_t)(ns / USAGE_HOUR_NS);
}

/* Runs one statement for each workload: ?1 is its number, ?2 what is passed. */
static int for_each(struct history *h, const char *sql, int64_t bound)
{
	sqlite3_stmt *each = NULL, *st = NULL;
	int err = db_prepare(h, "SELECT id FROM workload", &each), row = 0;

	err = err ? err : db_prepare(h, sql, &st);
	if (!err)
		for (row = db_first(each, ""); row == 1 && !err; row = db_next(each))
			err = db_run(st, "ii", (int64_t)sqlite.column_int64(each, 0), bound);
	sqlite.finalize(each);
	sqlite.finalize(st);
	return err ? err : row < 0 ? row : 0;
}

static int forget_before(struct history *h, int64_t hour)
{
	int err = for_each(h, "DELETE FROM usage WHERE workload_id=?1 AND hour<?2", hour);

	return err ? err : for_each(h, "DELETE FROM denial WHERE workload_id=?1 AND minute<?2*60", hour);
}

static int forget_times(struct history *h, uint64_t before_ns)
{
	static const char *const texts[] = {
		"DELETE FROM alert WHERE ts<?1",
		"DELETE FROM gap WHERE end_ts<?1",
		"DELETE FROM run WHERE end_ts<?1 AND id<>(SELECT max(id) FROM run)",
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !err; i++) {
		sqlite3_stmt *st = NULL;

		err = db_prepare(h, texts[i], &st);
		err = err ? err : db_run(st, "i", (int64_t)before_ns);
		sqlite.finalize(st);
	}
	return err;
}

static int make_days(struct history *h, int64_t before)
{
	int err = for_each(
		h,
		"INSERT INTO usage SELECT workload_id, hour/24*24, cap, verdict, class, exe_id, what_id, sum(n), sum(failed),"
		" sum(worked), max(error), min(first_ts), max(last_ts) FROM usage WHERE workload_id=?1 AND hour<?2 AND hour%24<>0"
		" GROUP BY 1, 2, 3, 4, 5, 6, 7"
		" ON CONFLICT(workload_id, hour, cap, verdict, class, exe_id, what_id) DO UPDATE SET n=n+excluded.n,"
		" failed=failed+excluded.failed, worked=worked+excluded.worked, first_ts=min(first_ts, excluded.first_ts),"
		" last_ts=max(last_ts, excluded.last_ts)",
		before);

	return err ? err : for_each(h, "DELETE FROM usage WHERE workload_id=?1 AND hour<?2 AND hour%24<>0", before);
}

/* The oldest hour of any workload; -ENODATA: there is none. */
static int oldest(struct history *h, int64_t *ret)
{
	return db_number(h,
			 "SELECT hour FROM (SELECT (SELECT min(hour) FROM usage u WHERE u.workload_id=w.id) AS hour FROM workload w)"
			 " WHERE hour IS NOT NULL ORDER BY hour LIMIT 1",
			 ret);
}

/* Names of which no row speaks any more. Looks at all rows: seldom. */
static int forget_names(struct history *h)
{
	int64_t names;
	int err = db_number(h, "SELECT count(*) FROM exe", &names);

	err = err ? err : db_exec(h, "DELETE FROM workload WHERE NOT EXISTS (SELECT 1 FROM usage u WHERE u.workload_id=workload.id)"
				     " AND NOT EXISTS (SELECT 1 FROM denial d WHERE d.workload_id=workload.id)");
	if (err || names < ORPHANS)
		return err;
	return db_exec(h, "DELETE FROM exe WHERE id NOT IN (SELECT exe_id FROM usage) AND id NOT IN (SELECT exe_id FROM denial);"
			  "DELETE FROM what WHERE id NOT IN (SELECT what_id FROM usage) AND id NOT IN (SELECT what_id FROM denial)");
}

/* So many rows at most: the oldest go. */
static int thin_denials(struct history *h, uint64_t most)
{
	int64_t rows, minute;
	sqlite3_stmt *st = NULL;
	int err = db_number(h, "SELECT count(*) FROM denial", &rows), row;

	if (err || (uint64_t)rows <= most)
		return err;
	err = db_prepare(h, "SELECT minute FROM denial ORDER BY minute LIMIT 1 OFFSET ?1", &st);
	row = err ? err : db_first(st, "i", rows - (int64_t)most);
	minute = row == 1 ? sqlite.column_int64(st, 0) : 0;
	sqlite.finalize(st);
	return row < 0 ? row : for_each(h, "DELETE FROM denial WHERE workload_id=?1 AND minute<=?2", minute);
}

static int thin(struct history *h, const char *sql, uint64_t most)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, sql, &st);

	err = err ? err : db_run(st, "i", (int64_t)most);
	sqlite.finalize(st);
	return err;
}

static uint64_t number(struct history *h, const char *sql)
{
	int64_t n;

	return db_number(h, sql, &n) || n < 0 ? 0 : (uint64_t)n;
}

uint64_t history_bytes(struct history *h)
{
	const uint64_t pages = number(h, "PRAGMA page_count"), unused = number(h, "PRAGMA freelist_count");

	return (pages > unused ? pages - unused : 0) * number(h, "PRAGMA page_size");
}

/* The oldest day goes; *ret_more: there is more than there may be. */
static int forget_oldest(struct history *h, uint64_t max_bytes, bool *ret_more)
{
	int64_t hour;
	int err;

	if (!max_bytes || history_bytes(h) <= max_bytes)
		return 0;
	err = oldest(h, &hour);
	if (err)
		return err == -ENODATA ? 0 : err;
	err = forget_before(h, (hour / DAY_HOURS + 1) * DAY_HOURS);
	err = err ? err : forget_names(h);
	*ret_more = !err && history_bytes(h) > max_bytes;
	return err;
}

static int keep(struct history *h, const struct history_limits *l, uint64_t now_ns, bool *ret_more)
{
	const uint64_t before = l->keep_ns && l->keep_ns < now_ns ? now_ns - l->keep_ns : 0;
	int err = before ? forget_before(h, hours_of(before)) : 0;

	err = err || !before ? err : forget_times(h, before);
	err = err ? err : make_days(h, hours_of(now_ns) / DAY_HOURS * DAY_HOURS - FINE_HOURS);
	err = err ? err : thin_denials(h, l->denials ? l->denials : DENIALS);
	err = err ? err : thin(h, "DELETE FROM alert WHERE id<=(SELECT max(id) FROM alert)-?1", l->alerts ? l->alerts : ALERTS);
	err = err ? err : thin(h, "DELETE FROM gap WHERE rowid<=(SELECT max(rowid) FROM gap)-?1", GAPS);
	err = err ? err : forget_oldest(h, l->max_bytes, ret_more);
	return err || !before ? err : forget_names(h);
}

int history_keep(struct history *h, const struct history_limits *limits, uint64_t now_ns, bool *ret_more)
{
	bool more = false;
	int err = db_exec(h, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = keep(h, limits, now_ns, &more);
	err = err ? err : db_exec(h, "COMMIT");
	if (err) {
		db_exec(h, "ROLLBACK");
		return err;
	}
	*ret_more = more;
	return db_exec(h, "PRAGMA incremental_vacuum(4096)");
}
