/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers who used what, hour by hour, and what was refused, minute by minute, from checks and from what the kernel counted,
 * and hands it over in batches. Takes outcomes where a sink before it (user/sink/await.h) joined them to the checks.
 */
#pragma once

#include <stdint.h>

struct out;
struct sink;
struct syscalls;
struct usage_batch;

struct usage_options {
	struct syscalls *syscalls;	/* borrowed */
	uint32_t kinds_max;		/* kinds of counts by site of which it is known which program's they are; 0: very many */
	uint64_t interval_ns;		/* handed over at the first turn after so long; 0: only at the end, and when there is much */
	/*
	 * 0; or a negative errno: it was not kept, and is told of as a gap with the next batch. It goes on either way. The batch
	 * is good for the call.
	 */
	int (*take)(void *ctx, const struct usage_batch *batch);
	void *ctx;
};

/* out is borrowed, and nothing is written to it. 0 and *ret, -ENOMEM. */
int usage_new(struct out *out, const struct usage_options *options, struct sink **ret);

/* With .interval_ns: it is over at the next turn; names that are to come soon are waited for as ever. */
void usage_hurry(struct sink *s);
