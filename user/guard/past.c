/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/flow/notes.h"
#include "user/guard/learned.h"
#include "user/guard/state.h"
#include "user/history/history.h"
#include "user/model/decision.h"
#include "user/model/usage.h"
#include "user/rule/config.h"
#include "user/rule/judge.h"
#include "user/sink/alert.h"
#include "user/sink/usage.h"

/* What is gathered in the meantime is lost with a crash. */
#define STORE_NS 60000000000ULL
#define TIDY_NS	 600000000000ULL
#define MORE_NS	 1000000000ULL
/* Until then what was done before has come: what it came to is waited for. */
#define LATE_NS	 1000000000ULL

enum { KINDS_MAX = 8192 };	/* half a MiB */

/* Sentences of the store, a line each. */
static void say_told(struct guard *g, struct buf *told)
{
	char *rest = told->len ? (buf_str(told), told->data) : NULL;

	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		notes_say(g->notes, FLOW_WARNING, "history: %s", line);
		if (g->alerts)
			alert_own(g->alerts, SEVERITY_WARNING, "history", line);
	}
	buf_done(told);
}

static void renew(struct guard *g)
{
	struct buf told = BUF_INIT;

	g->history_error = history_renew(g->history, &told);
	if (g->history_error) {
		history_close(g->history);
		g->history = NULL;
	}
	say_told(g, &told);
}

/* Once, until it works again. */
static int after(struct guard *g, int err)
{
	if (err && err != g->history_error)
		notes_say(g->notes, FLOW_WARNING, "the history cannot be written: %s", strerror(-err));
	if (!err && g->history_error)
		notes_say(g->notes, FLOW_NOTE, "the history is written again");
	g->history_error = err;
	if (err == -EBADMSG)
		renew(g);
	return err;
}

static struct learned_from learned_from(const struct guard *g)
{
	return (struct learned_from){ g->history, g->set->rules, g->config->learn_ns, clock_ns(CLOCK_REALTIME) };
}

/* Of what was handed to the store. */
static void learn(struct guard *g)
{
	const struct learned_from from = learned_from(g);
	bool changed = false;
	unsigned concluded = 0;

	if (!g->history || after(g, learned_look(g->learned, &from, &changed, &concluded)))
		return;
	if (changed)
		judge_learned(g->judge);
	if (concluded)
		notes_say(g->notes, FLOW_NOTE, "%u baseline%s learned now: 'capsieve watch learned' lists them", concluded,
			  concluded == 1 ? " is" : "s are");
}

int past_learn_anew(struct guard *g, const char *key, bool *ret_learns)
{
	const struct learned_from from = learned_from(g);
	int err = g->history ? learned_anew(g->learned, &from, key) : -ENODEV;

	if (err && err != -ENOENT && g->history)
		after(g, err);
	if (err)
		return err;
	judge_learned(g->judge);
	*ret_learns = learned_is_wanted(&from);
	notes_say(g->notes, FLOW_NOTE, key ? "what was learned of '%s' is forgotten" : "all that was learned is forgotten", key);
	return 0;
}

static int take(void *ctx, const struct usage_batch *batch)
{
	struct guard *g = ctx;
	int err = g->history ? after(g, history_add(g->history, batch)) : 0;

	g->stored_ns = clock_ns(CLOCK_MONOTONIC);
	if (!err)
		learn(g);
	return err;
}

void past_hurry(struct guard *g, uint64_t now_ns)
{
	const struct learned_from from = learned_from(g);
	const uint64_t shortest = learned_shortest(&from), due = learned_due(g->learned);

	if (!g->history || !shortest)
		return;
	if ((due && from.now_ns >= due + LATE_NS) || now_ns - g->stored_ns >= shortest)
		usage_hurry(g->usage);
}

int past_new(struct guard *g, struct sink **ret)
{
	const struct usage_options options = {
		.syscalls = g->syscalls,
		.kinds_max = KINDS_MAX,
		.interval_ns = STORE_NS,
		.take = take,
		.ctx = g,
	};

	int err = usage_new(&g->nothing, &options, ret);

	if (!err)
		g->usage = *ret;
	return err;
}

void past_begin(struct guard *g, const struct sink_start *start)
{
	const struct history_run run = {
		.start_ns = start->wall_ns,
		.host = start->host,
		.boot_id = start->boot_id,
		.kernel = start->kernel,
		.machine = start->machine,
		.probe = start->probe,
	};
	struct buf path = BUF_INIT, told = BUF_INIT;
	int err;

	buf_printf(&path, "%s/" HISTORY_FILE, g->config->state);
	err = path.error ?: history_open(buf_str(&path), &told, &g->history);
	err = err ?: history_begin(g->history, &run);
	g->history_error = err;
	if (err && !told.len)
		buf_printf(&told, "%s\n", strerror(-err));
	say_told(g, &told);
	buf_done(&path);
	g->stored_ns = clock_ns(CLOCK_MONOTONIC);
	if (!err)
		learn(g);
}

void past_alert(struct guard *g, const struct alert *alert)
{
	const struct history_alert a = {
		.time_ns = alert->wall_ns,
		.n = alert->count,
		.rule = alert->rule,
		.json = alert->json,
		.severity = alert->severity,
	};

	if (g->history)
		after(g, history_alert(g->history, &a));
}

void past_gap(struct guard *g, uint64_t start_ns, uint64_t end_ns, uint64_t lost, const char *reason)
{
	const struct usage_gap gap = { start_ns, end_ns, lost, reason };

	if (g->history)
		after(g, history_gap(g->history, &gap));
}

void past_keep(struct guard *g, uint64_t now_ns)
{
	const struct history_limits limits = {
		.keep_ns = g->set->config->history_keep_ns,
		.max_bytes = g->set->config->history_max_size,
	};
	bool more = false;

	if (!g->history || now_ns - g->history_tidied_ns < TIDY_NS)
		return;
	after(g, history_keep(g->history, &limits, clock_ns(CLOCK_REALTIME), &more));
	g->history_tidied_ns = more ? now_ns - TIDY_NS + MORE_NS : now_ns;
}

void past_end(struct guard *g)
{
	if (!g->history)
		return;
	history_end(g->history, clock_ns(CLOCK_REALTIME));
	history_close(g->history);
	g->history = NULL;
}
