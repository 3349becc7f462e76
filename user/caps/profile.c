/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/caps/capability.h"

static const char *const status_names[PROFILE_STATUS_COUNT] = {
	[PROFILE_ESTIMATED] = "estimated",
	[PROFILE_VERIFIED] = "verified",
};

const char *profile_status_name(enum profile_status status)
{
	return status_names[status];
}

/* ---- which file it is ---- */

static int take_type(const struct jsonin *root)
{
	static const char *const types[] = { PROFILE_TYPE };
	struct jsonin type;
	size_t nr;

	return jsonin_member(root, "type", &type) ?: jsonin_word(&type, types, 1, &nr);
}

static int take_version(const struct jsonin *root)
{
	struct jsonin version;
	int64_t nr;
	int err = jsonin_member(root, "version", &version) ?: jsonin_i64(&version, &nr);

	if (err || nr == PROFILE_VERSION)
		return err;
	if (nr > PROFILE_VERSION)
		return jsonin_say(&version, "%lld is newer than this capsieve, which reads %d", (long long)nr,
				  PROFILE_VERSION);
	return jsonin_say(&version, "there is no version %lld, only %d", (long long)nr, PROFILE_VERSION);
}

static int take_status(const struct jsonin *root, struct profile *p)
{
	struct jsonin member;
	size_t nr;
	int err = jsonin_member(root, "status", &member) ?:
		  jsonin_word(&member, status_names, PROFILE_STATUS_COUNT, &nr);

	if (err)
		return err;
	p->status = (enum profile_status)nr;
	return jsonin_member(root, "incomplete", &member) ?: jsonin_bool(&member, &p->incomplete);
}

/* ---- what it advises ---- */

static int take_cap(const struct jsonin *at, uint64_t *caps)
{
	const char *word, *nearest;
	struct buf b = BUF_INIT;
	unsigned nr;
	int err = jsonin_text(at, &word);

	if (err)
		return err;
	if (!capability_parse(word, strlen(word), &nr)) {
		*caps |= 1ULL << nr;
		return 0;
	}
	jsonin_describe(&b, at);
	nearest = capability_nearest(word, strlen(word));
	err = jsonin_say(at, nearest ? "unknown capability %s; did you mean '%s'?" : "unknown capability %s",
			 buf_str(&b), nearest);
	buf_done(&b);
	return err;
}

int profile_take_caps(const struct jsonin *object, const char *key, uint64_t *ret)
{
	struct jsonin list, item;
	uint64_t caps = 0;
	size_t count;
	int err = jsonin_member(object, key, &list) ?: jsonin_count(&list, &count);

	for (size_t i = 0; !err && i < count; i++) {
		jsonin_item(&list, i, &item);
		err = take_cap(&item, &caps);
	}
	if (!err)
		*ret = caps;
	return err;
}

static int take_sets(const struct jsonin *advice, struct profile *p)
{
	struct jsonin bounding;
	struct buf names = BUF_INIT;
	int err = profile_take_caps(advice, "capabilities", &p->caps) ?:
		  profile_take_caps(advice, "bounding", &p->bounding);

	if (err || !(p->caps & ~p->bounding))
		return err;
	jsonin_member(advice, "bounding", &bounding);
	capability_mask_names(&names, p->caps & ~p->bounding);
	err = jsonin_say(&bounding, "lacks %s of the capabilities", buf_str(&names));
	buf_done(&names);
	return err;
}

/* A name or a number, or NULL where nothing is advised. */
static int take_name(const struct jsonin *advice, const char *key, const char **ret)
{
	struct jsonin member;
	int err = jsonin_member(advice, key, &member);

	*ret = NULL;
	if (err || jsonin_is_null(&member))
		return err;
	err = jsonin_text(&member, ret);
	if (!err && (!**ret || strpbrk(*ret, ":,/ \n")))
		return jsonin_say(&member, "a name is expected, or null");
	return err;
}

static int take_who(const struct jsonin *advice, struct profile *p)
{
	struct buf who = BUF_INIT;
	const char *user, *group;
	struct jsonin at;
	int err = take_name(advice, "user", &user) ?: take_name(advice, "group", &group);

	if (err || (!user && !group))
		return err;
	if (!user) {
		jsonin_member(advice, "group", &at);
		return jsonin_say(&at, "a group without a user is nobody's");
	}
	buf_puts(&who, user);
	if (group)
		buf_printf(&who, ":%s", group);
	p->user = who.error ? NULL : strdup(buf_str(&who));
	buf_done(&who);
	return p->user ? 0 : -ENOMEM;
}

static int take_advice(const struct jsonin *root, struct profile *p)
{
	struct jsonin advice, no_new_privs;
	int err = jsonin_member(root, "advice", &advice) ?: take_sets(&advice, p);

	err = err ?: jsonin_member(&advice, "no_new_privs", &no_new_privs);
	err = err ?: jsonin_bool(&no_new_privs, &p->no_new_privs);
	return err ?: take_who(&advice, p);
}

int profile_take(const struct jsonin *root, struct profile *ret)
{
	struct profile p = { .user = NULL };
	int err = take_type(root) ?: take_version(root);

	err = err ?: take_status(root, &p);
	err = err ?: take_advice(root, &p);
	if (err)
		profile_done(&p);
	else
		*ret = p;
	return err;
}

int profile_parse(const char *file, const char *text, size_t n, struct buf *why, struct profile *ret)
{
	struct jsonin root;
	int err = jsonin_open(file, text, n, why, &root);

	if (err)
		return err;
	err = profile_take(&root, ret);
	jsonin_close(&root);
	return err;
}

void profile_done(struct profile *p)
{
	free(p->user);
	p->user = NULL;
}
