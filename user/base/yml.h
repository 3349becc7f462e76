/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * YAML files that people write: a tree of nodes that know their place, and a small typed layer that holds a
 * mapping against a table of the keys that it may have. No anchors, aliases, tags or second documents; depth,
 * nodes and size have limits, so that a hostile file ends in an error at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/base/buf.h"

enum { YML_DEPTH_MAX = 32, YML_NODES_MAX = 100000, YML_BYTES_MAX = 1 << 20 };

enum yml_kind { YML_SCALAR, YML_LIST, YML_MAP };

struct yml_node {
	enum yml_kind kind;
	unsigned line, column;	/* from 1 */
	const char *text;	/* of a scalar; no NUL within */
	bool quoted;
	bool cut;		/* the file is no YAML before its end, or it may be misread for that; its text counts for nothing */
	struct yml_node *first;	/* of a list its items; of a map keys and values in turn */
	struct yml_node *next;
};

struct yml_report;

/* One mistake, for who does not want them as text. */
struct yml_told {
	unsigned line, column;
	bool warning;
	const char *sentence;
	const char *shown;	/* as it would stand in .text; NULL of those behind YML_MISTAKES_MAX */
};

/*
 * Mistakes, one line each: "FILE:LINE:COLUMN: sentence". Where .source is set, the line that it is about follows each, and
 * below that a caret.
 */
struct yml_report {
	const char *file;	/* as it is to be named; escaped where it is shown */
	const char *source;	/* the whole text, n bytes; NULL: no lines are shown */
	size_t n;
	bool warning;		/* what is said now is none that makes the file useless */
	struct buf text;	/* stays empty where .told is set */
	unsigned count;		/* also of those that there was no room to say */
	void (*told)(void *ctx, const struct yml_report *report, const struct yml_told *what);
	void *ctx;
};

enum { YML_MISTAKES_MAX = 100 };	/* that are shown; .told hears of all */

struct yml;

/*
 * Reads n bytes. 0 and *ret, for yml_free; -EINVAL and lines in the report; -ENOMEM. The root of a file that
 * says nothing is an empty map.
 */
int yml_parse(const char *text, size_t n, struct yml_report *report, struct yml **ret);

/*
 * The same, and where it is no YAML at some places (-EINVAL, which is said), *ret is the map that stands before and behind
 * them, or NULL: what follows is read again from the next entry of the root, or of the block that its last key has. Of what is
 * cut nothing is said: what is missing there may be in what could not be read.
 */
int yml_parse_partly(const char *text, size_t n, struct yml_report *report, struct yml **ret);
const struct yml_node *yml_root(const struct yml *y);
void yml_free(struct yml *y);

/* Adds a mistake at node, unless that is cut; returns -EINVAL. */
int yml_say(struct yml_report *report, const struct yml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same at a place. */
int yml_say_at(struct yml_report *report, unsigned line, unsigned column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "unknown WHAT 'x'; did you mean 'y'?", or what there is; returns -EINVAL. */
int yml_unknown(struct yml_report *report, const struct yml_node *node, const char *what, const char *const *words,
		size_t count);

/* "a list", "'word'": what node is, escaped, for a sentence. */
void yml_describe(struct buf *b, const struct yml_node *node);

/* Takes the value of a key; says its own mistakes. 0 or negative errno. */
typedef int yml_take(void *ctx, const struct yml_node *value, struct yml_report *report);

struct yml_key {
	const char *name;
	yml_take *take;
	bool required;
};

/*
 * Holds a map against its keys: unknown ones get the nearest, double and missing ones are said. All mistakes
 * are found; 0 or the last error.
 */
int yml_map(const struct yml_node *map, const struct yml_key *keys, size_t count, void *ctx,
	    struct yml_report *report);

/* Calls take for each item of a list, or for the one scalar that stands in its place; 0 or the last error. */
int yml_each(const struct yml_node *list, yml_take *take, void *ctx, struct yml_report *report);

/* The text of a scalar that is not empty, or -EINVAL after saying that it is none; what: "a user". */
int yml_text(const struct yml_node *node, const char *what, struct yml_report *report, const char **ret);

/* One of count words; -EINVAL with the nearest one. */
int yml_word(const struct yml_node *node, const char *const *words, size_t count, struct yml_report *report,
	     size_t *ret);
