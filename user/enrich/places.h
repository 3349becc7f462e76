/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the paths of cgroups mean: by themselves, or also by what engines' files say on this machine now, for a look at all that
 * is there. Those are read by whoever asks: not where events are waited for, which is what workloads.h is for.
 */
#pragma once

struct places;
struct workload;

enum places_how {
	PLACES_ONCE,	/* containers too, whose files are read once, when the first path may be one's */
	PLACES_PATHS,	/* nothing but what the path says */
};

/* proc: where procfs is mounted. NULL: out of memory. */
struct places *places_new(const char *proc, enum places_how how);
void places_free(struct places *p);

/* It belongs to p. Without WORKLOAD_RESOLVED it may be a container of which more is to be known. NULL: out of memory. */
const struct workload *places_of(struct places *p, const char *cgroup);
