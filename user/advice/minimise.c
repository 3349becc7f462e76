/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/minimise.h"

#include "user/advice/proof.h"
#include "user/advice/solve.h"

static const char *const words[] = {
	[MINIMISE_UNDECIDED] = NULL,
	[MINIMISE_GOES] = "goes",
	[MINIMISE_DIFFERS] = "differs",
	[MINIMISE_UNASKED] = "unasked",
};

const char *minimise_word(enum minimise_why why)
{
	return words[why];
}

void minimise_begin(struct minimise *m, uint64_t caps)
{
	*m = (struct minimise){ caps, caps };
}

bool minimise_next(const struct minimise *m, unsigned *ret_cap)
{
	unsigned worst = 0;

	for (uint64_t rest = m->left; rest; rest &= rest - 1) {
		unsigned cap = (unsigned)__builtin_ctzll(rest);

		if (solve_weight(cap) <= worst)
			continue;
		worst = solve_weight(cap);
		*ret_cap = cap;
	}
	return m->left;
}

static enum minimise_why judge(unsigned cap, const struct proof *p, bool restored)
{
	if (!p->holds)
		return MINIMISE_DIFFERS;
	return p->unasked & 1ULL << cap && !restored ? MINIMISE_UNASKED : MINIMISE_GOES;
}

enum minimise_why minimise_take(struct minimise *m, unsigned cap, const struct proof *p, bool restored)
{
	enum minimise_why why = judge(cap, p, restored);

	m->left &= ~(1ULL << cap);
	if (why == MINIMISE_GOES)
		m->caps &= ~(1ULL << cap);
	return why;
}
