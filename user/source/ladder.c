/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/ladder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KINDS = TRIAL_COUNT - 1, SCORE_COMPLETE = KINDS + 1, SCORE_ALL = SCORE_COMPLETE + KINDS };

/* How much a probe hears: kinds of acts, with a complete burst above all of them. */
static int score(const struct trial *t)
{
	int kinds = 0;

	for (int act = TRIAL_NONE + 1; act < TRIAL_COUNT; act++)
		kinds += t->heard[act];
	return kinds + (t->burst_heard >= t->burst_made && t->heard[TRIAL_PLAIN] ? SCORE_COMPLETE : 0);
}

static void say_why(const struct trial *t, int err, char ret[static LADDER_WORDS])
{
	if (err)
		snprintf(ret, LADDER_WORDS, "cannot be loaded or attached: %s", strerror(-err));
	else if (!t->heard[TRIAL_PLAIN])
		snprintf(ret, LADDER_WORDS, "attached, but heard nothing of our own check");
	else if (t->burst_heard < t->burst_made)
		snprintf(ret, LADDER_WORDS, "heard %u of %u checks from four threads on one CPU", t->burst_heard,
			 t->burst_made);
	else
		snprintf(ret, LADDER_WORDS, "another probe hears more");
}

/*
 * Is a rung worth a try after the best one so far? Probes on the function hear the same kinds, those on the tracepoint
 * too; where the burst was complete, only kinds can be gained.
 */
static bool worth_trying(const struct survey *s, int best, int best_score, int rung)
{
	if (!s->fact[rung].usable)
		return false;
	if (best < 0 || best_score < SCORE_COMPLETE)
		return true;
	return best_score < SCORE_ALL && probes_ladder[best].in_function != probes_ladder[rung].in_function;
}

int ladder_climb(const struct survey *s, const struct ladder_hooks *hooks,
		 char passed_over[PROBES_RUNGS][LADDER_WORDS])
{
	int best = -1, best_score = -1, open = -1, err = -ENOTSUP;
	struct trial trial;

	for (int i = 0; i < PROBES_RUNGS; i++) {
		if (!worth_trying(s, best, best_score, i))
			continue;
		if (open >= 0)
			hooks->close(hooks->ctx);
		err = hooks->open(hooks->ctx, &probes_ladder[i], &trial);
		open = err ? -1 : i;
		if (err == -ECANCELED)
			return err;
		if (!err && score(&trial) > best_score) {
			best = i;
			best_score = score(&trial);
		}
		say_why(&trial, err, passed_over[i]);
	}
	if (best < 0)
		return err;
	passed_over[best][0] = '\0';
	if (open == best)
		return 0;
	if (open >= 0)
		hooks->close(hooks->ctx);
	return hooks->open(hooks->ctx, &probes_ladder[best], &trial);
}
