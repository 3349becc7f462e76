/* SPDX-License-Identifier: BSD-2-Clause */
/* What `explain` says of capabilities and sets of them. width: as in capwords.h. JSON ends with a newline. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/notation.h"
#include "user/caps/securebits.h"

struct buf;
struct json;

/* One capability; a number that has no name has no facts either. */
void explain_capability_text(struct buf *b, unsigned nr, size_t width);
void explain_capability_json(struct buf *b, unsigned nr);

/* A set, read from `notation`, in all the others. */
void explain_set_text(struct buf *b, const struct capset *s, enum notation notation, size_t width);
void explain_set_json(struct buf *b, const struct capset *s, enum notation notation);

/* One spelling of it, without an end. False: a notation of plain lists, and not all parts are the same. */
bool explain_set_spell(struct buf *b, const struct capset *s, enum notation notation);

/* Whether a part has all that was asked for; lacks: what it does not have. */
void explain_has_text(struct buf *b, const char *part, uint64_t asked, uint64_t lacks);
void explain_has_json(struct buf *b, const char *part, uint64_t asked, uint64_t lacks);

/* How b differs from a; both are of one kind. */
void explain_compare_text(struct buf *out, const struct capset *a, const struct capset *b, size_t width);
void explain_compare_json(struct buf *out, const struct capset *a, const struct capset *b);

void explain_securebits_text(struct buf *b, uint32_t bits, size_t width);
void explain_securebits_json(struct buf *b, uint32_t bits);

void explain_mode_text(struct buf *b, enum mode mode, size_t width);
void explain_mode_json(struct buf *b, enum mode mode);

/* Begins what explain says of a `what` as an object into b, and ends it. */
void explain_json(struct json *j, struct buf *b, const char *what);
void explain_json_end(struct json *j);
