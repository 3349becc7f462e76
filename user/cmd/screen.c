/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Cells are wide characters. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#include "user/view/frame.h"
#include "user/view/top.h"

/* Foreground, background (-1: the terminal's own) and attributes of a style; the latter alone where it has no colours. */
static const struct look {
	short fore, back;
	attr_t with, without;
} looks[STYLES] = {
	[STYLE_PLAIN] = { -1, -1, A_NORMAL, A_NORMAL },
	[STYLE_TITLE] = { -1, -1, A_BOLD, A_BOLD },
	[STYLE_DIM] = { -1, -1, A_DIM, A_NORMAL },
	[STYLE_HEAD] = { COLOR_CYAN, -1, A_BOLD, A_UNDERLINE },
	[STYLE_SELECTED] = { -1, -1, A_REVERSE, A_REVERSE },
	[STYLE_DENIED] = { COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_STANDOUT },
	[STYLE_RISK] = { COLOR_RED, -1, A_BOLD, A_BOLD },
	[STYLE_HIGH] = { COLOR_MAGENTA, -1, A_NORMAL, A_NORMAL },
	[STYLE_WARNING] = { COLOR_RED, -1, A_BOLD, A_STANDOUT },
	[STYLE_CURVE] = { COLOR_GREEN, -1, A_NORMAL, A_NORMAL },
};

static SCREEN *screen;
static bool coloured;

bool screen_possible(void)
{
	const char *term = getenv("TERM");
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !*term)
		return false;
	if (setupterm(term, STDOUT_FILENO, &error) != OK)
		return false;
	return cursor_address != NULL;
}

static void make_looks(void)
{
	coloured = has_colors() && !getenv("NO_COLOR") && start_color() != ERR && use_default_colors() != ERR;
	for (short style = 0; coloured && style < STYLES; style++)
		init_pair((short)(style + 1), looks[style].fore, looks[style].back);
}

bool screen_open(void)
{
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	leaveok(stdscr, FALSE);
	make_looks();
	return true;
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void screen_size(int *ret_rows, int *ret_cols)
{
	getmaxyx(stdscr, *ret_rows, *ret_cols);
}

static void put_cell(int row, int col, const struct frame_cell *c)
{
	const struct look *look = &looks[c->style];
	const wchar_t text[] = { (wchar_t)c->code[0], (wchar_t)c->code[1], 0 };
	cchar_t cell;

	if (!c->code[0])
		return;
	if (setcchar(&cell, text, coloured ? look->with : look->without, coloured ? (short)(c->style + 1) : 0, NULL) == OK)
		mvadd_wch(row, col, &cell);
}

void screen_show(const struct frame *f)
{
	erase();
	for (int row = 0; row < f->rows; row++)
		for (int col = 0; col < f->cols; col++)
			put_cell(row, col, &f->cells[(size_t)row * (size_t)f->cols + (size_t)col]);
	if (f->cursor_row >= 0) {
		curs_set(1);
		move(f->cursor_row, f->cursor_col);
	} else {
		curs_set(0);
	}
	refresh();
}

/* What curses calls a key. 0: nothing that is meant here. */
static uint32_t special(wint_t key)
{
	static const struct { wint_t curses; uint32_t key; } keys[] = {
		{ KEY_ENTER, TOP_KEY_ENTER }, { KEY_BACKSPACE, TOP_KEY_BACKSPACE }, { KEY_UP, TOP_KEY_UP },
		{ KEY_DOWN, TOP_KEY_DOWN }, { KEY_PPAGE, TOP_KEY_PAGE_UP }, { KEY_NPAGE, TOP_KEY_PAGE_DOWN },
		{ KEY_HOME, TOP_KEY_HOME }, { KEY_END, TOP_KEY_END }, { KEY_F(1), TOP_KEY_HELP },
		{ KEY_LEFT, TOP_KEY_BACKSPACE }, { KEY_RIGHT, TOP_KEY_ENTER },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].curses == key)
			return keys[i].key;
	return 0;
}

bool screen_key(uint32_t *ret_key, bool *ret_resized)
{
	wint_t key;

	for (;;) {
		int kind = get_wch(&key);

		if (kind == ERR)
			return false;
		if (kind == KEY_CODE_YES && key == KEY_RESIZE) {
			*ret_resized = true;
			continue;
		}
		if (kind == KEY_CODE_YES)
			*ret_key = special(key);
		else if (key == '\r' || key == '\n')
			*ret_key = TOP_KEY_ENTER;
		else if (key == 0x7f || key == '\b')
			*ret_key = TOP_KEY_BACKSPACE;
		else
			*ret_key = (uint32_t)key;
		if (*ret_key)
			return true;
	}
}

bool screen_is_ascii(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}
