/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was refused, told once at the end: a line for each capability, with the system calls, what for, how often, and
 * what the calls returned. Says nothing where nothing was. Checks that were granted are passed over.
 */
#pragma once

struct out;
struct sink;
struct syscalls;

/* prefix stands before each line; all three are borrowed. 0 and *ret, or -ENOMEM. */
int refused_new(struct out *out, struct syscalls *syscalls, const char *prefix, struct sink **ret);
