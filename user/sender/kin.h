/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose doing is an alert: a hook's? What a hook does is checked as anything else, and may be what a rule alerts on. Were such an
 * alert handed to a hook again, it would never end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct format_alert;

/* Once, before hooks run and while /proc can be read: which cgroups are ours. Hooks are started in them. */
void kin_start(void);

/* A hook is about to be run; what is to be told when it has ended. By any thread. */
uint64_t kin_begin(void);
void kin_end(uint64_t run);

/*
 * Is it about a hook of ours, or what it started? That is one with our user and our cgroup, at a time when a hook ran: who
 * belongs to whom is not known any more when an alert comes. False where that cannot be told.
 */
bool kin_did(const struct format_alert *a);
