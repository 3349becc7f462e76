/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/look.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "user/cmd/screen.h"

enum { PAGE_LEAST = 40, PAGE_USUAL = 80, PAGE_MOST = 120 };

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term && !strcmp(term, "dumb");
}

bool look_colors(enum color_when when, bool terminal)
{
	const char *no_color = getenv("NO_COLOR");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return terminal && !is_dumb() && (!no_color || !*no_color);
}

bool look_pictures(enum color_when when, struct chart_look *ret)
{
	bool terminal = isatty(STDOUT_FILENO);

	if (when != COLOR_ALWAYS && (!terminal || is_dumb()))
		return false;
	*ret = (struct chart_look){ .ascii = screen_is_ascii(), .color = look_colors(when, terminal) };
	return true;
}

size_t look_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

size_t look_page_width(void)
{
	const char *said = getenv("COLUMNS");
	size_t width = said && isdigit((unsigned char)*said) ? strtoul(said, NULL, 10) : 0;

	width = width ?: look_width(STDOUT_FILENO) ?: PAGE_USUAL;
	return width < PAGE_LEAST ? PAGE_LEAST : width > PAGE_MOST ? PAGE_MOST : width;
}
