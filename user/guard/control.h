/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's socket, for root and for whom it runs as: a line each way (user/guard/request.h), then it is closed. Few at
 * once, none for long, and nobody is waited for. What was learned is forgotten for root alone.
 */
#pragma once

#include <stdint.h>

#include "user/guard/request.h"

struct control;
struct json;

enum { CONTROL_CLIENTS = 8 };

/*
 * Somebody asks. Either answers at once (control_answer), or later, by the same number. Numbers are not used
 * again.
 */
typedef void (*control_fn)(void *ctx, uint64_t client, const struct request *r);

/* What was left there by a daemon that is gone is replaced. 0 and *ret; negative errno. */
int control_open(const char *path, control_fn fn, void *ctx, struct control **ret);
void control_close(struct control *c);	/* the file goes too; NULL is fine */

/* To be polled for reading: an epoll of its own. */
int control_fd(const struct control *c);
void control_work(struct control *c);

/* line: with its end. A client that has gone is none any more. */
void control_answer(struct control *c, uint64_t client, const char *line, size_t n);
