/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks, losses and the account as JSON Lines: one object a line, version 1. A member that is absent is
 * unknown; null is known to be none. Members are only ever added.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct out;
struct record;
struct sink;
struct syscalls;
struct users;

struct json_options {
	bool args;			/* this run keeps command lines */
	bool ancestors;			/* and who started each program */
	struct syscalls *syscalls;	/* borrowed */
	struct users *users;		/* borrowed; NULL: the names of users are not asked for */
};

/* 0 or -ENOMEM. Freed by (*ret)->ops->free; its writes stay in out until that flushes. */
int json_new(struct out *out, const struct json_options *options, struct sink **ret);

/* An alert: of a check, of which the record is one example, or of capsieve's own doings. */
struct json_alert {
	const struct record *record;	/* with its decision; NULL: capsieve's own */
	const char *message;
	bool log;			/* it is only logged: of severity info */

	/* capsieve's own */
	uint64_t wall_ns;
	const char *event;		/* "suppressed", ... */
	const char *severity;
	uint64_t count;
};

/*
 * Appends one to the buffer of such a sink's out, without a newline, whatever its size. 0 or -ENOMEM. Before the sink's
 * start it names no host.
 */
int json_alert(struct sink *sink, const struct json_alert *alert);
