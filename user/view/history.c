/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/history.h"

#include <string.h>

#include "user/advice/permit.h"
#include "user/base/ansi.h"
#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/model/outcome.h"
#include "user/model/past.h"
#include "user/view/capwords.h"
#include "user/view/chart.h"
#include "user/view/wrap.h"

enum { NAME = 20, COUNT = 7, BAR = 10, WIDTH = 100, GAPS_SHOWN = 10, PLACES = 2, TABLE = 70, DENIAL = 61 };

static void put_safe(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s));
}

static void put_time(struct buf *b, const struct history_view *v, uint64_t ns)
{
	struct when w;

	when_init(&w, WHEN_SECOND, v->utc);
	when_print(&w, b, ns);
}

static void paint(struct buf *b, const struct history_view *v, const char *escape)
{
	if (v->look && v->look->color)
		buf_puts(b, escape);
}

static void pad(struct buf *b, size_t from, size_t width)
{
	const size_t has = text_width(b->data + from, b->len - from);

	wrap_blanks(b, has < width ? width - has : 1);
}

/* What of a line comes behind the columns: pieces, each of which begins a line of its own where a terminal ends. */
struct rest {
	size_t at, indent;
};

static void put_piece(struct buf *b, const struct history_view *v, struct rest *r, const char *gap, struct buf *piece)
{
	const size_t width = text_width(buf_str(piece), piece->len);

	if (v->width && r->at + strlen(gap) + width > v->width && r->at > r->indent) {
		buf_putc(b, '\n');
		wrap_blanks(b, r->indent);
		r->at = r->indent;
	} else {
		buf_puts(b, gap);
		r->at += strlen(gap);
	}
	buf_put(b, buf_str(piece), piece->len);
	r->at += width;
	buf_clear(piece);
}

static void put_key(struct buf *b, const char *key)
{
	if (*key)
		put_safe(b, key);
	else
		buf_puts(b, "(no workload)");
}

/* ---- one workload ------------------------------------------------------------------------------------------------------ */

/* All of one capability and verdict. */
struct line {
	int32_t cap;
	bool denied, advisory;
	uint64_t n, last_ns;
	double slot[PAST_SLOTS];
	const struct past_use *top[PLACES];
	size_t places;
};

static bool is_shown(const struct history_view *v, const struct past_use *u)
{
	if (u->class >= USAGE_FOREIGN && !v->every)
		return false;
	if (v->allowed == v->denied)
		return true;
	return u->denied ? v->denied : v->allowed;
}

static void add_to_line(struct line *l, const struct past_use *u)
{
	l->n += u->n;
	l->advisory &= u->class == SITE_ADVISORY;
	if (u->last_ns > l->last_ns)
		l->last_ns = u->last_ns;
	for (size_t i = 0; i < PAST_SLOTS; i++)
		l->slot[i] += (double)u->slot[i];
	if (l->places < PLACES)
		l->top[l->places] = u;
	l->places++;
}

/* Uses stand by capability, then verdict: the next line, from *at on. False: there is none. */
static bool next_line(const struct history_view *v, const struct past *p, size_t *at, struct line *ret)
{
	*ret = (struct line){ .advisory = true };
	while (*at < p->count && !ret->n) {
		const struct past_use *first = &p->uses[*at];

		ret->cap = first->cap;
		ret->denied = first->denied;
		for (; *at < p->count && p->uses[*at].cap == first->cap && p->uses[*at].denied == first->denied; (*at)++)
			if (is_shown(v, &p->uses[*at]))
				add_to_line(ret, &p->uses[*at]);
	}
	return ret->n;
}

static void put_place(struct buf *b, const struct past_use *u)
{
	const size_t had = b->len;

	if (*u->operation)
		put_safe(b, u->operation);
	if (*u->call) {
		buf_puts(b, *u->operation ? " (" : "");
		put_safe(b, u->call);
		buf_puts(b, *u->operation ? ")" : "");
	}
	if (*u->exe) {
		buf_puts(b, b->len > had ? ", " : "");
		put_safe(b, u->exe);
	}
}

static void put_result(struct buf *b, const struct past_use *u)
{
	char made[OUTCOME_WORD_MAX];

	if (!u->denied)
		return;
	if (u->failed)
		buf_printf(b, "%s: ", outcome_word(OUTCOME_FAILED, u->error, made));
	else if (u->worked)
		buf_puts(b, "succeeded all the same: ");
}

static void put_places(struct buf *b, const struct history_view *v, const struct line *l, size_t at)
{
	const size_t shown = l->places < PLACES ? l->places : PLACES;
	struct rest rest = { at, 8 };
	struct buf piece = BUF_INIT;

	for (size_t i = 0; i < shown; i++) {
		put_result(&piece, l->top[i]);
		put_place(&piece, l->top[i]);
		if (i + 1 < l->places)
			buf_putc(&piece, ';');
		put_piece(b, v, &rest, i ? " " : "  ", &piece);
	}
	if (l->places > shown) {
		buf_printf(&piece, "and %zu more%s", l->places - shown, v->every ? "" : " (-x)");
		put_piece(b, v, &rest, " ", &piece);
	}
	buf_done(&piece);
}

static void put_line(struct buf *b, const struct history_view *v, const struct line *l, uint64_t most)
{
	const size_t start = b->len;
	struct buf number = BUF_INIT;
	size_t from;

	buf_puts(b, "    ");
	from = b->len;
	capability_put_short(b, (unsigned)l->cap);
	pad(b, from, NAME);
	chart_number(&number, l->n);
	buf_printf(b, "%*s  ", COUNT, buf_str(&number));
	buf_done(&number);
	if (v->look) {
		chart_bar(b, l->n, most, BAR, v->look->ascii);
		buf_putc(b, ' ');
		chart_spark(b, l->slot, PAST_SLOTS, v->look->ascii);
		buf_puts(b, "  ");
	}
	put_time(b, v, l->last_ns);
	put_places(b, v, l, text_width(b->data + start, b->len - start));
	buf_putc(b, '\n');
}

static const char *class_words(unsigned class)
{
	if (class == USAGE_FOREIGN)
		return "not with what it holds";
	if (class == USAGE_SETUP)
		return "by what started it";
	return site_class_word((enum site_class)class) ?: "unclassified";
}

static void put_rows(struct buf *b, const struct history_view *v, const struct past *p, const struct line *l)
{
	if (!v->every)
		return;
	for (size_t i = 0; i < p->count; i++) {
		const struct past_use *u = &p->uses[i];

		if (u->cap != l->cap || u->denied != l->denied || !is_shown(v, u))
			continue;
		buf_printf(b, "        %llu times, %s: ", (unsigned long long)u->n,
			   class_words(u->class));
		put_result(b, u);
		put_place(b, u);
		buf_putc(b, '\n');
	}
}

static uint64_t most_of(const struct history_view *v, const struct past *p)
{
	struct line l;
	uint64_t most = 0;

	for (size_t at = 0; next_line(v, p, &at, &l);)
		most = l.n > most ? l.n : most;
	return most;
}

/* The lines of one verdict. What changes nothing is told in a line of its own. */
static void put_part(struct buf *b, const struct history_view *v, const struct past *p, bool denied, const char *title)
{
	const uint64_t most = most_of(v, p);
	bool any = false;
	struct line l;

	for (size_t at = 0; next_line(v, p, &at, &l);) {
		if (l.denied != denied || (l.advisory && !v->every))
			continue;
		if (!any) {
			buf_puts(b, "  ");
			paint(b, v, denied ? ANSI_RED : ANSI_GREEN);
			buf_puts(b, title);
			paint(b, v, ANSI_RESET);
			buf_putc(b, '\n');
		}
		any = true;
		put_line(b, v, &l, most);
		put_rows(b, v, p, &l);
	}
}

static void put_set(struct buf *b, const struct history_view *v, const char *label, uint64_t set)
{
	struct buf words = BUF_INIT;
	size_t at;

	capwords(&words, set);
	buf_printf(b, "  %s:", label);
	at = strlen(label) + 3;
	wrap_words(b, buf_str(&words), at, 4, v->width && v->width < WIDTH ? v->width : WIDTH);
	buf_putc(b, '\n');
	buf_done(&words);
}

static void put_advisory(struct buf *b, const struct history_view *v, const struct past *p)
{
	struct line l;
	bool any = false;

	if (v->every)
		return;
	for (size_t at = 0; next_line(v, p, &at, &l);) {
		if (!l.advisory)
			continue;
		buf_puts(b, any ? ", " : "  asked for where nothing depends on it: ");
		capability_put_short(b, (unsigned)l.cap);
		buf_putc(b, ' ');
		buf_grouped(b, l.n);
		buf_puts(b, l.denied ? " denied" : "");
		any = true;
	}
	if (any)
		buf_putc(b, '\n');
}

static void put_unused(struct buf *b, const struct history_view *v, const struct past *p)
{
	bool granted;
	const uint64_t may = past_may(p, &granted), unused = past_unused(p);

	if (!may)
		buf_puts(b, granted ? "  granted nothing\n" : "  what it was granted is not known, and it held nothing\n");
	else if (unused)
		put_set(b, v, granted ? "granted and never used" : "held and never used", unused);
	else
		buf_puts(b, granted ? "  all that it was granted it used\n" : "  all that it held it used\n");
}

void history_story(struct buf *b, const struct history_view *v, const struct past *p)
{
	paint(b, v, ANSI_BOLD);
	put_key(b, p->key);
	paint(b, v, ANSI_RESET);
	if (p->workload.text[WORKLOAD_IMAGE]) {
		buf_puts(b, "  image ");
		put_safe(b, p->workload.text[WORKLOAD_IMAGE]);
	}
	buf_puts(b, "  seen ");
	put_time(b, v, p->first_ns);
	buf_puts(b, " to ");
	put_time(b, v, p->last_ns);
	buf_putc(b, '\n');
	if (!p->count)
		buf_puts(b, "  asked for nothing in this time\n");
	if (v->allowed || !v->denied)
		put_part(b, v, p, false, "used");
	if (v->denied || !v->allowed)
		put_part(b, v, p, true, "refused");
	put_advisory(b, v, p);
	if (v->allowed || !v->denied)
		put_unused(b, v, p);
}

/* ---- many ------------------------------------------------------------------------------------------------------------ */

static size_t widest(const struct past_list *list)
{
	struct buf b = BUF_INIT;
	size_t most = 8;

	for (size_t i = 0; i < list->count; i++) {
		size_t n;

		buf_clear(&b);
		put_key(&b, list->at[i].key);
		n = text_width(buf_str(&b), b.len);
		most = n > most ? n : most;
	}
	buf_done(&b);
	return most < 48 ? most : 48;
}

static int of(uint64_t set)
{
	return __builtin_popcountll(set);
}

void history_table(struct buf *b, const struct history_view *v, const struct past_list *list)
{
	const size_t width = widest(list);
	const bool narrow = v->width && v->width < width + TABLE;
	struct buf words = BUF_INIT;

	buf_puts(b, "WORKLOAD");
	wrap_blanks(b, width - 8);
	buf_printf(b, "  LAST SEEN            USED  UNUSED  REFUSED%sUSED CAPABILITIES\n", narrow ? "\n    " : "  ");
	for (size_t i = 0; i < list->count; i++) {
		const struct past *p = &list->at[i];
		const size_t from = b->len;

		put_key(b, p->key);
		pad(b, from, width + 2);
		put_time(b, v, p->last_ns);
		buf_puts(b, "  ");
		buf_printf(b, "%4d  %6d  %7d", of(past_used(p)), of(past_unused(p)), of(past_denied(p)));
		buf_puts(b, narrow ? "\n    " : "  ");
		buf_clear(&words);
		capwords(&words, past_mattered(p));
		wrap_words(b, buf_str(&words), 4, 4, narrow ? v->width : 0);
		buf_putc(b, '\n');
	}
	buf_done(&words);
}

/* ---- denials --------------------------------------------------------------------------------------------------------- */

static void put_asked(struct buf *b, const struct past_denial *d)
{
	if (*d->operation)
		put_safe(b, d->operation);
	if (*d->call) {
		buf_puts(b, *d->operation ? " (" : "");
		put_safe(b, d->call);
		buf_puts(b, *d->operation ? ")" : "");
	}
}

/* Who, for what, and in which workload. */
static void put_denied(struct buf *b, const struct history_view *v, const struct past_denial *d)
{
	struct rest rest = { v->width && v->width < WIDTH ? v->width : DENIAL - 2, 4 };
	struct buf piece = BUF_INIT;

	put_safe(&piece, *d->exe ? d->exe : d->comm);
	buf_printf(&piece, "[%u]", d->pid);
	put_piece(b, v, &rest, "  ", &piece);
	put_asked(&piece, d);
	put_piece(b, v, &rest, "  ", &piece);
	put_key(&piece, d->key);
	put_piece(b, v, &rest, "  ", &piece);
	buf_done(&piece);
	buf_putc(b, '\n');
}

static void put_denial(struct buf *b, const struct history_view *v, const struct past_denial *d)
{
	char made[OUTCOME_WORD_MAX];
	const char *word = outcome_word((enum outcome)d->outcome, d->error, made);
	size_t from;

	put_time(b, v, d->first_ns);
	buf_puts(b, "  ");
	from = b->len;
	capability_put_short(b, (unsigned)d->cap);
	pad(b, from, NAME);
	from = b->len;
	paint(b, v, d->outcome == OUTCOME_FAILED ? ANSI_RED : "");
	buf_puts(b, word ? word : "-");
	paint(b, v, d->outcome == OUTCOME_FAILED ? ANSI_RESET : "");
	wrap_blanks(b, strlen(word ? word : "-") < 12 ? 12 - strlen(word ? word : "-") : 1);
	buf_printf(b, "%*llu", 6, (unsigned long long)d->n);
	put_denied(b, v, d);
}

/* What would be changed by a grant: not what succeeded all the same, or is somebody else's credentials. */
static bool would_help(const struct past_denial *d)
{
	return d->outcome != OUTCOME_WORKED && d->class < USAGE_FOREIGN && d->class != SITE_QUALITY && d->class != SITE_ADVISORY;
}

/* A file is marked for itself, any other way is of the whole workload. */
static bool granted_together(const struct past_denial *a, const struct past_denial *b)
{
	const uint32_t kind = a->past ? a->past->workload.kind : WORKLOAD_UNKNOWN;

	if (a->past != b->past)
		return false;
	return kind == WORKLOAD_UNIT || kind == WORKLOAD_CONTAINER || kind == WORKLOAD_POD || !strcmp(a->exe, b->exe);
}

static bool is_first(const struct past_denials *d, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (would_help(&d->at[k]) && granted_together(&d->at[k], &d->at[i]))
			return false;
	return would_help(&d->at[i]);
}

static uint64_t caps_like(const struct past_denials *d, size_t i)
{
	uint64_t caps = 0;

	for (size_t k = i; k < d->count; k++)
		if (would_help(&d->at[k]) && granted_together(&d->at[k], &d->at[i]))
			caps |= 1ULL << d->at[k].cap;
	return caps;
}

/* More would be no answer. */
enum { GRANTS = 20, LOOKED_AT = 5000 };

static void put_grants(struct buf *b, const struct past_denials *d)
{
	const size_t looked_at = d->count < LOOKED_AT ? d->count : LOOKED_AT;
	size_t shown = 0;

	for (size_t i = 0; i < looked_at && shown < GRANTS; i++) {
		struct buf line = BUF_INIT;

		if (is_first(d, i) &&
		    permit_line(&line, d->at[i].past ? &d->at[i].past->workload : NULL, d->at[i].exe, caps_like(d, i))) {
			if (!shown++)
				buf_puts(b, "\nWhat would grant it, where it is to be granted (--json has it with each):\n");
			buf_puts(b, "  ");
			put_key(b, d->at[i].key);
			buf_printf(b, "\n    %s\n", buf_str(&line));
		}
		buf_done(&line);
	}
}

void history_denials(struct buf *b, const struct history_view *v, const struct past_denials *d)
{
	if (d->count)
		buf_printf(b, "TIME                 CAPABILITY          RESULT       TIMES%sPROGRAM[PID]  OPERATION  WORKLOAD\n",
			   v->width && v->width < WIDTH ? "\n    " : "  ");
	else
		buf_puts(b, "Nothing was refused in this time that changes anything.\n");
	for (size_t i = 0; i < d->count; i++)
		put_denial(b, v, &d->at[i]);
	if (d->more)
		buf_printf(b, "... and %llu lines more: a shorter time, or fewer workloads, show them\n", (unsigned long long)d->more);
	put_grants(b, d);
}

/* ---- when it was blind ------------------------------------------------------------------------------------------------ */

static void put_gap(struct buf *b, const struct history_view *v, const struct usage_gap *g)
{
	const char *words = past_gap_words(g->reason);

	buf_puts(b, "  ");
	put_time(b, v, g->start_ns);
	buf_puts(b, " to ");
	put_time(b, v, g->end_ns);
	if (g->end_ns > g->start_ns) {
		buf_puts(b, " (");
		span_print(b, g->end_ns - g->start_ns, true);
		buf_putc(b, ')');
	}
	buf_puts(b, ": ");
	if (g->lost) {
		buf_grouped(b, g->lost);
		buf_puts(b, g->lost == 1 ? " check is missing: " : " checks are missing: ");
	}
	if (words)
		buf_puts(b, words);
	else
		put_safe(b, g->reason);
	buf_putc(b, '\n');
}

static void put_gaps(struct buf *b, const struct history_view *v)
{
	const size_t count = v->gaps->count, shown = count < GAPS_SHOWN ? count : GAPS_SHOWN;

	buf_puts(b, "Not seen:\n");
	if (count > shown)
		buf_printf(b, "  %zu earlier gaps, which --json lists\n", count - shown);
	for (size_t i = count - shown; i < count; i++)
		put_gap(b, v, &v->gaps->at[i]);
}

void history_blind(struct buf *b, const struct history_view *v)
{
	const struct past_state *s = v->state;

	buf_puts(b, s->imported ? "A recording of " : "Watched from ");
	put_time(b, v, s->since_ns);
	buf_puts(b, " to ");
	put_time(b, v, s->until_ns);
	if (s->since_ns > v->from_ns && !s->imported)
		buf_puts(b, "; of the time before nothing is known");
	buf_puts(b, ".\n");
	if (s->ended && !s->imported)
		buf_puts(b, "capsieve does not watch now: what happens since then is not seen.\n");
	if (v->gaps->count)
		put_gaps(b, v);
}
