/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/combine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/asked.h"

#define NAMES_BETWEEN ", "

enum { NAMES_MAX = 8 };	/* of whom one profile is made, as far as they are told */

/* How what the files advise differs from what their rows come to. */
struct decided {
	uint64_t stated;	/* advised by any */
	uint64_t added, dropped;	/* by hand or by a verify run */
};

static int conclude(const struct saved *s, struct answer *ret)
{
	*ret = s->answer;
	ret->command = NULL;
	return answer_conclude(ret);
}

static int decide(const struct saved *each, size_t count, struct decided *ret)
{
	struct decided d = { 0 };
	struct answer a;

	for (size_t i = 0; i < count; i++) {
		const uint64_t caps = each[i].answer.caps;
		int err = conclude(&each[i], &a);

		if (err)
			return err;
		d.stated |= caps;
		d.added |= caps & ~a.caps;
		d.dropped |= a.caps & ~caps;
	}
	d.dropped &= ~d.stated;
	*ret = d;
	return 0;
}

static uint64_t bit_of(const struct asked *a, const char *kernel)
{
	const char *name;

	for (size_t i = 0; (name = asked_kernel_at(a, i)); i++)
		if (!strcmp(name, kernel))
			return 1ULL << i;
	return 0;
}

/* What is too much has no name. */
static int add_kernels(struct asked *to, const struct asked *from)
{
	const char *name;
	int err = 0;

	for (size_t i = 0; !err && (name = asked_kernel_at(from, i)); i++) {
		err = asked_kernel(to, name);
		if (err == -ENOSPC)
			err = 0;
	}
	return err;
}

static uint64_t kernels_in(const struct asked *to, const struct asked *from, uint64_t bits)
{
	const char *name;
	uint64_t there = 0;

	for (size_t i = 0; (name = asked_kernel_at(from, i)); i++)
		if (bits & 1ULL << i)
			there |= bit_of(to, name);
	return there;
}

static void add_story(struct asked *to, const struct asked *from)
{
	uint32_t users[2];
	unsigned count = asked_drops_to(from, users);

	if (asked_saw_steady(from))
		asked_see_steady(to);
	for (unsigned i = 0; i < count; i++)
		asked_drop_to(to, users[i]);
}

static int add_asked(struct asked *to, struct asked *from)
{
	size_t count = asked_count(from);
	uint64_t granted, held;
	int err = add_kernels(to, from);

	for (size_t i = 0; !err && i < count; i++) {
		struct asked_row row = *asked_at(from, i);

		row.kernels = kernels_in(to, from, row.kernels);
		err = asked_put(to, &row);
	}
	asked_watched(to, asked_watched_ns(from));
	if (asked_grant(from, &granted))
		asked_granted(to, granted);
	add_story(to, from);
	if (asked_held(from, &held))
		asked_holds(to, held);
	return err;
}

static int add_file(struct answer_file *files, size_t *count, const struct answer_file *f)
{
	size_t i = 0;

	while (i < *count && strcmp(files[i].path, f->path))
		i++;
	if (i == ASKED_FILES_MAX)
		return -ENOSPC;
	if (i == *count) {
		files[i].path = strdup(f->path);
		if (!files[i].path)
			return -ENOMEM;
		(*count)++;
	}
	files[i].caps |= f->caps;
	files[i].setid |= f->setid;
	files[i].refused |= f->refused;
	return 0;
}

static int add_files(struct answer *to, const struct saved *each, size_t count)
{
	struct answer_file *files;
	size_t sum = 0;
	int err = 0;

	for (size_t i = 0; i < count; i++)
		sum += each[i].answer.file_count;
	files = calloc(sum + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	to->files = files;
	for (size_t i = 0; !err && i < count; i++)
		for (size_t k = 0; !err && k < each[i].answer.file_count; k++)
			err = add_file(files, &to->file_count, &each[i].answer.files[k]);
	return err;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void add_run(struct answer *to, const struct answer *from)
{
	to->checks = asked_sum(to->checks, from->checks);
	to->lost = asked_sum(to->lost, from->lost);
	to->runs = asked_sum(to->runs, from->runs ?: 1);
	to->start_seen &= from->start_seen;
	to->sites_unknown |= from->sites_unknown;
	if (from->made_ns > to->made_ns)
		to->made_ns = from->made_ns;
}

static bool is_granted_the_same(const struct answer *a, const struct answer *b)
{
	return a->granted_source == b->granted_source && a->granted == b->granted && a->granted_bounding == b->granted_bounding;
}

/* Of all names those that are others, in their order. */
struct names {
	char *at[NAMES_MAX];
	size_t count;
	bool too_many;
};

static int add_name(struct names *n, const char *name, size_t len)
{
	size_t i = 0;
	int order = 1;
	char *copy;

	while (i < n->count && (order = strncmp(n->at[i], name, len) ?: n->at[i][len] != '\0') < 0)
		i++;
	if (i < n->count && !order)
		return 0;
	n->too_many |= n->count == NAMES_MAX;
	if (n->too_many)
		return 0;
	copy = strndup(name, len);
	if (!copy)
		return -ENOMEM;
	memmove(&n->at[i + 1], &n->at[i], (n->count - i) * sizeof(n->at[0]));
	n->at[i] = copy;
	n->count++;
	return 0;
}

/* One that was made of several is taken apart again. */
static int add_who(struct names *n, const char *who)
{
	int err = 0;

	while (!err) {
		const char *end = strstr(who, NAMES_BETWEEN);

		err = add_name(n, who, end ? (size_t)(end - who) : strlen(who));
		if (!end)
			break;
		who = end + strlen(NAMES_BETWEEN);
	}
	return err;
}

/* Who they are, where that is known of each, and not too many to be told; else NULL. 0 or -ENOMEM. */
static int join_names(const struct saved *each, size_t count, const char **ret)
{
	struct names n = { .count = 0 };
	struct buf b = BUF_INIT;
	bool known = true;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		const char *who = each[i].answer.command ?: each[i].answer.workload;

		known &= who != NULL;
		err = who ? add_who(&n, who) : 0;
	}
	for (size_t i = 0; i < n.count; i++) {
		buf_printf(&b, "%s%s", i ? NAMES_BETWEEN : "", n.at[i]);
		free(n.at[i]);
	}
	if (!err && known && !n.too_many) {
		*ret = strdup(buf_str(&b));
		err = b.error || !*ret ? -ENOMEM : 0;
	}
	buf_done(&b);
	return err;
}

/* What all of them say; NULL where they differ. 0 or -ENOMEM. */
static int keep_common(struct answer *to, const struct saved *each, size_t count)
{
	const char *command = each->answer.command, *user = each->answer.user, *workload = each->answer.workload;
	const char *filter = each->answer.filter;
	bool granted = true, many;

	to->seccomp = each->answer.seccomp;
	for (size_t i = 1; i < count; i++) {
		command = same(command, each[i].answer.command) ? command : NULL;
		user = same(user, each[i].answer.user) ? user : NULL;
		workload = same(workload, each[i].answer.workload) ? workload : NULL;
		filter = same(filter, each[i].answer.filter) ? filter : NULL;
		to->seccomp = each[i].answer.seccomp == to->seccomp ? to->seccomp : ANSWER_SECCOMP_UNKNOWN;
		to->failed = to->failed ?: each[i].answer.failed;
		granted &= is_granted_the_same(&each[i].answer, &each->answer);
	}
	if (granted) {
		to->granted_source = each->answer.granted_source;
		to->granted = each->answer.granted;
		to->granted_bounding = each->answer.granted_bounding;
	}
	to->command = command ? strdup(command) : NULL;
	to->user = user ? strdup(user) : NULL;
	many = !to->command && (each->answer.command || !workload);
	to->workload = workload && !many ? strdup(workload) : NULL;
	to->filter = filter ? strdup(filter) : NULL;
	if ((filter && !to->filter) || (command && !to->command) || (user && !to->user) || (workload && !many && !to->workload))
		return -ENOMEM;
	return many ? join_names(each, count, &to->workload) : 0;
}

static int gather(const struct saved *each, size_t count, struct answer *to)
{
	int err = keep_common(to, each, count) ?: add_files(to, each, count);
	uint64_t held;

	to->asked = asked_new();
	if (!to->asked)
		return -ENOMEM;
	to->start_seen = true;
	for (size_t i = 0; !err && i < count; i++) {
		add_run(to, &each[i].answer);
		err = add_asked(to->asked, each[i].answer.asked);
	}
	for (size_t i = 0; i < count; i++)
		if (!asked_held(each[i].answer.asked, &held))
			asked_forget_held(to->asked);
	return err;
}

/* Is what all of them ran with again just this? */
static bool all_verified(const struct saved *each, size_t count, const struct answer *to)
{
	for (size_t i = 0; i < count; i++)
		if (each[i].answer.status != PROFILE_VERIFIED || each[i].answer.caps != to->caps ||
		    each[i].answer.bounding != to->bounding)
			return false;
	return true;
}

static int conclude_all(const struct saved *each, size_t count, struct answer *to)
{
	const char *command = to->command;
	struct decided d;
	int err = decide(each, count, &d);

	if (err)
		return err;
	/* Which of the files is the command's own is not told: what it brings is among what was added. */
	to->command = NULL;
	err = answer_conclude(to);
	to->command = command;
	if (err)
		return err;
	to->caps = (to->caps | d.added) & ~d.dropped;
	to->bounding = (to->bounding & ~d.dropped) | to->caps;
	for (size_t i = 0; i < count; i++) {
		to->bounding |= each[i].answer.bounding & ~each[i].answer.caps & ~d.dropped;
		to->no_new_privs &= each[i].answer.no_new_privs;
		to->incomplete |= each[i].answer.incomplete;
	}
	answer_date(to);
	/* A proof is of one file, and does not go with it: of a single run it would be missing. */
	if (to->runs != 1 && all_verified(each, count, to))
		to->status = PROFILE_VERIFIED;
	return 0;
}

int combine(const struct saved *each, size_t count, struct saved *ret)
{
	struct saved s = { .whole = true };
	int err = gather(each, count, &s.answer) ?: conclude_all(each, count, &s.answer);

	if (err)
		saved_done(&s);
	else
		*ret = s;
	return err;
}
