/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/view/chart.h"
#include "user/view/frame.h"
#include "user/view/top.h"
#include "user/view/top_cells.h"

enum {
	CAPS_AT_LEAST = 18,
	CAPS_WIDE = 44,
	WIDE = 130,		/* columns from which on there is room for it, */
	MORE_FROM = 120,	/* for what a check means, */
	BARS_FROM = 110,	/* and for bars */
	BAR = 10,
	NARROW = 72,		/* columns below which what is asked for most is all that there is room for beside a name */
	STEPS_AT_LEAST = 6,
	HEAD_LINES = 4,
	DETAIL_FROM = 12,	/* lines from which on one is spent on what the cursor is on */
};

static const int widths[TOP_SORTS] = {
	[SORT_RATE] = 6, [SORT_TOTAL] = 6, [SORT_ALLOWED] = 7, [SORT_DENIED] = 6, [SORT_NEEDED] = 6,
};

/* Where columns begin. */
struct columns {
	int bar, caps, more, name;	/* -1: there is none */
};

/* Rows that are a capability's, or about one, say so in their name. */
static bool has_caps_column(const struct top *t)
{
	return t->by != TOP_CAPABILITY && t->by != TOP_CHECK;
}

static bool is_shown(const struct top *t, enum top_sort s, int cols)
{
	return cols >= NARROW || s == t->sort || s == SORT_RATE || s == SORT_TOTAL || s == SORT_DENIED;
}

/* Operations have less room where names would have none. */
static int more_width(enum top_more i, int cols)
{
	return i == MORE_OPERATION && cols < WIDE + 20 ? top_more[i].width / 2 : top_more[i].width;
}

static void lay_out(const struct top *t, int cols, struct columns *ret)
{
	int at = 0;

	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++)
		at += is_shown(t, s, cols) ? widths[s] + 1 : 0;
	*ret = (struct columns){ -1, -1, -1, -1 };
	if (cols >= BARS_FROM && !t->more) {
		ret->bar = at;
		at += BAR + 1;
	}
	if (has_caps_column(t) && cols >= NARROW) {
		ret->caps = at;
		at += (cols < WIDE || t->more ? CAPS_AT_LEAST : CAPS_WIDE) + 1;
	}
	if (t->more && cols >= MORE_FROM) {
		ret->more = at;
		for (enum top_more i = 0; i < MORE_COUNT; i++)
			at += more_width(i, cols) + 1;
	}
	ret->name = at;
}

/* ---- one row ----------------------------------------------------------------------------------------------------- */

static void put_caps(struct frame *f, int row, int col, int end, const struct top_row *r, uint64_t rare)
{
	unsigned int order[CAPABILITY_MAX], count = top_caps(r->caps, order);

	for (unsigned int i = 0; i < count; i++) {
		struct buf word = BUF_INIT, more = BUF_INIT;
		int room;

		capability_put_short(&word, order[i]);
		if (i + 1 < count)
			buf_printf(&more, " +%u", count - i - 1);
		room = end - col - (i > 0) - (int)more.len;
		if (i && (int)word.len > room) {
			buf_clear(&more);
			buf_printf(&more, " +%u", count - i);
			frame_put(f, row, col, end, STYLE_DIM, buf_str(&more));
			i = count;
		} else {
			col = frame_put(f, row, col + (i > 0), end - (i ? 0 : (int)more.len), top_style(r, order[i], rare),
					buf_str(&word));
		}
		buf_done(&word);
		buf_done(&more);
	}
}

/* The only capability of a row that has no column of them. */
static enum frame_style name_style(const struct top *t, const struct top_row *r)
{
	return has_caps_column(t) || !r->caps ? STYLE_PLAIN
					      : top_style(r, (unsigned int)__builtin_ctzll(r->caps), t->rows.rare);
}

static void put_more(struct frame *f, int line, int col, const struct top_row *r, bool ascii)
{
	for (enum top_more i = 0; i < MORE_COUNT; i++) {
		struct buf text = BUF_INIT;

		top_more[i].put(&text, r);
		frame_put_cut(f, line, col, col + more_width(i, f->cols), STYLE_PLAIN, buf_str(&text), ascii);
		col += more_width(i, f->cols) + 1;
		buf_done(&text);
	}
}

static void draw_row(struct frame *f, int line, const struct top *t, const struct top_row *r, const struct top_facts *facts,
		     uint64_t most)
{
	struct columns c;
	int end = 0;

	lay_out(t, f->cols, &c);
	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++) {
		struct buf text = BUF_INIT;

		if (!is_shown(t, s, f->cols))
			continue;
		top_put_value(&text, r, s, &facts->sums);
		end += widths[s];
		frame_put(f, line, end++ - (int)text.len, f->cols,
			  s == SORT_DENIED && r->denied ? STYLE_DENIED : STYLE_PLAIN, buf_str(&text));
		buf_done(&text);
	}
	if (c.bar >= 0) {
		struct buf bar = BUF_INIT;

		chart_bar(&bar, top_value(r, t->sort), most, BAR, facts->ascii);
		frame_put(f, line, c.bar, c.bar + BAR, STYLE_CURVE, buf_str(&bar));
		buf_done(&bar);
	}
	if (c.caps >= 0)
		put_caps(f, line, c.caps, (c.more >= 0 ? c.more : c.name) - 1, r, t->rows.rare);
	if (c.more >= 0)
		put_more(f, line, c.more, r, facts->ascii);
	frame_put_cut(f, line, c.name, f->cols, name_style(t, r), r->name, facts->ascii);
}

/* ---- above the rows ---------------------------------------------------------------------------------------------- */

static void put_line(struct frame *f, int line, enum frame_style style, struct buf *text)
{
	frame_put(f, line, 0, f->cols, style, buf_str(text));
	buf_done(text);
}

static void draw_title(struct frame *f, const struct top *t, const struct top_facts *facts)
{
	struct buf text = BUF_INIT, right = BUF_INIT;
	const char *state = t->paused ? "PAUSED" : facts->ended ? "ENDED" : NULL;
	int col;

	buf_printf(&text, "capsieve top  %s", facts->source ? facts->source : "");
	put_line(f, 0, STYLE_TITLE, &text);
	buf_printf(&right, "  %s", facts->time ? facts->time : "");
	col = f->cols - (int)text_width(buf_str(&right), right.len);
	frame_put(f, 0, col, f->cols, STYLE_TITLE, buf_str(&right));
	if (state && col > (int)strlen(state) + 2) {
		frame_put(f, 0, col - (int)strlen(state) - 2, f->cols, STYLE_TITLE, "  ");
		frame_put(f, 0, col - (int)strlen(state), f->cols, STYLE_SELECTED, state);
	}
	buf_done(&right);
}

static double most_of(double a, double b)
{
	return a > b ? a : b;
}

/* The last minute in as many columns as there are, each the most of its seconds. */
static void draw_curve(struct frame *f, int col, const struct top_facts *facts)
{
	static const int fits[] = { 60, 30, 20, 15, 12, 10 };
	double values[BOARD_PAST] = { 0 };
	struct buf curve = BUF_INIT;
	int room = f->cols - col - 2, width = 0, each;

	for (size_t i = 0; i < sizeof(fits) / sizeof(*fits) && !width; i++)
		width = fits[i] <= room ? fits[i] : 0;
	if (!width)
		return;
	each = BOARD_PAST / width;
	for (int i = 0; i < BOARD_PAST; i++)
		values[i / each] = most_of(values[i / each], facts->sums.past[i]);
	chart_spark(&curve, values, (size_t)width, facts->ascii);
	frame_put(f, 1, f->cols - width, f->cols, STYLE_CURVE, buf_str(&curve));
	buf_clear(&curve);
	if (room - width >= 16) {
		double most = 0;

		for (int i = 0; i < width; i++)
			most = most_of(most, values[i]);
		buf_puts(&curve, "60 s, up to ");
		top_put_rate(&curve, most);
		frame_put(f, 1, f->cols - width - 1 - (int)curve.len, f->cols, STYLE_DIM, buf_str(&curve));
	}
	buf_done(&curve);
}

/* What must always be seen comes first. */
static void draw_sums(struct frame *f, const struct top_facts *facts)
{
	const struct board_sums *s = &facts->sums;
	struct buf text = BUF_INIT;
	int col;

	top_put_rate(&text, top_rate(s, s->now));
	buf_puts(&text, "/s");
	col = frame_put(f, 1, 0, f->cols, STYLE_TITLE, buf_str(&text));
	buf_clear(&text);
	buf_printf(&text, "lost %llu", (unsigned long long)facts->lost);
	col = frame_put(f, 1, col + 2, f->cols, facts->lost ? STYLE_WARNING : STYLE_PLAIN, buf_str(&text));
	buf_clear(&text);
	if (facts->cpu >= 0)
		buf_printf(&text, "  own process %.1f %%", facts->cpu * 100);
	buf_puts(&text, "  checks ");
	chart_number(&text, s->total);
	col = frame_put(f, 1, col, f->cols, STYLE_PLAIN, buf_str(&text));
	draw_curve(f, col, facts);
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
	"x           also result, class and operation, where there is room for them",
	"p, blank    pause, and go on; Ctrl-L draws all anew",
	"q           quit",
	"",
	"RATE/S      checks a second in the last interval; TOTAL since the start",
	"NEEDED      granted, and not advisory or quality; ?: --class all would tell",
	"CAPABILITIES  as good as root, dangerous, rare (one of 1,000 checks at most),",
	"            denied at least once; the curve is the last minute",
	"own process CPU that capsieve's process takes; what each check takes longer is",
	"            of the task that asks, and not in it",
};
enum { HELP_LINES = sizeof(help) / sizeof(*help) };

/* The way down; the way's end where not all of it has room before `end`. */
static int draw_steps(struct frame *f, const struct top *t, int end, bool ascii)
{
	struct buf text = BUF_INIT;
	int col;

	for (size_t i = 0; i < t->depth; i++)
		buf_printf(&text, "%s %s > ", top_by_word(t->steps[i].by), t->steps[i].name);
	col = frame_put_end(f, 2, 0, end > STEPS_AT_LEAST ? end : STEPS_AT_LEAST, STYLE_PLAIN, buf_str(&text), ascii);
	buf_done(&text);
	return col;
}

static void put_choice(struct buf *b, const struct top *t)
{
	if (t->help && t->help_last) {
		buf_printf(b, "help, lines %zu-%zu of %d: arrows show the rest", t->help_first + 1, t->help_first + t->page,
			   HELP_LINES);
		return;
	}
	buf_printf(b, "by %s: %zu", top_by_word(t->by), t->rows.count);
	if (t->rows.count > t->page && !t->help)
		buf_printf(b, " (%zu-%zu)", t->first + 1, t->first + t->page);
}

static void put_advisory(struct buf *b, const struct top *t)
{
	if (t->advisory)
		buf_puts(b, "  advisory shown");
	else if (t->rows.advisory)
		buf_printf(b, "  advisory hidden: %llu (a)", (unsigned long long)t->rows.advisory);
}

static void draw_choice(struct frame *f, const struct top *t, const struct top_facts *facts)
{
	struct buf choice = BUF_INIT, missing = BUF_INIT, hidden = BUF_INIT;
	int col;

	put_choice(&choice, t);
	if (facts->sums.rest)
		buf_printf(&missing, "  no room for %llu", (unsigned long long)facts->sums.rest);
	if (facts->sums.gone)
		buf_printf(&missing, "  gone: %llu", (unsigned long long)facts->sums.gone);
	put_advisory(&hidden, t);
	col = draw_steps(f, t, f->cols - (int)(choice.len + missing.len + hidden.len), facts->ascii);
	if (facts->hidden_known)
		buf_printf(&hidden, "  overcommit hidden: %llu", (unsigned long long)facts->hidden);
	col = frame_put(f, 2, col, f->cols, STYLE_PLAIN, buf_str(&choice));
	col = frame_put(f, 2, col, f->cols, STYLE_WARNING, buf_str(&missing));
	frame_put(f, 2, col, f->cols, STYLE_DIM, buf_str(&hidden));
	buf_done(&choice);
	buf_done(&missing);
	buf_done(&hidden);
}

static void draw_head(struct frame *f, const struct top *t)
{
	struct columns c;
	int end = 0;

	lay_out(t, f->cols, &c);
	frame_paint(f, 3, 0, f->cols, STYLE_HEAD);
	for (enum top_sort s = SORT_RATE; s <= SORT_NEEDED; s++) {
		if (!is_shown(t, s, f->cols))
			continue;
		end += widths[s];
		frame_put(f, 3, end++ - (int)strlen(top_titles[s]), f->cols, s == t->sort ? STYLE_SELECTED : STYLE_HEAD,
			  top_titles[s]);
	}
	if (c.caps >= 0)
		frame_put(f, 3, c.caps, f->cols, STYLE_HEAD, "CAPABILITIES");
	for (enum top_more i = 0; i < MORE_COUNT && c.more >= 0; i++) {
		frame_put(f, 3, c.more, f->cols, STYLE_HEAD, top_more[i].title);
		c.more += more_width(i, f->cols) + 1;
	}
	frame_put(f, 3, c.name, f->cols, t->sort == SORT_NAME ? STYLE_SELECTED : STYLE_HEAD,
		  t->sort == SORT_NAME ? "NAME" : top_by_word(t->by));
}

/* ---- below them -------------------------------------------------------------------------------------------------- */

/* Returns the column behind it. */
static int draw_filter(struct frame *f, const struct top *t)
{
	struct buf text = BUF_INIT;
	int row = f->rows - 1, col;

	text_escape(&text, t->filter, strlen(t->filter));
	col = frame_put(f, row, 0, f->cols, STYLE_HEAD, "filter: ");
	col = frame_put(f, row, col, f->cols, STYLE_PLAIN, buf_str(&text));
	if (t->typing) {
		f->cursor_row = row;
		f->cursor_col = col < f->cols ? col : f->cols - 1;
	}
	if (*t->mistake)
		col = frame_put(f, row, col + 2, f->cols, STYLE_WARNING, t->mistake);
	buf_done(&text);
	return col;
}

/* As many as there is room for, none of them in parts. */
static void draw_keys(struct frame *f, int col)
{
	static const char *const keys[][2] = {
		{ "q", "quit" }, { "?", "help" }, { "1-9", "group" }, { "enter", "into" }, { "esc", "back" }, { "/", "filter" },
		{ "s", "sort" }, { "p", "pause" }, { "a", "advisory" }, { "r", "reverse" },
	};
	int row = f->rows - 1;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (col + (int)strlen(keys[i][0]) + 1 + (int)strlen(keys[i][1]) > f->cols)
			break;
		col = frame_put(f, row, col, f->cols, STYLE_HEAD, keys[i][0]);
		col = frame_put(f, row, col + 1, f->cols, STYLE_PLAIN, keys[i][1]) + 2;
	}
}

static void draw_foot(struct frame *f, const struct top *t)
{
	int col = t->typing || *t->filter ? draw_filter(f, t) + 3 : 0;

	if (!t->typing && !*t->mistake)
		draw_keys(f, col);
}

/* The row under the cursor, with what its columns had no room for. */
static void draw_detail(struct frame *f, const struct top *t)
{
	const struct top_row *r = &t->rows.at[t->cursor];
	unsigned int order[CAPABILITY_MAX], count = top_caps(r->caps, order);
	int row = f->rows - 2, col = frame_put(f, row, 0, f->cols, STYLE_TITLE, r->name);

	for (unsigned int i = 0; i < count && has_caps_column(t); i++) {
		struct buf word = BUF_INIT;

		capability_put_short(&word, order[i]);
		col = frame_put(f, row, col + (i ? 1 : 2), f->cols, top_style(r, order[i], t->rows.rare), buf_str(&word));
		buf_done(&word);
	}
}

/* Words of it that are shown as what they speak of. */
static const struct {
	const char *word;
	enum frame_style style;
	int line, col;
} samples[] = {
	{ "as good as root", STYLE_RISK, 14, 14 },
	{ "dangerous", STYLE_HIGH, 14, 31 },
	{ "rare", STYLE_RARE, 14, 42 },
	{ "denied at least once", STYLE_DENIED, 15, 12 },
};

static void draw_help(struct frame *f, struct top *t)
{
	const int room = (int)t->page, last = HELP_LINES > room ? HELP_LINES - room : 0;
	int first;

	t->help_last = (size_t)last;
	if (t->help_first > t->help_last)
		t->help_first = t->help_last;
	first = (int)t->help_first;
	for (int i = first; i < HELP_LINES && i < first + room; i++)
		frame_put(f, i - first + HEAD_LINES, 0, f->cols, STYLE_PLAIN, help[i]);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		if (samples[i].line >= first && samples[i].line < first + room)
			frame_put(f, samples[i].line - first + HEAD_LINES, samples[i].col, f->cols, samples[i].style,
				  samples[i].word);
}

/* ---- the rows ---------------------------------------------------------------------------------------------------- */

static void scroll(struct top *t, int room)
{
	t->page = room > 0 ? (size_t)room : 1;
	if (t->cursor < t->first)
		t->first = t->cursor;
	if (t->cursor >= t->first + t->page)
		t->first = t->cursor - t->page + 1;
	if (t->first + t->page > t->rows.count)
		t->first = t->rows.count > t->page ? t->rows.count - t->page : 0;
}

static void draw_none(struct frame *f, const struct top *t, const struct top_facts *facts)
{
	const char *why = "nobody asks for a capability";

	if (*t->filter || t->depth)
		why = "nothing like this";
	else if (t->rows.advisory)
		why = "nothing but advisory checks: a shows them";
	else if (!facts->sums.took_ns)
		why = "listening ...";
	frame_put(f, HEAD_LINES, 0, f->cols, STYLE_DIM, why);
}

/* But for its bar, which would not be seen any more. */
static void paint_selected(struct frame *f, const struct top *t, int line)
{
	struct columns c;

	lay_out(t, f->cols, &c);
	frame_paint(f, line, 0, c.bar >= 0 ? c.bar : f->cols, STYLE_SELECTED);
	if (c.bar >= 0)
		frame_paint(f, line, c.bar + BAR, f->cols, STYLE_SELECTED);
}

static void draw_rows(struct frame *f, const struct top *t, const struct top_facts *facts, int room)
{
	uint64_t most = 0;

	for (size_t i = 0; i < t->rows.count; i++)
		most = top_value(&t->rows.at[i], t->sort) > most ? top_value(&t->rows.at[i], t->sort) : most;
	for (size_t i = 0; (int)i < room && t->first + i < t->rows.count; i++) {
		draw_row(f, HEAD_LINES + (int)i, t, &t->rows.at[t->first + i], facts, most);
		if (t->first + i == t->cursor)
			paint_selected(f, t, HEAD_LINES + (int)i);
	}
	if (!t->rows.count && room > 0)
		draw_none(f, t, facts);
}

int top_frame(struct top *t, const struct top_facts *facts, int rows, int cols, struct frame *ret)
{
	int err = frame_init(ret, rows, cols), foot = rows >= DETAIL_FROM ? 2 : 1;

	if (err)
		return err;
	if (t->help)
		foot = 1;
	scroll(t, rows - HEAD_LINES - foot);
	if (t->help)
		draw_help(ret, t);
	else
		draw_rows(ret, t, facts, rows - HEAD_LINES - foot);
	if (!t->help && foot > 1 && t->rows.count)
		draw_detail(ret, t);
	draw_foot(ret, t);
	draw_title(ret, t, facts);
	draw_sums(ret, facts);
	draw_choice(ret, t, facts);
	draw_head(ret, t);
	return 0;
}
