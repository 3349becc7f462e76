/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/caps/facts.h"
#include "user/view/html.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"

/* ---- a line for each of who is not told in full ------------------------------------------------------------------------ */

static void put_set(struct buf *b, const char *what, uint64_t set)
{
	if (!set)
		return;
	buf_printf(b, " %s", what);
	for (; set; set &= set - 1) {
		buf_putc(b, ' ');
		capability_put_short(b, (unsigned)__builtin_ctzll(set));
	}
	buf_putc(b, '.');
}

static void put_line(struct buf *b, const struct answer *a, size_t nr)
{
	buf_printf(b, "\n<li id=w%zu", nr);
	report_put_flags(b, a);
	html(b, "><b>");
	report_put_name(b, a);
	html(b, "</b>");
	if (a->caps)
		put_set(b, "needs", a->caps);
	else
		html(b, " needs no capability.");
	put_set(b, "Was refused", report_refused(a));
	if (answer_unused(a))
		buf_printf(b, " %d granted and never used.", __builtin_popcountll(answer_unused(a)));
}

void report_rest(struct buf *b, const struct report *r)
{
	size_t told = report_details(r), count = r->ranking->count;

	if (told == count)
		return;
	html(b, "\n<section id=rest aria-labelledby=hr><h2 id=hr>And ");
	buf_grouped(b, count - told);
	buf_printf(b, " more</h2><p class=no>These give away less than the %zu above, which are told in full "
		      "(<code>--details</code> is how many); a filter makes a page of one of them.</p><ul class=rest>",
		   told);
	for (size_t i = told; i < count; i++)
		put_line(b, &r->ranking->at[i], i + 1);
	html(b, "</ul></section>");
}

/* ---- what the capabilities are ------------------------------------------------------------------------------------------ */

static void put_fact(struct buf *b, unsigned cap)
{
	const struct fact *f = fact_of(cap);

	if (!f)
		return;
	buf_printf(b, "<dt id=c%u>", cap);
	report_put_chip(b, cap);
	html(b, "<dd>");
	html_text(b, f->permits);
	if (f->why) {
		html(b, ". <i>");
		html_text(b, f->why);
		html(b, "</i>");
	}
	if (f->better) {
		html(b, ". <b>Instead:</b> ");
		html_text(b, f->better);
	}
	html(b, ".");
}

/* Of what anybody needs or was refused. */
void report_glossary(struct buf *b, const struct report *r)
{
	uint64_t set = 0;

	for (size_t i = 0; i < r->ranking->count; i++)
		set |= r->ranking->at[i].caps | report_refused(&r->ranking->at[i]);
	if (!set)
		return;
	html(b, "\n<section id=what aria-labelledby=hg><h2 id=hg>What each gives away, and what to do instead</h2><dl class=gloss>");
	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		for (unsigned cap = 0; cap < CAPABILITY_MAX; cap++)
			if (set & 1ULL << cap && report_level(cap) == (unsigned)level)
				put_fact(b, cap);
	html(b, "</dl></section>");
}
