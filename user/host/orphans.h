/* SPDX-License-Identifier: BSD-2-Clause */
/* What a command leaves behind that its own parent does not wait for any more, as children of ours. */
#pragma once

#include <stdbool.h>

/* From now on orphans among our descendants become our children, and not init's. 0 or negative errno. */
int orphans_adopt(void);

/* To every child that we have; each end of one may bring us new ones. */
void orphans_signal(int sig);

/* Takes the status of every child that has ended, only where nobody else waits for one; is there any left? */
bool orphans_reap(void);
