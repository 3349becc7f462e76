/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Learns from whole stacks at which distance from one return address the next one stands (bpf/config.h, struct
 * site_step). An address may stand on a stack more than once, left over from an earlier call: a distance is believed only
 * when it is the one that all stacks with that address have in common, and never again where they have none.
 */
#pragma once

#include <stdint.h>

#include "bpf/config.h"

struct steps;

enum { STEPS_SURE = 3 };	/* stacks that a distance has to be seen in */

/* NULL: no memory. */
struct steps *steps_new(void);
void steps_free(struct steps *s);

/*
 * Takes in one stack. What is sure then goes into table, of SITE_STEPS, which programs may be reading, and the distance of
 * the first address of the sample's probe into first[], of PROBE_COUNT; 0 where that is not known, or no more.
 */
void steps_learn(struct steps *s, const struct site_sample *sample, struct site_step *table, uint32_t *first);
