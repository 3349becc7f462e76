/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/advice/permit.h"
#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/model/outcome.h"
#include "user/model/past.h"
#include "user/view/capwords.h"
#include "user/view/history.h"

/* What is unknown is not there. */
static void put_known(struct json *j, const char *key, const char *text)
{
	if (text && *text)
		json_member_cstr(j, key, text);
}

static void put_key(struct json *j, const char *key)
{
	json_key(j, "workload");
	json_cstr(j, *key ? key : NULL);
}

static const char *class_word(unsigned class)
{
	if (class == USAGE_FOREIGN)
		return "foreign";
	return class == USAGE_SETUP ? "setup" : site_class_word((enum site_class)class);
}

static void put_cap(struct json *j, int32_t cap)
{
	char name[CAPABILITY_NAME_MAX];

	json_member_cstr(j, "cap", capability_name((unsigned)cap, name));
}

static void put_use(struct json *j, const struct past_use *u)
{
	char made[OUTCOME_WORD_MAX];

	json_object(j);
	put_cap(j, u->cap);
	json_member_cstr(j, "verdict", u->denied ? "denied" : "allowed");
	json_member_cstr(j, "class", class_word(u->class));
	put_known(j, "exe", u->exe);
	put_known(j, "syscall", u->call);
	put_known(j, "operation", u->operation);
	put_known(j, "site", u->site);
	json_member_u64(j, "count", u->n);
	if (u->failed) {
		json_member_u64(j, "failed", u->failed);
		json_member_cstr(j, "errno", outcome_word(OUTCOME_FAILED, u->error, made));
	}
	if (u->worked)
		json_member_u64(j, "worked", u->worked);
	when_member(j, "first", u->first_ns);
	when_member(j, "last", u->last_ns);
	json_object_end(j);
}

static void put_set(struct json *j, const char *key, uint64_t set)
{
	json_key_str(j, key, strlen(key));
	capwords_json(j, set);
}

static void put_container(struct json *j, const struct workload *w)
{
	if (!workload_is_container(w))
		return;
	json_key(j, "container");
	json_object(j);
	put_known(j, "engine", workload_engine_name(w->engine));
	put_known(j, "id", w->text[WORKLOAD_ID]);
	put_known(j, "name", w->text[WORKLOAD_NAME]);
	put_known(j, "image", w->text[WORKLOAD_IMAGE]);
	json_member_bool(j, "verified", w->flags & WORKLOAD_VERIFIED);
	json_object_end(j);
	if (!w->text[WORKLOAD_POD_NAME])
		return;
	json_key(j, "k8s");
	json_object(j);
	put_known(j, "namespace", w->text[WORKLOAD_POD_NAMESPACE]);
	put_known(j, "pod", w->text[WORKLOAD_POD_NAME]);
	put_known(j, "container", w->text[WORKLOAD_POD_CONTAINER]);
	json_object_end(j);
}

void history_story_json(struct buf *b, const struct history_view *v, const struct past *p)
{
	bool granted;
	const uint64_t may = past_may(p, &granted);
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_literal(&j, "history");
	put_key(&j, p->key);
	json_member_cstr(&j, "kind", workload_kind_name(p->workload.kind));
	put_known(&j, "unit", p->workload.text[WORKLOAD_UNIT_NAME]);
	put_known(&j, "slice", p->workload.text[WORKLOAD_SLICE_NAME]);
	put_known(&j, "cgroup", p->workload.text[WORKLOAD_PATH]);
	put_container(&j, &p->workload);
	when_member(&j, "first", p->first_ns);
	when_member(&j, "last", p->last_ns);
	put_set(&j, granted ? "granted" : "held", may);
	put_set(&j, "used", past_used(p));
	put_set(&j, "mattered", past_mattered(p));
	put_set(&j, "never_used", past_unused(p));
	put_set(&j, "denied", past_denied(p));
	json_key(&j, "uses");
	json_array(&j);
	for (size_t i = 0; i < p->count; i++)
		if (v->allowed == v->denied || (p->uses[i].denied ? v->denied : v->allowed))
			put_use(&j, &p->uses[i]);
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}

static void put_grant(struct json *j, const struct past_denial *d)
{
	struct buf line = BUF_INIT;

	if (d->outcome != OUTCOME_WORKED && d->class < USAGE_FOREIGN && d->class != SITE_QUALITY && d->class != SITE_ADVISORY &&
	    permit_line(&line, d->past ? &d->past->workload : NULL, d->exe, 1ULL << d->cap))
		json_member_cstr(j, "grant", buf_str(&line));
	buf_done(&line);
}

static void put_denial(struct json *j, const struct past_denial *d)
{
	char made[OUTCOME_WORD_MAX];
	const char *word = outcome_word((enum outcome)d->outcome, d->error, made);

	json_object(j);
	json_key(j, "type");
	json_literal(j, "denial");
	when_member(j, "time", d->first_ns);
	when_member(j, "last", d->last_ns);
	json_member_u64(j, "count", d->n);
	put_cap(j, d->cap);
	json_member_cstr(j, "class", class_word(d->class));
	put_known(j, "result", word);
	json_member_u64(j, "pid", d->pid);
	if (d->uid != UINT32_MAX)
		json_member_u64(j, "uid", d->uid);
	put_known(j, "comm", d->comm);
	put_known(j, "exe", d->exe);
	put_known(j, "syscall", d->call);
	put_known(j, "operation", d->operation);
	put_key(j, d->key);
	put_grant(j, d);
	json_object_end(j);
}

void history_denials_json(struct buf *b, const struct past_denials *d)
{
	struct json j;

	json_init(&j, b);
	for (size_t i = 0; i < d->count; i++) {
		put_denial(&j, &d->at[i]);
		buf_putc(b, '\n');
		json_init(&j, b);
	}
}

static void put_gap(struct json *j, const struct usage_gap *g)
{
	json_object(j);
	when_member(j, "from", g->start_ns);
	when_member(j, "to", g->end_ns);
	json_member_u64(j, "lost", g->lost);
	json_member_cstr(j, "reason", g->reason);
	json_object_end(j);
}

void history_end_json(struct buf *b, const struct history_view *v)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_literal(&j, "end");
	when_member(&j, "from", v->from_ns);
	when_member(&j, "to", v->to_ns);
	if (v->state->any) {
		when_member(&j, "watched_since", v->state->since_ns);
		when_member(&j, "watched_until", v->state->until_ns);
	}
	json_member_bool(&j, "watching", v->state->any && !v->state->ended && !v->state->imported);
	json_member_u64(&j, "lost", past_lost(v->gaps));
	json_member_u64(&j, "blind_seconds", past_blind_ns(v->gaps) / 1000000000);
	json_key(&j, "gaps");
	json_array(&j);
	for (size_t i = 0; i < v->gaps->count; i++)
		put_gap(&j, &v->gaps->at[i]);
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}
