/* SPDX-License-Identifier: BSD-2-Clause */
/* The system call that a check was made in, in words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct record;
struct syscalls;

#define CALL_NAME_MAX 32	/* of a made name and its NUL */

/* Its name, "syscall_999" (made in buf) where the number has none, or NULL: unknown, or not in a call. */
const char *call_name(struct syscalls *t, const struct record *r, char buf[static CALL_NAME_MAX]);

/* Is it known that there was no system call: a fault, a kernel thread? */
bool call_is_none(const struct record *r);

/* The word for the calling convention where it is not the machine's own ("i386", "x32", "arm"), else NULL. */
const char *call_foreign_abi(const struct syscalls *t, const struct record *r);
