/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the paths of cgroups mean on this machine, now: for who cannot go on without knowing, where engines' files are
 * read at once. Containers are looked for when the first path goes through one.
 */
#pragma once

struct places;
struct workload;

enum places_how {
	PLACES_ONCE,	/* whoever is not found is looked for no more */
	PLACES_LIVE,	/* is looked for again, now and then, for some seconds: what starts may be seen before it is described */
	PLACES_PATHS,	/* nobody is looked for: another machine's paths */
};

/* proc: where procfs is mounted. NULL: out of memory. */
struct places *places_new(const char *proc, enum places_how how);
void places_free(struct places *p);

/* It belongs to p, and may be completed by a later call. Without WORKLOAD_RESOLVED more may come. NULL: out of memory. */
const struct workload *places_of(struct places *p, const char *cgroup);
