/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/caps/asked.h"
#include "user/view/html.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"

enum { ROWS_MAX = 300 };	/* of the table; the rest stands with its workload */

struct sums {
	size_t rows;
	uint64_t hurt, harmless;	/* checks */
};

static void put_row(struct buf *b, const struct answer *a, size_t nr, const struct asked_row *row)
{
	html(b, "\n<tr><td>");
	report_put_chip(b, (unsigned)row->cap);
	buf_printf(b, "<th scope=row><a href=\"#w%zu\">", nr);
	report_put_name(b, a);
	html(b, "</a><td>");
	html_text(b, row->operation ?: "for a purpose that is not known");
	html(b, "<td><code>");
	html_text(b, row->call);
	html(b, "</code> <small>");
	html_text(b, row->name);
	html(b, "</small><td>");
	buf_grouped(b, row->denied);
	html(b, "<td>");
	report_put_outcome(b, row);
	html(b, "<td>");
	report_put_who(b, row);
}

static bool is_one(const struct asked_row *row)
{
	return row->cap >= 0 && row->cap < CAPABILITY_MAX && report_hurts(row);
}

static void put_rows(struct buf *b, const struct report *r, struct sums *sums)
{
	for (size_t w = 0; w < r->ranking->count; w++) {
		const struct answer *a = &r->ranking->at[w];
		size_t count = asked_count(a->asked);

		for (size_t i = 0; i < count; i++) {
			const struct asked_row *row = asked_at(a->asked, i);

			if (!is_one(row)) {
				sums->harmless += row->denied;
				continue;
			}
			sums->hurt += row->denied;
			if (sums->rows++ < ROWS_MAX)
				put_row(b, a, w + 1, row);
		}
	}
}

static void put_rest(struct buf *b, const struct sums *sums)
{
	if (sums->rows > ROWS_MAX)
		buf_printf(b, "<p class=no>And %zu more such places: they stand with their workloads.</p>", sums->rows - ROWS_MAX);
	if (!sums->harmless)
		return;
	html(b, "<p class=no>");
	buf_grouped(b, sums->harmless);
	buf_puts(b, sums->harmless == 1 ? " further refusal" : " further refusals");
	html(b, " changed nothing: probes that programs make on the way, after which they go on as if nothing was.</p>");
}

void report_denials(struct buf *b, const struct report *r)
{
	struct buf rows = BUF_INIT;
	struct sums sums = { 0 };

	put_rows(&rows, r, &sums);
	html(b, "\n<section id=refused aria-labelledby=hd><h2 id=hd>What was refused</h2>");
	if (rows.len) {
		html(b, "<div class=scroll role=region aria-label=\"The refusals, which scroll\" tabindex=0><table class=w><caption>Refused checks that may "
			"have mattered</caption><thead><tr><th scope=col data-s=t>Capability<th scope=col data-s=t>Workload"
			"<th scope=col data-s=t>What for<th scope=col data-s=t>Where<th scope=col data-s=n>Times"
			"<th scope=col data-s=t>Outcome<th scope=col data-s=t>Who<tbody>");
		buf_put(b, rows.data, rows.len);
		html(b, "</table></div>");
	} else {
		html(b, "<p>Nothing that may have mattered.</p>");
	}
	if (rows.error)
		b->error = rows.error;
	put_rest(b, &sums);
	html(b, "</section>");
	buf_done(&rows);
}
