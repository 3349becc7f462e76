/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file's own bits gave us beyond what our caller has, and giving it back before anything is done. */
#pragma once

#include <stdbool.h>

/*
 * Refuses, with a sentence, a capsieve that is setuid or setgid: false. Else gives back what the
 * capabilities of our file gave, and takes the rest out of effect: true; false after saying why where that
 * failed. keep: leave it permitted, for a command that decides by a rule what it is used for.
 */
bool origin_settle(bool keep);
