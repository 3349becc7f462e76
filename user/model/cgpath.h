/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the path of a cgroup says: which containers it goes through, which pod, which units. Names and no proofs: whoever
 * owns a directory of the hierarchy names what is below it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGPATH_LEVELS = 6, CGPATH_ID = 256 };

/* A piece of the path that was parsed; len 0: the path has none. */
struct cgpath_name {
	const char *at;
	size_t len;
};

/* A container on the way. */
struct cgpath_level {
	uint32_t engine;		/* enum workload_engine; ENGINE_NONE: the path does not tell */
	uint32_t kind;			/* enum workload_kind */
	char id[CGPATH_ID];		/* without systemd's escapes */
	struct cgpath_name pod_uid;	/* as Kubernetes writes it, but perhaps with '_' for '-' */
	size_t end;			/* so many bytes of the path are its cgroup's */
};

struct cgpath {
	struct cgpath_level level[CGPATH_LEVELS];	/* from the outermost inwards; of more, the innermost are left out */
	size_t levels;
	struct cgpath_name unit;	/* of the system's systemd: the outermost that has processes of its own */
	struct cgpath_name user_unit;	/* of the systemd of a user, below user@UID.service */
	struct cgpath_name slice;	/* the innermost around these, or of all where there are none */
	struct cgpath_name session;	/* N of session-N.scope, where that is the unit */
	size_t end;			/* so many bytes of the path are the unit's cgroup, or the user's unit's */
	uint32_t user;			/* UID, with .has_user */
	bool has_user;
	bool truncated;			/* begins with "...": what stands outermost here is not so in truth */
};

/* Any text is a path of some kind. ret points into it. */
void cgpath_parse(const char *path, struct cgpath *ret);

/* The unit of the smallest systemd that has one here, else the innermost slice: what a person calls the place. */
struct cgpath_name cgpath_unit(const struct cgpath *p);

struct workload;

/*
 * A workload of its own with all that the path says, about container `level` (CGPATH_LEVELS: the innermost, if any). NULL: out
 * of memory.
 */
struct workload *cgpath_workload(const char *path, uint64_t cgroup_id, size_t level);

/*
 * The path of a cgroup as a runtime makes it of an OCI bundle's linux.cgroupsPath, which may be "slice:prefix:name"; *ret to be
 * freed, NULL where that cannot be told. 0, -ENOMEM.
 */
int cgpath_of_runtime(const char *cgroups_path, char **ret);
