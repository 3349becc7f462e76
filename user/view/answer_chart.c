/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "user/advice/answer.h"
#include "user/base/ansi.h"
#include "user/base/buf.h"
#include "user/base/when.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/view/answer.h"
#include "user/view/chart.h"
#include "user/view/wrap.h"

#define DAY_NS 86400000000000ULL

enum { NAME = 20, COUNT = 8, CLOCK = 8, GAP = 2, ROWS_FEW = 2 };

/* Of the width of a page a third is bars, two thirds are the time. More than 64 parts of that nobody can mark. */
enum { WIDTH_USUAL = 80, BAR_LEAST = 4, BAR_MOST = 30, TIME_MOST = 64 };

/* A capability: how often, and in which parts of the time. */
struct line {
	unsigned int cap;
	uint64_t granted, denied, parts;
};

struct picture {
	struct line lines[CAPABILITY_MAX];
	size_t count, bar, time;	/* columns; .time 0: there is no time to tell, or no room to tell it */
	uint64_t most, from_ns, to_ns;
};

static bool counts(const struct asked_row *row)
{
	return row->cap >= 0 && row->cap < CAPABILITY_MAX && !row->setup && row->granted + row->denied;
}

static bool takes_days(const struct picture *p)
{
	return p->to_ns > p->from_ns && p->to_ns - p->from_ns > DAY_NS;
}

static struct line *line_of(struct picture *p, unsigned int cap)
{
	size_t i = 0;

	while (i < p->count && p->lines[i].cap != cap)
		i++;
	if (i == p->count)
		p->lines[p->count++] = (struct line){ .cap = cap };
	return &p->lines[i];
}

static unsigned int part_of(const struct picture *p, uint64_t ns)
{
	uint64_t span = p->to_ns - p->from_ns, part = span ? (uint64_t)((double)(ns - p->from_ns) / (double)span * (double)p->time) : 0;

	return part < p->time ? (unsigned int)part : (unsigned int)p->time - 1;
}

static void mark(struct picture *p, struct line *l, const struct asked_row *row)
{
	for (unsigned int i = part_of(p, row->first_ns); i <= part_of(p, row->last_ns); i++)
		l->parts |= 1ULL << i;
}

static int compare(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	uint64_t na = a->granted + a->denied, nb = b->granted + b->denied;

	if (na != nb)
		return na > nb ? -1 : 1;
	return a->cap < b->cap ? -1 : 1;
}

/* Both ends of the time have to stand over it. */
static void fit(struct picture *p, size_t width)
{
	const size_t fixed = GAP + NAME + COUNT + GAP;
	const size_t room = (width ?: WIDTH_USUAL) > fixed + BAR_LEAST ? (width ?: WIDTH_USUAL) - fixed : BAR_LEAST;
	const size_t least = 2 * (takes_days(p) ? WHEN_DATE_LEN : CLOCK) + 1;

	p->bar = room < BAR_MOST ? room : BAR_MOST;
	if (p->to_ns <= p->from_ns || room < BAR_LEAST + GAP + least)
		return;
	p->time = (room - GAP) * 2 / 3;
	p->time = p->time < least ? least : p->time > TIME_MOST ? TIME_MOST : p->time;
	p->bar = room - GAP - p->time < BAR_MOST ? room - GAP - p->time : BAR_MOST;
}

static void gather(struct picture *p, struct asked *asked, size_t width)
{
	*p = (struct picture){ .from_ns = UINT64_MAX };
	for (size_t i = 0; i < asked_count(asked); i++) {
		const struct asked_row *row = asked_at(asked, i);

		if (!counts(row) || !row->first_ns)
			continue;
		p->from_ns = row->first_ns < p->from_ns ? row->first_ns : p->from_ns;
		p->to_ns = row->last_ns > p->to_ns ? row->last_ns : p->to_ns;
	}
	fit(p, width);
	for (size_t i = 0; i < asked_count(asked); i++) {
		const struct asked_row *row = asked_at(asked, i);
		struct line *l;

		if (!counts(row))
			continue;
		l = line_of(p, (unsigned int)row->cap);
		l->granted = asked_sum(l->granted, row->granted);
		l->denied = asked_sum(l->denied, row->denied);
		if (row->first_ns && p->time)
			mark(p, l, row);
	}
	qsort(p->lines, p->count, sizeof(*p->lines), compare);
	p->most = p->count ? p->lines[0].granted + p->lines[0].denied : 0;
}

static const char *colour_of(const struct answer *a, const struct line *l)
{
	if (a->caps >> l->cap & 1)
		return ANSI_GREEN;
	return l->granted ? ANSI_DIM : ANSI_YELLOW;
}

/* By the reader's clock; of what took days the date. Returns how many columns that takes. */
static size_t put_moment(struct buf *b, const struct picture *p, uint64_t ns)
{
	bool days = takes_days(p);
	struct buf time = BUF_INIT;
	struct when when;

	when_init(&when, WHEN_SECOND, false);
	when_print(&when, &time, ns);
	if (time.len > WHEN_TIME_AT)
		buf_put(b, time.data + (days ? 0 : WHEN_TIME_AT), days ? WHEN_DATE_LEN : time.len - WHEN_TIME_AT);
	buf_done(&time);
	return days ? WHEN_DATE_LEN : CLOCK;
}

static void put_head(struct buf *b, const struct picture *p)
{
	buf_printf(b, "\n  %-*s%*s  %-*s", NAME, "asked for", COUNT, "times", (int)p->bar, "");
	if (p->time) {
		buf_puts(b, "  ");
		wrap_blanks(b, p->time - 2 * put_moment(b, p, p->from_ns));
		put_moment(b, p, p->to_ns);
	}
	buf_putc(b, '\n');
}

static void put_line(struct buf *b, const struct answer *a, const struct picture *p, const struct line *l,
		     const struct chart_look *look)
{
	struct buf word = BUF_INIT, number = BUF_INIT;

	capability_put_short(&word, l->cap);
	chart_number(&number, l->granted + l->denied);
	buf_puts(b, look->color ? colour_of(a, l) : "");
	buf_printf(b, "%c %-*s%*s  ", a->caps >> l->cap & 1 ? '*' : ' ', NAME, buf_str(&word), COUNT, buf_str(&number));
	chart_bar(b, l->granted + l->denied, p->most, p->bar, look->ascii);
	if (p->time) {
		buf_puts(b, "  ");
		chart_track(b, l->parts, p->time, look->ascii);
	}
	buf_puts(b, look->color ? ANSI_RESET "\n" : "\n");
	buf_done(&word);
	buf_done(&number);
}

void answer_chart(struct buf *b, const struct answer *a, size_t width, const struct chart_look *look)
{
	struct picture p;

	gather(&p, a->asked, width);
	if (p.count < ROWS_FEW)
		return;
	put_head(b, &p);
	for (size_t i = 0; i < p.count; i++)
		put_line(b, a, &p, &p.lines[i], look);
	buf_puts(b, "  * advised\n");
}
