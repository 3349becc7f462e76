/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct workload;

/*
 * Appends the line by which whoever was refused these capabilities would have them: added to what a container is started with,
 * in a drop-in of a unit, or marked on a file. w NULL: unknown; exe NULL or "": unknown. False, and nothing, where no line would
 * do, or a name in it is none that could be typed.
 */
bool permit_line(struct buf *b, const struct workload *w, const char *exe, uint64_t caps);
