/* SPDX-License-Identifier: BSD-2-Clause */
/* Does what was set up for a command survive the exec of its file? */
#pragma once

struct buf;
struct exact;

/*
 * Called in the process that is about to execute path. 0; -EACCES and a sentence in *why where the exec
 * would not leave what was asked for: ambient capabilities that the file cancels, another user by its setuid
 * bit, root that gets more than it was to have, or anybody by the file's capabilities, a file that does not
 * start with so little, one whose capabilities the kernel does not show, a text that no one executes. What
 * else cannot be looked at fits: the exec will tell.
 */
int fits(const struct exact *x, const char *path, struct buf *why);
