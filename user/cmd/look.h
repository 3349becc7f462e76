/* SPDX-License-Identifier: BSD-2-Clause */
/* How what is printed may look: by --color, the terminal and the locale. */
#pragma once

#include <stdbool.h>

#include "user/cmd/options.h"
#include "user/view/chart.h"

/* Colours? terminal: it goes to one. */
bool look_colors(enum color_when when, bool terminal);

/* Pictures on standard output? On a terminal that can do more than print, or where colours are asked for anyhow. */
bool look_pictures(enum color_when when, struct chart_look *ret);
