/* SPDX-License-Identifier: BSD-2-Clause */
/* How what is printed may look: by --color, the terminal and the locale. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/cmd/options.h"
#include "user/view/chart.h"

/* Colours? terminal: it goes to one. */
bool look_colors(enum color_when when, bool terminal);

/* How many columns the terminal has to which fd goes; 0: it goes to none, or that has no width. */
size_t look_width(int fd);

/* How wide a page on standard output may be: as COLUMNS says, or its terminal; else 80. No less than 40, nor more than 120. */
size_t look_page_width(void);

/* Pictures on standard output? On a terminal that can do more than print, or where colours are asked for anyhow. */
bool look_pictures(enum color_when when, struct chart_look *ret);
