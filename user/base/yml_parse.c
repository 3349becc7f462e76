/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From libyaml's events to nodes. Its parser ends at the first mistake, and another takes up what stands below: from the next
 * line that begins an entry of the root, or of the block that is the value of its last key. What begins so is read as if it
 * stood alone, into the collection that it belongs to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "user/base/memory.h"
#include "user/base/text.h"
#include "user/base/yml.h"

enum { BOM_BYTES = 3 };

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
	unsigned last;			/* line where the last of them begins */
	bool flow;
};

/* What is read by one parser. */
struct piece {
	size_t from, to;		/* bytes */
	unsigned above;			/* lines */
	unsigned level;			/* that it continues: 0 the root, 1 what stands in it */
};

struct build {
	struct yml_report *report;
	const char *text;
	size_t n;
	struct piece piece;
	struct owned *all;
	struct yml_node *root;
	struct open open[YML_DEPTH_MAX];
	unsigned depth, count, documents;
	bool again;			/* the next collection that begins is the one that the piece continues */
	bool over;			/* what is below is not looked at */
	bool wrong;			/* something that is not taken was told, and read over */
	unsigned broken;		/* places where a parser ended too early */
	unsigned told;			/* the line of the last of them */
	unsigned next;			/* the first line that the next piece may begin at */
};

static unsigned line_of(const struct build *b, const yaml_mark_t *mark)
{
	return b->piece.above + (unsigned)mark->line + 1;
}

static int wrong_mark(struct build *b, const yaml_mark_t *mark, const char *sentence)
{
	return yml_say_at(b->report, line_of(b, mark), mark->column + 1, "%s", sentence);
}

/* The same where nothing more can be told from here. */
static int wrong_for_good(struct build *b, const yaml_mark_t *mark, const char *sentence)
{
	b->over = true;
	return wrong_mark(b, mark, sentence);
}

/* ---- from events to nodes ---- */

static struct yml_node *new_node(struct build *b, const yaml_mark_t *at, enum yml_kind kind, const char *text,
				 size_t n)
{
	struct owned *o = malloc(sizeof(*o) + n + 1);

	if (!o)
		return NULL;
	o->node = (struct yml_node){
		.kind = kind,
		.line = line_of(b, at),
		.column = (unsigned)at->column + 1,
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
	in->last = node->line;
}

static bool is_key(const struct build *b)
{
	const struct open *in = b->depth ? &b->open[b->depth - 1] : NULL;

	return in && in->node->kind == YML_MAP && in->items % 2 == 0;
}

/* What stands here is told to be wrong already. */
static int add_cut(struct build *b, const yaml_mark_t *at)
{
	struct yml_node *node = new_node(b, at, YML_SCALAR, "", 0);

	if (!node)
		return -ENOMEM;
	node->cut = true;
	append(b, node);
	return 0;
}

static int add(struct build *b, const yaml_event_t *e, enum yml_kind kind, const char *text, size_t n)
{
	struct yml_node *node;

	if (b->count++ >= YML_NODES_MAX)
		return wrong_for_good(b, &e->start_mark, "too many nodes for one file");
	if (kind != YML_SCALAR && is_key(b))
		return wrong_mark(b, &e->start_mark, "a key is a word, and not a list or a mapping");
	if (memchr(text, '\0', n))
		return wrong_mark(b, &e->start_mark, "a NUL stands in this word");
	node = new_node(b, &e->start_mark, kind, text, n);
	if (!node)
		return -ENOMEM;
	if (kind == YML_SCALAR)
		node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	append(b, node);
	if (kind == YML_SCALAR)
		return 0;
	node->cut = b->depth == YML_DEPTH_MAX;
	if (node->cut)
		return wrong_for_good(b, &e->start_mark, "nested too deep");
	b->open[b->depth++] = (struct open){
		.node = node,
		.end = &node->first,
		.flow = kind == YML_LIST ? e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE :
					   e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
	};
	return 0;
}

/* A list or a map; that which a piece continues is there already. */
static int begin(struct build *b, const yaml_event_t *e, enum yml_kind kind)
{
	if (!b->again)
		return add(b, e, kind, "", 0);
	b->again = false;
	if (b->open[b->depth].node->kind != kind)
		return -EINVAL;
	b->depth++;
	return 0;
}

/* What has an anchor is read, and what has a tag is not what it looks like. */
static void check_marks(struct build *b, const yaml_event_t *e, const void *anchor, const void *tag)
{
	b->wrong |= anchor || tag;
	if (anchor)
		wrong_mark(b, &e->start_mark, "anchors ('&') are not taken here");
	else if (tag)
		wrong_mark(b, &e->start_mark, "tags ('!') are not taken here; quote the word");
}

static int on_scalar(struct build *b, const yaml_event_t *e)
{
	check_marks(b, e, e->data.scalar.anchor, e->data.scalar.tag);
	if (b->again)
		return -EINVAL;
	if (e->data.scalar.tag)
		return add_cut(b, &e->start_mark);
	return add(b, e, YML_SCALAR, (const char *)e->data.scalar.value, e->data.scalar.length);
}

static int on_alias(struct build *b, const yaml_event_t *e)
{
	b->wrong = true;
	wrong_mark(b, &e->start_mark, "aliases ('*') are not taken here; quote the word");
	return b->again ? -EINVAL : add_cut(b, &e->start_mark);
}

static int on_event(struct build *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return b->documents++ ? wrong_for_good(b, &e->start_mark, "a second document in one file") : 0;
	case YAML_ALIAS_EVENT:
		return on_alias(b, e);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, e);
	case YAML_SEQUENCE_START_EVENT:
		check_marks(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		return begin(b, e, YML_LIST);
	case YAML_MAPPING_START_EVENT:
		check_marks(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		return begin(b, e, YML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	default:
		return 0;
	}
}

/* ---- what is no YAML ---- */

/* What people write who mean no tag, no alias and no indentation by tabs. */
static const struct {
	const char *context, *problem;	/* how libyaml's words begin; NULL: any */
	const char *sentence;
} meant[] = {
	{ "while scanning a tag", NULL, "a value that begins with '!' is quoted: \"!name\"" },
	{ "while scanning an alias", NULL, "a value that begins with '*' is quoted: \"*name\"" },
	{ "while scanning a quoted scalar", "found unexpected end of stream", "the quotes that begin here do not end" },
	{ "while scanning a simple key", "could not find expected ':'", "a key is followed by a ':', and this is not" },
	{ NULL, "found a tab character", "lines are indented by blanks, and not by tabs" },
	{ NULL, "found character that cannot start any token", "a value that begins like this is quoted, and a line is indented by blanks" },
};

static bool begins(const char *text, const char *with)
{
	return !with || (text && !strncmp(text, with, strlen(with)));
}

/* In libyaml's words, and what is open there from a line above. */
static void say_problem(struct build *b, const yaml_mark_t *at, const char *problem)
{
	const struct open *in = b->depth ? &b->open[b->depth - 1] : NULL;

	if (in && in->flow && in->node->line < line_of(b, at))
		yml_say_at(b->report, line_of(b, at), (unsigned)at->column + 1, "%s; the '%c' of line %u is not closed",
			   problem, in->node->kind == YML_LIST ? '[' : '{', in->node->line);
	else
		wrong_mark(b, at, problem);
}

/* The next piece begins at the line `next` or below it. Returns -EINVAL. */
static int break_off(struct build *b, unsigned told, unsigned next)
{
	b->broken++;
	b->told = told;
	b->next = next;
	return -EINVAL;
}

/* The line and column of the byte at `at`; all before it is UTF-8. */
static int wrong_byte(struct build *b, size_t at)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = b->text[i] == '\n' ? 1 : column + (((unsigned char)b->text[i] & 0xc0) != 0x80);
		line += b->text[i] == '\n';
	}
	yml_say_at(b->report, line, column, "the byte 0x%02x is not UTF-8, or no character of a text",
		   (unsigned char)b->text[at]);
	return break_off(b, line, line + 1);
}

static int on_parser_error(struct build *b, const yaml_parser_t *p)
{
	const yaml_mark_t *problem = p->problem_mark.line || p->problem_mark.column ? &p->problem_mark : &p->context_mark;
	const struct open *in = b->depth ? &b->open[b->depth - 1] : NULL;
	const yaml_mark_t *at = problem;
	const char *sentence = NULL;

	if (p->error == YAML_MEMORY_ERROR)
		return memory_lack();
	if (p->error == YAML_READER_ERROR && b->piece.from + p->problem_offset < b->n)
		return wrong_byte(b, b->piece.from + p->problem_offset);
	for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]) && !sentence; i++) {
		if (!begins(p->context, meant[i].context) || !begins(p->problem, meant[i].problem))
			continue;
		sentence = meant[i].sentence;
		at = meant[i].context ? &p->context_mark : at;
	}
	if (sentence && b->told != line_of(b, at))
		wrong_mark(b, at, sentence);
	else if (b->told != line_of(b, at))
		say_problem(b, at, p->problem ? p->problem : "this is no YAML");
	/* Quotes and brackets that do not end have swallowed lines that say something. */
	if (p->context && begins(p->context, "while scanning"))
		return break_off(b, line_of(b, at), line_of(b, &p->context_mark) + 1);
	if (in && in->flow && in->node->line < line_of(b, problem))
		return break_off(b, line_of(b, at), in->node->line + 1);
	return break_off(b, line_of(b, at), line_of(b, problem));
}

/* ---- pieces ---- */

/* 0 where it was read to its end; -EINVAL where it broke off, or is not what it looked like. */
static int read_events(struct build *b, yaml_parser_t *p)
{
	yaml_event_type_t type;
	int err;

	b->documents = 0;
	do {
		yaml_event_t e;

		if (!yaml_parser_parse(p, &e))
			return on_parser_error(b, p);
		type = e.type;
		err = on_event(b, &e);
		if (err == -EINVAL)
			break_off(b, line_of(b, &e.start_mark), line_of(b, &e.start_mark) + 1);
		yaml_event_delete(&e);
	} while (!err && type != YAML_STREAM_END_EVENT);
	return err;
}

static int read_piece(struct build *b)
{
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)b->text + b->piece.from,
				     b->piece.to - b->piece.from);
	err = read_events(b, &parser);
	yaml_parser_delete(&parser);
	return err;
}

/* A line of the text; n without its end. */
struct line {
	size_t at, n, next;
	unsigned number;
};

static void set_line(const struct build *b, struct line *l)
{
	const char *end = memchr(b->text + l->at, '\n', b->n - l->at);

	l->n = end ? (size_t)(end - b->text) - l->at : b->n - l->at;
	l->next = end ? l->at + l->n + 1 : b->n;
	while (l->n && strchr(" \t\r", b->text[l->at + l->n - 1]))
		l->n--;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_-.", c);
}

/* "- ..." of a list, "name: ..." of a map, at the column where the others of its collection are. */
static bool begins_entry(const struct build *b, const struct line *l, unsigned level)
{
	const struct yml_node *in = b->open[level].node;
	const char *text = b->text + l->at;
	size_t at = in->column - 1;

	if (at >= l->n || strspn(text, " ") != at)
		return false;
	if (in->kind == YML_LIST)
		return text[at] == '-' && (at + 1 == l->n || text[at + 1] == ' ');
	if (!is_name(text[at]) || text[at] == '-')
		return false;
	while (at < l->n && is_name(text[at]))
		at++;
	return at < l->n && text[at] == ':' && (at + 1 == l->n || text[at + 1] == ' ');
}

/* In brackets nothing begins. */
static bool goes_on_below(const struct build *b, const struct line *l)
{
	return l->n && strchr(",[{", b->text[l->at + l->n - 1]);
}

/* The value of the root's last key is a block, and its lines are told from those in brackets that do not end. */
static bool has_block(const struct build *b)
{
	const struct open *in = &b->open[1];
	bool flow = false;

	if (!in->node || b->open[0].end != &in->node->next || in->flow)
		return false;
	for (unsigned i = 0; i < b->depth; i++)
		flow |= b->open[i].flow && b->open[i].node->line < b->told;
	return in->node->kind == YML_LIST || !flow;
}

/* The first entry from the line `from` on, and its level. */
static bool find_entry(const struct build *b, struct line *l, unsigned from, bool block, unsigned *ret_level)
{
	bool inside = false;

	for (; l->at < b->n; l->at = l->next, l->number++) {
		set_line(b, l);
		*ret_level = begins_entry(b, l, 0) ? 0 : 1;
		if (l->number >= from && !inside && l->number > b->open[*ret_level].last &&
		    (!*ret_level || (block && begins_entry(b, l, 1))))
			return true;
		inside = goes_on_below(b, l);
	}
	return false;
}

/* What was read before, and is none where nothing was. */
static int begin_root(struct build *b)
{
	const yaml_mark_t start = { 0, 0, 0 };

	if (!b->root || b->root->kind == YML_SCALAR) {
		b->root = new_node(b, &start, YML_MAP, "", 0);
		if (!b->root)
			return -ENOMEM;
		b->open[0] = (struct open){ .node = b->root, .end = &b->root->first };
		b->open[1].node = NULL;
	} else if (b->root->kind != YML_MAP || b->open[0].flow) {
		return -EINVAL;
	}
	b->root->cut = true;
	return 0;
}

/* A key that has lost its value keeps its place, and the next entry is no value. */
static int make_even(struct build *b)
{
	const yaml_mark_t start = { 0, 0, 0 };
	struct open *in = &b->open[b->piece.level];

	b->depth = b->piece.level + 1;
	if (in->node->kind == YML_MAP && in->items % 2 && add_cut(b, &start))
		return -ENOMEM;
	b->depth--;
	return 0;
}

/* Goes to the next piece: -ENOENT where there is none. */
static int next_piece(struct build *b)
{
	unsigned from = b->next > b->piece.above + 1 ? b->next : b->piece.above + 2, level;
	struct line l = { .at = b->piece.from, .number = b->piece.above + 1 }, end;
	int err = begin_root(b);

	if (err)
		return err == -EINVAL ? -ENOENT : err;
	if (!find_entry(b, &l, from, has_block(b), &level))
		return -ENOENT;
	end = l;
	b->piece = (struct piece){ .from = l.at, .to = b->n, .above = l.number - 1, .level = level };
	if (level && find_entry(b, &end, l.number + 1, true, &level))
		b->piece.to = end.at;
	b->again = true;
	return make_even(b);
}

static void cut_all(struct yml_node *node)
{
	node->cut = true;
	for (struct yml_node *in = node->first; in; in = in->next)
		cut_all(in);
}

/* In brackets the last word may go on behind the break; where they do not end, other lines than theirs say something else. */
static void cut_flow(struct yml_node *node, bool endless)
{
	for (struct yml_node *in = node->first; in; in = in->next)
		if (!in->next || (endless && in->line > node->line))
			cut_all(in);
}

/* What was closed last: a line that has the wrong indentation may belong to that. */
static void cut_last(struct build *b)
{
	struct yml_node *last = b->root, *in;

	while (last && last->kind != YML_SCALAR) {
		last->cut = true;
		for (in = last->first; in && in->next;)
			in = in->next;
		last = in;
	}
	if (last && last->line == b->told)
		last->cut = true;
}

static void cut_open(struct build *b)
{
	const struct open *in = b->depth ? &b->open[b->depth - 1] : NULL;
	bool endless = in && in->flow && in->node->line < b->told;

	for (size_t i = 0; i < b->depth; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): libyaml ends only what has begun */
		b->open[i].node->cut = true;
		if (b->open[i].flow)
			cut_flow(b->open[i].node, endless);
	}
	cut_last(b);
}

/* So many that what is told at last is shown. */
enum { BROKEN_MAX = YML_MISTAKES_MAX - 1 };

static int read_pieces(struct build *b)
{
	int err = read_piece(b);

	if (!err)
		return 0;
	while ((!err || err == -EINVAL) && !b->over && b->broken < BROKEN_MAX) {
		if (err)
			cut_open(b);
		else
			b->next = 0;
		err = next_piece(b) ?: read_piece(b);
	}
	if (err == -EINVAL)
		cut_open(b);
	if (err == -EINVAL && b->broken >= BROKEN_MAX)
		yml_say_at(b->report, b->told, 1, "what is below is not looked at: this is no YAML at %u places", b->broken);
	if (b->root && !b->root->first)
		b->root = NULL;
	return err == -ENOMEM ? err : -EINVAL;
}

static int check_bytes(struct build *b)
{
	uint32_t code;

	if (b->n > YML_BYTES_MAX)
		return yml_say_at(b->report, 1, 1, "the file is larger than 1 MiB");
	for (size_t i = 0, len; i < b->n; i += len) {
		len = text_decode(b->text + i, b->n - i, &code);
		if (!len || !code)
			return wrong_byte(b, i);
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
	const yaml_mark_t start = { 0, 0, 0 };
	struct yml *y;

	b->piece.above = 0;
	if (!b->root && !new_node(b, &start, YML_MAP, "", 0))
		return -ENOMEM;
	y = malloc(sizeof(*y));
	if (!y)
		return -ENOMEM;
	y->all = b->all;
	y->root = b->root ? b->root : &b->all->node;
	*ret = y;
	return 0;
}

/* What some editors put first: of which the parser would make an indentation. */
static bool has_bom(const char *text, size_t n)
{
	return n >= BOM_BYTES && !memcmp(text, "\xef\xbb\xbf", BOM_BYTES);
}

int yml_parse_partly(const char *text, size_t n, struct yml_report *report, struct yml **ret)
{
	const size_t bom = has_bom(text, n) ? BOM_BYTES : 0;
	struct build b = { .report = report, .text = text, .n = n, .piece = { .from = bom, .to = n } };
	int err = check_bytes(&b);

	*ret = NULL;
	if (err)
		return err;
	err = read_pieces(&b);
	if (!err || (err == -EINVAL && b.root && b.root->kind == YML_MAP))
		err = finish(&b, ret) ?: err;
	if (!*ret)
		free_all(b.all);
	return err ?: b.wrong ? -EINVAL : 0;
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
