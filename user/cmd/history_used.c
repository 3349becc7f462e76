/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/history_used.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/grantee.h"
#include "user/caps/holder.h"
#include "user/cmd/commands.h"
#include "user/cmd/history.h"
#include "user/cmd/say.h"
#include "user/history/history.h"
#include "user/model/past.h"

struct history_used {
	struct history *history;
	struct past_list list;
	bool *asked;		/* of each of the list: its uses are there */
};

void history_used_close(struct history_used *u)
{
	if (!u)
		return;
	past_done_all(&u->list);
	history_close(u->history);
	free(u->asked);
	free(u);
}

static int fill(struct history_used *u)
{
	int err = ask_workloads(u->history, &u->list);

	u->asked = err ? NULL : calloc(u->list.count + 1, sizeof(*u->asked));
	return err ? err : u->asked ? 0 : -ENOMEM;
}

int history_used_open(const struct say *to, const struct options *o, struct history_used **ret)
{
	struct buf told = BUF_INIT;
	struct history_used *u;
	struct history *h = NULL;
	int err = history_read(o->history.db ?: HISTORY_DEFAULT, &told, &h);

	*ret = NULL;
	if (err && (o->history.db || (err != -ENOENT && err != -EACCES)))
		say(to, "%s", buf_str(&told));
	buf_done(&told);
	if (err)
		return o->history.db ? EXIT_FAILED : EXIT_FINE;
	u = calloc(1, sizeof(*u));
	if (u)
		u->history = h;
	else
		history_close(h);
	err = u ? fill(u) : -ENOMEM;
	if (!err) {
		*ret = u;
		return EXIT_FINE;
	}
	say_error(to, "the history", err);
	history_used_close(u);
	return EXIT_FAILED;
}

/* Whatever cannot be read is not known. */
static const struct past *uses_of(struct history_used *u, size_t i)
{
	const struct ask_time always = { 0, (uint64_t)INT64_MAX };

	if (!u->asked[i] && ask_uses(u->history, &always, &u->list.at[i]))
		return NULL;
	u->asked[i] = true;
	return &u->list.at[i];
}

static uint64_t used_by(const struct past *p, const char *exe)
{
	uint64_t set = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct past_use *use = &p->uses[i];

		if (!use->denied && use->class < USAGE_FOREIGN && !strcmp(use->exe, exe))
			set |= 1ULL << use->cap;
	}
	return set;
}

bool history_used_holder(struct history_used *u, const struct holder *h, uint64_t *ret)
{
	struct buf key = BUF_INIT;
	bool known = false;

	if (!h->workload || !h->exe)
		return false;
	workload_put_key(&key, h->workload);
	for (size_t i = 0; i < u->list.count && !known; i++) {
		const struct past *p = strcmp(u->list.at[i].key, buf_str(&key)) ? NULL : uses_of(u, i);

		if (!p)
			continue;
		*ret = used_by(p, h->exe);
		known = true;
	}
	buf_done(&key);
	return known;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* Containers of one image are one entry: with an engine that vouches for them. */
static bool is_one_of(const struct workload *w, const struct grantee *g)
{
	if (g->kind == GRANTEE_UNIT)
		return w->kind == WORKLOAD_UNIT && same(w->text[WORKLOAD_UNIT_NAME], g->name);
	if (g->kind != GRANTEE_CONTAINER || !workload_is_container(w) || !(w->flags & WORKLOAD_VERIFIED))
		return false;
	return same(w->text[WORKLOAD_ID], g->id) || same(w->text[WORKLOAD_IMAGE], g->image);
}

bool history_used_grantee(struct history_used *u, const struct grantee *g, uint64_t *ret)
{
	uint64_t set = 0;
	bool known = false;

	for (size_t i = 0; i < u->list.count; i++) {
		const struct past *p = is_one_of(&u->list.at[i].workload, g) ? uses_of(u, i) : NULL;

		if (!p)
			continue;
		set |= past_used(p);
		known = true;
	}
	if (known)
		*ret = set;
	return known;
}
