/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter as the kernel side wants it: constants of bpf/config.h, and the contents of the gate's maps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/config.h"

struct buf;
struct filter;
struct filter_ids;
struct record;

/* Descriptors of the maps; they stay the caller's. */
struct gate_maps {
	int pids, uids, gids, comms, cgroups;
};

/*
 * As the kernel side knows whom a record is about. False where it does not, or a part is unknown.
 */
bool gate_who(const struct gate_config *gate, const struct record *r, struct who *ret);

/* The constants. follow: a command's descendants are followed beside the filter's trees. */
void gate_compile(const struct filter *filter, bool follow, struct gate_config *ret);

/* Sets the marks that a look into the list's map depends on; before a probe is attached. */
void gate_mark(const struct filter_ids *ids, struct id_marks *marks);

/* A cgroup is outside from now on, or no longer. May be called while the programs run. */
void gate_place(struct places_outside *places, uint64_t id, bool outside);

/*
 * Puts ids, names and cgroups into the maps. 0; or negative errno with a sentence in *why: a glob that no name can
 * match, a cgroup that is not a directory of the v2 hierarchy.
 */
int gate_fill(const struct filter *filter, const struct gate_maps *maps, struct buf *why);

/*
 * Puts the trees with all descendants that live now into the map, counted in count[FOLLOW_COUNTS]. New children must be followed by the kernel side
 * already: the processes are read again until none is new, so that a fork in the middle is not lost. 0; -ENOSPC where
 * there are more than FOLLOW_MAX; negative errno with a sentence in *why.
 */
int gate_follow(const struct filter *filter, const char *proc, int followed, uint32_t *count, struct buf *why);

/*
 * Is nobody in the table of followed processes alive: only zombies, which ask for nothing any more, and who is gone? Pids in
 * it are of the initial namespace, as those of proc have to be. False also where that cannot be told: a kernel before 5.19
 * (c8644cd0efe7) lets only CAP_BPF read a table's keys.
 */
bool gate_none_alive(const char *proc, int followed);
