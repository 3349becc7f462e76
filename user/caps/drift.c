/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/drift.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/privfile.h"

static const char *const names[] = {
	[DRIFT_APPEARED] = "appeared", [DRIFT_VANISHED] = "vanished", [DRIFT_CHANGED] = "changed",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == DRIFT_KIND_COUNT, "a word for each kind");

const char *drift_name(enum drift_kind kind)
{
	return names[kind];
}

static bool same(const struct privfile *a, const struct privfile *b)
{
	if (!privfile_same_caps(a, b))
		return false;
	return !a->owner_known || !b->owner_known ||
	       (a->mode == b->mode && a->uid == b->uid && a->gid == b->gid);
}

static void put(struct drift *d, enum drift_kind kind, const struct privfile *before,
		const struct privfile *after)
{
	d->rows[d->count++] = (struct drift_row){ kind, before, after };
}

/* The next file of either list or, where both have the same path, of both. */
static void step(struct drift *d, const struct privfile **before, const struct privfile *before_end,
		 const struct privfile **after, const struct privfile *after_end)
{
	int order;

	if (*before == before_end || *after == after_end)
		order = *before == before_end ? 1 : -1;
	else
		order = strcmp((*before)->path, (*after)->path);
	if (order < 0) {
		put(d, DRIFT_VANISHED, (*before)++, NULL);
	} else if (order > 0) {
		put(d, DRIFT_APPEARED, NULL, (*after)++);
	} else {
		if (!same(*before, *after))
			put(d, DRIFT_CHANGED, *before, *after);
		++*before;
		++*after;
	}
}

int drift_find(const struct privfiles *before, const struct privfiles *after, struct drift *ret)
{
	const struct privfile *b = before->at, *b_end = b + before->count;
	const struct privfile *a = after->at, *a_end = a + after->count;
	struct drift d = { calloc(before->count + after->count + 1, sizeof(*d.rows)), 0 };

	if (!d.rows)
		return -ENOMEM;
	while (b < b_end || a < a_end)
		step(&d, &b, b_end, &a, a_end);
	*ret = d;
	return 0;
}

void drift_done(struct drift *d)
{
	free(d->rows);
	*d = (struct drift){ 0 };
}
