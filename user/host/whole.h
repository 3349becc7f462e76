/* SPDX-License-Identifier: BSD-2-Clause */
/* A file, a pipe or a device, read whole. */
#pragma once

#include <stddef.h>

struct buf;

/* Appends what is left of fd. 0; -EFBIG where that is more than max bytes; other negative errno. */
int whole_read(int fd, size_t max, struct buf *ret);
