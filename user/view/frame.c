/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

static struct frame_cell *cell(const struct frame *f, int row, int col)
{
	return &f->cells[(size_t)row * (size_t)f->cols + (size_t)col];
}

int frame_init(struct frame *f, int rows, int cols)
{
	*f = (struct frame){ .rows = rows > 0 ? rows : 1, .cols = cols > 0 ? cols : 1, .cursor_row = -1, .cursor_col = -1 };
	f->cells = calloc((size_t)f->rows * (size_t)f->cols, sizeof(*f->cells));
	if (!f->cells)
		return -ENOMEM;
	for (size_t i = 0; i < (size_t)f->rows * (size_t)f->cols; i++)
		f->cells[i].code[0] = ' ';
	return 0;
}

void frame_done(struct frame *f)
{
	free(f->cells);
	f->cells = NULL;
}

static void put_code(struct frame *f, int row, int col, uint32_t code, int width, enum frame_style style)
{
	*cell(f, row, col) = (struct frame_cell){ { code }, (uint8_t)style };
	if (width == 2)
		*cell(f, row, col + 1) = (struct frame_cell){ { 0 }, (uint8_t)style };
}

int frame_put(struct frame *f, int row, int col, int end, enum frame_style style, const char *text)
{
	size_t left = strlen(text);
	int first = col;

	if (row < 0 || row >= f->rows || col < 0)
		return col;
	if (end > f->cols)
		end = f->cols;
	while (left) {
		uint32_t code;
		size_t n = text_decode(text, left, &code);
		int width = n ? (int)text_width(text, n) : 0;

		if (!n || col + width > end)
			break;
		if (width)
			put_code(f, row, col, code, width, style);
		else if (col > first && !cell(f, row, col - 1)->code[1])
			cell(f, row, col - 1)->code[1] = code;
		col += width;
		text += n;
		left -= n;
	}
	return col;
}

/* The end of text that is at most `width` columns wide. */
static const char *end_of(const char *text, int width)
{
	size_t left = strlen(text);
	uint32_t code;

	while (left && (int)text_width(text, left) > width) {
		size_t n = text_decode(text, left, &code);

		n = n ? n : 1;
		text += n;
		left -= n;
	}
	return text;
}

int frame_put_end(struct frame *f, int row, int col, int end, enum frame_style style, const char *text, bool ascii)
{
	if (end > f->cols)
		end = f->cols;
	if ((int)text_width(text, strlen(text)) <= end - col || end - col < 2)
		return frame_put(f, row, col, end, style, text);
	col = frame_put(f, row, col, end, style, ascii ? "~" : "\u2026");
	return frame_put(f, row, col, end, style, end_of(text, end - col));
}

int frame_put_cut(struct frame *f, int row, int col, int end, enum frame_style style, const char *text, bool ascii)
{
	const char *mark = ascii ? "~" : "\u2026";

	if (end > f->cols)
		end = f->cols;
	if ((int)text_width(text, strlen(text)) <= end - col || end - col < 2)
		return frame_put(f, row, col, end, style, text);
	if (*text == '/')
		return frame_put_end(f, row, col, end, style, text, ascii);
	col = frame_put(f, row, col, end - 1, style, text);
	return frame_put(f, row, col, end, style, mark);
}

void frame_paint(struct frame *f, int row, int col, int end, enum frame_style style)
{
	if (row < 0 || row >= f->rows)
		return;
	for (; col < end && col < f->cols; col++)
		cell(f, row, col)->style = (uint8_t)style;
}

void frame_text(struct buf *b, const struct frame *f)
{
	for (int row = 0; row < f->rows; row++) {
		size_t end = b->len;

		for (int col = 0; col < f->cols; col++) {
			const struct frame_cell *c = cell(f, row, col);

			for (int i = 0; i < 2 && c->code[i]; i++)
				text_put(b, c->code[i]);
			if (c->code[0] && c->code[0] != ' ')
				end = b->len;
		}
		b->len = end;
		buf_putc(b, '\n');
	}
}
