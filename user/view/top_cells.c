/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/top_cells.h"

#include "user/base/buf.h"
#include "user/caps/facts.h"
#include "user/caps/site.h"
#include "user/model/outcome.h"
#include "user/view/chart.h"

const char *const top_titles[TOP_SORTS] = {
	[SORT_RATE] = "RATE/S", [SORT_TOTAL] = "TOTAL",   [SORT_ALLOWED] = "ALLOWED",
	[SORT_DENIED] = "DENIED", [SORT_NEEDED] = "NEEDED", [SORT_NAME] = "NAME",
};

double top_rate(const struct board_sums *sums, uint64_t now)
{
	return sums->took_ns ? (double)now * 1e9 / (double)sums->took_ns : 0;
}

/* Below ten with a tenth: one check in four seconds is not none. */
void top_put_rate(struct buf *b, double rate)
{
	if (rate > 0 && rate < 9.95)
		buf_printf(b, "%.1f", rate < 0.1 ? 0.1 : rate);
	else
		chart_number(b, (uint64_t)(rate + 0.5));
}

uint64_t top_value(const struct top_row *r, enum top_sort what)
{
	const uint64_t values[TOP_SORTS] = {
		[SORT_RATE] = r->now, [SORT_TOTAL] = r->total, [SORT_ALLOWED] = r->allowed,
		[SORT_DENIED] = r->denied, [SORT_NEEDED] = r->needed, [SORT_NAME] = r->now,
	};

	return values[what];
}

void top_put_value(struct buf *b, const struct top_row *r, enum top_sort what, const struct board_sums *sums)
{
	if (what == SORT_RATE)
		top_put_rate(b, top_rate(sums, r->now));
	else if (what == SORT_NEEDED && !r->classes_known)
		buf_putc(b, '?');
	else
		chart_number(b, top_value(r, what));
}

static enum fact_level level_of(unsigned int cap)
{
	const struct fact *fact = fact_of(cap);

	return fact ? fact->level : FACT_ROOT;
}

enum frame_style top_style(const struct top_row *r, unsigned int cap, uint64_t rare)
{
	enum fact_level level = level_of(cap);

	if (r->refused >> cap & 1)
		return STYLE_DENIED;
	if (level >= FACT_HIGH)
		return level == FACT_ROOT ? STYLE_RISK : STYLE_HIGH;
	return rare >> cap & 1 ? STYLE_RARE : STYLE_PLAIN;
}

unsigned int top_caps(uint64_t caps, unsigned int ret[static CAPABILITY_MAX])
{
	unsigned int count = 0;

	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		for (unsigned int cap = 0; cap < CAPABILITY_MAX; cap++)
			if (caps >> cap & 1 && level_of(cap) == (enum fact_level)level)
				ret[count++] = cap;
	return count;
}

/* Calls that failed, calls that did not, or both. */
static void put_result(struct buf *b, const struct top_row *r)
{
	char made[OUTCOME_WORD_MAX];

	if (!r->failed && !r->worked)
		buf_putc(b, '-');
	if (r->failed)
		buf_puts(b, outcome_word(OUTCOME_FAILED, r->error, made));
	if (r->worked)
		buf_puts(b, r->failed ? ",ok" : "ok");
}

static void put_classes(struct buf *b, const struct top_row *r)
{
	const char *between = "";

	for (enum site_class class = 0; class < SITE_CLASS_COUNT; class++) {
		if (!(r->classes & 1U << class))
			continue;
		buf_printf(b, "%s%s", between, site_class_word(class));
		between = ",";
	}
	if (!r->classes)
		buf_putc(b, '?');
}

static void put_operation(struct buf *b, const struct top_row *r)
{
	buf_printf(b, "%s%s", r->operation ? r->operation : "?", r->more_operations ? ", ..." : "");
}

const struct top_more_column top_more[MORE_COUNT] = {
	[MORE_RESULT] = { "RESULT", 9, put_result },
	[MORE_CLASS] = { "CLASS", 12, put_classes },
	[MORE_OPERATION] = { "OPERATION", 34, put_operation },
};
