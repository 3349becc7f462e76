/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/screen.h"

#include <dlfcn.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Cells are wide characters; functions are functions, for they are looked up by their names. */
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

#include "user/base/library.h"
#include "user/view/frame.h"
#include "user/view/top.h"

enum { CTRL_L = 'L' & 0x1f };

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
	[STYLE_HIGH] = { COLOR_MAGENTA, -1, A_NORMAL, A_BOLD },
	[STYLE_RARE] = { COLOR_CYAN, -1, A_NORMAL, A_UNDERLINE },
	[STYLE_WARNING] = { COLOR_RED, -1, A_BOLD, A_STANDOUT },
	[STYLE_CURVE] = { COLOR_GREEN, -1, A_NORMAL, A_NORMAL },
};

/*
 * Loaded only where there is a screen: every other command would pay for it, in memory and at its start. The library's
 * version is that of its headers.
 */
#define CURSES_FUNCTIONS(X)                                                                                            \
	X(setupterm) X(tigetstr) X(set_curterm) X(del_curterm) X(newterm) X(newwin) X(cbreak) X(noecho) X(nonl)        \
	X(keypad) X(nodelay) X(set_escdelay) X(has_colors) X(start_color) X(use_default_colors) X(init_pair) X(endwin) \
	X(delwin) X(delscreen) X(getmaxy) X(getmaxx) X(setcchar) X(wmove) X(wadd_wch) X(werase) X(wrefresh)            \
	X(curs_set) X(wget_wch) X(clearok)

static struct {
#define DECLARE(name) __typeof__(name) *name;
	CURSES_FUNCTIONS(DECLARE)
#undef DECLARE
} curses;

static SCREEN *screen;
static WINDOW *window;
static bool coloured;

static bool load_curses(void)
{
	void *library = library_open("libncursesw.so.6");
	bool all = library;

	if (!library)
		return false;
#define LOAD(name)                                                                                                     \
	*(void **)&curses.name = dlsym(library, #name);                                                                \
	all &= curses.name != NULL;
	CURSES_FUNCTIONS(LOAD)
#undef LOAD
	return all;
}

bool screen_possible(void)
{
	const char *term = getenv("TERM");
	bool possible;
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !*term)
		return false;
	if (!load_curses() || curses.setupterm(term, STDOUT_FILENO, &error) != OK)
		return false;
	/* (char *)-1: there is no such capability */
	possible = (uintptr_t)curses.tigetstr("cup") + 1 > 1;
	curses.del_curterm(curses.set_curterm(NULL));
	return possible;
}

static void make_looks(void)
{
	coloured = curses.has_colors() && !getenv("NO_COLOR") && curses.start_color() != ERR &&
		   curses.use_default_colors() != ERR;
	for (short style = 0; coloured && style < STYLES; style++)
		curses.init_pair((short)(style + 1), looks[style].fore, looks[style].back);
}

bool screen_open(void)
{
	setlocale(LC_CTYPE, "");
	screen = curses.newterm(NULL, stdout, stdin);
	window = screen ? curses.newwin(0, 0, 0, 0) : NULL;
	if (!window) {
		screen_close();
		return false;
	}
	curses.cbreak();
	curses.noecho();
	curses.nonl();
	curses.keypad(window, TRUE);
	curses.nodelay(window, TRUE);
	curses.set_escdelay(25);
	make_looks();
	return true;
}

void screen_close(void)
{
	if (!screen)
		return;
	if (window)
		curses.delwin(window);
	curses.endwin();
	curses.delscreen(screen);
	screen = NULL;
	window = NULL;
}

void screen_size(int *ret_rows, int *ret_cols)
{
	*ret_rows = curses.getmaxy(window);
	*ret_cols = curses.getmaxx(window);
}

static void put_cell(int row, int col, const struct frame_cell *c)
{
	const struct look *look = &looks[c->style];
	const wchar_t text[] = { (wchar_t)c->code[0], (wchar_t)c->code[1], 0 };
	cchar_t cell;

	if (!c->code[0])
		return;
	if (curses.setcchar(&cell, text, coloured ? look->with : look->without, coloured ? (short)(c->style + 1) : 0, NULL) == OK &&
	    curses.wmove(window, row, col) == OK)
		curses.wadd_wch(window, &cell);
}

void screen_show(const struct frame *f)
{
	curses.werase(window);
	for (int row = 0; row < f->rows; row++)
		for (int col = 0; col < f->cols; col++)
			put_cell(row, col, &f->cells[(size_t)row * (size_t)f->cols + (size_t)col]);
	if (f->cursor_row >= 0) {
		curses.curs_set(1);
		curses.wmove(window, f->cursor_row, f->cursor_col);
	} else {
		curses.curs_set(0);
	}
	curses.wrefresh(window);
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
		int kind = curses.wget_wch(window, &key);

		if (kind == ERR)
			return false;
		if (kind == OK && key == CTRL_L)
			curses.clearok(window, TRUE);
		if (kind == KEY_CODE_YES ? key == KEY_RESIZE : key == CTRL_L) {
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
	setlocale(LC_CTYPE, "");
	return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}
