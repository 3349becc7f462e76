/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/buf.h"
#include "user/view/top.h"
#include "user/view/top_cells.h"

enum { NUMBER = 7 };

static void text_more(struct buf *b, const struct top_row *r)
{
	for (enum top_more i = 0; i < MORE_COUNT; i++) {
		struct buf text = BUF_INIT;

		top_more[i].put(&text, r);
		buf_printf(b, " %-*s", top_more[i].width, buf_str(&text));
		buf_done(&text);
	}
}

static void text_row(struct buf *b, const struct top_row *r, const struct top_facts *facts, bool more)
{
	unsigned int order[CAPABILITY_MAX], count = top_caps(r->caps, order);

	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++) {
		struct buf text = BUF_INIT;

		top_put_value(&text, r, s, &facts->sums);
		buf_printf(b, "%*s ", NUMBER, buf_str(&text));
		buf_done(&text);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (i)
			buf_putc(b, ',');
		capability_put_short(b, order[i]);
	}
	if (more)
		text_more(b, r);
	buf_printf(b, " %s\n", r->name);
}

static void text_head(struct buf *b, const struct top *t, const struct top_facts *facts)
{
	buf_printf(b, "%s%scapsieve top: ", facts->time ? facts->time : "", facts->time ? " " : "");
	top_put_rate(b, top_rate(&facts->sums, facts->sums.now));
	buf_printf(b, "/s, %llu checks, %llu lost, %llu advisory hidden", (unsigned long long)facts->sums.total,
		   (unsigned long long)facts->lost, (unsigned long long)t->rows.advisory);
	if (facts->sums.rest)
		buf_printf(b, ", %llu found no room", (unsigned long long)facts->sums.rest);
	if (facts->cpu >= 0)
		buf_printf(b, "  own CPU %.1f %%", facts->cpu * 100);
	if (facts->hidden_known)
		buf_printf(b, "  overcommit hidden %llu", (unsigned long long)facts->hidden);
	buf_putc(b, '\n');
}

void top_text(struct buf *b, const struct top *t, const struct top_facts *facts)
{
	text_head(b, t, facts);
	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++)
		buf_printf(b, "%*s ", NUMBER, top_titles[s]);
	buf_puts(b, "CAPABILITIES");
	for (enum top_more i = 0; i < MORE_COUNT && t->more; i++)
		buf_printf(b, " %-*s", top_more[i].width, top_more[i].title);
	buf_printf(b, " %s\n", top_by_word(t->by));
	for (size_t i = 0; i < t->rows.count; i++)
		text_row(b, &t->rows.at[i], facts, t->more);
}
