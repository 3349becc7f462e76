/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/users.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"

enum {
	ENTRY_FIRST = 1024,
	ENTRY_MAX = 16 << 20,	/* a group entry lists its members, which can be many */
	GROUPS_MAX = 65536,	/* NGROUPS_MAX of the kernel */
	SLOTS = 256,
};

/* A lookup that fills `entry` with strings in mem; as getpwnam_r: 0 and *ret_found, or an errno. */
typedef int lookup_fn(const void *key, void *entry, char *mem, size_t size, bool *ret_found);

static int by_user_name(const void *key, void *entry, char *mem, size_t size, bool *ret_found)
{
	struct passwd *found;
	int e = getpwnam_r(key, entry, mem, size, &found);

	*ret_found = found;
	return e;
}

static int by_uid(const void *key, void *entry, char *mem, size_t size, bool *ret_found)
{
	struct passwd *found;
	int e = getpwuid_r(*(const uid_t *)key, entry, mem, size, &found);

	*ret_found = found;
	return e;
}

static int by_group_name(const void *key, void *entry, char *mem, size_t size, bool *ret_found)
{
	struct group *found;
	int e = getgrnam_r(key, entry, mem, size, &found);

	*ret_found = found;
	return e;
}

static int by_gid(const void *key, void *entry, char *mem, size_t size, bool *ret_found)
{
	struct group *found;
	int e = getgrgid_r(*(const gid_t *)key, entry, mem, size, &found);

	*ret_found = found;
	return e;
}

/* The databases say "not there" in many ways; only these mean that they could not be asked. */
static bool is_failure(int e)
{
	return e == ENOMEM || e == EIO || e == EMFILE || e == ENFILE;
}

/*
 * Looks up with as much memory as the entry takes; 0 and *ret_mem (holds the entry's strings), -ENOENT,
 * -errno.
 */
static int lookup(lookup_fn *fn, const void *key, void *entry, char **ret_mem)
{
	for (size_t size = ENTRY_FIRST; size <= ENTRY_MAX; size *= 2) {
		char *mem = malloc(size);
		bool found = false;
		int e;

		if (!mem)
			return -ENOMEM;
		do
			e = fn(key, entry, mem, size, &found);
		while (e == EINTR);
		if (!e && found) {
			*ret_mem = mem;
			return 0;
		}
		free(mem);
		if (e != ERANGE)
			return is_failure(e) ? -e : -ENOENT;
	}
	return -ERANGE;
}

/* A whole word of digits; all ones means "no change" to the kernel and is nobody's number. */
static bool parse_id(const char *word, uint32_t *ret)
{
	char *end;
	unsigned long id;

	if (!isdigit((unsigned char)*word))
		return false;
	errno = 0;
	id = strtoul(word, &end, 10);
	if (errno || *end || id >= UINT32_MAX)
		return false;
	*ret = id;
	return true;
}

static int copy_user(const struct passwd *pw, struct user *ret)
{
	struct user u = {
		.uid = pw->pw_uid,
		.gid = pw->pw_gid,
		.listed = true,
		.name = strdup(pw->pw_name),
		.home = strdup(pw->pw_dir ? pw->pw_dir : "/"),
		.shell = strdup(pw->pw_shell ? pw->pw_shell : ""),
	};

	if (!u.name || !u.home || !u.shell) {
		users_user_done(&u);
		return -ENOMEM;
	}
	*ret = u;
	return 0;
}

int users_find(const char *word, struct user *ret)
{
	struct passwd pw;
	char *mem = NULL;
	uid_t uid;
	bool number = parse_id(word, &uid);
	int r = lookup(by_user_name, word, &pw, &mem);

	if (r == -ENOENT && number)
		r = lookup(by_uid, &uid, &pw, &mem);
	if (!r)
		r = copy_user(&pw, ret);
	free(mem);
	if (r == -ENOENT && number) {
		*ret = (struct user){ .uid = uid };
		return 0;
	}
	return r;
}

void users_user_done(struct user *u)
{
	free(u->name);
	free(u->home);
	free(u->shell);
	*u = (struct user){ 0 };
}

int users_find_group(const char *word, gid_t *ret)
{
	struct group gr;
	char *mem = NULL;
	gid_t gid;
	int r = lookup(by_group_name, word, &gr, &mem);

	if (!r)
		gid = gr.gr_gid;
	else if (r == -ENOENT && parse_id(word, &gid))
		r = 0;
	if (!r)
		*ret = gid;
	free(mem);
	return r;
}

int users_group_name(gid_t gid, char **ret)
{
	struct group gr;
	char *mem = NULL, *name;
	int r = lookup(by_gid, &gid, &gr, &mem);

	if (r)
		return r;
	name = strdup(gr.gr_name);
	free(mem);
	if (!name)
		return -ENOMEM;
	*ret = name;
	return 0;
}

int users_groups(const char *name, gid_t gid, gid_t **ret, size_t *ret_count)
{
	for (int count = 64; count <= GROUPS_MAX; count *= 2) {
		gid_t *groups = malloc(count * sizeof(*groups));
		int n = count;

		if (!groups)
			return -ENOMEM;
		if (getgrouplist(name, gid, groups, &n) >= 0) {
			*ret = groups;
			*ret_count = n;
			return 0;
		}
		free(groups);
	}
	return -E2BIG;
}

struct slot {
	bool used;
	uint32_t id;
	char *name;
};

struct told {
	uint64_t key;		/* a uid, or IS_GROUP and a gid */
	char *name;
	UT_hash_handle hh;
};

#define IS_GROUP (1ULL << 32)

struct users {
	struct slot users[SLOTS], groups[SLOTS];
	bool only_told;
	struct told *told;
};

struct users *users_new(void)
{
	return calloc(1, sizeof(struct users));
}

struct users *users_new_told(void)
{
	struct users *users = users_new();

	if (users)
		users->only_told = true;
	return users;
}

void users_free(struct users *users)
{
	struct told *t, *next;

	if (!users)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		free(users->users[i].name);
		free(users->groups[i].name);
	}
	HASH_ITER(hh, users->told, t, next) {
		HASH_DEL(users->told, t);
		free(t->name);
		free(t);
	}
	free(users);
}

static struct told *find_told(const struct users *users, uint64_t key)
{
	struct told *t;

	HASH_FIND(hh, users->told, &key, sizeof(key), t);
	return t;
}

static int add_told(struct users *users, uint64_t key, struct told **ret)
{
	struct told *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->key = key;
	HASH_ADD(hh, users->told, key, sizeof(key), t);
	if (!t->hh.tbl) {
		free(t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

static int tell(struct users *users, uint64_t key, const char *name)
{
	struct told *t = find_told(users, key);
	char *copy = NULL;
	int err;

	if (!t && HASH_COUNT(users->told) >= USERS_TOLD_MAX)
		return 0;
	if (name && !(copy = strdup(name)))
		return -ENOMEM;
	err = t ? 0 : add_told(users, key, &t);
	if (err) {
		free(copy);
		return err;
	}
	free(t->name);
	t->name = copy;
	return 0;
}

int users_tell(struct users *users, uid_t uid, const char *name)
{
	return tell(users, uid, name);
}

int users_tell_group(struct users *users, gid_t gid, const char *name)
{
	return tell(users, IS_GROUP | gid, name);
}

/* Two ids of one slot take turns: container users can be any number, so the memory has to have an end. */
static struct slot *slot_of(struct slot slots[static SLOTS], uint32_t id, bool *ret_known)
{
	struct slot *slot = &slots[id % SLOTS];

	*ret_known = slot->used && slot->id == id;
	if (!*ret_known)
		free(slot->name);
	return slot;
}

static const char *keep(struct slot *slot, uint32_t id, int error, const char *name)
{
	*slot = (struct slot){
		.used = !error || error == -ENOENT,
		.id = id,
		.name = error ? NULL : strdup(name),
	};
	return slot->name;
}

const char *users_name(struct users *users, uid_t uid)
{
	struct told *told = users->only_told ? find_told(users, uid) : NULL;
	struct slot *slot;
	struct passwd pw;
	char *mem = NULL;
	bool known;
	int r;

	if (users->only_told)
		return told ? told->name : NULL;
	slot = slot_of(users->users, uid, &known);
	if (known)
		return slot->name;
	r = lookup(by_uid, &uid, &pw, &mem);
	if (r == -ENOMEM)
		buf_note_ran_out();
	keep(slot, uid, r, r ? NULL : pw.pw_name);
	free(mem);
	return slot->name;
}

const char *users_group(struct users *users, gid_t gid)
{
	struct told *told = users->only_told ? find_told(users, IS_GROUP | gid) : NULL;
	struct group gr;
	struct slot *slot;
	char *mem = NULL;
	bool known;
	int r;

	if (users->only_told)
		return told ? told->name : NULL;
	slot = slot_of(users->groups, gid, &known);
	if (known)
		return slot->name;
	r = lookup(by_gid, &gid, &gr, &mem);
	if (r == -ENOMEM)
		buf_note_ran_out();
	keep(slot, gid, r, r ? NULL : gr.gr_name);
	free(mem);
	return slot->name;
}
