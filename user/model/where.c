/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/where.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/glob.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"

#define INITIAL_USERNS 0xEFFFFFFDU /* PROC_USER_INIT_INO, the same on every kernel */

enum { ID_DIGITS_MIN = 12 }; /* as many as engines show of an id */

static enum where_answer match_names(const struct where_term *t, const struct where_subject *s);
static enum where_answer match_container(const struct where_term *t, const struct where_subject *s);
static enum where_answer match_cgroup(const struct where_term *t, const struct where_subject *s);
static enum where_answer match_ancestors(const struct where_term *t, const struct where_subject *s);

static const struct key {
	const char *name;
	const char *suffix;	/* of a plain word that has none */
	enum where_answer (*match)(const struct where_term *t, const struct where_subject *s);
} keys[] = {
	[WHERE_EXE] = { "exe", NULL, match_names },
	[WHERE_COMM] = { "comm", NULL, match_names },
	[WHERE_CMDLINE] = { "cmdline", NULL, match_names },
	[WHERE_USER] = { "user", NULL, match_names },
	[WHERE_GROUP] = { "group", NULL, match_names },
	[WHERE_UNIT] = { "unit", ".service", match_names },
	[WHERE_SLICE] = { "slice", ".slice", match_names },
	[WHERE_CONTAINER] = { "container", NULL, match_container },
	[WHERE_IMAGE] = { "image", NULL, match_names },
	[WHERE_ENGINE] = { "engine", NULL, match_names },
	[WHERE_POD] = { "pod", NULL, match_names },
	[WHERE_K8S_NAMESPACE] = { "k8s_namespace", NULL, match_names },
	[WHERE_CGROUP] = { "cgroup", NULL, match_cgroup },
	[WHERE_USERNS] = { "userns", NULL, match_names },
	[WHERE_ANCESTOR] = { "ancestor", NULL, match_ancestors },
	[WHERE_TTY] = { "tty", NULL, match_names },
};

_Static_assert(sizeof(keys) / sizeof(keys[0]) == WHERE_KEYS, "a row for each key");

const char *where_key_name(enum where_key key)
{
	return keys[key].name;
}

static bool is_key(const char *name, const char *word, size_t n)
{
	if (strlen(name) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (word[i] != name[i] && !(word[i] == '-' && name[i] == '_'))
			return false;
	return true;
}

int where_key_find(const char *word, size_t n, enum where_key *ret)
{
	const char *names[WHERE_KEYS];
	size_t near;

	for (size_t i = 0; i < WHERE_KEYS; i++) {
		names[i] = keys[i].name;
		if (is_key(names[i], word, n)) {
			*ret = (enum where_key)i;
			return 0;
		}
	}
	*ret = word_nearest(word, n, names, WHERE_KEYS, &near) ? (enum where_key)near : WHERE_KEYS;
	return -ENOENT;
}

/* The room is always the next power of two, so the count alone says when it is used up. */
static int grow(struct where *w)
{
	size_t room = w->count ? 2 * w->count : 1;
	struct where_term *at;

	if (w->count & (w->count - 1))
		return 0;
	at = reallocarray(w->at, room, sizeof(*at));
	if (!at)
		return -ENOMEM;
	w->at = at;
	return 0;
}

/* `nginx` means nginx.service, as for systemctl; a directory is the same with a slash behind it. */
static char *complete(const char *glob, enum where_key key)
{
	const char *suffix = keys[key].suffix;
	size_t n = strlen(glob), more = suffix ? strlen(suffix) : 0;
	char *text;

	while (key == WHERE_CGROUP && n > 1 && glob[n - 1] == '/' && glob[n - 2] != '\\')
		n--;
	if (!glob_is_plain(glob) || strchr(glob, '.'))
		more = 0;
	text = malloc(n + more + 1);
	if (!text)
		return NULL;
	memcpy(text, glob, n);
	if (more)
		memcpy(text + n, suffix, more);
	text[n + more] = '\0';
	return text;
}

int where_put(struct where *w, enum where_key key, bool not, const char *glob)
{
	char *text;
	int err;

	if (!*glob || glob_check(glob))
		return -EINVAL;
	if (w->count >= WHERE_TERMS_MAX)
		return -E2BIG;
	err = grow(w);
	if (err)
		return err;
	text = complete(glob, key);
	if (!text)
		return -ENOMEM;
	w->at[w->count++] = (struct where_term){ key, not, text };
	w->keys |= 1U << key;
	return 0;
}

int where_add(struct where *w, enum where_key key, const char *value)
{
	bool not = *value == '!';

	return where_put(w, key, not, value + not);
}

void where_done(struct where *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->at[i].glob);
	free(w->at);
	*w = (struct where){ NULL, 0, 0 };
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Up to the next blank that no backslash stands before. */
static size_t word_length(const char *at)
{
	size_t n = 0;

	while (at[n] && !is_blank(at[n]))
		n += at[n] == '\\' && at[n + 1] ? 2 : 1;
	return n;
}

static int mistaken(struct where_mistake *ret, enum where_error error, const char *at, size_t n)
{
	*ret = (struct where_mistake){ error, at, n, WHERE_KEYS };
	return -EINVAL;
}

static int parse_value(struct where *w, enum where_key key, bool not, const char *at, size_t n,
		       struct where_mistake *ret)
{
	char *glob = strndup(at, n);
	int err = glob ? where_put(w, key, not, glob) : -ENOMEM;

	free(glob);
	return err == -EINVAL ? mistaken(ret, WHERE_NO_GLOB, at, n) : err;
}

static int parse_term(const char *at, size_t n, struct where *w, struct where_mistake *ret)
{
	size_t name = strcspn(at, "=! \t\n"), before;
	enum where_key key;
	bool not;

	if (name >= n || (at[name] == '!' && at[name + 1] != '='))
		return mistaken(ret, WHERE_NO_OPERATOR, at, n);
	if (where_key_find(at, name, &key)) {
		mistaken(ret, WHERE_NO_KEY, at, name);
		ret->nearest = key;
		return -EINVAL;
	}
	not = at[name] == '!';
	before = name + not + 1;
	if (before == n)
		return mistaken(ret, WHERE_NO_VALUE, at, n);
	return parse_value(w, key, not, at + before, n - before, ret);
}

int where_parse(const char *text, struct where *w, struct where_mistake *ret)
{
	const char *at = text;
	size_t found = 0;
	int err = 0;

	while (!err) {
		size_t n;

		while (is_blank(*at))
			at++;
		if (!*at)
			break;
		n = word_length(at);
		err = parse_term(at, n, w, ret);
		at += n;
		found++;
	}
	if (!err && !found)
		return mistaken(ret, WHERE_EMPTY, text, strlen(text));
	return err;
}

static void print_keys(struct buf *b)
{
	for (size_t i = 0; i < WHERE_KEYS; i++)
		buf_printf(b, "%s%s", i ? ", " : "", keys[i].name);
}

void where_mistake_print(struct buf *b, const struct where_mistake *m)
{
	if (m->error == WHERE_EMPTY) {
		buf_puts(b, "nothing is asked: key=glob or key!=glob, with one of ");
		print_keys(b);
		return;
	}
	buf_putc(b, '\'');
	text_escape(b, m->at, m->n);
	buf_putc(b, '\'');
	switch (m->error) {
	case WHERE_NO_KEY:
		buf_puts(b, " is no key; ");
		if (m->nearest < WHERE_KEYS) {
			buf_printf(b, "did you mean '%s'?", keys[m->nearest].name);
		} else {
			buf_puts(b, "there are ");
			print_keys(b);
		}
		break;
	case WHERE_NO_OPERATOR:
		buf_puts(b, " is neither key=glob nor key!=glob");
		break;
	case WHERE_NO_VALUE:
		buf_puts(b, " lacks a value");
		break;
	default:
		buf_puts(b, " is no glob: a bracket that is not closed, or a backslash at the end");
	}
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static enum where_answer answer(bool yes)
{
	return yes ? WHERE_YES : WHERE_NO;
}

static bool is_called(const char *glob, const char *name)
{
	/* A thousand rules are about others, and most of these begin otherwise. */
	if (!name || (*glob != *name && !strchr("*?[\\", *glob)))
		return false;
	return glob_match(glob, name, strlen(name));
}

static enum where_answer match_names(const struct where_term *t, const struct where_subject *s)
{
	const struct where_names *is = &s->is[t->key];

	return answer(is_called(t->glob, is->name) || is_called(t->glob, is->also));
}

static bool is_hex(const char *word)
{
	return !word[strspn(word, "0123456789abcdef")];
}

/* The name may come later than the id, which says at once whether it is meant by that. */
static enum where_answer match_container(const struct where_term *t, const struct where_subject *s)
{
	const struct where_names *is = &s->is[WHERE_CONTAINER];
	size_t n = strlen(t->glob);

	if (is_called(t->glob, is->name) || is_called(t->glob, is->also))
		return WHERE_YES;
	if (is->also && n >= ID_DIGITS_MIN && is_hex(t->glob) && !strncmp(t->glob, is->also, n))
		return WHERE_YES;
	return answer(false);
}

/* The cgroup itself, or one that it is in: "/" is above all. */
static enum where_answer match_cgroup(const struct where_term *t, const struct where_subject *s)
{
	const char *path = s->is[WHERE_CGROUP].name;

	if (!path)
		return WHERE_NO;
	if (glob_match(t->glob, path, strlen(path)) || glob_match(t->glob, "/", 1))
		return WHERE_YES;
	for (const char *end = strchr(path + (*path == '/'), '/'); end; end = strchr(end + 1, '/'))
		if (glob_match(t->glob, path, (size_t)(end - path)))
			return WHERE_YES;
	return WHERE_NO;
}

/* An ancestor whose executable is unknown may be the one that is asked for. */
static enum where_answer match_ancestors(const struct where_term *t, const struct where_subject *s)
{
	enum where_answer found = WHERE_NO;
	bool by_name = !strchr(t->glob, '/');

	for (size_t i = 0; i < s->ancestor_count; i++) {
		const struct where_ancestor *a = &s->ancestors[i];

		if (is_called(t->glob, a->exe) || (by_name && is_called(t->glob, a->comm)))
			return WHERE_YES;
		if (!a->exe && (!by_name || !a->comm))
			found = WHERE_UNKNOWN;
	}
	return found;
}

static enum where_answer match_term(const struct where_term *t, const struct where_subject *s)
{
	enum where_answer hit = WHERE_UNKNOWN;

	if (s->known & 1U << t->key || s->is[t->key].name || s->is[t->key].also)
		hit = keys[t->key].match(t, s);
	/* Something is known, but not all: only a hit is sure. */
	if (hit == WHERE_NO && !(s->known & 1U << t->key))
		hit = WHERE_UNKNOWN;
	if (s->unsure & 1U << t->key && (t->not || hit == WHERE_YES))
		return WHERE_UNKNOWN;
	return t->not ? (enum where_answer)(WHERE_YES - hit) : hit;
}

/* All terms of one key. */
static enum where_answer match_key(const struct where *w, enum where_key key, const struct where_subject *s,
				   const struct where_term **by)
{
	enum where_answer all = WHERE_YES, any = WHERE_NO;
	const struct where_term *hit = NULL;
	bool wants = false;

	for (size_t i = 0; i < w->count; i++) {
		const struct where_term *t = &w->at[i];
		enum where_answer a;

		if (t->key != key)
			continue;
		a = match_term(t, s);
		if (t->not && a < all) {
			all = a;
			*by = t;
		}
		if (!t->not && (!wants || a > any)) {
			any = a;
			hit = t;
		}
		wants = wants || !t->not;
	}
	if (!wants || all < any)
		return all;
	*by = hit;
	return any;
}

enum where_answer where_match(const struct where *w, const struct where_subject *s, const struct where_term **ret_by)
{
	enum where_answer least = WHERE_YES;
	const struct where_term *by = NULL;

	for (uint32_t left = w->keys; left && least != WHERE_NO; left &= left - 1) {
		const struct where_term *of_key = NULL;
		const enum where_key key = (enum where_key)__builtin_ctz(left);
		enum where_answer a = match_key(w, key, s, &of_key);

		if (a < least) {
			least = a;
			by = of_key;
		}
	}
	if (ret_by)
		*ret_by = by;
	return least;
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void name(struct where_subject *s, enum where_key key, const char *text, const char *also)
{
	s->known |= 1U << key;
	s->is[key] = (struct where_names){ text, also };
}

static void number(struct where_subject *s, enum where_key key, unsigned slot, uint32_t v)
{
	snprintf(s->numbers[slot], sizeof(s->numbers[slot]), "%u", v);
	name(s, key, NULL, s->numbers[slot]);
}

/* A task may have moved to another one since it was described. */
static void take_userns(const struct record *r, struct where_subject *s)
{
	const bool own = !(r->check.head.flags & (CHECK_CRED_OVERRIDDEN | CHECK_CRED_OTHER));
	uint32_t asker = r->check.userns_asker;

	if (!asker)
		return;
	number(s, WHERE_USERNS, 2, asker);
	if (asker == INITIAL_USERNS)
		s->is[WHERE_USERNS].name = "host";
	else if (r->program)
		s->is[WHERE_USERNS].name = own || asker == r->program->userns ? "own" : "other";
}

static void take_check(const struct record *r, struct where_subject *s)
{
	memcpy(s->comm, r->check.comm, EVENT_COMM);
	if (*s->comm)
		name(s, WHERE_COMM, s->comm, NULL);
	if (r->check.head.flags & CHECK_IDS_UNKNOWN)
		return;
	number(s, WHERE_USER, 0, r->check.uid);
	number(s, WHERE_GROUP, 1, r->check.gid);
	take_userns(r, s);
}

/* What only engines tell comes later than the path, in which a container may not even show. */
static void take_container(const struct workload *w, struct where_subject *s)
{
	const char *const *text = (const char *const *)w->text;
	const char *name = text[WORKLOAD_NAME] ?: text[WORKLOAD_POD_CONTAINER];
	const uint32_t of_containers = 1U << WHERE_CONTAINER | 1U << WHERE_IMAGE | 1U << WHERE_ENGINE |
				       1U << WHERE_POD | 1U << WHERE_K8S_NAMESPACE;

	s->is[WHERE_CONTAINER] = (struct where_names){ name, text[WORKLOAD_ID] };
	s->is[WHERE_IMAGE] = (struct where_names){ text[WORKLOAD_IMAGE], text[WORKLOAD_IMAGE_ID] };
	s->is[WHERE_ENGINE].name = workload_engine_name(w->engine);
	s->is[WHERE_POD] = (struct where_names){ text[WORKLOAD_POD_NAME], text[WORKLOAD_POD_UID] };
	s->is[WHERE_K8S_NAMESPACE].name = text[WORKLOAD_POD_NAMESPACE];
	if (w->flags & WORKLOAD_RESOLVED ||
	    (w->kind >= WORKLOAD_SESSION && w->kind <= WORKLOAD_USER_UNIT && !(w->flags & WORKLOAD_TRUNCATED)))
		s->known |= of_containers;
}

void where_subject_of_workload(const struct workload *w, struct where_subject *s)
{
	const char *const *text = (const char *const *)w->text;

	take_container(w, s);
	s->is[WHERE_UNIT] = (struct where_names){ text[WORKLOAD_UNIT_NAME], text[WORKLOAD_USER_UNIT_NAME] };
	s->is[WHERE_SLICE].name = text[WORKLOAD_SLICE_NAME];
	if (!text[WORKLOAD_PATH] || w->flags & WORKLOAD_TRUNCATED)
		return;
	s->known |= 1U << WHERE_UNIT | 1U << WHERE_SLICE | 1U << WHERE_CGROUP;
	s->is[WHERE_CGROUP].name = text[WORKLOAD_PATH];
}

/* Of a path whose outermost part is missing, nothing can be said for sure. */
static void take_program(const struct program *p, struct where_subject *s)
{
	uint32_t flags = p->flags;

	if (flags & PROGRAM_KTHREAD || (p->exe && !(flags & PROGRAM_EXE_TRUNCATED)))
		name(s, WHERE_EXE, flags & PROGRAM_KTHREAD ? NULL : p->exe, NULL);
	if (p->args)
		name(s, WHERE_CMDLINE, p->args, NULL);
	if (p->workload)
		where_subject_of_workload(p->workload, s);
	if (s->known & 1U << WHERE_CGROUP || !p->cgroup || flags & PROGRAM_CGROUP_TRUNCATED)
		return;
	name(s, WHERE_CGROUP, p->cgroup, NULL);
	name(s, WHERE_UNIT, p->unit, NULL);
	name(s, WHERE_SLICE, p->slice, NULL);
}

void where_subject_of(const struct record *r, struct where_subject *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (r->parts & RECORD_CHECK)
		take_check(r, ret);
	if (r->parts & RECORD_PROGRAM && r->program)
		take_program(r->program, ret);
}
