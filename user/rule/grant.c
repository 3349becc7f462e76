/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/grant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/base/yml.h"
#include "user/caps/capability.h"
#include "user/host/users.h"

#define ANYBODY "*"

static int say_word(struct yml_report *report, const struct yml_node *node, const char *before,
		    const char *after)
{
	struct buf b = BUF_INIT;
	int err;

	yml_describe(&b, node);
	err = yml_say(report, node, "%s%s%s", before, buf_str(&b), after);
	buf_done(&b);
	return err;
}

static int take_version(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	(void)ctx;
	if (value->kind == YML_SCALAR && !strcmp(value->text, "1"))
		return 0;
	return say_word(report, value, "this version of capsieve reads version 1, and not ", "");
}

static bool is_anybody(const struct yml_node *node)
{
	return node->kind == YML_SCALAR && !strcmp(node->text, ANYBODY);
}

static int check_user(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	const char *word;
	struct user user;
	int r;

	(void)ctx;
	if (yml_text(value, "a user, by name or number,", report, &word))
		return -EINVAL;
	if (is_anybody(value))
		return 0;
	r = users_find(word, &user);
	if (r)
		return say_word(report, value, "no user ", "");
	users_user_done(&user);
	return 0;
}

static int check_group(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	const char *word;
	gid_t gid;

	(void)ctx;
	if (yml_text(value, "a group, by name or number,", report, &word))
		return -EINVAL;
	return users_find_group(word, &gid) ? say_word(report, value, "no group ", "") : 0;
}

static int take_users(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct grant *g = ctx;

	g->users = value;
	return yml_each(value, check_user, NULL, report);
}

static int take_groups(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct grant *g = ctx;

	g->groups = value;
	return yml_each(value, check_group, NULL, report);
}

static int take_command_word(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct grant *g = ctx;

	if (value->kind != YML_SCALAR)
		return yml_say(report, value, "a word of the command is needed here");
	if (!g->words && value->text[0] != '/')
		return say_word(report, value, "a command is a path from the root, and not ", "");
	if (g->words == GRANT_WORDS_MAX)
		return yml_say(report, value, "too many words for a command");
	g->command[g->words++] = (char *)value->text;
	return 0;
}

static int take_command(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	const struct grant *g = ctx;
	int err = yml_each(value, take_command_word, ctx, report);

	if (!err && !g->words)
		err = yml_say(report, value, "a command is needed here");
	if (!err && value->kind == YML_SCALAR && strchr(value->text, ' '))
		err = yml_say(report, value, "a command with words is a list: [/usr/bin/tcpdump, -n]");
	return err;
}

static int take_arguments(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	static const char *const words[] = { "exact", "any" };
	struct grant *g = ctx;
	size_t at;
	int err = yml_word(value, words, 2, report, &at);

	if (!err)
		g->more_words = at == 1;
	return err;
}

static int take_cap(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct capability_error error;
	struct grant *g = ctx;
	const char *list;
	uint64_t caps;

	if (yml_text(value, "a capability", report, &list))
		return -EINVAL;
	if (!strcmp(list, "none"))
		return 0;
	if (capability_parse_list(list, &caps, &error)) {
		if (!error.nearest)
			return say_word(report, value, "unknown capability ", "");
		say_word(report, value, "unknown capability ", "; did you mean ");
		report->text.len--;
		buf_printf(&report->text, "'%s'?\n", error.nearest);
		return -EINVAL;
	}
	if (caps == CAPABILITY_ALL)
		return yml_say(report, value, "'all' is no least privilege: name the capabilities");
	g->caps |= caps;
	return 0;
}

static int take_caps(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return yml_each(value, take_cap, ctx, report);
}

static int take_user(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct grant *g = ctx;
	const char *colon;
	struct user user;
	char *name;
	gid_t gid;
	int r;

	if (yml_text(value, "a user, or user:group,", report, &g->user))
		return -EINVAL;
	colon = strchr(g->user, ':');
	if (colon && users_find_group(colon + 1, &gid))
		return say_word(report, value, "no such group in ", "");
	name = strndup(g->user, strcspn(g->user, ":"));
	if (!name)
		return -ENOMEM;
	r = users_find(name, &user);
	free(name);
	if (r)
		return say_word(report, value, "no such user: ", "");
	if (!user.listed && !colon)
		r = yml_say(report, value, "a number without an entry needs a group too: UID:GID");
	users_user_done(&user);
	return r;
}

static const struct yml_key keys[] = {
	{ "version", take_version, true },	    { "users", take_users, false },
	{ "groups", take_groups, false },	    { "command", take_command, true },
	{ "arguments", take_arguments, false },	    { "capabilities", take_caps, true },
	{ "user", take_user, false },
};

int grant_parse(const char *text, size_t n, struct yml_report *report, struct grant *ret)
{
	struct grant g = { 0 };
	int err = yml_parse(text, n, report, &g.file);

	if (err)
		return err;
	err = yml_map(yml_root(g.file), keys, sizeof(keys) / sizeof(keys[0]), &g, report);
	if (!err && !g.users && !g.groups)
		err = yml_say(report, yml_root(g.file), "'users' or 'groups' is missing: who may");
	if (!err && report->text.error)
		err = -ENOMEM;
	if (err)
		grant_done(&g);
	else
		*ret = g;
	return err;
}

void grant_done(struct grant *g)
{
	yml_free(g->file);
	*g = (struct grant){ 0 };
}

/* ---- who may ---- */

static bool is_our_user(const struct yml_node *node)
{
	struct user user;
	bool ours;

	if (is_anybody(node))
		return true;
	if (users_find(node->text, &user))
		return false;
	ours = user.uid == getuid();
	users_user_done(&user);
	return ours;
}

static bool is_our_group(const struct yml_node *node)
{
	int n = getgroups(0, NULL);
	gid_t gid, *groups;
	bool ours;

	if (users_find_group(node->text, &gid))
		return false;
	ours = gid == getgid();
	groups = n > 0 ? malloc(n * sizeof(*groups)) : NULL;
	n = groups ? getgroups(n, groups) : 0;
	for (int i = 0; i < n; i++)
		ours = ours || groups[i] == gid;
	free(groups);
	return ours;
}

/* A list, or one scalar in its place, behind which the next key stands. */
static bool any_of(const struct yml_node *node, bool (*is_ours)(const struct yml_node *))
{
	if (!node || node->kind == YML_SCALAR)
		return node && is_ours(node);
	for (const struct yml_node *item = node->first; item; item = item->next)
		if (is_ours(item))
			return true;
	return false;
}

bool grant_is_for_us(const struct grant *g)
{
	return getuid() == 0 || any_of(g->users, is_our_user) || any_of(g->groups, is_our_group);
}

/* ---- what ---- */

int grant_command(const struct grant *g, char *const *argv, char *const **ret, struct buf *why)
{
	size_t n = 0;

	if (!argv) {
		*ret = g->command;
		return 0;
	}
	while (n < g->words && argv[n] && !strcmp(argv[n], g->command[n]))
		n++;
	if (n < g->words || (argv[n] && !g->more_words)) {
		buf_puts(why, "is for another command: ");
		for (size_t i = 0; i < g->words; i++) {
			buf_puts(why, i ? " " : "");
			text_escape(why, g->command[i], strlen(g->command[i]));
		}
		buf_puts(why, g->more_words ? " and more words" : "");
		return -EPERM;
	}
	*ret = argv;
	return 0;
}
