/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that may ask for CAP_SYS_ADMIN and never charge memory, which asks for it too: what asks within one of them
 * is a wish of its caller.
 */
#pragma once

struct free_calls;

/* Marks them in a zeroed table. */
void freecalls_mark(struct free_calls *ret);
