/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The credentials of all tasks at one time, by the kernel's own iterator: none of them runs on meanwhile for as long as
 * procfs takes to be read, and securebits are told of everybody.
 */
#pragma once

#include <stddef.h>

#include "bpf/event.h"

struct tasks {
	struct event_task *at;	/* owned; sorted by .tid */
	size_t count;
};

/*
 * 0 and *ret, for tasks_done. Negative errno where the kernel has none, does not let us, or numbers tasks otherwise than
 * the procfs at proc does.
 */
int tasks_read(const char *proc, struct tasks *ret);
void tasks_done(struct tasks *t);

/* NULL: it was not there then. */
const struct event_task *tasks_find(const struct tasks *t, int tid);
