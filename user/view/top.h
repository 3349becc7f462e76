/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live screen as three pure things: its state; keys, which change the state; and the frame that the state comes to. It
 * knows no terminal, no clock and no kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/board.h"
#include "user/model/where.h"
#include "user/view/top_rows.h"

struct board;
struct buf;
struct frame;

enum { TOP_FILTER_MAX = 512, TOP_DEPTH = 3 };

/* Keys are code points, and these. */
enum top_key {
	TOP_KEY_ESCAPE = 27,
	TOP_KEY_ENTER = 0x110000,
	TOP_KEY_BACKSPACE,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_HELP,
};

enum top_does { TOP_NOTHING, TOP_CHANGED, TOP_QUIT };

struct top {
	enum top_by by;
	struct top_step steps[TOP_DEPTH];
	size_t depth;
	enum top_sort sort;
	bool reverse, advisory, paused, help;
	bool more;			/* also what came of it, its class and operation */
	bool typing;			/* the filter */
	char filter[TOP_FILTER_MAX];	/* as typed; "": none */
	struct where where;		/* the last that was understood */
	bool words;			/* it holds no condition: it is looked for in the rows' texts */
	char mistake[128];		/* in it; "": none */
	char *selected;			/* name of the row under the cursor; owned; NULL: the first one */
	size_t cursor, first;		/* its row, and the first one on the screen */
	size_t page;			/* rows that the last frame had room for */
	size_t help_first, help_last;	/* line of the help that is on top, and the last one that can be: 0, all are seen */
	struct top_rows rows;
};

/* What the frame tells beside the rows. Strings are borrowed; NULL: unknown. */
struct top_facts {
	struct board_sums sums;
	const char *source;		/* "host web1, Linux 6.12, tp_btf", "recording FILE"; escaped */
	const char *time;		/* of what is shown */
	uint64_t hidden;		/* checks that the kernel side hid: memory overcommit */
	bool hidden_known;
	uint64_t lost;
	double cpu;			/* what capsieve itself takes of one CPU; < 0: unknown */
	bool ended;			/* nothing more will come */
	bool ascii;			/* the terminal has no UTF-8 */
};

void top_init(struct top *t, enum top_by by);
void top_done(struct top *t);

/* The rows anew, from the board; the cursor stays with what it is on. 0, -ENOMEM. */
int top_refresh(struct top *t, const struct board *b);

/* One key. After TOP_CHANGED the rows are to be refreshed and the frame drawn. */
enum top_does top_key(struct top *t, uint32_t key);

/* 0 and a frame of the screen's size, for frame_done; -ENOMEM. */
int top_frame(struct top *t, const struct top_facts *facts, int rows, int cols, struct frame *ret);

/* The same as plain text with columns that stay where they are, all rows, names as long as they are. */
void top_text(struct buf *b, const struct top *t, const struct top_facts *facts);
