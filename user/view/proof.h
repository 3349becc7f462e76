/* SPDX-License-Identifier: BSD-2-Clause */
/* What running a command again showed, for people and as a member of the profile (docs/capsieve-profile.5). */
#pragma once

#include <stddef.h>

struct buf;
struct json;
struct proof_story;

/* "verified", and why not where it is not: what stands behind the set in the first line. */
void proof_words(struct buf *b, const struct proof_story *s);

/* A section: each run, what was different, what went and what stays. width: of the terminal, 0 without a limit. */
void proof_page(struct buf *b, const struct proof_story *s, size_t width);

/* One object. */
void proof_json(struct json *j, const struct proof_story *s);
