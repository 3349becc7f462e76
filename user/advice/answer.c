/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/answer.h"

#include <errno.h>
#include <stdlib.h>

#include "user/caps/capability.h"
#include "user/caps/asked.h"

static const char *const words[SOLVE_PARTS] = {
	[SOLVE_NEEDED] = "needed",	[SOLVE_CHOSEN] = "alternative", [SOLVE_CONDITIONAL] = "conditional",
	[SOLVE_KEPT] = "kept",		[SOLVE_QUALITY] = "quality",	[SOLVE_SOFT] = "soft",
	[SOLVE_SPARED] = "spared",	[SOLVE_ADVISORY] = "advisory",	[SOLVE_NO_NEED] = "no_need",
	[SOLVE_DENIED] = "denied",	[SOLVE_SETUP] = "setup",
};

const char *answer_part_word(enum solve_part part)
{
	return words[part];
}

enum solve_part answer_part_of(const struct answer *a, unsigned cap)
{
	enum solve_part part = 0;

	while (part < SOLVE_PARTS && !(a->solved.parts[part] & 1ULL << cap))
		part++;
	return part;
}

uint64_t answer_unused(const struct answer *a)
{
	uint64_t granted;

	return asked_grant(a->asked, &granted) ? granted & ~asked_used(a->asked) : 0;
}

static bool fill(const struct asked_row *row, struct solve_use *use)
{
	if (row->cap < 0 || row->cap >= CAPABILITY_MAX)
		return false;
	*use = (struct solve_use){
		.cap = (unsigned)row->cap,
		.class = row->class,
		.others = row->others,
		.granted = row->granted,
		.denied = row->denied,
		.no_need = row->no_need,
		.setup = row->setup,
	};
	return true;
}

static int solve_asked(struct answer *a)
{
	size_t count = asked_count(a->asked), n = 0;
	struct solve_use *uses = calloc(count + 1, sizeof(*uses));
	int err;

	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		n += fill(asked_at(a->asked, i), &uses[n]);
	err = solve(uses, n, &a->solved);
	free(uses);
	return err;
}

/* An exec of a file whose capabilities the bounding set does not have fails; and no_new_privs takes them away. */
static void add_files(struct answer *a)
{
	for (size_t i = 0; i < a->file_count; i++) {
		a->bounding |= a->files[i].caps;
		if (a->files[i].caps || a->files[i].setid)
			a->no_new_privs = false;
	}
	/* Root has at an exec what the bounding set has; and who starts such a file has what it brings. */
	if (!a->user)
		a->caps = a->bounding;
	else if (a->command && a->file_count)
		a->caps |= a->files[0].caps;
}

int answer_conclude(struct answer *a)
{
	int err;

	asked_settle(a->asked);
	err = solve_asked(a);
	if (err)
		return err;
	a->status = PROFILE_ESTIMATED;
	a->caps = a->solved.caps;
	a->bounding = a->caps;
	a->no_new_privs = true;
	a->incomplete = a->lost || asked_rest(a->asked);
	add_files(a);
	return 0;
}
