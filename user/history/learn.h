/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Baselines: what each workload was granted in its first so and so many days, by the key that stays the same when it is started
 * again. Only who writes the history makes or changes them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct history;

struct learn_baseline {
	const char *key;	/* as workload_put_key has it; borrowed */
	uint64_t since_ns;	/* CLOCK_REALTIME */
	uint64_t until_ns;	/* 0: it is still being learned */
	uint64_t caps;		/* a mask; of what is still being learned 0 */
};

/* Who is to be learned, by what, and how long. */
struct learn_wish {
	const char *key;	/* of the baseline: several workloads of one image have the same */
	uint64_t span_ns;
	int64_t workload;	/* struct past has it as .id */
	uint64_t first_ns;	/* since when he is known */
};

/*
 * Begins with whoever is new, and concludes what was begun so long ago. Wishes of one key stand together; of several spans
 * the longest counts. *ret_new: so many were concluded; *ret_due_ns: when the next one can be, 0: none is under way. 0 or
 * negative errno; all of it or nothing.
 */
int learn_look(struct history *h, const struct learn_wish *wishes, size_t count, uint64_t now_ns, unsigned *ret_new,
	       uint64_t *ret_due_ns);

/* Each, by key. fn returns 0 to go on; what else it returns ends it and is returned. 0 or negative errno. */
int learn_each(struct history *h, int (*fn)(void *ctx, const struct learn_baseline *b), void *ctx);

/* Forgets it, and learns anew from then on; key NULL: of everybody. -ENOENT: there is no such. */
int learn_anew(struct history *h, const char *key, uint64_t now_ns);
