/* SPDX-License-Identifier: BSD-2-Clause */
/* A screen as it is to look: cells with a character and a style. What shows it knows terminals; this does not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum frame_style {
	STYLE_PLAIN,
	STYLE_TITLE,
	STYLE_DIM,
	STYLE_HEAD,		/* of a table */
	STYLE_SELECTED,		/* the row under the cursor */
	STYLE_DENIED,
	STYLE_RISK,		/* a capability that is as good as root */
	STYLE_HIGH,		/* one that is dangerous */
	STYLE_RARE,		/* one that hardly anybody asks for */
	STYLE_WARNING,		/* losses, mistakes */
	STYLE_CURVE,
	STYLES
};

struct frame_cell {
	uint32_t code[2];	/* the second may combine with the first; 0 and 0: the right half of a wide character */
	uint8_t style;
};

struct frame {
	int rows, cols;
	int cursor_row, cursor_col;	/* -1: there is none to be seen */
	struct frame_cell *cells;	/* rows * cols, owned */
};

/* Blank, of at least 1 by 1. 0, -ENOMEM. */
int frame_init(struct frame *f, int rows, int cols);
void frame_done(struct frame *f);

/*
 * Puts text, which is safe for a terminal (text_escape), into a row from a column on, as far as `end` and the screen reach.
 * Returns the column behind it. Nothing outside of the screen is written.
 */
int frame_put(struct frame *f, int row, int col, int end, enum frame_style style, const char *text);

/* The same, with a mark before its end where not all of it has room. */
int frame_put_end(struct frame *f, int row, int col, int end, enum frame_style style, const char *text, bool ascii);

/* The same, with a mark where not all of it has room: at its end, of a path at its beginning. */
int frame_put_cut(struct frame *f, int row, int col, int end, enum frame_style style, const char *text, bool ascii);

/* The whole row from col on in another style; the characters stay. */
void frame_paint(struct frame *f, int row, int col, int end, enum frame_style style);

/* The rows as lines, without blanks at their ends: for tests, and terminals that can do nothing. */
void frame_text(struct buf *b, const struct frame *f);
