/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/flow/notes.h"
#include "user/guard/handover.h"
#include "user/guard/learned.h"
#include "user/guard/state.h"
#include "user/host/self.h"
#include "user/model/crowd.h"
#include "user/model/decision.h"
#include "user/rule/config.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"
#include "user/sink/alert.h"

#define LAST_GOOD "last-rules.json"

/* Nothing waits so long with a decision in its hands. */
#define RETIRE_NS 30000000000ULL

enum { ERROR_MOST = 8192, ALERT_MOST = 512, HELD_NAME = 64 };

static void last_path(const struct guard *g, struct buf *b)
{
	buf_printf(b, "%s/" LAST_GOOD, g->config->state);
}

/* ---- what is in force ------------------------------------------------------------------------------------------ */

static struct judge *judge_for(const struct guard *g, const struct ruleset *set)
{
	const struct judge_config config = {
		.rules = set->rules,
		.users = g->users,
		.proc = g->config->kernel.proc,
		.host_mntns = g->host_mntns,
		.learned = learned_of,
		.learned_ctx = g->learned,
	};

	return judge_new(&config);
}

static int retire(struct guard *g)
{
	struct retired *r;

	if (!g->set)
		return 0;
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct retired){ g->set, g->judge, clock_ns(CLOCK_MONOTONIC), g->retired };
	g->retired = r;
	return 0;
}

static void free_retired(struct retired *r)
{
	judge_free(r->judge);
	ruleset_free(r->set);
	free(r);
}

void reload_forget(struct guard *g, bool all)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (struct retired **at = &g->retired; *at;) {
		struct retired *r = *at;

		if (!all && now - r->at_ns < RETIRE_NS) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		free_retired(r);
	}
}

/* What is decided once, at the start. */
static void say_later(const struct guard *g, const struct config *now)
{
	const struct config *was = g->set ? g->set->config : NULL;

	if (!was)
		return;
	if (was->attach != now->attach && g->config->kernel.attach == PROBE_NONE)
		notes_say(g->notes, FLOW_WARNING, "'attach' has changed: the probe is another one after the next start");
	if (strcmp(was->engine_socket ?: "", now->engine_socket ?: "") && !g->config->kernel.engine_socket)
		notes_say(g->notes, FLOW_WARNING, "'engine_socket' has changed: that engine is asked after the next start");
}

static void put_held(const struct rules *rules, const uint64_t *untold, struct buf *b)
{
	const char *between = "";

	for (size_t i = 0; i <= rules->count && b->len < ALERT_MOST; i++) {
		if (!untold[i])
			continue;
		buf_puts(b, between);
		buf_grouped(b, untold[i]);
		buf_puts(b, " of ");
		if (i < rules->count)
			text_quote(b, rules->at[i].name, strlen(rules->at[i].name), HELD_NAME);
		else
			buf_puts(b, "those that are forgotten");
		between = ", ";
	}
}

void reload_tell_held(struct guard *g)
{
	const struct rules *rules = g->set->rules;
	uint64_t *untold = calloc(rules->count + 1, sizeof(*untold)), sum = 0;
	struct buf sentence = BUF_INIT;

	if (untold && g->alerts) {
		judge_untold(g->judge, untold);
		for (size_t i = 0; i <= rules->count; i++)
			sum += untold[i];
		buf_grouped(&sentence, sum);
		buf_puts(&sentence, sum == 1 ? " alert was" : " alerts were");
		buf_puts(&sentence, " held back by once_per since the last that was told: ");
		put_held(rules, untold, &sentence);
	}
	if (sum)
		alert_own(g->alerts, SEVERITY_NOTICE, "held", buf_str(&sentence));
	buf_done(&sentence);
	free(untold);
}

/* What the former ones held back is counted on, and told where no alert of the new ones will. */
static void succeed(struct guard *g, struct judge *judge)
{
	if (!g->judge)
		return;
	if (judge_inherit(judge, g->judge))
		notes_say(g->notes, FLOW_WARNING, "what once_per and more_than know begins anew: out of memory");
	figures_held(g, g->held);
	reload_tell_held(g);
}

/* From the next check on these decide; set is the guard's from then on. Nothing has changed where it fails. */
static int use(struct guard *g, struct ruleset *set)
{
	struct judge *judge = judge_for(g, set);
	int err = judge ? 0 : -ENOMEM;

	err = err ?: handover(g->link, set);
	err = err ?: retire(g);
	if (err) {
		judge_free(judge);
		return err;
	}
	succeed(g, judge);
	say_later(g, set->config);
	g->set = set;
	g->judge = g->flow.judge = judge;
	g->generation++;
	crowd_set_most(g->crowd, set->config->metrics_workloads);
	if (g->alerts) {
		alert_set_limit(g->alerts, set->config->alerts_per_minute);
		alert_set_log(g->alerts, set->config->log, set->config->log_count);
	}
	return 0;
}

static void keep(struct guard *g, const struct ruleset *set)
{
	struct buf path = BUF_INIT;
	int err;

	last_path(g, &path);
	err = path.error ?: ruleset_keep(set, buf_str(&path));
	if (err)
		notes_say(g->notes, FLOW_WARNING, "%s: these rules could not be kept for a start with broken ones: %s",
			  buf_str(&path), strerror(-err));
	buf_done(&path);
}

/* ---- what is wrong --------------------------------------------------------------------------------------------- */

static void put_mistakes(struct buf *b, const struct complaints *told)
{
	size_t shown = 0, mistakes = 0;

	for (size_t i = 0; i < told->count; i++) {
		if (told->at[i].warning)
			continue;
		mistakes++;
		if (!told->at[i].shown || b->len + strlen(told->at[i].shown) > ERROR_MOST)
			continue;
		text_safe(b, told->at[i].shown, strlen(told->at[i].shown));
		shown++;
	}
	if (shown < mistakes)
		buf_printf(b, "and %zu more\n", mistakes - shown);
}

static void say_warnings(struct guard *g, const struct complaints *told)
{
	for (size_t i = 0; i < told->count; i++)
		if (told->at[i].warning && told->at[i].file && told->at[i].line)
			notes_say(g->notes, FLOW_WARNING, "%s:%u:%u: %s", told->at[i].file, told->at[i].line, told->at[i].column,
				  told->at[i].sentence);
		else if (told->at[i].warning && told->at[i].file)
			notes_say(g->notes, FLOW_WARNING, "%s: %s", told->at[i].file, told->at[i].sentence);
}

/* The first line of it, for one sentence. */
static void put_first_line(struct buf *b, struct buf *error)
{
	const char *text = buf_str(error), *end = strchr(text, '\n');
	size_t n = end ? (size_t)(end - text) : error->len;

	buf_put(b, text, n < ALERT_MOST ? n : ALERT_MOST);
}

static void refuse(struct guard *g, int err, const struct complaints *told)
{
	struct buf sentence = BUF_INIT;

	g->refused++;
	g->refused_ns = clock_ns(CLOCK_REALTIME);
	buf_clear(&g->error);
	put_mistakes(&g->error, told);
	if (!g->error.len)
		buf_puts(&g->error, err == -EMSGSIZE ? "the configuration is too large\n" : strerror(-err));
	notes_say(g->notes, FLOW_ERROR, "%s", buf_str(&g->error));
	buf_printf(&sentence, "rules are refused, %s: ", g->set ? "those in force stay" : "the last usable ones are looked for");
	put_first_line(&sentence, &g->error);
	notes_say(g->notes, FLOW_ERROR, "%s", buf_str(&sentence));
	if (g->alerts)
		alert_own(g->alerts, SEVERITY_ERROR, "rules-refused", buf_str(&sentence));
	buf_done(&sentence);
}

/* ---- both ------------------------------------------------------------------------------------------------------ */

struct loading {
	const struct guard *g;
	struct complaints told;
	struct ruleset *set;
};

static int load_set(void *ctx)
{
	struct loading *l = ctx;

	return ruleset_load(&l->g->config->paths, &l->told, &l->set);
}

/* At the start as later, when the privileges are gone: what cannot be read then is no good now. */
static int load(struct guard *g)
{
	struct loading l = { .g = g };
	int err = self_try(0, load_set, &l);

	if (!err) {
		err = use(g, l.set);
		if (err)
			ruleset_free(l.set);
	}
	if (err) {
		refuse(g, err, &l.told);
	} else {
		buf_clear(&g->error);
		say_warnings(g, &l.told);
		keep(g, l.set);
	}
	complaints_done(&l.told);
	return err;
}

int reload_now(struct guard *g)
{
	int err;

	notify_reloading(&g->notify);
	err = load(g);
	g->reloads += !err;
	notify_say(&g->notify, "READY=1\nSTATUS=%s", err ? "what is installed was refused: the earlier rules stay" : "watching");
	if (!err)
		notes_say(g->notes, FLOW_NOTE, "%zu %s in force, generation %llu", g->set->rules->count,
			  g->set->rules->count == 1 ? "rule is" : "rules are",
			  (unsigned long long)g->generation);
	return err;
}

static int use_last(struct guard *g)
{
	struct buf path = BUF_INIT, why = BUF_INIT;
	struct ruleset *set = NULL;
	int err;

	last_path(g, &path);
	err = path.error ?: ruleset_last(buf_str(&path), &why, &set);
	if (!err) {
		err = use(g, set);
		if (err)
			ruleset_free(set);
	}
	if (err == -ENOENT)
		notes_say(g->notes, FLOW_ERROR, "there is no earlier set of usable rules to watch by");
	else if (err)
		notes_say(g->notes, FLOW_ERROR, "the last usable rules cannot be used either: %s", why.len ? buf_str(&why) : strerror(-err));
	else
		notes_say(g->notes, FLOW_WARNING, "watching by the last usable rules");
	buf_done(&path);
	buf_done(&why);
	return err;
}

int reload_first(struct guard *g)
{
	int err = load(g);

	if (err == -ENOMEM || !err)
		return err;
	return use_last(g) ? -EINVAL : 0;
}
