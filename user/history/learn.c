/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/learn.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/history/db.h"
#include "user/model/usage.h"

enum { KNOWN, BEGIN, USED, CONCLUDE, STATEMENTS };
enum { DAY_HOURS = 24 };

/*
 * Of the hour in which it began only what was used after that. What was used in the whole of it is counted together: what
 * was used before and after that moment was used after it. (What is old is kept by days, under their first hour.)
 */
static const char *const sql[STATEMENTS] = {
	[KNOWN] = "SELECT start_ts, end_ts FROM baseline WHERE key=?1",
	[BEGIN] = "INSERT INTO baseline VALUES(?1,?2,0,0)",
	[USED] = "SELECT DISTINCT cap FROM usage WHERE workload_id=?1 AND hour>=?2 AND hour<=?3 AND verdict=0 AND class<?4"
		 " AND last_ts>=?5 AND first_ts<=?6",
	[CONCLUDE] = "UPDATE baseline SET end_ts=?2, caps=?3 WHERE key=?1",
};

struct looking {
	sqlite3_stmt *st[STATEMENTS];
	uint64_t now_ns;
	unsigned concluded;
	uint64_t due_ns;
};

/* What one of them used is added. */
static int add_used(sqlite3_stmt *used, int64_t workload, uint64_t since_ns, uint64_t until_ns, uint64_t *set)
{
	int row;

	for (row = db_first(used, "iiiiii", workload, (int64_t)(since_ns / USAGE_HOUR_NS) - DAY_HOURS, (int64_t)(until_ns / USAGE_HOUR_NS),
			    (int64_t)USAGE_FOREIGN, (int64_t)since_ns, (int64_t)until_ns);
	     row == 1; row = db_next(used)) {
		const int64_t cap = sqlite.column_int64(used, 0);

		if (cap >= 0 && cap < 64)
			*set |= 1ULL << cap;
	}
	return row;
}

static int conclude(struct looking *l, const struct learn_wish *of, size_t count, uint64_t since_ns, uint64_t until_ns)
{
	uint64_t caps = 0;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = add_used(l->st[USED], of[i].workload, since_ns, until_ns, &caps);
	err = err ? err : db_run(l->st[CONCLUDE], "sii", of->key, (int64_t)until_ns, (int64_t)caps);
	l->concluded += !err;
	return err;
}

/* All wishes of one key. */
static int look_at(struct looking *l, const struct learn_wish *of, size_t count)
{
	uint64_t since_ns = of->first_ns, span_ns = 0;
	bool over = false;
	int row, err = 0;

	for (size_t i = 0; i < count; i++) {
		if (of[i].first_ns < since_ns)
			since_ns = of[i].first_ns;
		if (of[i].span_ns > span_ns)
			span_ns = of[i].span_ns;
	}
	row = db_first(l->st[KNOWN], "s", of->key);
	if (row == 1) {
		since_ns = (uint64_t)sqlite.column_int64(l->st[KNOWN], 0);
		over = sqlite.column_int64(l->st[KNOWN], 1);
	}
	sqlite.reset(l->st[KNOWN]);
	if (row <= 0)
		err = row ? row : db_run(l->st[BEGIN], "si", of->key, (int64_t)since_ns);
	if (err || over)
		return err;
	if (l->now_ns < since_ns || l->now_ns - since_ns < span_ns) {
		if (!l->due_ns || since_ns + span_ns < l->due_ns)
			l->due_ns = since_ns + span_ns;
		return 0;
	}
	return conclude(l, of, count, since_ns, since_ns + span_ns);
}

static int look_at_all(struct looking *l, const struct learn_wish *wishes, size_t count)
{
	int err = 0;

	for (size_t from = 0, to; from < count && !err; from = to) {
		for (to = from + 1; to < count && !strcmp(wishes[to].key, wishes[from].key);)
			to++;
		err = look_at(l, &wishes[from], to - from);
	}
	return err;
}

int learn_look(struct history *h, const struct learn_wish *wishes, size_t count, uint64_t now_ns, unsigned *ret_new,
	       uint64_t *ret_due_ns)
{
	struct looking l = { .now_ns = now_ns };
	int err = 0;

	for (int i = 0; i < STATEMENTS && !err; i++)
		err = db_prepare(h, sql[i], &l.st[i]);
	err = err ? err : db_exec(h, "BEGIN");
	if (!err) {
		err = look_at_all(&l, wishes, count);
		err = err ? err : db_exec(h, "COMMIT");
		if (err)
			db_exec(h, "ROLLBACK");
	}
	for (int i = 0; i < STATEMENTS; i++)
		sqlite.finalize(l.st[i]);
	if (err)
		return err;
	*ret_new = l.concluded;
	*ret_due_ns = l.due_ns;
	return 0;
}

int learn_each(struct history *h, int (*fn)(void *ctx, const struct learn_baseline *b), void *ctx)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, "SELECT key, start_ts, end_ts, caps FROM baseline ORDER BY key", &st), row = 0;

	if (!err)
		for (row = db_first(st, ""); row == 1 && !err; row = err ? 0 : db_next(st)) {
			const struct learn_baseline b = {
				.key = db_text(st, 0) ? db_text(st, 0) : "",
				.since_ns = (uint64_t)sqlite.column_int64(st, 1),
				.until_ns = (uint64_t)sqlite.column_int64(st, 2),
				.caps = (uint64_t)sqlite.column_int64(st, 3),
			};

			err = fn(ctx, &b);
		}
	sqlite.finalize(st);
	return err ? err : row < 0 ? row : 0;
}

int learn_anew(struct history *h, const char *key, uint64_t now_ns)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, "UPDATE baseline SET start_ts=?2, end_ts=0, caps=0 WHERE ?1 IS NULL OR key=?1", &st);

	err = err ? err : db_run(st, "si", key, (int64_t)now_ns);
	sqlite.finalize(st);
	if (err)
		return err;
	return sqlite.changes(h->db) || !key ? 0 : -ENOENT;
}
