/* SPDX-License-Identifier: BSD-2-Clause */
/* The systemd unit that a cgroup belongs to, by nothing but its path. */
#pragma once

#include <stddef.h>

/*
 * The name of the innermost unit that has processes of its own (service, scope, socket, mount, swap), else
 * that of the innermost slice, as systemctl shows it. Returns its length and sets *ret_name to where it
 * stands in cgroup; 0 where the path names no unit. Whoever owns a directory of the hierarchy names what is
 * below it: a name, not a proof.
 */
size_t unit_name(const char *cgroup, const char **ret_name);
