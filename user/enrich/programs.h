/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which program a process runs now, as the kernel side said it. A check names its program by (tgid, id), so
 * that an id used again by another process, or the image before an exec, is never blamed for it.
 *
 * Bounded: where the table is full, the process that made no check for longest is let go, and its later
 * checks are of an unknown program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program;
struct programs;
struct workload;
struct workloads;

#define PROGRAMS_MAX   65536
#define PROGRAMS_BYTES ((size_t)4 << 20)	/* some 10,000 programs with paths of usual lengths */

/* At most max programs (one or more) in about max_bytes of memory. NULL: out of memory. */
struct programs *programs_new(size_t max, size_t max_bytes);
void programs_free(struct programs *t);

/*
 * Cgroups of version 2 are not in use, as far as we can see: a program that is put from now on and is at the root of
 * that hierarchy is in an unknown cgroup.
 */
void programs_distrust_root(struct programs *t);

/*
 * What a process ran before can be found, too, from now on: what was counted is read later than a program is replaced. The
 * last 32 of each process, in the same memory.
 */
void programs_keep_earlier(struct programs *t);

/* Where the workloads of programs that are put from now on are had. Outlives the table. */
void programs_use_workloads(struct programs *t, struct workloads *workloads);

/* Of all that have this workload: another is known now. */
void programs_put_workload(struct programs *t, const struct workload *was, struct workload *now);

/*
 * Takes an event_program: replaces what was known of its process. 0; -EBADMSG, with what was known before
 * left as it was; -ENOMEM. Pointers that programs_find gave are good until the next put.
 */
int programs_put(struct programs *t, const void *event, size_t size);

/* The program of this process, or NULL where it is not known or runs another one. */
const struct program *programs_find(struct programs *t, uint32_t tgid, uint64_t id);

/* What this process was last known to run; NULL: it was not met, or was let go. */
const struct program *programs_of(struct programs *t, uint32_t tgid);

/* Keeps who started it (ancestors.h), as programs_put_args does. 0, -ENOMEM. */
int programs_put_ancestors(struct programs *t, uint32_t tgid, uint64_t id, const char *text);

/*
 * Keeps a command line with a program: n bytes of words, each with its NUL, as /proc/PID/cmdline has them; cut: there are more.
 * 0, also where there are no words or the program is not known (any more); -ENOMEM.
 */
int programs_put_args(struct programs *t, uint32_t tgid, uint64_t id, const char *words, size_t n, bool cut);

/* How many there are, and how many were let go for lack of room. */
size_t programs_count(const struct programs *t);
uint64_t programs_dropped(const struct programs *t);
