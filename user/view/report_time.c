/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/caps/facts.h"
#include "user/model/pace.h"
#include "user/view/html.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"

/* In the picture's own units. */
enum { LEFT = 130, SLOT = 7, WIDTH = PACE_SLOTS * SLOT, BARS = 90, ROW = 14, AXIS = 22, GAP = 10 };

/* Of 8 shades by how many there are, each of them twice as many as the one before; 0: none. */
static unsigned shade(uint64_t n)
{
	unsigned s = 0;

	for (; n; n /= 4)
		s++;
	return s > 4 ? 4 : s;
}

/* A slot is as wide as there is room: after they became twice as long, half of them may be empty. */
static unsigned slot_width(const struct pace *p)
{
	return (unsigned)(WIDTH / (p->used ? p->used : 1));
}

static uint64_t height(uint64_t n, uint64_t peak)
{
	uint64_t h = peak ? n * BARS / peak : 0;

	return n && !h ? 1 : h;
}

static void put_bars(struct buf *b, const struct pace *p)
{
	const unsigned w = slot_width(p);
	uint64_t peak = pace_peak(p);

	for (int denied = 0; denied < 2; denied++) {
		buf_printf(b, "<path class=\"%s\" d=\"", denied ? "bd" : "bg");
		for (size_t i = 0; i < p->used; i++) {
			uint64_t low = height(pace_denied(p, i), peak), high = height(pace_granted(p, i), peak);
			uint64_t h = denied ? low : high;
			uint64_t base = denied ? BARS : BARS - low;

			if (h)
				buf_printf(b, "M%zu %" PRIu64 "h%uv-%" PRIu64 "h-%uz", LEFT + i * w, base, w - 1, h, w - 1);
		}
		html(b, "\"/>");
	}
}

static void put_losses(struct buf *b, const struct pace *p)
{
	const unsigned w = slot_width(p);

	for (size_t i = 0; i < p->used; i++)
		if (p->lost[i])
			buf_printf(b, "<rect class=lost x=%zu y=0 width=%u height=%d />", LEFT + i * w, w, BARS);
}

/* Rectangles of one shade are one path. */
static void put_shade(struct buf *b, const struct pace *p, unsigned cap, unsigned s, bool denied, int y)
{
	const uint64_t *slots = denied ? p->denied[cap] : p->granted[cap];
	const unsigned w = slot_width(p);
	size_t start = b->len, head;

	if (denied)
		html(b, "<path class=hd d=\"");
	else
		buf_printf(b, "<path class=\"h r%u s%u\" d=\"", report_level(cap), s);
	head = b->len;
	for (size_t i = 0; i < p->used; i++)
		if (slots[i] && (denied || shade(slots[i]) == s))
			buf_printf(b, "M%zu %dh%uv%dh-%uz", LEFT + i * w, denied ? y + ROW - 5 : y, w - 1, denied ? 3 : ROW - 2, w - 1);
	if (b->len == head)
		b->len = start;
	else
		html(b, "\"/>");
}

static void put_row(struct buf *b, const struct pace *p, unsigned cap, int y)
{
	buf_printf(b, "<text x=%d y=%d>", LEFT - 8, y + ROW - 4);
	capability_put_short(b, cap);
	html(b, "</text>");
	for (unsigned s = 1; s <= 4; s++)
		put_shade(b, p, cap, s, false, y);
	put_shade(b, p, cap, 0, true, y);
}

static void put_axis(struct buf *b, const struct report *r, int y)
{
	const struct pace *p = r->pace;
	enum { TICKS = 6 };

	for (int i = 0; i <= TICKS; i++) {
		uint64_t ns = p->start_ns + p->width_ns * p->used / TICKS * (uint64_t)i;
		int x = LEFT + (int)(slot_width(p) * p->used) * i / TICKS;

		buf_printf(b, "<path class=tick d=\"M%d 0V%d\"/><text class=%s x=%d y=%d>", x, y, i == TICKS ? "e" : "a", x, y + 14);
		report_put_time(b, r, ns, false);
		if (p->width_ns * p->used < 2 * TICKS * 1000000000ULL)
			buf_printf(b, ".%" PRIu64, ns / 100000000 % 10);
		html(b, "</text>");
	}
}

static void put_caption(struct buf *b, const struct report *r)
{
	const struct pace *p = r->pace;
	uint64_t denied = 0, granted = 0, lost = 0;

	for (size_t i = 0; i < p->used; i++) {
		granted += pace_granted(p, i);
		denied += pace_denied(p, i);
		lost += p->lost[i];
	}
	html(b, "<figcaption>From ");
	report_put_time(b, r, p->start_ns, true);
	html(b, " on, in steps of ");
	if (p->width_ns < 1000000000)
		buf_printf(b, "%" PRIu64 " ms", p->width_ns / 1000000);
	else
		span_print(b, p->width_ns, true);
	html(b, ": <span class=\"sw bg\"></span>");
	buf_grouped(b, granted);
	html(b, " granted, <span class=\"sw bd\"></span>");
	buf_grouped(b, denied);
	html(b, " refused; at most ");
	buf_grouped(b, pace_peak(p));
	html(b, " a step");
	if (lost) {
		html(b, "; <b class=bad>");
		buf_grouped(b, lost);
		html(b, " lost</b> where it is hatched");
	}
	html(b, ". Below, when each capability was asked for: the darker the more, with a line where it was refused.</figcaption>");
}

void report_time(struct buf *b, const struct report *r)
{
	const struct pace *p = r->pace;
	uint64_t set = p ? pace_caps(p) : 0;
	int y = BARS + GAP, bottom = BARS + GAP + ROW * __builtin_popcountll(set);

	if (!set)
		return;
	html(b, "\n<section id=time aria-labelledby=ht><h2 id=ht>When</h2><figure class=when>");
	buf_printf(b, "<div class=scroll role=region aria-label=\"The picture, which scrolls\" tabindex=0><svg viewBox=\"0 0 %d %d\" role=img "
		      "aria-label=\"Checks over time; the text below tells the same\">",
		   LEFT + WIDTH + 10, bottom + AXIS);
	put_axis(b, r, bottom);
	put_bars(b, p);
	put_losses(b, p);
	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		for (unsigned cap = 0; cap < CAPABILITY_MAX; cap++)
			if (set & 1ULL << cap && report_level(cap) == (unsigned)level) {
				put_row(b, p, cap, y);
				y += ROW;
			}
	html(b, "</svg></div>");
	put_caption(b, r);
	html(b, "</figure></section>");
}
