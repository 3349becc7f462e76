/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/learn.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/history/db.h"
#include "user/model/usage.h"

static const char used_sql[] = "SELECT DISTINCT cap FROM usage WHERE workload_id=(SELECT id FROM workload WHERE key=?1)"
			       " AND hour>=?2 AND hour<=?3 AND verdict=0 AND class<?4";

static int used_by(sqlite3_stmt *used, const char *key, uint64_t since_ns, uint64_t until_ns, uint64_t *ret)
{
	uint64_t set = 0;
	int row;

	for (row = db_first(used, "siii", key, (int64_t)(since_ns / USAGE_HOUR_NS), (int64_t)(until_ns / USAGE_HOUR_NS),
			    (int64_t)USAGE_FOREIGN);
	     row == 1; row = db_next(used)) {
		const int64_t cap = sqlite.column_int64(used, 0);

		if (cap >= 0 && cap < 64)
			set |= 1ULL << cap;
	}
	*ret = set;
	return row;
}

static int conclude(struct history *h, uint64_t span_ns, uint64_t now_ns, unsigned *ret_new)
{
	sqlite3_stmt *due = NULL, *used = NULL, *put = NULL;
	uint64_t caps;
	int err = db_prepare(h, "SELECT key, start_ts FROM baseline WHERE end_ts=0 AND start_ts<=?1 ORDER BY key", &due), row = 0;

	err = err ? err : db_prepare(h, used_sql, &used);
	err = err ? err : db_prepare(h, "UPDATE baseline SET end_ts=?2, caps=?3 WHERE key=?1", &put);
	if (!err)
		for (row = db_first(due, "i", (int64_t)(now_ns - span_ns)); row == 1 && !err; row = err ? 0 : db_next(due)) {
			const char *key = db_text(due, 0);
			const uint64_t since = (uint64_t)sqlite.column_int64(due, 1);

			err = used_by(used, key, since, since + span_ns, &caps);
			err = err ? err : db_run(put, "sii", key, (int64_t)(since + span_ns), (int64_t)caps);
			(*ret_new)++;
		}
	sqlite.finalize(due);
	sqlite.finalize(used);
	sqlite.finalize(put);
	return err ? err : row < 0 ? row : 0;
}

int learn_look(struct history *h, uint64_t span_ns, uint64_t now_ns, unsigned *ret_new)
{
	unsigned count = 0;
	int err = db_exec(h, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = db_exec(h, "INSERT OR IGNORE INTO baseline SELECT key, first_seen, 0, 0 FROM workload WHERE key<>''");
	if (!err && span_ns < now_ns)
		err = conclude(h, span_ns, now_ns, &count);
	err = err ? err : db_exec(h, "COMMIT");
	if (err) {
		db_exec(h, "ROLLBACK");
		return err;
	}
	*ret_new = count;
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
