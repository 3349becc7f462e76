/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts, each once, by numbers from 0 on in the order in which they came. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct words;

#define WORDS_NONE UINT32_MAX

struct words *words_new(void);	/* NULL: out of memory */
void words_free(struct words *w);	/* NULL is fine */

/* Forgets all. */
void words_clear(struct words *w);

/* The number of a text, which is copied where it is new. WORDS_NONE: out of memory. */
uint32_t words_put(struct words *w, const char *text);
uint32_t words_put_n(struct words *w, const char *text, size_t n);

/* Good until words_clear. */
const char *words_at(const struct words *w, uint32_t number);
uint32_t words_count(const struct words *w);

/* About how much memory they take. */
size_t words_bytes(const struct words *w);
