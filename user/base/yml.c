/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/yml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "user/base/memory.h"
#include "user/base/text.h"
#include "user/base/word.h"

/* A node as it is allocated, with the one that was before it. */
struct owned {
	struct yml_node node;
	struct owned *all;
	char text[];
};

struct yml {
	struct owned *all;
	struct yml_node *root;
};

/* A collection that is not closed yet. */
struct open {
	struct yml_node *node;
	struct yml_node **end;
	unsigned items;
};

struct build {
	struct yml_report *report;
	struct owned *all;
	struct yml_node *root;
	struct open open[YML_DEPTH_MAX];
	unsigned depth, count, documents;
};

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

__attribute__((format(printf, 4, 0))) static int say_at(struct yml_report *report, unsigned line,
							 unsigned column, const char *format, va_list args)
{
	struct yml_told what = { .line = line, .column = column, .warning = report->warning };
	struct buf sentence = BUF_INIT;

	if (report->count++ >= YML_MISTAKES_MAX)
		return -EINVAL;
	buf_vprintf(&sentence, format, args);
	text_escape(&report->text, report->file, strlen(report->file));
	buf_printf(&report->text, ":%u:%u: %s%s\n", line, column, report->warning ? "warning: " : "",
		   buf_str(&sentence));
	show_line(report, line, column);
	if (report->told) {
		what.sentence = buf_str(&sentence);
		what.shown = buf_str(&report->text);
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

static int wrong_mark(struct build *b, const yaml_mark_t *mark, const char *sentence)
{
	return yml_say_at(b->report, mark->line + 1, mark->column + 1, "%s", sentence);
}

/* ---- from events to nodes ---- */

static struct yml_node *new_node(struct build *b, const yaml_event_t *e, enum yml_kind kind, const char *text,
				 size_t n)
{
	struct owned *o = malloc(sizeof(*o) + n + 1);

	if (!o)
		return NULL;
	o->node = (struct yml_node){
		.kind = kind,
		.line = e->start_mark.line + 1,
		.column = e->start_mark.column + 1,
		.text = kind == YML_SCALAR ? o->text : NULL,
	};
	memcpy(o->text, text, n);
	o->text[n] = '\0';
	o->all = b->all;
	b->all = o;
	return &o->node;
}

static void append(struct build *b, struct yml_node *node)
{
	struct open *in = b->depth ? &b->open[b->depth - 1] : NULL;

	if (!in) {
		b->root = node;
		return;
	}
	*in->end = node;
	in->end = &node->next;
	in->items++;
}

static bool is_key(const struct build *b)
{
	const struct open *in = b->depth ? &b->open[b->depth - 1] : NULL;

	return in && in->node->kind == YML_MAP && in->items % 2 == 0;
}

static int add(struct build *b, const yaml_event_t *e, enum yml_kind kind, const char *text, size_t n)
{
	struct yml_node *node;

	if (b->count++ == YML_NODES_MAX)
		return wrong_mark(b, &e->start_mark, "too many nodes for one file");
	if (kind != YML_SCALAR && is_key(b))
		return wrong_mark(b, &e->start_mark, "a key is a word, and not a list or a mapping");
	if (memchr(text, '\0', n))
		return wrong_mark(b, &e->start_mark, "a NUL stands in this word");
	node = new_node(b, e, kind, text, n);
	if (!node)
		return -ENOMEM;
	if (kind == YML_SCALAR)
		node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	append(b, node);
	if (kind == YML_SCALAR)
		return 0;
	node->cut = b->depth == YML_DEPTH_MAX;
	if (node->cut)
		return wrong_mark(b, &e->start_mark, "nested too deep");
	b->open[b->depth++] = (struct open){ node, &node->first, 0 };
	return 0;
}

/* Anchors and tags come with the event of what they stand before. */
static int check_marks(struct build *b, const yaml_event_t *e, const void *anchor, const void *tag)
{
	if (anchor)
		return wrong_mark(b, &e->start_mark, "anchors ('&') are not taken here");
	return tag ? wrong_mark(b, &e->start_mark, "tags ('!') are not taken here; quote the word") : 0;
}

static int on_event(struct build *b, const yaml_event_t *e)
{
	int err;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return b->documents++ ? wrong_mark(b, &e->start_mark, "a second document in one file") : 0;
	case YAML_ALIAS_EVENT:
		return wrong_mark(b, &e->start_mark, "aliases ('*') are not taken here; quote the word");
	case YAML_SCALAR_EVENT:
		err = check_marks(b, e, e->data.scalar.anchor, e->data.scalar.tag);
		return err ? err : add(b, e, YML_SCALAR, (const char *)e->data.scalar.value,
				       e->data.scalar.length);
	case YAML_SEQUENCE_START_EVENT:
		err = check_marks(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		return err ? err : add(b, e, YML_LIST, "", 0);
	case YAML_MAPPING_START_EVENT:
		err = check_marks(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		return err ? err : add(b, e, YML_MAP, "", 0);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	default:
		return 0;
	}
}

/* What people write who mean no tag, no alias and no indentation by tabs. */
static const struct {
	const char *context, *problem;	/* how libyaml's words begin; NULL: any */
	const char *sentence;
} meant[] = {
	{ "while scanning a tag", NULL, "a value that begins with '!' is quoted: \"!name\"" },
	{ "while scanning an alias", NULL, "a value that begins with '*' is quoted: \"*name\"" },
	{ NULL, "found a tab character", "lines are indented by blanks, and not by tabs" },
	{ NULL, "found character that cannot start any token", "a value that begins like this is quoted, and a line is indented by blanks" },
};

static bool begins(const char *text, const char *with)
{
	return !with || (text && !strncmp(text, with, strlen(with)));
}

static int on_parser_error(struct build *b, const yaml_parser_t *p)
{
	const yaml_mark_t *at = p->problem_mark.line || p->problem_mark.column ? &p->problem_mark :
										 &p->context_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return memory_lack();
	for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++)
		if (begins(p->context, meant[i].context) && begins(p->problem, meant[i].problem))
			return wrong_mark(b, meant[i].context ? &p->context_mark : at, meant[i].sentence);
	return wrong_mark(b, at, p->problem ? p->problem : "this is no YAML");
}

static int read_events(struct build *b, yaml_parser_t *p)
{
	yaml_event_type_t type;
	int err;

	do {
		yaml_event_t e;

		if (!yaml_parser_parse(p, &e))
			return on_parser_error(b, p);
		type = e.type;
		err = on_event(b, &e);
		yaml_event_delete(&e);
	} while (!err && type != YAML_STREAM_END_EVENT);
	return err;
}

/* The line and column of the byte at `at`; all before it is UTF-8. */
static int wrong_byte(struct yml_report *report, const char *text, size_t at)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = text[i] == '\n' ? 1 : column + (((unsigned char)text[i] & 0xc0) != 0x80);
		line += text[i] == '\n';
	}
	return yml_say_at(report, line, column, "the byte 0x%02x is not UTF-8, or no character of a text",
			  (unsigned char)text[at]);
}

static int check_bytes(const char *text, size_t n, struct yml_report *report)
{
	uint32_t code;

	if (n > YML_BYTES_MAX)
		return yml_say_at(report, 1, 1, "the file is larger than 1 MiB");
	for (size_t i = 0, len; i < n; i += len) {
		len = text_decode(text + i, n - i, &code);
		if (!len || !code)
			return wrong_byte(report, text, i);
	}
	return 0;
}

static void free_all(struct owned *o)
{
	while (o) {
		struct owned *rest = o->all;

		free(o);
		o = rest;
	}
}

static int finish(struct build *b, struct yml **ret)
{
	const yaml_event_t at_start = { .start_mark = { 0, 0, 0 } };
	struct yml *y;

	if (!b->root && !new_node(b, &at_start, YML_MAP, "", 0))
		return -ENOMEM;
	y = malloc(sizeof(*y));
	if (!y)
		return -ENOMEM;
	y->all = b->all;
	y->root = b->root ? b->root : &b->all->node;
	*ret = y;
	return 0;
}

static bool is_worth_a_look(struct build *b)
{
	for (size_t i = 0; i < b->depth; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): libyaml ends only what has begun */
		b->open[i].node->cut = true;
	return b->root && b->root->kind == YML_MAP;
}

int yml_parse_partly(const char *text, size_t n, struct yml_report *report, struct yml **ret)
{
	struct build b = { .report = report };
	yaml_parser_t parser;
	int err = check_bytes(text, n, report);

	*ret = NULL;
	if (err)
		return err;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	err = read_events(&b, &parser);
	yaml_parser_delete(&parser);
	if (!err || (err == -EINVAL && is_worth_a_look(&b)))
		err = finish(&b, ret) ?: err;
	if (!*ret)
		free_all(b.all);
	return err;
}

int yml_parse(const char *text, size_t n, struct yml_report *report, struct yml **ret)
{
	struct yml *y;
	int err = yml_parse_partly(text, n, report, &y);

	if (err)
		yml_free(y);
	else
		*ret = y;
	return err;
}

const struct yml_node *yml_root(const struct yml *y)
{
	return y->root;
}

void yml_free(struct yml *y)
{
	if (!y)
		return;
	free_all(y->all);
	free(y);
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
