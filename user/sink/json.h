/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks, losses and the account as JSON Lines: one object a line, version 1. A member that is absent is
 * unknown; null is known to be none. Members are only ever added.
 */
#pragma once

#include <stdbool.h>

struct out;
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
