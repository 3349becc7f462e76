/* SPDX-License-Identifier: BSD-2-Clause */
/* Where execs are made for real: copies of the probe that can be given any bits, and processes of any kind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/exec/report.h"
#include "user/caps/transition.h"

#define STAGE_NS_FIRST 100000u /* the user outside that is root in the inner user namespace */
#define STAGE_NS_COUNT 65536u

struct stage {
	int userns;     /* the inner user namespace, -1: this kernel gives none */
	pid_t holder;   /* keeps it */
	uint64_t held;  /* capabilities that this process has and can pass on */
	uint64_t known; /* that the kernel has */
};

/* One exec. Ids of a process in the inner namespace are inner ones; the file's are always outer ones. */
struct scene {
	struct credentials creds;
	uint32_t groups[2];
	struct surroundings around;
	bool inner; /* in the inner user namespace: then nobody traces or shares */
	mode_t mode;
	uid_t owner;
	gid_t group;
	bool nosuid;
	bool has_caps;
	struct filecaps caps; /* .rootid is an outer id */
};

/*
 * Moves into a mount namespace with an empty /tmp, and puts copies of the probe there. 0 or a negative errno
 * after saying what failed.
 */
int stage_open(struct stage *s, const char *probe);
void stage_close(struct stage *s);

/* Makes the scene, executes, reads what came of it. 0, or a negative errno after saying what failed. */
int stage_play(const struct stage *s, const struct scene *scene, struct report *ret);
