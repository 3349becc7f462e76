/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/hearing.h"

#include <errno.h>

#include "bpf/config.h"
#include "user/base/buf.h"
#include "user/host/features.h"
#include "user/source/derived.h"
#include "user/source/live_state.h"
#include "user/source/marks.h"

enum { LASTS_TRIES = 4 };	/* a probe may miss some of them */

static struct trial_shared trial_shared(struct live *l)
{
	return (struct trial_shared){
		.act = &l->skel->bss->trial_now,
		.cap = &l->skel->data->trial_cap,
		.learned = l->skel->bss->learned,
	};
}

void hearing_settings(struct live *l)
{
	struct feature_number lowest;

	features_sysctl(l->config.proc, SYSCTL_MMAP_MIN_ADDR, &lowest);
	__atomic_store_n(&l->skel->bss->mmap_min_addr, lowest.known ? (__u64)lowest.value : 0, __ATOMIC_RELAXED);
}

void hearing_try(struct live *l)
{
	struct trial_shared shared = trial_shared(l);

	marks_let_us_pass(l);
	trial_run(&shared, l->preempts || l->config.thorough, &l->facts.trial);
	marks_users(l);
	l->skel->bss->sites[l->facts.rung->probe] = l->facts.trial.place;
}

void hearing_derive(struct live *l)
{
	struct trial_shared shared = trial_shared(l);

	hearing_settings(l);
	derived_attach(&l->derived, l->skel->obj, &l->facts.survey, l->facts.rung->probe, &l->facts.trial, &shared,
		       l->facts.derived);
}

/* The sum of all tallies: whatever is heard is in one. */
static uint64_t heard_until_now(const struct live *l)
{
	uint64_t n[TALLY_COUNT], sum = 0;

	tallies_read(&l->tallies, n);
	for (int i = 0; i < TALLY_COUNT; i++)
		sum += n[i];
	return sum;
}

/* A quick one that was heard; of some the service's filter of system calls keeps us. */
static enum trial_act heard_act(const struct trial *t)
{
	for (int act = TRIAL_NONE + 1; act < TRIAL_COUNT; act++)
		if (act != TRIAL_BURST && t->heard[act])
			return act;
	return TRIAL_NONE;
}

/* A filter may refuse us at once: that is heard, too. */
bool hearing_lasts(struct live *l)
{
	struct trial_shared shared = trial_shared(l);
	const uint64_t before = heard_until_now(l);
	const enum trial_act act = heard_act(&l->facts.trial);
	bool hears = act == TRIAL_NONE;

	for (int i = 0; i < LASTS_TRIES && !hears; i++)
		hears = trial_hears(&shared, act) || heard_until_now(l) != before;
	return hears;
}

void hearing_again(struct live *l)
{
	struct trial_shared shared = trial_shared(l);
	struct site_place place;

	marks_let_us_pass(l);
	trial_learn(&shared, &place);
	marks_users(l);
	if (place.overcommit == l->skel->bss->sites[l->facts.rung->probe].overcommit)
		l->skel->bss->sites[l->facts.rung->probe] = place;
}

int hearing_types(struct live *l)
{
	const struct trial *t = &l->facts.trial;

	if (!l->config.btf || (t->heard[TRIAL_PLAIN] && !t->misfit))
		return 0;
	buf_printf(l->why, "--btf '%s': the types of another kernel: with them %s", l->config.btf,
		   t->misfit ? "capsieve does not find itself" : "nothing is heard");
	l->refused = -EINVAL;
	return l->refused;
}
