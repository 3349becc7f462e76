/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which container a cgroup is: asked of what the engines of this machine leave in their files, and of the processes that
 * look after containers. Reads files and /proc, and may take milliseconds: for a thread of its own. Bounded in everything; a
 * file that is no such file is passed over with one sentence for all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct engineapi;
struct engines;
struct workload;

/*
 * `proc`: where procfs is; hierarchy: of version 1, as cgroup_hierarchy gives it; all: the capabilities that this kernel has.
 * NULL: out of memory.
 */
struct engines *engines_new(const char *proc, uint32_t hierarchy, uint64_t all);
void engines_free(struct engines *c);

/* An engine that may be asked over its socket for what no file tells; borrowed. */
void engines_use_api(struct engines *c, struct engineapi *api);

/*
 * What is known of the cgroup `path`, in which process `pid`, a child of `ppid`, was seen (it may be gone, and so may that): a
 * workload of its own, with WORKLOAD_RESOLVED unless another look soon may tell more. 0, -ENOMEM.
 *
 * Verified is a container whose engine is run by root in our own mount namespace (or that of process 1), and whose bundle
 * names this very cgroup, or whose first process is in it; of several around each other the outermost that is. Where none is,
 * the innermost of the path stays, with nothing but its id. Of a unit of the system it tells what its files grant.
 */
int engines_find(struct engines *c, const char *path, uint64_t cgroup_id, pid_t pid, pid_t ppid,
		 struct workload **ret);

/*
 * Where somebody was not found by his name, the daemons are to be looked for among all processes, which may take long: a piece
 * of that, until then by CLOCK_MONOTONIC. True: it is over now, and whoever was not found may be.
 */
bool engines_go_on(struct engines *c, uint64_t until_ns);

/* Is there any of that to do? */
bool engines_has_more(const struct engines *c);

/* Takes what there is to say of bad files, at most one sentence in all; empty: nothing. */
void engines_complaint(struct engines *c, struct buf *ret);
