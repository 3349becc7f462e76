/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/saved_proof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/member.h"
#include "user/advice/proof.h"
#include "user/base/jsonin.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/caps/profile.h"

enum { RUNS_MAX = 1024, STATUS_MAX = 255 };

/* ---- words ----------------------------------------------------------------------------------------------------------- */

static int take_word(const struct jsonin *o, const char *key, const char *const *words, size_t count, size_t *ret)
{
	struct jsonin at;

	return jsonin_member(o, key, &at) ?: jsonin_word(&at, words, count, ret);
}

static int take_purpose(const struct jsonin *o, enum proof_purpose *ret)
{
	const char *words[PROOF_PURPOSES];
	size_t nr = 0;
	int err;

	for (enum proof_purpose purpose = 0; purpose < PROOF_PURPOSES; purpose++)
		words[purpose] = proof_purpose_word(purpose);
	err = take_word(o, "purpose", words, PROOF_PURPOSES, &nr);
	*ret = (enum proof_purpose)nr;
	return err;
}

static int take_end(const struct jsonin *o, enum proof_end *ret)
{
	const char *words[PROOF_ENDS];
	size_t nr = 0;
	int err;

	for (enum proof_end end = 0; end < PROOF_ENDS; end++)
		words[end] = proof_end_word(end);
	err = take_word(o, "end", words, PROOF_ENDS, &nr);
	*ret = (enum proof_end)nr;
	return err;
}

static int take_kind(const struct jsonin *o, enum proof_kind *ret)
{
	const char *words[PROOF_KINDS];
	size_t nr = 0;
	int err;

	for (enum proof_kind kind = 0; kind < PROOF_KINDS; kind++)
		words[kind] = proof_kind_word(kind);
	err = take_word(o, "kind", words, PROOF_KINDS, &nr);
	*ret = (enum proof_kind)nr;
	return err;
}

/* null where it was not decided. */
static int take_decision(const struct jsonin *o, enum minimise_why *ret)
{
	const char *words[MINIMISE_UNASKED];
	struct jsonin at;
	size_t nr = 0;
	int err = jsonin_member(o, "result", &at);

	if (err || jsonin_is_null(&at))
		return err;
	for (enum minimise_why why = MINIMISE_GOES; why <= MINIMISE_UNASKED; why++)
		words[why - MINIMISE_GOES] = minimise_word(why);
	err = jsonin_word(&at, words, MINIMISE_UNASKED, &nr);
	*ret = (enum minimise_why)(nr + MINIMISE_GOES);
	return err;
}

/* Files that are older do not have it. */
static int take_unusable(const struct jsonin *o, enum proof_unusable *ret)
{
	const char *words[PROOF_LOSSES];
	struct jsonin at;
	size_t nr = 0;
	int err = jsonin_has(o, "unusable") ? jsonin_member(o, "unusable", &at) : -ENODATA;

	if (err == -ENODATA || (!err && jsonin_is_null(&at)))
		return 0;
	for (enum proof_unusable why = PROOF_BAD_END; why <= PROOF_LOSSES; why++)
		words[why - PROOF_BAD_END] = proof_unusable_word(why);
	err = err ?: jsonin_word(&at, words, PROOF_LOSSES, &nr);
	*ret = (enum proof_unusable)(nr + PROOF_BAD_END);
	return err;
}

static int take_capability(const struct jsonin *o, const char *key, unsigned *ret)
{
	struct jsonin at;
	const char *word;
	int err = jsonin_member(o, key, &at) ?: jsonin_text(&at, &word);

	if (!err && capability_parse(word, strlen(word), ret))
		err = jsonin_say(&at, "there is no such capability");
	return err;
}

/* A number where there is one. */
static int take_status(const struct jsonin *o, const char *key, int *ret)
{
	struct jsonin at;
	uint64_t value = 0;
	int err = jsonin_member(o, key, &at);

	if (err || jsonin_is_null(&at))
		return err;
	err = member_number(o, key, STATUS_MAX, &value);
	*ret = err ? *ret : (int)value;
	return err;
}

/* ---- what differs ---------------------------------------------------------------------------------------------------- */

static int take_row(const struct jsonin *o, struct asked_row *row)
{
	const char *operation = NULL;
	unsigned cap = 0;
	int err = take_capability(o, "capability", &cap) ?: member_class(o, &row->class) ?:
		  member_text(o, "operation", &operation) ?:
		  member_chars(o, "site", row->name, sizeof(row->name)) ?:
		  member_chars(o, "syscall", row->call, sizeof(row->call));

	err = err ?: member_times(o, "granted", &row->granted) ?: member_times(o, "denied", &row->denied) ?:
	      member_times(o, "denied_failed", &row->failed) ?: member_times(o, "denied_succeeded", &row->worked) ?:
	      member_error(o, "error", &row->error);
	if (err)
		return err;
	row->cap = (int)cap;
	row->operation = operation ? strdup(operation) : NULL;
	return operation && !row->operation ? -ENOMEM : 0;
}

static bool is_of_check(enum proof_kind kind)
{
	return kind == PROOF_DENIAL || kind == PROOF_CHECK || kind == PROOF_GONE;
}

static int take_difference(const struct jsonin *o, struct proof_attempt *at)
{
	struct proof_difference *d = &at->differs.at[at->differs.count];
	int err = take_kind(o, &d->kind) ?: member_bool(o, "matters", &d->matters);

	if (!err && is_of_check(d->kind)) {
		err = take_row(o, &at->rows[at->row_count]);
		d->row = &at->rows[at->row_count];
		at->row_count += !err;
	}
	at->differs.count += !err;
	return err;
}

static int take_differences(const struct jsonin *o, struct proof_attempt *at)
{
	struct jsonin list, item;
	uint64_t left_out = 0;
	size_t count = 0;
	int err = jsonin_member(o, "differences", &list) ?: jsonin_count(&list, &count) ?:
		  member_number(o, "differences_left_out", INT32_MAX, &left_out);

	if (err)
		return err;
	if (count > PROOF_DIFFERENCES_MAX)
		return jsonin_say(&list, "more than the %d that there may be", PROOF_DIFFERENCES_MAX);
	at->differs.left_out = left_out;
	at->differs.at = calloc(count + 1, sizeof(*at->differs.at));
	at->rows = calloc(count + 1, sizeof(*at->rows));
	if (!at->differs.at || !at->rows)
		return -ENOMEM;
	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = take_difference(&item, at);
	}
	return err;
}

/* ---- runs ------------------------------------------------------------------------------------------------------------ */

static int take_run(const struct jsonin *o, struct proof_attempt *at)
{
	int err = take_purpose(o, &at->purpose) ?: take_end(o, &at->run.end) ?: take_status(o, "exit_status", &at->run.status) ?:
		  member_bool(o, "server", &at->run.server) ?: take_status(o, "test", &at->run.judge) ?:
		  member_bool(o, "incomplete", &at->run.incomplete);

	if (!err && at->purpose != PROOF_FIRST)
		err = profile_take_caps(o, "capabilities", &at->caps) ?: profile_take_caps(o, "bounding", &at->bounding) ?:
		      member_bool(o, "holds", &at->differs.holds) ?: take_differences(o, at);
	if (!err && at->purpose == PROOF_MINIMISE)
		err = take_capability(o, "without", &at->without) ?: take_decision(o, &at->why);
	return err;
}

static int take_runs(const struct jsonin *proof, struct proof_story *s)
{
	struct jsonin list, item;
	size_t count = 0;
	int err = jsonin_member(proof, "runs", &list) ?: jsonin_count(&list, &count);

	if (!err && (!count || count > RUNS_MAX))
		err = jsonin_say(&list, "1 to %d are expected", RUNS_MAX);
	for (size_t i = 0; !err && i < count; i++) {
		struct proof_attempt *at = proof_story_add(s);

		jsonin_item(&list, i, &item);
		err = at ? take_run(&item, at) : -ENOMEM;
	}
	return err;
}

static int take_proof(const struct jsonin *proof, struct proof_story *s)
{
	return member_bool(proof, "verified", &s->verified) ?: member_bool(proof, "minimised", &s->minimised) ?:
	       member_bool(proof, "interrupted", &s->interrupted) ?: take_unusable(proof, &s->unusable) ?:
	       profile_take_caps(proof, "added", &s->added) ?: profile_take_caps(proof, "removed", &s->removed) ?:
	       take_runs(proof, s);
}

int saved_proof_take(const struct jsonin *root, const struct proof_story **ret)
{
	struct proof_story *s;
	struct jsonin proof;
	int err;

	if (!jsonin_has(root, "proof"))
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	err = jsonin_member(root, "proof", &proof) ?: take_proof(&proof, s);
	if (err)
		saved_proof_free(s);
	else
		*ret = s;
	return err;
}

void saved_proof_free(struct proof_story *s)
{
	if (s)
		proof_story_done(s);
	free(s);
}
