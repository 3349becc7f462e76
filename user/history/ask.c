/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/ask.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/index.h"
#include "user/history/db.h"
#include "user/model/outcome.h"
#include "user/model/past.h"

enum { WORKLOADS_MAX = 1 << 20, USES_MAX = 1 << 20, GAPS_MAX = 1 << 16, FINE_HOURS = 30 * 24 };

const char ask_uses_sql[] = "SELECT cap, verdict, class, exe_id, what_id, hour, n, failed, worked, error, first_ts, last_ts"
			    " FROM usage WHERE workload_id=?1 AND hour>=?2 AND hour<=?3";
const char ask_denials_sql[] = "SELECT d.first_ts, d.last_ts, d.n, d.cap, d.class, d.outcome, d.error, d.pid, d.uid, d.comm, e.path,"
			       " w.syscall, w.operation FROM denial d LEFT JOIN exe e ON e.id=d.exe_id LEFT JOIN what w ON w.id=d.what_id"
			       " WHERE d.workload_id=?1 AND d.minute>=?2 AND d.minute<=?3";

static uint64_t number(sqlite3_stmt *st, int column)
{
	const int64_t n = sqlite.column_int64(st, column);

	return n > 0 ? (uint64_t)n : 0;
}

static uint32_t small(sqlite3_stmt *st, int column)
{
	const int64_t n = sqlite.column_int64(st, column);

	return n > 0 && n < UINT32_MAX ? (uint32_t)n : 0;
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

/* ---- since when ------------------------------------------------------------------------------------------------------ */

static void copy_to(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

int ask_state(struct history *h, struct past_state *ret)
{
	struct past_state s = { .any = false };
	sqlite3_stmt *st = NULL;
	int64_t since = 0, some = 0;
	int err = db_prepare(h, "SELECT (SELECT max(end_ts) FROM run), closed, imported, host, kernel FROM run ORDER BY id DESC LIMIT 1", &st), row;

	row = err ? err : db_first(st, "");
	if (row == 1) {
		s.any = true;
		s.until_ns = number(st, 0);
		s.ended = sqlite.column_int64(st, 1);
		s.imported = sqlite.column_int64(st, 2);
		copy_to(s.host, sizeof(s.host), db_text(st, 3));
		copy_to(s.kernel, sizeof(s.kernel), db_text(st, 4));
	}
	sqlite.finalize(st);
	err = row < 0 ? row : db_number(h, "SELECT ifnull(min(start_ts), 0) FROM run", &since);
	err = err ? err : db_number(h, "SELECT EXISTS(SELECT 1 FROM usage)", &some);
	s.since_ns = (uint64_t)since;
	s.told = some;
	if (!err)
		*ret = s;
	return err;
}

/* ---- who ------------------------------------------------------------------------------------------------------------- */

#define WORKLOAD_COLUMNS                                                                                                  \
	"SELECT id, key, kind, engine, flags, owner, granted_source, granted, bounding, held, first_seen, last_seen,"      \
	" container_id, name, image, image_id, k8s_ns, k8s_pod, k8s_container, unit, user_unit, slice, session, cgroup"    \
	" FROM workload"

static int take_texts(sqlite3_stmt *st, struct workload *w)
{
	static const enum workload_text texts[] = {
		WORKLOAD_ID, WORKLOAD_NAME, WORKLOAD_IMAGE, WORKLOAD_IMAGE_ID, WORKLOAD_POD_NAMESPACE, WORKLOAD_POD_NAME,
		WORKLOAD_POD_CONTAINER, WORKLOAD_UNIT_NAME, WORKLOAD_USER_UNIT_NAME, WORKLOAD_SLICE_NAME, WORKLOAD_SESSION_ID,
		WORKLOAD_PATH,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !err; i++) {
		const char *text = db_text(st, 12 + (int)i);

		err = text ? workload_set(w, texts[i], text, strlen(text)) : 0;
	}
	return err;
}

static int take_workload(sqlite3_stmt *st, struct past *p)
{
	struct workload *w = &p->workload;

	*p = (struct past){ .id = sqlite.column_int64(st, 0), .held = (uint64_t)sqlite.column_int64(st, 9),
			    .first_ns = number(st, 10), .last_ns = number(st, 11) };
	p->key = copy(db_text(st, 1));
	w->kind = small(st, 2) < WORKLOAD_KINDS ? small(st, 2) : WORKLOAD_UNKNOWN;
	w->engine = small(st, 3) < ENGINE_COUNT ? small(st, 3) : ENGINE_NONE;
	w->flags = small(st, 4);
	w->owner = small(st, 5);
	w->granted.source = small(st, 6) < GRANTED_SOURCES ? small(st, 6) : GRANTED_UNKNOWN;
	w->granted.effective = (uint64_t)sqlite.column_int64(st, 7);
	w->granted.bounding = (uint64_t)sqlite.column_int64(st, 8);
	return p->key ? take_texts(st, w) : -ENOMEM;
}

/* Doubles where it is full: a power of two, or none. */
static void *grow(void *at, size_t count, size_t size)
{
	if (count && count & (count - 1))
		return at;
	return reallocarray(at, count ? 2 * count : 1, size);
}

static int add_workload(sqlite3_stmt *st, struct past_list *l)
{
	struct past *at = l->count < WORKLOADS_MAX ? grow(l->at, l->count, sizeof(*at)) : NULL;

	if (!at)
		return -ENOMEM;
	l->at = at;
	return take_workload(st, &at[l->count++]);
}

static int take_workloads(sqlite3_stmt *st, int row, struct past_list *ret)
{
	struct past_list list = { NULL, 0 };
	int err = 0;

	for (; row == 1 && !err; row = err ? 0 : db_next(st))
		err = add_workload(st, &list);
	sqlite.finalize(st);
	err = row < 0 ? row : err;
	if (err)
		past_done_all(&list);
	else
		*ret = list;
	return err;
}

int ask_workloads(struct history *h, struct past_list *ret)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, WORKLOAD_COLUMNS " ORDER BY key", &st);

	return err ? err : take_workloads(st, db_first(st, ""), ret);
}

/* ---- what ------------------------------------------------------------------------------------------------------------ */

/* Kinds of checks while they are added up: the names come at the end, once for each. */
struct kind {
	int64_t exe, what;
	int32_t cap;
	uint32_t verdict_class;
};

struct adding {
	struct past *p;
	struct index kinds;
	size_t room;
	struct ask_parts parts;
};

static size_t slot_of(const struct adding *a, uint64_t hour)
{
	const uint64_t at = hour > a->parts.first_hour ? (hour - a->parts.first_hour) / a->parts.hours : 0;

	return at < a->parts.count ? (size_t)at : a->parts.count - 1;
}

static struct past_use *use_of(struct adding *a, const struct kind *kind)
{
	const uint32_t at = a->kinds.count < USES_MAX ? index_put(&a->kinds, kind) : index_find(&a->kinds, kind);
	struct past *p = a->p;
	struct past_use *uses;

	if (at == INDEX_NONE)
		return NULL;
	if (at < p->count)
		return &p->uses[at];
	uses = grow(p->uses, p->count, sizeof(*uses));
	if (!uses)
		return NULL;
	p->uses = uses;
	uses[p->count] = (struct past_use){ .cap = kind->cap, .denied = kind->verdict_class & 1,
					    .class = (uint8_t)(kind->verdict_class >> 1) };
	return &uses[p->count++];
}

static void add_up(struct past_use *u, sqlite3_stmt *st)
{
	const uint64_t first = number(st, 10), last = number(st, 11);

	u->n += number(st, 6);
	u->failed += number(st, 7);
	u->worked += number(st, 8);
	if (sqlite.column_int64(st, 9))
		u->error = (int32_t)small(st, 9);
	if (!u->first_ns || first < u->first_ns)
		u->first_ns = first;
	if (last > u->last_ns)
		u->last_ns = last;
}

static int add_row(struct adding *a, sqlite3_stmt *st)
{
	const uint32_t class = small(st, 2);
	const struct kind kind = {
		sqlite.column_int64(st, 3), sqlite.column_int64(st, 4), (int32_t)small(st, 0),
		(class < USAGE_CLASSES ? class : 0) << 1 | (sqlite.column_int64(st, 1) == 1),
	};
	struct past_use *u;

	if (small(st, 0) >= 64)
		return 0;
	u = use_of(a, &kind);
	if (!u)
		return -ENOMEM;
	add_up(u, st);
	u->slot[slot_of(a, number(st, 5))] += number(st, 6);
	return 0;
}

static int name_use(sqlite3_stmt *exe, sqlite3_stmt *what, const struct kind *k, struct past_use *u)
{
	int row = db_first(exe, "i", k->exe);

	u->exe = copy(row == 1 ? db_text(exe, 0) : NULL);
	if (row < 0)
		return row;
	row = db_first(what, "i", k->what);
	u->call = copy(row == 1 ? db_text(what, 0) : NULL);
	u->operation = copy(row == 1 ? db_text(what, 1) : NULL);
	u->site = copy(row == 1 ? db_text(what, 2) : NULL);
	if (row < 0)
		return row;
	return u->exe && u->call && u->operation && u->site ? 0 : -ENOMEM;
}

static int name_uses(struct history *h, struct adding *a)
{
	sqlite3_stmt *exe = NULL, *what = NULL;
	int err = db_prepare(h, "SELECT path FROM exe WHERE id=?1", &exe);

	err = err ? err : db_prepare(h, "SELECT syscall, operation, site FROM what WHERE id=?1", &what);
	for (uint32_t i = 0; i < a->p->count && !err; i++)
		err = name_use(exe, what, index_row(&a->kinds, i), &a->p->uses[i]);
	sqlite.finalize(exe);
	sqlite.finalize(what);
	return err;
}

/* Of long ago only days are kept, which have the number of their first hour. */
static uint64_t first_hour(const struct ask_time *t)
{
	const uint64_t hour = t->from_ns / USAGE_HOUR_NS, last = t->to_ns / USAGE_HOUR_NS;

	return last > hour && last - hour >= FINE_HOURS - 24 ? hour / 24 * 24 : hour;
}

/* As many whole hours each as it takes. */
struct ask_parts ask_parts(const struct ask_time *t)
{
	const uint64_t first = first_hour(t), last = t->to_ns / USAGE_HOUR_NS, hours = last >= first ? last - first + 1 : 1;
	const uint64_t each = hours > PAST_SLOTS ? (hours + PAST_SLOTS - 1) / PAST_SLOTS : 1, count = (hours + each - 1) / each;

	return (struct ask_parts){ first, each, count < PAST_SLOTS ? (size_t)count : PAST_SLOTS };
}

int ask_uses(struct history *h, const struct ask_time *time, struct past *p)
{
	struct adding a = { .p = p, .parts = ask_parts(time) };
	const uint64_t last = time->to_ns / USAGE_HOUR_NS;
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, ask_uses_sql, &st), row = 0;

	index_init(&a.kinds, sizeof(struct kind));
	if (!err)
		for (row = db_first(st, "iii", p->id, (int64_t)a.parts.first_hour, (int64_t)last); row == 1 && !err;
		     row = err ? 0 : db_next(st))
			err = add_row(&a, st);
	sqlite.finalize(st);
	err = err ? err : row < 0 ? row : name_uses(h, &a);
	index_done(&a.kinds);
	past_sort(p);
	return err;
}

/* ---- what was refused ------------------------------------------------------------------------------------------------ */

static int take_denial(sqlite3_stmt *st, const struct past *p, struct past_denial *d)
{
	const uint32_t class = small(st, 4);

	*d = (struct past_denial){
		.first_ns = number(st, 0), .last_ns = number(st, 1), .n = number(st, 2), .cap = (int32_t)small(st, 3),
		.class = class < USAGE_CLASSES ? (uint8_t)class : 0,
		.outcome = small(st, 5) < OUTCOME_COUNT ? (uint8_t)small(st, 5) : OUTCOME_UNKNOWN,
		.error = (int32_t)small(st, 6), .pid = small(st, 7),
		.uid = sqlite.column_int64(st, 8) < 0 ? UINT32_MAX : small(st, 8),
		.comm = copy(db_text(st, 9)), .exe = copy(db_text(st, 10)), .call = copy(db_text(st, 11)),
		.operation = copy(db_text(st, 12)), .key = copy(p->key), .past = p,
	};
	return d->comm && d->exe && d->call && d->operation && d->key ? 0 : -ENOMEM;
}

static int add_denial(sqlite3_stmt *st, const struct ask_time *t, const struct past *p, uint64_t most, struct past_denials *ret)
{
	struct past_denial *at;

	if (small(st, 3) >= 64 || number(st, 1) < t->from_ns || number(st, 0) > t->to_ns)
		return 0;
	if (ret->count >= most) {
		ret->more++;
		return 0;
	}
	at = grow(ret->at, ret->count, sizeof(*at));
	if (!at)
		return -ENOMEM;
	ret->at = at;
	return take_denial(st, p, &at[ret->count++]);
}

int ask_denials(struct history *h, const struct ask_time *time, const struct past *p, uint64_t most, struct past_denials *ret)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, ask_denials_sql, &st), row = 0;

	if (!err)
		for (row = db_first(st, "iii", p->id, (int64_t)(time->from_ns / USAGE_MINUTE_NS),
				    (int64_t)(time->to_ns / USAGE_MINUTE_NS));
		     row == 1 && !err; row = err ? 0 : db_next(st))
			err = add_denial(st, time, p, most, ret);
	sqlite.finalize(st);
	return err ? err : row < 0 ? row : 0;
}

/* ---- when nobody looked ---------------------------------------------------------------------------------------------- */

static int add_gap(sqlite3_stmt *st, struct past_gaps *g)
{
	struct usage_gap *at = g->count < GAPS_MAX ? grow(g->at, g->count, sizeof(*at)) : NULL;
	char *reason = copy(db_text(st, 3));

	if (!at || !reason) {
		free(reason);
		return -ENOMEM;
	}
	g->at = at;
	at[g->count++] = (struct usage_gap){ number(st, 0), number(st, 1), number(st, 2), reason };
	return 0;
}

int ask_gaps(struct history *h, const struct ask_time *time, struct past_gaps *ret)
{
	struct past_gaps gaps = { NULL, 0 };
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, "SELECT start_ts, end_ts, lost, reason FROM gap WHERE end_ts>=?1 AND start_ts<=?2 ORDER BY start_ts", &st);
	int row = 0;

	if (!err)
		for (row = db_first(st, "ii", (int64_t)time->from_ns, (int64_t)time->to_ns); row == 1 && !err;
		     row = err ? 0 : db_next(st))
			err = add_gap(st, &gaps);
	sqlite.finalize(st);
	err = err ? err : row < 0 ? row : 0;
	if (err)
		past_done_gaps(&gaps);
	else
		*ret = gaps;
	return err;
}
