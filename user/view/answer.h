/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program needs and why, for people and as the file that docs/capsieve-profile.5 describes. */
#pragma once

#include <stddef.h>

struct answer;
struct buf;

/* width: of the terminal, 0 without a limit. */
void answer_page(struct buf *b, const struct answer *a, size_t width);

/* One object and a newline. */
void answer_json(struct buf *b, const struct answer *a);
