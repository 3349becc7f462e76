/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A filter applied here and not by the kernel side: to what was recorded. The same rules, in the same order. What a record
 * does not know matches no value that is wanted, and none that is unwanted.
 *
 * Who belongs to a tree is told by the programs that are met, each with its parent: a process without a program of its own
 * between two others cuts the tree there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct filter;
struct match;
struct program;
struct record;

/* filter outlives it and was checked: its globs can be compiled. 0 and *ret; -ENOMEM. */
int match_new(const struct filter *filter, struct match **ret);
void match_free(struct match *m);

/* A program was met, or is another one now. 0 or -ENOMEM. */
int match_program(struct match *m, const struct program *p);

/* What an id of the recording's machine is called; text may be NULL. 0 or -ENOMEM. */
int match_user(struct match *m, uint32_t uid, const char *text);
int match_group(struct match *m, uint32_t gid, const char *text);

/* A name of the filter that no id of the recording was called, the n-th of them; NULL: no more. */
const char *match_unmet(const struct match *m, unsigned int n);

/* Does it pass? */
bool match_check(const struct match *m, const struct record *r);

/* A program as it is now, before any of its checks: can a check of it pass? */
bool match_meets(const struct match *m, const struct program *p);

/* The same for a lifecycle event: users, groups and the user namespace may be those from before or after it. */
bool match_lifecycle(const struct match *m, const struct record *r);
