/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in memory that have no name: for whoever wants a descriptor, or a path, where there are only bytes. */
#pragma once

#include <stddef.h>

enum { NAMELESS_PATH = 32 };

/* One with these bytes, at its beginning; closed on exec. label: what lists of descriptors call it. -errno. */
int nameless_open(const char *label, const void *bytes, size_t n);

/* The path by which this process may open it again. */
void nameless_path(int fd, char ret[static NAMELESS_PATH]);
