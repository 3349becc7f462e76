/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/schema.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "user/history/db.h"
#include "user/history/history.h"

/*
 * What brings version i to version i + 1. A row is never changed once it was released. There is no index on `hour`: with one,
 * the question of what one workload used is answered by it, and takes a hundred times as long.
 */
static const char *const steps[] = {
	"CREATE TABLE run(id INTEGER PRIMARY KEY, start_ts INT NOT NULL, end_ts INT NOT NULL, closed INT NOT NULL,"
	" imported INT NOT NULL, host TEXT, boot_id TEXT, kernel TEXT, machine TEXT, probe TEXT);"
	"CREATE TABLE workload(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind INT NOT NULL, engine INT NOT NULL,"
	" flags INT NOT NULL, owner INT NOT NULL, container_id TEXT, name TEXT, image TEXT, image_id TEXT, k8s_ns TEXT,"
	" k8s_pod TEXT, k8s_container TEXT, unit TEXT, user_unit TEXT, slice TEXT, session TEXT, cgroup TEXT,"
	" granted_source INT NOT NULL, granted INT NOT NULL, bounding INT NOT NULL, held INT NOT NULL,"
	" first_seen INT NOT NULL, last_seen INT NOT NULL);"
	"CREATE INDEX workload_name ON workload(name);"
	"CREATE INDEX workload_cid ON workload(container_id);"
	"CREATE TABLE exe(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);"
	"CREATE TABLE what(id INTEGER PRIMARY KEY, syscall TEXT NOT NULL, operation TEXT NOT NULL, site TEXT NOT NULL,"
	" UNIQUE(syscall, operation, site));"
	"CREATE TABLE usage(workload_id INT NOT NULL REFERENCES workload(id), hour INT NOT NULL, cap INT NOT NULL,"
	" verdict INT NOT NULL, class INT NOT NULL, exe_id INT NOT NULL, what_id INT NOT NULL, n INT NOT NULL,"
	" failed INT NOT NULL, worked INT NOT NULL, error INT NOT NULL, first_ts INT NOT NULL, last_ts INT NOT NULL,"
	" PRIMARY KEY(workload_id, hour, cap, verdict, class, exe_id, what_id)) WITHOUT ROWID;"
	"CREATE TABLE denial(workload_id INT NOT NULL REFERENCES workload(id), minute INT NOT NULL, cap INT NOT NULL,"
	" class INT NOT NULL, exe_id INT NOT NULL, what_id INT NOT NULL, outcome INT NOT NULL, error INT NOT NULL,"
	" n INT NOT NULL, first_ts INT NOT NULL, last_ts INT NOT NULL, pid INT NOT NULL, uid INT, comm TEXT,"
	" PRIMARY KEY(workload_id, minute, cap, class, exe_id, what_id, outcome, error)) WITHOUT ROWID;"
	"CREATE TABLE alert(id INTEGER PRIMARY KEY, ts INT NOT NULL, workload_id INT, rule TEXT NOT NULL,"
	" severity INT NOT NULL, n INT, json TEXT NOT NULL);"
	"CREATE TABLE gap(start_ts INT NOT NULL, end_ts INT NOT NULL, lost INT NOT NULL, reason TEXT);"
	"CREATE TABLE learned(key TEXT NOT NULL, of TEXT NOT NULL, cap INT NOT NULL, first_ts INT NOT NULL,"
	" last_ts INT NOT NULL, n INT NOT NULL, PRIMARY KEY(key, of, cap)) WITHOUT ROWID;",
	/* Nothing was ever learned into the former. */
	"DROP TABLE learned;"
	"CREATE TABLE baseline(key TEXT PRIMARY KEY, start_ts INT NOT NULL, end_ts INT NOT NULL, caps INT NOT NULL) WITHOUT ROWID;",
};
_Static_assert(sizeof(steps) / sizeof(steps[0]) == HISTORY_VERSION, "a step to each version");

static int begin_version(struct history *h, int64_t version)
{
	char sql[48];

	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", (int)version);
	return db_exec(h, sql);
}

/* A file of somebody else's that happens to be SQLite is none of ours. */
static int check_empty(struct history *h)
{
	int64_t tables;
	int err = db_number(h, "SELECT count(*) FROM sqlite_master", &tables);

	return err ? err : tables ? -EBADMSG : 0;
}

static int climb(struct history *h, int64_t version)
{
	int err = version ? 0 : check_empty(h);

	for (int64_t i = version; i < HISTORY_VERSION && !err; i++)
		err = db_exec(h, steps[i]);
	return err ? err : begin_version(h, HISTORY_VERSION);
}

int schema_bring(struct history *h)
{
	int64_t version;
	int err = db_number(h, "PRAGMA user_version", &version);

	if (err)
		return err;
	if (version > HISTORY_VERSION || version < 0)
		return -ENOTSUP;
	if (version == HISTORY_VERSION)
		return schema_check(h);
	err = db_exec(h, "BEGIN IMMEDIATE");
	err = err ? err : climb(h, version);
	err = err ? err : db_exec(h, "COMMIT");
	if (err)
		db_exec(h, "ROLLBACK");
	return err;
}

int schema_check(struct history *h)
{
	static const char *const tables[] = {
		"SELECT 1 FROM run, workload, exe, what, usage, denial, alert, gap, baseline LIMIT 0",
		"SELECT machine, imported, closed FROM run LIMIT 0",
		"SELECT key, flags, owner, granted_source, bounding, held, last_seen FROM workload LIMIT 0",
		"SELECT workload_id, hour, cap, verdict, class, exe_id, what_id, n, failed, worked, error FROM usage LIMIT 0",
		"SELECT workload_id, minute, outcome, error, pid, uid, comm FROM denial LIMIT 0",
	};
	int64_t version;
	int err = db_number(h, "PRAGMA user_version", &version);

	if (err)
		return err;
	if (version > HISTORY_VERSION)
		return -ENOTSUP;
	/* Whoever only reads brings nothing up to date. */
	if (version < HISTORY_VERSION)
		return version ? -ESTALE : -EBADMSG;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !err; i++)
		err = db_exec(h, tables[i]);
	return err;
}
