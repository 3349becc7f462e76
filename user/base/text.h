/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that came from a process: names and paths that anybody chose. Strings are (pointer, length) and may
 * hold any byte; a field of fixed size is passed with strnlen().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * The code point at s, of which n bytes may be read. Returns its length (1 to 4), or 0 where no valid UTF-8
 * starts: n is 0, a stray or missing continuation, an overlong form, a surrogate, beyond U+10FFFF.
 * *ret_code is set only where the length is not 0.
 */
size_t text_decode(const char *s, size_t n, uint32_t *ret_code);

/* Appends a code point, which is one, as UTF-8. */
void text_put(struct buf *b, uint32_t code);

/*
 * True for what must never reach a terminal as it is: C0, DEL and C1 controls, line separators, and what is
 * not seen but changes what is (bidi controls, zero-width characters, tags).
 */
bool text_unsafe(uint32_t code);

/*
 * Appends s so that a terminal can show it on one line: valid UTF-8 passes, each byte of anything unsafe or
 * invalid becomes \xNN, and a backslash becomes two, so that the result can be read back without doubt.
 */
void text_escape(struct buf *b, const char *s, size_t n);

/*
 * Appends 'S', escaped; of a longer text about the first `most` bytes, whole characters, and ... behind them: for a
 * sentence about what somebody typed or sent.
 */
void text_quote(struct buf *b, const char *s, size_t n, size_t most);

/* True where it may reach a terminal as it is: valid UTF-8, nothing unsafe. What text_escape made is. */
bool text_is_safe(const char *s, size_t n);

/*
 * The same for a message that holds escaped words already: its backslashes, and the ends of its lines, stay as they
 * are. What should have been escaped and was not cannot harm a terminal, but may be ambiguous.
 */
void text_safe(struct buf *b, const char *s, size_t n);

/* True where all n bytes are valid UTF-8. */
bool text_utf8_ok(const char *s, size_t n);

/* Columns on a terminal of what text_escape made: wide East Asian characters are 2, combining marks 0. */
size_t text_width(const char *s, size_t n);
