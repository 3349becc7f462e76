/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/recalled.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/caps/asked.h"
#include "user/caps/site.h"
#include "user/model/granted.h"
#include "user/model/past.h"

/* The row of the table that these words are of: what else would do, and when it matters, is not kept. */
static const struct site_row *site_of(const struct past_use *u)
{
	for (size_t i = 0; i < site_row_count; i++) {
		const struct site_row *row = &site_rows[i];

		if (row->cap == u->cap && (unsigned)row->class == u->class && row->operation && !strcmp(row->operation, u->operation))
			return row;
	}
	return NULL;
}

static void put_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

static void put_comm(struct asked_row *row, const char *exe)
{
	const char *slash = strrchr(exe, '/');

	snprintf(row->comm, sizeof(row->comm), "%.15s", slash ? slash + 1 : exe);
}

/* Of the granted ones of which it is known how they ended, at least one worked where any did. */
static struct asked_row row_of(const struct past_use *u)
{
	const struct site_row *known = site_of(u);
	struct asked_row row = {
		.cap = u->cap,
		.class = u->class < SITE_CLASS_COUNT ? (enum site_class)u->class : SITE_UNCLASSIFIED,
		.operation = *u->operation ? u->operation : NULL,
		.condition = known ? known->condition : NULL,
		.others = known ? known->others : 0,
		.no_need = u->class == USAGE_FOREIGN,
		.setup = u->class == USAGE_SETUP,
		.first_ns = u->first_ns,
		.last_ns = u->last_ns,
		.steady = true,
		.keeps = true,
		.kernels = 1,
		.exe = *u->exe ? u->exe : NULL,
	};

	put_text(row.name, sizeof(row.name), u->site);
	put_text(row.call, sizeof(row.call), u->call);
	put_comm(&row, u->exe);
	if (u->denied) {
		row.denied = u->n;
		row.failed = u->failed;
		row.worked = u->worked;
		row.error = u->error;
	} else {
		row.granted = u->n;
		row.granted_failed = u->failed;
		row.granted_worked = u->worked;
		row.granted_error = u->error;
	}
	return row;
}

static int put_uses(struct asked *asked, const struct past *p, const struct recalled *known)
{
	int err = asked_kernel(asked, known->kernel && *known->kernel ? known->kernel : "unknown");

	for (size_t i = 0; i < p->count && !err; i++) {
		const struct asked_row row = row_of(&p->uses[i]);

		err = asked_put(asked, &row);
	}
	asked_holds(asked, p->held);
	if (p->workload.granted.source != GRANTED_UNKNOWN)
		asked_granted(asked, granted_to(&p->workload));
	asked_watched(asked, known->watched_ns);
	asked_see_steady(asked);
	asked_settle(asked);
	return err;
}

static char *name_of(const struct past *p)
{
	struct buf name = BUF_INIT;
	char *copy;

	workload_put_name(&name, &p->workload);
	copy = strdup(name.len ? buf_str(&name) : *p->key ? p->key : "no workload");
	buf_done(&name);
	return copy;
}

int recalled_answer(const struct past *p, const struct recalled *known, struct answer *ret)
{
	const struct workload_granted *g = &p->workload.granted;
	struct answer a = {
		.asked = asked_new(),
		.checks = past_checks(p),
		.lost = known->lost,
		.workload = name_of(p),
		.granted_source = g->source,
		.granted = granted_to(&p->workload),
		.granted_bounding = g->bounding,
		.runs = 1,
		.made_ns = known->now_ns,
		.seccomp = ANSWER_SECCOMP_UNKNOWN,
	};
	int err = a.asked && a.workload ? put_uses(a.asked, p, known) : -ENOMEM;

	err = err ? err : answer_conclude(&a);
	if (err) {
		recalled_forget(&a);
		return err;
	}
	a.sites_unknown = asked_unnamed(a.asked);
	*ret = a;
	return 0;
}

void recalled_forget(struct answer *a)
{
	asked_free(a->asked);
	free((char *)a->workload);
}

int recalled_rank(const struct past_list *list, const struct recalled *known, struct ranking *ret)
{
	struct ranking r = { .at = calloc(list->count + 1, sizeof(*r.at)), .watched_ns = known->watched_ns, .lost = known->lost };
	int err = r.at ? 0 : -ENOMEM;

	for (size_t i = 0; i < list->count && !err; i++) {
		if (!list->at[i].count)
			continue;
		err = recalled_answer(&list->at[i], known, &r.at[r.count]);
		if (err)
			break;
		r.checks += r.at[r.count].checks;
		r.incomplete |= r.at[r.count].incomplete;
		r.count++;
	}
	if (err) {
		recalled_done(&r);
		return err;
	}
	ranking_sort(&r);
	*ret = r;
	return 0;
}

void recalled_done(struct ranking *r)
{
	for (size_t i = 0; i < r->count; i++)
		recalled_forget(&r->at[i]);
	free(r->at);
	*r = (struct ranking){ .at = NULL };
}
