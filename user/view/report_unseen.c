/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/model/loss.h"
#include "user/model/past.h"
#include "user/model/recording.h"
#include "user/view/html.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"
#include "user/view/summary.h"

/* Of how many workloads this holds. */
struct counts {
	size_t start, sites, granted, incomplete, bare, lost;
};

static void count(const struct ranking *r, struct counts *ret)
{
	*ret = (struct counts){ .start = 0 };
	for (size_t i = 0; i < r->count; i++) {
		const struct answer *a = &r->at[i];

		ret->start += !a->start_seen;
		ret->sites += a->sites_unknown;
		ret->granted += !a->granted_source;
		ret->incomplete += a->incomplete;
		ret->bare += !a->made_ns && !answer_asked(a);
	}
}

/* "Of 3 of 12 workloads" */
static void put_of(struct buf *b, size_t some, size_t all, const char *what)
{
	if (!some)
		return;
	html(b, "<li>");
	if (some == all)
		buf_printf(b, all == 1 ? "Of the workload" : "Of all %zu workloads", all);
	else
		buf_printf(b, "Of %zu of %zu workloads", some, all);
	buf_printf(b, " %s.", what);
}

static void put_item(struct buf *b, bool holds, const char *what)
{
	if (holds)
		buf_printf(b, "<li>%s.", what);
}

static void put_number(struct buf *b, uint64_t n, const char *what)
{
	if (!n)
		return;
	html(b, "<li>");
	buf_grouped(b, n);
	buf_printf(b, " %s.", what);
}

static void put_losses(struct buf *b, const struct account *account)
{
	struct buf text = BUF_INIT;

	for (enum loss_cause cause = 0; cause < LOSS_COUNT; cause++) {
		buf_clear(&text);
		if (!summary_loss(&text, account, cause))
			continue;
		html(b, "<li><b class=bad>");
		html_text(b, buf_str(&text));
		html(b, "</b>.");
	}
	buf_done(&text);
}

static void put_recording(struct buf *b, const struct report *r)
{
	const struct account *a = r->account;
	uint32_t has = r->facts->has;

	put_item(b, r->damaged, "<b class=bad>The recording is damaged, was cut off or not ended in order</b>: how much is missing is not "
				"always known");
	put_losses(b, a);
	put_number(b, a->unread, "checks were not read any more when the run ended");
	put_item(b, !(has & RECORDING_SITES), "It was recorded without call sites, which decide what is needed: everything that was "
					      "granted counts as needed here (<code>trace -x --record</code> keeps them)");
	put_item(b, has & RECORDING_FILTERED, "It was recorded with a filter, or of one command: who was outside is not here");
	if (*r->filter) {
		html(b, "<li>This page was made of a part: ");
		html_text(b, r->filter);
		html(b, ".");
	}
	put_item(b, !(has & RECORDING_OUTCOMES), "What refused calls returned was not recorded");
	put_item(b, !(has & RECORDING_LSM), "What other security modules refused (AppArmor, SELinux, BPF) was not recorded");
	put_number(b, a->hidden, "memory-overcommit checks were left out; they change nothing");
	put_item(b, true, "What was before this recording, and after it: <code>report --history</code> makes a page of what the daemon saw");
}

enum { GAPS_SHOWN = 50 };

static void put_gap(struct buf *b, const struct report *r, const struct usage_gap *g)
{
	const char *words = past_gap_words(g->reason);

	html(b, "<li>From ");
	report_put_time(b, r, g->start_ns, true);
	html(b, " to ");
	report_put_time(b, r, g->end_ns, true);
	html(b, ": ");
	html_text(b, words ? words : g->reason);
	if (g->lost) {
		html(b, "; <b class=bad>");
		buf_grouped(b, g->lost);
		html(b, " checks are missing</b>");
	}
	html(b, ".");
}

static void put_history(struct buf *b, const struct report *r)
{
	const size_t count = r->gaps->count, from = count > GAPS_SHOWN ? count - GAPS_SHOWN : 0;

	put_number(b, from, "earlier gaps are not listed here: <code>capsieve history --json</code> does");
	for (size_t i = from; i < count; i++)
		put_gap(b, r, &r->gaps->at[i]);
	if (*r->filter) {
		html(b, "<li>This page was made of a part: ");
		html_text(b, r->filter);
		html(b, ".");
	}
	put_item(b, true, "What was before that time; of the time in it, to the hour, and after 30 days to the day");
}

void report_unseen(struct buf *b, const struct report *r)
{
	const struct ranking *ranking = r->ranking;
	struct counts n;

	count(ranking, &n);
	html(b, "\n<section id=unseen aria-labelledby=hu><h2 id=hu>What was not seen</h2><ul>");
	if (r->gaps)
		put_history(b, r);
	else if (r->facts)
		put_recording(b, r);
	else
		put_item(b, true, "When it was asked, step by step: profiles do not keep that; a recording does");
	put_of(b, n.start, ranking->count, "the start-up was not seen: what they ask for only then may be missing");
	put_of(b, r->facts ? 0 : n.incomplete, ranking->count, "<b class=bad>checks were lost</b>: capabilities may be missing");
	put_of(b, n.sites, ranking->count, "the call sites are not known: all counts as needed");
	put_of(b, n.granted, ranking->count, "it is not known what they were granted when they were started");
	put_of(b, n.bare, ranking->count, "only the advice is known, and no reasons");
	html(b, "</ul></section>");
}
