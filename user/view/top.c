/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/top.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

enum { CTRL_U = 'U' & 0x1f };

void top_init(struct top *t, enum top_by by)
{
	*t = (struct top){ .by = by, .page = 1 };
}

static void leave(struct top *t)
{
	t->depth--;
	t->by = t->steps[t->depth].by;
	free(t->selected);
	t->selected = t->steps[t->depth].name;
	t->steps[t->depth].name = NULL;
}

void top_done(struct top *t)
{
	while (t->depth)
		leave(t);
	free(t->selected);
	where_done(&t->where);
	top_rows_done(&t->rows);
	top_init(t, TOP_WORKLOAD);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void follow_cursor(struct top *t)
{
	for (size_t i = 0; t->selected && i < t->rows.count; i++) {
		if (strcmp(t->rows.at[i].name, t->selected))
			continue;
		t->cursor = i;
		break;
	}
	if (t->cursor >= t->rows.count)
		t->cursor = t->rows.count ? t->rows.count - 1 : 0;
}

int top_refresh(struct top *t, const struct board *b)
{
	const struct top_choice choice = {
		.by = t->by,
		.steps = t->steps,
		.step_count = t->depth,
		.where = t->words ? NULL : &t->where,
		.words = t->words ? t->filter : NULL,
		.advisory = t->advisory,
		.sort = t->sort,
		.reverse = t->reverse,
	};
	struct top_rows rows;
	int err = top_rows_make(b, &choice, &rows);

	if (err)
		return err;
	top_rows_done(&t->rows);
	t->rows = rows;
	follow_cursor(t);
	return 0;
}

/* ---- the filter -------------------------------------------------------------------------------------------------- */

/* While a condition is being typed the last one that was understood holds. */
static void read_filter(struct top *t)
{
	struct where where = { 0 };
	struct where_mistake mistake;
	struct buf text = BUF_INIT;

	*t->mistake = '\0';
	t->words = *t->filter && !strchr(t->filter, '=');
	if (t->words)
		return;
	if (!*t->filter) {
		where_done(&t->where);
		t->where = where;
	} else if (!where_parse(t->filter, &where, &mistake)) {
		where_done(&t->where);
		t->where = where;
	} else {
		where_done(&where);
		where_mistake_print(&text, &mistake);
		snprintf(t->mistake, sizeof(t->mistake), "%s", buf_str(&text));
	}
	buf_done(&text);
}

static void erase(char *text)
{
	size_t n = strlen(text);

	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	if (n)
		n--;
	text[n] = '\0';
}

/* What may be in a name. */
static void append(char *text, size_t size, uint32_t code)
{
	struct buf b = BUF_INIT;
	size_t n = strlen(text);

	if (code < TOP_KEY_ENTER && !text_unsafe(code))
		text_put(&b, code);
	if (b.len && n + b.len < size)
		memcpy(text + n, buf_str(&b), b.len + 1);
	buf_done(&b);
}

static enum top_does type(struct top *t, uint32_t key)
{
	switch (key) {
	case TOP_KEY_ENTER:
		t->typing = false;
		return TOP_CHANGED;
	case TOP_KEY_ESCAPE:
		t->typing = false;
		*t->filter = '\0';
		break;
	case TOP_KEY_BACKSPACE:
		erase(t->filter);
		break;
	case CTRL_U:
		*t->filter = '\0';
		break;
	default:
		append(t->filter, sizeof(t->filter), key);
	}
	read_filter(t);
	return TOP_CHANGED;
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

static void select_row(struct top *t)
{
	free(t->selected);
	t->selected = t->cursor < t->rows.count && t->cursor ? strdup(t->rows.at[t->cursor].name) : NULL;
}

static enum top_does move(struct top *t, uint32_t key)
{
	size_t last = t->rows.count ? t->rows.count - 1 : 0;
	size_t step = key == TOP_KEY_PAGE_UP || key == TOP_KEY_PAGE_DOWN ? t->page : 1;

	if (key == TOP_KEY_HOME)
		t->cursor = 0;
	else if (key == TOP_KEY_END)
		t->cursor = last;
	else if (key == TOP_KEY_UP || key == TOP_KEY_PAGE_UP)
		t->cursor = t->cursor > step ? t->cursor - step : 0;
	else
		t->cursor = last - t->cursor > step ? t->cursor + step : last;
	select_row(t);
	return TOP_CHANGED;
}

/* From a workload to its programs, to their checks; from anything else to its programs or checks. */
static enum top_by below(enum top_by by)
{
	static const enum top_by next[TOP_BYS] = {
		[TOP_WORKLOAD] = TOP_PROGRAM, [TOP_PROGRAM] = TOP_CHECK,    [TOP_PROCESS] = TOP_CHECK,
		[TOP_USER] = TOP_PROGRAM,     [TOP_UNIT] = TOP_PROGRAM,     [TOP_CONTAINER] = TOP_PROGRAM,
		[TOP_POD] = TOP_PROGRAM,      [TOP_CAPABILITY] = TOP_PROGRAM, [TOP_CHECK] = TOP_CHECK,
	};

	return next[by];
}

static enum top_does enter(struct top *t)
{
	char *name;

	if (t->by == TOP_CHECK || t->depth == TOP_DEPTH || t->cursor >= t->rows.count)
		return TOP_NOTHING;
	name = strdup(t->rows.at[t->cursor].name);
	if (!name)
		return TOP_NOTHING;
	t->steps[t->depth++] = (struct top_step){ t->by, name };
	t->by = below(t->by);
	t->cursor = t->first = 0;
	free(t->selected);
	t->selected = NULL;
	return TOP_CHANGED;
}

static enum top_does back(struct top *t)
{
	if (t->depth)
		leave(t);
	else if (*t->filter)
		*t->filter = '\0';
	else
		return TOP_NOTHING;
	read_filter(t);
	return TOP_CHANGED;
}

static enum top_does group(struct top *t, enum top_by by)
{
	while (t->depth)
		leave(t);
	free(t->selected);
	t->selected = NULL;
	t->cursor = t->first = 0;
	t->by = by;
	return TOP_CHANGED;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static enum top_does flip(bool *what)
{
	*what = !*what;
	return TOP_CHANGED;
}

static enum top_does sort(struct top *t, int step)
{
	t->sort = (enum top_sort)(((int)t->sort + step + TOP_SORTS) % TOP_SORTS);
	return TOP_CHANGED;
}

/* By what, before anything was entered. */
static enum top_by grouped(const struct top *t)
{
	return t->depth ? t->steps[0].by : t->by;
}

static enum top_does open_help(struct top *t)
{
	t->help = true;
	t->help_first = t->help_last = 0;
	return TOP_CHANGED;
}

static enum top_does letter(struct top *t, uint32_t key)
{
	switch (key) {
	case 'q':
		return TOP_QUIT;
	case ' ':
	case 'p':
		return flip(&t->paused);
	case 'r':
		return flip(&t->reverse);
	case 'x':
		return flip(&t->more);
	case 'a':
		return flip(&t->advisory);
	case 's':
	case '>':
		return sort(t, 1);
	case '<':
		return sort(t, -1);
	case 'g':
		return group(t, (enum top_by)((grouped(t) + 1) % TOP_BYS));
	case '/':
		return flip(&t->typing);
	case 'h':
	case '?':
		return open_help(t);
	case 'k':
		return move(t, TOP_KEY_UP);
	case 'j':
		return move(t, TOP_KEY_DOWN);
	default:
		return key >= '1' && key < '1' + TOP_BYS ? group(t, (enum top_by)(key - '1')) : TOP_NOTHING;
	}
}

static size_t fewer(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Where all of it is seen every key leads back; else not those that move. */
static enum top_does help_key(struct top *t, uint32_t key)
{
	const size_t at = t->help_first, last = t->help_last;

	if (key == 'j' || key == TOP_KEY_DOWN)
		t->help_first = fewer(at + 1, last);
	else if (key == 'k' || key == TOP_KEY_UP)
		t->help_first = at ? at - 1 : 0;
	else if (key == TOP_KEY_PAGE_DOWN || key == ' ')
		t->help_first = fewer(at + t->page, last);
	else if (key == TOP_KEY_PAGE_UP)
		t->help_first = at > t->page ? at - t->page : 0;
	else if (key == TOP_KEY_HOME || key == TOP_KEY_END)
		t->help_first = key == TOP_KEY_HOME ? 0 : last;
	else
		t->help = false;
	if (!last)
		t->help = false;
	return key == 'q' ? TOP_QUIT : TOP_CHANGED;
}

enum top_does top_key(struct top *t, uint32_t key)
{
	if (t->typing && (key < TOP_KEY_UP || key == TOP_KEY_ESCAPE))
		return type(t, key);
	if (t->help)
		return help_key(t, key);
	switch (key) {
	case TOP_KEY_HELP:
		return open_help(t);
	case TOP_KEY_ENTER:
		return enter(t);
	case TOP_KEY_ESCAPE:
	case TOP_KEY_BACKSPACE:
		return back(t);
	default:
		return key > TOP_KEY_BACKSPACE ? move(t, key) : letter(t, key);
	}
}
