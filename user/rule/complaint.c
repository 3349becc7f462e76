/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/complaint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"

static bool is_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(const struct complaint *a, const struct complaint *b)
{
	return a->line == b->line && a->column == b->column && a->warning == b->warning && is_equal(a->sentence, b->sentence) &&
	       is_equal(a->file, b->file);
}

/* What is wrong in a list is found by each rule that uses it. */
static bool is_known(const struct complaints *c, const struct complaint *what)
{
	for (size_t i = 0; i < c->count; i++)
		if (is_same(&c->at[i], what))
			return true;
	return false;
}

static void put(struct complaints *c, const struct complaint *what)
{
	struct complaint *at;

	if (is_known(c, what))
		return;
	c->mistakes += !what->warning;
	c->warnings += what->warning;
	if (c->count == COMPLAINTS_MAX)
		return;
	at = reallocarray(c->at, c->count + 1, sizeof(*at));
	if (at)
		c->at = at;
	else
		c->error = -ENOMEM;
	if (!at)
		return;
	at += c->count++;
	*at = *what;
	at->file = what->file ? strdup(what->file) : NULL;
	at->sentence = strdup(what->sentence);
	at->shown = what->shown ? strdup(what->shown) : NULL;
	if ((what->file && !at->file) || !at->sentence || (what->shown && !at->shown))
		c->error = -ENOMEM;
}

static void told(void *ctx, const struct yml_report *report, const struct yml_told *what)
{
	const struct complaint one = {
		.file = (char *)report->file,
		.line = what->line,
		.column = what->column,
		.warning = what->warning,
		.sentence = (char *)what->sentence,
		.shown = (char *)what->shown,
	};

	put(ctx, &one);
}

struct yml_report complaints_report(struct complaints *c, const char *file, const char *text, size_t n)
{
	return (struct yml_report){ .file = file, .source = text, .n = n, .text = BUF_INIT, .told = told, .ctx = c };
}

void complaints_warn(struct yml_report *report, unsigned line, unsigned column, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	report->warning = true;
	yml_say_at(report, line, column, "%s", buf_str(&text));
	report->warning = false;
	buf_done(&text);
}

void complaints_warn_seconds(struct yml_report *report, const struct yml_node *value, const char *text)
{
	if (*text && !text[strspn(text, "0123456789")])
		complaints_warn(report, value->line, value->column,
				"a number alone is seconds; is '%sd', days, meant? (%ss for seconds)", text, text);
}

static void add(struct complaints *c, const char *file, bool warning, const char *sentence)
{
	struct complaint one = { .file = (char *)file, .warning = warning, .sentence = (char *)sentence };
	struct buf shown = BUF_INIT;

	if (file)
		text_escape(&shown, file, strlen(file));
	buf_printf(&shown, "%s%s%s\n", file ? ": " : "", warning ? "warning: " : "", sentence);
	one.shown = (char *)buf_str(&shown);
	put(c, &one);
	buf_done(&shown);
}

void complaints_add(struct complaints *c, const char *file, const char *sentence)
{
	add(c, file, false, sentence);
}

void complaints_add_warning(struct complaints *c, const char *file, const char *sentence)
{
	add(c, file, true, sentence);
}

static bool is_same_file(const struct complaint *a, const struct complaint *b)
{
	return a->file && b->file && !strcmp(a->file, b->file);
}

/* Of the same file, and before it. */
static bool goes_before(const struct complaint *a, const struct complaint *b)
{
	return is_same_file(a, b) && (a->line < b->line || (a->line == b->line && a->column < b->column));
}

/*
 * Where it goes among the first n, which are in order: before the next of its file, else behind its file's
 * last.
 */
static size_t place_of(const struct complaint *one, const struct complaint *at, size_t n)
{
	size_t place = n;

	for (size_t i = 0; i < n; i++) {
		if (goes_before(one, &at[i]))
			return i;
		if (is_same_file(one, &at[i]))
			place = i + 1;
	}
	return place;
}

void complaints_sort(struct complaints *c)
{
	for (size_t i = 1; i < c->count; i++) {
		struct complaint one = c->at[i];
		size_t to = place_of(&one, c->at, i);

		memmove(&c->at[to + 1], &c->at[to], (i - to) * sizeof(one));
		c->at[to] = one;
	}
}

void complaints_done(struct complaints *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->at[i].file);
		free(c->at[i].sentence);
		free(c->at[i].shown);
	}
	free(c->at);
	*c = (struct complaints){ 0 };
}
