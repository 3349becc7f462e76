/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What execve does to capabilities: security/commoncap.c (cap_bprm_creds_from_file) and fs/exec.c
 * (bprm_fill_uid), as a function of everything that they look at. It is checked against the kernel itself by
 * tests/exec. Other security modules may forbid or change more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/filecaps.h"

/* Of one thread. All ids are those of its own user namespace, in which 0 is root. */
struct credentials {
	uint32_t uid, euid, suid, gid, egid, sgid;
	const uint32_t *groups; /* supplementary; borrowed */
	size_t group_count;
	uint64_t effective, permitted, inheritable, bounding, ambient;
	uint32_t securebits;
	bool no_new_privs;
};

/* What makes it unsafe to run a program with more than its caller has. */
struct surroundings {
	bool traced;    /* by a process that lacked CAP_SYS_PTRACE when it attached */
	bool shares_fs; /* its root and current directory with another process (CLONE_FS) */
};

/* The file whose bits count: for a script its interpreter. */
struct image {
	bool setuid;
	bool setgid;           /* with the group's x: without it the bit means nothing here */
	uint32_t owner, group; /* in the user namespace of the process */
	bool unmapped;         /* owner or group do not exist in that namespace */
	bool nosuid; /* on a mount, or of a mount namespace, whose bits do not count for the process */
	bool has_caps;
	bool foreign; /* .caps are for a user namespace that is neither the process's nor an outer one */
	struct filecaps caps;
};

/* What kernels differ in. */
struct kernel_rules {
	uint64_t known; /* capabilities that it has; others in a file are ignored */
	/*
	 * From 6.17 ("exec: Correct the permission check for unsafe exec") an exec counts as changing ids
	 * where the effective user changes, or the effective group to one that the process is not in; before
	 * where either differs from the real one.
	 */
	bool effective_ids;
};

/* One rule of the kernel, in the order in which it applies them. */
enum transition_rule {
	IDS_STAY,
	IDS_SETUID, /* .id: the new effective user */
	IDS_SETGID,
	IDS_NO_NEW_PRIVS,
	IDS_NOSUID,
	IDS_UNMAPPED,
	FILE_NONE,
	FILE_NOSUID,
	FILE_FOREIGN, /* .id: the root id that they are for */
	FILE_UNKNOWN, /* .set: and so on: what the rule is about */
	FILE_PERMITTED,
	FILE_CUT,
	FILE_INHERITED,
	FILE_NOT_INHERITED,
	FILE_EFFECTIVE,
	FILE_NOT_EFFECTIVE,
	FILE_REFUSED,
	ROOT_DISABLED,
	ROOT_MIXED,
	ROOT_PERMITTED,
	ROOT_EFFECTIVE,
	ROOT_REAL_ONLY,
	LESS_NO_NEW_PRIVS,
	LESS_TRACED,
	LESS_SHARED,
	LESS_IDS,
	AMBIENT_BY_CAPS,
	AMBIENT_BY_IDS,
	AMBIENT_STAYS,
	EFFECTIVE_PERMITTED,
	EFFECTIVE_AMBIENT,
	INHERITABLE_STAYS,
	BOUNDING_STAYS,
	KEEP_CAPS_CLEARED,
	SECURE,
	TRANSITION_RULES
};

struct transition_step {
	enum transition_rule rule;
	uint64_t set;
	uint32_t id;
};

struct transition {
	int error; /* 0, or what execve fails with: -EPERM; then .to is what was before */
	struct credentials to;
	bool secure; /* AT_SECURE: the C library ignores LD_PRELOAD and its like */
	struct transition_step steps[TRANSITION_RULES];
	size_t step_count;
};

void transition(const struct credentials *from, const struct surroundings *around, const struct image *image,
		const struct kernel_rules *kernel, struct transition *ret);

/* "file_permitted", for programs. */
const char *transition_rule_name(enum transition_rule rule);

/* A sentence without its dot. Where it ends in a colon, the names of .set or the .id belong behind it. */
const char *transition_rule_words(enum transition_rule rule);

/* Whether .id and not .set belongs behind the words. */
bool transition_rule_has_id(enum transition_rule rule);
