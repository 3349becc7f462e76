/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/proof.h"
#include "user/base/json.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/caps/profile.h"
#include "user/caps/asked.h"
#include "user/model/granted.h"
#include "user/model/outcome.h"
#include "user/view/answer.h"
#include "user/view/capwords.h"
#include "user/view/proof.h"

static void put_advice(struct json *j, const struct answer *a)
{
	const char *colon = a->user ? strchr(a->user, ':') : NULL;

	json_object(j);
	json_key(j, "capabilities");
	capwords_json(j, a->caps);
	json_key(j, "bounding");
	capwords_json(j, a->bounding);
	json_key(j, "user");
	if (a->user)
		json_str(j, a->user, colon ? (size_t)(colon - a->user) : strlen(a->user));
	else
		json_null(j);
	json_key(j, "group");
	json_cstr(j, colon ? colon + 1 : NULL);
	json_key(j, "no_new_privs");
	json_bool(j, a->no_new_privs);
	json_object_end(j);
}

static void put_text(struct json *j, const char *key, const char *text)
{
	json_key_str(j, key, strlen(key));
	json_cstr(j, text && *text ? text : NULL);
}

static void put_kernels(struct json *j, const struct asked *a, uint64_t which)
{
	const char *name;

	json_key(j, "kernels");
	json_array(j);
	for (size_t i = 0; (name = asked_kernel_at(a, i)); i++)
		if (which & 1ULL << i)
			json_cstr(j, name);
	json_array_end(j);
}

static void put_error(struct json *j, const char *key, uint64_t failed, int error)
{
	char made[OUTCOME_WORD_MAX];

	put_text(j, key, failed && error ? outcome_word(OUTCOME_FAILED, error, made) : NULL);
}

static void put_id(struct json *j, const char *key, const struct asked_row *row, uint32_t id)
{
	json_key_str(j, key, strlen(key));
	if (row->ids_known)
		json_u64(j, id);
	else
		json_null(j);
}

/* Who the first was. */
static void put_who(struct json *j, const struct asked_row *row)
{
	json_member_u64(j, "pid", row->pid);
	put_id(j, "uid", row, row->uid);
	put_text(j, "user", row->user);
	put_id(j, "euid", row, row->euid);
	put_text(j, "comm", row->comm);
	put_text(j, "exe", row->exe);
}

/* null where nothing of it is known. */
static bool begin_list(struct json *j, const char *key, bool known)
{
	json_key_str(j, key, strlen(key));
	if (known)
		json_array(j);
	else
		json_null(j);
	return known;
}

static void put_helpers(struct json *j, const struct asked_row *row)
{
	if (!begin_list(j, "helpers", row->helpers))
		return;
	for (unsigned helper = 0; helper < SITE_HELPER_COUNT; helper++)
		if (row->helpers & 1U << helper)
			json_cstr(j, site_helper_word((enum site_helper)helper));
	json_array_end(j);
}

static void put_callers(struct json *j, const struct asked_row *row)
{
	if (!begin_list(j, "callers", row->callers[0]))
		return;
	for (size_t i = 0; i < ASKED_CALLERS && row->callers[i]; i++)
		json_cstr(j, row->callers[i]);
	json_array_end(j);
}

static void put_arguments(struct json *j, const struct asked_row *row)
{
	if (!begin_list(j, "arguments", row->arg_count))
		return;
	for (unsigned i = 0; i < row->arg_count; i++)
		json_u64(j, row->args[i]);
	json_array_end(j);
}

void answer_row_json(struct json *j, const struct asked *a, const struct asked_row *row)
{
	json_object(j);
	put_text(j, "class", site_class_word(row->class));
	put_text(j, "operation", row->operation);
	put_text(j, "condition", row->condition);
	json_key(j, "alternatives");
	capwords_json(j, row->others);
	put_helpers(j, row);
	put_callers(j, row);
	put_text(j, "site", row->name);
	put_text(j, "syscall", row->call);
	put_arguments(j, row);
	json_key(j, "own_credentials");
	json_bool(j, !row->no_need);
	json_key(j, "setup");
	json_bool(j, row->setup);
	json_member_u64(j, "granted", row->granted);
	json_member_u64(j, "denied", row->denied);
	json_member_u64(j, "denied_failed", row->failed);
	json_member_u64(j, "denied_succeeded", row->worked);
	put_error(j, "error", row->failed, row->error);
	json_member_u64(j, "granted_failed", row->granted_failed);
	json_member_u64(j, "granted_succeeded", row->granted_worked);
	put_error(j, "granted_error", row->granted_failed, row->granted_error);
	when_member(j, "first", row->first_ns);
	when_member(j, "last", row->last_ns);
	json_member_bool(j, "start_up", row->starting);
	json_member_bool(j, "steady", row->steady);
	json_member_bool(j, "drops", !row->keeps);
	put_kernels(j, a, row->kernels);
	put_who(j, row);
	json_object_end(j);
}

/* What it is advised for though another was asked for there: whoever reads them finds them among the sites of that one. */
static void put_serves(struct json *j, const struct answer *a, unsigned cap)
{
	char number[CAPABILITY_NAME_MAX];
	const struct asked_row *row;
	size_t at = 0;

	json_key(j, "serves");
	json_array(j);
	while ((row = answer_next_row(a, cap, true, &at, NULL))) {
		if (row->cap == (int)cap)
			continue;
		json_object(j);
		put_text(j, "capability", capability_name((unsigned)row->cap, number));
		put_text(j, "operation", row->operation);
		put_text(j, "site", row->name);
		put_text(j, "syscall", row->call);
		json_member_u64(j, "granted", row->granted);
		when_member(j, "first", row->first_ns);
		put_who(j, row);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_capability(struct json *j, const struct answer *a, unsigned cap)
{
	char number[CAPABILITY_NAME_MAX];
	struct buf instead = BUF_INIT;
	size_t count = asked_count(a->asked);

	json_object(j);
	put_text(j, "capability", capability_name(cap, number));
	put_text(j, "part", answer_part_word(answer_part_of(a, cap)));
	json_key(j, "advised");
	json_bool(j, a->caps & 1ULL << cap);
	put_text(j, "phase", answer_phase(a, cap));
	json_member_bool(j, "only_to_drop", a->drops & a->caps & 1ULL << cap);
	answer_put_instead(&instead, a, cap);
	put_text(j, "instead", instead.len ? buf_str(&instead) : NULL);
	buf_done(&instead);
	json_key(j, "sites");
	json_array(j);
	for (size_t i = 0; i < count; i++)
		if (asked_at(a->asked, i)->cap == (int)cap)
			answer_row_json(j, a->asked, asked_at(a->asked, i));
	json_array_end(j);
	put_serves(j, a, cap);
	json_object_end(j);
}

static void put_asked(struct json *j, const struct answer *a)
{
	json_key(j, "asked");
	json_array(j);
	for (uint64_t set = answer_asked(a); set; set &= set - 1)
		put_capability(j, a, (unsigned)__builtin_ctzll(set));
	json_array_end(j);
}

static void put_files(struct json *j, const struct answer *a)
{
	json_key(j, "executed");
	json_array(j);
	for (size_t i = 0; i < a->file_count; i++) {
		const struct answer_file *f = &a->files[i];

		if (!f->caps && !f->setid && !f->refused)
			continue;
		json_object(j);
		put_text(j, "path", f->path);
		json_key(j, "capabilities");
		capwords_json(j, f->caps);
		json_key(j, "setid");
		json_bool(j, f->setid);
		json_member_bool(j, "refused", f->refused);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_granted(struct json *j, const struct answer *a)
{
	json_key(j, "granted");
	if (!a->granted_source) {
		json_null(j);
		return;
	}
	json_object(j);
	put_text(j, "source", granted_source_name(a->granted_source));
	json_key(j, "set");
	capwords_json(j, a->granted);
	json_key(j, "bounding");
	capwords_json(j, a->granted_bounding);
	json_object_end(j);
}

static void put_filters(struct json *j, const struct answer *a)
{
	json_key(j, "status_of_command");
	json_u64(j, (uint64_t)a->failed);
	json_member_bool(j, "fails_otherwise", answer_fails_otherwise(a));
	json_key(j, "seccomp");
	json_object(j);
	put_text(j, "mode", answer_seccomp_word(a->seccomp));
	put_text(j, "filter", a->filter);
	json_object_end(j);
}

static void put_story(struct json *j, const struct asked *a)
{
	uint32_t users[2];
	unsigned count = asked_drops_to(a, users);

	json_member_bool(j, "past_start_up", asked_saw_steady(a));
	json_key(j, "drops_to");
	json_array(j);
	for (unsigned i = 0; i < count; i++)
		json_u64(j, users[i]);
	json_array_end(j);
}

void answer_json(struct buf *b, const struct answer *a)
{
	uint64_t granted, held;
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_literal(&j, PROFILE_TYPE);
	json_key(&j, "version");
	json_u64(&j, PROFILE_VERSION);
	json_key(&j, "status");
	json_cstr(&j, profile_status_name(a->status));
	json_key(&j, "incomplete");
	json_bool(&j, a->incomplete);
	json_key(&j, "advice");
	put_advice(&j, a);
	when_member(&j, "made", a->made_ns);
	put_text(&j, "command", a->command);
	put_text(&j, "workload", a->workload);
	put_granted(&j, a);
	json_member_u64(&j, "runs", a->runs);
	put_kernels(&j, a->asked, UINT64_MAX);
	json_member_u64(&j, "watched_ms", asked_watched_ns(a->asked) / 1000000);
	json_member_u64(&j, "checks", a->checks);
	json_member_u64(&j, "lost", a->lost);
	json_member_bool(&j, "start_seen", a->start_seen);
	json_member_bool(&j, "sites_known", !a->sites_unknown);
	put_filters(&j, a);
	put_story(&j, a->asked);
	put_asked(&j, a);
	json_key(&j, "held_not_asked");
	if (answer_unasked(a, &held))
		capwords_json(&j, held);
	else
		json_null(&j);
	if (asked_grant(a->asked, &granted)) {
		json_key(&j, "granted_not_asked");
		capwords_json(&j, answer_unused(a));
	}
	put_files(&j, a);
	if (a->story) {
		json_key(&j, "proof");
		proof_json(&j, a->story);
	}
	json_object_end(&j);
	buf_putc(b, '\n');
}
