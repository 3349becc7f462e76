/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/scope.h"

#include <string.h>

#include "user/base/glob.h"

enum { ID_DIGITS_MIN = 12 }; /* of a container: where.c takes as many for the beginning of an id */

#define HEX "0123456789abcdef"

/* What the other name consists of that things have: numbers of users, ids. */
static const char *const other_names[WHERE_KEYS] = {
	[WHERE_USER] = "0123456789",
	[WHERE_GROUP] = "0123456789",
	[WHERE_USERNS] = "0123456789",
	[WHERE_CONTAINER] = HEX,
	[WHERE_IMAGE] = HEX "sha:",
	[WHERE_POD] = HEX "-",
};

/* May it be an id, or its beginning? */
static bool is_id(const char *glob)
{
	return strlen(glob) >= ID_DIGITS_MIN && !glob[strspn(glob, HEX)];
}

/* A directory of the path, or the path; "/" is above all. */
static bool covers_cgroup(const char *a, const char *b)
{
	if (glob_covers(a, b) || glob_match(a, "/", 1))
		return true;
	for (const char *end = strchr(b + (*b == '/'), '/'); end && glob_is_plain(b); end = strchr(end + 1, '/'))
		if (glob_match(a, b, (size_t)(end - b)))
			return true;
	return false;
}

/* Does everything that fits b fit a? */
static bool covers(enum where_key key, const char *a, const char *b)
{
	if (!strcmp(a, "*") || !strcmp(a, b))
		return true;
	switch (key) {
	case WHERE_CGROUP:
		return covers_cgroup(a, b);
	case WHERE_CONTAINER:
		/* What follows in the id has to fit too. */
		return !is_id(b) && glob_covers(a, b);
	case WHERE_ANCESTOR:
		/* Only what has no slash is held against names of threads too. */
		return !strchr(a, '/') == !strchr(b, '/') && glob_covers(a, b);
	default:
		return glob_covers(a, b);
	}
}

static bool any_covers(const struct where *w, enum where_key key, bool not, const char *glob)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].key == key && w->at[i].not == not && covers(key, w->at[i].glob, glob))
			return true;
	return false;
}

bool scope_wants(const struct where *w, enum where_key key)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].key == key && !w->at[i].not)
			return true;
	return false;
}

bool scope_is_empty(const struct where *w, enum where_key key)
{
	/* Who is in no unit is somebody; who is no user is nobody. */
	const uint32_t of_all = 1U << WHERE_EXE | 1U << WHERE_COMM | 1U << WHERE_USER | 1U << WHERE_GROUP;

	if (!scope_wants(w, key))
		return any_covers(w, key, true, "*") && of_all >> key & 1;
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].key == key && !w->at[i].not && !any_covers(w, key, true, w->at[i].glob))
			return false;
	return true;
}

bool scope_lacks_container(const struct where *w, enum where_key *ret)
{
	static const enum where_key of_containers[] = { WHERE_IMAGE, WHERE_ENGINE, WHERE_POD, WHERE_K8S_NAMESPACE };

	if (!any_covers(w, WHERE_CONTAINER, true, "*"))
		return false;
	for (size_t i = 0; i < sizeof(of_containers) / sizeof(of_containers[0]); i++)
		if (scope_wants(w, of_containers[i])) {
			*ret = of_containers[i];
			return true;
		}
	return false;
}

/* Has it a letter that the other name of such a thing has not? */
static bool is_name(enum where_key key, const char *glob)
{
	const char *other = other_names[key];

	for (; other && *glob && *glob != '['; glob++)
		if (*glob == '\\')
			glob++;
		else if (!strchr("*?", *glob) && !strchr(other, *glob))
			return true;
	return !other;
}

/* Is who fits a none who fits b? One who is in a cgroup is in those above it too. */
static bool is_apart(enum where_key key, const char *a, const char *b)
{
	return key != WHERE_CGROUP && key != WHERE_ANCESTOR && is_name(key, a) && is_name(key, b) && glob_is_apart(a, b);
}

/* What is unwanted by a's term is nobody whom b is about. */
static bool is_unwanted(const struct where_term *a, const struct where *b)
{
	if (any_covers(b, a->key, true, a->glob))
		return true;
	for (size_t i = 0; i < b->count; i++)
		if (b->at[i].key == a->key && !b->at[i].not && !is_apart(a->key, a->glob, b->at[i].glob))
			return false;
	return scope_wants(b, a->key);
}

/* Each value that b wants of a key is one that a wants. */
static bool includes_key(const struct where *a, const struct where *b, enum where_key key)
{
	if (!scope_wants(a, key))
		return true;
	for (size_t i = 0; i < b->count; i++)
		if (b->at[i].key == key && !b->at[i].not && !any_covers(a, key, false, b->at[i].glob))
			return false;
	return scope_wants(b, key);
}

bool scope_includes(const struct where *a, const struct where *b)
{
	const uint32_t chosen = 1U << WHERE_COMM | 1U << WHERE_CMDLINE | 1U << WHERE_ANCESTOR;

	if (a->keys & (chosen | ~b->keys))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].not && !is_unwanted(&a->at[i], b))
			return false;
	for (unsigned key = 0; key < WHERE_KEYS; key++)
		if (a->keys >> key & 1 && !includes_key(a, b, (enum where_key)key))
			return false;
	return true;
}

bool scope_part(const struct where *w, enum where_key key, size_t n, struct where_term *at, struct where *ret)
{
	bool found = false;

	*ret = (struct where){ .at = at, .keys = w->keys };
	for (size_t i = 0; i < w->count; i++) {
		const struct where_term *t = &w->at[i];
		bool wanted = t->key == key && !t->not;

		if (wanted && n-- != 0)
			continue;
		found = found || wanted;
		at[ret->count++] = *t;
	}
	return found;
}
