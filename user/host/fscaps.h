/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the capabilities of files. */
#pragma once

struct filecaps;

/*
 * Of an open file, O_PATH included. -ENODATA: it has none, or none that count for or below our user
 * namespace; -EOPNOTSUPP: its file system cannot hold any; -EINVAL: what it has is damaged.
 */
int fscaps_read(int fd, struct filecaps *ret);
