/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/host/users.h"
#include "user/model/cgpath.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/where.h"
#include "user/model/workload.h"
#include "user/rule/limits.h"
#include "user/rule/nearby.h"
#include "user/rule/rules.h"

#define OF_CONTAINERS                                                                                        \
	(1U << WHERE_CONTAINER | 1U << WHERE_IMAGE | 1U << WHERE_ENGINE | 1U << WHERE_POD | 1U << WHERE_K8S_NAMESPACE)

enum { KEPT_BITS = 10, KEPT = 1 << KEPT_BITS };

/* All that a decision depends on. */
struct asked {
	uint64_t program, workload;	/* serials */
	uint32_t uid, gid, userns;
	int32_t cap;
	uint32_t flags;
	uint32_t class;
	uint8_t comm[EVENT_COMM];	/* empty where no rule asks for it */
};

struct kept {
	bool filled;
	struct asked asked;
	struct decision said;
	size_t rule;
};

struct judge {
	struct judge_config config;
	struct limits *limits;
	struct judge_count *counts;	/* one for each rule, and one more */
	struct buf workload;
	uint32_t generation;
	struct kept kept[KEPT];
};

/* Of all judges: a new one may be where another was. */
static _Atomic uint32_t generations;

int judge_use(struct judge *j, const struct rules *rules)
{
	struct limits *limits = limits_new(LIMITS_MAX);
	struct judge_count *of_rules = calloc(rules->count + 1, sizeof(*of_rules));

	if (!limits || !of_rules) {
		limits_free(limits);
		free(of_rules);
		return -ENOMEM;
	}
	limits_free(j->limits);
	free(j->counts);
	j->limits = limits;
	j->counts = of_rules;
	j->config.rules = rules;
	j->generation = ++generations;
	memset(j->kept, 0, sizeof(j->kept));
	return 0;
}

/* Rules mostly stay where they were, or move together: they are looked for from where the last one was found. */
static size_t same_rule(const struct rules *now, const struct rule *rule, size_t *from)
{
	for (size_t i = 0; i < now->count; i++) {
		const size_t at = (*from + i) % now->count;

		if (!rule_is_same(&now->at[at], rule))
			continue;
		*from = at + 1;
		return at;
	}
	return SIZE_MAX;
}

int judge_inherit(struct judge *j, struct judge *former)
{
	const struct rules *was = former->config.rules;
	size_t *now = calloc(was->count + 1, sizeof(*now)), from = 0;

	if (!now)
		return -ENOMEM;
	for (size_t i = 0; i < was->count; i++) {
		const struct rule *rule = &was->at[i];

		now[i] = rule->once_per_ns || rule->more_than ? same_rule(j->config.rules, rule, &from) : SIZE_MAX;
	}
	limits_hand_over(former->limits, j->limits, now);
	free(now);
	return 0;
}

uint32_t judge_generation(const struct judge *j)
{
	return j->generation;
}

uint32_t judge_keys(const struct judge *j)
{
	return j->config.rules->keys;
}

struct judge *judge_new(const struct judge_config *config)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->config = *config;
	if (!judge_use(j, config->rules))
		return j;
	judge_free(j);
	return NULL;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	limits_free(j->limits);
	free(j->counts);
	buf_done(&j->workload);
	free(j);
}

/*
 * ---- who it is
 * --------------------------------------------------------------------------------------------------
 */

/*
 * Below a unit its owner makes directories with any name: nginx.service in a user's own manager, or in
 * another service's cgroup, is none of the system's.
 */
static bool is_systems_own(const struct program *p)
{
	struct cgpath path;

	if (!p->unit)
		return true;
	cgpath_parse(p->cgroup, &path);
	if (path.user_unit.len)
		return false;
	return !path.unit.len || (strlen(p->unit) == path.unit.len && !memcmp(p->unit, path.unit.at, path.unit.len));
}

uint32_t judge_unsure_of(const struct workload *w)
{
	uint32_t unsure = 0;

	if (workload_is_container(w) && !(w->flags & WORKLOAD_VERIFIED))
		unsure |= OF_CONTAINERS;
	if (w->text[WORKLOAD_USER_UNIT_NAME])
		unsure |= 1U << WHERE_UNIT | 1U << WHERE_SLICE;
	return unsure;
}

/* Names that whoever is spoken of has chosen, and paths in a file system that they may have made. */
static uint32_t unsure_of(const struct judge *j, const struct program *p)
{
	uint32_t unsure = 1U << WHERE_COMM | 1U << WHERE_CMDLINE | 1U << WHERE_ANCESTOR;

	if (!p)
		return unsure;
	if (!j->config.host_mntns || p->mntns != j->config.host_mntns)
		unsure |= 1U << WHERE_EXE;
	if (p->workload)
		unsure |= judge_unsure_of(p->workload);
	else if (p->cgroup && !is_systems_own(p))
		unsure |= 1U << WHERE_UNIT | 1U << WHERE_SLICE;
	return unsure;
}

/*
 * Where no engine was asked yet, the path tells: who is in a unit, a slice or the root is in no container,
 * as long as it goes through none.
 */
static bool is_in_no_container(const struct record *r)
{
	const struct workload *w = record_workload(r);
	const struct program *p = r->program;
	struct cgpath path;

	if (!p || !p->cgroup || !(p->flags & PROGRAM_CGROUP_KNOWN) || (w && workload_is_container(w)))
		return false;
	cgpath_parse(p->cgroup, &path);
	return !path.levels && !path.truncated && (path.unit.len || path.slice.len || !strcmp(p->cgroup, "/"));
}

/*
 * Whom r is about, with names, and what of that may be made up. *ret may not be copied, and borrows from r
 * and users.
 */
static void look(struct judge *j, const struct record *r, struct where_subject *ret)
{
	struct users *users = j->config.users;
	uint32_t keys = j->config.rules->keys;

	where_subject_of(r, ret);
	ret->unsure = unsure_of(j, r->program);
	if (is_in_no_container(r))
		ret->known |= OF_CONTAINERS;
	if (j->config.learned && record_workload(r) && !judge_unsure_of(record_workload(r)))
		j->config.learned(j->config.learned_ctx, record_workload(r), ret->learned);
	if (r->check.head.flags & CHECK_IDS_UNKNOWN || !users)
		return;
	if (keys & 1U << WHERE_USER)
		ret->is[WHERE_USER].name = users_name(users, r->check.uid);
	if (keys & 1U << WHERE_GROUP)
		ret->is[WHERE_GROUP].name = users_group(users, r->check.gid);
}

/*
 * ---- what is said
 * -----------------------------------------------------------------------------------------------
 */

static void make_asked(const struct judge *j, const struct record *r, enum site_class class, struct asked *ret)
{
	const struct workload *w = record_workload(r);

	memset(ret, 0, sizeof(*ret));
	ret->program = r->program ? r->program->serial : 0;
	ret->workload = w ? w->serial : 0;
	ret->uid = r->check.uid;
	ret->gid = r->check.gid;
	ret->userns = r->check.userns_asker;
	ret->cap = r->check.cap;
	ret->flags = r->check.head.flags & (CHECK_DENIED | CHECK_IDS_UNKNOWN);
	ret->class = class;
	if (j->config.rules->keys & 1U << WHERE_COMM)
		memcpy(ret->comm, r->check.comm, EVENT_COMM);
}

static struct kept *place_of(struct judge *j, const struct asked *asked)
{
	const uint64_t *words = (const uint64_t *)asked;
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(*asked) / sizeof(*words); i++)
		sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15;
	return &j->kept[sum >> (64 - KEPT_BITS)];
}
_Static_assert(sizeof(struct asked) % sizeof(uint64_t) == 0, "it is summed up in words");

static void decide(struct judge *j, const struct record *r, enum site_class class, struct kept *ret)
{
	struct nearby nearby = { .count = 0 };
	struct where_subject who;
	const struct rules_check check = {
		.who = &who,
		.cap = r->check.cap,
		.denied = r->check.head.flags & CHECK_DENIED,
		.class = class,
	};

	look(j, r, &who);
	if (j->config.proc)
		nearby_look(j->config.proc, (pid_t)r->check.tgid, r->program ? (pid_t)r->program->ppid : 0,
			    j->config.rules->keys, &nearby, &who);
	rules_decide(j->config.rules, &check, &ret->said, &ret->rule, NULL);
	nearby_done(&nearby);
}

/* A program that is in no table may be another one at any time. */
static bool may_keep(const struct record *r)
{
	return !r->program || r->program->serial;
}

static const struct kept *find(struct judge *j, const struct record *r, struct kept *room)
{
	enum site_class class = r->site ? r->site->class : SITE_UNCLASSIFIED;
	struct asked asked;
	struct kept *k = room;

	make_asked(j, r, class, &asked);
	if (may_keep(r))
		k = place_of(j, &asked);
	if (k->filled && !memcmp(&k->asked, &asked, sizeof(asked)))
		return k;
	decide(j, r, class, k);
	k->asked = asked;
	k->filled = true;
	return k;
}

static void name_workload(struct judge *j, const struct record *r)
{
	buf_clear(&j->workload);
	if (r->program)
		program_put_key(&j->workload, r->program);
}

static enum decision_held hold(struct judge *j, const struct record *r, size_t at, uint64_t times, struct decision *ret)
{
	const struct rule *rule = &j->config.rules->at[at];
	struct limits_about about = {
		.rule = at,
		.cap = r->check.cap,
		.denied = r->check.head.flags & CHECK_DENIED,
		.first_ns = ret->first_ns,
	};
	enum decision_held held;

	if (!rule->once_per_ns && !rule->more_than)
		return HELD_NOT;
	name_workload(j, r);
	about.workload = buf_str(&j->workload);
	about.n = j->workload.len;
	held = limits_pass(j->limits, rule, &about, r->mono_ns ? r->mono_ns : r->wall_ns, times, &ret->times);
	ret->first_ns = about.first_ns;
	return held;
}

void judge_record(struct judge *j, const struct record *r, struct decision *ret)
{
	uint64_t times = r->parts & RECORD_COUNT ? r->count : 1;
	struct kept room = { .filled = false };
	const struct kept *k = find(j, r, &room);
	struct judge_count *count = &j->counts[k->rule];

	*ret = k->said;
	ret->times = times;
	ret->first_ns = r->parts & RECORD_COUNT ? r->first_ns : r->wall_ns;
	if (ret->action == DECISION_ALERT && ret->rule)
		ret->held = (uint8_t)hold(j, r, k->rule, times, ret);
	if (ret->held)
		count->held[ret->held] += times;
	else
		count->of[ret->action] += times;
	if (ret->action == DECISION_ALLOW && j->config.hide_allowed)
		ret->held = HELD_EXPECTED;
}

void judge_sets(struct judge *j, const struct record *r, struct rules_sets *ret)
{
	struct where_subject who;

	look(j, r, &who);
	who.known &= ~(1U << WHERE_COMM | 1U << WHERE_CMDLINE | 1U << WHERE_TTY | 1U << WHERE_ANCESTOR);
	rules_sets(j->config.rules, &who, ret);
}

void judge_counted(struct judge *j, size_t rule, enum decision_action action, uint64_t times)
{
	j->counts[rule < j->config.rules->count ? rule : j->config.rules->count].of[action] += times;
}

void judge_learned(struct judge *j)
{
	j->generation = ++generations;
	memset(j->kept, 0, sizeof(j->kept));
}

const struct judge_count *judge_count_of(const struct judge *j, size_t rule)
{
	return &j->counts[rule];
}

void judge_total(const struct judge *j, struct judge_count *ret)
{
	*ret = (struct judge_count){ 0 };
	for (size_t i = 0; i <= j->config.rules->count; i++) {
		for (int a = 0; a < DECISION_ACTIONS; a++)
			ret->of[a] += j->counts[i].of[a];
		for (int h = 0; h < HELD_REASONS; h++)
			ret->held[h] += j->counts[i].held[h];
	}
}

void judge_untold(const struct judge *j, uint64_t *ret)
{
	memset(ret, 0, (j->config.rules->count + 1) * sizeof(*ret));
	limits_untold(j->limits, ret, j->config.rules->count);
}

uint64_t judge_forgotten(const struct judge *j)
{
	return limits_forgotten(j->limits);
}
