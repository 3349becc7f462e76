/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sender process gives up before it talks to anybody. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct buf;

/* What it is to change nothing in, where files' modes do not say so: it may have the user whose they are. */
struct confine_off {
	const char *const *dirs;
	size_t count;		/* 0: nothing */
	int but;		/* a directory in them in which it may; -1: none */
};

/*
 * Becomes that user and group ((uid_t)-1: stays who it is), without any capability, with no_new_privs, and without the
 * system calls that no sender, and no hook of one, has a use for: those that load code into the kernel, look into other
 * processes, mount or enter namespaces. Where the kernel has no Landlock to keep it off, that is a sentence in *why and no error.
 * 0; negative errno and a sentence in *why, and the process is to end. Before any thread is started.
 */
int confine(uid_t uid, gid_t gid, const struct confine_off *off, struct buf *why);
