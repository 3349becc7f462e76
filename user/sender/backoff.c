/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/backoff.h"

#define SECOND_NS 1000000000ULL

/* With half of it on top it is the most. */
#define STEP_MAX_NS (BACKOFF_MAX_NS / 3 * 2)

uint64_t backoff_ns(unsigned int failures, uint64_t asked_ns, uint64_t random)
{
	const uint64_t grown = SECOND_NS << (failures < 9 ? failures : 9), step = grown < STEP_MAX_NS ? grown : STEP_MAX_NS;
	const uint64_t ns = step + random % (step / 2 + 1);

	if (asked_ns <= ns)
		return ns;
	return asked_ns < BACKOFF_ASKED_MAX_NS ? asked_ns : BACKOFF_ASKED_MAX_NS;
}
