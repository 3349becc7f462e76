/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/report_parts.h"

#include <inttypes.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/base/when.h"
#include "user/caps/asked.h"
#include "user/caps/facts.h"
#include "user/model/outcome.h"
#include "user/view/html.h"
#include "user/view/report.h"

#define BIT(cap) (1ULL << (cap))

const struct report_look report_looks[REPORT_CELLS] = {
	[REPORT_NOTHING] = { "", "", "" },
	[REPORT_NEEDED] = { "n", "\xe2\x97\x8f", "needed" },
	[REPORT_CONDITIONAL] = { "c", "\xe2\x97\x90", "needed in some states only" },
	[REPORT_USED] = { "u", "\xe2\x97\x8b", "asked for, not needed" },
	[REPORT_REFUSED] = { "d", "\xc3\x97", "refused" },
	[REPORT_UNUSED] = { "g", "\xe2\x80\x93", "granted, never used" },
};

/* ---- what a workload has to do with a capability -------------------------------------------------------------------- */

enum report_cell report_cell(const struct answer *a, unsigned cap)
{
	enum solve_part part = answer_part_of(a, cap);

	if (a->caps & BIT(cap))
		return part == SOLVE_CONDITIONAL || part == SOLVE_KEPT ? REPORT_CONDITIONAL : REPORT_NEEDED;
	if (part == SOLVE_DENIED)
		return REPORT_REFUSED;
	if (answer_unused(a) & BIT(cap))
		return REPORT_UNUSED;
	return part < SOLVE_PARTS ? REPORT_USED : REPORT_NOTHING;
}

bool report_hurts(const struct asked_row *row)
{
	if (!row->denied || row->setup || row->withheld)
		return false;
	if (row->failed)
		return row->class != SITE_ADVISORY;
	return row->worked < row->denied && row->class != SITE_ADVISORY && row->class != SITE_QUALITY;
}

uint64_t report_refused(const struct answer *a)
{
	size_t count = asked_count(a->asked);
	uint64_t set = 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (row->cap >= 0 && row->cap < CAPABILITY_MAX && report_hurts(row))
			set |= BIT(row->cap);
	}
	return set;
}

unsigned report_level(unsigned cap)
{
	const struct fact *f = fact_of(cap);

	return f ? f->level : FACT_ROOT;
}

const char *report_level_words(unsigned level)
{
	static const char *const words[FACT_LEVELS] = {
		[FACT_LOW] = "low", [FACT_MODERATE] = "moderate", [FACT_HIGH] = "high", [FACT_ROOT] = "as good as root",
	};

	return words[level];
}

int report_worst(uint64_t set)
{
	int worst = -1;

	for (; set; set &= set - 1) {
		int level = (int)report_level((unsigned)__builtin_ctzll(set));

		worst = level > worst ? level : worst;
	}
	return worst;
}

size_t report_details(const struct report *r)
{
	return r->ranking->count < r->details ? r->ranking->count : r->details;
}

void report_put_flags(struct buf *b, const struct answer *a)
{
	buf_printf(b, " data-f=\"%s%s%s%s\"", a->caps ? "n" : "", report_worst(a->caps) == FACT_ROOT ? "r" : "",
		   report_refused(a) ? "x" : "", answer_unused(a) ? "g" : "");
}

void report_put_name(struct buf *b, const struct answer *a)
{
	const char *name = a->workload ?: a->command;

	if (!name) {
		html(b, "<bdi>no workload</bdi>");
		return;
	}
	html_name(b, name, REPORT_NAME);
	if (!strcmp(name, "/"))
		html(b, " (the root of all cgroups)");
}

/* ---- words ---------------------------------------------------------------------------------------------------------- */

void report_put_chip(struct buf *b, unsigned cap)
{
	buf_printf(b, "<span class=\"k r%u\">", report_level(cap));
	capability_put_short(b, cap);
	html(b, "</span>");
}

void report_put_time(struct buf *b, const struct report *r, uint64_t wall_ns, bool date)
{
	struct buf text = BUF_INIT;
	struct when when;

	when_init(&when, WHEN_SECOND, r->utc);
	when_print(&when, &text, wall_ns);
	if (text.len > WHEN_TIME_AT)
		buf_put(b, text.data + (date ? 0 : WHEN_TIME_AT), text.len - (date ? 0 : WHEN_TIME_AT));
	buf_done(&text);
}

static void put_ended(struct buf *b, const char *how, uint64_t times)
{
	buf_puts(b, how);
	if (times > 1) {
		html(b, ", ");
		buf_grouped(b, times);
		html(b, "\xc3\x97");
	}
}

void report_put_outcome(struct buf *b, const struct asked_row *row)
{
	char made[OUTCOME_WORD_MAX];
	const char *error = row->failed && row->error ? outcome_word(OUTCOME_FAILED, row->error, made) : NULL;

	if (row->failed) {
		html(b, "<b class=bad>failed</b>");
		if (error)
			html(b, " with ");
		html_text(b, error);
		put_ended(b, "", row->failed);
	}
	if (row->worked) {
		if (row->failed)
			html(b, "; ");
		put_ended(b, "worked all the same", row->worked);
	}
	if (!row->failed && !row->worked)
		html(b, "outcome not known");
}

void report_put_who(struct buf *b, const struct asked_row *row)
{
	html_name(b, row->comm, REPORT_NAME);
	if (row->pid)
		buf_printf(b, " (%" PRIu32 "%s", row->pid, row->ids_known ? ", user " : "");
	if (row->pid && row->ids_known && *row->user)
		html_name(b, row->user, REPORT_NAME);
	else if (row->pid && row->ids_known)
		buf_printf(b, "%" PRIu32, row->uid);
	if (row->pid)
		buf_putc(b, ')');
	if (!row->exe)
		return;
	html(b, " <code>");
	html_name(b, row->exe, REPORT_PATH);
	html(b, "</code>");
}
