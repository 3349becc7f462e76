/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/json.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/guard/link.h"
#include "user/guard/state.h"
#include "user/history/history.h"
#include "user/host/cost.h"
#include "user/model/crowd.h"
#include "user/model/decision.h"
#include "user/rule/config.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"
#include "user/sink/alert.h"
#include "user/sink/ring.h"

/* ---- status ---------------------------------------------------------------------------------------------------- */

static void put_time(struct json *j, const char *key, uint64_t wall_ns)
{
	if (wall_ns)
		when_member(j, key, wall_ns);
	else
		json_member_cstr(j, key, NULL);
}

/* With three digits behind the point. */
static void put_real(struct json *j, const char *key, double v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%.3f", v);

	json_key_str(j, key, strlen(key));
	json_raw(j, text, (size_t)n);
}

static void put_rules(struct guard *g, struct json *j)
{
	json_key(j, "rules");
	json_object(j);
	json_member_u64(j, "count", g->set->rules->count);
	json_member_u64(j, "generation", g->generation);
	put_time(j, "loaded", g->set->loaded_ns);
	json_member_bool(j, "last_usable", g->set->from_last);
	json_key(j, "files");
	json_array(j);
	for (size_t i = 0; i < g->set->texts.count; i++)
		json_cstr(j, g->set->texts.at[i].name);
	json_array_end(j);
	json_member_u64(j, "reloads", g->reloads);
	json_member_u64(j, "refused", g->refused);
	put_time(j, "refused_at", g->refused_ns);
	json_member_cstr(j, "error", g->error.len ? buf_str(&g->error) : NULL);
	json_object_end(j);
}

static void put_checks(struct guard *g, struct json *j)
{
	const struct account *a = &g->account;

	json_key(j, "checks");
	json_object(j);
	json_member_u64(j, "asked", a->asked);
	json_member_u64(j, "seen", a->seen);
	json_member_u64(j, "counted", a->counted);
	json_member_u64(j, "hidden", a->hidden);
	json_member_u64(j, "outside", a->outside);
	json_member_u64(j, "own", a->own);
	put_real(j, "per_second", g->per_second);
	put_time(j, "last", g->last_event_ns);
	json_object_end(j);
	json_key(j, "lost");
	json_object(j);
	for (enum loss_cause c = 0; c < LOSS_COUNT; c++)
		if (c != LOSS_DAMAGED)
			json_member_u64(j, loss_name(c), a->loss.by_cause[c]);
	json_object_end(j);
}

/* Where no rules were usable there is no judge. */
static struct judge_count decided(const struct guard *g)
{
	struct judge_count total = { 0 };

	if (g->judge)
		judge_total(g->judge, &total);
	return total;
}

void figures_held(const struct guard *g, uint64_t ret[static HELD_REASONS])
{
	const struct judge_count total = decided(g);

	for (int i = 0; i < HELD_REASONS; i++)
		ret[i] = g->held[i] + total.held[i];
}

static void put_decided(struct guard *g, struct json *j)
{
	const struct judge_count total = decided(g);
	struct alert_counts told;
	struct link_figures link;
	uint64_t held[HELD_REASONS];

	figures_held(g, held);
	alert_counts(g->alerts, &told);
	link_figures(g->link, &link);
	json_key(j, "decided");
	json_object(j);
	for (int a = 0; a < DECISION_ACTIONS; a++)
		json_member_u64(j, decision_actions[a], total.of[a]);
	json_object_end(j);
	json_key(j, "alerts");
	json_object(j);
	json_member_u64(j, "told", told.told);
	json_member_u64(j, "suppressed", told.suppressed);
	json_member_u64(j, "held", held[HELD_ONCE] + held[HELD_BELOW]);
	json_member_u64(j, "waiting", link.waiting);
	json_member_u64(j, "dropped", link.dropped);
	json_object_end(j);
}

static void put_sender(struct guard *g, struct json *j)
{
	const struct message_output *outputs;
	size_t count = link_outputs(g->link, &outputs);

	json_key(j, "sender");
	json_object(j);
	json_key(j, "pid");
	if (g->sender)
		json_u64(j, (uint64_t)g->sender);
	else
		json_null(j);
	json_member_u64(j, "deaths", g->sender_deaths);
	json_object_end(j);
	json_key(j, "outputs");
	json_array(j);
	for (size_t i = 0; i < count; i++) {
		json_object(j);
		json_member_cstr(j, "name", outputs[i].name);
		json_member_u64(j, "queue", outputs[i].queue);
		json_member_u64(j, "spool_bytes", outputs[i].spool_bytes);
		json_member_u64(j, "ok", outputs[i].ok);
		json_member_u64(j, "errors", outputs[i].errors);
		json_member_u64(j, "dropped", outputs[i].dropped);
		json_member_cstr(j, "last_error", *outputs[i].last_error ? outputs[i].last_error : NULL);
		json_object_end(j);
	}
	json_array_end(j);
}

/* Of a process: what it has used, and has. */
static void put_cost(struct json *j, const char *key, const struct cost *c)
{
	json_key_str(j, key, strlen(key));
	json_object(j);
	put_real(j, "cpu_seconds", (double)c->cpu_ns / 1e9);
	json_member_u64(j, "resident_bytes", c->resident_bytes);
	json_member_u64(j, "private_bytes", c->private_bytes);
	json_object_end(j);
}

static void put_costs(struct guard *g, struct json *j)
{
	const uint64_t up = clock_ns(CLOCK_MONOTONIC) - g->started_mono_ns;
	struct cost us = { 0 }, sender = { 0 }, nurse = { 0 };
	struct cost_bpf kernel = { 0 };
	uint64_t since;

	cost_read(g->config->kernel.proc, getpid(), &us);
	if (g->sender)
		cost_read(g->config->kernel.proc, g->sender, &sender);
	cost_read(g->config->kernel.proc, g->nurse.pid, &nurse);
	json_key(j, "cost");
	json_object(j);
	put_cost(j, "collector", &us);
	put_cost(j, "sender", &sender);
	put_cost(j, "nurse", &nurse);
	/* Of the start, which takes most of it on a quiet machine, nothing is counted. */
	since = us.cpu_ns - g->start_cpu_ns + sender.cpu_ns;
	put_real(j, "cpu_percent", up ? (double)since * 100 / (double)up : 0);
	put_real(j, "user_ns_per_check", g->account.asked ? (double)since / (double)g->account.asked : 0);
	cost_read_bpf(g->config->kernel.proc, &kernel);
	if (kernel.runs && g->account.asked)
		put_real(j, "kernel_ns_per_check", (double)kernel.ns / (double)g->account.asked);
	else
		json_member_cstr(j, "kernel_ns_per_check", NULL);
	json_object_end(j);
}

static void put_recordings(struct guard *g, struct json *j)
{
	uint64_t missed;
	int err = ring_error(g->ring, &missed);

	json_key(j, "recordings");
	json_object(j);
	json_member_cstr(j, "directory", g->recordings);
	json_member_u64(j, "missed", missed);
	json_member_cstr(j, "error", err ? strerror(-err) : NULL);
	json_object_end(j);
}

static void put_history(struct guard *g, struct json *j)
{
	json_key(j, "history");
	json_object(j);
	json_member_u64(j, "bytes", g->history ? history_bytes(g->history) : 0);
	json_member_cstr(j, "error", g->history_error ? strerror(-g->history_error) : NULL);
	json_object_end(j);
}

static void put_metrics(struct guard *g, struct json *j)
{
	json_key(j, "metrics");
	json_object(j);
	json_member_cstr(j, "error", link_metrics_trouble(g->link));
	json_object_end(j);
}

void figures_status(struct guard *g, struct buf *b)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_member_bool(&j, "ok", true);
	json_member_u64(&j, "v", 1);
	json_member_cstr(&j, "version", VERSION);
	json_member_u64(&j, "pid", (uint64_t)getpid());
	put_time(&j, "since", g->started_ns);
	json_member_cstr(&j, "probe", g->probe);
	json_member_cstr(&j, "kernel", g->kernel_release);
	put_rules(g, &j);
	put_checks(g, &j);
	put_decided(g, &j);
	put_sender(g, &j);
	put_metrics(g, &j);
	put_recordings(g, &j);
	put_history(g, &j);
	put_costs(g, &j);
	json_object_end(&j);
	buf_putc(b, '\n');
}

/* ---- metrics --------------------------------------------------------------------------------------------------- */

/* Of what may be many; the rest has room behind it. */
enum { RULES_TOLD = 1024, SAMPLES_MAX = 16384 };

static const char *const verdicts[] = { "allowed", "denied" };

/* Texts are borrowed. */
struct samples {
	char names[GUARD_CAPS][CAPABILITY_NAME_MAX];
	struct metric_sample at[SAMPLES_MAX];
	size_t count;
};

static void add(struct samples *s, enum metric metric, double value, const char *first, const char *second)
{
	if (s->count < SAMPLES_MAX)
		s->at[s->count++] = (struct metric_sample){ .metric = metric, .value = value, .labels = { first, second } };
}

static void add_checks(struct guard *g, struct samples *s)
{
	for (unsigned cap = 0; cap < GUARD_CAPS; cap++) {
		const char *name = capability_name(cap, s->names[cap]);

		for (int v = 0; v < 2; v++)
			if (g->checks[cap][v])
				add(s, METRIC_CHECKS, (double)g->checks[cap][v], name, verdicts[v]);
	}
}

static bool may_alert(const struct rule *rule)
{
	return rule->caps[DECISION_ALERT] || (rule->has_otherwise && rule->otherwise == DECISION_ALERT) ||
	       rule->on_denied == DECISION_ALERT;
}

/* Those of 0, too: to whoever looks at how much it grew, what was not there before has not grown. */
static void add_rules(struct guard *g, struct samples *s)
{
	const struct rules *rules = g->set->rules;

	for (size_t i = 0; i < rules->count && i < RULES_TOLD; i++) {
		const struct rule *rule = &rules->at[i];
		const struct judge_count *count = judge_count_of(g->judge, i);

		if (may_alert(rule) && strlen(rule->name) < MESSAGE_NAME_MAX)
			add(s, METRIC_ALERTS, (double)count->of[DECISION_ALERT], rule->name, decision_severities[rule->severity]);
	}
	if (rules->otherwise == DECISION_ALERT)
		add(s, METRIC_ALERTS, (double)judge_count_of(g->judge, rules->count)->of[DECISION_ALERT], "",
		    decision_severities[SEVERITY_WARNING]);
}

static void add_figure(void *ctx, const char *workload, unsigned int cap, enum crowd_what what, uint64_t n)
{
	struct samples *s = ctx;
	const char *name = capability_name(cap, s->names[cap]);
	struct metric_sample sample = { .metric = METRIC_WORKLOAD_CHECKS, .value = (double)n, .labels = { workload, name } };

	if (what == CROWD_OUTSIDE)
		sample.metric = METRIC_PROFILE_VIOLATIONS;
	else
		sample.labels[2] = verdicts[what == CROWD_DENIED];
	if (s->count < SAMPLES_MAX)
		s->at[s->count++] = sample;
}

static void add_lookups(struct guard *g, struct samples *s)
{
	static const char *const results[GUARD_LOOKUPS] = {
		[GUARD_LOOKUP_OK] = "ok",
		[GUARD_LOOKUP_UNVERIFIED] = "unverified",
		[GUARD_LOOKUP_UNKNOWN] = "unknown",
	};

	for (uint32_t engine = 0; engine < ENGINE_COUNT; engine++) {
		const uint64_t *n = g->lookups[engine];

		if (!n[GUARD_LOOKUP_OK] && !n[GUARD_LOOKUP_UNVERIFIED] && !n[GUARD_LOOKUP_UNKNOWN])
			continue;
		for (int i = 0; i < GUARD_LOOKUPS; i++)
			add(s, METRIC_CONTAINER_LOOKUPS, (double)n[i], workload_engine_name(engine) ?: "none", results[i]);
	}
}

/* Last, as they may be many. */
static void add_workloads(struct guard *g, struct samples *s)
{
	add(s, METRIC_WORKLOADS, (double)crowd_known(g->crowd), NULL, NULL);
	add_lookups(g, s);
	crowd_each(g->crowd, add_figure, s);
}

static void add_held(struct guard *g, struct samples *s)
{
	uint64_t held[HELD_REASONS] = { 0 };
	struct alert_counts told;

	figures_held(g, held);
	alert_counts(g->alerts, &told);
	add(s, METRIC_ALERTS_HELD, (double)held[HELD_ONCE], "once_per", NULL);
	add(s, METRIC_ALERTS_HELD, (double)held[HELD_BELOW], "more_than", NULL);
	add(s, METRIC_ALERTS_HELD, (double)told.suppressed, "max_per_minute", NULL);
}

static void add_cost(struct guard *g, struct samples *s)
{
	struct cost us = { 0 }, sender = { 0 };
	struct cost_bpf kernel = { 0 };

	cost_read(g->config->kernel.proc, getpid(), &us);
	if (g->sender)
		cost_read(g->config->kernel.proc, g->sender, &sender);
	add(s, METRIC_CPU_SECONDS, (double)(us.cpu_ns + sender.cpu_ns) / 1e9, NULL, NULL);
	add(s, METRIC_MEMORY, (double)(us.resident_bytes + sender.resident_bytes), NULL, NULL);
	/* No runs: the kernel does not count them, so that neither is known. */
	if (!cost_read_bpf(g->config->kernel.proc, &kernel) && kernel.runs) {
		add(s, METRIC_BPF_SECONDS, (double)kernel.ns / 1e9, NULL, NULL);
		add(s, METRIC_BPF_RUNS, (double)kernel.runs, NULL, NULL);
	}
	add(s, METRIC_START_TIME, (double)g->started_ns / 1e9, NULL, NULL);
}

void figures_metrics(struct guard *g)
{
	struct samples *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->at[s->count++] = (struct metric_sample){ .metric = METRIC_BUILD_INFO, .value = 1,
						    .labels = { VERSION, libbpf_version_string(), g->kernel_release, g->probe } };
	add_checks(g, s);
	add_rules(g, s);
	for (enum loss_cause c = 0; c < LOSS_COUNT; c++)
		if (c != LOSS_DAMAGED)
			add(s, METRIC_EVENTS_LOST, (double)g->account.loss.by_cause[c], loss_name(c), NULL);
	add(s, METRIC_EVENTS_RECEIVED, (double)(g->account.seen + g->account.counted), NULL, NULL);
	add(s, METRIC_LAST_EVENT, (double)g->last_event_ns / 1e9, NULL, NULL);
	add(s, METRIC_RULES, (double)g->set->rules->count, NULL, NULL);
	add(s, METRIC_RULES_RELOADS, (double)(g->reloads + 1), "ok", NULL);
	add(s, METRIC_RULES_RELOADS, (double)g->refused, "refused", NULL);
	add_held(g, s);
	add_cost(g, s);
	add(s, METRIC_RULES_OK, g->error.len == 0, NULL, NULL);
	add_workloads(g, s);
	link_metrics(g->link, s->at, s->count);
	free(s);
}
