/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether memory ran out, told by the place that found none: allocations of this program (memory_wrap.c), and those of
 * libraries that say so. Whoever fails for that needs no words of his own: the end has them.
 */
#pragma once

#include <stdbool.h>

void memory_note(void);

/* A library found none: -ENOMEM. */
int memory_lack(void);

bool memory_noted(void);
