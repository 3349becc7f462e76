/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/unitfile.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"

#define BIT(cap) (1ULL << (cap))

void unitfile_init(struct unitfile *u)
{
	*u = (struct unitfile){ .bounding = CAPABILITY_ALL };
}

void unitfile_done(struct unitfile *u)
{
	free(u->user);
	free(u->slice);
	unitfile_init(u);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

struct span {
	const char *at;
	size_t n;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.n && is_blank(*s.at))
		s = (struct span){ s.at + 1, s.n - 1 };
	while (s.n && is_blank(s.at[s.n - 1]))
		s.n--;
	return s;
}

/* The next word of a list, without the quotes around it; false at the end. */
static bool next_word(struct span *list, struct span *ret)
{
	char quote = 0;
	size_t n = 0;

	*list = trim(*list);
	if (!list->n)
		return false;
	if (*list->at == '"' || *list->at == '\'') {
		quote = *list->at++;
		list->n--;
	}
	while (n < list->n && (quote ? list->at[n] != quote : !is_blank(list->at[n])))
		n++;
	*ret = (struct span){ list->at, n };
	n += quote && n < list->n;
	*list = (struct span){ list->at + n, list->n - n };
	return true;
}

/* systemd wants the prefix, in any case, or a number. */
static bool parse_cap(struct span word, unsigned *ret)
{
	bool is_number = word.n && word.at[0] >= '0' && word.at[0] <= '9';

	if (!is_number && (word.n < 4 || strncasecmp(word.at, "cap_", 4)))
		return false;
	return !capability_parse(word.at, word.n, ret);
}

/* A list again goes on, an empty one begins anew. */
static void take_filter(struct unitfile *u, struct span value)
{
	size_t has = strlen(u->filter), room = sizeof(u->filter) - has;
	int n;

	if (!value.n) {
		u->filter[0] = '\0';
		return;
	}
	n = snprintf(u->filter + has, room, "%s%.*s", has ? " " : "", (int)value.n, value.at);
	if (n >= 0 && (size_t)n >= room)
		memcpy(u->filter + sizeof(u->filter) - 4, "...", 4);
}

/* As config_parse_capability_set() of systemd does it: an empty list, or the first one, replaces what was. */
static void take_set(struct unitfile *u, uint64_t *set, uint64_t initial, struct span value)
{
	bool invert = value.n && *value.at == '~';
	uint64_t sum = 0;
	struct span word;
	unsigned nr;

	value = (struct span){ value.at + invert, value.n - invert };
	while (next_word(&value, &word)) {
		if (parse_cap(word, &nr))
			sum |= BIT(nr);
		else
			u->unknown++;
	}
	if (!sum || *set == initial)
		*set = invert ? ~sum : sum;
	else
		*set = invert ? *set & ~sum : *set | sum;
}

static bool is_word(struct span value, const char *word)
{
	return strlen(word) == value.n && !strncasecmp(value.at, word, value.n);
}

/* What is no truth value is passed over, as systemd does it. */
static void take_bool(bool *flag, struct span value)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
	static const char *const no[] = { "", "0", "no", "n", "false", "f", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (is_word(value, yes[i]))
			*flag = true;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (is_word(value, no[i]))
			*flag = false;
}

/* Of PrivateUsers= any other word, such as identity, means one as well. */
static void take_private_users(bool *flag, struct span value)
{
	*flag = true;
	take_bool(flag, value);
}

static int take_text(char **text, struct span value)
{
	char *copy = value.n ? strndup(value.at, value.n) : NULL;

	if (value.n && !copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/*
 * The signs before the path: + takes it out of all of this, ! (not !!, which is for kernels without ambient capabilities)
 * makes it root. An empty value takes all lines of its kind away.
 */
static void take_command(struct unitfile_commands *c, struct span value)
{
	unsigned marks = 0;
	bool plus = false;

	if (!value.n)
		*c = (struct unitfile_commands){ 0 };
	for (size_t i = 0; i < value.n && memchr("@-:+!|", value.at[i], 6); i++) {
		plus = plus || value.at[i] == '+';
		marks += value.at[i] == '!';
	}
	c->all += value.n != 0;
	c->unconfined += plus;
	c->as_root += marks == 1;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

enum key {
	KEY_BOUNDING,
	KEY_AMBIENT,
	KEY_USER,
	KEY_SLICE,
	KEY_FILTER,
	KEY_DYNAMIC_USER,
	KEY_NO_NEW_PRIVS,
	KEY_PRIVATE_USERS,
	KEY_PRIVATE_DEVICES,
	KEY_PROTECT_MODULES,
	KEY_PROTECT_LOGS,
	KEY_PROTECT_CLOCK,
	KEY_START_PRE,
	KEY_START,
	KEY_START_POST,
	KEY_RELOAD,
	KEY_STOP,
	KEY_STOP_POST,
	KEY_CONDITION,
	KEY_COUNT
};

static const char *const keys[] = {
	[KEY_BOUNDING] = "CapabilityBoundingSet",
	[KEY_AMBIENT] = "AmbientCapabilities",
	[KEY_USER] = "User",
	[KEY_SLICE] = "Slice",
	[KEY_FILTER] = "SystemCallFilter",
	[KEY_DYNAMIC_USER] = "DynamicUser",
	[KEY_NO_NEW_PRIVS] = "NoNewPrivileges",
	[KEY_PRIVATE_USERS] = "PrivateUsers",
	[KEY_PRIVATE_DEVICES] = "PrivateDevices",
	[KEY_PROTECT_MODULES] = "ProtectKernelModules",
	[KEY_PROTECT_LOGS] = "ProtectKernelLogs",
	[KEY_PROTECT_CLOCK] = "ProtectClock",
	[KEY_START_PRE] = "ExecStartPre",
	[KEY_START] = "ExecStart",
	[KEY_START_POST] = "ExecStartPost",
	[KEY_RELOAD] = "ExecReload",
	[KEY_STOP] = "ExecStop",
	[KEY_STOP_POST] = "ExecStopPost",
	[KEY_CONDITION] = "ExecCondition",
};

_Static_assert(sizeof(keys) / sizeof(keys[0]) == KEY_COUNT, "a word for each");
_Static_assert(KEY_COUNT - KEY_START_PRE == (int)UNITFILE_COMMANDS, "a place for each kind of command");

static enum key key_of(const char *at, size_t n)
{
	enum key key = 0;

	while (key < KEY_COUNT && (strlen(keys[key]) != n || memcmp(keys[key], at, n)))
		key++;
	return key;
}

static int assign(struct unitfile *u, enum key key, struct span value)
{
	switch (key) {
	case KEY_BOUNDING:
		take_set(u, &u->bounding, CAPABILITY_ALL, value);
		return 0;
	case KEY_AMBIENT:
		take_set(u, &u->ambient, 0, value);
		return 0;
	case KEY_USER:
		return take_text(&u->user, value);
	case KEY_SLICE:
		return take_text(&u->slice, value);
	case KEY_FILTER:
		take_filter(u, value);
		return 0;
	case KEY_DYNAMIC_USER:
		take_bool(&u->dynamic_user, value);
		return 0;
	case KEY_NO_NEW_PRIVS:
		take_bool(&u->no_new_privs, value);
		return 0;
	case KEY_PRIVATE_USERS:
		take_private_users(&u->private_users, value);
		return 0;
	case KEY_PRIVATE_DEVICES:
		take_bool(&u->private_devices, value);
		return 0;
	case KEY_PROTECT_MODULES:
		take_bool(&u->protect_modules, value);
		return 0;
	case KEY_PROTECT_LOGS:
		take_bool(&u->protect_logs, value);
		return 0;
	case KEY_PROTECT_CLOCK:
		take_bool(&u->protect_clock, value);
		return 0;
	case KEY_COUNT:
		return 0;
	default:
		take_command(&u->commands[key - KEY_START_PRE], value);
		return 0;
	}
}

int unitfile_assign(struct unitfile *u, const char *key, size_t key_len, const char *value, size_t n)
{
	return assign(u, key_of(key, key_len), trim((struct span){ value, n }));
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* Sections whose keys are about processes, and the one that tells the slice. */
static bool is_about_processes(struct span name)
{
	static const char *const names[] = { "[Service]", "[Socket]", "[Mount]", "[Swap]", "[Scope]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == name.n && !memcmp(names[i], name.at, name.n))
			return true;
	return false;
}

struct reader {
	struct unitfile *u;
	struct buf line;	/* what was continued so far */
	bool ours;		/* the section */
};

static int take_line(struct reader *r, struct span line)
{
	const char *equals;
	struct span key;

	line = trim(line);
	if (!line.n)
		return 0;
	if (*line.at == '[') {
		r->ours = is_about_processes(line);
		return 0;
	}
	equals = memchr(line.at, '=', line.n);
	if (!r->ours || !equals)
		return 0;
	key = trim((struct span){ line.at, (size_t)(equals - line.at) });
	return unitfile_assign(r->u, key.at, key.n, equals + 1, (size_t)(line.at + line.n - equals - 1));
}

/* An odd number of backslashes at its end. */
static bool is_continued(struct span line)
{
	size_t n = 0;

	while (n < line.n && line.at[line.n - 1 - n] == '\\')
		n++;
	return n % 2;
}

/* Comments may stand between the parts of a line. */
static int take_part(struct reader *r, struct span part)
{
	struct span start = trim(part);
	int err;

	if (start.n && (*start.at == '#' || *start.at == ';'))
		return 0;
	if (is_continued(part)) {
		buf_put(&r->line, part.at, part.n - 1);
		buf_putc(&r->line, ' ');
		return r->line.error ? r->line.error : r->line.len > UNITFILE_LINE_MAX ? -EBADMSG : 0;
	}
	if (!r->line.len)
		return take_line(r, part);
	buf_put(&r->line, part.at, part.n);
	err = r->line.error ? r->line.error : take_line(r, (struct span){ r->line.data, r->line.len });
	buf_clear(&r->line);
	return err;
}

static int read_lines(struct reader *r, const char *text, size_t n)
{
	int err = 0;

	while (n && !err) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n;

		err = len > UNITFILE_LINE_MAX ? -EBADMSG : take_part(r, (struct span){ text, len });
		len += end != NULL;
		text += len;
		n -= len;
	}
	if (!err && r->line.len)
		err = take_line(r, (struct span){ r->line.data, r->line.len });
	return err;
}

static int copy(const struct unitfile *u, struct unitfile *ret)
{
	*ret = *u;
	ret->user = u->user ? strdup(u->user) : NULL;
	ret->slice = u->slice ? strdup(u->slice) : NULL;
	if ((u->user && !ret->user) || (u->slice && !ret->slice)) {
		unitfile_done(ret);
		return -ENOMEM;
	}
	return 0;
}

int unitfile_read(struct unitfile *u, const char *text, size_t n)
{
	struct unitfile changed;
	struct reader r = { .u = &changed, .line = BUF_INIT };
	int err;

	if (n > UNITFILE_BYTES_MAX || memchr(text, '\0', n))
		return -EBADMSG;
	err = copy(u, &changed);
	if (err)
		return err;
	err = read_lines(&r, text, n);
	buf_done(&r.line);
	if (err) {
		unitfile_done(&changed);
		return err;
	}
	unitfile_done(u);
	*u = changed;
	return 0;
}

/* ---- what comes of it ------------------------------------------------------------------------------------------- */

static bool is_root(const struct unitfile *u)
{
	if (u->dynamic_user)
		return false;
	return !u->user || !strcmp(u->user, "root") || !strcmp(u->user, "0");
}

/* As unit_patch_contexts() of systemd does it. */
static uint64_t bounding_of(const struct unitfile *u)
{
	uint64_t set = u->bounding;

	if (u->private_devices)
		set &= ~(BIT(CAP_MKNOD) | BIT(CAP_SYS_RAWIO));
	if (u->protect_modules)
		set &= ~BIT(CAP_SYS_MODULE);
	if (u->protect_logs)
		set &= ~BIT(CAP_SYSLOG);
	if (u->protect_clock)
		set &= ~(BIT(CAP_SYS_TIME) | BIT(CAP_WAKE_ALARM));
	return set;
}

/* The most that any of its commands gets. */
struct unitfile_grant unitfile_granted(const struct unitfile *u, uint64_t all, bool manager)
{
	unsigned unconfined = 0, as_root = 0;
	struct unitfile_grant g = {
		.bounding = bounding_of(u) & all,
		.no_new_privs = u->no_new_privs || u->dynamic_user,
		.own_userns = u->private_users,
	};

	memcpy(g.filter, u->filter, sizeof(g.filter));
	if (!manager)
		return g;
	for (size_t i = 0; i < UNITFILE_COMMANDS; i++) {
		unconfined += u->commands[i].unconfined;
		as_root += u->commands[i].as_root;
	}
	g.root = is_root(u) || unconfined || as_root;
	g.ambient = u->ambient & g.bounding;
	g.effective = g.root ? g.bounding : g.ambient;
	if (unconfined) {
		g.effective = g.bounding = all;
		g.no_new_privs = g.own_userns = false;
	}
	return g;
}
