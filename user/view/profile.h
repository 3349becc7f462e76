/* SPDX-License-Identifier: BSD-2-Clause */
/* What a profile says, for people. width: of the terminal, 0 without a limit. */
#pragma once

#include <stddef.h>

struct answer;
struct buf;
struct recipe;
struct recipe_need;

/* What one advises that does not say why, each capability with what it permits. */
void profile_page(struct buf *b, const struct answer *a, size_t width);

/* A recipe behind its remarks, which are comments there; nothing but the recipe where there are none. */
void profile_recipe(struct buf *b, const struct recipe *r, const struct recipe_need *n);

/* The list of all formats. */
void profile_formats(struct buf *b, size_t width);
