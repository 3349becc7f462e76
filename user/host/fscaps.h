/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes the capabilities of files. */
#pragma once

struct filecaps;

/*
 * Of an open file, O_PATH included. -ENODATA: it has none, or none that count for or below our user
 * namespace; -EOPNOTSUPP: its file system cannot hold any; -EINVAL: the kernel does not show what it has,
 * which is of format 1 or damaged.
 */
int fscaps_read(int fd, struct filecaps *ret);

/*
 * Gives an open file exactly these; not O_PATH. The version follows from the root id. -EPERM without
 * CAP_SETFCAP, -EOPNOTSUPP, -EROFS, ...; -EINVAL for what is no regular file.
 */
int fscaps_write(int fd, const struct filecaps *caps);

/* Takes the attribute away, damaged or not. 0 also where there is none. */
int fscaps_remove(int fd);
