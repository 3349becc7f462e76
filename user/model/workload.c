// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/workload.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"

#define NAME_OF(table, number) ((number) < sizeof(table) / sizeof((table)[0]) ? (table)[number] : NULL)

enum { ID_SHOWN = 12, POD_HASH_MAX = 10 };

static const char *const engines[] = {
	[ENGINE_DOCKER] = "docker", [ENGINE_CONTAINERD] = "containerd", [ENGINE_CRIO] = "cri-o",
	[ENGINE_PODMAN] = "podman", [ENGINE_NERDCTL] = "nerdctl", [ENGINE_LXC] = "lxc", [ENGINE_INCUS] = "incus",
	[ENGINE_NSPAWN] = "nspawn", [ENGINE_LIBVIRT] = "libvirt", [ENGINE_RUNC] = "runc", [ENGINE_CRUN] = "crun",
	[ENGINE_ECS] = "ecs", [ENGINE_KUBERNETES] = "kubernetes",
};
_Static_assert(sizeof(engines) / sizeof(engines[0]) == ENGINE_COUNT, "a name for each engine");

static const char *const kinds[] = {
	[WORKLOAD_UNKNOWN] = "unknown", [WORKLOAD_CGROUP] = "cgroup", [WORKLOAD_SLICE] = "slice",
	[WORKLOAD_SESSION] = "session", [WORKLOAD_UNIT] = "unit", [WORKLOAD_USER_UNIT] = "user_unit",
	[WORKLOAD_MACHINE] = "machine", [WORKLOAD_CONTAINER] = "container", [WORKLOAD_POD] = "pod",
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == WORKLOAD_KINDS, "a name for each kind");

static const char *const texts[] = {
	[WORKLOAD_PATH] = "cgroup", [WORKLOAD_UNIT_NAME] = "unit", [WORKLOAD_USER_UNIT_NAME] = "user_unit",
	[WORKLOAD_SLICE_NAME] = "slice", [WORKLOAD_SESSION_ID] = "session", [WORKLOAD_ID] = "id",
	[WORKLOAD_NAME] = "name", [WORKLOAD_IMAGE] = "image", [WORKLOAD_IMAGE_ID] = "image_id",
	[WORKLOAD_PROJECT] = "project", [WORKLOAD_SERVICE] = "service", [WORKLOAD_POD_NAMESPACE] = "namespace",
	[WORKLOAD_POD_NAME] = "pod", [WORKLOAD_POD_UID] = "pod_uid", [WORKLOAD_POD_CONTAINER] = "pod_container",
	[WORKLOAD_INNER] = "inner",
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == WORKLOAD_TEXTS, "a name for each text");

const char *workload_engine_name(uint32_t engine)
{
	return NAME_OF(engines, engine);
}

const char *workload_kind_name(uint32_t kind)
{
	return NAME_OF(kinds, kind);
}

const char *workload_text_name(uint32_t which)
{
	return NAME_OF(texts, which);
}

/* ---- ownership ------------------------------------------------------------------------------------------------- */

struct workload *workload_copy(const struct workload *w)
{
	struct workload *copy = calloc(1, sizeof(*copy));
	bool failed = false;

	if (!copy)
		return NULL;
	*copy = *w;
	copy->refs = 1;
	for (int i = 0; i < WORKLOAD_TEXTS; i++) {
		copy->text[i] = w->text[i] ? strdup(w->text[i]) : NULL;
		failed |= w->text[i] && !copy->text[i];
	}
	if (failed) {
		workload_unref(copy);
		return NULL;
	}
	return copy;
}

struct workload *workload_ref(struct workload *w)
{
	if (w && !w->refs)
		return workload_copy(w);
	if (w)
		w->refs++;
	return w;
}

void workload_unref(struct workload *w)
{
	if (!w || --w->refs)
		return;
	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		free(w->text[i]);
	free(w);
}

int workload_set(struct workload *w, enum workload_text which, const char *text, size_t n)
{
	char *copy = text ? strndup(text, n) : NULL;

	if (text && !copy)
		return -ENOMEM;
	free(w->text[which]);
	w->text[which] = copy;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Not as bytes: it has padding, in which anything may stand. */
static bool same_granted(const struct workload_granted *a, const struct workload_granted *b)
{
	return a->source == b->source && a->bounding == b->bounding && a->effective == b->effective &&
	       a->permitted == b->permitted && a->inheritable == b->inheritable && a->ambient == b->ambient &&
	       !strcmp(a->filter, b->filter);
}

bool workload_same(const struct workload *a, const struct workload *b)
{
	bool same = a->cgroup_id == b->cgroup_id && a->kind == b->kind && a->engine == b->engine &&
		    a->flags == b->flags && a->owner == b->owner;

	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		same &= same_text(a->text[i], b->text[i]);
	return same && same_granted(&a->granted, &b->granted);
}

bool workload_is_container(const struct workload *w)
{
	return w->kind >= WORKLOAD_MACHINE;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static bool is_roots(const struct workload *w)
{
	return !(w->flags & WORKLOAD_OWNER_KNOWN) || !w->owner;
}

/* An id of 64 digits is called by its first ones, any other by all of it. */
static void put_id(struct buf *b, const char *id)
{
	size_t n = strlen(id);

	buf_put(b, id, n == 64 ? ID_SHOWN : n);
}

static void put_engine(struct buf *b, const struct workload *w)
{
	buf_puts(b, workload_engine_name(w->engine) ?: "container");
	if (is_roots(w))
		return;
	buf_putc(b, '@');
	buf_u64(b, w->owner);
}

/* The part of a pod's name that its owner has: without what ReplicaSets, jobs and daemon sets put behind it. */
static size_t owner_length(const char *pod)
{
	static const char random[] = "bcdfghjklmnpqrstvwxz2456789";
	size_t n = strlen(pod), hash;

	if (n > 6 && pod[n - 6] == '-' && strspn(pod + n - 5, random) == 5) {
		n -= 6;
		for (hash = n; hash && pod[hash - 1] != '-'; hash--)
			;
		if (hash > 1 && n - hash >= 5 && n - hash <= POD_HASH_MAX && strspn(pod + hash, random) >= n - hash)
			n = hash - 1;
	} else {
		for (hash = n; hash && isdigit((unsigned char)pod[hash - 1]); hash--)
			;
		if (hash > 1 && hash < n && pod[hash - 1] == '-')
			n = hash - 1;
	}
	return n;
}

static void put_pod(struct buf *b, const struct workload *w, bool owner)
{
	const char *space = w->text[WORKLOAD_POD_NAMESPACE], *pod = w->text[WORKLOAD_POD_NAME];
	const char *container = w->text[WORKLOAD_POD_CONTAINER];

	buf_puts(b, "k8s:");
	if (space)
		buf_puts(b, space);
	buf_putc(b, '/');
	buf_put(b, pod, owner ? owner_length(pod) : strlen(pod));
	if (container) {
		buf_putc(b, '/');
		buf_puts(b, container);
	} else if (w->flags & WORKLOAD_SANDBOX) {
		buf_puts(b, "/pause");
	}
}

static void put_container(struct buf *b, const struct workload *w, bool owner)
{
	if (w->kind == WORKLOAD_POD && w->text[WORKLOAD_POD_NAME] && is_roots(w)) {
		put_pod(b, w, owner);
	} else {
		put_engine(b, w);
		buf_putc(b, ':');
		if (w->text[WORKLOAD_NAME])
			buf_puts(b, w->text[WORKLOAD_NAME]);
		else if (w->text[WORKLOAD_ID])
			put_id(b, w->text[WORKLOAD_ID]);
	}
	if (!(w->flags & WORKLOAD_VERIFIED))
		buf_putc(b, '?');
}

/* The text that the workload is called by, for those that are no containers; NULL: nothing is known. */
static const char *plain_name(const struct workload *w)
{
	static const enum workload_text called_by[WORKLOAD_KINDS] = {
		[WORKLOAD_CGROUP] = WORKLOAD_PATH,
		[WORKLOAD_SLICE] = WORKLOAD_SLICE_NAME,
		[WORKLOAD_SESSION] = WORKLOAD_UNIT_NAME,
		[WORKLOAD_UNIT] = WORKLOAD_UNIT_NAME,
		[WORKLOAD_USER_UNIT] = WORKLOAD_USER_UNIT_NAME,
	};

	return w->kind && w->kind < WORKLOAD_MACHINE ? w->text[called_by[w->kind]] : NULL;
}

static void put_user_unit(struct buf *b, const struct workload *w)
{
	buf_puts(b, "user:");
	if (w->flags & WORKLOAD_OWNER_KNOWN)
		buf_u64(b, w->owner);
	buf_putc(b, ':');
}

void workload_put_name(struct buf *b, const struct workload *w)
{
	const char *name = plain_name(w);

	if (workload_is_container(w)) {
		put_container(b, w, false);
		return;
	}
	if (!name)
		return;
	/* The system's manager and each user's have units of the same name. */
	if (w->kind == WORKLOAD_USER_UNIT && w->flags & WORKLOAD_OWNER_KNOWN)
		put_user_unit(b, w);
	buf_puts(b, name);
}

void workload_put_key(struct buf *b, const struct workload *w)
{
	const char *name = plain_name(w);

	if (workload_is_container(w)) {
		put_container(b, w, true);
		return;
	}
	if (!name)
		return;
	if (w->kind == WORKLOAD_USER_UNIT) {
		put_user_unit(b, w);
	} else if (w->kind == WORKLOAD_SESSION && w->text[WORKLOAD_SESSION_ID]) {
		buf_puts(b, "session:");
		name = w->text[WORKLOAD_SESSION_ID];
	} else {
		buf_puts(b, workload_kind_name(w->kind));
		buf_putc(b, ':');
	}
	buf_puts(b, name);
}

void workload_put_plain_key(struct buf *b, const char *unit, const char *cgroup)
{
	if (!unit && !cgroup)
		return;
	buf_puts(b, workload_kind_name(unit ? WORKLOAD_UNIT : WORKLOAD_CGROUP));
	buf_putc(b, ':');
	buf_puts(b, unit ?: cgroup);
}

/* Up to a digest, or a tag, which stands behind the last part of the path. */
static size_t repository_length(const char *image)
{
	const size_t n = strcspn(image, "@");
	const char *name = memrchr(image, '/', n) ?: image, *tag = memchr(name, ':', n - (size_t)(name - image));

	if (!strncmp(image, "sha256:", strlen("sha256:")))
		return strlen(image);
	return tag ? (size_t)(tag - image) : n;
}

void workload_put_image_key(struct buf *b, const struct workload *w)
{
	const char *image = w->text[WORKLOAD_IMAGE];

	if (!image || !workload_is_container(w) || !(w->flags & WORKLOAD_VERIFIED) || !is_roots(w))
		return;
	buf_puts(b, "image:");
	buf_put(b, image, repository_length(image));
}
