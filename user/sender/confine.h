/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sender process gives up before it talks to anybody. */
#pragma once

#include <sys/types.h>

struct buf;

/*
 * Becomes that user and group ((uid_t)-1: stays who it is), without any capability, with no_new_privs, and without the
 * system calls that no sender, and no hook of one, has a use for: those that load code into the kernel, look into other
 * processes, mount or enter namespaces. 0; negative errno and a sentence in *why, and the process is to end. Before any
 * thread is started.
 */
int confine(uid_t uid, gid_t gid, struct buf *why);
