/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of each cgroup that a program was met in. What its path says is known at once; the rest a thread finds out
 * while the events go on: it reads files and /proc and never keeps anybody waiting. An answer is kept as long as a program
 * needs it and for five minutes after that, in bounded memory: where there is no room, the oldest that nobody needs goes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct engineapi;
struct workload;
struct workloads;

#define WORKLOADS_MAX	 8192
#define WORKLOADS_BYTES	 ((size_t)8 << 20)
#define WORKLOADS_KEPT_NS 300000000000ULL
#define WORKLOADS_SOON_NS 5000000ULL

/* At most max cgroups in about max_bytes of memory. NULL: out of memory. */
struct workloads *workloads_new(size_t max, size_t max_bytes);
void workloads_free(struct workloads *t);

/* An engine that the thread may ask for what no file tells; borrowed, as long as t is there. Before it starts. */
void workloads_use_api(struct workloads *t, struct engineapi *api);

/*
 * Starts the thread, with as many of the capabilities of `keep` as there are and no others; until then, and where this fails,
 * only paths are known. proc, hierarchy, all: as engines_new has them. 0 or negative errno.
 */
int workloads_start(struct workloads *t, const char *proc, uint32_t hierarchy, uint64_t all, uint64_t keep);

/* Becomes readable when there are answers; -1 without a thread. */
int workloads_fd(const struct workloads *t);

/*
 * What is known now of a cgroup in which process `pid`, a child of `ppid`, is; for workload_unref. Whoever is new is asked about. NULL: out of
 * memory. now_ns: any clock that goes on.
 */
struct workload *workloads_get(struct workloads *t, const char *path, uint64_t cgroup_id, pid_t pid, pid_t ppid,
			       uint64_t now_ns);

/* Gives the answers that came: `was` is what workloads_get gave, and both are good for the call. */
void workloads_take(struct workloads *t, void (*fn)(void *ctx, const struct workload *was, struct workload *now), void *ctx);

/* Waits until all that was asked is answered once, so many milliseconds at most. */
void workloads_wait(struct workloads *t, int ms);

/* Nobody is looked for more than once from now on: an end is near. */
void workloads_hurry(struct workloads *t);

/* Lets go what nobody needed for five minutes; called now and then. */
void workloads_expire(struct workloads *t, uint64_t now_ns);

struct workloads_stats {
	size_t count, bytes;		/* in the table now */
	size_t most, most_bytes;
	uint64_t asked, answered;	/* of the thread */
	uint64_t unasked;		/* for which there was no room to ask */
	uint64_t dropped;		/* for lack of room in the table */
	uint64_t total_ns, longest_ns;	/* that the thread spent on the answers */
	uint64_t longest_cpu_ns;	/* and that it had a CPU for one */
	uint64_t slow;			/* answers that took more than WORKLOADS_SOON_NS */
};
void workloads_stats(struct workloads *t, struct workloads_stats *ret);

/* Takes what there is to say of files that could not be read: one sentence, or nothing. */
void workloads_complaint(struct workloads *t, struct buf *ret);
