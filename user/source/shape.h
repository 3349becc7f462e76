/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel side is told before it is loaded: how large its maps are, and what this run wants of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_map;
struct live;

/* A map cannot have no room at all: of none it has that for one. */
void shape_map(struct bpf_map *map, size_t entries);

/* How many kinds of checks there is room for. */
uint32_t shape_count_max(const struct live *l);

/* Is anything counted in the kernel? */
bool shape_counts(const struct live *l);

/* A map that this run does not use takes the room of one entry, or is not made at all. */
void shape_maps(struct live *l);

/* Is only the first of a kind an event? Also of what rules are not silent about, where sites tell one kind from another. */
bool shape_counts_kinds(const struct live *l);

/* Everything in the constants but what shape_telling puts there. */
void shape_constants(struct live *l);

/* Two checks that mean something else are no two of a kind; and which calls set ids. 0 or -ENOMEM. */
int shape_telling(struct live *l);
