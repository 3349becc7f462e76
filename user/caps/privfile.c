/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/privfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/facts.h"
#include "user/caps/filespec.h"

/* As <sys/stat.h> has them, which stands for touching files. */
enum {
	SETUID = 04000,
	SETGID = 02000,
	STICKY = 01000,
	GROUP_WRITES = 020,
	GROUP_EXECUTES = 010,
	ALL_WRITE = 02
};

static const char *const flaw_names[] = {
	[PRIVFILE_WRITABLE] = "writable",   [PRIVFILE_DIRECTORY] = "directory",
	[PRIVFILE_INTERPRETER] = "interpreter", [PRIVFILE_LINKED] = "linked",
	[PRIVFILE_HIDDEN] = "hidden",	    [PRIVFILE_SCRIPT] = "script",
	[PRIVFILE_NOSUID] = "nosuid",
};
_Static_assert(sizeof(flaw_names) / sizeof(flaw_names[0]) == PRIVFILE_FLAW_COUNT, "a name for each flaw");

static const char *const risk_names[] = {
	[PRIVFILE_RISK_NONE] = "none", [PRIVFILE_RISK_LOW] = "low",   [PRIVFILE_RISK_MEDIUM] = "medium",
	[PRIVFILE_RISK_HIGH] = "high", [PRIVFILE_RISK_ROOT] = "root",
};
_Static_assert(sizeof(risk_names) / sizeof(risk_names[0]) == PRIVFILE_RISK_COUNT, "a name for each risk");

const char *privfile_flaw_name(enum privfile_flaw flaw)
{
	return flaw_names[flaw];
}

const char *privfile_risk_name(enum privfile_risk risk)
{
	return risk_names[risk];
}

void privfile_done(struct privfile *f)
{
	free(f->path);
	free(f->user);
	free(f->group);
	for (size_t i = 0; i < PRIVFILE_FLAW_COUNT; i++)
		free(f->flaws[i]);
	for (size_t i = 0; i < f->also_count; i++)
		free(f->also[i]);
	free(f->also);
	*f = (struct privfile){ 0 };
}

bool privfile_is_setuid(const struct privfile *f)
{
	return f->mode & SETUID;
}

bool privfile_is_setgid(const struct privfile *f)
{
	return (f->mode & (SETGID | GROUP_EXECUTES)) == (SETGID | GROUP_EXECUTES);
}

bool privfile_carries(const struct privfile *f)
{
	return f->has_caps || privfile_is_setuid(f) || privfile_is_setgid(f);
}

bool privfile_is_flawed(const struct privfile *f)
{
	for (size_t i = 0; i < PRIVFILE_FLAW_COUNT; i++)
		if (f->flaws[i])
			return true;
	return false;
}

static enum privfile_risk worse(enum privfile_risk a, enum privfile_risk b)
{
	return a > b ? a : b;
}

/* What is not known yet is taken for dangerous. */
static enum privfile_risk cap_risk(unsigned nr)
{
	static const enum privfile_risk of_level[] = {
		[FACT_LOW] = PRIVFILE_RISK_LOW,
		[FACT_MODERATE] = PRIVFILE_RISK_MEDIUM,
		[FACT_HIGH] = PRIVFILE_RISK_HIGH,
		[FACT_ROOT] = PRIVFILE_RISK_ROOT,
	};
	const struct fact *fact = fact_of(nr);

	return fact ? of_level[fact->level] : PRIVFILE_RISK_HIGH;
}

/* Inheritable bits give only what the caller was given for the purpose; a root id, only in a namespace. */
static enum privfile_risk caps_risk(const struct filecaps *caps)
{
	enum privfile_risk risk = PRIVFILE_RISK_NONE;

	if (caps->rootid || !caps->permitted)
		return caps->permitted | caps->inheritable ? PRIVFILE_RISK_LOW : PRIVFILE_RISK_NONE;
	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++)
		if (caps->permitted >> nr & 1)
			risk = worse(risk, cap_risk(nr));
	return risk;
}

enum privfile_risk privfile_risk(const struct privfile *f)
{
	enum privfile_risk risk = PRIVFILE_RISK_NONE;

	if (f->flaws[PRIVFILE_NOSUID] || f->flaws[PRIVFILE_SCRIPT])
		return PRIVFILE_RISK_NONE;
	if (privfile_is_setuid(f))
		risk = f->uid ? PRIVFILE_RISK_MEDIUM : PRIVFILE_RISK_ROOT;
	if (privfile_is_setgid(f))
		risk = worse(risk, f->gid ? PRIVFILE_RISK_MEDIUM : PRIVFILE_RISK_HIGH);
	if (f->has_caps == PRIVFILE_CAPS_HIDDEN)
		risk = worse(risk, PRIVFILE_RISK_HIGH);
	if (f->has_caps == PRIVFILE_CAPS_KNOWN)
		risk = worse(risk, caps_risk(&f->caps));
	return risk;
}

static void put_owner(struct buf *b, const char *bit, const char *name, uint32_t id)
{
	buf_printf(b, "%s%s ", b->len ? " " : "", bit);
	if (name)
		text_escape(b, name, strlen(name));
	else
		buf_u64(b, id);
}

static void put_caps(struct buf *b, const struct privfile *f)
{
	if (b->len)
		buf_putc(b, ' ');
	if (f->has_caps == PRIVFILE_CAPS_HIDDEN) {
		buf_puts(b, "capabilities that are not shown");
		return;
	}
	filespec_print(b, &f->caps);
	if (f->caps.rootid)
		buf_printf(b, " [rootid=%u]", f->caps.rootid);
}

void privfile_privileges(struct buf *b, const struct privfile *f)
{
	struct buf words = BUF_INIT;

	if (privfile_is_setuid(f))
		put_owner(&words, "setuid", f->user, f->uid);
	if (privfile_is_setgid(f))
		put_owner(&words, "setgid", f->group, f->gid);
	if (f->has_caps)
		put_caps(&words, f);
	if (!words.len)
		buf_puts(&words, "nothing");
	buf_puts(b, buf_str(&words));
	buf_done(&words);
}

bool privfile_same_caps(const struct privfile *a, const struct privfile *b)
{
	if (a->has_caps != b->has_caps)
		return false;
	return a->has_caps != PRIVFILE_CAPS_KNOWN ||
	       (a->caps.effective == b->caps.effective && a->caps.permitted == b->caps.permitted &&
		a->caps.inheritable == b->caps.inheritable && a->caps.rootid == b->caps.rootid);
}

/* Whoever gets no more from a setuid file than what he is already, its owner. */
static bool is_trusted(const struct privfile *f, uint32_t uid)
{
	return !uid || (uid == f->uid && privfile_is_setuid(f) && !privfile_is_setgid(f) && !f->has_caps);
}

static enum privfile_writer writer(uint32_t mode, uint32_t gid, bool owner_trusted)
{
	if (mode & ALL_WRITE)
		return PRIVFILE_EVERYONE;
	if (mode & GROUP_WRITES && gid)
		return PRIVFILE_GROUP;
	return owner_trusted ? PRIVFILE_NOBODY : PRIVFILE_OWNER;
}

enum privfile_writer privfile_file_writer(const struct privfile *f)
{
	return writer(f->mode, f->gid, is_trusted(f, f->uid));
}

/* In a sticky directory only its owner and the file's can move or remove the file. */
enum privfile_writer privfile_dir_writer(const struct privfile *f, uint32_t dir_mode, uint32_t dir_uid,
					 uint32_t dir_gid)
{
	uint32_t mode = dir_mode & STICKY ? 0 : dir_mode;

	return writer(mode, dir_gid, is_trusted(f, dir_uid));
}

int privfiles_put(struct privfiles *list, struct privfile *f)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct privfile *at = reallocarray(list->at, room, sizeof(*at));

		if (!at) {
			privfile_done(f);
			return -ENOMEM;
		}
		list->at = at;
		list->room = room;
	}
	list->at[list->count++] = *f;
	*f = (struct privfile){ 0 };
	return 0;
}

void privfiles_done(struct privfiles *list)
{
	for (size_t i = 0; i < list->count; i++)
		privfile_done(&list->at[i]);
	free(list->at);
	*list = (struct privfiles){ 0 };
}

static int by_path(const void *a, const void *b)
{
	const struct privfile *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int by_risk(const void *a, const void *b)
{
	const struct privfile *x = a, *y = b;
	int risk = (int)privfile_risk(y) - (int)privfile_risk(x);
	int flawed = (int)privfile_is_flawed(y) - (int)privfile_is_flawed(x);

	return risk ? risk : flawed ? flawed : by_path(a, b);
}

void privfiles_sort_by_path(struct privfiles *list)
{
	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), by_path);
}

void privfiles_sort_by_risk(struct privfiles *list)
{
	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), by_risk);
}

static bool is_view(const struct privfile *f)
{
	return f->dev != f->real_dev || f->ino != f->real_ino;
}

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* All names of one file together, the file itself before what overlays show of it. */
static int by_inode(const void *a, const void *b)
{
	const struct privfile *x = a, *y = b;
	int dev = order(x->real_dev, y->real_dev), ino = order(x->real_ino, y->real_ino);
	int view = (int)is_view(x) - (int)is_view(y);

	return dev ? dev : ino ? ino : view ? view : by_path(a, b);
}

static bool is_same(const struct privfile *a, const struct privfile *b)
{
	return a->real_dev == b->real_dev && a->real_ino == b->real_ino;
}

static int add_name(struct privfile *f, char **path)
{
	char **also = reallocarray(f->also, f->also_count + 1, sizeof(*also));

	if (!also)
		return -ENOMEM;
	f->also = also;
	also[f->also_count++] = *path;
	*path = NULL;
	return 0;
}

int privfiles_merge(struct privfiles *list, bool links)
{
	struct privfile *at = list->at;
	size_t kept = 0;
	int err = 0;

	if (list->count)
		qsort(at, list->count, sizeof(*at), by_inode);
	for (size_t i = 0; i < list->count; i++) {
		struct privfile *first = kept ? &at[kept - 1] : NULL;
		bool same = first && is_same(first, &at[i]);

		if (same && !is_view(&at[i]) && !links)
			same = false;
		else if (same && !is_view(&at[i]))
			err = err ? err : add_name(first, &at[i].path);
		if (same)
			privfile_done(&at[i]);
		else if (kept++ != i)
			at[kept - 1] = at[i];
	}
	list->count = kept;
	privfiles_sort_by_path(list);
	return err;
}
