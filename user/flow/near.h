/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that this machine has, for whoever asked for one that it has not. */
#pragma once

struct buf;
struct where_term;

/*
 * Appends "; did you mean 'web.service'?", where no unit, container, pod, ... has the name that is asked for, running or
 * defined, and one has a name that is near. Nothing for a glob. proc: where procfs is.
 */
void near_suggest(const char *proc, const struct where_term *term, struct buf *b);
