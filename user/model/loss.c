// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/loss.h"

#include <stddef.h>

static const struct cause {
	const char *name, *words;
} causes[] = {
	[LOSS_RING_FULL] = { "ring_full", "the ring buffer was full (--ring makes it larger)" },
	[LOSS_MAP_FULL] = { "map_full", "a table in the kernel was full" },
	[LOSS_RETURN_MISSED] = { "return_missed", "the kernel left out a probe at an entry or return" },
	[LOSS_STORAGE_REFUSED] = { "storage_refused", "the kernel gave no storage for a task" },
	[LOSS_PROGRAM_BUSY] = { "program_busy", "BPF was already busy on that CPU" },
	[LOSS_DAMAGED] = { "recording_damaged", "the recording is damaged where they stood" },
	[LOSS_LIFECYCLE] = { "lifecycle", "the ring buffer or a table was full, or the end of a call was not heard" },
};
_Static_assert(sizeof(causes) / sizeof(causes[0]) == LOSS_COUNT, "a row for each cause");

const char *loss_name(enum loss_cause cause)
{
	return causes[cause].name;
}

const char *loss_words(enum loss_cause cause)
{
	return causes[cause].words;
}

const char *loss_of(enum loss_cause cause)
{
	return cause == LOSS_LIFECYCLE ? "lifecycle events" : "checks";
}

uint64_t loss_checks(const struct loss *loss)
{
	return loss_total(loss) - loss->by_cause[LOSS_LIFECYCLE];
}

uint64_t loss_total(const struct loss *loss)
{
	uint64_t total = 0;

	for (size_t i = 0; i < LOSS_COUNT; i++)
		total += loss->by_cause[i];
	return total;
}

void loss_since(const struct loss *before, const struct loss *now, struct loss *ret)
{
	for (size_t i = 0; i < LOSS_COUNT; i++) {
		uint64_t a = before->by_cause[i], b = now->by_cause[i];

		ret->by_cause[i] = b > a ? b - a : 0;
	}
}
