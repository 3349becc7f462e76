/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/top_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/model/board.h"
#include "user/model/program.h"
#include "user/model/where.h"

static void put_text(struct buf *b, const char *text)
{
	if (text && *text)
		text_escape(b, text, strlen(text));
	else
		buf_putc(b, '?');
}

static void put_comm(struct buf *b, const struct record *r)
{
	text_escape(b, (const char *)r->check.comm, record_comm_len(r));
}

/* ---- what a row is called ---------------------------------------------------------------------------------------- */

static void put_workload(struct buf *b, const struct board_item *i)
{
	struct buf name = BUF_INIT;

	if (i->record.program)
		program_put_workload(&name, i->record.program);
	put_text(b, buf_str(&name));
	buf_done(&name);
}

static void put_program(struct buf *b, const struct board_item *i)
{
	const struct program *p = i->record.program;

	if (p && p->exe)
		put_text(b, p->exe);
	else
		put_comm(b, &i->record);
}

static void put_process(struct buf *b, const struct board_item *i)
{
	buf_printf(b, "%u ", i->record.check.tgid);
	put_comm(b, &i->record);
}

static bool ids_known(const struct record *r)
{
	return !(r->check.head.flags & CHECK_IDS_UNKNOWN);
}

/* Counts come without ids: then its program's are meant, as they were when it was met. */
static bool uid_of(const struct record *r, uint32_t *ret)
{
	if (!ids_known(r) && !r->program)
		return false;
	*ret = ids_known(r) ? r->check.uid : r->program->uid;
	return true;
}

static void put_user(struct buf *b, const struct board_item *i)
{
	uint32_t uid;

	if (*i->user)
		put_text(b, i->user);
	else if (uid_of(&i->record, &uid))
		buf_printf(b, "%u", uid);
	else
		buf_putc(b, '?');
}

/* '-' is nobody's: it is in none. */
static void put_place(struct buf *b, const struct board_item *i, enum where_key key)
{
	struct where_subject s;

	where_subject_of(&i->record, &s);
	if (s.is[key].name && *s.is[key].name)
		put_text(b, s.is[key].name);
	else if (s.is[key].also)
		put_text(b, s.is[key].also);
	else
		buf_putc(b, s.known & 1U << key ? '-' : '?');
}

static void put_unit(struct buf *b, const struct board_item *i)
{
	put_place(b, i, WHERE_UNIT);
}

static void put_container(struct buf *b, const struct board_item *i)
{
	put_place(b, i, WHERE_CONTAINER);
}

static void put_pod(struct buf *b, const struct board_item *i)
{
	put_place(b, i, WHERE_POD);
}

static void put_capability(struct buf *b, const struct board_item *i)
{
	char name[CAPABILITY_NAME_MAX];

	buf_puts(b, capability_name((unsigned int)i->record.check.cap, name));
}

/* Columns tell of what was granted: what was not, is another row. */
static void put_check(struct buf *b, const struct board_item *i)
{
	capability_put_short(b, (unsigned int)i->record.check.cap);
	buf_puts(b, i->record.check.head.flags & CHECK_DENIED ? " denied: " : ": ");
	if (i->operation)
		buf_puts(b, i->operation);
	else if (i->site_known)
		buf_puts(b, "unclassified");
	else if (*i->call)
		buf_printf(b, "in %s", i->call);
	else
		buf_puts(b, "where is unknown");
	if (*i->site) {
		buf_puts(b, " at ");
		text_escape(b, i->site, strlen(i->site));
	}
	if (i->site_known)
		buf_printf(b, " (%s)", site_class_word(i->class));
}

static const struct by {
	const char *word;
	void (*put)(struct buf *b, const struct board_item *i);
} bys[TOP_BYS] = {
	[TOP_WORKLOAD] = { "workload", put_workload },
	[TOP_PROGRAM] = { "program", put_program },
	[TOP_PROCESS] = { "process", put_process },
	[TOP_USER] = { "user", put_user },
	[TOP_UNIT] = { "unit", put_unit },
	[TOP_CONTAINER] = { "container", put_container },
	[TOP_POD] = { "pod", put_pod },
	[TOP_CAPABILITY] = { "capability", put_capability },
	[TOP_CHECK] = { "check", put_check },
};

const char *top_by_word(enum top_by by)
{
	return (unsigned int)by < TOP_BYS ? bys[by].word : NULL;
}

/* ---- which items ------------------------------------------------------------------------------------------------- */

struct group {
	struct top_row row;
	UT_hash_handle hh;
};

struct making {
	const struct top_choice *choice;
	struct top_rows *rows;
	struct group *groups;
	uint64_t asked[CAPABILITY_MAX];
	struct buf text;
	int error;
};

static const char *named(struct making *m, const struct board_item *i, enum top_by by)
{
	buf_clear(&m->text);
	bys[by].put(&m->text, i);
	m->error = m->error ?: m->text.error;
	return buf_str(&m->text);
}

static bool is_below(struct making *m, const struct board_item *i)
{
	for (size_t n = 0; n < m->choice->step_count; n++)
		if (strcmp(named(m, i, m->choice->steps[n].by), m->choice->steps[n].name))
			return false;
	return true;
}

static bool is_meant(const struct where *w, const struct board_item *i)
{
	struct where_subject s;

	if (!w || !w->count)
		return true;
	where_subject_of(&i->record, &s);
	if (*i->user)
		s.is[WHERE_USER].name = i->user;
	return where_match(w, &s, NULL) == WHERE_YES;
}

static bool holds_words(struct making *m, const struct board_item *i)
{
	if (!m->choice->words || !*m->choice->words)
		return true;
	for (enum top_by by = 0; by < TOP_BYS; by++)
		if (strcasestr(named(m, i, by), m->choice->words))
			return true;
	return false;
}

static bool is_advisory(const struct board_item *i)
{
	return (i->site_known && i->class == SITE_ADVISORY) || i->record.check.head.flags & CHECK_OVERCOMMIT;
}

/* ---- joining ----------------------------------------------------------------------------------------------------- */

static struct group *group_of(struct making *m, const struct board_item *i)
{
	const char *name = named(m, i, m->choice->by);
	struct group *g;

	HASH_FIND_STR(m->groups, name, g);
	if (g)
		return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->row.name = strdup(name);
	g->row.classes_known = true;
	if (g->row.name)
		HASH_ADD_KEYPTR(hh, m->groups, g->row.name, strlen(g->row.name), g);
	if (g->hh.tbl)
		return g;
	free(g->row.name);
	free(g);
	return NULL;
}

static bool is_needed(const struct board_item *i)
{
	return !(i->record.check.head.flags & CHECK_DENIED) && !record_is_no_need(&i->record) &&
	       i->class != SITE_ADVISORY && i->class != SITE_QUALITY;
}

static const char *operation_of(const struct board_item *i)
{
	return i->operation ?: i->record.check.head.flags & CHECK_OVERCOMMIT ? "memory overcommit" : "?";
}

static void join_meaning(struct top_row *r, const struct board_item *i)
{
	r->failed += i->failed;
	r->worked += i->worked;
	r->error = i->failed ? i->error : r->error;
	r->classes |= i->site_known ? 1U << i->class : 0;
	r->more_operations |= r->operation && strcmp(r->operation, operation_of(i));
	if (r->operation && i->total <= r->operation_total)
		return;
	r->operation = operation_of(i);
	r->operation_total = i->total;
}

static void join(struct top_row *r, const struct board_item *i)
{
	uint64_t cap = i->record.check.cap >= 0 && i->record.check.cap < CAPABILITY_MAX ? 1ULL << i->record.check.cap : 0;
	bool denied = i->record.check.head.flags & CHECK_DENIED;

	r->now += i->now;
	r->total += i->total;
	*(denied ? &r->denied : &r->allowed) += i->total;
	r->caps |= cap;
	if (denied)
		r->refused |= cap;
	if (i->site_known && is_needed(i))
		r->needed += i->total;
	r->classes_known &= i->site_known;
	join_meaning(r, i);
}

static void on_item(void *ctx, const struct board_item *i)
{
	struct making *m = ctx;
	struct group *g;

	if (m->error || !is_meant(m->choice->where, i) || !is_below(m, i) || !holds_words(m, i))
		return;
	if (is_advisory(i) && !m->choice->advisory) {
		m->rows->advisory += i->total;
		m->rows->advisory_now += i->now;
		return;
	}
	if (i->record.check.cap >= 0 && i->record.check.cap < CAPABILITY_MAX)
		m->asked[i->record.check.cap] += i->total;
	g = group_of(m, i);
	if (g)
		join(&g->row, i);
	else
		m->error = -ENOMEM;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static uint64_t value_of(const struct top_row *r, enum top_sort sort)
{
	const uint64_t values[TOP_SORTS] = {
		[SORT_RATE] = r->now, [SORT_TOTAL] = r->total, [SORT_ALLOWED] = r->allowed,
		[SORT_DENIED] = r->denied, [SORT_NEEDED] = r->needed,
	};

	return values[sort];
}

static int compare(const void *x, const void *y, void *ctx)
{
	const struct top_choice *choice = ctx;
	const struct top_row *a = x, *b = y;
	uint64_t va = value_of(a, choice->sort), vb = value_of(b, choice->sort);
	int order = va != vb ? (va > vb ? -1 : 1) : 0;

	if (!order && choice->sort == SORT_RATE && a->total != b->total)
		order = a->total > b->total ? -1 : 1;
	order = order ?: strcmp(a->name, b->name);
	return choice->reverse ? -order : order;
}

static uint64_t rare_of(const uint64_t asked[static CAPABILITY_MAX])
{
	uint64_t all = 0, rare = 0;

	for (int cap = 0; cap < CAPABILITY_MAX; cap++)
		all += asked[cap];
	for (int cap = 0; cap < CAPABILITY_MAX; cap++)
		if (asked[cap] && asked[cap] <= all / 1000)
			rare |= 1ULL << cap;
	return rare;
}

static void free_groups(struct group **groups)
{
	struct group *g, *next;

	HASH_ITER(hh, *groups, g, next) {
		HASH_DEL(*groups, g);
		free(g->row.name);
		free(g);
	}
}

static int take_rows(struct making *m)
{
	struct top_rows *rows = m->rows;

	rows->at = calloc(HASH_COUNT(m->groups) + 1, sizeof(*rows->at));
	if (!rows->at)
		return -ENOMEM;
	for (struct group *g = m->groups; g; g = g->hh.next) {
		rows->at[rows->count++] = g->row;
		g->row.name = NULL;	/* the hash is not searched any more */
	}
	qsort_r(rows->at, rows->count, sizeof(*rows->at), compare, (void *)m->choice);
	return 0;
}

int top_rows_make(const struct board *b, const struct top_choice *choice, struct top_rows *ret)
{
	struct top_rows rows = { 0 };
	struct making m = { .choice = choice, .rows = &rows };
	int err;

	board_each(b, on_item, &m);
	rows.rare = rare_of(m.asked);
	err = m.error ?: take_rows(&m);
	free_groups(&m.groups);
	buf_done(&m.text);
	if (err)
		top_rows_done(&rows);
	else
		*ret = rows;
	return err;
}

void top_rows_done(struct top_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->at[i].name);
	free(rows->at);
	*rows = (struct top_rows){ 0 };
}
