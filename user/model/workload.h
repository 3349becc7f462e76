/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest named thing around a task, as far as it is known: read from the path of its cgroup at once, and completed
 * later by what the engines keep of it. Names in a path are given by whoever owns a directory of the hierarchy, and are
 * no proof: only .verified says that an engine of this machine confirms them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* What it is; each is a smaller thing than the one before. Numbers for life: they stand in recordings. */
enum workload_kind {
	WORKLOAD_UNKNOWN,
	WORKLOAD_CGROUP,	/* a path that nothing else is known of */
	WORKLOAD_SLICE,		/* in a slice, and in nothing else that has a name */
	WORKLOAD_SESSION,
	WORKLOAD_UNIT,		/* of the system's systemd */
	WORKLOAD_USER_UNIT,	/* of a user's */
	WORKLOAD_MACHINE,	/* a virtual machine, or a container that boots a system */
	WORKLOAD_CONTAINER,
	WORKLOAD_POD,		/* a container of a pod */
	WORKLOAD_KINDS
};

/* By whose name the container goes. Numbers for life. */
enum workload_engine {
	ENGINE_NONE,
	ENGINE_DOCKER,
	ENGINE_CONTAINERD,
	ENGINE_CRIO,
	ENGINE_PODMAN,
	ENGINE_NERDCTL,
	ENGINE_LXC,
	ENGINE_INCUS,
	ENGINE_NSPAWN,
	ENGINE_LIBVIRT,
	ENGINE_RUNC,
	ENGINE_CRUN,
	ENGINE_ECS,
	ENGINE_KUBERNETES,	/* a container of a pod: which runtime has it, its path does not say */
	ENGINE_COUNT
};

/* Every text that a workload can have. Numbers for life. */
enum workload_text {
	WORKLOAD_PATH,		/* of the cgroup; begins with "..." where its outermost part is missing */
	WORKLOAD_UNIT_NAME,	/* the system's unit: the outermost in the path that has processes of its own */
	WORKLOAD_USER_UNIT_NAME,	/* and below user@UID.service that user's */
	WORKLOAD_SLICE_NAME,	/* the innermost slice around these */
	WORKLOAD_SESSION_ID,
	WORKLOAD_ID,		/* of the container, as its engine has it; of a machine its name */
	WORKLOAD_NAME,		/* of the container, without a leading '/' */
	WORKLOAD_IMAGE,
	WORKLOAD_IMAGE_ID,
	WORKLOAD_PROJECT,	/* of compose */
	WORKLOAD_SERVICE,	/* of compose */
	WORKLOAD_POD_NAMESPACE,
	WORKLOAD_POD_NAME,
	WORKLOAD_POD_UID,
	WORKLOAD_POD_CONTAINER,	/* its name in the pod */
	WORKLOAD_INNER,		/* the path below the container's or the unit's cgroup; NULL: it is in that itself */
	WORKLOAD_TEXTS
};

enum workload_flag {
	WORKLOAD_VERIFIED	= 1 << 0,	/* the engine, run by root, says that this very cgroup is the container's */
	WORKLOAD_RESOLVED	= 1 << 1,	/* looked for: a text that is missing will not come any more */
	WORKLOAD_TRUNCATED	= 1 << 2,	/* the path has lost its outermost part: what is outside of it is not known */
	WORKLOAD_SANDBOX	= 1 << 3,	/* of a pod its "pause" container */
	WORKLOAD_PRIVILEGED_KNOWN = 1 << 4,	/* the next one is told */
	WORKLOAD_PRIVILEGED	= 1 << 5,
	WORKLOAD_OWNER_KNOWN	= 1 << 6,	/* .owner is told */
};

/* Where the granted sets were read. */
enum granted_source {
	GRANTED_UNKNOWN,	/* nothing is known, and the sets mean nothing */
	GRANTED_BUNDLE,		/* process.capabilities of the OCI bundle */
	GRANTED_UNIT,		/* the properties of the unit */
	GRANTED_ENGINE,		/* the engine's own state */
	GRANTED_SOURCES
};

enum { WORKLOAD_FILTER = 128 };

/* What its first process was to be started with. A set is a mask with bit n for capability n. */
struct workload_granted {
	uint32_t source;	/* enum granted_source */
	uint64_t bounding, effective, permitted, inheritable, ambient;
	char filter[WORKLOAD_FILTER];	/* what filters its system calls, in words; "": nothing, or it is not known */
};

/*
 * Made by enrich, shared by all programs of one cgroup and replaced as a whole where more becomes known: `serial` is then
 * another. Texts are as they were found (they are others' choice: escape them), NULL is unknown or none: which, .flags and
 * .kind say.
 */
struct workload {
	uint64_t serial;	/* changes whenever anything here does; 0: not kept in a table */
	uint64_t cgroup_id;	/* 0: unknown */
	uint32_t kind;		/* enum workload_kind */
	uint32_t engine;	/* enum workload_engine */
	uint32_t flags;		/* enum workload_flag */
	uint32_t owner;		/* the user who runs its engine, with WORKLOAD_OWNER_KNOWN: another than root may call it anything */
	char *text[WORKLOAD_TEXTS];	/* owned */
	struct workload_granted granted;
	unsigned int refs;	/* of workload_ref; only one thread shares it. 0: somebody else's, only borrowed */
};

/* A new one with everything that w has, for one more workload_unref. NULL: out of memory. */
struct workload *workload_copy(const struct workload *w);

/*
 * One more owner, and one less: the last frees it. NULL is fine. Of one that is only borrowed the former makes a copy; NULL:
 * out of memory.
 */
struct workload *workload_ref(struct workload *w);
void workload_unref(struct workload *w);

/* Puts n bytes in the place of a text; NULL: none. 0, -ENOMEM. Only before others share it. */
int workload_set(struct workload *w, enum workload_text which, const char *text, size_t n);

/* Do both say the same, whatever their serials? */
bool workload_same(const struct workload *a, const struct workload *b);

bool workload_is_container(const struct workload *w);	/* also a machine, and one of a pod */

/* "docker", "cri-o", ...: the word of a filter, of JSON and of a rule; NULL for ENGINE_NONE and unknown numbers. */
const char *workload_engine_name(uint32_t engine);

/* "container", "pod", "unit", ...; NULL for unknown numbers. */
const char *workload_kind_name(uint32_t kind);

/* The text's name in recordings and in messages: "image", "pod_uid", ...; NULL for unknown numbers. */
const char *workload_text_name(uint32_t which);

/*
 * Appends how a person calls it: "docker:web", "k8s:shop/web-7d/nginx", "nginx.service", "user:1000:foo.service" (where the
 * user is known), else the path. Without a name
 * the first 12 digits of the id; a '?' behind it: not verified. Nothing where nothing is known. Not escaped.
 */
void workload_put_name(struct buf *b, const struct workload *w);

/*
 * Appends what stays the same when it is started again, which is what baselines, metrics and history go by:
 * "docker:web", "k8s:shop/web/nginx" (the owner of the pod, by its name), "unit:nginx.service",
 * "user:1000:foo.service", "session:3", "cgroup:/path". Whoever is not verified, and engines of other users than root, have
 * keys of their own that no verified one can have. Not escaped.
 */
void workload_put_key(struct buf *b, const struct workload *w);

/* The same where no more than the unit, else the cgroup, is known; either may be NULL. */
void workload_put_plain_key(struct buf *b, const char *unit, const char *cgroup);

/*
 * Appends what all containers of its image have in common, whatever they are called: "image:registry.example/shop", without
 * tag and digest, so that the next version has the same. Nothing for those that are not verified, or another user's. Not
 * escaped.
 */
void workload_put_image_key(struct buf *b, const struct workload *w);
