/* SPDX-License-Identifier: BSD-2-Clause */
/* Who started a program: the names of its parents, as they are called when it is met. */
#pragma once

struct buf;
struct program;
struct programs;

enum { ANCESTORS_MAX = 32 };

/*
 * Appends their threads' names, the nearest first, escaped, a line each and no newline at the end: of those that the table knows,
 * else of procfs. Ends where somebody is not known any more.
 */
void ancestors_print(struct buf *b, struct programs *t, const char *proc, const struct program *p);
