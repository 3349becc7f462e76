/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/beside.h"

#include <bpf/libbpf.h>
#include <string.h>

#include "bpf/config.h"
#include "user/base/buf.h"
#include "user/source/gate.h"
#include "user/source/hearing.h"
#include "user/source/hooks.h"
#include "user/source/live.h"
#include "user/source/live_state.h"
#include "user/source/lives.h"
#include "user/source/outcomes.h"

void beside_attach(struct live *l)
{
	static const struct {
		enum outcomes_now now;
		enum live_outcomes fact;
	} ways[] = {
		[OUTCOMES_WAY_NONE] = { OUTCOMES_NOT, LIVE_OUTCOMES_NONE },
		[OUTCOMES_WAY_WORK] = { OUTCOMES_BY_WORK, LIVE_OUTCOMES_BY_WORK },
		[OUTCOMES_WAY_CALL] = { OUTCOMES_BY_CALL, LIVE_OUTCOMES_BY_CALL },
		[OUTCOMES_WAY_EXIT] = { OUTCOMES_SURE, LIVE_OUTCOMES_AT_EXIT },
	};
	int err = outcomes_attach(l->outcome, l->facts.rung->probe);
	enum outcomes_way way = err ? OUTCOMES_WAY_NONE : outcomes_way(l->outcome);

	l->skel->bss->outcomes_now = ways[way].now;
	l->facts.outcomes = ways[way].fact;
	l->facts.outcomes_cost = outcomes_cost(l->outcome);
	l->facts.outcomes_calls = outcomes_calls(l->outcome);
}

int beside_outcomes(struct live *l)
{
	struct outcomes_config config = {
		.ring = bpf_map__fd(l->skel->maps.ring),
		.outcomes = bpf_map__fd(l->skel->maps.outcomes),
		.marks = bpf_map__fd(l->skel->maps.outcome_marks),
		.counts = bpf_map__fd(l->skel->maps.counts),
		.probe = l->facts.rung->probe,
		.standby = l->facts.standby ? l->facts.standby->probe : PROBE_NONE,
		.event_id = l->facts.survey.event_id,
		.btf = l->config.btf,
		.of_few = l->config.outcomes_of_few,
		.fexit = l->facts.survey.function_id > 0 && !l->config.outcomes_probed,
		.no_work = l->config.outcomes_probed,
		.calls = &l->skel->bss->call_returns,
	};
	int err = 0;
	bool first;

	/* What a call returned is an extra: without it all else is as it would be. */
	if (outcomes_open(&config, &l->outcome))
		return 0;
	first = outcomes_first(l->outcome, config.probe);
	if (first)
		hooks_detach(l->check_link);
	beside_attach(l);
	if (first)
		err = hooks_probe(l, l->facts.rung);
	if (!err)
		hearing_again(l);
	return err;
}

static int open_lives(struct live *l, bool refusals)
{
	struct lives_config config = {
		.beside = l->skel->obj,
		.refusals = refusals,
		.own_tgid = l->skel->bss->own_tgid,
		.ring_wake_at = l->config.ring_bytes / 4,
		.kernel_btf = l->facts.survey.kernel_btf,
		.task_storage = l->facts.survey.task_storage,
		.btf = l->config.btf,
	};

	gate_compile(l->config.filter, l->config.follow, &config.gate);
	return lives_open(&config, &l->lives);
}

int beside_lives(struct live *l, struct buf *why)
{
	int err = open_lives(l, false);

	if (err)
		buf_printf(why, "--lifecycle: what listens for that cannot be loaded or attached: %s (-vv shows more)",
			   strerror(-err));
	return err;
}

void beside_refusals(struct live *l)
{
	l->facts.refusals = probes_fact(&l->facts.survey, PROBE_FEXIT)->usable && !open_lives(l, true);
}
