/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of capabilities for a reader, and lines with a label before them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buf;
struct json;

#define CAPWORDS_LABEL 16 /* columns of a label and the gap behind it */

/* "none", "all 41", "all but cap_sys_time", "cap_chown, cap_kill, 42". */
void capwords(struct buf *b, uint64_t set);

/* The same of what is held and not asked for: what is left out that is in `asked` is told apart from what is not held. */
void capwords_held(struct buf *b, uint64_t set, uint64_t asked);

/* ["CAP_CHOWN","CAP_63"]. */
void capwords_json(struct json *j, uint64_t set);

/* "  permitted   cap_chown": words may hold any byte, and are broken at blanks; width 0: they are not. */
void capwords_line(struct buf *b, const char *label, const char *words, size_t width);

/* The same with a set. */
void capwords_set(struct buf *b, const char *label, uint64_t set, size_t width);
