/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/caps/facts.h"
#include "user/view/html.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"

/* Which capabilities have a column, the most dangerous first. */
struct columns {
	unsigned at[CAPABILITY_MAX];
	unsigned of_level[FACT_LEVELS];
	size_t count;
};

static void choose(const struct ranking *r, struct columns *ret)
{
	uint64_t any = 0;

	*ret = (struct columns){ .count = 0 };
	for (size_t i = 0; i < r->count; i++)
		any |= r->at[i].caps | answer_asked(&r->at[i]) | answer_unused(&r->at[i]);
	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		for (unsigned cap = 0; cap < CAPABILITY_MAX; cap++) {
			if (!(any & 1ULL << cap) || report_level(cap) != (unsigned)level)
				continue;
			ret->at[ret->count++] = cap;
			ret->of_level[level]++;
		}
}

static void put_head(struct buf *b, const struct columns *c)
{
	html(b, "<thead><tr><td colspan=2><td colspan=2>");
	for (int level = FACT_LEVELS - 1; level >= 0; level--) {
		if (!c->of_level[level])
			continue;
		buf_printf(b, "<th scope=colgroup class=\"l r%d\" colspan=%u><span>%s</span>", level, c->of_level[level],
			   report_level_words((unsigned)level));
	}
	html(b, "<tr><th scope=col data-s=t>Workload<th scope=col data-s=o>Risk<th scope=col data-s=n>Checks"
		"<th scope=col data-s=n>Unused");
	for (size_t i = 0; i < c->count; i++) {
		html(b, "<th scope=col class=v data-s=c><span>");
		capability_put_short(b, c->at[i]);
		html(b, "</span>");
	}
}

static void put_cell(struct buf *b, const struct answer *a, unsigned cap, uint64_t refused)
{
	enum report_cell cell = report_cell(a, cap);
	const struct report_look *look = &report_looks[cell];
	bool hurt = refused & 1ULL << cap;

	if (cell == REPORT_NOTHING) {
		html(b, "<td>");
		return;
	}
	buf_printf(b, "<td class=\"%s", look->letter);
	if (cell == REPORT_NEEDED || cell == REPORT_CONDITIONAL)
		buf_printf(b, " r%u", report_level(cap));
	if (hurt)
		html(b, " x");
	buf_printf(b, "\">%s", look->sign);
	/* Who grants is told how much is not used in a column of its own: here a word for each would be most of the page. */
	if (cell != REPORT_UNUSED)
		buf_printf(b, "<i>%s%s</i>", look->words, hurt ? cell == REPORT_REFUSED ? ", and it mattered" : ", also refused" : "");
}

static void put_row(struct buf *b, const struct answer *a, size_t nr, const struct columns *c)
{
	int worst = report_worst(a->caps);
	uint64_t refused = report_refused(a);

	buf_printf(b, "\n<tr data-w=%zu", nr);
	report_put_flags(b, a);
	buf_printf(b, "><th scope=row><a href=\"#w%zu\">", nr);
	report_put_name(b, a);
	html(b, "</a>");
	if (worst < 0)
		html(b, "<td>none");
	else
		buf_printf(b, "<td class=\"q r%d\">%s", worst, worst == FACT_ROOT ? "root" : report_level_words((unsigned)worst));
	html(b, "<td>");
	buf_grouped(b, a->checks);
	if (a->granted_source)
		buf_printf(b, "<td>%d", __builtin_popcountll(answer_unused(a)));
	else
		html(b, "<td>?<i>not known</i>");
	for (size_t i = 0; i < c->count; i++)
		put_cell(b, a, c->at[i], refused);
}

static void put_foot(struct buf *b, const struct ranking *r, const struct columns *c)
{
	html(b, "\n<tfoot><tr><th scope=row colspan=2>needed by so many workloads<td colspan=2>");
	for (size_t i = 0; i < c->count; i++) {
		size_t need = 0;

		for (size_t k = 0; k < r->count; k++)
			need += !!(r->at[k].caps & 1ULL << c->at[i]);
		html(b, "<td>");
		if (need)
			buf_printf(b, "%zu", need);
	}
}

static void put_legend(struct buf *b)
{
	html(b, "<ul class=legend>");
	for (enum report_cell cell = REPORT_NEEDED; cell < REPORT_CELLS; cell++) {
		const struct report_look *look = &report_looks[cell];

		buf_printf(b, "<li><span class=\"s %s\">%s</span> %s", look->letter, look->sign, look->words);
	}
	html(b, "<li><span class=\"s d x\">\xc3\x97</span> refused, and it may have mattered");
	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		buf_printf(b, "<li><span class=\"s n r%d\">\xe2\x97\x8f</span> %s", level, report_level_words((unsigned)level));
	html(b, "</ul>");
}

void report_matrix(struct buf *b, const struct report *r)
{
	struct columns columns;

	choose(r->ranking, &columns);
	html(b, "\n<section id=matrix aria-labelledby=hm><h2 id=hm>Who needs what</h2>");
	put_legend(b);
	html(b, "<div class=scroll role=region aria-label=\"The matrix, which scrolls\" tabindex=0><table class=m><caption>Workloads, the riskiest "
		"first, and capabilities, the most dangerous first");
	if (report_details(r) < r->ranking->count)
		buf_printf(b, "; %zu more <a href=\"#rest\">below</a>", r->ranking->count - report_details(r));
	html(b, "</caption>");
	put_head(b, &columns);
	html(b, "<tbody>");
	for (size_t i = 0; i < report_details(r); i++)
		put_row(b, &r->ranking->at[i], i + 1, &columns);
	put_foot(b, r->ranking, &columns);
	html(b, "</table></div></section>");
}
