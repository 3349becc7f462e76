/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/member.h"
#include "user/advice/proof.h"
#include "user/advice/saved_proof.h"
#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/model/granted.h"
#include "user/model/workload.h"

/* ---- what was asked ----------------------------------------------------------------------------------------------- */

/* On which of the file's kernels, as bits. */
static int take_kernel(const struct jsonin *at, const struct asked *a, uint64_t *kernels)
{
	const char *name, *kernel;
	int err = jsonin_text(at, &name);

	for (size_t i = 0; !err && (kernel = asked_kernel_at(a, i)); i++)
		if (!strcmp(kernel, name)) {
			*kernels |= 1ULL << i;
			return 0;
		}
	return err ?: jsonin_say(at, "not one of the kernels of this file");
}

static int take_kernels(const struct jsonin *site, const struct asked *a, uint64_t *kernels)
{
	struct jsonin list, item;
	size_t count;
	int err = jsonin_member(site, "kernels", &list) ?: jsonin_count(&list, &count);

	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = take_kernel(&item, a, kernels);
	}
	return err;
}

/* Files of the first version do not have them. */
static int take_granted_outcomes(const struct jsonin *site, struct asked_row *row)
{
	if (!jsonin_has(site, "granted_failed"))
		return 0;
	return member_times(site, "granted_failed", &row->granted_failed) ?:
	       member_times(site, "granted_succeeded", &row->granted_worked) ?:
	       member_error(site, "granted_error", &row->granted_error);
}

static int take_counts(const struct jsonin *site, struct asked_row *row)
{
	return member_times(site, "granted", &row->granted) ?:
	       member_times(site, "denied", &row->denied) ?:
	       member_times(site, "denied_failed", &row->failed) ?:
	       member_times(site, "denied_succeeded", &row->worked) ?:
	       member_error(site, "error", &row->error) ?:
	       take_granted_outcomes(site, row) ?:
	       member_time(site, "first", &row->first_ns) ?:
	       member_time(site, "last", &row->last_ns);
}

static int take_place(const struct jsonin *site, struct asked_row *row)
{
	bool own = false, drops = false;
	int err = member_class(site, &row->class) ?:
		  member_text(site, "operation", &row->operation) ?:
		  member_text(site, "condition", &row->condition) ?:
		  profile_take_caps(site, "alternatives", &row->others) ?:
		  member_chars(site, "site", row->name, sizeof(row->name)) ?:
		  member_chars(site, "syscall", row->call, sizeof(row->call)) ?:
		  member_bool(site, "own_credentials", &own) ?: member_flag(site, "setup", &row->setup);

	err = err ?: member_flag(site, "start_up", &row->starting) ?: member_flag(site, "steady", &row->steady) ?:
	      member_flag(site, "drops", &drops);
	row->no_need = !own;
	row->keeps = !drops;
	return err;
}

static int take_helper(const struct jsonin *at, struct asked_row *row)
{
	const char *words[SITE_HELPER_COUNT];
	size_t nr;
	int err;

	for (unsigned helper = 0; helper < SITE_HELPER_COUNT; helper++)
		words[helper] = site_helper_word((enum site_helper)helper);
	err = jsonin_word(at, words, SITE_HELPER_COUNT, &nr);
	if (!err)
		row->helpers |= 1U << nr;
	return err;
}

static int take_argument(const struct jsonin *at, struct asked_row *row)
{
	int64_t value;
	int err = jsonin_i64(at, &value);

	if (!err && (value < 0 || value > UINT32_MAX))
		err = jsonin_say(at, "%lld is out of range", (long long)value);
	if (!err)
		row->args[row->arg_count++] = (uint32_t)value;
	return err;
}

static int take_caller(const struct jsonin *at, struct asked_row *row)
{
	size_t i = 0;

	while (row->callers[i])
		i++;
	return jsonin_text(at, &row->callers[i]);
}

/* A list that has at most `most` items; of older files, and where nothing is known, none. */
static int take_list_of(const struct jsonin *site, const char *key, size_t most,
			int (*take)(const struct jsonin *at, struct asked_row *row), struct asked_row *row)
{
	struct jsonin list, item;
	size_t count;
	int err = jsonin_has(site, key) ? jsonin_member(site, key, &list) : -ENODATA;

	if (err || jsonin_is_null(&list))
		return err == -ENODATA ? 0 : err;
	err = jsonin_count(&list, &count);
	if (!err && count > most)
		err = jsonin_say(&list, "more than the %zu that there may be", most);
	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = take(&item, row);
	}
	return err;
}

static int take_way(const struct jsonin *site, struct asked_row *row)
{
	return take_list_of(site, "helpers", SITE_HELPER_COUNT, take_helper, row) ?:
	       take_list_of(site, "callers", ASKED_CALLERS, take_caller, row) ?:
	       take_list_of(site, "arguments", 2, take_argument, row);
}

/* Who the first was. Older files do not say as whom. */
static int take_who(const struct jsonin *site, struct asked_row *row, const char **ret_exe)
{
	uint64_t pid = 0, uid = 0, euid = 0;
	struct jsonin at;
	int err = member_number(site, "pid", UINT32_MAX, &pid) ?: member_chars(site, "comm", row->comm, sizeof(row->comm)) ?:
		  member_text(site, "exe", ret_exe);

	row->pid = (uint32_t)pid;
	if (err || !jsonin_has(site, "uid"))
		return err;
	err = member_chars(site, "user", row->user, sizeof(row->user)) ?: jsonin_member(site, "uid", &at);
	if (err || jsonin_is_null(&at))
		return err;
	err = member_number(site, "uid", UINT32_MAX, &uid) ?: member_number(site, "euid", UINT32_MAX, &euid);
	row->uid = (uint32_t)uid;
	row->euid = (uint32_t)euid;
	row->ids_known = true;
	return err;
}

static int take_site(const struct jsonin *site, unsigned cap, struct asked *a)
{
	struct asked_row row = { .cap = (int)cap };
	const char *exe = NULL;
	int err = take_place(site, &row) ?: take_way(site, &row) ?: take_counts(site, &row) ?:
		  take_kernels(site, a, &row.kernels) ?: take_who(site, &row, &exe);

	row.exe = (char *)exe;
	return err ?: asked_put(a, &row);
}

static int take_part(const struct jsonin *asked, unsigned cap, struct solved *s)
{
	const char *words[SOLVE_PARTS];
	struct jsonin at;
	size_t nr;
	int err;

	for (enum solve_part part = 0; part < SOLVE_PARTS; part++)
		words[part] = answer_part_word(part);
	err = jsonin_member(asked, "part", &at) ?: jsonin_word(&at, words, SOLVE_PARTS, &nr);
	if (!err)
		s->parts[nr] |= 1ULL << cap;
	return err;
}

static bool is_told(const struct solved *s, unsigned cap)
{
	uint64_t all = 0;

	for (enum solve_part part = 0; part < SOLVE_PARTS; part++)
		all |= s->parts[part];
	return all & 1ULL << cap;
}

static int take_capability(const struct jsonin *asked, struct answer *a)
{
	struct jsonin at, sites, site;
	const char *word;
	unsigned cap;
	size_t count;
	int err = jsonin_member(asked, "capability", &at) ?: jsonin_text(&at, &word);

	if (!err && capability_parse(word, strlen(word), &cap))
		err = jsonin_say(&at, "there is no such capability");
	if (!err && is_told(&a->solved, cap))
		err = jsonin_say(&at, "is there twice");
	err = err ?: take_part(asked, cap, &a->solved);
	err = err ?: jsonin_member(asked, "sites", &sites) ?: jsonin_count(&sites, &count);
	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&sites, i, &site);
		err = take_site(&site, cap, a->asked);
	}
	return err;
}

static int take_asked(const struct jsonin *root, struct answer *a)
{
	struct jsonin list, item;
	size_t count;
	int err = jsonin_member(root, "asked", &list) ?: jsonin_count(&list, &count);

	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = take_capability(&item, a);
	}
	return err;
}

/* ---- the rest ----------------------------------------------------------------------------------------------------- */

static int take_kernel_names(const struct jsonin *root, struct asked *a)
{
	struct jsonin list, item;
	const char *name;
	size_t count;
	int err = jsonin_member(root, "kernels", &list) ?: jsonin_count(&list, &count);

	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = jsonin_text(&item, &name) ?: asked_kernel(a, name);
		if (err == -ENOSPC)
			err = jsonin_say(&list, "more than the %d that there may be", ASKED_KERNELS_MAX);
	}
	return err;
}

static int take_file(const struct jsonin *at, struct answer_file *ret)
{
	struct answer_file f = { 0 };
	const char *path = NULL;
	int err = member_text(at, "path", &path) ?: profile_take_caps(at, "capabilities", &f.caps) ?:
		  member_bool(at, "setid", &f.setid) ?: member_flag(at, "refused", &f.refused);

	if (err)
		return err;
	f.path = strdup(path ? path : "");
	if (!f.path)
		return -ENOMEM;
	*ret = f;
	return 0;
}

static int take_files(const struct jsonin *root, struct answer *a)
{
	struct answer_file *files;
	struct jsonin list, item;
	size_t count;
	int err = jsonin_member(root, "executed", &list) ?: jsonin_count(&list, &count);

	if (err)
		return err;
	if (count > ASKED_FILES_MAX)
		return jsonin_say(&list, "more than the %d that there may be", ASKED_FILES_MAX);
	files = calloc(count + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	a->files = files;
	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = take_file(&item, &files[i]);
		a->file_count += !err;
	}
	return err;
}

/* Files that are older do not have it. */
static int take_filters(const struct jsonin *root, struct answer *a)
{
	struct jsonin seccomp;
	const char *filter = NULL, *mode = NULL;
	uint64_t failed = 0;
	int err;

	a->seccomp = ANSWER_SECCOMP_UNKNOWN;
	if (!jsonin_has(root, "seccomp"))
		return 0;
	err = member_number(root, "status_of_command", 255, &failed) ?: jsonin_member(root, "seccomp", &seccomp) ?:
	      member_text(&seccomp, "mode", &mode) ?: member_text(&seccomp, "filter", &filter);
	if (err)
		return err;
	for (unsigned i = 0; mode && i < ANSWER_SECCOMP_UNKNOWN; i++)
		if (!strcmp(mode, answer_seccomp_word(i)))
			a->seccomp = i;
	a->failed = (int)failed;
	a->filter = filter ? strdup(filter) : NULL;
	return filter && !a->filter ? -ENOMEM : 0;
}

static int take_run(const struct jsonin *root, struct answer *a)
{
	uint64_t watched_ms = 0;
	bool named = false;
	const char *command = NULL;
	int err = member_time(root, "made", &a->made_ns) ?: member_text(root, "command", &command) ?:
		  member_number(root, "runs", ASKED_TIMES_MAX, &a->runs) ?:
		  member_number(root, "watched_ms", ASKED_WATCHED_MS_MAX, &watched_ms) ?:
		  member_times(root, "checks", &a->checks) ?: member_times(root, "lost", &a->lost) ?:
		  member_bool(root, "start_seen", &a->start_seen) ?: member_bool(root, "sites_known", &named);

	if (err)
		return err;
	asked_watched(a->asked, watched_ms * 1000000);
	a->sites_unknown = !named;
	a->command = command ? strdup(command) : NULL;
	return command && !a->command ? -ENOMEM : take_filters(root, a);
}

/* A profile of who was started by nothing that grants has none. */
static int take_unused(const struct jsonin *root, struct asked *asked)
{
	uint64_t granted = 0;
	int err = jsonin_has(root, "granted_not_asked") ? profile_take_caps(root, "granted_not_asked", &granted) : -ENODATA;

	if (!err)
		asked_granted(asked, granted);
	return err == -ENODATA ? 0 : err;
}

static int take_granted(const struct jsonin *granted, struct answer *a)
{
	const char *words[GRANTED_SOURCES - 1];
	struct jsonin at;
	size_t nr;
	int err;

	for (uint32_t source = GRANTED_UNKNOWN + 1; source < GRANTED_SOURCES; source++)
		words[source - 1] = granted_source_name(source);
	err = jsonin_member(granted, "source", &at) ?: jsonin_word(&at, words, GRANTED_SOURCES - 1, &nr);
	err = err ?: profile_take_caps(granted, "set", &a->granted);
	err = err ?: profile_take_caps(granted, "bounding", &a->granted_bounding);
	if (err)
		return err;
	a->granted_source = (uint32_t)nr + 1;
	asked_granted(a->asked, a->granted);
	return 0;
}

/* Older files tell nothing of it. */
static int take_workload(const struct jsonin *root, struct answer *a)
{
	const char *name = NULL;
	struct jsonin granted;
	int err = jsonin_has(root, "workload") ? member_text(root, "workload", &name) : 0;

	if (!err && name) {
		a->workload = strdup(name);
		err = a->workload ? 0 : -ENOMEM;
	}
	err = err ?: take_unused(root, a->asked);
	if (err || !jsonin_has(root, "granted"))
		return err;
	err = jsonin_member(root, "granted", &granted);
	return err || jsonin_is_null(&granted) ? err : take_granted(&granted, a);
}

/* How it began. */
static int take_story(const struct jsonin *root, struct asked *a)
{
	struct jsonin list, item;
	bool settled = false;
	int64_t user;
	size_t count;
	int err;

	if (!jsonin_has(root, "past_start_up"))
		return 0;
	err = member_bool(root, "past_start_up", &settled) ?: jsonin_member(root, "drops_to", &list) ?: jsonin_count(&list, &count);
	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = jsonin_i64(&item, &user);
		if (!err && (user < 0 || user > UINT32_MAX))
			err = jsonin_say(&item, "%lld is no user", (long long)user);
		if (!err)
			asked_drop_to(a, (uint32_t)user);
	}
	if (settled)
		asked_see_steady(a);
	return err;
}

/* null: of nobody is it known what he holds. */
static int take_held(const struct jsonin *root, struct asked *a)
{
	struct jsonin at;
	uint64_t held;
	int err = jsonin_member(root, "held_not_asked", &at);

	if (err || jsonin_is_null(&at))
		return err;
	err = profile_take_caps(root, "held_not_asked", &held);
	if (!err)
		asked_holds(a, held);
	return err;
}

static int take_why(const struct jsonin *root, struct answer *a)
{
	int err = take_run(root, a) ?: take_story(root, a->asked) ?: take_workload(root, a) ?:
		  take_kernel_names(root, a->asked) ?: take_asked(root, a) ?: take_held(root, a->asked) ?: take_files(root, a);

	if (!err)
		answer_date(a);
	return err ?: saved_proof_take(root, &a->story);
}

/* What it claims of itself has to agree with what it tells. Of merged ones each had its proof; of no run nothing is told. */
static int check_claims(const struct jsonin *root, const struct answer *a)
{
	struct jsonin status, incomplete;
	int err = jsonin_member(root, "status", &status) ?: jsonin_member(root, "incomplete", &incomplete);

	if (!err && a->status == PROFILE_VERIFIED && a->runs == 1 && !(a->story && a->story->verified))
		err = jsonin_say(&status, "'verified' is said, and no proof that it ran again and worked");
	if (!err && a->lost && !a->incomplete)
		err = jsonin_say(&incomplete, "false is said, and that %llu checks are lost", (unsigned long long)a->lost);
	return err;
}

static int take(const struct jsonin *root, struct saved *s)
{
	struct answer *a = &s->answer;
	struct profile p;
	int err = profile_take(root, &p);

	if (err)
		return err;
	a->status = p.status;
	a->caps = p.caps;
	a->bounding = p.bounding;
	a->user = p.user;
	a->no_new_privs = p.no_new_privs;
	a->incomplete = p.incomplete;
	a->solved.exact = true;
	a->asked = asked_new();
	if (!a->asked)
		return -ENOMEM;
	s->whole = jsonin_has(root, "asked");
	return s->whole ? take_why(root, a) ?: check_claims(root, a) : 0;
}

/* The same, and on failure nothing is left of it. */
static int take_one(const struct jsonin *root, struct saved *ret)
{
	struct saved s = { .whole = false };
	int err = take(root, &s);

	if (err)
		saved_done(&s);
	else
		*ret = s;
	return err;
}

int saved_parse(const char *file, const char *text, size_t n, struct buf *why, struct saved *ret)
{
	struct jsonin root;
	int err = jsonin_open(file, text, n, why, &root);

	if (err)
		return err;
	err = take_one(&root, ret);
	jsonin_close(&root);
	return err;
}

/* Is it of a host? What has no type at all is told by whoever reads one. */
static bool is_list(const struct jsonin *root)
{
	struct buf unsaid = BUF_INIT;
	struct jsonin quiet = *root, type;
	const char *word;
	bool list;

	quiet.why = &unsaid;
	list = !jsonin_member(&quiet, "type", &type) && !jsonin_text(&type, &word) && !strcmp(word, PROFILE_TYPE "s");
	buf_done(&unsaid);
	return list;
}

static int take_list(const struct jsonin *list, size_t count, struct saved_list *to)
{
	struct jsonin item;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		jsonin_item(list, i, &item);
		err = take_one(&item, &to->at[i]);
		to->count += !err;
	}
	return err;
}

int saved_parse_all(const char *file, const char *text, size_t n, struct buf *why, struct saved_list *ret)
{
	struct saved_list all = { NULL, 0 };
	struct jsonin root, list;
	size_t count = 1;
	int err = jsonin_open(file, text, n, why, &root);
	bool many = !err && is_list(&root);

	if (err)
		return err;
	if (many)
		err = jsonin_member(&root, "workloads", &list) ?: jsonin_count(&list, &count);
	if (!err)
		all.at = calloc(count + 1, sizeof(*all.at));
	if (!err && !all.at)
		err = -ENOMEM;
	if (!err && many) {
		err = take_list(&list, count, &all);
	} else if (!err) {
		err = take_one(&root, all.at);
		all.count = !err;
	}
	jsonin_close(&root);
	if (err)
		saved_done_all(&all);
	else
		*ret = all;
	return err;
}

void saved_done_all(struct saved_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		saved_done(&list->at[i]);
	free(list->at);
}

void saved_done(struct saved *s)
{
	struct answer *a = &s->answer;

	for (size_t i = 0; i < a->file_count; i++)
		free((char *)a->files[i].path);
	free((struct answer_file *)a->files);
	free((char *)a->command);
	free((char *)a->filter);
	free((char *)a->workload);
	free((char *)a->user);
	asked_free(a->asked);
	saved_proof_free((struct proof_story *)a->story);
	*s = (struct saved){ .whole = false };
}
