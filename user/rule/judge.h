/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules at work: says of each check what becomes of it, with once_per and more_than, and counts that by
 * rule. Who is the same asks the same: what was decided is kept, so that the rules are gone through once
 * for each program, capability and verdict.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/decision.h"

struct record;
struct rules;
struct rules_sets;
struct users;
struct where_subject;
struct workload;

struct judge_config {
	const struct rules *rules;	/* borrowed */
	struct users *users;		/* borrowed; NULL: the names of users and groups are not known */
	const char *proc;		/* procfs, for what no event tells; NULL: it is not of this machine */
	/* What is learned of a workload, into what is zeroed; NULL: nothing is of anybody. */
	void (*learned)(void *ctx, const struct workload *w, struct baseline ret[static BASELINE_BYS]);
	void *learned_ctx;
	uint32_t host_mntns;		/* the host's mount namespace: only there a path is what it says; 0: unknown */
	bool hide_allowed;		/* what is allowed is not shown */
};

struct judge;
struct judge *judge_new(const struct judge_config *config);	/* NULL: out of memory */
void judge_free(struct judge *j);

/* What becomes of r, which has RECORD_CHECK. *ret is good for as long as the rules are. */
void judge_record(struct judge *j, const struct record *r, struct decision *ret);

/*
 * What is silent of whom r is about, for as long as he is whom r and its program describe: his comm, command line, terminal
 * and ancestors may be others by then, and silence nothing.
 */
void judge_sets(struct judge *j, const struct record *r, struct rules_sets *ret);

/* As many checks came to that without having been shown to judge_record. rule: its place, or the number of rules. */
void judge_counted(struct judge *j, size_t rule, enum decision_action action, uint64_t times);

/*
 * From now on these rules, in one step; the former ones are not asked any more. What was counted, and what once_per and
 * more_than know, begins anew (of another judge it may be inherited). 0; -ENOMEM, and all is as it was.
 */
int judge_use(struct judge *j, const struct rules *rules);

/*
 * What once_per and more_than know goes over from another judge, of the rules that are in both and the same; j is new, and
 * `former` is not asked any more. 0; -ENOMEM, and they begin anew.
 */
int judge_inherit(struct judge *j, struct judge *former);

/* Of no other judge, and of this one not after another judge_use or judge_learned. */
uint32_t judge_generation(const struct judge *j);

/* 1 << enum where_key: what some rule asks for. */
uint32_t judge_keys(const struct judge *j);

/* What was learned is another now: everything is asked again. */
void judge_learned(struct judge *j);

/* 1 << enum where_key: what this workload's names may be made up in. Who is so is not learned. */
uint32_t judge_unsure_of(const struct workload *w);

/* How many checks came to what. */
struct judge_count {
	uint64_t of[DECISION_ACTIONS];	/* alerts: that were told */
	uint64_t held[HELD_REASONS];	/* alerts that were not */
};

/* By the rule's place in the set; the number of rules: what none decided. */
const struct judge_count *judge_count_of(const struct judge *j, size_t rule);

/*
 * Alerts that once_per has held back since the last that it let pass: no alert has told of them. By the rule's place, *ret has
 * room for one more than there are rules: those of whom it had to forget.
 */
void judge_untold(const struct judge *j, uint64_t *ret);

/* The sum of all. */
void judge_total(const struct judge *j, struct judge_count *ret);

/* How often once_per or more_than forgot somebody for lack of room. */
uint64_t judge_forgotten(const struct judge *j);
