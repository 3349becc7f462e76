/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the paths of cgroups mean on this machine, now: for a look at all processes at once, where engines' files may be
 * read at once too. Containers are looked for when the first path goes through one.
 */
#pragma once

struct places;
struct workload;

/* proc: where procfs is mounted. NULL: out of memory. */
struct places *places_new(const char *proc);
void places_free(struct places *p);

/* It belongs to p. NULL: out of memory. */
const struct workload *places_of(struct places *p, const char *cgroup);
