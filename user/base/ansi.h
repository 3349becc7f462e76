/* SPDX-License-Identifier: BSD-2-Clause */
/* The escapes by which a terminal changes how text looks. Nothing else emits any; a screen has curses for it. */
#pragma once

#define ANSI_BOLD   "\033[1m"
#define ANSI_DIM    "\033[2m"
#define ANSI_RED    "\033[31m"
#define ANSI_GREEN  "\033[32m"
#define ANSI_YELLOW "\033[33m"
#define ANSI_RESET  "\033[0m"
