/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/report_history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/advice/ranking.h"
#include "user/advice/recalled.h"
#include "user/base/clock.h"
#include "user/cmd/commands.h"
#include "user/cmd/history.h"
#include "user/cmd/say.h"
#include "user/history/history.h"
#include "user/model/loss.h"
#include "user/model/pace.h"
#include "user/model/past.h"
#include "user/model/recording.h"
#include "user/model/usage.h"
#include "user/view/report.h"

struct page {
	const struct options *options;
	struct history *history;
	struct past_state state;
	struct ask_time time;
	struct past_list list;
	struct past_gaps gaps;
	struct ranking ranking;
	struct pace pace;
	struct account account;
	struct recording_facts facts;
};

/* As many parts as the history's answers have. */
static void draw_pace(struct page *p)
{
	const struct ask_parts parts = ask_parts(&p->time);

	p->pace.start_ns = parts.first_hour * USAGE_HOUR_NS;
	p->pace.width_ns = parts.hours * USAGE_HOUR_NS;
	p->pace.used = parts.count;
	for (size_t i = 0; i < p->list.count; i++)
		for (size_t k = 0; k < p->list.at[i].count; k++) {
			const struct past_use *u = &p->list.at[i].uses[k];
			uint64_t *slots = (u->denied ? p->pace.denied : p->pace.granted)[u->cap];

			for (size_t s = 0; s < parts.count; s++)
				slots[s] += u->slot[s];
		}
}

static void count_losses(struct page *p)
{
	for (size_t i = 0; i < p->gaps.count; i++) {
		const struct usage_gap *g = &p->gaps.at[i];
		const uint64_t at = g->start_ns > p->pace.start_ns ? (g->start_ns - p->pace.start_ns) / p->pace.width_ns : 0;

		for (int cause = 0; cause < LOSS_COUNT; cause++)
			if (!strcmp(g->reason, loss_name((enum loss_cause)cause)))
				p->account.loss.by_cause[cause] += g->lost;
		p->pace.lost[at < p->pace.used ? at : p->pace.used - 1] += g->lost;
	}
	p->account.seen = p->ranking.checks;
}

static uint64_t watched_ns(const struct page *p)
{
	const uint64_t from = p->time.from_ns > p->state.since_ns ? p->time.from_ns : p->state.since_ns;
	const uint64_t to = p->time.to_ns < p->state.until_ns ? p->time.to_ns : p->state.until_ns;
	const uint64_t all = to > from ? to - from : 0, blind = past_blind_ns(&p->gaps);

	return all > blind ? all - blind : 0;
}

static int ask(struct page *p)
{
	struct recalled known = { .kernel = p->state.kernel, .now_ns = p->time.to_ns };
	int err = ask_workloads(p->history, &p->list);

	err = err ?: history_choose(p->history, p->options, &p->time, &p->list);
	err = err ?: ask_gaps(p->history, &p->time, &p->gaps);
	known.watched_ns = watched_ns(p);
	known.lost = past_lost(&p->gaps);
	err = err ?: recalled_rank(&p->list, &known, &p->ranking);
	if (err)
		return err;
	draw_pace(p);
	count_losses(p);
	snprintf(p->facts.host, sizeof(p->facts.host), "%s", p->state.host);
	snprintf(p->facts.kernel, sizeof(p->facts.kernel), "%s", p->state.kernel);
	p->facts.has = RECORDING_SITES | RECORDING_OUTCOMES;
	return 0;
}

static int make(struct page *p, report_fn *fn)
{
	const struct options *o = p->options;
	struct buf filter = BUF_INIT;
	int code;

	if (!filter_put_wanted(&o->filter, UINT32_MAX, &filter) && filter_is_set(&o->filter))
		buf_puts(&filter, "what the filters of its command line left");
	const struct report r = {
		.title = o->report.title,
		.ranking = &p->ranking,
		.utc = o->output.utc,
		.details = o->report.details,
		.facts = &p->facts,
		.account = &p->account,
		.pace = &p->pace,
		.filter = buf_str(&filter),
		.began_ns = p->time.from_ns > p->state.since_ns ? p->time.from_ns : p->state.since_ns,
		.ended_ns = p->time.to_ns < p->state.until_ns ? p->time.to_ns : p->state.until_ns,
		.gaps = &p->gaps,
	};
	code = fn(o, &r);
	buf_done(&filter);
	return code ?: p->ranking.lost ? EXIT_INCOMPLETE : EXIT_FINE;
}

int report_history(const struct say *to, const struct options *o, report_fn *fn)
{
	struct page *p = calloc(1, sizeof(*p));
	uint64_t now = clock_ns(CLOCK_REALTIME);
	int code = p ? history_check_filter(to, o) : EXIT_FAILED, err = 0;

	if (!p)
		return code;
	p->options = o;
	code = code ?: history_find(to, o, &p->history);
	if (!code)
		err = ask_state(p->history, &p->state);
	now = p->state.imported ? p->state.until_ns : now;
	if (!code && !err)
		code = history_time(to, o, p->state.imported ? p->state.since_ns : 0, now, &p->time);
	if (!code && !err)
		err = ask(p);
	if (err) {
		say_error(to, "the history", err);
		code = EXIT_FAILED;
	}
	code = code ?: make(p, fn);
	recalled_done(&p->ranking);
	past_done_all(&p->list);
	past_done_gaps(&p->gaps);
	history_close(p->history);
	free(p);
	return code;
}
