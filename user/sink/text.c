// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/model/record.h"
#include "user/sink/column.h"
#include "user/sink/sink.h"

#define RED   "\033[31m"
#define BOLD  "\033[1m"
#define RESET "\033[0m"

struct text {
	struct sink sink;
	struct column_tools tools;
	bool header, color;
	size_t count;
	const struct column *columns[];
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
	if (t->color && c->flags & COLUMN_VERDICT && r->check.head.flags & CHECK_DENIED)
		return RED;
	return NULL;
}

static void put_value(struct text *t, struct buf *b, const struct column *c, const struct record *r,
		      bool last)
{
	const char *color = color_of(t, c, r);
	size_t start;

	if (color)
		buf_puts(b, color);
	start = b->len;
	c->print(&t->tools, b, r);
	align(b, start, c, last);
	if (color)
		buf_puts(b, RESET);
}

static int text_check(struct sink *s, const struct record *r)
{
	struct text *t = (struct text *)s;
	struct buf *b = &s->out->buf;

	if (!(r->parts & RECORD_CHECK))
		return 0;
	for (size_t i = 0; i < t->count; i++) {
		if (i)
			buf_putc(b, ' ');
		put_value(t, b, t->columns[i], r, i + 1 == t->count);
	}
	buf_putc(b, '\n');
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
		buf_puts(b, BOLD);
	for (size_t i = 0; i < t->count; i++) {
		size_t at;

		if (i)
			buf_putc(b, ' ');
		at = b->len;
		buf_puts(b, t->columns[i]->heading);
		align(b, at, t->columns[i], i + 1 == t->count);
	}
	if (t->color)
		buf_puts(b, RESET);
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
	free(s);
}

static const struct sink_ops text_ops = {
	.start = text_start,
	.check = text_check,
	.lost = text_lost,
	.stop = text_stop,
	.free = text_free,
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

static bool in_all(const struct text_options *o, unsigned int flags)
{
	return !(flags & COLUMN_LSM && !o->lsm) && !(flags & COLUMN_ARGS && !o->args) &&
	       !(flags & COLUMN_USERS && !o->users);
}

static void pick_usual(const struct text_options *o, struct text *t)
{
	for (size_t i = 0; i < column_count; i++)
		if (columns[i].flags & COLUMN_DEFAULT || (o->all && in_all(o, columns[i].flags)))
			t->columns[t->count++] = &columns[i];
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

int text_new(struct out *out, const struct text_options *options, struct sink **ret,
	     struct text_error *ret_error)
{
	struct text *t = calloc(1, sizeof(*t) + most_columns(options) * sizeof(t->columns[0]));
	int err = 0;

	if (!t)
		return -ENOMEM;
	t->sink = (struct sink){ .ops = &text_ops, .out = out };
	t->tools.syscalls = options->syscalls;
	t->tools.users = options->users;
	when_init(&t->tools.when, WHEN_CLOCK, options->utc);
	t->header = options->header;
	t->color = options->color;
	if (options->columns)
		err = pick_named(options->columns, t, ret_error);
	else
		pick_usual(options, t);
	if (err) {
		free(t);
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
