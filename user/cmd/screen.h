/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal as a screen: the one place that knows curses. One at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct frame;

/* Can standard input and output be one? TERM names a terminal whose cursor can be moved, and both are terminals. */
bool screen_possible(void);

/* Takes the terminal over; false where it cannot be. screen_close gives it back as it was; it may be called twice. */
bool screen_open(void);
void screen_close(void);

/* Its size now; it changes with a key that is none (screen_key gives false for it). */
void screen_size(int *ret_rows, int *ret_cols);

/* Shows a frame; what is already there is not sent again. */
void screen_show(const struct frame *f);

/* The next key that was pressed, as enum top_key has it. false: none (any more); *ret_resized: its size changed. */
bool screen_key(uint32_t *ret_key, bool *ret_resized);

/* Does the terminal know no UTF-8? */
bool screen_is_ascii(void);
