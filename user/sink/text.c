// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/ansi.h"
#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/model/decision.h"
#include "user/model/lifecycle.h"
#include "user/model/record.h"
#include "user/sink/column.h"
#include "user/sink/fragment.h"
#include "user/sink/sink.h"

/* Columns side by side that are made of the same part of a record. */
struct run {
	enum column_part part;
	size_t first, count;
	struct fragments made;
};

struct text {
	struct sink sink;
	struct column_tools tools;
	bool header, color;
	const struct column **columns;	/* owned */
	size_t count;
	struct run *runs;		/* owned */
	size_t run_count;
};

/* How wide n bytes are on a terminal. Mostly they are ASCII, and there a byte is a column. */
static size_t width_of(const char *s, size_t n)
{
	uint64_t word, bits = 0;
	size_t i = 0;

	for (; n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		bits |= word;
	}
	for (; i < n; i++)
		bits |= (unsigned char)s[i];
	return bits & 0x8080808080808080 ? text_width(s, n) : n;
}

static void put_blanks(struct buf *b, size_t n)
{
	char *p = buf_room(b, n);

	if (!p)
		return;
	memset(p, ' ', n);
	b->len += n;
}

/* Pads what stands in b from `start` on. What is aligned to the right is made first and then moved. */
static void align(struct buf *b, size_t start, const struct column *c, bool last)
{
	size_t n = b->len - start, width, pad;

	if (b->error)
		return;
	width = width_of(b->data + start, n);
	pad = width < c->width ? c->width - width : 0;
	if (c->flags & COLUMN_RIGHT) {
		put_blanks(b, pad);
		if (b->error)
			return;
		memmove(b->data + start + pad, b->data + start, n);
		memset(b->data + start, ' ', pad);
	} else if (!last) {
		put_blanks(b, pad);
	}
}

static const char *color_of(const struct text *t, const struct column *c, const struct record *r)
{
	int number;

	if (!t->color)
		return NULL;
	if (c->flags & COLUMN_ACTION && r->parts & RECORD_DECISION && r->decision.action == DECISION_ALERT)
		return r->decision.severity <= SEVERITY_ERROR ? ANSI_BOLD ANSI_RED : ANSI_RED;
	if (!(c->flags & COLUMN_VERDICT))
		return NULL;
	if (r->parts & RECORD_LIFE)
		return lifecycle_result(&r->life->event, &number) == LIFECYCLE_FAILED ? ANSI_RED : NULL;
	return r->check.head.flags & CHECK_DENIED ? ANSI_RED : NULL;
}

static void put_value(struct text *t, struct buf *b, const struct column *c, const struct record *r,
		      bool last)
{
	const char *color = color_of(t, c, r);
	size_t start;

	if (color)
		buf_puts(b, color);
	start = b->len;
	if (r->parts & RECORD_LIFE && c->flags & COLUMN_CHECK)
		buf_putc(b, '-');
	else
		c->print(&t->tools, b, r);
	align(b, start, c, last);
	if (color)
		buf_puts(b, ANSI_RESET);
}

/* With the blanks between columns, and the end of the line where the run ends it. */
static void put_run(struct text *t, struct buf *b, const struct run *run, const struct record *r)
{
	for (size_t i = run->first; i < run->first + run->count; i++) {
		bool last = i + 1 == t->count;

		put_value(t, b, t->columns[i], r, last);
		buf_putc(b, last ? '\n' : ' ');
	}
}

static bool run_key(const struct run *run, const struct record *r, struct fragment_key *ret)
{
	switch (run->part) {
	case COLUMN_OF_ASKED:
		fragment_key_asked(r, ret);
		return true;
	case COLUMN_OF_CREDENTIALS:
		fragment_key_credentials(r, ret);
		return true;
	case COLUMN_OF_PROGRAM:
		return fragment_key_program(r, ret);
	case COLUMN_OF_CHECK:
		break;
	}
	return false;
}

static void put_run_once(struct text *t, struct buf *b, struct run *run, const struct record *r)
{
	struct fragment_key key;
	struct buf *text;
	bool made;

	if (!run_key(run, r, &key)) {
		put_run(t, b, run, r);
		return;
	}
	text = fragments_get(&run->made, &key, &made);
	if (!made)
		put_run(t, text, run, r);
	if (text->error)
		b->error = text->error;
	buf_put(b, text->data, text->len);
}

static int text_check(struct sink *s, const struct record *r)
{
	struct text *t = (struct text *)s;

	if (!(r->parts & RECORD_CHECK) || decision_is_silent(record_decision(r)))
		return 0;
	for (size_t i = 0; i < t->run_count; i++)
		put_run_once(t, &s->out->buf, &t->runs[i], r);
	return out_commit(s->out);
}

/* Few of them say what another said. */
static int text_lifecycle(struct sink *s, const struct record *r)
{
	struct text *t = (struct text *)s;

	for (size_t i = 0; i < t->run_count; i++)
		put_run(t, &s->out->buf, &t->runs[i], r);
	return out_commit(s->out);
}

static int text_start(struct sink *s, const struct sink_start *start)
{
	struct text *t = (struct text *)s;
	struct buf *b = &s->out->buf;

	(void)start;
	if (!t->header)
		return 0;
	if (t->color)
		buf_puts(b, ANSI_BOLD);
	for (size_t i = 0; i < t->count; i++) {
		size_t at;

		if (i)
			buf_putc(b, ' ');
		at = b->len;
		buf_puts(b, t->columns[i]->heading);
		align(b, at, t->columns[i], i + 1 == t->count);
	}
	if (t->color)
		buf_puts(b, ANSI_RESET);
	buf_putc(b, '\n');
	return out_commit(s->out);
}

static int text_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	(void)s, (void)wall_ns, (void)grown;
	return 0;
}

static int text_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)s, (void)wall_ns, (void)account;
	return 0;
}

static void text_free(struct sink *s)
{
	struct text *t = (struct text *)s;

	for (size_t i = 0; i < t->run_count; i++)
		fragments_done(&t->runs[i].made);
	free(t->runs);
	free(t->columns);
	free(t);
}

static const struct sink_ops text_ops = {
	.start = text_start,
	.check = text_check,
	.lost = text_lost,
	.stop = text_stop,
	.free = text_free,
	.lifecycle = text_lifecycle,
};

static int pick_named(const char *list, struct text *t, struct text_error *ret_error)
{
	for (;; list++) {
		size_t n = strcspn(list, ",");
		const char *nearest;
		const struct column *c = column_find(list, n, &nearest);

		if (!c) {
			*ret_error = (struct text_error){ .word = list, .len = n, .nearest = nearest };
			return -ENOENT;
		}
		t->columns[t->count++] = c;
		list += n;
		if (*list == '\0')
			return 0;
	}
}

/* Can this run fill it? */
static bool is_filled(const struct text_options *o, unsigned int flags)
{
	const struct {
		unsigned int flag;
		bool asked;
	} rows[] = {
		{ COLUMN_COUNT, o->count }, { COLUMN_LIFE, o->lifecycle }, { COLUMN_LSM, o->lsm }, { COLUMN_ARGS, o->args },
		{ COLUMN_ANCESTORS, o->ancestors }, { COLUMN_USERS, o->users }, { COLUMN_SITE, o->sites }, { COLUMN_OUTCOME, o->outcomes },
		{ COLUMN_RULES, o->rules },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (flags & rows[i].flag && !rows[i].asked)
			return false;
	return true;
}

static bool is_usual(const struct text_options *o, unsigned int flags)
{
	if ((flags & COLUMN_COUNT && o->count) || (flags & COLUMN_RULES && o->rules))
		return true;
	if (o->lifecycle && flags & (COLUMN_CHECK | COLUMN_PLACE))
		return false;
	if (o->denied && flags & COLUMN_DENIED)
		return is_filled(o, flags);
	return flags & COLUMN_DEFAULT || (o->lifecycle && flags & COLUMN_LIFE);
}

static void pick_usual(const struct text_options *o, struct text *t)
{
	for (size_t i = 0; i < column_count; i++) {
		const struct column *c = &columns[i];

		if (is_usual(o, c->flags) || (o->all && is_filled(o, c->flags)))
			t->columns[t->count++] = c;
	}
}

/* Room for the longest list that these options can mean. */
static size_t most_columns(const struct text_options *o)
{
	size_t n = 1;

	if (!o->columns)
		return column_count;
	for (const char *s = o->columns; *s; s++)
		n += *s == ',';
	return n;
}

static int pick_columns(const struct text_options *o, struct text *t, struct text_error *ret_error)
{
	t->columns = calloc(most_columns(o), sizeof(t->columns[0]));
	if (!t->columns)
		return -ENOMEM;
	if (o->columns)
		return pick_named(o->columns, t, ret_error);
	pick_usual(o, t);
	return 0;
}

static int make_runs(struct text *t)
{
	struct run *run = t->runs = calloc(t->count, sizeof(t->runs[0]));

	if (!run)
		return -ENOMEM;
	for (size_t i = 0; i < t->count; i++) {
		if (i && t->columns[i]->part != run->part)
			run++;
		if (!run->count)
			*run = (struct run){ .part = t->columns[i]->part, .first = i };
		run->count++;
	}
	t->run_count = (size_t)(run - t->runs) + 1;
	return 0;
}

int text_new(struct out *out, const struct text_options *options, struct sink **ret,
	     struct text_error *ret_error)
{
	struct text *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->sink = (struct sink){ .ops = &text_ops, .out = out };
	t->tools.syscalls = options->syscalls;
	t->tools.users = options->users;
	when_init(&t->tools.when, WHEN_CLOCK, options->utc);
	t->header = options->header;
	t->color = options->color;
	err = pick_columns(options, t, ret_error);
	if (!err)
		err = make_runs(t);
	if (err) {
		text_free(&t->sink);
		return err;
	}
	*ret = &t->sink;
	return 0;
}

void text_describe(struct buf *b)
{
	for (size_t i = 0; i < column_count; i++)
		buf_printf(b, "  %-11s %s\n", columns[i].key, columns[i].about);
}
