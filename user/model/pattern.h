/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Globs over thread names, compiled into what the kernel side can run without looking back: bpf/pattern.h.
 * `*` any run of bytes, `?` any one byte, `[a-z]` and `[!a-z]` one byte of a set, `\` takes the next byte as
 * it is. Bytes are bytes: no locale, and a character of several bytes needs as many `?`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf/pattern.h"

enum { PATTERN_MAX = 15 };	/* bytes of the longest thread name */

/*
 * Compiles a glob; ret->flags is 0. -EINVAL: a bracket that is not closed or holds a range that runs
 * backwards, a backslash at the end. -ENAMETOOLONG: needs more bytes than a thread's name can have.
 */
int pattern_compile(const char *glob, struct pattern *ret);

/* Does the whole of these bytes match? Flags are not looked at. */
bool pattern_match(const struct pattern *p, const void *bytes, size_t len);
