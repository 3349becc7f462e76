/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where records end: one of these for each form of output. A sink writes into a struct out and never to
 * standard error; every call returns 0 or the negative errno of the write.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/base/out.h"

struct account;
struct event_outcome;
struct loss;
struct program;
struct record;
struct tally_count;
struct workload;

/* Said once, before the first record. Strings are borrowed for the sink's life. */
struct sink_start {
	const char *host;	/* node name */
	const char *host_id;	/* machine id, NULL: unknown */
	const char *boot_id;	/* NULL: unknown */
	const char *kernel;	/* release */
	const char *machine;	/* as uname has it; NULL: unknown */
	const char *probe;	/* the word of --attach that was picked */
	uint64_t wall_ns, mono_ns;	/* one moment by both clocks */
	bool sites;		/* where checks are made is told, and by name */
	bool sites_of_few;	/* ... and few stacks were unwound for it: the others are taken to be as the last one like them */
	uint32_t host_mntns;	/* the mount namespace in which paths are the host's; 0: unknown */
	uint64_t run;		/* with boot_id it names this run; 0: nothing does */
};

struct sink;

enum { SINK_ENOUGH = 1 };

/* All from ready on may be NULL. */
struct sink_ops {
	int (*start)(struct sink *s, const struct sink_start *start);
	int (*check)(struct sink *s, const struct record *r);
	int (*lost)(struct sink *s, uint64_t wall_ns, const struct loss *grown);
	int (*stop)(struct sink *s, uint64_t wall_ns, const struct account *account);
	void (*free)(struct sink *s);

	/* Before start, while there still are privileges: for what will not be possible without them. */
	int (*ready)(struct sink *s);
	/* A program that was met, or is another one now; before its checks. Borrowed for the call. */
	int (*program)(struct sink *s, const struct program *p);
	/* What became of a call, after its checks. Whoever wants it is given it where flow_config.outcomes is set. */
	int (*outcome)(struct sink *s, const struct event_outcome *e);
	/* A record with RECORD_LIFE. */
	int (*lifecycle)(struct sink *s, const struct record *r);
	/* More is known of a workload than those who were shown with its cgroup had. Borrowed for the call. */
	int (*resolved)(struct sink *s, uint64_t wall_ns, const struct workload *w);
	/* What was counted in the kernel and comes as no check. */
	int (*counted)(struct sink *s, const struct tally_count *c);
	/* After start: a cgroup in which somebody is already; meant: may it be somebody who is? */
	int (*place)(struct sink *s, const char *path, uint64_t id, bool meant);
	/* Where the checks went until now, before each turn; of a recording only what was read of it. */
	void (*account)(struct sink *s, const struct account *account);
	/* Time to show what was gathered, and to begin anew. SINK_ENOUGH: the run is to end. */
	int (*turn)(struct sink *s);
	/* All that can go should go now; called often. NULL: .out is flushed. */
	int (*flush)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
	struct out *out;	/* borrowed */
};

static inline int sink_flush(struct sink *s)
{
	return s->ops->flush ? s->ops->flush(s) : out_flush(s->out);
}
