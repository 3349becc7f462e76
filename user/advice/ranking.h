/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers about many workloads, the one that is most dangerous first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer;

struct ranking {
	struct answer *at;	/* owned by whoever made them, as is what they point to */
	size_t count;
	uint64_t watched_ns;
	uint64_t checks, lost;
	uint64_t sites_taken;	/* checks that were counted where the last one like them was made, without unwinding each */
	bool incomplete;	/* of all together: whose checks were lost is not known */
};

/* By how much is given away with what each needs, then with what it was granted and did not use, then by name. */
void ranking_sort(struct ranking *r);

/* The worst level of any that it needs: "low", "moderate", "high", "root"; NULL: it needs none. */
const char *ranking_risk(const struct answer *a);
