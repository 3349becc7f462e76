/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/facts.h"
#include "user/view/chart.h"
#include "user/view/frame.h"
#include "user/view/top.h"

enum { NUMBER = 7, CAPS_NARROW = 20, CAPS_WIDE = 48, CAPS_AT = 5 * (NUMBER + 1), HEAD_LINES = 4, FOOT_LINES = 1 };

static const char *const titles[TOP_SORTS] = {
	[SORT_RATE] = "RATE/S", [SORT_TOTAL] = "TOTAL",   [SORT_ALLOWED] = "ALLOWED",
	[SORT_DENIED] = "DENIED", [SORT_NEEDED] = "NEEDED", [SORT_NAME] = "NAME",
};

/* ---- one row ----------------------------------------------------------------------------------------------------- */

static double rate_of(const struct top_row *r, const struct board_sums *sums)
{
	return sums->took_ns ? (double)r->now * 1e9 / (double)sums->took_ns : 0;
}

/* Below ten with a tenth: one check in four seconds is not none. */
static void put_rate(struct buf *b, double rate)
{
	if (rate > 0 && rate < 9.95)
		buf_printf(b, "%.1f", rate < 0.1 ? 0.1 : rate);
	else
		chart_number(b, (uint64_t)(rate + 0.5));
}

static void put_value(struct buf *b, const struct top_row *r, enum top_sort what, const struct board_sums *sums)
{
	if (what == SORT_RATE)
		put_rate(b, rate_of(r, sums));
	else if (what == SORT_TOTAL)
		chart_number(b, r->total);
	else if (what == SORT_ALLOWED)
		chart_number(b, r->allowed);
	else if (what == SORT_DENIED)
		chart_number(b, r->denied);
	else if (r->classes_known)
		chart_number(b, r->needed);
	else
		buf_putc(b, '?');
}

/* "CAP_NET_BIND_SERVICE" as "net_bind_service". */
static void put_short(struct buf *b, unsigned int cap)
{
	char name[CAPABILITY_NAME_MAX];

	for (const char *s = capability_name(cap, name) + strlen("CAP_"); *s; s++)
		buf_putc(b, *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s);
}

static enum frame_style style_of(const struct top_row *r, unsigned int cap)
{
	const struct fact *fact = fact_of(cap);

	if (r->refused >> cap & 1)
		return STYLE_DENIED;
	if (!fact || fact->level == FACT_ROOT)
		return STYLE_RISK;
	return fact->level == FACT_HIGH ? STYLE_HIGH : STYLE_PLAIN;
}

static enum fact_level level_of(unsigned int cap)
{
	const struct fact *fact = fact_of(cap);

	return fact ? fact->level : FACT_ROOT;
}

/* The most dangerous first: they must not be those that find no room. Returns how many there are. */
static unsigned int caps_in_order(uint64_t caps, unsigned int ret[static CAPABILITY_MAX])
{
	unsigned int count = 0;

	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		for (unsigned int cap = 0; cap < CAPABILITY_MAX; cap++)
			if (caps >> cap & 1 && level_of(cap) == (enum fact_level)level)
				ret[count++] = cap;
	return count;
}

static void put_caps(struct frame *f, int row, int col, int end, const struct top_row *r)
{
	unsigned int order[CAPABILITY_MAX], count = caps_in_order(r->caps, order);

	for (unsigned int i = 0; i < count; i++) {
		struct buf word = BUF_INIT, more = BUF_INIT;
		int room;

		put_short(&word, order[i]);
		if (i + 1 < count)
			buf_printf(&more, " +%u", count - i - 1);
		room = end - col - (i > 0) - (int)more.len;
		if (i && (int)word.len > room) {
			buf_clear(&more);
			buf_printf(&more, " +%u", count - i);
			frame_put(f, row, col, end, STYLE_DIM, buf_str(&more));
			i = count;
		} else {
			col = frame_put(f, row, col + (i > 0), end - (i ? 0 : (int)more.len), style_of(r, order[i]), buf_str(&word));
		}
		buf_done(&word);
		buf_done(&more);
	}
}

static int caps_width(int cols)
{
	return cols < 130 ? CAPS_NARROW : CAPS_WIDE;
}

static void draw_row(struct frame *f, int line, const struct top_row *r, const struct top_facts *facts, bool selected)
{
	int names = CAPS_AT + caps_width(f->cols) + 1;

	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++) {
		struct buf text = BUF_INIT;

		put_value(&text, r, s, &facts->sums);
		frame_put(f, line, (int)s * (NUMBER + 1) + NUMBER - (int)text.len, f->cols,
			  s == SORT_DENIED && r->denied ? STYLE_DENIED : STYLE_PLAIN, buf_str(&text));
		buf_done(&text);
	}
	put_caps(f, line, CAPS_AT, names - 1, r);
	frame_put(f, line, names, f->cols, STYLE_PLAIN, r->name);
	if (selected)
		frame_paint(f, line, 0, f->cols, STYLE_SELECTED);
}

/* ---- above and below the rows ------------------------------------------------------------------------------------ */

static void put_line(struct frame *f, int line, enum frame_style style, struct buf *text)
{
	frame_put(f, line, 0, f->cols, style, buf_str(text));
	buf_done(text);
}

static void draw_title(struct frame *f, const struct top *t, const struct top_facts *facts)
{
	struct buf text = BUF_INIT, right = BUF_INIT;

	buf_printf(&text, "capsieve top  %s", facts->source ? facts->source : "");
	put_line(f, 0, STYLE_TITLE, &text);
	buf_printf(&right, "  %s%s", t->paused ? "PAUSED  " : facts->ended ? "ENDED  " : "", facts->time ? facts->time : "");
	frame_put(f, 0, f->cols - (int)text_width(buf_str(&right), right.len), f->cols, STYLE_TITLE, buf_str(&right));
	buf_done(&right);
}

static void put_costs(struct buf *b, const struct top_facts *facts)
{
	if (facts->cpu >= 0)
		buf_printf(b, "  own CPU %.1f %%", facts->cpu * 100);
	if (facts->hidden_known)
		buf_printf(b, "  overcommit hidden %llu", (unsigned long long)facts->hidden);
}

static void draw_sums(struct frame *f, const struct top_facts *facts)
{
	const struct board_sums *s = &facts->sums;
	struct buf text = BUF_INIT, curve = BUF_INIT;
	int col, room;

	put_rate(&text, s->pasts ? s->past[BOARD_PAST - 1] : 0);
	buf_puts(&text, "/s ");
	col = frame_put(f, 1, 0, f->cols, STYLE_PLAIN, buf_str(&text));
	room = f->cols >= 120 ? BOARD_PAST : 20;
	chart_spark(&curve, s->past + BOARD_PAST - room, (size_t)room, facts->ascii);
	col = frame_put(f, 1, col, f->cols, STYLE_CURVE, buf_str(&curve));
	buf_clear(&text);
	buf_puts(&text, "  checks ");
	chart_number(&text, s->total);
	col = frame_put(f, 1, col, f->cols, STYLE_PLAIN, buf_str(&text));
	buf_clear(&text);
	buf_printf(&text, "  lost %llu", (unsigned long long)facts->lost);
	col = frame_put(f, 1, col, f->cols, facts->lost ? STYLE_WARNING : STYLE_PLAIN, buf_str(&text));
	buf_clear(&text);
	put_costs(&text, facts);
	frame_put(f, 1, col, f->cols, STYLE_PLAIN, buf_str(&text));
	buf_done(&text);
	buf_done(&curve);
}

static void put_path(struct buf *b, const struct top *t)
{
	for (size_t i = 0; i < t->depth; i++)
		buf_printf(b, "%s %s > ", top_by_word(t->steps[i].by), t->steps[i].name);
	buf_printf(b, "by %s: %zu", top_by_word(t->by), t->rows.count);
}

static void draw_choice(struct frame *f, const struct top *t, const struct top_facts *facts)
{
	struct buf text = BUF_INIT;
	int col;

	put_path(&text, t);
	if (t->advisory)
		buf_puts(&text, "  advisory shown");
	else if (t->rows.advisory)
		buf_printf(&text, "  advisory hidden: %llu (a)", (unsigned long long)t->rows.advisory);
	col = frame_put(f, 2, 0, f->cols, STYLE_PLAIN, buf_str(&text));
	buf_clear(&text);
	if (facts->sums.rest)
		buf_printf(&text, "  no room for %llu", (unsigned long long)facts->sums.rest);
	if (facts->sums.gone)
		buf_printf(&text, "  gone: %llu", (unsigned long long)facts->sums.gone);
	frame_put(f, 2, col, f->cols, STYLE_WARNING, buf_str(&text));
	buf_done(&text);
}

static void draw_head(struct frame *f, const struct top *t)
{
	int names = CAPS_AT + caps_width(f->cols) + 1;

	frame_paint(f, 3, 0, f->cols, STYLE_HEAD);
	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++)
		frame_put(f, 3, (int)s * (NUMBER + 1) + NUMBER - (int)strlen(titles[s]), f->cols,
			  s == t->sort ? STYLE_SELECTED : STYLE_HEAD, titles[s]);
	frame_put(f, 3, CAPS_AT, f->cols, STYLE_HEAD, "CAPABILITIES");
	frame_put(f, 3, names, f->cols, t->sort == SORT_NAME ? STYLE_SELECTED : STYLE_HEAD,
		  t->sort == SORT_NAME ? "NAME" : top_by_word(t->by));
}

static void draw_foot(struct frame *f, const struct top *t)
{
	struct buf text = BUF_INIT;
	int row = f->rows - 1, col;

	if (t->typing || *t->filter) {
		text_escape(&text, t->filter, strlen(t->filter));
		col = frame_put(f, row, 0, f->cols, STYLE_HEAD, "filter: ");
		col = frame_put(f, row, col, f->cols, STYLE_PLAIN, buf_str(&text));
		if (t->typing) {
			f->cursor_row = row;
			f->cursor_col = col < f->cols ? col : f->cols - 1;
		}
		frame_put(f, row, col + 2, f->cols, STYLE_WARNING, t->mistake);
	} else {
		frame_put(f, row, 0, f->cols, STYLE_DIM,
			  "q quit  ? help  1-9 group  enter into  esc back  / filter  s sort  r reverse  a advisory  p pause");
	}
	buf_done(&text);
}

static const char *const help[] = {
	"1 to 9      group by workload, program, process, user, unit, container, pod,",
	"            capability, kind of check; g: the next one",
	"enter, esc  into what the cursor is on: its programs, their checks; and back",
	"arrows      move; page up, page down, home, end; j and k",
	"s, <, >     sort by another column; r: the other way round",
	"/           filter while typing: words, or conditions as --where has them:",
	"            unit=nginx.service user!=root; enter keeps it, esc removes it",
	"a           also checks that change nothing (advisory)",
	"p, blank    pause, and go on",
	"q           quit",
	"",
	"RATE/S      checks a second in the last interval; TOTAL since the start",
	"NEEDED      granted, and not advisory or quality; ?: no call sites were taken",
	"CAPABILITIES  the dangerous ones first, as good as root in red, denied inverted",
};

static void draw_help(struct frame *f)
{
	for (size_t i = 0; i < sizeof(help) / sizeof(*help); i++)
		frame_put(f, (int)i + HEAD_LINES, 0, f->cols, STYLE_PLAIN, help[i]);
}

static void draw_rows(struct frame *f, struct top *t, const struct top_facts *facts)
{
	int room = f->rows - HEAD_LINES - FOOT_LINES;

	t->page = room > 0 ? (size_t)room : 1;
	if (t->cursor < t->first)
		t->first = t->cursor;
	if (t->cursor >= t->first + t->page)
		t->first = t->cursor - t->page + 1;
	if (t->first + t->page > t->rows.count)
		t->first = t->rows.count > t->page ? t->rows.count - t->page : 0;
	for (size_t i = 0; i < t->page && t->first + i < t->rows.count && room > 0; i++)
		draw_row(f, HEAD_LINES + (int)i, &t->rows.at[t->first + i], facts, t->first + i == t->cursor);
}

int top_frame(struct top *t, const struct top_facts *facts, int rows, int cols, struct frame *ret)
{
	int err = frame_init(ret, rows, cols);

	if (err)
		return err;
	draw_title(ret, t, facts);
	draw_sums(ret, facts);
	draw_choice(ret, t, facts);
	draw_head(ret, t);
	if (t->help)
		draw_help(ret);
	else
		draw_rows(ret, t, facts);
	draw_foot(ret, t);
	return 0;
}

/* ---- without a screen -------------------------------------------------------------------------------------------- */

static void text_row(struct buf *b, const struct top_row *r, const struct top_facts *facts)
{
	unsigned int order[CAPABILITY_MAX], count = caps_in_order(r->caps, order);

	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++) {
		struct buf text = BUF_INIT;

		put_value(&text, r, s, &facts->sums);
		buf_printf(b, "%*s ", NUMBER, buf_str(&text));
		buf_done(&text);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (i)
			buf_putc(b, ',');
		put_short(b, order[i]);
	}
	buf_printf(b, " %s\n", r->name);
}

void top_text(struct buf *b, const struct top *t, const struct top_facts *facts)
{
	buf_printf(b, "%s%scapsieve top: ", facts->time ? facts->time : "", facts->time ? " " : "");
	put_rate(b, facts->sums.pasts ? facts->sums.past[BOARD_PAST - 1] : 0);
	buf_printf(b, "/s, %llu checks, %llu lost, %llu advisory hidden", (unsigned long long)facts->sums.total,
		   (unsigned long long)facts->lost, (unsigned long long)t->rows.advisory);
	if (facts->sums.rest)
		buf_printf(b, ", %llu found no room", (unsigned long long)facts->sums.rest);
	put_costs(b, facts);
	buf_putc(b, '\n');
	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++)
		buf_printf(b, "%*s ", NUMBER, titles[s]);
	buf_printf(b, "CAPABILITIES %s\n", top_by_word(t->by));
	for (size_t i = 0; i < t->rows.count; i++)
		text_row(b, &t->rows.at[i], facts);
}
