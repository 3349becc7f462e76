/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/counted.h"

#include <string.h>

#include "user/enrich/programs.h"
#include "user/enrich/sites.h"
#include "user/flow/heard.h"
#include "user/flow/judged.h"
#include "user/flow/meant.h"
#include "user/flow/notes.h"
#include "user/flow/repeats.h"
#include "user/flow/silences.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/rule/judge.h"
#include "user/sink/sink.h"
#include "user/source/counts.h"
#include "user/source/live.h"

enum { DRAIN_MOST = 64 };	/* batches, before counts are taken */

bool counted_any(const struct flow *f)
{
	return f->config->counting || f->silences;
}

/* Of what rules are silent about: is it somebody's to know? */
static bool is_to_be_given(struct flow *f, struct tally_count *c)
{
	enum decision_action action;

	if (!f->silences)
		return true;
	action = silences_counted(f->silences, c->key.site, c->key.cap, c->key.flags & CHECK_DENIED, c->count);
	f->silenced += c->count;
	c->key.site = 0;
	return action == DECISION_ALLOW;
}

static uint64_t latest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The event of its kind, as many times. Where none is kept who asked is not known, which rules take for the worst. */
static void repeated_record(struct flow *f, const struct tally_count *c, struct record *r)
{
	const void *data;
	uint64_t told_ns = 0;
	size_t size;

	data = repeats_find(f->repeats, &c->key, &size);
	if (data && !record_decode(data, size, r)) {
		told_ns = r->mono_ns + f->wall_offset;
		if (f->sites)
			sites_name(f->sites, data, size, r);
		heard_program(f, r);
	} else {
		tally_record(c, r);
		r->check.head.flags |= CHECK_IDS_UNKNOWN;
	}
	r->parts |= RECORD_WALL | RECORD_COUNT;
	r->count = c->count;
	/* The count's clock is coarse: what is told together came after what was told first. */
	r->first_ns = latest(told_ns, c->first_ns ?: c->last_ns);
	r->wall_ns = latest(r->first_ns, c->last_ns);
	r->mono_ns = r->wall_ns - f->wall_offset;
	if (c->failed != c->count)
		return;
	r->parts |= RECORD_OUTCOME;
	r->outcome = OUTCOME_FAILED;
	r->error = c->error;
}

/* Of what rules are not silent about for sure: decided now, by the rules of now. */
static void give_repeated(struct flow *f, struct tally_count *c)
{
	struct sink *sink = f->config->sink;
	struct record r;

	if (!c->count)
		return;
	repeated_record(f, c, &r);
	if (judged(f->config->judge, &r) && r.decision.action == DECISION_ALERT) {
		meant_output(f, sink->ops->check(sink, &r));
		return;
	}
	f->silenced += c->count;
	if (r.decision.action != DECISION_IGNORE)
		meant_offer(f, &(struct pending_item){ .kind = PENDING_COUNT, .count = c, .program = c->program });
}

static void give_count(struct flow *f, const struct count_key *key, const struct count_value *value)
{
	struct tally_count c = {
		.key = *key,
		.count = value->count,
		.failed = value->failed,
		.worked = value->worked,
		.error = (int)value->error,
		.first_ns = value->first ? value->first + f->wall_offset : 0,
		.last_ns = value->last + f->wall_offset,
		.program = programs_find(f->programs, key->tgid, key->program),
	};

	if (heard_is_helper(f, key->tgid, c.program)) {
		f->own_counted += c.count;
		return;
	}
	if (f->repeats && !silences_is(f->silences, key->site)) {
		give_repeated(f, &c);
		return;
	}
	if (!is_to_be_given(f, &c))
		return;
	/* The first of its kind was an event while its program was known: what it needs is there, only how often is not. */
	if (f->chosen && !c.program && f->config->payload)
		f->counts_left_out += c.count;
	else
		meant_offer(f, &(struct pending_item){ .kind = PENDING_COUNT, .count = &c, .program = c.program });
}

/* What describes those that were counted came before, and is read first. */
static void drain_most(struct flow *f)
{
	for (int i = 0; i < DRAIN_MOST && heard_drain(f); i++)
		;
}

static void on_count(void *ctx, const struct count_key *key, const struct count_value *value)
{
	struct flow *f = ctx;

	/* Also what came while the bank was changed. */
	if (!f->drained)
		drain_most(f);
	f->drained = true;
	give_count(f, key, value);
}

void counted_take(struct flow *f)
{
	int err;

	if (!counted_any(f))
		return;
	drain_most(f);
	f->drained = false;
	err = counts_take(live_counts(f->live), on_count, f);
	if (err)
		note(f, FLOW_WARNING, "what was counted cannot be read: %s", strerror(-err));
}

/* Twice: what came while the bank was changed is in the other one. */
void counted_take_all(struct flow *f)
{
	counted_take(f);
	counted_take(f);
}

void counted_change_rules(struct flow *f)
{
	const struct flow_input *input = f->config->input;

	if (!f->config->judge_waits)
		return;
	counted_take_all(f);
	input->change(input->ctx);
}

/* The kernel side first, then what it counted until then. */
void counted_follow_rules(struct flow *f)
{
	if (!f->silences || judge_generation(f->config->judge) == f->rules)
		return;
	f->rules = judge_generation(f->config->judge);
	live_change_rules(f->live, judge_keys(f->config->judge));
	silences_renew(f->silences, f->config->judge);
	counted_take_all(f);
}

void counted_account(struct flow *f, struct account *ret)
{
	live_account(f->live, ret);
	ret->own += f->own + f->own_counted;
	ret->seen -= f->own;
	ret->counted -= f->own_counted;
}
