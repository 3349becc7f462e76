/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/solve.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "user/caps/capability.h"
#include "user/caps/facts.h"

#define BIT(nr) (1ULL << (nr))

/* Of so many capabilities that alternatives name every subset is tried: 2^16 at most. */
enum { TRIED_MAX = 16 };

/* Places that one of several serves: masks. */
struct clauses {
	uint64_t *at;
	size_t count;
};

/* A level is as bad as four of the one below; in one level it is the ways that count. */
static const unsigned weights[] = {
	[FACT_LOW] = 10,
	[FACT_MODERATE] = 40,
	[FACT_HIGH] = 160,
	[FACT_ROOT] = 640,
};

unsigned solve_weight(unsigned cap)
{
	const struct fact *f = fact_of(cap);

	/* It opens more than any other: two that are as good as root each are better than this one. */
	if (cap == CAP_SYS_ADMIN)
		return 4 * weights[FACT_ROOT];
	return f ? weights[f->level] + (unsigned)__builtin_popcount(f->dangers) : weights[FACT_ROOT];
}

static unsigned weight_of(uint64_t set)
{
	unsigned sum = 0;

	for (; set; set &= set - 1)
		sum += solve_weight((unsigned)__builtin_ctzll(set));
	return sum;
}

enum solve_part solve_part_of(const struct solve_use *u)
{
	static const enum solve_part parts[] = {
		[SITE_UNCLASSIFIED] = SOLVE_NEEDED, [SITE_NEEDED] = SOLVE_NEEDED,
		[SITE_ALTERNATIVE] = SOLVE_CHOSEN,  [SITE_CONDITIONAL] = SOLVE_CONDITIONAL,
		[SITE_QUALITY] = SOLVE_QUALITY,	    [SITE_ADVISORY] = SOLVE_ADVISORY,
	};
	enum solve_part part = parts[u->class];

	if (u->setup)
		return SOLVE_SETUP;
	if (!u->granted)
		return SOLVE_DENIED;
	if (u->no_need)
		return SOLVE_NO_NEED;
	if (part == SOLVE_ADVISORY || part == SOLVE_QUALITY)
		return part;
	if (u->granted_failed >= u->granted)
		return SOLVE_SOFT;
	if (u->met)
		return SOLVE_SPARED;
	/* The message is refused, and the program's own word for it is what counts: it is fatal to a few. */
	if (u->cap == CAP_AUDIT_WRITE)
		return SOLVE_KEPT;
	return part;
}

static bool serves(const struct clauses *c, uint64_t set)
{
	for (size_t i = 0; i < c->count; i++)
		if (!(c->at[i] & set))
			return false;
	return true;
}

/* Less is better; of equals the fewer, then the lower numbers. */
static bool better(uint64_t a, uint64_t b)
{
	unsigned wa = weight_of(a), wb = weight_of(b);
	int na = __builtin_popcountll(a), nb = __builtin_popcountll(b);

	return wa != wb ? wa < wb : na != nb ? na < nb : a < b;
}

/* The subset of `from` with these places among its members. */
static uint64_t spread(unsigned bits, uint64_t from)
{
	uint64_t set = 0;

	for (; from; from &= from - 1, bits >>= 1)
		if (bits & 1)
			set |= from & -from;
	return set;
}

static uint64_t try_all(const struct clauses *c, uint64_t from)
{
	uint64_t best = from;

	for (unsigned bits = 0; bits < 1u << __builtin_popcountll(from); bits++) {
		uint64_t set = spread(bits, from);

		if (better(set, best) && serves(c, set))
			best = set;
	}
	return best;
}

/* Leaves out the most dangerous for as long as all places are served. */
static uint64_t leave_out(const struct clauses *c, uint64_t from)
{
	uint64_t left = from, set = from;

	while (left) {
		uint64_t worst = left & -left;

		for (uint64_t rest = left; rest; rest &= rest - 1)
			if (better(worst, rest & -rest))
				worst = rest & -rest;
		left &= ~worst;
		if (serves(c, set & ~worst))
			set &= ~worst;
	}
	return set;
}

/* What serves every place that `has` does not serve already. */
static uint64_t choose(struct clauses *c, uint64_t has, bool *ret_exact)
{
	uint64_t from = 0;
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (c->at[i] & has)
			continue;
		from |= c->at[i];
		c->at[kept++] = c->at[i];
	}
	c->count = kept;
	*ret_exact = __builtin_popcountll(from) <= TRIED_MAX;
	return *ret_exact ? try_all(c, from) : leave_out(c, from);
}

int solve(const struct solve_use *uses, size_t count, struct solved *ret)
{
	struct clauses clauses = { .at = calloc(count + 1, sizeof(*clauses.at)) };
	struct solved s = { 0 };
	uint64_t taken = 0;

	if (!clauses.at)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		enum solve_part part = solve_part_of(&uses[i]);

		if (part == SOLVE_CHOSEN)
			clauses.at[clauses.count++] = BIT(uses[i].cap) | uses[i].others;
		s.parts[part == SOLVE_CHOSEN ? SOLVE_SPARED : part] |= BIT(uses[i].cap);
	}
	s.parts[SOLVE_CHOSEN] = choose(&clauses, s.parts[SOLVE_NEEDED] | s.parts[SOLVE_KEPT], &s.exact);
	free(clauses.at);
	/* What worked somewhere is not said to have made no difference. */
	s.parts[SOLVE_SOFT] &= ~s.parts[SOLVE_SPARED];
	for (enum solve_part part = 0; part < SOLVE_PARTS; part++) {
		s.parts[part] &= ~taken;
		taken |= s.parts[part];
	}
	s.caps = s.parts[SOLVE_NEEDED] | s.parts[SOLVE_CHOSEN] | s.parts[SOLVE_CONDITIONAL] | s.parts[SOLVE_KEPT];
	*ret = s;
	return 0;
}
