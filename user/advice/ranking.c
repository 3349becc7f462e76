/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/solve.h"
#include "user/caps/facts.h"

static unsigned weight_of(uint64_t set)
{
	unsigned sum = 0;

	for (; set; set &= set - 1)
		sum += solve_weight((unsigned)__builtin_ctzll(set));
	return sum;
}

static int compare(const void *pa, const void *pb)
{
	const struct answer *a = pa, *b = pb;
	unsigned wa = weight_of(a->caps), wb = weight_of(b->caps);
	unsigned ua = weight_of(answer_unused(a)), ub = weight_of(answer_unused(b));

	if (wa != wb)
		return wa > wb ? -1 : 1;
	if (ua != ub)
		return ua > ub ? -1 : 1;
	return strcmp(a->workload ?: "", b->workload ?: "");
}

void ranking_sort(struct ranking *r)
{
	qsort(r->at, r->count, sizeof(*r->at), compare);
}

const char *ranking_risk(const struct answer *a)
{
	static const char *const words[FACT_LEVELS] = {
		[FACT_LOW] = "low", [FACT_MODERATE] = "moderate", [FACT_HIGH] = "high", [FACT_ROOT] = "root",
	};
	const struct fact *worst = NULL;

	for (uint64_t set = a->caps; set; set &= set - 1) {
		const struct fact *f = fact_of((unsigned)__builtin_ctzll(set));

		if (f && (!worst || f->level > worst->level))
			worst = f;
	}
	return worst ? words[worst->level] : a->caps ? "unknown" : NULL;
}
