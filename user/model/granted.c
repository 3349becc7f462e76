/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/granted.h"

#include <stddef.h>

#include "user/model/workload.h"

uint64_t granted_to(const struct workload *w)
{
	const struct workload_granted *g = &w->granted;

	return g->source ? g->effective | g->permitted | g->ambient : 0;
}

void granted_of(const struct workload *w, const struct granted_task *t, struct granted *ret)
{
	const struct workload_granted none = { .source = GRANTED_UNKNOWN };
	const struct workload_granted *g = w ? &w->granted : &none;
	uint64_t started = w ? granted_to(w) : 0;
	uint64_t rest = t->permitted & ~started;

	*ret = (struct granted){
		.by = {
			[GRANTED_BY_WORKLOAD] = t->permitted & started,
			[GRANTED_BY_FILE] = rest & t->file,
			[GRANTED_BY_PARENT] = rest & ~t->file,
		},
		.source = g->source,
		.withheld = started & ~t->permitted,
		.beyond = g->source ? t->permitted & ~(g->bounding | started) : 0,
	};
}

uint64_t granted_unused(const struct granted *g, uint64_t used)
{
	uint64_t all = g->withheld;

	for (int by = 0; by < GRANTED_BYS; by++)
		all |= g->by[by];
	return all & ~used;
}

const char *granted_source_name(uint32_t source)
{
	static const char *const names[] = {
		[GRANTED_UNKNOWN] = NULL, [GRANTED_BUNDLE] = "bundle", [GRANTED_UNIT] = "unit", [GRANTED_ENGINE] = "engine",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == GRANTED_SOURCES, "a word for each");
	return source < GRANTED_SOURCES ? names[source] : NULL;
}

const char *granted_by_name(enum granted_by by)
{
	static const char *const names[] = { "workload", "file", "parent" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == GRANTED_BYS, "a word for each");
	return names[by];
}
