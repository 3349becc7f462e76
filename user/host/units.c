/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/units.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/caps/unitfile.h"
#include "user/host/inside.h"

static const char *const system_path[] = {
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	"/run/systemd/transient",
	"/run/systemd/generator.early",
	"/etc/systemd/system",
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	"/run/systemd/generator.late",
};

static const char *const users_path[] = {
	"/etc/systemd/user",
	"/run/systemd/user",
	"/usr/local/lib/systemd/user",
	"/usr/lib/systemd/user",
	"/lib/systemd/user",
};

/* Below a user's home. */
static const char *const own_path[] = {
	"/.config/systemd/user.control",
	"/.config/systemd/user",
	"/.local/share/systemd/user",
};

enum { PATHS_MAX = sizeof(system_path) / sizeof(system_path[0]), UNIT_NAME_LENGTH = 255 };

/* One entry of a directory of the path: a unit's file, or a directory of drop-ins. */
struct entry {
	char *name;
	unsigned at;		/* which directory: the lower, the sooner */
	bool is_link;
};

struct units {
	const struct units_config *config;
	int root;
	char paths[PATHS_MAX][PATH_MAX];
	unsigned path_count;
	struct entry *entries;	/* sorted by name, then .at */
	size_t count, room;
	bool full;
	bool of_users;
	const char *owner;
	char only_template[UNIT_NAME_LENGTH + 1];	/* of config->only; "": it is no instance */
	struct buf text;
};

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void trouble(const struct units *s, const char *path, int error)
{
	if (s->config->trouble)
		s->config->trouble(s->config->ctx, path, error);
}

/* Below another root there may be no /dev/null, which a link need not be followed to. */
static bool is_masking_link(const struct units *s, const char *path)
{
	char target[sizeof("/dev/null") + 1];

	return !inside_link(s->root, path, target, sizeof(target)) && !strcmp(target, "/dev/null");
}

/* -ENODATA for what masks a unit: an empty file, or a link to /dev/null. */
static int read_file(struct units *s, const char *path)
{
	int err = inside_read(s->root, path, UNITFILE_BYTES_MAX, &s->text);

	if (err ? is_masking_link(s, path) : !s->text.len)
		return -ENODATA;
	return err;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return n > e && !strcmp(name + n - e, end);
}

static bool is_unit(const char *name)
{
	return ends_with(name, ".service") || ends_with(name, ".socket");
}

static bool is_drop_in_directory(const char *name)
{
	return ends_with(name, ".service.d") || ends_with(name, ".socket.d") || !strcmp(name, "service.d") ||
	       !strcmp(name, "socket.d");
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int put(struct units *s, const char *name, unsigned at, bool is_link)
{
	if (s->count == UNITS_MAX) {
		s->full = true;
		return 0;
	}
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct entry *entries = reallocarray(s->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		s->entries = entries;
		s->room = room;
	}
	s->entries[s->count] = (struct entry){ strdup(name), at, is_link };
	if (!s->entries[s->count].name)
		return -ENOMEM;
	s->count++;
	return 0;
}

static void forget(struct units *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->entries[i].name);
	free(s->entries);
	s->entries = NULL;
	s->count = s->room = 0;
}

/* What is not there is no trouble. */
static int each_name(struct units *s, const char *path, int (*fn)(void *ctx, const char *name, bool is_link), void *ctx)
{
	int err = inside_each(s->root, path, fn, ctx);

	if (!err || err == -ENOMEM)
		return err;
	if (err != -ENOENT && err != -ENOTDIR)
		trouble(s, path, err);
	return 0;
}

struct listing {
	struct units *units;
	unsigned at;
};

static bool is_asked_for(const struct units *s, const char *name)
{
	const char *only = s->config->only;

	return !only || !strcmp(name, only) || !strcmp(name, s->only_template) || is_drop_in_directory(name);
}

static int take_entry(void *ctx, const char *name, bool is_link)
{
	const struct listing *l = ctx;

	if ((!is_unit(name) && !is_drop_in_directory(name)) || !is_asked_for(l->units, name))
		return 0;
	return put(l->units, name, l->at, is_link);
}

/* Where /lib is a link to /usr/lib, the same directory would be read twice: the first one counts. */
static int list_path(struct units *s)
{
	int err = 0;

	for (unsigned i = 0; i < s->path_count && !err; i++) {
		struct listing l = { s, i };

		err = each_name(s, s->paths[i], take_entry, &l);
	}
	if (s->count)
		qsort(s->entries, s->count, sizeof(*s->entries), by_name);
	if (s->full)
		trouble(s, s->paths[0], -E2BIG);
	return err;
}

/* The first entry of a name, or NULL. The others follow it. */
static const struct entry *first_of(const struct units *s, const char *name)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(s->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->count && !strcmp(s->entries[low].name, name) ? &s->entries[low] : NULL;
}

/* ---- drop-ins --------------------------------------------------------------------------------------------------- */

/* Paths, of each name in them only the first: that of the directory that comes sooner. */
struct drop_ins {
	struct drop_in {
		char *path;
		const char *name;	/* in it */
	} *at;
	size_t count, room;
	const char *dir;
};

static int put_drop_in(struct drop_ins *d, char *path)
{
	if (d->count == d->room) {
		size_t room = d->room ? 2 * d->room : 16;
		struct drop_in *at = reallocarray(d->at, room, sizeof(*at));

		if (!at)
			return -ENOMEM;
		d->at = at;
		d->room = room;
	}
	d->at[d->count++] = (struct drop_in){ path, strrchr(path, '/') + 1 };
	return 0;
}

static int take_drop_in(void *ctx, const char *name, bool is_link)
{
	struct drop_ins *d = ctx;
	char *path;
	int err;

	(void)is_link;
	if (!ends_with(name, ".conf"))
		return 0;
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->at[i].name, name))
			return 0;
	if (d->count == UNITS_MAX || asprintf(&path, "%s/%s", d->dir, name) < 0)
		return d->count == UNITS_MAX ? 0 : -ENOMEM;
	err = put_drop_in(d, path);
	if (err)
		free(path);
	return err;
}

/* All directories of one name, from the first on the path to the last. */
static int list_drop_ins(struct units *s, const char *directory, struct drop_ins *d)
{
	const struct entry *e = first_of(s, directory), *end = s->entries + s->count;
	int err = 0;

	for (; e && e < end && !strcmp(e->name, directory) && !err; e++) {
		char path[PATH_MAX + UNIT_NAME_LENGTH + 4];

		snprintf(path, sizeof(path), "%s/%s", s->paths[e->at], directory);
		d->dir = path;
		err = each_name(s, path, take_drop_in, d);
	}
	return err;
}

static int by_file_name(const void *a, const void *b)
{
	const struct drop_in *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* foo-bar-.service.d and foo-.service.d of foo-bar-baz.service; what is nearer to the name comes sooner. */
static int list_of_beginnings(struct units *s, const char *name, struct drop_ins *d)
{
	const char *type = strrchr(name, '.');
	char directory[UNIT_NAME_LENGTH + 4];
	int err = 0;

	for (size_t n = (size_t)(type - name); n-- > 0 && !err;) {
		if (name[n] != '-' || n + 1 == (size_t)(type - name))
			continue;
		snprintf(directory, sizeof(directory), "%.*s%s.d", (int)n + 1, name, type);
		err = list_drop_ins(s, directory, d);
	}
	return err;
}

/* The name of the template of an instance, "" where it is none. */
static void template_of(const char *name, char *ret, size_t size)
{
	const char *at = strchr(name, '@'), *type = strrchr(name, '.');

	*ret = '\0';
	if (at && type > at + 1)
		snprintf(ret, size, "%.*s%s", (int)(at + 1 - name), name, type);
}

static int find_drop_ins(struct units *s, const char *name, struct drop_ins *d)
{
	char directory[UNIT_NAME_LENGTH + 4], template[UNIT_NAME_LENGTH + 1];
	int err;

	template_of(name, template, sizeof(template));
	snprintf(directory, sizeof(directory), "%s.d", name);
	err = list_drop_ins(s, directory, d);
	if (!err && *template) {
		snprintf(directory, sizeof(directory), "%s.d", template);
		err = list_drop_ins(s, directory, d);
	}
	err = err ?: list_of_beginnings(s, name, d);
	err = err ?: list_drop_ins(s, ends_with(name, ".service") ? "service.d" : "socket.d", d);
	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), by_file_name);
	return err;
}

static void drop_ins_done(struct drop_ins *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->at[i].path);
	free(d->at);
}

/* ---- units ------------------------------------------------------------------------------------------------------ */

/* 0; -ENODATA: it is masked; -ENOMEM. Any other trouble is told here, and the file passed over. */
static int read_into(struct units *s, const char *path, struct unitfile *u)
{
	int err = read_file(s, path);

	if (!err)
		err = unitfile_read(u, buf_str(&s->text), s->text.len);
	if (err && err != -ENODATA && err != -ENOMEM) {
		trouble(s, path, err);
		err = -EINVAL;
	}
	return err;
}

static bool has_commands(const struct unitfile *u)
{
	for (size_t i = 0; i < UNITFILE_COMMANDS; i++)
		if (u->commands[i].all)
			return true;
	return false;
}

static int show(struct units *s, const char *name, const char *path, struct unitfile *u)
{
	struct drop_ins d = { 0 };
	struct units_unit unit = { name, path, s->owner, s->of_users, 0, u };
	int err = find_drop_ins(s, name, &d);

	for (size_t i = 0; i < d.count && !err; i++) {
		err = read_into(s, d.at[i].path, u);
		unit.drop_ins += !err;
		err = err == -ENOMEM ? err : 0;
	}
	drop_ins_done(&d);
	if (!err && (ends_with(name, ".service") || has_commands(u)))
		err = s->config->unit(s->config->ctx, &unit);
	return err;
}

/* Another name of another unit, which is shown under its own. */
static bool is_alias(const struct units *s, const char *name, const char *path)
{
	char target[PATH_MAX], template[UNIT_NAME_LENGTH + 1];
	const char *base;

	if (inside_link(s->root, path, target, sizeof(target)) || !strcmp(target, "/dev/null"))
		return false;
	base = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	template_of(name, template, sizeof(template));
	return strcmp(base, name) && strcmp(base, template);
}

/* -ENODATA and the like are no end of it all. */
static int go_on(int err)
{
	return err == -ENODATA || err == -EINVAL ? 0 : err;
}

static int show_file(struct units *s, const struct entry *e)
{
	char path[PATH_MAX + UNIT_NAME_LENGTH + 2];
	struct unitfile u;
	int err;

	snprintf(path, sizeof(path), "%s/%s", s->paths[e->at], e->name);
	if (e->is_link && is_alias(s, e->name, path))
		return 0;
	unitfile_init(&u);
	err = read_into(s, path, &u);
	err = err ? go_on(err) : show(s, e->name, path, &u);
	unitfile_done(&u);
	return err;
}

/* An instance that has no file: its template's file speaks for it. */
static int show_instance(struct units *s, const char *name)
{
	char template[UNIT_NAME_LENGTH + 1], path[PATH_MAX + UNIT_NAME_LENGTH + 2];
	const struct entry *e;
	struct unitfile u;
	int err;

	template_of(name, template, sizeof(template));
	e = *template && !first_of(s, name) ? first_of(s, template) : NULL;
	if (!e)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", s->paths[e->at], template);
	unitfile_init(&u);
	err = read_into(s, path, &u);
	err = err ? go_on(err) : show(s, name, path, &u);
	unitfile_done(&u);
	return err;
}

/* One of which nothing is known but that it has drop-ins. */
static int show_dropped_in(struct units *s, const char *directory)
{
	char name[UNIT_NAME_LENGTH + 1];

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(directory) - 2), directory);
	return show_instance(s, name);
}

static int show_all(struct units *s)
{
	int err = list_path(s);

	for (size_t i = 0; i < s->count && !err; i++) {
		const struct entry *e = &s->entries[i];

		if (i && !strcmp(e[-1].name, e->name))
			continue;
		err = is_drop_in_directory(e->name) ? show_dropped_in(s, e->name) : show_file(s, e);
	}
	forget(s);
	return err;
}

static int show_only(struct units *s, const char *name)
{
	const struct entry *e;
	int err = list_path(s);

	e = err ? NULL : first_of(s, name);
	if (!err)
		err = e ? show_file(s, e) : show_instance(s, name);
	forget(s);
	return err;
}

static int show_path(struct units *s, const char *below, const char *const *path, size_t n)
{
	s->path_count = (unsigned)n;
	for (size_t i = 0; i < n; i++)
		if ((size_t)snprintf(s->paths[i], PATH_MAX, "%s%s", below, path[i]) >= PATH_MAX)
			return 0;
	return s->config->only ? show_only(s, s->config->only) : show_all(s);
}

/* ---- users ------------------------------------------------------------------------------------------------------ */

static int show_own(void *ctx, const char *name, uint32_t uid, const char *home)
{
	struct units *s = ctx;
	int err;

	(void)uid;
	s->owner = name;
	err = show_path(s, home, own_path, sizeof(own_path) / sizeof(own_path[0]));
	s->owner = NULL;
	return err;
}

/* What users' systemd starts. */
static int show_users(struct units *s)
{
	int err;

	s->of_users = true;
	err = show_path(s, "", users_path, sizeof(users_path) / sizeof(users_path[0]));
	return err ?: inside_users(s->root, show_own, s);
}

int units_each(const struct units_config *config)
{
	struct units *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->config = config;
	if (config->only)
		template_of(config->only, s->only_template, sizeof(s->only_template));
	s->root = open(config->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = s->root < 0 ? -errno : show_path(s, "", system_path, PATHS_MAX);
	if (!err && !config->only)
		err = show_users(s);
	if (s->root >= 0)
		close(s->root);
	buf_done(&s->text);
	free(s);
	return err;
}
