/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody ever used, as far as the history goes back: for commands that are about something else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct grantee;
struct holder;
struct history_used;
struct options;
struct say;

/* NULL in *ret: there is no history, which is nothing to speak of unless one was named. 0, or an exit code after saying why not. */
int history_used_open(const struct say *to, const struct options *o, struct history_used **ret);
void history_used_close(struct history_used *u);	/* NULL is fine */

/* Of a program in its workload. False: nothing is told of that workload. */
bool history_used_holder(struct history_used *u, const struct holder *h, uint64_t *ret);

/* Of a unit or of the containers of an image: of all their programs. */
bool history_used_grantee(struct history_used *u, const struct grantee *g, uint64_t *ret);
