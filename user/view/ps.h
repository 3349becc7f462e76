/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and what they hold, for people and as JSON. All text is safe for a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"

struct holder;

enum { PS_COLUMNS_MAX = 64, PS_MEMO_SLOTS = 32 };

/* What was made of five sets, for most processes have one of few combinations. Starts zeroed. */
struct ps_memo {
	struct ps_slot {
		uint64_t sets[5];
		struct buf text;
	} slots[PS_MEMO_SLOTS];
};

void ps_memo_done(struct ps_memo *memo);

/* What `make` makes of the sets of h, and of nothing else of it; one memo is for one such function. */
struct buf *ps_memo_get(struct ps_memo *memo, const struct holder *h,
			void (*make)(struct buf *b, const struct holder *h));

struct ps_column;

struct ps_layout {
	const struct ps_column *columns[PS_COLUMNS_MAX];
	size_t widths[PS_COLUMNS_MAX];
	size_t count;
};

/* A list of columns that was not understood; points into it. */
struct ps_mistake {
	const char *word;	/* len 0: there is none where one is needed; or there are too many */
	size_t len;
	const char *nearest;	/* the column that may be meant, or NULL; never freed */
};

/* The usual columns, or all of them. */
void ps_layout_usual(struct ps_layout *ret, bool all);

/* And what was ever used: there is a history. */
void ps_layout_used(struct ps_layout *layout);

/* Columns by name, separated by commas. -ENOENT and the place. */
int ps_layout_parse(const char *list, struct ps_layout *ret, struct ps_mistake *ret_mistake);

/* The names of all columns, by number from 0; NULL: no more. */
const char *ps_column_key(size_t at);

/* A line for each column, for --help. */
void ps_describe(struct buf *b);

void ps_header(struct buf *b, const struct ps_layout *layout);

/* Makes room for what h has to say, within limits. depth: how far its name is moved to the right. */
void ps_fit(struct ps_layout *layout, const struct holder *h, unsigned depth);

void ps_line(struct buf *b, const struct ps_layout *layout, struct ps_memo *memo, const struct holder *h,
	     unsigned depth);

void ps_json(struct buf *b, struct ps_memo *memo, const struct holder *h);

/* What is to be said of all of them. */
struct ps_summary {
	size_t processes, threads; /* that were looked at; threads beside the first ones */
	bool filtered;		   /* not all that hold anything were asked for */
	size_t shown, holding;	   /* processes that are shown, and those of them that hold anything */
	size_t root;		   /* of these, who holds a capability that is as good as root, in the host's namespace */
	size_t differing;	   /* threads that are shown and differ from their process */
	size_t kernel, dead;	   /* left out: threads of the kernel, zombies */
	size_t undecided, unreadable;
	bool others_hidden;
};

/* Sentences in one line, without a newline. */
void ps_summary_text(struct buf *b, const struct ps_summary *s);

/* What is missing; nothing where all could be seen. */
void ps_missing_text(struct buf *b, const struct ps_summary *s);
bool ps_is_incomplete(const struct ps_summary *s);

void ps_summary_json(struct buf *b, const struct ps_summary *s);
