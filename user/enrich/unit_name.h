/* SPDX-License-Identifier: BSD-2-Clause */
/* What systemd calls the surroundings of a process, by nothing but the path of its cgroup. */
#pragma once

#include <stddef.h>

/* Each stands in the path that it was found in; len 0: the path names none. */
struct unit_names {
	struct unit_name {
		const char *at;
		size_t len;
	} unit, slice, session;
};

/*
 * unit: the innermost unit that has processes of its own (service, scope, socket, mount, swap), else the innermost
 * slice, as systemctl shows it. slice: the innermost slice. session: N of the innermost session-N.scope, as loginctl
 * shows it. Whoever owns a directory of the hierarchy names what is below it: names, not proofs.
 */
void unit_names_find(const char *cgroup, struct unit_names *ret);
