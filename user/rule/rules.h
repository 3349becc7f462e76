/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: read from YAML, all files of a set together, into a program that decides. No files, no clock:
 * whoever reads files hands over their texts, whoever has a check hands over what is known of it.
 * docs/capsieve-rules.5 has the language.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/model/baseline.h"
#include "user/model/decision.h"
#include "user/model/where.h"

struct complaints;
struct workload;
struct yml;
struct yml_node;

enum { RULES_MAX = 10000, RULES_FILES_MAX = 1000 };

/* Bits of rule.verdicts. */
enum { RULE_ALLOWED = 1, RULE_DENIED = 2 };

struct rules_file {
	const char *name;	/* as it is to be named in messages */
	const char *text;
	size_t n;
};

struct rule {
	const char *name;
	const char *file;
	unsigned line, column;		/* where it begins */
	const struct yml_node *node;
	size_t file_index;
	struct where where;
	struct where *except;
	size_t except_count;
	uint64_t caps[DECISION_ACTIONS];	/* sets that are named; CAPABILITY_ALL for `all` */
	uint64_t profile_caps;		/* what a profile allows, if no word above names it */
	const char *profile;		/* .. its file, or NULL */
	bool learned;			/* allow_profile: learned */
	uint8_t learn_by;		/* enum baseline_by */
	uint64_t learn_ns;		/* how long; 0: it does not say */
	bool has_otherwise;
	uint8_t otherwise, on_denied;	/* enum decision_action */
	uint8_t verdicts;
	uint8_t severity;
	bool class_given;
	uint8_t classes;		/* 1 << enum site_class */
	uint64_t once_per_ns;		/* 0: no limit */
	uint32_t more_than;		/* with .window_ns, else 0 */
	uint64_t window_ns;
	const char **outputs, **tags;	/* owned, the words are not */
	size_t output_count, tag_count;
};

struct rules {
	struct rule *at;
	size_t count;
	uint8_t otherwise;		/* enum decision_action: the default */
	uint32_t keys;			/* 1 << enum where_key: what some rule asks for */
	struct rules_source *sources;	/* the files, and what the rules borrow from */
	size_t source_count;
	struct rules_list *lists;
	size_t list_count;
};

/* A file that the rules were read from. */
struct rules_source {
	char *name, *text;
	size_t n;
	struct yml *yml;
};

struct rules_list {
	const char *name;
	const struct yml_node *key, *items;
	size_t source;			/* the file */
	bool used;
};

/*
 * Reads a profile for allow_profile. 0 and *ret; negative errno with a sentence in why. `from`: the file of
 * the rule.
 */
struct rules_profiles {
	int (*read)(void *ctx, const char *from, const char *path, uint64_t *ret, struct buf *why);
	void *ctx;
};

/*
 * All files of a set, in their order. 0 and *ret; -EINVAL and all mistakes in told; -ENOMEM. profiles may
 * be NULL: then allow_profile with a file allows nothing more.
 */
int rules_read(const struct rules_file *files, size_t count, const struct rules_profiles *profiles,
	       struct complaints *told, struct rules **ret);
void rules_free(struct rules *rules);

/* Say both the same, word for word, wherever they stand? Lists and profiles are what was in them. */
bool rule_is_same(const struct rule *a, const struct rule *b);

/* ---- deciding ---- */

/* Words for what a check can be, by enum site_class. */
extern const char *const rule_class_words[SITE_CLASS_COUNT];

/* One check, or a program's possible one. */
struct rules_check {
	const struct where_subject *who;
	int cap;
	bool denied;
	enum site_class class;
};

/* Why a rule does not decide, or that it does. */
enum rules_step {
	STEP_NOT_REACHED,	/* another one decided before */
	STEP_VERDICT,		/* is about the other verdict */
	STEP_CLASS,		/* .. other classes */
	STEP_CAP,		/* does not name the capability */
	STEP_WHERE,		/* is about others: .term */
	STEP_EXCEPT,		/* except for these */
	STEP_UNKNOWN,		/* it cannot be told: .term; counts where it is louder than what decides */
	STEP_LEARNED,		/* nothing is learned */
	STEP_DECIDES,
};

struct rules_reason {
	enum rules_step step;
	const struct where_term *term;	/* the condition, where one decided; else NULL */
	size_t except;			/* with STEP_EXCEPT: which */
	enum decision_action action;	/* from STEP_WHERE on: what it would have said */
	const char *by;			/* .. and by which key */
};

/*
 * What the rules say; *ret borrows from rules. Its .held is not set: limits are not told here. reasons: one
 * for each rule, or NULL. *ret_rule: the rule, rules->count for none. May be NULL.
 */
void rules_decide(const struct rules *rules, const struct rules_check *check, struct decision *ret, size_t *ret_rule,
		  struct rules_reason *reasons);

/*
 * Is who one whom the rule is about, less its exceptions? why: .step and .term as in rules_decide, unless
 * it is WHERE_YES.
 */
enum where_answer rule_applies(const struct rule *rule, const struct where_subject *who, struct rules_reason *why);

/*
 * What is silent of somebody whatever else is known of a check: for each verdict the capabilities of which
 * rules_decide says allow, or ignore, for every class (of quality and advisory checks it may say ignore for
 * allow). What is in neither may be silent still; it has to be asked.
 */
struct rules_sets {
	uint64_t allow[2], ignore[2];	/* [0]: granted, [1]: denied */
	uint16_t by[2][CAPABILITY_MAX];	/* of these: which rule said so; rules->count: none did */
};

void rules_sets(const struct rules *rules, const struct where_subject *who, struct rules_sets *ret);

/*
 * Is it for a rule that this workload is learned, and for how long? 0: it is for none that says so. Of a rule of which it is
 * not known whether it is about him, it is.
 */
uint64_t rules_learn(const struct rules *rules, const struct workload *w, enum baseline_by by);

/* What the rule says of a capability if it applies: false where it does not name it. */
bool rule_names(const struct rule *rule, int cap, bool denied, enum decision_action *ret, const char **ret_by);
