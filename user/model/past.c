/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/granted.h"
#include "user/model/loss.h"

/* As enum site_class has it; asserted where both are known. */
enum { CLASS_ADVISORY = 5 };

void past_done_use(struct past_use *u)
{
	free(u->exe);
	free(u->call);
	free(u->operation);
	free(u->site);
}

void past_done(struct past *p)
{
	for (size_t i = 0; i < p->count; i++)
		past_done_use(&p->uses[i]);
	free(p->uses);
	free(p->key);
	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		free(p->workload.text[i]);
}

void past_done_all(struct past_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		past_done(&l->at[i]);
	free(l->at);
	*l = (struct past_list){ NULL, 0 };
}

static int compare_uses(const void *x, const void *y)
{
	const struct past_use *a = x, *b = y;

	if (a->cap != b->cap)
		return a->cap < b->cap ? -1 : 1;
	if (a->denied != b->denied)
		return a->denied ? 1 : -1;
	return a->n == b->n ? 0 : a->n > b->n ? -1 : 1;
}

void past_sort(struct past *p)
{
	if (p->count)
		qsort(p->uses, p->count, sizeof(*p->uses), compare_uses);
}

int past_join(struct past *p, struct past *other)
{
	struct past_use *uses = reallocarray(p->uses, p->count + other->count + 1, sizeof(*uses));

	if (!uses)
		return -ENOMEM;
	if (other->count)
		memcpy(uses + p->count, other->uses, other->count * sizeof(*uses));
	p->uses = uses;
	p->count += other->count;
	other->count = 0;
	p->held |= other->held;
	past_sort(p);
	return 0;
}

static uint64_t bit_of(const struct past_use *u)
{
	return u->cap >= 0 && u->cap < 64 ? 1ULL << u->cap : 0;
}

uint64_t past_used(const struct past *p)
{
	uint64_t set = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!p->uses[i].denied && p->uses[i].class < USAGE_FOREIGN)
			set |= bit_of(&p->uses[i]);
	return set;
}

uint64_t past_mattered(const struct past *p)
{
	uint64_t set = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!p->uses[i].denied && p->uses[i].class < USAGE_FOREIGN && p->uses[i].class != CLASS_ADVISORY)
			set |= bit_of(&p->uses[i]);
	return set;
}

uint64_t past_denied(const struct past *p)
{
	uint64_t set = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->uses[i].denied && p->uses[i].class < USAGE_FOREIGN && p->uses[i].class != CLASS_ADVISORY)
			set |= bit_of(&p->uses[i]);
	return set;
}

uint64_t past_may(const struct past *p, bool *ret_granted)
{
	*ret_granted = p->workload.granted.source != GRANTED_UNKNOWN;
	return *ret_granted ? granted_to(&p->workload) : p->held;
}

uint64_t past_unused(const struct past *p)
{
	bool granted;

	return past_may(p, &granted) & ~past_used(p);
}

uint64_t past_checks(const struct past *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->uses[i].n;
	return n;
}

void past_done_denial(struct past_denial *d)
{
	free(d->comm);
	free(d->exe);
	free(d->call);
	free(d->operation);
	free(d->key);
}

void past_done_denials(struct past_denials *d)
{
	for (size_t i = 0; i < d->count; i++)
		past_done_denial(&d->at[i]);
	free(d->at);
	*d = (struct past_denials){ NULL, 0, 0 };
}

static int compare_denials(const void *x, const void *y)
{
	const struct past_denial *a = x, *b = y;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return a->cap == b->cap ? 0 : a->cap < b->cap ? -1 : 1;
}

void past_sort_denials(struct past_denials *d)
{
	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), compare_denials);
}

void past_done_gaps(struct past_gaps *g)
{
	for (size_t i = 0; i < g->count; i++)
		free((char *)g->at[i].reason);
	free(g->at);
	*g = (struct past_gaps){ NULL, 0 };
}

static bool is_absence(const char *reason)
{
	return !strcmp(reason, USAGE_NOT_RUNNING) || !strcmp(reason, USAGE_KILLED);
}

const char *past_gap_words(const char *reason)
{
	if (!strcmp(reason, USAGE_NOT_RUNNING))
		return "capsieve was not running";
	if (!strcmp(reason, USAGE_KILLED))
		return "capsieve had ended without a word, and was not running";
	if (!strcmp(reason, USAGE_NOT_STORED))
		return "what was seen could not be stored";
	for (int cause = 0; cause < LOSS_COUNT; cause++)
		if (!strcmp(reason, loss_name((enum loss_cause)cause)))
			return loss_words((enum loss_cause)cause);
	return NULL;
}

uint64_t past_blind_ns(const struct past_gaps *g)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < g->count; i++)
		if (is_absence(g->at[i].reason) && g->at[i].end_ns > g->at[i].start_ns)
			ns += g->at[i].end_ns - g->at[i].start_ns;
	return ns;
}

uint64_t past_lost(const struct past_gaps *g)
{
	uint64_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		n += g->at[i].lost;
	return n;
}
