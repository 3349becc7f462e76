// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/cgpath.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/model/workload.h"

enum { ID64 = 64, ECS_HEX = 32, POD_UUID = 36, POD_HASH = 32 };

enum id_form {
	FORM_ID64,	/* 64 hexadecimal digits */
	FORM_ECS,	/* 32 of them, '-', decimal ones */
	FORM_NAME,	/* any text */
	FORM_NUMBERED,	/* a number, '-' (escaped), any text: only the text is the name */
	FORM_UID,	/* of a pod */
};

enum {
	IGNORED	 = 1 << 0,	/* no container: what serves one, and is called after it */
	MAY_SCOPE = 1 << 1,	/* ".scope" may follow */
	INFIX	 = 1 << 2,	/* anything may stand before `before` */
	IS_POD	 = 1 << 3,	/* a pod: no level of its own, but its id is that of all below */
};

/*
 * The grammar: a segment of the path is `before`, an id and `after`; where `parent` is given, the segment before it is that
 * one, and `grandparent` the one before that. The first row that fits counts.
 */
static const struct form {
	uint8_t engine, kind, id, flags;
	const char *before, *after, *parent, *grandparent;
} forms[] = {
	{ 0, 0, FORM_ID64, IGNORED | MAY_SCOPE, .before = "crio-conmon-" },
	{ 0, 0, FORM_ID64, IGNORED | MAY_SCOPE, .before = "libpod-conmon-" },
	{ 0, 0, FORM_NAME, IGNORED, .before = "lxc.monitor." },
	{ 0, 0, FORM_NAME, IGNORED, .after = ".mount" },

	{ 0, 0, FORM_UID, IS_POD | INFIX, .before = "kubepods-pod", .after = ".slice" },
	{ 0, 0, FORM_UID, IS_POD | INFIX, .before = "kubepods-burstable-pod", .after = ".slice" },
	{ 0, 0, FORM_UID, IS_POD | INFIX, .before = "kubepods-besteffort-pod", .after = ".slice" },
	{ 0, 0, FORM_UID, IS_POD, .before = "pod", .parent = "kubepods" },
	{ 0, 0, FORM_UID, IS_POD, .before = "pod", .parent = "burstable" },
	{ 0, 0, FORM_UID, IS_POD, .before = "pod", .parent = "besteffort" },

	{ ENGINE_DOCKER, WORKLOAD_CONTAINER, FORM_ID64, 0, .before = "docker-", .after = ".scope" },
	{ ENGINE_DOCKER, WORKLOAD_CONTAINER, FORM_ID64, INFIX, .before = ":docker:" },
	{ ENGINE_DOCKER, WORKLOAD_CONTAINER, FORM_ID64, 0, .parent = "docker" },
	{ ENGINE_CONTAINERD, WORKLOAD_CONTAINER, FORM_ID64, 0, .before = "cri-containerd-", .after = ".scope" },
	{ ENGINE_CONTAINERD, WORKLOAD_CONTAINER, FORM_ID64, INFIX, .before = ":cri-containerd:" },
	{ ENGINE_CRIO, WORKLOAD_CONTAINER, FORM_ID64, MAY_SCOPE, .before = "crio-" },
	{ ENGINE_CRIO, WORKLOAD_CONTAINER, FORM_ID64, INFIX, .before = ":crio:" },
	{ ENGINE_PODMAN, WORKLOAD_CONTAINER, FORM_ID64, MAY_SCOPE, .before = "libpod-payload-" },
	{ ENGINE_PODMAN, WORKLOAD_CONTAINER, FORM_ID64, MAY_SCOPE, .before = "libpod-" },
	{ ENGINE_PODMAN, WORKLOAD_CONTAINER, FORM_ID64, INFIX, .before = ":libpod:" },
	{ ENGINE_NERDCTL, WORKLOAD_CONTAINER, FORM_ID64, 0, .before = "nerdctl-", .after = ".scope" },
	{ ENGINE_NERDCTL, WORKLOAD_CONTAINER, FORM_ID64, INFIX, .before = ":nerdctl:" },
	{ ENGINE_LXC, WORKLOAD_CONTAINER, FORM_NAME, 0, .before = "lxc.payload." },
	{ ENGINE_LXC, WORKLOAD_CONTAINER, FORM_NAME, 0, .parent = "lxc.payload" },
	{ ENGINE_LXC, WORKLOAD_CONTAINER, FORM_NAME, 0, .parent = "lxc" },
	{ ENGINE_NSPAWN, WORKLOAD_CONTAINER, FORM_NAME, 0, .before = "systemd-nspawn@", .after = ".service" },
	{ ENGINE_LIBVIRT, WORKLOAD_MACHINE, FORM_NUMBERED, 0, .before = "machine-qemu\\x2d", .after = ".scope" },
	{ ENGINE_LIBVIRT, WORKLOAD_CONTAINER, FORM_NUMBERED, 0, .before = "machine-lxc\\x2d", .after = ".scope" },
	{ ENGINE_NSPAWN, WORKLOAD_CONTAINER, FORM_NAME, 0, .before = "machine-", .after = ".scope" },
	{ ENGINE_RUNC, WORKLOAD_CONTAINER, FORM_NAME, 0, .before = "runc-", .after = ".scope" },
	{ ENGINE_CRUN, WORKLOAD_CONTAINER, FORM_NAME, 0, .before = "crun-", .after = ".scope" },
	{ ENGINE_ECS, WORKLOAD_CONTAINER, FORM_ECS, 0, .grandparent = "ecs" },
	{ ENGINE_NONE, WORKLOAD_CONTAINER, FORM_ID64, 0, .before = NULL },
};

static const char *const process_units[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

/* ---- pieces ---------------------------------------------------------------------------------------------------- */

static bool is(struct cgpath_name name, const char *text)
{
	return name.len == strlen(text) && (!name.len || !memcmp(name.at, text, name.len));
}

static bool ends(struct cgpath_name name, const char *text)
{
	size_t n = strlen(text);

	return name.len > n && !memcmp(name.at + name.len - n, text, n);
}

static bool take_front(struct cgpath_name *name, const char *text)
{
	size_t n = strlen(text);

	if (name->len < n || memcmp(name->at, text, n))
		return false;
	name->at += n;
	name->len -= n;
	return true;
}

static bool take_end(struct cgpath_name *name, const char *text)
{
	if (!ends(*name, text))
		return false;
	name->len -= strlen(text);
	return true;
}

static size_t hex_digits(struct cgpath_name name)
{
	size_t n = 0;

	while (n < name.len && (isdigit((unsigned char)name.at[n]) || (name.at[n] >= 'a' && name.at[n] <= 'f')))
		n++;
	return n;
}

static size_t decimal_digits(struct cgpath_name name)
{
	size_t n = 0;

	while (n < name.len && isdigit((unsigned char)name.at[n]))
		n++;
	return n;
}

/* A UUID with '-' or '_', or 32 digits: a static pod's. */
static bool is_pod_uid(struct cgpath_name name)
{
	if (name.len == POD_HASH)
		return hex_digits(name) == POD_HASH;
	if (name.len != POD_UUID)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = name.at[i];

		if (dash ? c != '-' && c != '_' : !isxdigit((unsigned char)c))
			return false;
	}
	return true;
}

static bool is_ecs(struct cgpath_name name)
{
	struct cgpath_name number = { name.at + ECS_HEX + 1, name.len - ECS_HEX - 1 };

	return name.len > ECS_HEX + 1 && hex_digits(name) == ECS_HEX && name.at[ECS_HEX] == '-' &&
	       decimal_digits(number) == number.len;
}

static bool take_number(struct cgpath_name *name)
{
	size_t n = decimal_digits(*name);

	name->at += n;
	name->len -= n;
	return n && take_front(name, "\\x2d") && name->len;
}

static bool fits(enum id_form form, struct cgpath_name *id)
{
	switch (form) {
	case FORM_ID64:
		return id->len == ID64 && hex_digits(*id) == ID64;
	case FORM_ECS:
		return is_ecs(*id);
	case FORM_NAME:
		return id->len > 0;
	case FORM_NUMBERED:
		return take_number(id);
	case FORM_UID:
		return is_pod_uid(*id);
	}
	return false;
}

/* Where the id can only have one length, what stands before it does not matter. */
static bool take_infix(struct cgpath_name *name, const struct form *f)
{
	size_t n = strlen(f->before), id = f->id == FORM_ID64 ? ID64 : POD_UUID, skipped;

	for (;; id = POD_HASH) {
		skipped = name->len - n - id;
		if (name->len >= n + id && !memcmp(name->at + skipped, f->before, n)) {
			name->at += skipped + n;
			name->len = id;
			return true;
		}
		if (f->id == FORM_ID64 || id == POD_HASH)
			return false;
	}
}

static bool matches(const struct form *f, const struct cgpath_name at[3], struct cgpath_name *ret_id)
{
	struct cgpath_name id = at[0];

	if ((f->parent && !is(at[1], f->parent)) || (f->grandparent && !is(at[2], f->grandparent)))
		return false;
	if (f->after && !take_end(&id, f->after))
		return false;
	if (f->flags & MAY_SCOPE)
		take_end(&id, ".scope");
	if (f->before && !(f->flags & INFIX ? take_infix(&id, f) : take_front(&id, f->before)))
		return false;
	if (!fits(f->id, &id))
		return false;
	*ret_id = id;
	return true;
}

/* systemd writes what is no letter, digit or one of :-_. as \xNN, and '/' as '-'. Only the former is undone. */
static void unescape(struct cgpath_name name, char to[CGPATH_ID])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < name.len && n < CGPATH_ID - 1; i++) {
		const char *high, *low;

		to[n] = name.at[i];
		if (name.len - i >= 4 && name.at[i] == '\\' && name.at[i + 1] == 'x') {
			high = memchr(digits, name.at[i + 2], 16);
			low = memchr(digits, name.at[i + 3], 16);
			if (high && low && (high != digits || low != digits)) {
				to[n] = (char)((high - digits) << 4 | (low - digits));
				i += 3;
			}
		}
		n++;
	}
	to[n] = '\0';
}

/* ---- containers ------------------------------------------------------------------------------------------------ */

struct parse {
	struct cgpath *to;
	const char *path;
	struct cgpath_name at[3];	/* the segment, its parent, and that one's */
	struct cgpath_name pod;
	bool units_end;			/* what follows is inside of a unit or container */
};

static void add_level(struct parse *p, const struct form *f, struct cgpath_name id)
{
	struct cgpath_level *level;

	if (p->to->levels == CGPATH_LEVELS)
		return;
	level = &p->to->level[p->to->levels++];
	level->engine = f->engine == ENGINE_NONE && p->pod.len ? ENGINE_KUBERNETES : f->engine;
	level->kind = f->kind == WORKLOAD_CONTAINER && p->pod.len ? WORKLOAD_POD : f->kind;
	level->pod_uid = p->pod;
	level->end = (size_t)(p->at[0].at + p->at[0].len - p->path);
	unescape(id, level->id);
	p->pod.len = 0;
}

static const struct form *find_form(const struct cgpath_name at[3], struct cgpath_name *ret_id)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (matches(&forms[i], at, ret_id))
			return &forms[i];
	return NULL;
}

/* SLICE:PREFIX:ID, as a runtime that was told to use systemd's cgroups and does not: the slice may be the pod's. */
static void take_slice_of(struct parse *p, struct cgpath_name id)
{
	struct cgpath_name at[3] = { { p->at[0].at, (size_t)(id.at - p->at[0].at) } }, uid;
	const char *colon = memchr(at[0].at, ':', at[0].len);
	const struct form *f;

	if (!colon)
		return;
	at[0].len = (size_t)(colon - at[0].at);
	f = find_form(at, &uid);
	if (f && f->flags & IS_POD)
		p->pod = uid;
}

/* Is it a container's? */
static bool take_container(struct parse *p)
{
	struct cgpath_name id;
	const struct form *f = find_form(p->at, &id);

	if (!f || f->flags & IGNORED)
		return false;
	if (f->flags & INFIX && !(f->flags & IS_POD))
		take_slice_of(p, id);
	if (f->flags & IS_POD)
		p->pod = id;
	else
		add_level(p, f, id);
	return !(f->flags & IS_POD);
}

/* ---- units ----------------------------------------------------------------------------------------------------- */

static bool is_process_unit(struct cgpath_name name)
{
	for (size_t i = 0; i < sizeof(process_units) / sizeof(process_units[0]); i++)
		if (ends(name, process_units[i]))
			return true;
	return false;
}

/* The N of session-N.scope: letters and digits, as systemd wants them; none where it is another name. */
static struct cgpath_name session_of(struct cgpath_name name)
{
	if (!take_front(&name, "session-") || !take_end(&name, ".scope"))
		return (struct cgpath_name){ 0 };
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.at[i]))
			return (struct cgpath_name){ 0 };
	return name;
}

/* user@UID.service: what is below it, the systemd of that user names. */
static bool take_user(struct cgpath *to, struct cgpath_name name)
{
	uint64_t uid = 0;

	if (!take_front(&name, "user@") || !take_end(&name, ".service") || decimal_digits(name) != name.len ||
	    !name.len || name.len > 10)
		return false;
	for (size_t i = 0; i < name.len; i++)
		uid = uid * 10 + (uint64_t)(name.at[i] - '0');
	if (uid >= UINT32_MAX)
		return false;
	to->user = (uint32_t)uid;
	to->has_user = true;
	return true;
}

static void take_unit(struct parse *p)
{
	struct cgpath_name name = p->at[0];
	struct cgpath *to = p->to;

	/* One underscore stands before what would look like a file of the cgroup itself: _cpu.service. */
	take_front(&name, "_");
	if (ends(name, ".slice")) {
		to->slice = name;
		return;
	}
	if (!is_process_unit(name))
		return;
	to->end = (size_t)(p->at[0].at + p->at[0].len - p->path);
	if (to->has_user) {
		to->user_unit = name;
		p->units_end = true;
		return;
	}
	to->unit = name;
	to->session = session_of(name);
	p->units_end = !take_user(to, name);
}

/* ---- the path -------------------------------------------------------------------------------------------------- */

static void take_segment(struct parse *p)
{
	bool container = take_container(p);

	if (!p->units_end)
		take_unit(p);
	p->units_end |= container;
}

void cgpath_parse(const char *path, struct cgpath *ret)
{
	struct parse p = { .to = ret, .path = path };
	const char *at = path;

	memset(ret, 0, sizeof(*ret));
	ret->truncated = *at == '.';
	while (*at) {
		size_t n = strcspn(at, "/");

		if (n) {
			p.at[2] = p.at[1];
			p.at[1] = p.at[0];
			p.at[0] = (struct cgpath_name){ at, n };
			take_segment(&p);
		}
		at += n + (at[n] == '/');
	}
}

struct cgpath_name cgpath_unit(const struct cgpath *p)
{
	if (p->user_unit.len)
		return p->user_unit;
	return p->unit.len ? p->unit : p->slice;
}

/* ---- the workload ---------------------------------------------------------------------------------------------- */

static int set_name(struct workload *w, enum workload_text which, struct cgpath_name name)
{
	return name.len ? workload_set(w, which, name.at, name.len) : 0;
}

static int set_level(struct workload *w, const char *path, const struct cgpath_level *level)
{
	const char *inner = path + level->end;
	int err;

	w->kind = level->kind;
	w->engine = level->engine;
	err = workload_set(w, WORKLOAD_ID, level->id, strlen(level->id));
	if (!err && *inner)
		err = workload_set(w, WORKLOAD_INNER, inner, strlen(inner));
	if (!err)
		err = set_name(w, WORKLOAD_POD_UID, level->pod_uid);
	for (char *c = w->text[WORKLOAD_POD_UID]; c && *c; c++)
		if (*c == '_')
			*c = '-';
	return err;
}

static uint32_t plain_kind(const struct cgpath *p, const char *path)
{
	if (p->user_unit.len)
		return WORKLOAD_USER_UNIT;
	if (p->session.len)
		return WORKLOAD_SESSION;
	if (p->unit.len)
		return WORKLOAD_UNIT;
	if (p->slice.len)
		return WORKLOAD_SLICE;
	return *path ? WORKLOAD_CGROUP : WORKLOAD_UNKNOWN;
}

static int set_units(struct workload *w, const struct cgpath *p, const char *path)
{
	int err = set_name(w, WORKLOAD_UNIT_NAME, p->unit);

	w->kind = plain_kind(p, path);
	if (p->has_user) {
		w->owner = p->user;
		w->flags |= WORKLOAD_OWNER_KNOWN;
	}
	err = err ?: set_name(w, WORKLOAD_USER_UNIT_NAME, p->user_unit);
	err = err ?: set_name(w, WORKLOAD_SLICE_NAME, p->slice);
	err = err ?: set_name(w, WORKLOAD_SESSION_ID, p->session);
	if (!err && !p->levels && p->end && path[p->end])
		err = workload_set(w, WORKLOAD_INNER, path + p->end, strlen(path + p->end));
	return err;
}

struct workload *cgpath_workload(const char *path, uint64_t cgroup_id, size_t level)
{
	struct workload *w = workload_copy(&(struct workload){ .cgroup_id = cgroup_id });
	struct cgpath p;
	int err;

	if (!w)
		return NULL;
	cgpath_parse(path, &p);
	if (p.truncated)
		w->flags |= WORKLOAD_TRUNCATED;
	err = workload_set(w, WORKLOAD_PATH, path, strlen(path));
	err = err ?: set_units(w, &p, path);
	if (!err && p.levels)
		err = set_level(w, path, &p.level[level < p.levels ? level : p.levels - 1]);
	if (err) {
		workload_unref(w);
		return NULL;
	}
	return w;
}

/* ---- what runtimes are told ------------------------------------------------------------------------------------- */

/* "a-b.slice" is below "a.slice"; "-.slice" is the root. */
static void put_slice(struct buf *b, const char *slice, size_t n)
{
	if (n == 1 && *slice == '-')
		return;
	for (size_t i = 0; i < n; i++) {
		if (slice[i] != '-' || !i)
			continue;
		buf_putc(b, '/');
		buf_put(b, slice, i);
		buf_puts(b, ".slice");
	}
	buf_putc(b, '/');
	buf_put(b, slice, n);
	buf_puts(b, ".slice");
}

/* SLICE:PREFIX:NAME for systemd. */
static int systemd_cgroup(const char *text, const char *first, const char *second, struct buf *b)
{
	static const char end[] = ".slice";
	size_t slice = (size_t)(first - text), prefix = (size_t)(second - first - 1), n = sizeof(end) - 1;
	size_t name = strlen(second + 1);

	if (slice && (slice <= n || memcmp(first - n, end, n)))
		return -EINVAL;
	put_slice(b, slice ? text : "system", slice ? slice - n : strlen("system"));
	buf_putc(b, '/');
	if (name > n && !strcmp(second + 1 + name - n, end)) {
		buf_puts(b, second + 1);
		return 0;
	}
	buf_put(b, first + 1, prefix);
	if (prefix)
		buf_putc(b, '-');
	buf_puts(b, second + 1);
	buf_puts(b, ".scope");
	return 0;
}

int cgpath_of_runtime(const char *cgroups_path, char **ret)
{
	const char *first = strchr(cgroups_path, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	struct buf b = BUF_INIT;
	int err = 0;

	*ret = NULL;
	/* What begins at the root is no slice, whatever a directory is called. */
	if (second && *cgroups_path != '/')
		err = systemd_cgroup(cgroups_path, first, second, &b);
	else if (*cgroups_path)
		buf_printf(&b, "%s%s", *cgroups_path == '/' ? "" : "/", cgroups_path);
	if (!err && b.len) {
		while (b.len > 1 && b.data[b.len - 1] == '/')
			b.len--;
		*ret = b.error ? NULL : strdup(buf_str(&b));
	}
	err = b.error || (!err && b.len && !*ret) ? -ENOMEM : 0;
	buf_done(&b);
	return err;
}
