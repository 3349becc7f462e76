/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that are not shown but gathered, for a profile. */
#pragma once

struct asked;
struct out;
struct sink;
struct syscalls;

/* All are borrowed; nothing is written into out. 0 and *ret; -ENOMEM. */
int gather_new(struct out *out, struct asked *into, struct syscalls *syscalls, struct sink **ret);
