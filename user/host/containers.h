/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The containers that are defined on a machine, running or not, as far as files of their engines tell it: docker's state,
 * podman's and CRI-O's storage (of root and of users), bundles that containerd has handed to a runtime, and what runc keeps.
 * A container that only a database of its engine knows (containerd without a task, podman before the first start) is not
 * seen, or seen without what it would be granted: .granted.source is then GRANTED_UNKNOWN.
 */
#pragma once

#include <stdint.h>

struct container;

struct containers_config {
	const char *root;	/* "/", or where another system's file tree is */
	const char *proc;	/* in which the first processes are looked for */
	uint64_t all;		/* the capabilities that this kernel has */
	void *ctx;
	int (*container)(void *ctx, const struct container *c);	/* other than 0 ends it, and is returned */
	void (*trouble)(void *ctx, const char *path, int error);	/* a file or directory that was passed over */
};

enum { CONTAINERS_MAX = 65536 };	/* what is beyond is trouble with -E2BIG */

/* Each container once. 0; what .container returned; -ENOMEM; negative errno of root. */
int containers_each(const struct containers_config *config);
