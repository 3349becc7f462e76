/* SPDX-License-Identifier: BSD-2-Clause */
/* Down the ladder of probes until one holds; or the one that was asked for, or in a sentence why there is none. */
#pragma once

struct buf;
struct live;

/* Everything that one attempt left behind. */
void climb_undo(struct live *l);

/* Surveys, loads, attaches and tries. 0, or negative errno with a sentence in *why, and nothing is open. */
int climb_probe(struct live *l, struct buf *why);
