/* SPDX-License-Identifier: BSD-2-Clause */
/* Does what an engine says of a container fit the cgroup that is looked for? */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "user/host/engines_state.h"

struct cgpath_level;

/* Is the cgroup that a process is in now the path itself, or above it? Then *ret_end is where it ends in the path. */
bool confirm_process(const struct search *s, pid_t pid, size_t *ret_end);

/* The level of the path that is called so; NULL: none is. */
const struct cgpath_level *confirm_level(const struct search *s, const char *id);

/* Are the names of a cgroup below user@UID.service that user's own? */
bool confirm_user(const struct search *s, uid_t owner);

/* Of a bundle whose runtime put it into this cgroup (NULL: it does not say): by that, or by where its first process is. */
bool confirm_bundle(const struct search *s, const char *bundle, const char *cgroup, const char *id, uid_t owner,
		     size_t *ret_end);

/* Further out than what was found, or perhaps with the name that the runtime below it does not have. */
bool confirm_better(const struct search *s, size_t end);
