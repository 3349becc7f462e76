/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container as the files of its engine describe it, or the engine itself, and the readers of that: what an OCI runtime is
 * given (config.json of the bundle), what runc keeps, the states of docker and of podman and CRI-O (containers.json of their
 * storage), and docker's answer over a socket. Texts are as they were found: others chose them.
 *
 * Each reader adds to what stands in a container already; a member that is missing or of another kind is passed over. 0;
 * -EINVAL: no JSON, or not such a file; -EFBIG; -ENOMEM. Sizes and depths are limited by user/base/jsonin.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/workload.h"

struct container {
	uint32_t engine;	/* enum workload_engine */
	char *id;		/* owned, as are all texts; NULL: not told */
	char *name;		/* without a leading '/' */
	char *image, *image_id;
	char *project, *service;
	char *pod_namespace, *pod, *pod_uid, *pod_container;
	char *user;		/* who its first process is, as it was given: "1000", "www-data:www-data"; NULL or "": root */
	char *cgroup;		/* as the runtime was told: a path, or "slice:prefix:name" */
	char *bundle;
	bool sandbox;		/* of a pod its "pause" container */
	bool own_userns;
	bool no_new_privs;
	bool privileged_known, privileged;
	bool state_known, running;
	bool of_user;		/* a user runs its engine, and may write what he likes */
	char *seen;		/* cgroup of its first process, which runs; NULL: not seen */
	int pid;		/* of its first process, as the engine has it; 0: not told */
	struct workload_granted granted;
};

enum { CONTAINER_BYTES_MAX = 16 << 20 };

void container_done(struct container *c);

/* Makes ret a container of its own with everything that c has. 0, -ENOMEM. */
int container_copy(const struct container *c, struct container *ret);

/* config.json of a bundle. all: the capabilities that this kernel has, by which one without limits is known. */
int container_read_oci(const char *text, size_t n, uint64_t all, struct container *c);

/* state.json of runc, which also has the pid and the bundle. */
int container_read_runc(const char *text, size_t n, struct container *c);

/* config.v2.json, and beside it hostconfig.json. What it was granted is told only after both. */
int container_read_docker(const char *text, size_t n, struct container *c);
int container_read_docker_host(const char *text, size_t n, uint64_t all, struct container *c);

/* What an engine answers over its socket: docker's, and podman's where it speaks as docker does. */
int container_read_inspect(const char *text, size_t n, uint64_t all, struct container *c);

/* containers.json: fn gets each of them, which is ours to free; what it returns other than 0 ends it and is returned. */
int container_read_podman(const char *text, size_t n, int (*fn)(void *ctx, struct container *c), void *ctx);
