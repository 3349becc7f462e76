/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/yml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/base/word.h"

enum { SHOWN_BEFORE = 60, SHOWN_MAX = 100 };	/* bytes of a line that are shown */

/* The line, its end not included. */
static const char *find_line(const struct yml_report *report, unsigned line, size_t *ret_n)
{
	const char *at = report->source, *end = at + report->n, *stop;

	while (--line) {
		at = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
		if (!at)
			return NULL;
		at++;
	}
	stop = memchr(at, '\n', (size_t)(end - at));
	*ret_n = (size_t)((stop ? stop : end) - at);
	return at;
}

/* Where the character number `column` begins, or the line ends; a byte that is no UTF-8 is a character. */
static size_t place_of_column(const char *line, size_t n, unsigned column)
{
	size_t at = 0;

	while (--column && at < n) {
		uint32_t code;
		size_t len = text_decode(line + at, n - at, &code);

		at += len ? len : 1;
	}
	return at;
}

/* The line and below it a caret; of a long line what is around the place. */
static void show_line(struct yml_report *report, unsigned line, unsigned column)
{
	struct buf before = BUF_INIT, *to = &report->text;
	size_t n = 0, at, from = 0;
	const char *text = report->source ? find_line(report, line, &n) : NULL;

	if (!text)
		return;
	n -= n && text[n - 1] == '\r';
	at = place_of_column(text, n, column);
	if (at > SHOWN_BEFORE)
		from = at - SHOWN_BEFORE;
	while (from && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	text_escape(&before, text + from, at - from);
	buf_printf(to, "%6u | %s", line, buf_str(&before));
	text_escape(to, text + at, n - at < SHOWN_MAX ? n - at : SHOWN_MAX);
	buf_printf(to, "\n       | %*s\n", (int)text_width(buf_str(&before), before.len) + 1, "^");
	buf_done(&before);
}

static void put_shown(struct yml_report *report, unsigned line, unsigned column, const char *sentence)
{
	text_escape(&report->text, report->file, strlen(report->file));
	buf_printf(&report->text, ":%u:%u: %s%s\n", line, column, report->warning ? "warning: " : "", sentence);
	show_line(report, line, column);
}

__attribute__((format(printf, 4, 0))) static int say_at(struct yml_report *report, unsigned line,
							 unsigned column, const char *format, va_list args)
{
	struct yml_told what = { .line = line, .column = column, .warning = report->warning };
	struct buf sentence = BUF_INIT;
	const bool shown = report->count++ < YML_MISTAKES_MAX;

	if (!shown && !report->told)
		return -EINVAL;
	buf_vprintf(&sentence, format, args);
	if (shown)
		put_shown(report, line, column, buf_str(&sentence));
	if (report->told) {
		what.sentence = buf_str(&sentence);
		what.shown = shown ? buf_str(&report->text) : NULL;
		report->told(report->ctx, report, &what);
		buf_done(&report->text);
	}
	buf_done(&sentence);
	return -EINVAL;
}

int yml_say_at(struct yml_report *report, unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_at(report, line, column, format, args);
	va_end(args);
	return -EINVAL;
}

int yml_say(struct yml_report *report, const struct yml_node *node, const char *format, ...)
{
	va_list args;

	if (node->cut)
		return -EINVAL;
	va_start(args, format);
	say_at(report, node->line, node->column, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- the typed layer ---- */

void yml_describe(struct buf *b, const struct yml_node *node)
{
	if (node->kind != YML_SCALAR) {
		buf_puts(b, node->kind == YML_LIST ? "a list" : "a mapping");
		return;
	}
	buf_putc(b, '\'');
	text_escape(b, node->text, strlen(node->text));
	buf_putc(b, '\'');
}

int yml_unknown(struct yml_report *report, const struct yml_node *node, const char *what, const char *const *words,
		size_t count)
{
	struct buf is = BUF_INIT;
	size_t nearest;

	yml_describe(&is, node);
	if (node->kind == YML_SCALAR && word_nearest(node->text, strlen(node->text), words, count, &nearest)) {
		yml_say(report, node, "unknown %s %s; did you mean '%s'?", what, buf_str(&is), words[nearest]);
	} else {
		buf_puts(&is, "; there are ");
		for (size_t i = 0; i < count; i++)
			buf_printf(&is, "%s%s", i ? ", " : "", words[i]);
		yml_say(report, node, "unknown %s %s", what, buf_str(&is));
	}
	buf_done(&is);
	return -EINVAL;
}

enum { KEYS_MAX = 64 };

static int take_key(const struct yml_node *key, const struct yml_key *keys, size_t count, unsigned *seen,
		    void *ctx, struct yml_report *report)
{
	const char *names[KEYS_MAX];

	for (size_t i = 0; i < count; i++) {
		names[i] = keys[i].name;
		if (strcmp(key->text, keys[i].name))
			continue;
		if (seen[i])
			return yml_say(report, key, "'%s' stands here twice; first in line %u", keys[i].name,
				       seen[i]);
		seen[i] = key->line;
		return keys[i].take(ctx, key->next, report);
	}
	return yml_unknown(report, key, "key", names, count);
}

int yml_map(const struct yml_node *map, const struct yml_key *keys, size_t count, void *ctx,
	    struct yml_report *report)
{
	unsigned seen[KEYS_MAX] = { 0 };
	int err = 0, r;

	if (count > KEYS_MAX)
		return -E2BIG;
	if (map->kind != YML_MAP)
		return yml_say(report, map, "a mapping is needed here: lines of 'key: value'");
	for (const struct yml_node *key = map->first; key && key->next; key = key->next->next) {
		r = take_key(key, keys, count, seen, ctx, report);
		err = r ? r : err;
	}
	for (size_t i = 0; i < count; i++)
		if (keys[i].required && !seen[i])
			err = yml_say(report, map, "'%s' is missing", keys[i].name);
	return err;
}

int yml_each(const struct yml_node *list, yml_take *take, void *ctx, struct yml_report *report)
{
	int err = 0, r;

	if (list->kind == YML_SCALAR)
		return take(ctx, list, report);
	if (list->kind == YML_MAP)
		return yml_say(report, list, "a list is needed here, and not a mapping");
	for (const struct yml_node *item = list->first; item; item = item->next) {
		r = take(ctx, item, report);
		err = r ? r : err;
	}
	return err;
}

int yml_text(const struct yml_node *node, const char *what, struct yml_report *report, const char **ret)
{
	if (node->kind != YML_SCALAR || !*node->text)
		return yml_say(report, node, "%s is needed here", what);
	*ret = node->text;
	return 0;
}

int yml_word(const struct yml_node *node, const char *const *words, size_t count, struct yml_report *report,
	     size_t *ret)
{
	for (size_t i = 0; node->kind == YML_SCALAR && i < count; i++) {
		if (strcmp(node->text, words[i]))
			continue;
		*ret = i;
		return 0;
	}
	return yml_unknown(report, node, "word", words, count);
}
