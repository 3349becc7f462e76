/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that say more than that a capability was asked for: that privilege is given up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct record;

#define DROPS_NOBODY UINT32_MAX

/*
 * Was it made in a call with which a program gives up privilege: to another user than root, to other groups, from its
 * bounding set? *ret_user: the user that it goes to; DROPS_NOBODY: no user. call: the name of its system call.
 */
bool drops_privilege(const struct record *r, const char *call, uint32_t *ret_user);
