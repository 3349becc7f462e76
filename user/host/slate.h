/* SPDX-License-Identifier: BSD-2-Clause */
/* What a caller that is not trusted hands down to a process, besides its words. */
#pragma once

/*
 * Leaves nothing of it that could lead a privileged command astray: no descriptor but the standard streams
 * (those that are closed are /dev/null), an environment of our own - PATH, HOME and so on from the user
 * database; of the caller's only TERM and the language, and only where they are plain words -, the root as
 * current directory, the usual umask, no timers, no signal ignored or blocked. Limits stay: to raise them takes a privilege. 0 or negative
 * errno.
 */
int slate_clean(void);
