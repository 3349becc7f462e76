/* SPDX-License-Identifier: BSD-2-Clause */
/* What commands share that ask the history. */
#pragma once

#include <stdbool.h>

#include "user/cmd/options.h"
#include "user/history/ask.h"

struct history;
struct past;
struct past_denials;
struct past_list;
struct replay;
struct say;

/* For reading. EXIT_FINE and *ret; or an exit code after saying why not. */
int history_find(const struct say *to, const struct options *o, struct history **ret);

/*
 * A recording read into a history, in memory or, with --db, in that file. EXIT_FINE and *ret; or an exit code after saying why.
 * *ret_incomplete: some of it is damaged, cut off or was lost, which was said.
 */
int history_of_recording(const struct say *to, const struct options *o, struct replay *from, struct history **ret, bool *ret_incomplete);

/* Which stretch --since and --until mean, 7 days up to `now` where they are not given. EXIT_FINE or EXIT_USAGE after saying why. */
int history_time(const struct say *to, const struct options *o, uint64_t begin_ns, uint64_t now_ns, struct ask_time *ret);

/* Is it asked for what the history does not keep? EXIT_USAGE after saying so. */
int history_check_filter(const struct say *to, const struct options *o);

/* Leaves those that the filters choose, with what they used in that time. 0 or negative errno. */
int history_choose(struct history *h, const struct options *o, const struct ask_time *time, struct past_list *list);

/* The same of denials, whose workloads are chosen already. */
void history_choose_denials(const struct options *o, struct past_denials *d);
