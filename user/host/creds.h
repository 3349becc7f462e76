/* SPDX-License-Identifier: BSD-2-Clause */
/* The credentials of one process, as /proc tells them, in the terms of its own user namespace. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "user/caps/transition.h"
#include "user/host/status.h"

/* A line of uid_map or gid_map, as seen from our namespace. */
struct creds_extent {
	uint32_t inside, outside, count;
};

struct creds {
	struct credentials is;	/* its ids are inner ones; .groups points to what is owned here */
	bool securebits_known;	/* the kernel tells them only to the process itself; else .is has none */
	bool own_userns;	/* its user namespace is ours */
	pid_t tracer;		/* 0: nobody */
	bool tracer_capable;	/* that has CAP_SYS_PTRACE now; what counts is when it attached */
	unsigned seccomp;	/* 0 none, 1 strict, 2 filters */
	char name[STATUS_NAME];
	uint32_t *groups;
	struct creds_extent *users, *user_groups;
	size_t user_count, user_group_count;
};

/* pid 0: ourselves. 0, to be freed with creds_done; -ENOENT or -ESRCH: no such process; other negative errno. */
int creds_read(const char *proc, pid_t pid, struct creds *ret);

/* Only which users and groups its namespace has; what it could not read it leaves empty, which is any. */
int creds_read_maps(const char *proc, pid_t pid, struct creds *c);
void creds_done(struct creds *c);

/* A user or group of ours as the process sees it; false where it does not exist there. */
bool creds_user_inside(const struct creds *c, uint32_t outside, uint32_t *ret);
bool creds_group_inside(const struct creds *c, uint32_t outside, uint32_t *ret);
