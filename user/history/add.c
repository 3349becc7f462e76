/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/history/db.h"
#include "user/history/history.h"
#include "user/model/granted.h"
#include "user/model/usage.h"
#include "user/model/workload.h"

/* Two parts of one gap are one. */
#define JOINED_NS 2000000000ULL

enum statement {
	PUT_WORKLOAD,
	FIND_WORKLOAD,
	PUT_EXE,
	FIND_EXE,
	PUT_WHAT,
	FIND_WHAT,
	PUT_USE,
	PUT_DENIAL,
	MORE_GAP,
	PUT_GAP,
	REACH,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
	[PUT_WORKLOAD] =
		"INSERT INTO workload(key, kind, engine, flags, owner, container_id, name, image, image_id, k8s_ns, k8s_pod,"
		" k8s_container, unit, user_unit, slice, session, cgroup, granted_source, granted, bounding, held, first_seen, last_seen)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23)"
		" ON CONFLICT(key) DO UPDATE SET kind=?2, engine=?3, flags=?4, owner=?5, container_id=?6, name=?7, image=?8,"
		" image_id=?9, k8s_ns=?10, k8s_pod=?11, k8s_container=?12, unit=?13, user_unit=?14, slice=?15, session=?16, cgroup=?17,"
		" granted=CASE WHEN ?18 THEN ?19 ELSE granted END, bounding=CASE WHEN ?18 THEN ?20 ELSE bounding END,"
		" granted_source=CASE WHEN ?18 THEN ?18 ELSE granted_source END,"
		" held=held|?21, first_seen=min(first_seen,?22), last_seen=max(last_seen,?23)",
	[FIND_WORKLOAD] = "SELECT id FROM workload WHERE key=?1",
	[PUT_EXE] = "INSERT INTO exe(path) VALUES(?1)",
	[FIND_EXE] = "SELECT id FROM exe WHERE path=?1",
	[PUT_WHAT] = "INSERT INTO what(syscall, operation, site) VALUES(?1,?2,?3)",
	[FIND_WHAT] = "SELECT id FROM what WHERE syscall=?1 AND operation=?2 AND site=?3",
	[PUT_USE] =
		"INSERT INTO usage(workload_id, hour, cap, verdict, class, exe_id, what_id, n, failed, worked, error, first_ts, last_ts)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"
		" ON CONFLICT(workload_id, hour, cap, verdict, class, exe_id, what_id) DO UPDATE SET"
		" n=n+?8, failed=failed+?9, worked=worked+?10, error=CASE WHEN ?11 THEN ?11 ELSE error END,"
		" first_ts=min(first_ts,?12), last_ts=max(last_ts,?13)",
	[PUT_DENIAL] =
		"INSERT INTO denial(workload_id, minute, cap, class, exe_id, what_id, outcome, error, n, first_ts, last_ts, pid, uid, comm)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)"
		" ON CONFLICT(workload_id, minute, cap, class, exe_id, what_id, outcome, error) DO UPDATE SET"
		" n=n+?9, first_ts=min(first_ts,?10), last_ts=max(last_ts,?11)",
	[MORE_GAP] = "UPDATE gap SET end_ts=max(end_ts,?2), lost=lost+?3"
		     " WHERE rowid=(SELECT max(rowid) FROM gap) AND reason=?4 AND end_ts>=?1",
	[PUT_GAP] = "INSERT INTO gap(start_ts, end_ts, lost, reason) VALUES(?1,?2,?3,?4)",
	[REACH] = "UPDATE run SET end_ts=max(end_ts,?2) WHERE id=?1",
};

/* A batch on its way: the rows that its numbers became. */
struct adding {
	struct history *h;
	const struct usage_batch *batch;
	sqlite3_stmt *st[STATEMENTS];
	int64_t *whos, *exes, *whats;
};

static int prepare(struct adding *a)
{
	int err = 0;

	for (int i = 0; i < STATEMENTS && !err; i++)
		err = db_prepare(a->h, sql[i], &a->st[i]);
	return err;
}

static int room(struct adding *a)
{
	a->whos = calloc(a->batch->who_count + 1, sizeof(*a->whos));
	a->exes = calloc(a->batch->exe_count + 1, sizeof(*a->exes));
	a->whats = calloc(a->batch->what_count + 1, sizeof(*a->whats));
	return a->whos && a->exes && a->whats ? 0 : -ENOMEM;
}

/* The row that is there, or the one that was put. */
static int take_id(struct adding *a, int row, enum statement find, int64_t *ret)
{
	if (row == 1)
		*ret = sqlite.column_int64(a->st[find], 0);
	sqlite.reset(a->st[find]);
	return row < 0 ? row : 0;
}

static int put_who(struct adding *a, const struct usage_who *who, int64_t *ret)
{
	static const struct workload nobody = { .kind = WORKLOAD_UNKNOWN };
	const struct workload *w = who->workload ? who->workload : &nobody;
	const struct workload_granted *g = &w->granted;
	struct buf key = BUF_INIT;
	int err;

	workload_put_key(&key, w);
	err = key.error ? key.error : db_run(
		a->st[PUT_WORKLOAD], "siiiissssssssssssiiiiii", buf_str(&key), (int64_t)w->kind, (int64_t)w->engine,
		(int64_t)w->flags, (int64_t)w->owner, w->text[WORKLOAD_ID], w->text[WORKLOAD_NAME], w->text[WORKLOAD_IMAGE],
		w->text[WORKLOAD_IMAGE_ID], w->text[WORKLOAD_POD_NAMESPACE], w->text[WORKLOAD_POD_NAME],
		w->text[WORKLOAD_POD_CONTAINER], w->text[WORKLOAD_UNIT_NAME], w->text[WORKLOAD_USER_UNIT_NAME],
		w->text[WORKLOAD_SLICE_NAME], w->text[WORKLOAD_SESSION_ID], w->text[WORKLOAD_PATH], (int64_t)g->source,
		(int64_t)granted_to(w), (int64_t)g->bounding, (int64_t)who->held, (int64_t)who->first_ns,
		(int64_t)who->last_ns);
	err = err ? err : take_id(a, db_first(a->st[FIND_WORKLOAD], "s", buf_str(&key)), FIND_WORKLOAD, ret);
	buf_done(&key);
	return err;
}

static int put_exe(struct adding *a, const char *path, int64_t *ret)
{
	int err = take_id(a, db_first(a->st[FIND_EXE], "s", path), FIND_EXE, ret);

	if (err || *ret)
		return err;
	err = db_run(a->st[PUT_EXE], "s", path);
	*ret = sqlite.last_insert_rowid(a->h->db);
	return err;
}

static int put_what(struct adding *a, const struct usage_what *w, int64_t *ret)
{
	int err = take_id(a, db_first(a->st[FIND_WHAT], "sss", w->call, w->operation, w->site), FIND_WHAT, ret);

	if (err || *ret)
		return err;
	err = db_run(a->st[PUT_WHAT], "sss", w->call, w->operation, w->site);
	*ret = sqlite.last_insert_rowid(a->h->db);
	return err;
}

/* The batch has words that are no programs: only what is named by a row is put. */
static int exe_of(struct adding *a, uint32_t number, int64_t *ret)
{
	int err = a->exes[number] ? 0 : put_exe(a, a->batch->exes[number], &a->exes[number]);

	*ret = a->exes[number];
	return err;
}

static int put_use(struct adding *a, const struct usage *u)
{
	int64_t exe;
	int err = exe_of(a, u->exe, &exe);

	return err ? err : db_run(a->st[PUT_USE], "iiiiiiiiiiiii", a->whos[u->who], (int64_t)u->hour, (int64_t)u->cap,
				  (int64_t)u->denied, (int64_t)u->class, exe, a->whats[u->what], (int64_t)u->n,
				  (int64_t)u->failed, (int64_t)u->worked, (int64_t)u->error, (int64_t)u->first_ns,
				  (int64_t)u->last_ns);
}

static int put_denial(struct adding *a, const struct usage_denial *d)
{
	int64_t exe;
	int err = exe_of(a, d->exe, &exe);

	return err ? err : db_run(a->st[PUT_DENIAL], "iiiiiiiiiiiiis", a->whos[d->who], (int64_t)d->minute, (int64_t)d->cap,
				  (int64_t)d->class, exe, a->whats[d->what], (int64_t)d->outcome, (int64_t)d->error,
				  (int64_t)d->n, (int64_t)d->first_ns, (int64_t)d->last_ns, (int64_t)d->pid,
				  d->uid == UINT32_MAX ? -1 : (int64_t)d->uid, d->comm);
}

static int put_gap(struct adding *a, const struct usage_gap *g)
{
	int err = db_run(a->st[MORE_GAP], "iiis", (int64_t)(g->start_ns > JOINED_NS ? g->start_ns - JOINED_NS : 0),
			 (int64_t)g->end_ns, (int64_t)g->lost, g->reason);

	if (err || sqlite.changes(a->h->db))
		return err;
	return db_run(a->st[PUT_GAP], "iiis", (int64_t)g->start_ns, (int64_t)g->end_ns, (int64_t)g->lost, g->reason);
}

static int put_all(struct adding *a)
{
	const struct usage_batch *b = a->batch;
	int err = 0;

	for (size_t i = 0; i < b->who_count && !err; i++)
		err = put_who(a, &b->whos[i], &a->whos[i]);
	for (size_t i = 0; i < b->what_count && !err; i++)
		err = put_what(a, &b->whats[i], &a->whats[i]);
	for (size_t i = 0; i < b->use_count && !err; i++)
		err = put_use(a, &b->uses[i]);
	for (size_t i = 0; i < b->denial_count && !err; i++)
		err = put_denial(a, &b->denials[i]);
	for (size_t i = 0; i < b->gap_count && !err; i++)
		err = put_gap(a, &b->gaps[i]);
	return err ? err : db_run(a->st[REACH], "ii", a->h->run, (int64_t)b->until_ns);
}

int history_add(struct history *h, const struct usage_batch *batch)
{
	struct adding a = { .h = h, .batch = batch };
	int err = prepare(&a);

	err = err ? err : room(&a);
	err = err ? err : db_exec(h, "BEGIN IMMEDIATE");
	if (!err) {
		err = put_all(&a);
		err = err ? err : db_exec(h, "COMMIT");
		if (err)
			db_exec(h, "ROLLBACK");
	}
	if (!err && batch->until_ns > h->until_ns)
		h->until_ns = batch->until_ns;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite.finalize(a.st[i]);
	free(a.whos);
	free(a.exes);
	free(a.whats);
	return err;
}

int history_alert(struct history *h, const struct history_alert *alert)
{
	static const char text[] = "INSERT INTO alert(ts, workload_id, rule, severity, n, json)"
				   " VALUES(?1, (SELECT id FROM workload WHERE key=?2), ?3, ?4, ?5, ?6)";
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, text, &st);

	err = err ? err : db_run(st, "issiis", (int64_t)alert->time_ns, alert->workload, alert->rule,
				 (int64_t)alert->severity, (int64_t)alert->n, alert->json);
	sqlite.finalize(st);
	return err;
}
